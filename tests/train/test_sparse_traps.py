"Networks and callbacks that do what sparse kernels could miss: the same as with dense kernels, or a clear error."
import random
import pytest
from helpers import *
from fasterlth.core.sparse_fit import SparseFit
from fasterlth.core.sparse_layers import SparseLayer, parts_of, to_sparse
from fasterlth.ship.measure import compare_models
from fasterlth.train.training import Training
from fasterlth.train.learner import one_batch

class Net(nn.Module):
    "Two linear layers on digits; subclasses say what happens between and around them."
    def __init__(self):
        super().__init__()
        self.a,self.b,self.head = nn.Linear(64, 64),nn.Linear(64, 64),nn.Linear(64, 10)
    def forward(self, x): return self.head(self.b(self.a(x.flatten(1)).relu()).relu())

def of_layers(masks): return {n: m for n,m in masks.items() if n in ('net.a.weight','net.b.weight','a.weight','b.weight')}

class InDouble(nn.Module):
    "In float64 rounding is nothing."
    def __init__(self, net): super().__init__(); self.net = net.double()
    def forward(self, x): return self.net(x.double())

def fitted(cls, kernels, n_epoch=2, cbs=(), **kwargs):
    "Return a learner after a fit."
    set_seed(0)
    learn = make_learner(model=InDouble(cls()), **kwargs)
    masks = of_layers(make_masks(prunable(learn.model), 80))
    quiet(learn, n_epoch, cbs=[MaskCallback(masks, kernels), *[f() for f in cbs]])
    assert not any('forward' in vars(m) for m in learn.model.modules() if not isinstance(m, torch.jit.ScriptModule))
    return learn

def difference(cls, kernels='sparse', **kwargs):
    "Return how far weights trained with dense and with other kernels are apart."
    a,b = [weights(fitted(cls, k, **kwargs).model) for k in ('dense',kernels)]
    return max((a[n]-b[n]).abs().max() for n in a)

class Beside(Net):
    def forward(self, x):
        h = self.a(x.flatten(1))
        return self.head(self.b(h.relu())+F.dropout(h, .5, self.training))
class Twice(Net):
    def forward(self, x): return self.head(F.dropout(self.b(self.b(self.a(x.flatten(1)))), .5, self.training))
class InPlace(Net):
    def forward(self, x): return super().forward(x.sub_(.5).div_(.25))
class Lent(Net):
    "A layer is called with noisy weights, too."
    def forward(self, x):
        noisy = torch.func.functional_call(self.a, dict(weight=self.a.weight*1.5, bias=self.a.bias), (x.flatten(1),))
        return super().forward(x)+self.head(noisy)
class Swapped(Net):
    "Weights stand elsewhere for the time of a forward pass."
    def forward(self, x):
        w = self.a.weight.data
        self.a.weight.data = w*.5
        y = super().forward(x)
        self.a.weight.data = w
        return y
class Derived(Net):
    "The output has a part that is a derivative by the input."
    def forward(self, x):
        with torch.enable_grad():
            x = x.detach().requires_grad_()
            g, = torch.autograd.grad(self.a(x.flatten(1)).relu().sum(), x)
        return super().forward(x.detach())+self.head(g.detach().flatten(1))
class InPlace(Net):
    def forward(self, x): return self.head(self.b(self.a(x.flatten(1)).relu_()).mul_(2).relu_())
class Scripted(Net):
    def __init__(self): super().__init__(); self.head = torch.jit.script(self.head)

@pytest.mark.filterwarnings('ignore:.*torch.jit.script:FutureWarning')
@pytest.mark.filterwarnings('ignore:left dense')
@pytest.mark.parametrize('kernels', ['sparse','auto'])
@pytest.mark.parametrize('cls', [Net,Beside,Twice,Lent,Swapped,Derived,InPlace,Scripted])
def test_as_with_dense_kernels(cls, kernels, faster): assert difference(cls, kernels)<1e-9

