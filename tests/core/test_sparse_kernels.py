"Sparse kernels give what dense ones give, forward and backward, and leave nothing behind."
import gc, pickle
from copy import deepcopy
from dataclasses import replace
import pytest
from helpers import *
from transformers.pytorch_utils import Conv1D
from fasterlth.core.kernel_choice import arranged, measure_kernels
from fasterlth.core.layer_kernels import layer_kernels, sparse_kernels
from fasterlth.core import sparse_kernels as kernels_room, sparse_products as products_room
from fasterlth.core.sparse_products import pattern, product
from fasterlth.core.sparse_kernels import Kernel, kernel

layers = dict(linear=(lambda: nn.Linear(12, 7), (5,12)), no_bias=(lambda: nn.Linear(12, 7, bias=False), (12,)), deep=(lambda: nn.Linear(12, 7), (2,3,4,12)), conv1d=(lambda: Conv1D(7, 12), (2,3,12)),
              conv1x1=(lambda: nn.Conv2d(4, 6, 1), (2,4,5,3)), strided=(lambda: nn.Conv2d(4, 6, 1, stride=(2,3), padding=1), (2,4,5,6)), conv3x3=(lambda: nn.Conv2d(4, 6, 3, padding=1), (3,4,6,5)),
              odd=(lambda: nn.Conv2d(4, 6, (2,3), padding=(0,2), dilation=(2,1), bias=False), (2,4,8,7)))

def made(name, density, dtype=torch.float32):
    torch.manual_seed(0)
    make,shape = layers[name]
    layer = make().to(dtype)
    mask = torch.rand_like(layer.weight, dtype=torch.float)<density
    with torch.no_grad(): layer.weight.mul_(mask)
    return layer,mask,torch.randn(shape, dtype=dtype)

@pytest.fixture(params=['numba','numba, 2 threads','torch'])
def loops(request, monkeypatch):
    "Compiled loops for any number of columns, or none."
    if request.param=='torch': monkeypatch.setattr(products_room, 'compiled', lambda threads: None)
    else:
        assert products_room.compiled(1) is not None, 'install the extra kernels'
        monkeypatch.setattr(products_room, 'few_columns', 0)
        if '2' in request.param: monkeypatch.setattr(products_room, 'compiled', lambda threads, f=products_room.compiled: f(2))

def test_little_work_takes_one_thread(monkeypatch):
    "Sharing it among several takes longer than the work itself."
    asked = []
    monkeypatch.setattr(products_room, 'compiled', lambda threads, f=products_room.compiled: asked.append(threads) or f(threads))
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        for n in (64,8192):
            layer = nn.Linear(40, 50)
            mask = torch.rand(50, 40)<.1
            with torch.no_grad(): layer.weight.mul_(mask)
            k,x = kernel(layer, mask),torch.randn(n, 40)
            close(k(x), layer(x), 1e-5)
            k(x).sum().backward()
    finally: torch.set_num_threads(before)
    half = len(asked)//2
    assert set(asked[:half])=={1} and set(asked[half:])=={2} and half

def close(a, b, eps=1e-12): assert a.shape==b.shape and a.dtype==b.dtype and torch.allclose(a, b, rtol=eps, atol=eps), (a-b).abs().max()

@pytest.mark.parametrize('density', [0, .1, .5, 1])
@pytest.mark.parametrize('name', layers)
def test_equal_to_dense(name, density, loops):
    layer,mask,x = made(name, density, torch.float64)
    k = kernel(layer, mask)
    with torch.no_grad(): close(k(x), layer(x))
    if not k.trains: return
    x.requires_grad_()
    grad = torch.randn_like(layer(x))
    ps = [x,*layer.parameters()]
    sparse,dense = [torch.autograd.grad((f(x)*grad).sum(), ps) for f in (k,layer)]
    for p,a,b in zip(ps, sparse, dense): close(a, b*mask if p is layer.weight else b)
    assert not sparse[1][~mask].count_nonzero()

