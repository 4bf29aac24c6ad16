"Whatever changes a model for a while leaves it as it was: objects, bits, modes, gradients; also after an exception."
import itertools
from fasterlth.core.tensors import copy_model, copy_tensors, evaluating, lend, unwrap
from fasterlth.core.inputs import Scoring, make_inputs
from helpers import *

class Tied(nn.Module):
    "The output layer's weight is the first layer's, transposed places apart, and so is a buffer."
    def __init__(self):
        super().__init__()
        self.a,self.bn,self.b = nn.Linear(12, 12),nn.BatchNorm1d(12),nn.Linear(12, 12)
        self.b.weight = self.a.weight
        self.register_buffer('scale', torch.full((), 2.)); self.bn.register_buffer('again', self.scale)
    def forward(self, x): return self.b(self.bn(self.a(x)).relu())*self.scale

def shared():
    l = nn.Linear(12, 12)
    return nn.Sequential(l, nn.Tanh(), nn.Dropout(.3), l, nn.LayerNorm(12))

def frozen():
    net = nn.Sequential(nn.Linear(12, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 12))
    net[0].requires_grad_(False); net[1].eval()
    net[3].weight.grad = torch.ones(12, 16)
    return net

class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.a,self.fc = nn.MultiheadAttention(4, 2, dropout=.1, batch_first=True),nn.Linear(12, 12)
    def forward(self, x): y = x.view(-1, 3, 4); return self.fc(self.a(y, y, y, need_weights=False)[0].flatten(1))

def bfloat16(): return nn.Sequential(nn.Linear(12, 16), nn.Dropout(), nn.Linear(16, 12)).bfloat16()
def float64(): return nn.Sequential(nn.Linear(12, 16), nn.Dropout(), nn.Linear(16, 12)).double()
def compiled(): return torch.compile(shared(), backend='eager')
def parallel(): return nn.DataParallel(frozen())

networks = [Tied, shared, frozen, Attention, bfloat16, float64, parallel]

def everything(model):
    "Return all that may not change, in a comparable form: objects by identity, values by bits."
    places = [(id(m), k, n, id(t)) for m in model.modules() for k in ('_parameters','_buffers') for n,t in getattr(m, k).items()]
    tensors = {id(t): t for t in [*model.parameters(), *model.buffers()]}
    def bits(t): return None if t is None else (str(t.dtype), t.data_ptr(), t.detach().clone().reshape(-1).view(torch.uint8).tolist())
    values = {i: (bits(t), t.requires_grad, id(t.grad), bits(t.grad)) for i,t in tensors.items()}
    hooks = [len(m._forward_hooks)+len(m._forward_pre_hooks) for m in model.modules()]
    return places,values,[m.training for m in model.modules()],hooks

def batches_for(model, n=2):
    torch.manual_seed(1)
    dtype = next(model.parameters()).dtype
    return [(torch.randn(8, 12).to(dtype),torch.randint(12, (8,))) for _ in range(n)]

@pytest.mark.parametrize('make,criterion', list(itertools.product(networks, [snip, grasp, synflow])))
def test_scoring_leaves_no_trace(make, criterion):
    torch.manual_seed(0)
    model = make(); batches = batches_for(model)
    before,rng = everything(model),torch.get_rng_state()
    at = Scoring(model, list(prunable(model)), batches, F.cross_entropy)
    found = make_inputs(criterion, at)
    assert everything(model)==before and torch.equal(torch.get_rng_state(), rng)
    assert all(t.isfinite().all() for ts in found.values() for t in ts.values())
    calls = []
    def fails(*args, **kwargs): calls.append(args); raise MemoryError('a full GPU')
    hook = unwrap(model).register_forward_hook(fails)    # after all layers have run
    failing = everything(model)
    with pytest.raises(MemoryError): make_inputs(criterion, at)
    assert calls and everything(model)==failing
    hook.remove()