def test_inputs_of_a_batch_are_not_written_to():
    def fit(kernels):
        set_seed(0)
        learn = make_learner(model=InPlace())
        quiet(learn, 2, cbs=MaskCallback(of_layers(make_masks(prunable(learn.model), 80)), kernels))
        return weights(learn.model)
    want = fit('dense')
    for kernels in ('sparse','auto'):
        found = fit(kernels)
        assert all(torch.allclose(want[n], found[n], atol=1e-3) for n in want)

@pytest.mark.parametrize('event', ['after_backward','before_step'])
def test_a_callback_of_the_user_clips_as_with_dense_kernels(event):
    "Gradients of pruned weights are gone before anybody takes their norm."
    norms = []
    class Clip(Callback): pass
    def clips(self): norms.append(float(nn.utils.clip_grad_norm_(self.model.parameters(), .1)))
    setattr(Clip, event, clips)
    assert difference(Net, cbs=[Clip])<1e-9
    n = len(norms)//2
    assert n and np.allclose(norms[:n], norms[n:])

def centre(p, **kwargs): p.grad.data.sub_(p.grad.data.mean())
def test_a_stepper_of_the_user_sees_what_is_left():
    def opt_func(params, lr, **kwargs): return Optimizer(params, [centre,sgd_step], lr=lr)
    assert difference(Net, opt_func=opt_func)<1e-9

class Stricter(Callback):
    "Other masks from the second epoch on."
    def after_epoch(self):
        cb = next(cb for cb in self.learn.cbs if isinstance(cb, MaskCallback))
        if self.epoch==0: cb.masks = self.other(cb.masks)
class Fewer(Stricter):
    def other(self, masks): return {n: m&(torch.arange(m.numel()).view(m.shape)%2==0) for n,m in masks.items()}
class More(Stricter):
    def other(self, masks): return {n: m|(torch.arange(m.numel()).view(m.shape)%9==0) for n,m in masks.items()}
class Same(Stricter):
    "The same tensors, written to."
    def other(self, masks):
        for n,m in masks.items(): m[:, ::2] = False
        return masks
@pytest.mark.parametrize('cb', [Fewer,More,Same])
def test_masks_that_change_between_epochs(cb):
    "Dense kernels average gradients of pruned weights, too, so what grows again begins elsewhere with Adam."
    assert difference(Net, n_epoch=3, cbs=[cb], opt_func=SGD)<1e-9

class Normed(Net):
    "Keeps its weights' norm small, which begins to matter late."
    def forward(self, x):
        with torch.no_grad(): self.a.weight.mul_((2.9/self.a.weight.norm()).clamp(max=1))
        return super().forward(x)
class NormedByData(Net):
    def forward(self, x):
        self.n = getattr(self, 'n', 0)+1
        if self.n>3: self.a.weight.data.mul_(.9)
        return super().forward(x)
@pytest.mark.parametrize('cls', [Normed,NormedByData])
def test_a_network_that_writes_its_weights_is_refused(cls):
    with pytest.raises(RuntimeError, match="kernels must be 'dense' for a network whose forward pass"): fitted(cls, 'sparse')

class Features(Net):
    def forward(self, x):
        h = self.a(x.flatten(1))
        return self.b(h.relu()),h
def test_a_loss_may_take_views_of_outputs():
    def loss(ys, t): return (F.cross_entropy(ys[0].view(-1, 32)[:len(t)], t)+sum(y.view(-1).square().mean() for y in ys)).float()
    assert difference(Features, loss_func=loss, metrics=[])<1e-9

class Depth(Net):
    "Leaves out a layer by chance, Python's and NumPy's."
    def forward(self, x):
        h = self.a(x.flatten(1)).relu()
        if random.random()<.7 and np.random.rand()<.9: h = self.b(h).relu()
        return self.head(h)