def test_gradcheck(loops):
    torch.manual_seed(0)
    mask,w,x = torch.rand(7, 12)<.4,torch.randn(7, 12, dtype=torch.float64, requires_grad=True),torch.randn(2, 3, 12, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x,w: product(x, w*mask, pattern(mask)), (x,w))

def test_inputs_of_any_layout(loops):
    layer,mask,x = made('linear', .3, torch.float64)
    k = kernel(layer, mask)
    for o in (x.t().contiguous().t(), torch.randn(24, 5, dtype=torch.float64)[::2].t(), x[:0], x[:1].expand(3, 12)): close(k(o).detach(), layer(o).detach())
    layer,mask,x = made('conv1x1', .3, torch.float64)
    for o in (x.contiguous(memory_format=torch.channels_last), x[:, :, ::2]): close(kernel(layer, mask)(o).detach(), layer(o).detach())

def test_the_same_weights_are_used_after_a_step():
    layer,mask,x = made('linear', .3)
    k = kernel(layer, mask)
    with torch.no_grad():
        layer.weight.add_(1).mul_(mask)
        close(k(x), layer(x), 1e-5)

def test_autocast(loops):
    layer,mask,x = made('linear', .5)
    k = kernel(layer, mask)
    with torch.autocast('cpu', torch.bfloat16): sparse,dense = k(x),layer(x)
    close(sparse, dense, 2e-2)
    sparse.float().sum().backward()
    assert layer.weight.grad.dtype==torch.float32

@pytest.mark.parametrize('name', ['linear','conv1x1','conv3x3'])
@pytest.mark.parametrize('weights,inputs', [(torch.float32,torch.float64), (torch.float64,torch.float32), (torch.float32,torch.bfloat16),
                                            (torch.float32,torch.int64), (torch.float64,torch.bfloat16)])
@pytest.mark.parametrize('autocast', [False,True])
def test_types_that_dense_kernels_refuse(name, weights, inputs, autocast):
    "They are refused, neither cast nor rounded. Under autocast both cast what it casts."
    layer,mask,x = made(name, .5, weights)
    k,x = kernel(layer, mask),x.mul(4).to(inputs)
    def kind(f):
        try: return f(x).dtype
        except RuntimeError: return RuntimeError
    with torch.autocast('cpu', torch.bfloat16, enabled=autocast):
        expected = kind(layer)
        assert kind(k)==kind(k.held())==expected
    assert (expected is RuntimeError)==(not autocast or torch.float64 in (weights,inputs) or inputs==torch.int64)

def test_calls_that_only_layers_know():
    "A kernel takes one input. Other calls are the layer's own, names of its argument included."
    for name,word in dict(linear='input', conv1d='x', conv1x1='input').items():
        layer,mask,x = made(name, .5)
        k = kernel(layer, mask)
        close(k(**{word: x}), layer(x), 1e-5)
        for args,named in (((),{}), ((x,x),{}), ((),dict(wrong=x))):
            with pytest.raises(TypeError, match='forward'): k(*args, **named)

@pytest.mark.filterwarnings('ignore:.torch.jit.script. is deprecated:FutureWarning')    # torch's own, as it loads its formulas
def test_derivatives_forward():
    layer,mask,x = made('linear', .5, torch.float64)
    ad,t = torch.autograd.forward_ad,torch.randn(5, 12, dtype=torch.float64)
    def tangent(f):
        with ad.dual_level(): return ad.unpack_dual(f(ad.make_dual(x, t))).tangent
    close(tangent(kernel(layer, mask)), tangent(layer))