@pytest.mark.parametrize('make,criterion', list(itertools.product(networks, [snip, grasp, synflow, taylor])))
def test_scores_depend_on_weights_and_batches_only(make, criterion):
    torch.manual_seed(0)
    model = make(); batches = batches_for(model)
    def masks(): return make_masks_by(model, criterion, batches)
    want = masks()
    model.eval(); torch.rand(7)
    assert same(masks(), want)
    with torch.no_grad(): model.train()(batches[0][0])    # BatchNorm's running statistics are others now
    if criterion is not synflow: assert same(masks(), want)

def make_masks_by(model, criterion, batches):
    return Pruner(criterion=criterion, context='global').step(model, 50, batches=batches, loss_func=F.cross_entropy)

@pytest.mark.parametrize('make', networks)
def test_a_loan_in_another_precision_with_replaced_tensors(make):
    torch.manual_seed(0)
    model = make(); before = everything(model)
    with pytest.raises(KeyboardInterrupt):
        with lend(model, training=False, grad=True, requires_grad=list(model.parameters()), dtype=torch.float64, weights=True) as m:
            assert all(p.dtype==torch.float64 and p.requires_grad for p in m.parameters())
            for p in m.parameters(): p.data.mul_(2); p.grad = torch.zeros_like(p)
            for o in list(m.modules()):
                for n,b in list(o.named_buffers(recurse=False)): setattr(o, n, b+1)
            m.float()
            raise KeyboardInterrupt
    assert everything(model)==before
    with lend(model, weights=True) as m, torch.no_grad():
        for p in m.parameters(): p.add_(1)
    assert everything(model)==before

def test_a_borrowed_model_may_be_moved():
    model = frozen(); before = everything(model)
    with evaluating(model): model.to(torch.float64); model.to('meta')
    assert everything(model)==before

def test_synflow_with_one_module_in_two_places_in_a_fit():
    set_seed(0)
    l = nn.Linear(64, 64)
    net = nn.Sequential(nn.Flatten(), l, nn.ReLU(), l, nn.ReLU(), nn.Linear(64, 10))
    learn = make_learner(model=net)
    names = [n for n,_ in net.named_parameters()]
    quiet(learn, 2, cbs=(cb := sparsify(50, criteria=synflow, schedule=one_shot)))
    assert [n for n,_ in net.named_parameters()]==names and l.weight.dtype==torch.float32 and isinstance(l.weight, nn.Parameter)
    assert cb.measure()==50 and net[1] is net[3] is l
    assert_masked(net, cb.masks)

def test_grasp_with_attention_in_a_fit():
    class Net(nn.Module):
        def __init__(self): super().__init__(); self.a,self.fc = nn.MultiheadAttention(8, 2, batch_first=True),nn.Linear(64, 10)
        def forward(self, x): y = x[:,0]; return self.fc(self.a(y, y, y, need_weights=False)[0].flatten(1))
    learn = make_learner(model=Net())
    quiet(learn, 1, cbs=(cb := sparsify(50, criteria=grasp, schedule=one_shot)))
    assert cb.measure()==50

def test_a_backward_pass_adds_nothing_to_gradients_that_are_there():
    net = nn.Linear(3, 2)
    net(torch.ones(1, 3)).sum().backward()
    held,was = [p.grad for p in net.parameters()],[p.grad.clone() for p in net.parameters()]
    with lend(net, grad=True): net(torch.ones(1, 3)).sum().backward()
    assert all(p.grad is g and torch.equal(g, o) for p,g,o in zip(net.parameters(), held, was))

def test_models_that_cannot_be_copied_are_named():
    import threading
    class Locked(nn.Linear):
        def __init__(self): super().__init__(4, 4); self.lock = threading.Lock()
    with pytest.raises(ValueError, match='Locked must be a model that deepcopy can copy: cannot pickle'): copy_model(Locked())

def test_tensors_that_share_memory_are_refused_before_anything_is_written():
    net = nn.Linear(4, 4)
    net.register_buffer('b', torch.zeros(1).expand(5))
    was = net.weight.detach().clone()
    with pytest.raises(ValueError, match="b can't be written, as its elements share memory"):
        copy_tensors(net, dict(weight=torch.ones(4, 4), bias=torch.ones(4), b=torch.ones(5)))
    assert torch.equal(net.weight, was)
