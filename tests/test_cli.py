"The command as a process, and the tools of the repository."
import shutil, subprocess, warnings
from functools import wraps
import pytest
from helpers import *
from fasterlth import cli

root = Path(__file__).parent.parent


def test_the_command(tmp_path):
    args = '--rounds','2','--epochs','2','--sparsity','80','--out','here'
    r = subprocess.run(['fasterlth', *args], cwd=tmp_path, capture_output=True, text=True, timeout=1800)
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

@pytest.fixture
def command(tmp_path, monkeypatch, capsys):
    "Return a function that runs the command in this process, and returns its exit code, stdout and stderr."
    monkeypatch.chdir(tmp_path)
    def call(*args):
        monkeypatch.setattr(sys, 'argv', ['fasterlth', *args])
        code = 0
        try: cli.fasterlth()
        except SystemExit as e: code = e.code
        return code,*capsys.readouterr()
    return call

small = ['--rounds','1','--epochs','1','--sparsity','80','--out','here']

def times(folder): return {p: p.stat().st_mtime_ns for p in folder.rglob('*') if p.is_file()}

def test_results_are_not_replaced_silently(tmp_path, command):
    "The same command continues, another one is refused; with --force it begins again."
    assert command(*small)[0]==0
    before = times(tmp_path/'here'/'run')
    code,out,_ = command('find', *small)
    assert code==0 and 'continuing in here' in out and times(tmp_path/'here'/'run')==before
    for args,says in ((['--seed','1'],'seed was 0, now 1'), (['--epochs','2'],'epochs was 1, now 2')):
        code,out,err = command(*small, *args)
        assert code==2 and says in err and '--force' in err and err.count('\n')==1
    code,_,err = command('study', *small)
    assert code==2 and "has results of fasterlth find" in err
    assert times(tmp_path/'here'/'run')==before
    assert command(*small, '--seed','1','--force')[0]==0
    assert Ticket.load(tmp_path/'here/ticket.safetensors').about['seed']==1

def test_show_prints_a_ticket_and_saves_a_plot(tmp_path, command):
    net = lenet_300_100(64, seed=0)
    Ticket.of(net, make_masks(net, 80), made_by='a test', note='two\nlines', joint=dict(a=[1,2])).save(tmp_path/'t.safetensors')
    code,out,err = command('show','t.safetensors','--plot','layers.png')
    assert code==0 and not err and all(o in out for o in ('80.00% sparse','a test','two lines','20.00 %','layers.png'))
    assert (tmp_path/'layers.png').read_bytes()[:4]==b'\x89PNG'
    code,_,err = command('show','t.safetensors','--plot','layers.png')
    assert code==2 and '--force' in err
    assert command('show','t.safetensors','--plot','layers.png','--force')[0]==0
    assert command('--version')[1].startswith('fasterlth ')

def test_a_stopped_command_continues(tmp_path, command, monkeypatch):
    args,fit,n = ['--rounds','2','--epochs','2'],Learner.fit,[0]
    @wraps(fit)
    def stopped(self, *args, **kwargs):
        n[0] += 1
        if n[0]==3: raise KeyboardInterrupt
        return fit(self, *args, **kwargs)
    with monkeypatch.context() as m:
        m.setattr(Learner, 'fit', stopped)
        code,_,err = command(*args, '--out','here')
    assert code==130 and 'Traceback' not in err and 'The same command continues where it was' in err
    first = tmp_path/'here'/'run'/'seed_0'/'winning'/'round_01.safetensors'
    stamp = first.stat().st_mtime_ns
    assert not (tmp_path/'here'/'ticket.safetensors').exists()
    assert command(*args, '--out','here')[0]==0 and command(*args, '--out','whole')[0]==0
    assert first.stat().st_mtime_ns==stamp
    assert (tmp_path/'here/results.csv').read_text()==(tmp_path/'whole/results.csv').read_text()

@pytest.mark.parametrize('args,says', [
    (['--data','mnits'],"data must be one of 'digits', 'mnist'"), (['--sparsity','.9'],'Did you mean 90'),
    (['--rounds','x'],"invalid int value: 'x'"), (['--wrong','1'],'unrecognized arguments'),
    (['--model','vgg'],'model must be one of'), (['--epochs','0'],'epochs must be a whole number >= 1'),
    (['--seed','-1'],'seed must be a whole number'), (['--seed','9'*20],'seed must be a whole number'),
    (['find','--rounds','0'],'rounds must be a whole number'), (['fnid'],"there is no command 'fnid'"),
    (['study','--conditions','x'],"conditions must be one of"), (['study','--conditions','dense, winning'],'conditions must be names of controls'), (['study','--jobs','0'],'or -1 for one on each core'), (['show','file'],"can't be read as a ticket"),
    (['--out','file'],"is a file"), (['--out','file/out'],"out must be a folder, but 'file', above 'file/out', is a file"),
    (['--out','full'],"out must be a folder for results, but 'full/accuracy.png' is a folder")])
