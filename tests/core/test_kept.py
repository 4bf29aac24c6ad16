"Trainings of plain PyTorch that are kept in a folder: killed anywhere, a comparison ends with the same bits."
import os
from torch.optim.optimizer import register_optimizer_step_pre_hook
from apart import Session
from helpers import *
from fasterlth.core.kept import Kept
from fasterlth.core.train_fn import trainer_of

class Killed(BaseException): pass

def data():
    x = torch.randn(256, 8, generator=torch.Generator().manual_seed(0))
    return x,(x[:,0]*x[:,1]>0).long()

def model_fn(): return nn.Sequential(nn.Linear(8, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Dropout(.1), nn.Linear(32, 2))

def train_fn(model):
    x,y = data()
    opt = torch.optim.Adam(model.parameters(), 1e-2)
    for _ in range(10):
        i = torch.randint(0, 256, (64,))
        F.cross_entropy(model(x[i]), y[i]).backward()
        opt.step()
        opt.zero_grad()
    model.eval()

def eval_fn(model): return float((model(data()[0]).argmax(1)==data()[1]).float().mean())

def signs(ticket): return Ticket(ticket.masks, {n: t.sign() for n,t in ticket.weights.items()}, {})

conditions = dict(random_reinit='random_reinit', random_mask='random_mask', mine=signs)
def compared(path=None, seeds=2, **kwargs):
    kwargs = {'sparsity': 80, 'n_rounds': 2, 'conditions': conditions, **kwargs}
    return compare_tickets(model_fn, train_fn, eval_fn, seeds=seeds, path=path, verbose=False, **kwargs)

def same(a, b):
    assert a.rows==b.rows and a.models.keys()==b.models.keys()
    for k in a.models:
        assert_same_tensors(a.models[k].state_dict(), b.models[k].state_dict())
        assert_same_tensors(a.tickets[k].masks, b.tickets[k].masks)
        assert_same_tensors(a.tickets[k].weights, b.tickets[k].weights)
        assert a.models[k].training==b.models[k].training

def assert_same_tensors(a, b):
    assert a.keys()==b.keys() and all(torch.equal(a[k], b[k]) for k in a)

def interrupted(step, f):
    "Call a function, and stop it before a step of an optimizer. Return whether it came to that."
    steps = []
    def stop(*_):
        steps.append(1)
        if len(steps)==step: raise Killed()
    hook = register_optimizer_step_pre_hook(stop)
    try: f()
    except Killed: return True
    finally: hook.remove()
    return False

@pytest.fixture(scope='module')
def whole(): return compared()

@pytest.mark.parametrize('every', [17,25,113])
def test_stopped_again_and_again(tmp_path, whole, every):
    "Each attempt begins after the trainings that are whole."
    for n in range(200):
        before = len(os.listdir(tmp_path))
        if not interrupted(every, lambda: compared(tmp_path)): break
        assert len(os.listdir(tmp_path))>=before
    assert 0<n<200
    same(compared(tmp_path), whole)
    assert not interrupted(1, lambda: compared(tmp_path))    # nothing is trained

def test_killed_in_a_process_of_its_own(tmp_path, whole):
    script = f"""
import os
from torch.optim.optimizer import register_optimizer_step_pre_hook
from test_kept import compared
steps = []
def stop(*_):
    steps.append(1)
    if len(steps)==47: os._exit(9)
register_optimizer_step_pre_hook(stop)
compared({str(tmp_path)!r})
"""
    assert Session(script).wait()==9
    assert len(os.listdir(tmp_path))==4
    same(compared(tmp_path), whole)

def test_more_seeds_and_conditions_reuse_what_is_there(tmp_path, whole):
    compared(tmp_path, seeds=[1], conditions=['random_mask'])
    n = len(os.listdir(tmp_path))
    same(compared(tmp_path), whole)
    assert n==4 and len(os.listdir(tmp_path))==12
    search = find_winning_ticket(model_fn, train_fn, eval_fn, 80, 2, verbose=False, path=tmp_path)    # of the same rounds
    assert search.rows[-1]['score']==whole.rows[1]['score'] and len(os.listdir(tmp_path))==12

def test_a_random_criterion_draws_the_same_again(tmp_path):
    def drawn(weight): return torch.rand(weight.shape)
    whole = compared(criteria=drawn)
    interrupted(15, lambda: compared(tmp_path, criteria=drawn))
    same(compared(tmp_path, criteria=drawn), whole)

class Scaled(nn.Module):
    def __init__(self, k): super().__init__(); self.k,self.lin = k,nn.Linear(8, 2)
    def forward(self, x): return self.lin(x)*self.k

def test_other_experiments_are_refused(tmp_path):
    def searched(path=tmp_path, train=train_fn, score=eval_fn, k=1, **kwargs):
        return find_winning_ticket(lambda: Scaled(k), train, score, **{'sparsity': 50, 'n_rounds': 1, 'verbose': False,
                                                                      'path': path, **kwargs})
    searched()
    def other_train(model): train_fn(model); train_fn(model)
    odd = [(dict(train=other_train), 'train_fn'), (dict(score=lambda model: eval_fn(model)), 'eval_fn'),
           (dict(k=2), r'layer_settings\.Scaled\.k is 1 in the folder, 2 now'), (dict(sparsity=60), 'targets'),
           (dict(context='global'), "context is local in the folder, global now"), (dict(granularity='column'), 'granularity'),
           (dict(criteria=random_score), 'criteria'), (dict(kernels='sparse'), 'kernels'), (dict(budget=erk), 'budget')]
    files = {o: (tmp_path/o).read_bytes() for o in os.listdir(tmp_path)}
    for kwargs,what in odd:
        with pytest.raises(ValueError, match=f'belongs to another experiment: .*{what}'): searched(**kwargs)
    with pytest.raises(ValueError, match='the start differs'):
        find_winning_ticket(Scaled(1), train_fn, eval_fn, 50, 1, verbose=False, path=tmp_path)
    assert files=={o: (tmp_path/o).read_bytes() for o in os.listdir(tmp_path)}
    searched(seed=1)    # of another file
    searched()

def test_damaged_and_foreign_files_are_named(tmp_path):
    def searched(): return find_winning_ticket(model_fn, train_fn, eval_fn, 50, 1, verbose=False, path=tmp_path)
    file = tmp_path/'seed_0_round_1.safetensors'
    ticket = searched().ticket
    data = file.read_bytes()
    for broken in (data[:len(data)//2], data[:-9]+b'x'*9, b''):
        file.write_bytes(broken)
        with pytest.raises(ValueError, match='seed_0_round_1.safetensors'): searched()
    ticket.save(file)
    with pytest.raises(ValueError, match='is a safetensors file, but not a fasterlth training'): searched()
    file.unlink()
    searched()

def test_the_folder_is_checked_before_the_first_training(tmp_path):
    def no_training(model): raise AssertionError
    def searched(path, model=model_fn): find_winning_ticket(model, no_training, eval_fn, 50, 1, path=path)
    (tmp_path/'file').write_text('')
    with pytest.raises(ValueError, match='path must be a folder, but .* is a file'): searched(tmp_path/'file')
    with pytest.raises(OSError, match='/proc'): searched('/proc/fasterlth')
    with pytest.raises(TypeError, match='path'): searched(3)
    class Odd(nn.Module):
        def __init__(self):
            super().__init__()
            self.lin = nn.Linear(8, 2)
            self.register_buffer('odd', torch.zeros(2, dtype=torch.complex128))
        def forward(self, x): return self.lin(x)
    with pytest.raises(TypeError, match='odd can.t be stored'): searched(tmp_path/'new', Odd)

def test_names_of_conditions_are_safe_as_files(tmp_path):
    compared(tmp_path/'inner', seeds=1, conditions={'../a b/ü': signs})
    assert sorted(os.listdir(tmp_path))==['inner'] and 'seed_0_of____a_b__.safetensors' in os.listdir(tmp_path/'inner')

def test_lines_say_what_was_kept(tmp_path, capsys):
    trainer = trainer_of(model_fn, 'model', train_fn, eval_fn, verbose=True)
    for _ in range(2): Kept(trainer, tmp_path).measure('a', 3, trainer.start(0), {}, 'the training')
    first,second = capsys.readouterr().out.splitlines()
    assert second==f'{first}, kept' and first.startswith('seed 3, the training: score ')