@pytest.mark.parametrize('kernels', ['dense','sparse'])
def test_resumed_where_python_draws_numbers(kernels):
    def fit(moment=None, moments=None):
        set_seed(0)
        learn = make_learner(model=Depth())
        cb = MaskCallback(of_layers(make_masks(prunable(learn.model), 80)), kernels)
        Training(learn, moment, on_epoch=lambda t: moments is None or moments.append(t.moment()))(lambda l: quiet(l, 3, cbs=cb))
        return weights(learn.model)
    moments = []
    want = fit(moments=moments)
    for m in moments[:-1]: assert same(want, fit(m))

class Locked(Net):
    def __init__(self):
        import threading
        super().__init__()
        self.lock = threading.Lock()
@pytest.mark.parametrize('kernels', ['sparse','auto'])
def test_a_network_that_cant_be_copied(kernels):
    with pytest.raises(ValueError, match="InDouble must have kernels='dense', as others are tried on a copy"): fitted(Locked, kernels)

def test_nothing_can_be_sparse():
    "It is said, and trained."
    model = nn.Sequential(nn.Conv2d(1, 4, 3, stride=2), nn.ReLU(), nn.Flatten(), nn.Linear(36, 10))
    learn = make_learner(model=model)
    masks = {'0.weight': make_masks(prunable(model), 80)['0.weight']}
    with pytest.warns(UserWarning, match="kernels='sparse' has no effect.*a stride of"): quiet(learn, 1, cbs=MaskCallback(masks, 'sparse'))
    assert_masked(model, masks)

def test_a_tied_embedding_with_sparse_gradients():
    class Tied(nn.Module):
        def __init__(self):
            super().__init__()
            self.emb = nn.Embedding(17, 16, sparse=True)
            self.out = nn.Linear(16, 17, bias=False)
            self.out.weight = self.emb.weight
        def forward(self, x): return self.out(self.emb(x.flatten(1).abs().mul(5).long().clamp(max=16)).mean(1))
    a,b = [], []
    for kernels,res in (('dense',a),('sparse',b)):
        set_seed(0)
        learn = make_learner(model=Tied(), opt_func=SGD)
        masks = {'emb.weight': torch.rand(17, 16, generator=torch.Generator().manual_seed(0))<.2}
        quiet(learn, 2, cbs=MaskCallback(masks, kernels))
        res.append(weights(learn.model))
    assert all(torch.allclose(a[0][n], b[0][n], atol=1e-5) for n in a[0])

def sparse_net():
    "A network all of whose layers are sparse."
    net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10)).eval()
    masks = make_masks(prunable(net), 90)
    apply_masks(net, masks)
    return net,nn.Sequential(*[SparseLayer(m, parts_of(m, masks[f'{i}.weight'])) if i!=1 else m for i,m in enumerate(net)]).eval(),masks

def test_a_sparse_network_has_what_code_asks_for():
    net,sparse,masks = sparse_net()
    left = sum(int(m.sum()) for m in masks.values())
    assert next(sparse.parameters()).device.type=='cpu' and sparse[0].out_features==64
    assert sum(p.numel() for p in sparse.parameters())==left+74 and not any(p.requires_grad for p in sparse.parameters())
    x = torch.rand(64, 64)
    table = compare_models(dict(dense=net, sparse=sparse), x)
    assert table.loc['sparse','multiply_adds']==left and table.loc['sparse','parameters']==left+74
    learn = make_learner(model=nn.Sequential(nn.Flatten(), sparse))
    with learn.no_bar(): assert len(learn.validate())==2

@pytest.mark.parametrize('change', [lambda m: m.half(), lambda m: m.bfloat16(), lambda m: m.to('meta')])
def test_where_a_sparse_layer_cant_compute(change):
    _,sparse,_ = sparse_net()
    change(sparse)
    x = torch.rand(40, 64, dtype=next(sparse.parameters()).dtype, device=next(sparse.parameters()).device)
    with pytest.raises(RuntimeError, match="a SparseLayer computes on the CPU in float32 or float64, but this one is on"): sparse(x)

