"""Mixed precision on a GPU: what a fit leaves on must not spoil later trainings in the same process.

Compared are trainings in this process, after something went wrong, with one in a fresh state."""
import pytest
from helpers import *
from fastai.callback.fp16 import MixedPrecision
from fasterlth.find.finder import LotteryTicketFinder
from fasterlth.find.protocol import Protocol
from fasterlth.train.fit_context import context_state

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason='there is no GPU')
warns = pytest.mark.filterwarnings('ignore')

def gpu_learner(**kwargs):
    set_seed(0)
    dls = digits_dls(size=8, bs=64, n=1000, device=torch.device('cuda'))
    return seed_learner(Learner(dls, lenet_300_100(64, seed=0), metrics=accuracy, **kwargs), 0)

def dense(): return quiet(gpu_learner(), 4, lr=1e-2)

@pytest.fixture(scope='module')
def fresh():
    "Accuracy and validation loss in a process in which nothing went wrong yet."
    assert context_state()['level']==0 and not torch.is_autocast_enabled('cuda')
    with dense().no_bar() as learn: loss,acc = learn.validate()
    assert acc>.5
    return loss,acc

def is_clean(fresh):
    assert not torch.is_autocast_enabled('cuda') and context_state()['level']==0
    with dense().no_bar() as learn: loss,acc = learn.validate()
    assert abs(acc-fresh[1])<.02 and abs(loss-fresh[0])<.05*fresh[0]
    return True

def interrupt(learn):
    n = [0]
    def hook(module, args):
        n[0] += 1
        if n[0]==5: raise KeyboardInterrupt
    learn.model.register_forward_pre_hook(hook)
    return learn

guarded = dict(
    sparsify=lambda l: quiet(l, 1, cbs=sparsify()), ticket=lambda l: quiet(l.add_cb(MaskCallback({})), 1),
    training=lambda l: Training(l)(lambda l: quiet(l, 1)),
    finder=lambda l: LotteryTicketFinder(l, 80, 1, seed=0, verbose=False).find_winning_ticket(lambda l: l.fit(1)))

@warns
@pytest.mark.parametrize('how', guarded)
def test_ctrl_c_in_a_forward_pass(fresh, how):
    with pytest.raises(KeyboardInterrupt): guarded[how](interrupt(gpu_learner().to_fp16()))
    assert is_clean(fresh)

@warns
@pytest.mark.parametrize('how', guarded)
def test_two_mixed_precisions(fresh, how):
    with pytest.raises(ValueError, match='at most one MixedPrecision'): guarded[how](gpu_learner().to_channelslast().to_fp16())
    assert is_clean(fresh)

@warns
def test_a_full_gpu_in_a_forward_pass(fresh):
    learn = gpu_learner().to_bf16()
    def fill(module, args):
        if module.training: torch.empty(2**60, device='cuda')
    learn.model.register_forward_pre_hook(fill)
    with pytest.raises(Exception): guarded['training'](learn)
    assert is_clean(fresh)

@warns
def test_a_finder_begins_from_a_stated_context(fresh):
    "A plain fit of fastai's, which nobody guards, has left autocast on."
    def find():
        f = LotteryTicketFinder(gpu_learner(), 80, 1, seed=0, verbose=False)
        f.find_winning_ticket(lambda l: l.fit(3, 1e-2))
        return f.history
    want,before = find(),context_state()
    with pytest.raises(KeyboardInterrupt): quiet(interrupt(gpu_learner().to_fp16()), 1)
    assert torch.is_autocast_enabled('cuda')
    got,on = find(),context_state()
    assert on['level']>0    # it was on outside, and is put back as it was
    from fasterlth.train.fit_context import set_context
    set_context(before)
    assert np.allclose(got[['valid_loss','accuracy']], want[['valid_loss','accuracy']], rtol=.05, atol=.02)
    assert is_clean(fresh)

@warns
def test_the_scale_is_resumed(tmp_path):
    moments = []
    learn = gpu_learner().to_fp16(growth_interval=5)
    scales = []
    class Scale(Callback):
        order = 1000
        def after_step(self): scales.append(self.learn.scaler.get_scale())
    learn.add_cb(Scale())
    def train(l): quiet(l, 3, lr=1e-3)
    Training(learn, on_epoch=lambda t: moments.append(t.moment()))(train)
    n = len(learn.dls.train)
    want = scales[n:]
    scales.clear()
    twin = gpu_learner().to_fp16(growth_interval=5)
    twin.add_cb(Scale())
    Training(twin, Snapshot.load(moments[0].save(tmp_path/'m')))(train)
    assert scales==want and len(set(want))>1

@warns
def test_snapshots_come_back_on_the_device():
    learn = quiet(gpu_learner(opt_func=ranger), 2)
    snap = Snapshot.take(learn)
    a = weights(quiet(learn, 1).model)
    snap.restore(learn)
    b = weights(quiet(learn, 1).model)
    assert all(torch.allclose(a[n], b[n], atol=1e-4) for n in a)

@warns
def test_what_callbacks_hold_comes_back_on_the_device(tmp_path):
    class Averages(Callback):
        def before_fit(self): self.avg,self.cpu = [p.detach().clone() for p in self.learn.model.parameters()],torch.zeros(2)
        def after_step(self):
            for a,p in zip(self.avg, self.learn.model.parameters()): a.lerp_(p.detach(), .1)
            self.cpu += 1
    moments = []
    def train(l): quiet(l, 2)
    learn = gpu_learner(cbs=Averages())
    Training(learn, on_epoch=lambda t: moments.append(t.moment()))(train)
    twin = gpu_learner(cbs=Averages())
    Training(twin, Snapshot.load(moments[0].save(tmp_path/'m')))(train)
    assert all(a.is_cuda and torch.allclose(a, b, atol=1e-3) for a,b in zip(twin.averages.avg, learn.averages.avg))
    assert twin.averages.cpu.device.type=='cpu' and torch.equal(twin.averages.cpu, learn.averages.cpu)
