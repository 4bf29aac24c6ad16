"The command as a process, and the tools of the repository."
import shutil, subprocess
import pytest
from helpers import *

root = Path(__file__).parent.parent


def run(*args, cwd):
    "Run the command in a folder."
    return subprocess.run(['fasterlth', *args], cwd=cwd, capture_output=True, text=True, timeout=300)

def test_the_command(tmp_path):
    r = run('--rounds','2','--epochs','2','--sparsity','80','--out','here', cwd=tmp_path)
    assert r.returncode==0 and not r.stderr, r.stderr
    for text in ('weights remaining (%)','random re-init','here/ticket.safetensors'): assert text in r.stdout
    df = pd.read_csv(tmp_path/'here/results.csv')
    assert df['round'].tolist()==[1,2] and [round(x, 1) for x in df['weights remaining (%)']]==[44.7,20]
    assert list(df.columns[2:])==['ticket','random re-init','dense'] and df.dense.nunique()==1
    assert (tmp_path/'here/accuracy.png').read_bytes()[:4]==b'\x89PNG'
    t = Ticket.load(tmp_path/'here/ticket.safetensors')
    assert t.sparsity==80 and t.about['seed']==0 and t.about['made_by']=='fasterlth'
    start = {n: p.detach() for n,p in lenet_300_100(seed=0).named_parameters()}
    assert same(t.weights, start)    # rewound to the start, bit for bit

@pytest.mark.parametrize('args,says', [
    (['--data','mnits'],"data must be one of 'digits', 'mnist'"), (['--sparsity','.9'],'Did you mean 90'),
    (['--rounds','x'],"invalid int value: 'x'"), (['--wrong','1'],'unrecognized arguments'),
    (['--model','vgg'],'model must be one of'), (['--epochs','0'],'epochs must be a whole number >= 1'),
    (['--seed','-1'],'seed must be a whole number'), (['--seed','9'*20],'seed must be a whole number'),
    (['--out','file'],"is a file"), (['--out','file/out'],"out must be a folder, but 'file', above 'file/out', is a file"),
    (['--out','full'],"out must be a folder for results, but 'full/accuracy.png' is a folder")])
def test_wrong_options_get_one_line(tmp_path, args, says):
    (tmp_path/'file').write_text('')
    (tmp_path/'full'/'accuracy.png').mkdir(parents=True)
    r = run(*args, cwd=tmp_path)
    assert r.returncode==2 and says in r.stderr and r.stderr.count('\n')==1 and not r.stdout

def test_a_full_disk_is_noticed_before_any_training(tmp_path):
    import resource
    def full(): resource.setrlimit(resource.RLIMIT_FSIZE, (8192,8192))
    r = subprocess.run(['fasterlth','--rounds','1','--epochs','1','--out','here'], cwd=tmp_path, capture_output=True, text=True, timeout=300, preexec_fn=full)
    assert r.returncode==2 and "out 'here' can't be written to (File too large)" in r.stderr and r.stderr.count('\n')==1 and not r.stdout
    assert not list((tmp_path/'here').iterdir())

def test_the_readme_is_checked(tmp_path):
    "The check notices a README, or a picture, that differs from the notebook's."
    (tmp_path/'tools').mkdir()
    (tmp_path/'nbs').mkdir()
    shutil.copy(root/'tools/readme.py', tmp_path/'tools')
    shutil.copy(root/'nbs/index.ipynb', tmp_path/'nbs')
    def tool(*args):
        return subprocess.run([sys.executable, tmp_path/'tools/readme.py', *args], capture_output=True, text=True)
    assert tool('--check').returncode==1 and tool().returncode==0 and tool('--check').returncode==0
    (tmp_path/'README.md').write_text((tmp_path/'README.md').read_text()+' ')
    r = tool('--check')
    assert r.returncode==1 and 'out of date: README.md' in r.stderr
    tool()
    next((tmp_path/'nbs/images').iterdir()).write_bytes(b'')
    assert 'nbs/images/index-1.png' in tool('--check').stderr
