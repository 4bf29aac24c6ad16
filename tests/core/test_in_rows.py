"""The path that a GPU takes, run on the CPU: the same masks as the CPU's own path, waiting for the device once.

Where there is a GPU, the same is tested on it."""
from contextlib import nullcontext
import pytest
from helpers import *
from hypothesis import given, settings, strategies as st
from torch.utils._python_dispatch import TorchDispatchMode
from fasterlth.core import pools, ranking, rows, scores, units
from fasterlth.core.scores import group_scores
from fasterlth.core.rows import lowest_of_pool
from fasterlth.core.ranking import lowest
from fasterlth.core.layer_groups import granularities

@contextmanager
def gpu_path():
    "Let the CPU take the path of a GPU."
    with pytest.MonkeyPatch.context() as m:
        for room in (ranking, rows, scores, pools, units): m.setattr(room, 'in_rows', lambda device: True)
        yield

def both(f):
    "Return what a function returns on either path, with its warnings or its error."
    res = []
    for path in (nullcontext, gpu_path):
        with path(), warnings.catch_warnings(record=True) as said:
            warnings.simplefilter('always')
            try: masks = f()
            except ValueError as e: masks = str(e)
        res.append((masks,[str(o.message) for o in said],[o.filename for o in said]))
    return res

def assert_same(f):
    "Return the masks, which must be the same on both paths."
    (a,*said_a),(b,*said_b) = both(f)
    assert sorted(said_a[0])==sorted(said_b[0]) and said_a[1]==said_b[1]
    assert (a==b if isinstance(a, str) or isinstance(b, str) else same(a, b)), (a,b)
    return a

# Ranking

@settings(deadline=None, max_examples=150)
@given(st.integers(0, 10**6), st.lists(st.integers(1, 3000), min_size=1, max_size=5), st.sampled_from([1,2,9,10**9]),
       st.floats(0, 1), st.floats(0, 1), st.sampled_from([torch.float32,torch.float64,torch.float16]))