def test_what_has_none_says_why():
    net,mask = nn.Conv2d(4, 4, 3, groups=2),torch.ones(4, 2, 3, 3).bool()
    assert kernel(net, mask)=='a convolution in groups'
    assert kernel(nn.Linear(3, 2).bfloat16(), torch.ones(2, 3).bool())=='its weights are bfloat16'
    assert kernel(nn.LSTM(3, 2), torch.ones(8, 3).bool())=='LSTM has no sparse kernel'
    class Mine(nn.Linear):
        def forward(self, x): return 2*super().forward(x)
    assert kernel(Mine(3, 2), torch.ones(2, 3).bool())=='Mine has no sparse kernel'
    attention = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True).eval()
    ks = layer_kernels(attention, {n: torch.ones_like(p).bool() for n,p in attention.named_parameters() if p.ndim==2})
    assert {n for n,k in ks.items() if isinstance(k, Kernel)}=={'self_attn.in_proj_weight','self_attn.out_proj','linear1','linear2'}
    adds = nn.ModuleDict(dict(attention=nn.MultiheadAttention(4, 2, add_bias_kv=True)))
    ks = layer_kernels(adds, {n: torch.ones_like(p).bool() for n,p in adds.named_parameters() if p.ndim==2})
    assert {*ks.values()}=={'it adds keys'}

def test_copies_and_files_have_dense_layers():
    "Whoever has them may give them other weights."
    net = nn.Sequential(nn.Linear(6, 6), nn.ReLU())
    masks,x = make_masks(prunable(net), 50),torch.randn(3, 6)
    apply_masks(net, masks)
    with torch.no_grad(), sparse_kernels(net, layer_kernels(net, masks)): copies = deepcopy(net),pickle.loads(pickle.dumps(net))
    for copy in copies:
        with torch.no_grad(): copy[0].weight.copy_(w := torch.randn(6, 6))
        close(copy(x), F.linear(x, w, net[0].bias).relu(), 1e-6)
        assert isinstance(kernel(copy[0], masks['0.weight']), Kernel)    # and they can be computed sparsely again

def test_reasons_are_ignored():
    net = nn.Sequential(nn.Conv2d(4, 8, 3, groups=2), nn.Flatten(), nn.Linear(72, 8))
    masks,x = make_masks(prunable(net), 70),torch.randn(3, 4, 5, 5)
    apply_masks(net, masks)
    kernels = layer_kernels(net, masks)
    assert kernels['0']=='a convolution in groups'
    with torch.no_grad():
        with sparse_kernels(net, kernels): y = net(x)
        close(y, net(x), 1e-5)

def test_subclasses_that_change_how_a_convolution_computes_stay_dense():
    class Scaled(nn.Conv2d):
        def _conv_forward(self, x, weight, bias): return super()._conv_forward(x, 2*weight, bias)
    assert kernel(Scaled(4, 6, 1), torch.ones(6, 4, 1, 1).bool())=='Scaled has no sparse kernel'

@pytest.mark.parametrize('name', ['conv1x1','strided','conv3x3','odd'])
def test_an_image_by_itself(name, loops):
    layer,mask,x = made(name, .3, torch.float64)
    with torch.no_grad(): close(kernel(layer, mask)(x[0]), layer(x[0]))

def test_networks_that_take_views():
    "Columns can't be viewed as one row for each item."
    class Net(nn.Module):
        def __init__(self): super().__init__(); self.a,self.b = nn.Linear(6, 6),nn.Linear(6, 6)
        def forward(self, x):
            y = self.a(x)
            return self.b(y).view(len(x), -1)+y.view(len(x), -1)
    net,x = Net(),torch.randn(3, 4, 6)
    masks = make_masks(prunable(net), 50)
    apply_masks(net, masks)
    with torch.no_grad(), sparse_kernels(net, arranged(net, x, layer_kernels(net, masks))): y = net(x)
    close(y, net(x).detach(), 1e-6)

def test_second_derivatives_are_refused():
    layer,mask,x = made('linear', .5)
    with pytest.raises(RuntimeError, match='no second derivative'): torch.autograd.grad(kernel(layer, mask)(x.requires_grad_()).sum(), x, create_graph=True)

