"Loaders against fastai's own, the command as a process, and the tools of the repository."
import subprocess
import pytest
from helpers import *

root = Path(__file__).parent.parent


@pytest.mark.parametrize('bs,drop_last', [(64,True),(50,False),(7,True)])
def test_batches_are_those_of_fastais_loader(bs, drop_last):
    dls = digits_dls(size=8, bs=bs, drop_last=drop_last, device=torch.device('cpu'))
    set_seed(3); ours = MemoryDL(dls.train_ds, bs=bs, shuffle=True, drop_last=drop_last)
    set_seed(3); theirs = TfmdDL(dls.train_ds, bs=bs, shuffle=True, drop_last=drop_last, num_workers=0)
    for _ in range(2):
        a,b = list(ours),list(theirs)
        assert len(a)==len(b)==len(ours)
        assert all(torch.equal(x, y.as_subclass(torch.Tensor)) and torch.equal(p, q.as_subclass(torch.Tensor)) for (x,p),(y,q) in zip(a, b))
    assert ours.rng.getstate()==theirs.rng.getstate()

def test_a_learner_does_all_it_does(learn, tmp_path):
    learn.path = tmp_path
    with learn.no_bar():
        preds,targs = learn.get_preds()
        assert torch.equal(targs, learn.dls.valid_ds.y)
        learn.show_results(max_n=4)
    learn.dls.show_batch(max_n=4)
    assert learn.dls.c==10 and learn.dls.vocab[3]=='3' and len(learn.dls.valid.new(bs=5))==72
    with learn.no_bar(): interp = Interpretation.from_learner(learn)
    assert len(interp.top_losses(3)[0])==3

def test_data_moves_with_the_loaders():
    dls = digits_dls(size=8, device=torch.device('cpu'))
    dls.to(torch.device('meta'))
    assert next(iter(dls.valid))[0].device.type=='meta'

@needs_fashion
def test_all_of_fashion_mnist():
    dls = fashion_mnist_dls(device=torch.device('cpu'))
    assert (len(dls.train_ds),len(dls.valid_ds)) == (60000,10000)
    assert torch.bincount(dls.train_ds.y).tolist()==[6000]*10 and dls.vocab[9]=='Ankle boot'
    assert abs(dls.train_ds.mean.item()-.2860)<1e-3 and abs(dls.train_ds.std.item()-.3530)<1e-3    # the data set's known figures

@needs_fashion
def test_some_classes():
    a,b = fashion_mnist_dls(device=torch.device('cpu')),fashion_mnist_dls(classes=['Bag',1,'Coat'], n=1000, device=torch.device('cpu'))
    assert b.vocab==['Bag','Trouser','Coat'] and b.c==3 and (len(b.train_ds),len(b.valid_ds))==(1000,3000)
    for new,old in ((0,8),(1,1),(2,4)):    # the same images, though normalised by their own mean
        mine,theirs = b.valid_ds,a.valid_ds
        x = mine.x[mine.y==new]*mine.std+mine.mean
        torch.testing.assert_close(x, theirs.x[theirs.y==old]*theirs.std+theirs.mean)
    assert Learner(b, lenet_300_100(n_out=3)).validate()

@pytest.mark.parametrize('classes,error,says', [(['Hat'],ValueError,"classes must be of '0', '1'.*not 'Hat'"), ([10],ValueError,'from 0 to 9, not 10'), ([True],ValueError,'not True'),
    ([],TypeError,'classes must be a list'), ('12',TypeError,'classes must be a list'), ([3,'3'],ValueError,'each be named once')])
def test_wrong_classes(classes, error, says):
    with pytest.raises(error, match=says): digits_dls(classes=classes)

def test_no_data_anywhere_names_all_three_ways(monkeypatch, tmp_path):
    import fasterlth.data as data
    monkeypatch.setattr(data, 'debian_fashion', tmp_path/'nothing')
    monkeypatch.setattr(data, 'fastai_path', lambda _: tmp_path/'data')
    from torchvision import datasets
    def no_network(*args, **kwargs): raise OSError('no network')
    monkeypatch.setattr(datasets, 'FashionMNIST', no_network)
    monkeypatch.setattr(datasets, 'CIFAR10', no_network)
    with pytest.raises(RuntimeError, match='path=.*package that puts it into .*nothing.*torchvision download.*no network'): fashion_mnist_dls()
    with pytest.raises(RuntimeError, match='binary version.*no network'): cifar10_dls()

