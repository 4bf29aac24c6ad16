"Small real learners for the tests. fastai is imported once; nothing here is timed."
import tempfile
import warnings

with warnings.catch_warnings():
    warnings.simplefilter('ignore')
    from fastai.vision.all import *
import matplotlib
import pytest
from fasterlth.all import *
from fasterlth.core.tensors import clone_tree

matplotlib.use('Agg')
_own = tempfile.TemporaryDirectory()    # for what callbacks save: several processes test at a time
needs_fashion = pytest.mark.skipif(not Path('/usr/share/datasets/fashion-mnist').exists(), reason="Debian's dataset-fashion-mnist isn't installed")


def weekly(*values):
    "Return a case of a parametrised test that takes long, so that only `.ci/run weekly` runs it."
    return pytest.param(*values, marks=pytest.mark.weekly)

class SmallNet(nn.Module):
    "Convolution, BatchNorm, dropout, linear layers: something of everything that a rewind has to restore."
    def __init__(self, p=.2):
        super().__init__()
        self.conv,self.bn = nn.Conv2d(1, 8, 3, stride=2),nn.BatchNorm2d(8)
        self.drop,self.fc1,self.fc2 = nn.Dropout(p),nn.Linear(8*3*3, 20),nn.Linear(20, 10)

    def forward(self, x): return self.fc2(F.relu(self.fc1(self.drop(F.relu(self.bn(self.conv(x)).flatten(1))))))

def make_learner(seed=0, model=None, bs=64, n=320, **kwargs):
    set_seed(seed)
    dls = digits_dls(size=8, bs=bs, n=n, device=torch.device('cpu'))
    return Learner(dls, model or SmallNet(), metrics=kwargs.pop('metrics', accuracy), lr=1e-2, **{'path': _own.name, **kwargs})

def quiet(learn, n_epoch, **kwargs):
    with learn.no_bar(), learn.no_logging(): learn.fit(n_epoch, **kwargs)
    return learn

def stop(learn, at, error=KeyboardInterrupt):
    "Raise once, in the middle of one of all trained batches."
    n,do = [0],learn._do_one_batch
    def _do_one_batch():
        do()
        n[0] += learn.training
        if n[0]==at: n[0] += 1; raise error()
    learn._do_one_batch = _do_one_batch
    return learn

def weights(model): return {n: t.detach().clone() for n,t in [*model.named_parameters(), *model.named_buffers()]}
def same(a, b): return a.keys()==b.keys() and all(torch.equal(a[n], b[n]) for n in a)

def sparsify(sparsity=50, granularity='weight', context='local', criteria=l1_norm, schedule=iterative, **kwargs):
    return SparsifyCallback(sparsity, granularity, context, criteria, schedule, **{'verbose': False, **kwargs})

class AtFirst(Callback):
    "Note what a callback holds at the first batch of a fit."
    order = 10**7
    def __init__(self, get): self.get,self.seen = get,None
    def before_batch(self): self.seen = self.seen or clone_tree(self.get())

class Watch(Callback):
    "Check at every forward pass that the weights a callback prunes are zero. By a hook, so after all callbacks."
    order = 10_000
    def __init__(self, cb): self.cb,self.n,self.pruned = cb,0,0
    def before_fit(self): self._hook = self.learn.model.register_forward_pre_hook(self._look)
    def _look(self, model, args):
        ps = dict(model.named_parameters())
        for k,m in self.cb.masks.items():
            assert not ps[k].detach()[~m].count_nonzero(), f'{k} revived in pass {self.n}'
            self.pruned += int((~m).sum())
        self.n += 1
    def after_fit(self): self._hook.remove()

def assert_masked(model, masks):
    ps = dict(model.named_parameters())
    assert masks and all(not ps[n].detach()[~m].count_nonzero() for n,m in masks.items())

__all__ = [n for n in dir() if not n.startswith(('_','test'))]    # fastai exports functions whose names pytest would take for tests