def test_tied_weights_and_exceptions():
    net = nn.Sequential(nn.Linear(6, 6), nn.ReLU(), nn.Linear(6, 6))
    net[2].weight = net[0].weight
    masks,x = make_masks(prunable(net), 50),torch.randn(3, 6)
    apply_masks(net, masks)
    ks = layer_kernels(net, masks)
    assert list(ks)==['0','2']
    with torch.no_grad():
        want = net(x)
        with sparse_kernels(net, ks): close(net(x), want, 1e-5)
    with pytest.raises(ZeroDivisionError), sparse_kernels(net, ks): 1/0
    with pytest.raises(KeyboardInterrupt), sparse_kernels(net, ks): raise KeyboardInterrupt()
    assert not any('forward' in vars(m) for m in net.modules()) and deepcopy(net)(x).equal(net(x))

@pytest.mark.parametrize('training', [False,True])
def test_measuring_changes_nothing(training):
    net = nn.Sequential(nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.Dropout(.5), nn.Flatten(), nn.Linear(8*6*6, 300), nn.Linear(300, 4))
    masks,x = make_masks(prunable(net), 90),torch.randn(8, 1, 8, 8)
    apply_masks(net, masks)
    net(x).sum().backward()    # gradients that are accumulated
    grads = [p.grad.clone() for p in net.parameters()]
    before,state,modes = weights(net),torch.get_rng_state(),[m.training for m in net.modules()]
    chosen,table = measure_kernels(net, masks, x, training)
    assert same(before, weights(net)) and torch.equal(state, torch.get_rng_state()) and modes==[m.training for m in net.modules()]
    assert all(torch.equal(p.grad, g) for p,g in zip(net.parameters(), grads)) and not any('forward' in vars(m) or m._forward_pre_hooks for m in net.modules())
    assert list(table.index)==['0','4','5'] and set(chosen)==set(table.index[table.kernel=='sparse'])
    assert (table.why['0']=='no gradients')==training

def test_weights_that_no_layer_multiplies_by_itself_are_named():
    "Those of recurrent layers, and the packed ones of attention that can't be taken apart."
    model = nn.ModuleDict(dict(rnn=nn.LSTM(4, 3), attention=nn.MultiheadAttention(4, 2, kdim=2)))
    masks = {n: torch.rand_like(p)<.5 for n,p in model.named_parameters() if p.ndim==2}
    reasons = layer_kernels(model, masks)
    packed = {f'attention.{k}_proj_weight' for k in 'qkv'}
    assert {n for n,r in reasons.items() if r=='its layer has no sparse kernel'}=={'rnn.weight_ih_l0','rnn.weight_hh_l0',*packed}
    assert reasons['attention.out_proj']=='its queries, keys and values differ in size'

class Mixing(nn.Module):
    "Layers over tokens and over features, as an MLP-Mixer has them, then one that reads rows."
    def __init__(self):
        super().__init__()
        self.tokens = nn.Sequential(nn.Linear(6, 9), nn.GELU(), nn.Linear(9, 6))
        self.features = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 8))
        self.norm,self.head = nn.LayerNorm(8),nn.Linear(8, 5)
    def forward(self, x):
        x = x+self.tokens(x.transpose(1, 2)).transpose(1, 2)
        return self.head(self.norm(x+self.features(x))).mean(1)