def test_torchvisions_layout_is_found(monkeypatch, tmp_path):
    "What a download leaves is used the next time, without a network."
    import gzip, fasterlth.data as data
    raw = tmp_path/'data/MNIST/raw'; raw.mkdir(parents=True)
    for s,n in (('train',30),('t10k',10)):
        for k,a in (('images-idx3',np.random.randint(0, 255, (n,28,28), dtype=np.uint8)),('labels-idx1',np.arange(n, dtype=np.uint8)%10)):
            (raw/f'{s}-{k}-ubyte').write_bytes(bytes([0,0,8,a.ndim])+np.array(a.shape, '>i4').tobytes()+a.tobytes())
    monkeypatch.setattr(data, 'fastai_path', lambda _: tmp_path/'data')
    assert len(mnist_dls(bs=5).train_ds)==30
    (raw/'t10k-images-idx3-ubyte').write_bytes(b'\0\0\x08\x03\0\0\0\x0a'+b'\0'*20)
    with pytest.raises(ValueError, match='cut short'): mnist_dls()

def run(*args, cwd): return subprocess.run(['fasterlth',*args], cwd=cwd, capture_output=True, text=True, timeout=300)

def test_the_command(tmp_path):
    r = run('--rounds','2','--epochs','2','--sparsity','80','--out','here', cwd=tmp_path)
    assert r.returncode==0, r.stderr
    assert 'weights remaining (%)' in r.stdout and 'random re-init' in r.stdout and 'here/ticket.safetensors' in r.stdout and not r.stderr
    t,df = Ticket.load(tmp_path/'here/ticket.safetensors'),pd.read_csv(tmp_path/'here/results.csv')
    assert t.sparsity==80 and t.about['seed']==0 and df['round'].tolist()==[0,1,2]
    assert [round(x, 1) for x in df['weights remaining (%)']]==[100,44.7,20]
    assert (tmp_path/'here/accuracy.png').read_bytes()[:4]==b'\x89PNG'
    assert same(t.weights, {n: p.detach() for n,p in lenet_300_100(seed=0).named_parameters()})    # rewound to the start, bit for bit

@pytest.mark.parametrize('args,says', [(['--data','mnits'],'data must be one of digits, mnist'), (['--sparsity','.9'],'did you mean 90'), (['--rounds','x'],"invalid int value: 'x'"),
    (['--wrong','1'],'unrecognized arguments'), (['--model','vgg'],'model must be one of'), (['--epochs','0'],'epochs must be at least 1'), (['--out','file'],"is a file")])
def test_wrong_options_get_one_line(tmp_path, args, says):
    (tmp_path/'file').write_text('')
    r = run(*args, cwd=tmp_path)
    assert r.returncode==2 and says in r.stderr and r.stderr.count('\n')==1 and not r.stdout

def test_the_readme_is_checked(tmp_path):
    "The check notices a README, or a picture, that isn't the notebook's."
    import shutil
    (tmp_path/'tools').mkdir(); (tmp_path/'nbs').mkdir()
    shutil.copy(root/'tools/readme.py', tmp_path/'tools'); shutil.copy(root/'nbs/index.ipynb', tmp_path/'nbs')
    tool = lambda *a: subprocess.run([sys.executable, tmp_path/'tools/readme.py', *a], capture_output=True, text=True)
    assert tool('--check').returncode==1 and tool().returncode==0 and tool('--check').returncode==0
    (tmp_path/'README.md').write_text((tmp_path/'README.md').read_text()+' ')
    r = tool('--check')
    assert r.returncode==1 and 'out of date: README.md' in r.stderr
    tool(); next((tmp_path/'nbs/images').iterdir()).write_bytes(b'')
    assert 'nbs/images/index-1.png' in tool('--check').stderr

def test_every_public_name_is_documented():
    import importlib, inspect
    for nb in sorted((root/'nbs').glob('[0-9]*.ipynb')):
        mod = importlib.import_module(f"fasterlth.{nb.stem.split('_', 1)[1]}")
        assert mod.__doc__, nb
        for n in mod.__all__:
            f = getattr(mod, n)
            if inspect.getmodule(f) is mod and (inspect.isfunction(f) or inspect.isclass(f)): assert (f.__doc__ or '').strip() and not f.__doc__.startswith(f'{n}('), f'{mod.__name__}.{n}'

def test_imports_point_to_lower_numbers():
    import re
    number = {nb.stem.split('_', 1)[1]: nb.stem.split('_', 1)[0] for nb in (root/'nbs').glob('[0-9]*.ipynb')}
    for mod,n in number.items():
        for other in re.findall(r'^(?:from \.(\w+)|\s*from fasterlth\.(\w+)|\s*import fasterlth\.(\w+))', (root/f'fasterlth/{mod}.py').read_text(), re.M):
            assert number[''.join(other)]<n, f'{mod} imports {other}'