def test_wrong_options_get_one_line(tmp_path, command, args, says):
    (tmp_path/'file').write_text('')
    (tmp_path/'full'/'accuracy.png').mkdir(parents=True)
    code,out,err = command(*args)
    assert code==2 and says in err and err.count('\n')==1 and not out

def test_a_full_disk_is_noticed_before_any_training(tmp_path, command):
    import resource
    was = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (8192,was[1]))
        code,out,err = command('--rounds','1','--epochs','1','--out','here')
    finally: resource.setrlimit(resource.RLIMIT_FSIZE, was)
    assert code==2 and "out 'here' can't be written to (File too large)" in err and err.count('\n')==1 and not out
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

def test_show_prints_no_codes_of_the_terminal(tmp_path, command):
    "A stranger's ticket may hold anything."
    Ticket.of(nn.Linear(4, 2), {}, joint=5, made_by='\x1b]0;title\x07\x1b[2J').save('t.safetensors')
    code,out,err = command('show','t.safetensors')
    assert code==0 and not err and '\x1b' not in out and '\x07' not in out and '\\x1b[2J' in out

def test_warnings_get_one_line(command, monkeypatch):
    def show(
        ticket:str # A file
    ):
        "Warn."
        warnings.warn('odd\nthing')
    monkeypatch.setitem(cli._commands, 'show', show)
    with warnings.catch_warnings():
        warnings.simplefilter('always')
        assert command('show','x')==(0,'','fasterlth: odd thing\n')

def test_options_have_their_whole_names(tmp_path, command):
    "`--seed 4` of a study, which has none, isn't `--seeds 4`."
    code,_,err = command('study','--seed','4','--out','here')
    assert code==2 and 'unrecognized arguments: --seed 4' in err and not (tmp_path/'here').exists()

def save(path): Ticket.of(nn.Linear(4, 2), {}).save(path); return path

@pytest.mark.parametrize('link', [None,'symlink_to','hardlink_to'])
def test_a_plot_replaces_no_ticket(tmp_path, command, link):
    "Also under another name of the same file."
    path = save(tmp_path/'t.png')
    other = 'other.png' if link else './t.png'
    if link: getattr(tmp_path/other, link)(path)
    before = path.read_bytes()
    for ticket,plot in (('t.png',other), (other,'t.png')):
        for force in ([],['--force']):
            code,out,err = command('show', ticket, '--plot', plot, *force)
            assert code==2 and "plot must be another file than the ticket's" in err and '--force' not in err and not out
    assert path.read_bytes()==before

def test_no_data_are_deleted(tmp_path, command):
    "Of an earlier run with the same folder, --force deletes everything."
    (tmp_path/'here'/'run'/'mnist').mkdir(parents=True)
    for command_ in ('find','study'):
        for path in ('here/run','here/run/mnist','here/../here/run'):
            code,_,err = command(command_, '--data','mnist','--path',path,'--out','here','--force')
            assert code==2 and "path must be a folder outside 'here/run', which --force would delete" in err

def process(*args, env={}, **kwargs):
    return subprocess.run([sys.executable, '-c', 'from fasterlth.cli import fasterlth; fasterlth()', *args], capture_output=True,
                          text=True, timeout=600, env={**os.environ, **env}, **kwargs)

def test_show_without_a_stdout(tmp_path):
    save(tmp_path/'t.safetensors')
    r = process('show', str(tmp_path/'t.safetensors'), preexec_fn=lambda: os.close(1))
    assert r.returncode==0 and not r.stderr, r.stderr

class Ascii(io.TextIOWrapper):
    def __init__(self): super().__init__(io.BytesIO(), 'ascii')
    def text(self): self.flush(); return self.buffer.getvalue().decode()

@pytest.mark.parametrize('which', ['find','study'])
def test_a_terminal_that_knows_only_ascii(tmp_path, command, monkeypatch, which):
    monkeypatch.setattr(sys, 'stdout', (shown := Ascii()))
    args = ['--seeds','1','--conditions','random_mask'] if which=='study' else []
    assert command(which, *small[:-1], 'asc/ñ', *args)[0]==0
    assert (tmp_path/'asc/ñ/accuracy.png').exists() and r'asc/\xf1/results.csv' in shown.text()
    Ticket.of(nn.Linear(4, 2), {}, made_by='ñ').save('ñ.safetensors')
    assert command('show','ñ.safetensors','--plot','ñ.png')[0]==0 and r'\xf1.png' in shown.text() and (tmp_path/'ñ.png').exists()
    for args in (['--help'],['study','--help']): assert command(*args)[0]==0    # with an ellipsis
    assert 'sign_constant' in shown.text()
