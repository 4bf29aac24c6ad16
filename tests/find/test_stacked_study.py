"A study in stacks has the results of one without."
import functools
from helpers import *
from fasterlth.find.controls import conditions
from fasterlth.find.finder import LotteryTicketFinder
from fasterlth.find.folder import RunFolder
from fasterlth.train.stack import Unstackable

@functools.cache
def digits(): return digits_dls(size=8, n=256, bs=64, device=torch.device('cpu'))
def make(seed): return Learner(deepcopy(digits()), lenet_300_100(64, seed=seed), metrics=accuracy)
def train(learn): learn.fit_one_cycle(2, 1e-2)
def study(path, conditions=('random_reinit','shuffled'), seeds=3, make=make, train=train, **kwargs):
    return LotteryStudy(make, train, 80, kwargs.pop('n_rounds', 2), conditions, seeds, path, **kwargs)
def rows(s): return s.results.sort_values(['condition','seed','round']).reset_index(drop=True)

exact = ['condition','seed','round','sparsity','remaining']
def check_same(a, b, tolerance=.02):
    "Counts are exactly the same, measurements but for the last bits of sums."
    a,b = rows(a),rows(b)
    assert list(a.columns)==list(b.columns)
    pd.testing.assert_frame_equal(a[exact], b[exact], check_exact=True)
    measured = [c for c in a if c not in (*exact,'seconds','best_epoch','best_iteration')]
    pd.testing.assert_frame_equal(a[measured], b[measured], rtol=tolerance, atol=tolerance/2)

@pytest.mark.parametrize('given', [weekly(dict()), weekly(dict(rewind_epoch=1)), dict(rewind_epoch='3it', reshuffle=True)])
def test_a_stacked_study(tmp_path, given):
    alone = study(tmp_path/'alone', **given).run(verbose=False)
    both = study(tmp_path/'both', **given).run(stack=2, verbose=False)
    assert not both.failures and not (tmp_path/'both'/'moment_stack.safetensors').exists()
    check_same(alone, both)
    for k in ('winning','random_reinit','shuffled'):
        a,b = alone.ticket(k, 1),both.ticket(k, 1)
        assert all(m.sum()==b.masks[n].sum() for n,m in a.masks.items())
        assert all((m==b.masks[n]).float().mean()>.995 for n,m in a.masks.items())

def test_all_conditions_in_one_stack_size(tmp_path):
    "Conditions of their own finders, and those that begin at the start or at the rewind point."
    given = dict(conditions=['lr_rewind','finetune','sign_constant','snip','one_shot'], seeds=2, n_rounds=1, rewind_epoch=1)
    alone,both = study(tmp_path/'alone', **given).run(verbose=False),study(tmp_path/'both', **given).run(stack=8, verbose=False)
    assert not both.failures
    check_same(alone, both)

class Killed(BaseException): pass

class Kill(Callback):
    "Raise once, after so many epochs of all trainings."
    order,left,epochs = 100,None,[0]
    def after_epoch(self):
        if not hasattr(self.learn, 'rngs') or self.learn.lock.locked(): return    # only in stacks
        self.epochs[0] += 1
        if self.epochs[0]==Kill.left: raise Killed

def make_killed(seed): return make(seed).add_cb(Kill())

@pytest.mark.parametrize('at', [2,weekly(4),7,weekly(9)])
@pytest.mark.parametrize('then', [2,weekly(3)])
def test_a_killed_study_continues(tmp_path, monkeypatch, at, then):
    "Also with another size of the stack; what was trained isn't trained again."
    given = dict(make=make_killed, conditions=['random_reinit'], n_rounds=1, rewind_epoch='3it')
    monkeypatch.setattr(Kill, 'left', None)
    monkeypatch.setattr(Kill, 'epochs', [0])
    whole = whole_study()
    Kill.epochs[0],Kill.left = 0,at
    with pytest.raises(Killed): study(tmp_path/'s', **given).run(stack=2, verbose=False)
    Kill.left = None
    again = study(tmp_path/'s', **given).run(stack=then, verbose=False)
    assert not again.failures and not (tmp_path/'s'/'moment_stack.safetensors').exists()
    check_same(whole, again)
    if then==2: assert Kill.epochs[0]==12+1    # the epoch under way was lost: 3 trainings of a stack of 2 and of 1, 2 epochs each

