"The examples run, at a tiny size, in this process."
import importlib.util, logging, onnxruntime
import pytest
from helpers import *

folder = Path(__file__).parent.parent/'examples'

def load(name):
    "Import an example as a module."
    spec = importlib.util.spec_from_file_location(f'example_{name}', folder/f'{name}.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module

@pytest.fixture
def run(tmp_path, monkeypatch):
    "Return a function that runs an example in an empty folder."
    monkeypatch.chdir(tmp_path)
    def call(name, **options):
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')    # a training of two steps prunes whole layers, a tiny study has wide intervals
            return load(name).main(**options)
    return call

def test_every_example_is_listed_and_tested():
    names = sorted(p.stem for p in folder.glob('*.py'))
    text = (folder/'README.md').read_text()
    assert all(f'| `{n}.py` |' in text and f'test_{n}' in globals() for n in names)

def test_image_folder(run, tmp_path):
    product = run('image_folder', epochs=2, rounds=1, n=96, size=16)
    net = onnxruntime.InferenceSession(tmp_path/'image-folder-out'/'small.onnx')
    assert net.get_outputs()[0].shape[-1]==10 and (tmp_path/'image-folder-out'/'ticket.safetensors').exists()
    assert product.report.parameters['shrink+onnx']<product.report.parameters['before']

@pytest.mark.weekly
def test_image_folder_takes_a_folder(run, tmp_path):
    load('image_folder').write_digits(tmp_path/'mine', 48)
    run('image_folder', path=str(tmp_path/'mine'), epochs=2, rounds=1, size=16)
    assert not (tmp_path/'image-folder-out'/'digits').exists()

def test_tabular(run, tmp_path):
    study = run('tabular', epochs=1, rounds=1, seeds=2)
    assert len(study.results)==2*4 and Ticket.load(tmp_path/'tabular-out'/'ticket.safetensors').sparsity>80
    pd.DataFrame(dict(a=range(80), b=list('xy')*40, kind=list('nm')*40)).to_csv('mine.csv', index=False)
    with pytest.raises(ValueError, match="target must be a column of the table .*, not 'target'"): run('tabular', csv='mine.csv')
    assert len(run('tabular', csv='mine.csv', target='kind', epochs=1, rounds=1, seeds=1, out='other').results)==4

def test_text(run, tmp_path):
    finder = run('text', epochs=2, rounds=1, width=16)
    assert len(finder.history)==2 and (tmp_path/'text-out'/'ticket.safetensors').exists()

def test_transformer(run, tmp_path):
    ticket = run('transformer', epochs=2, rounds=1, width=16, depth=1, n=96)
    assert 10<ticket.sparsity and Ticket.from_hub(str(tmp_path/'transformer-out'/'to-share')).build_model().config.hidden_size==16

def test_study_on_a_cluster(run, tmp_path):
    logging.getLogger('distributed').setLevel(logging.ERROR)
    study = run('study_on_a_cluster', epochs=1, rounds=1, seeds=1, n=96, in_threads=True)
    assert len(study.results)==4 and not study.failures and (tmp_path/'cluster-out'/'study.png').exists()
