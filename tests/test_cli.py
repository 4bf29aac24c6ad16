"The command as a process, and the tools of the repository."
import subprocess
import pytest
from helpers import *

root = Path(__file__).parent.parent


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