@pytest.mark.parametrize('n', [3,40])    # torch has one product for few columns, and one for many
@pytest.mark.parametrize('bias', [True,False])
def test_networks_are_equal_in_any_order_of_memory(n, bias):
    torch.manual_seed(0)
    net = Mixing().double()
    if not bias:
        for m in net.modules():
            if isinstance(m, nn.Linear): m.bias = None
    masks = make_masks(prunable(net), 60)
    apply_masks(net, masks)
    x = torch.randn(n, 6, 8, dtype=torch.float64, requires_grad=True)
    found = arranged(net, x, layer_kernels(net, masks))
    assert {k for k,o in found.items() if o.columns}=={'tokens.0','features.0'}
    grad,ps = torch.randn(n, 5, dtype=torch.float64),[x,*net.parameters()]
    def results():
        y = net(x)
        return y.detach(),*torch.autograd.grad((y*grad).sum(), ps)
    dense = results()
    for kernels in (found, {k: replace(o, columns=True) for k,o in found.items()}, {k: o for k,o in found.items() if '0' in k}):
        with sparse_kernels(net, kernels): sparse = results()
        close(sparse[0], dense[0])
        for (k,p),a,b in zip([('x',x),*net.named_parameters()], sparse[1:], dense[1:]):
            layer = k.rpartition('.')[0]
            close(a, b*masks[k] if layer in kernels and k in masks else b)

def test_infinities_and_nan_come_through(loops):
    layer,mask,x = made('linear', .5)
    k = kernel(layer, mask)
    for bad in (float('inf'),float('nan')):
        x[2,3] = bad
        a,b = k(x).detach(),layer(x).detach()
        assert torch.isfinite(a[[0,1,3,4]]).all() and not torch.isfinite(a[2][mask[:,3]]).any() and not torch.isfinite(b[2]).all()

def test_without_numba_and_mkl(monkeypatch):
    layer,mask,x = made('linear', .5)
    monkeypatch.setattr(torch.backends.mkl, 'is_available', lambda: False)
    assert isinstance(kernel(layer, mask), Kernel)
    monkeypatch.setattr(kernels_room, 'compiled', lambda threads: None)
    assert kernel(layer, mask)=='it needs numba, or a torch with MKL'

def test_loops_without_a_folder_to_keep_them_in(monkeypatch):
    "As in containers that can't be written to."
    import numba
    from fasterlth.core.compiled import compiled
    real,refused = numba.njit,[]
    def njit(*args, cache=False, **kwargs):
        if cache:
            refused.append(args)
            raise RuntimeError('cannot cache function: no locator available')
        return real(*args, **kwargs)
    monkeypatch.setattr(numba, 'njit', njit)
    x = torch.randn(40, 3)
    out = torch.empty(3, 40)
    compiled.__wrapped__(1)[2](x.numpy(), out.numpy())
    assert torch.equal(out, x.t()) and len(refused)==3

@pytest.mark.parametrize('name', ['linear','conv1x1','conv3x3'])
def test_inputs_of_another_size_are_refused(name, loops):
    layer,mask,x = made(name, .5)
    k,shape = kernel(layer, mask),list(x.shape)
    shape[1] += 1
    with torch.no_grad(), pytest.raises(RuntimeError, match='inputs .* was given'): k(torch.zeros(shape))
    assert torch.allclose(k(input=x), layer(x), atol=1e-5)

@pytest.mark.filterwarnings('ignore:.*torch.jit.script:FutureWarning')
def test_what_is_scripted_or_called_otherwise_stays_dense():
    class Called(nn.Linear): forward = property(lambda self: super().forward)
    net = nn.Sequential(torch.jit.script(nn.Linear(4, 5)), Called(5, 6), nn.Linear(6, 2))
    found = layer_kernels(net, {n: torch.rand_like(p)>.5 for n,p in net.named_parameters() if 'weight' in n})
    assert isinstance(found['2'], Kernel) and found['0.weight']=='its layer has no sparse kernel' and found['1']=='Called has no sparse kernel'

@pytest.mark.parametrize('k,s,p', [(1,1,0), (1,2,1)])
@pytest.mark.parametrize('layer_last,image_last', [(False,False), (True,False), (False,True), (True,True)])
def test_images_are_laid_out_as_by_dense_kernels(k, s, p, layer_last, image_last):
    "Dropout draws in the order of memory, and a view needs one."
    last = torch.channels_last
    layer,x = nn.Conv2d(6, 8, k, s, p),torch.randn(2, 6, 5, 4)
    if layer_last: layer = layer.to(memory_format=last)
    if image_last: x = x.to(memory_format=last)
    mask = torch.rand(layer.weight.shape)<.4
    apply_masks(layer, {'weight': mask})
    want,got = layer(x),kernel(layer, mask)(x)
    assert got.stride()==want.stride() and torch.allclose(got, want, atol=1e-6)

