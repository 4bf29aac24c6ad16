"""How much memory a pruning event and a rewind take beside the model, in multiples of its parameters.

Counted are the bytes of all tensors that are alive, at each operation; the CPU takes the path of a GPU."""
import gc
from contextlib import contextmanager
import pytest
from helpers import *
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten
from fasterlth.core import rows, units

class Bytes(TorchDispatchMode):
    "Count the bytes of tensors that are alive, in host memory and elsewhere alike."
    def __init__(self):
        super().__init__()
        self.storages = {}
        gc.collect()
        for o in gc.get_objects():
            if issubclass(type(o), torch.Tensor): self._note(o)
        self.before = self.peak = self._alive()
    def _note(self, t):
        try: s = t.untyped_storage()
        except (NotImplementedError,RuntimeError): return    # sparse and traced tensors, which other tests left, have none
        n = s.nbytes()
        if not isinstance(n, int) or n<4096: return    # as have some traced ones; small ones take long
        if s._cdata not in self.storages or self.storages[s._cdata][0].expired(): self.storages[s._cdata] = StorageWeakRef(s),n
    def _alive(self):
        self.storages = {k: v for k,v in self.storages.items() if not v[0].expired()}
        return sum(n for _,n in self.storages.values())
    def __torch_dispatch__(self, f, types, args=(), kwargs=None):
        res = f(*args, **(kwargs or {}))
        for t in tree_flatten(res)[0]:
            if isinstance(t, torch.Tensor): self._note(t)
        self.peak = max(self.peak, self._alive())
        return res

@contextmanager
def counted():
    with pytest.MonkeyPatch.context() as m:
        for room in (rows, units): m.setattr(room, 'in_rows', lambda device: True)
        with Bytes() as b: yield b

def wide(): return nn.Sequential(*[nn.Linear(500, 500) for _ in range(10)])
def n_bytes(net): return sum(p.nbytes for p in net.parameters())

def test_all_bytes_are_counted():
    left = torch.eye(100).to_sparse()
    x = torch.ones(2000)
    with counted() as b:
        y = (x+1)*2    # two at a time
        y = y.add_(1)
    assert (b.peak-b.before,b._alive()-b.before)==(16000,8000) and left.is_sparse

@pytest.mark.parametrize('context', ['local','global'])
def test_a_pruning_event(context):
    net = wide()
    masks = make_masks(net, 30, context=context)
    with counted() as b: new = make_masks(net, 60, context=context, masks=masks)
    assert (b.peak-b.before)/n_bytes(net)<2, 'scores, places of 2 bytes, ¼ to sort with or of bools: 1 + ½ + 2 × ¼, and rows are filled up'
    assert new.keys()==masks.keys()

@pytest.mark.parametrize('opt_func', [Adam, partial(OptimWrapper, opt=torch.optim.AdamW), partial(SGD, mom=.9)])
def test_a_restore(opt_func):
    net = wide()
    learn = Learner(DataLoaders([], []), net, noop, opt_func=opt_func)
    learn.create_opt()
    for p in net.parameters(): p.grad = torch.ones_like(p)
    learn.opt.step()
    moment = Snapshot.take(learn)
    learn.opt.step()
    with counted() as b: moment.restore(learn)
    assert (b.peak-b.before)/n_bytes(net)<.1, 'the old state is gone before there is a new one'
    assert all(t.device.type=='cpu' for t in moment.model.values())

@pytest.mark.parametrize('lth', [False, True])
def test_an_event_in_a_fit(lth):
    "The callback's event: with masks from an earlier one, a rewind, and the optimizer's state for what is pruned."
    seen = []
    class Looking(SparsifyCallback):
        def _prune(self, *args):
            with counted() as b: super()._prune(*args)
            seen.append((b.peak-b.before)/n_bytes(self.learn.model))
    net = nn.Sequential(nn.Flatten(), nn.Linear(64, 300), *[nn.Linear(300, 300) for _ in range(10)], nn.Linear(300, 10))
    quiet(make_learner(model=net), 3, cbs=Looking(80, 'weight', 'global', l1_norm, iterative, start_epoch=1, lth=lth, verbose=False))
    assert len(seen)==3 and seen[0]<2.5 and max(seen[1:])<1.5, seen    # later ones give the old masks back first