@functools.cache
def whole_study(): return study(None, conditions=['random_reinit'], n_rounds=1, rewind_epoch='3it').run(verbose=False)

@pytest.mark.parametrize('name', ['round_00.safetensors','done.json'])
def test_killed_when_a_stack_is_trained_and_its_results_arent_written(tmp_path, monkeypatch, name):
    "The moment after the last fit has all that is measured."
    given,left = dict(conditions=['random_reinit'], n_rounds=1, rewind_epoch='3it'),[2]
    for method in ('keep','keep_json'):
        def killed(self, file, *args, own=getattr(RunFolder, method)):
            left[0] -= file==name
            if file==name and left[0]==0: raise Killed
            return own(self, file, *args)
        monkeypatch.setattr(RunFolder, method, killed)
    with pytest.raises(Killed): study(tmp_path, **given).run(stack=2, verbose=False)
    again = study(tmp_path, **given).run(stack=2, verbose=False)
    assert not again.failures
    check_same(whole_study(), again)

def test_the_size_may_be_one_again(tmp_path, monkeypatch):
    given = dict(make=make_killed, conditions=['random_reinit'], n_rounds=1, seeds=2)
    monkeypatch.setattr(Kill, 'epochs', [0])
    monkeypatch.setattr(Kill, 'left', 3)
    with pytest.raises(Killed): study(tmp_path, **given).run(stack=2, verbose=False)
    Kill.left = None
    s = study(tmp_path, **given).run(verbose=False)
    assert len(s.results)==6 and not s.failures and not (tmp_path/'moment_stack.safetensors').exists()

def test_one_that_fails_leaves_the_others(tmp_path):
    def condition(t):
        if t.finder.seed==1: raise RuntimeError('no such control')
        return conditions['shuffled'](t)
    with pytest.warns(UserWarning, match='1 of 3 runs failed'):
        s = study(tmp_path, dict(mine=condition), n_rounds=1).run(stack=3, verbose=False)
    assert list(s.failures)==[('mine',1,1)] and len(s.results)==3*2+2

def test_what_cant_be_stacked_is_refused_by_name(tmp_path):
    def lamb(seed):
        learn = make(seed)
        learn.opt_func = Lamb
        return learn
    with pytest.raises(Unstackable, match='Lamb steps by norms'): study(tmp_path/'1', make=lamb).run(stack=2, verbose=False)
    with pytest.raises(Unstackable, match="kernels must be 'dense'"): study(tmp_path/'2', kernels='sparse').run(stack=2, verbose=False)
    with pytest.raises(Unstackable, match='EarlyStoppingCallback'):
        study(tmp_path/'3', train=lambda l: l.fit(1, cbs=EarlyStoppingCallback())).run(stack=2, verbose=False)
    with pytest.raises(ValueError, match='n_jobs must be 1'): study(tmp_path/'4').run(stack=2, n_jobs=2)

def test_auto_is_one_on_a_cpu(tmp_path):
    assert not study(tmp_path, [], seeds=1, n_rounds=1).run(stack='auto', verbose=False).failures

def test_tickets_of_several_seeds(tmp_path):
    found = find_winning_tickets(make, train, 80, 1, seeds=[3,5], path=tmp_path, stack=2, verbose=False)
    one = LotteryTicketFinder(make(5), 80, 1, seed=5, verbose=False)
    ticket = one.find_winning_ticket(train)
    assert list(found)==[3,5] and all(m.sum()==found[5].ticket.masks[n].sum() for n,m in ticket.masks.items())
    assert all((m==found[5].ticket.masks[n]).float().mean()>.995 for n,m in ticket.masks.items())