@pytest.mark.filterwarnings('ignore:.*torch.jit.script:FutureWarning')
def test_no_gradients_and_no_script():
    _,sparse,_ = sparse_net()
    with pytest.raises(RuntimeError, match="a SparseLayer has no gradients"): sparse(torch.rand(40, 64, requires_grad=True))
    with pytest.raises(RuntimeError, match="torch.jit.script can't compile"): torch.jit.script(sparse)

def test_inputs_are_not_written_to():
    torch.manual_seed(0)
    net,x = InPlace().eval(),torch.rand(64, 64)
    was,masks = x.clone(),make_masks(prunable(net), 90)
    apply_masks(net, masks)
    sparse,_ = to_sparse(net, masks, x)
    table = compare_models(dict(dense=net, sparse=sparse), x)
    assert torch.equal(x, was) and table.difference['sparse']<1e-4

class Skips(Net):
    "A layer that is called for the first time later, and takes a view then."
    def forward(self, x):
        self.n = getattr(self, 'n', 0)+self.training
        h = self.a(x.flatten(1)).relu()
        if self.n>2: h = self.b(h).view(-1, 32).view(-1, 64)
        return self.head(h)
def test_a_layer_that_is_called_later(): assert difference(Skips)<1e-9

class Saves(Callback):
    "Pickles the learner in mid-fit. It handles `after_backward`, so gradients have hooks."
    def after_backward(self): pass
    def after_epoch(self): torch.save(self.learn, self.path/'learner')
def test_a_learner_is_pickled_in_mid_fit(tmp_path):
    learn = fitted(Net, 'sparse', cbs=[Saves], path=tmp_path)
    assert not any(p._post_accumulate_grad_hooks for p in learn.model.parameters())
    copy = torch.load(tmp_path/'learner', weights_only=False)
    cb = next(cb for cb in copy.cbs if isinstance(cb, MaskCallback))
    vars(cb).pop('_hooks', None)    # as in files of earlier versions
    quiet(copy, 1)
    assert_masked(copy.model, cb.masks)

def test_an_embedding_with_sparse_gradients_under_a_callback_of_the_user():
    class Looks(Callback):
        def before_step(self): self.learn.seen = self.model[0].weight.grad.norm()
    set_seed(0)
    learn = make_learner(model=nn.Sequential(nn.Embedding(17, 16, sparse=True), nn.Flatten(), nn.LazyLinear(10)), opt_func=SGD)
    net,prepare = learn.model,lambda x: x.flatten(1).abs().mul(5).long().clamp(max=16)
    net.register_forward_pre_hook(lambda m, args: (prepare(args[0]),))
    net(one_batch(learn)[0])
    masks = {'0.weight': torch.rand(17, 16)<.2}
    quiet(learn, 1, cbs=[MaskCallback(masks), Looks()])
    assert_masked(net, masks)
    assert learn.seen>0

def test_a_sparse_network_that_is_unfrozen():
    _,sparse,_ = sparse_net()
    sparse.requires_grad_(True)
    with pytest.raises(RuntimeError, match="a SparseLayer has no gradients"): sparse(torch.rand(40, 64))
    with torch.no_grad(): sparse(torch.rand(40, 64))

def test_values_that_dont_fit_are_refused():
    "MKL would read anywhere."
    _,sparse,_ = sparse_net()
    sparse(torch.rand(40, 64))
    other = nn.Linear(64, 64)
    wrong = {f'0.{k}': v for k,v in SparseLayer(other, parts_of(other, torch.ones(64, 64, dtype=torch.bool))).state_dict().items()}
    with pytest.raises(RuntimeError, match='size mismatch'): sparse.load_state_dict(wrong, strict=False)
    with pytest.raises(RuntimeError): sparse(torch.rand(40, 64))

class Attends(Net):
    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(64, 4, batch_first=True)
    def forward(self, x):
        h = self.a(x.flatten(1)).relu()[:, None]
        return self.head(self.b(self.attention(h, h, h)[0][:, 0]).relu())