# What a fuzzer found

@pytest.mark.parametrize('columns', [8,64,300])
def test_a_bias_of_one_number(loops, columns):
    "It is added to each output, as dense kernels do; loops would read beyond it."
    from fasterlth.core.sparse_products import Matrix, multiply
    layer,mask,_ = made('linear', .3)
    x,p = torch.randn(12, columns),pattern(mask)
    matrix = Matrix(p.rows, layer.weight.detach().reshape(-1)[p.index], p.shape)
    y = multiply(matrix, x, torch.tensor([.5]))
    torch.testing.assert_close(y, (layer.weight@x+.5).detach())
    layer.bias = nn.Parameter(torch.tensor([.5]))
    assert kernel(layer, mask)=='its bias has the shape (1,)'

def test_a_hook_of_a_weight_sees_the_whole_gradient():
    net = nn.Sequential(nn.Linear(12, 7), nn.Linear(7, 3))
    masks,x = make_masks(net, 60),torch.randn(40, 12)
    apply_masks(net, masks)
    def grads(kernels):
        net.zero_grad()
        with masks_on(net, masks, kernels): net(x).square().mean().backward()
        return {n: p.grad.clone() for n,p in net.named_parameters()}
    net[0].weight.register_hook(lambda g: g/g.norm())
    a,b = grads('dense'),grads('sparse')
    for n in a: torch.testing.assert_close(a[n], b[n])
    assert 'has a hook' in kernel(net[0], masks['0.weight']) and isinstance(kernel(net[1], masks['1.weight']), Kernel)

def test_a_kernel_without_gradients_gives_them_all_the_same():
    "Where they are wanted, the layer is computed densely."
    net = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Conv2d(8, 8, 3))
    masks,x = make_masks(net, 80),torch.randn(4, 1, 9, 9)
    apply_masks(net, masks)
    net(x).square().mean().backward()
    want = {n: p.grad.clone() for n,p in net.named_parameters()}
    net.zero_grad()
    with sparse_kernels(net, layer_kernels(net, masks)):
        with torch.no_grad(): out = net(x)
        net(x).square().mean().backward()
    torch.testing.assert_close(out, net(x).detach())
    for n,p in net.named_parameters(): torch.testing.assert_close(p.grad, want[n])

def test_a_projections_hooks_run_as_in_torch():
    "Which calls no hook of an attention's last projection."
    set_seed(0)
    attention,x = nn.MultiheadAttention(16, 2, batch_first=True),torch.randn(4, 6, 16)
    masks = make_masks(attention, 70)
    apply_masks(attention, masks)
    attention.out_proj.register_forward_hook(lambda m, i, o: 2*o)
    want = attention(x, x, x)[0]
    with sparse_kernels(attention, layer_kernels(attention, masks)): torch.testing.assert_close(attention(x, x, x)[0], want)

@pytest.mark.parametrize('kernels', ['sparse','auto'])
def test_nothing_of_a_trial_stays_in_memory(kernels):
    def alive(): return sum(issubclass(type(o), torch.Tensor) for o in gc.get_objects())
    def train():
        net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 4))
        masks = make_masks(net, 80)
        with masks_on(net, masks, kernels):
            for _ in range(2):
                net(torch.randn(40, 64)).sum().backward()
                masks['0.weight'][:] = masks['0.weight'].flip(0)
    counts = []
    for _ in range(6):
        train()
        gc.collect()
        counts.append(alive())
    assert counts[-1]<=counts[2], counts