def test_rows_choose_what_the_cpu_chooses(seed, lengths, levels, share, part, dtype):
    gen = torch.Generator().manual_seed(seed)
    scores = [(torch.randint(levels, (n,), generator=gen)-levels//2).to(dtype) for n in lengths]
    alive = [torch.rand(n, generator=gen)<=part for n in lengths]
    k = int(share*sum(int(a.sum()) for a in alive))
    for a,b in zip(lowest(scores, alive, k), lowest_of_pool(scores, alive, [1]*len(scores), 2*k)): assert torch.equal(a, b)

@settings(deadline=None, max_examples=150)
@given(st.integers(0, 10**6), st.lists(st.integers(1, 40), min_size=1, max_size=5), st.sampled_from([1,3,10**9]),
       st.floats(-.1, 1.1), st.floats(0, 1))
def test_groups_of_several_sizes(seed, lengths, levels, share, part):
    gen = torch.Generator().manual_seed(seed)
    scores = [torch.randint(levels, (n,), generator=gen).float() for n in lengths]
    alive,sizes = [torch.rand(n, generator=gen)<=part for n in lengths],torch.randint(1, 6, (len(lengths),), generator=gen).tolist()
    target = share*sum(z*int(a.sum()) for z,a in zip(sizes, alive))
    want = pools._nearest(scores, sizes, alive, target)
    with gpu_path(): got = pools._nearest(scores, sizes, alive, target)
    for a,b in zip(got, want): assert torch.equal(a, b)

# Masks

nets = dict(
    linear=lambda: nn.Sequential(nn.Linear(30, 50), nn.Linear(50, 40), nn.Linear(40, 5)),
    conv=lambda: nn.Sequential(nn.Conv2d(4, 8, 3), nn.ConvTranspose2d(8, 4, 2), nn.Conv1d(4, 8, 5), nn.Conv3d(4, 4, 2)),
    grouped=lambda: nn.Sequential(nn.Conv2d(8, 8, 3, groups=4), nn.Conv2d(8, 8, 3, groups=8), nn.Conv2d(8, 12, 1)),
    other=lambda: nn.Sequential(nn.LSTM(6, 5), nn.Embedding(11, 4), nn.MultiheadAttention(8, 4)),
    attention=lambda: nn.Sequential(nn.MultiheadAttention(8, 4), nn.MultiheadAttention(16, 4, kdim=6, vdim=4)),
    mixed=lambda: nn.Sequential(nn.Linear(20, 30).double(), nn.Linear(30, 20), nn.Linear(20, 10).half(), nn.Linear(10, 10).bfloat16()),
    tied=lambda: _tied(nn.Sequential(nn.Linear(20, 30), nn.Linear(30, 20), nn.Linear(20, 30))))
def _tied(net):
    net[2].weight = net[0].weight
    return net

def signed(weight): return weight
def coarse(weight): return (4*weight).round()
def whole(weight): return (9*weight).round().int()
def same_for_all(weight): return torch.ones_like(weight)
def logs(weight): return weight.abs().log()    # -inf for what is pruned
def with_nan(weight): return weight/weight.ne(weight.flatten()[0])-weight/weight.ne(weight.flatten()[0])
def infinite(weight): return torch.where(weight>0, torch.inf, weight)
criteria = [l1_norm, l2_norm, small_final, random_score, signed, coarse, whole, same_for_all, logs, infinite, with_nan]
coarser = ['weight','row','column','kernel','filter','shared_kernel','channel','shared_weight','vertical_slice','layer']

@settings(deadline=None, max_examples=150)
@given(net=st.sampled_from(sorted(nets)), granularity=st.sampled_from(coarser+['head','2:4']), criterion=st.sampled_from(criteria),
       context=st.sampled_from(['local','global']), seed=st.integers(0, 99), min_keep=st.integers(0, 3),
       round_to=st.sampled_from([None,None,4]), regrow=st.booleans(),
       steps=st.lists(st.one_of(st.floats(0, 100), st.sampled_from([30,50,99.9])), min_size=1, max_size=4))
@pytest.mark.filterwarnings('ignore:left dense')
def test_the_masks_of_a_schedule(net, granularity, criterion, context, seed, min_keep, round_to, regrow, steps):
    "Also one that goes down again."
    torch.manual_seed(seed)
    net = nets[net]()
    try: layers,pruner = prunable(net, granularity),Pruner(granularity, context, criterion, None, round_to, min_keep)
    except ValueError: return    # not all combinations exist
    masks = None
    for i,s in enumerate(steps):
        masks = assert_same(lambda: pruner.step(net, s, masks, layers, regrow and i>0))
        if isinstance(masks, str): return
        if i%2: apply_masks(net, masks)

@pytest.mark.parametrize('context', ['local','global'])
def test_the_masks_of_many_weights(context):
    "Rows are longer than a layer's rest, and pools than what is converted at once."
    torch.manual_seed(0)
    net,masks = nn.Sequential(nn.Linear(1500, 1000), nn.Linear(1000, 3001), nn.Linear(3001, 7)),None
    for sparsity in (20, 83.3, {'0': 95, '*': 90}):
        masks = assert_same(lambda: make_masks(net, sparsity, context=context, masks=masks))
        apply_masks(net, masks)

@pytest.mark.parametrize('context', ['local','global'])
def test_a_dict_of_sparsities_and_granularities(context):
    net = nets['conv']()
    layers = prunable(net, {nn.Conv2d: 'filter', '1': 'kernel', '*': 'weight'})
    for sparsity in ({'0': 50, '2': 20}, {'*': 60, '1': 30}):
        assert_same(lambda: make_masks(layers, sparsity, context=context, min_keep=2))

def test_joint_filters_in_rows():
    from torchvision.models import resnet18
    torch.manual_seed(0)
    net = resnet18(num_classes=10)
    for context in ('local','global'):
        pruner = Pruner('filter', context, joint=joint_filters(net, torch.randn(1, 3, 32, 32)))
        assert_same(lambda: pruner.step(net, 40, assert_same(lambda: pruner.step(net, 20))))

@pytest.mark.parametrize('criterion', [movement, updating_magnitude_increase, snip, grasp, synflow])
def test_criteria_with_inputs(criterion):
    torch.manual_seed(0)
    net,x,y = nn.Sequential(nn.Linear(12, 30), nn.ReLU(), nn.Linear(30, 4)),torch.randn(8, 12),torch.randint(4, (8,))
    w = {n: torch.randn_like(o.weight) for n,o in prunable(net).items()}
    for context in ('local','global'):
        pruner = Pruner(context=context, criterion=criterion)
        assert_same(lambda: pruner.step(net, 70, batches=[(x,y)], loss_func=F.cross_entropy, init=w, prev=w))

def test_given_scores():
    layers = prunable(nets['linear']())
    scores = group_scores(layers, l1_norm)
    assert_same(lambda: Pruner(context='global').choose(layers, scores, 50))
    assert sum(len(s) for s in scores.values())==sum(o.groups.n for o in layers.values())    # they are still there
    scores['1.weight'][3] = torch.nan
    assert 'NaN among them' in assert_same(lambda: Pruner().choose(layers, scores, 50))

def test_rewinding_in_a_fit():
    "A whole fit, with the path of a GPU and without."
    def fit():
        cb = sparsify(80, lth=True, context='global', start_epoch=1, rewind_epoch='2it')
        learn = quiet(make_learner(), 3, cbs=cb)
        return {**weights(learn.model), **cb.ticket.masks}
    assert_same(fit)

# Waiting for the device

class Waits(TorchDispatchMode):
    "Count what makes Python wait for a device."
    def __init__(self): super().__init__(); self.seen = []
    def __torch_dispatch__(self, f, types, args=(), kwargs=None):
        name = f.overloadpacket.__name__
        if name in ('_local_scalar_dense','nonzero','masked_select','equal','is_nonzero','unique_dim','_unique2','bincount'): self.seen.append(name)
        if name in ('index','index_put_') and any(i is not None and i.dtype==torch.bool for i in args[1]): self.seen.append(name)
        return f(*args, **(kwargs or {}))

def waits(f):
    "Return what a function waits for, where `to_lists` stands for one transfer."
    seen,fetch = Waits(),ranking.to_lists
    def counted(tensors):
        with torch._C._DisableTorchDispatch(): res = fetch(tensors)
        return seen.seen.append('to_lists') or res
    with gpu_path(), pytest.MonkeyPatch.context() as m:
        for room in (ranking, units): m.setattr(room, 'to_lists', counted)
        with seen: f()
    return seen.seen

@pytest.mark.parametrize('context', ['local','global'])
@pytest.mark.parametrize('granularity', ['weight','filter','2:4'])
def test_a_pruning_event_waits_once(context, granularity):
    net = nn.Sequential(nn.Linear(64, 48), nn.ReLU(), nn.Linear(48, 32), nn.ReLU(), nn.Linear(32, 8))
    layers = prunable(net, granularity)
    half = make_masks(layers, 25, context=context)
    for masks in (None,half):
        assert waits(lambda: apply_masks(net, make_masks(layers, 50, context=context, masks=masks)))==['to_lists']

@pytest.mark.parametrize('context', ['local','global'])
def test_a_layer_that_would_be_lost_is_not_waited_for(context):
    net = nn.Sequential(nn.Linear(64, 48), nn.Linear(48, 32), nn.Linear(32, 8))
    net[1].weight.data.mul_(1e-3)
    layers = prunable(net)
    def event():
        with pytest.warns(UserWarning, match=r'1.weight \(keeps 1 of') if context=='global' else nullcontext():
            apply_masks(net, make_masks(layers, 50, context=context))
    assert waits(event)==['to_lists']

class Ops(TorchDispatchMode):
    "Count operations, but for views: on a GPU each takes time to start, however small it is."
    def __init__(self): super().__init__(); self.n = 0
    def __torch_dispatch__(self, f, types, args=(), kwargs=None):
        self.n += not f.is_view
        return f(*args, **(kwargs or {}))

@pytest.mark.parametrize('first', [False,True])
@pytest.mark.parametrize('context,fixed', [('local',180),('global',175)])
def test_operations_of_a_pruning_event(context, fixed, first):
    "As many layers as a ResNet-50 has; one more takes one operation more, its score."
    net = nn.Sequential(*[nn.Linear(16, 16) for _ in range(54)])
    layers = prunable(net)
    half = None if first else make_masks(layers, 40)
    with gpu_path(), Ops() as ops: apply_masks(net, make_masks(layers, 80, context=context, masks=half))
    assert ops.n<=fixed+54, ops.n

def test_what_is_waited_for_is_seen():
    x = torch.arange(6.)
    assert waits(lambda: x[x>2])==['index'] and waits(lambda: x.sum().item())==['_local_scalar_dense']

# On a GPU

@pytest.mark.skipif(not torch.cuda.is_available(), reason='there is no GPU')
@pytest.mark.parametrize('granularity', coarser+['2:4'])
@pytest.mark.parametrize('context', ['local','global'])
@pytest.mark.filterwarnings('ignore')
def test_masks_are_the_same_on_a_gpu(granularity, context):
    if (granularity,context)==('layer','local'): return    # a share of a single group can't be pruned
    from torchvision.models import resnet18
    torch.manual_seed(0)
    net = resnet18()
    for o in net.modules():
        if isinstance(o, nn.Conv2d): o.weight.data.mul_(50).round_()    # many ties
    twin,a,b = deepcopy(net).cuda(),None,None
    g = granularity if granularity!='2:4' else {'layer[234]*': '2:4'}
    for s in (30, 50):
        a,b = (make_masks(prunable(m, g), s, context=context, masks=masks) for m,masks in ((net,a), (twin,b)))
        assert all(torch.equal(a[n], b[n].cpu()) for n in a)

@pytest.mark.skipif(not torch.cuda.is_available(), reason='there is no GPU')
@pytest.mark.parametrize('context', ['local','global'])
@pytest.mark.filterwarnings('ignore:these layers would have lost everything')
def test_a_gpu_is_waited_for_once(context):
    "Also where a layer would be lost."
    net = nn.Sequential(nn.Linear(640, 480), nn.ReLU(), nn.Linear(480, 320)).cuda()
    net[2].weight.data.mul_(1e-3)
    layers,mode = prunable(net),torch.cuda.get_sync_debug_mode()
    make_masks(layers, 50, context=context)
    try:
        torch.cuda.set_sync_debug_mode('warn')
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter('always')
            apply_masks(net, make_masks(layers, 50, context=context))
    finally: torch.cuda.set_sync_debug_mode(mode)
    assert len([o for o in said if 'synchroniz' in str(o.message)])==1