@pytest.mark.filterwarnings('ignore:.*torch.jit.trace')
@pytest.mark.parametrize('cls', [Net,Attends])
def test_a_network_is_traced_in_mid_fit(cls):
    "As a logger of graphs does. The trace has the network's own parameters, and any batch fits."
    seen = []
    class Trace(Callback):
        def after_batch(self):
            if self.iter!=2 or not self.training: return
            assert any('forward' in vars(m) for m in self.learn.model.modules())
            traced = torch.jit.trace(self.learn.model, self.xb)
            for x in (self.xb[0],self.xb[0][:5]): torch.testing.assert_close(traced(x), self.learn.model(x))
            seen.append(torch.equal(traced.a.weight, self.learn.model.a.weight))
    set_seed(0)
    learn = make_learner(model=cls())
    quiet(learn, 1, cbs=[MaskCallback(make_masks(prunable(learn.model), 80), 'sparse'), Trace()])
    assert seen==[True]

# Fits that end while something is put into place

@pytest.mark.parametrize('opt_func', [partial(SGD, mom=.9), Adam])
@pytest.mark.parametrize('call', range(1, 13))
def test_a_fit_that_ends_while_vectors_begin_or_end(call, opt_func, monkeypatch):
    "Wherever that is: the next fit steps all parameters, and has their moments."
    from fasterlth.train import vectors
    learn = make_learner(model=Net(), n=128, opt_func=opt_func, cbs=MaskCallback(of_layers(make_masks(prunable(Net()), 80)), 'sparse'))
    quiet(learn, 1)
    count = [0]
    def ending(name):
        was = getattr(vectors._Vector, name)
        def f(*args):
            count[0] += 1
            if count[0]==call: raise KeyboardInterrupt
            return was(*args)
        monkeypatch.setattr(vectors._Vector, name, f)
    with monkeypatch.context():
        for name in ('gathered','scattered'): ending(name)
        try: quiet(learn, 1)
        except KeyboardInterrupt: pass
    monkeypatch.undo()
    params,masks = list(learn.model.parameters()),learn.mask.masks
    quiet(learn, 0)
    assert not any('forward' in vars(m) for m in learn.model.modules()) and not any(p._post_accumulate_grad_hooks for p in params)
    assert all(a is b for a,b in zip(learn.opt.all_params().itemgot(0), params)) and {*learn.opt.state}<={*params}
    assert all(t.shape==p.shape for p in params for t in learn.opt.state[p].values() if isinstance(t, torch.Tensor) and t.ndim)
    before = weights(learn.model)
    quiet(learn, 1)
    assert all((before[n]!=p)[masks.get(n, torch.ones_like(p, dtype=torch.bool))].any() for n,p in learn.model.named_parameters())

@pytest.mark.parametrize('every', [1,3,7])
def test_writes_through_data_are_noticed(every):
    class Norms(Net):
        calls = 0
        def forward(self, x):
            if self.training:
                self.calls += 1
                if self.calls%every==0: self.a.weight.data.clamp_(-.05, .05)
            return super().forward(x)
    learn = make_learner(model=Norms(), n=320)
    with pytest.raises(RuntimeError, match="kernels must be 'dense' for a network whose forward pass"):
        quiet(learn, 3, cbs=MaskCallback(of_layers(make_masks(prunable(learn.model), 80)), 'sparse'))

class Moved:
    "A batch as an object, which a network may write to."
    def __init__(self, x): self.x = x

class OfObjects(Net):
    def forward(self, batch):
        batch.x = batch.x*.5+1
        return super().forward(batch.x)

def test_a_trial_leaves_objects_of_a_batch_alone():
    class Wrap(Callback):
        def before_batch(self): self.learn.xb = (Moved(self.xb[0]),)
        order = -50
    got = []
    for kernels in ('dense','sparse'):
        set_seed(0)
        learn = make_learner(model=OfObjects(), cbs=Wrap())
        quiet(learn, 2, cbs=MaskCallback(of_layers(make_masks(prunable(learn.model), 80)), kernels))
        got.append(weights(learn.model))
    assert max((got[0][n]-got[1][n]).abs().max() for n in got[0])<1e-5
