"Weights on a path: against all paths one by one, and against networks in which each weight is changed."
import itertools, math, warnings
import pytest, torch, torch.nn.functional as F
from hypothesis import given, settings, strategies as st
from torch import nn
from fasterlth.all import *

warnings.filterwarnings('ignore', 'no path leads')

def random_masks(net, density, seed):
    g = torch.Generator().manual_seed(seed)
    return {n: torch.rand(o.weight.shape, generator=g)<density for n,o in Pruner().layers(net).items()}

def by_all_paths(masks):
    "Walk every path of a chain of linear layers, unit by unit."
    ms,res = list(masks.values()),{n: torch.zeros_like(m) for n,m in masks.items()}
    widths = [ms[0].shape[1],*(len(m) for m in ms)]
    for path in itertools.product(*map(range, widths)):
        if all(m[path[l+1],path[l]] for l,m in enumerate(ms)):
            for l,r in enumerate(res.values()): r[path[l+1],path[l]] = True
    return res

def by_change(net, masks, x, seed=0, size=None):
    """Change each weight that is kept by itself, and look whether any output changes.

    Weights are random and biases zero, so that nothing begins at a constant, and no two paths cancel each other out."""
    net,g = net.double().eval(),torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for n,p in net.named_parameters():
            if p.ndim>1: p.copy_(torch.randn(p.shape, generator=g).double()*.7)
            elif 'bias' in n: p.zero_()
        apply_masks(net, masks)
        def outs():
            o = net(*x)
            return (o[0] if isinstance(o, tuple) else o).clone()
        before,res = outs(),{n: torch.zeros_like(m) for n,m in masks.items()}
        for n,m in masks.items():
            p = dict(net.named_parameters())[n]
            for i in m.nonzero().tolist():
                i,old = tuple(i),p[tuple(i)].clone()
                for new in (old+.37,) if size is None else (size,-size):
                    p[i] = new
                    if not torch.equal(outs(), before): res[n][i] = True
                p[i] = old
    return res

def agree(a, b):
    for n in a: assert torch.equal(a[n], b[n]), f'{n}: {a[n].int().tolist()} or {b[n].int().tolist()}'

@settings(max_examples=60, deadline=None)
@given(widths=st.lists(st.integers(1, 4), min_size=2, max_size=5), density=st.floats(.05, 1), seed=st.integers(0, 10**6))
def test_all_paths_of_linear_layers(widths, density, seed):
    net = nn.Sequential(*[o for a,b in zip(widths, widths[1:]) for o in (nn.Linear(a, b),nn.ReLU())])
    masks = random_masks(net, density, seed)
    agree(path_masks(net, masks, torch.zeros(2, widths[0])), by_all_paths(masks))

class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.a,self.b,self.c,self.d = nn.Conv2d(2, 3, 3, padding=1),nn.Conv2d(3, 3, 3, padding=1),nn.Conv2d(6, 4, 2),nn.Linear(4, 2)
        self.bn = nn.BatchNorm2d(3)
    def forward(self, x):
        x = torch.tanh(self.a(x))
        y = torch.tanh(self.bn(self.b(x)))
        x = x+y
        return self.d(torch.tanh(self.c(torch.cat([x, y], 1))).mean((2,3)))

class Excited(nn.Module):
    "A gate behind a sigmoid, and a gated linear unit."
    def __init__(self):
        super().__init__()
        self.a,self.s,self.b,self.c = nn.Linear(3, 4),nn.Linear(4, 4),nn.Linear(4, 6),nn.Linear(3, 2)
    def forward(self, x):
        x = torch.tanh(self.a(x))
        return self.c(F.glu(self.b(x*torch.sigmoid(self.s(x)))))

class Attention(nn.Module):
    def __init__(self, torchs):
        super().__init__()
        self.torchs,self.out = torchs,nn.Linear(4, 2)
        if torchs: self.mha = nn.MultiheadAttention(4, 2, batch_first=True)
        else: self.qkv,self.proj = nn.Linear(4, 12),nn.Linear(4, 4)
    def forward(self, x):
        if self.torchs: return self.out(self.mha(x, x, x)[0])
        q,k,v = (o.unflatten(-1, (2,2)).transpose(1, 2) for o in self.qkv(x).chunk(3, -1))
        return self.out(self.proj(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)))

class ByHand(Attention):
    def __init__(self): super().__init__(False)
    def forward(self, x):
        q,k,v = (o.unflatten(-1, (2,2)).transpose(1, 2) for o in self.qkv(x).chunk(3, -1))
        att = ((q@k.transpose(-2, -1))*.7).softmax(-1)
        return self.out(self.proj((att@v).transpose(1, 2).flatten(2)))

class Scaled(nn.Module):
    "Parameters that aren't prunable: a scale, a position, a token, a projection."
    def __init__(self):
        super().__init__()
        self.a,self.b = nn.Linear(3, 3),nn.Linear(3, 2)
        self.gamma,self.pos,self.proj = nn.Parameter(torch.ones(3)),nn.Parameter(torch.randn(1, 4, 3)),nn.Parameter(torch.randn(3, 3))
    def forward(self, x): return self.b(torch.tanh(self.a(x)*self.gamma.view(1, 1, 3))@self.proj)

def flat(*layers): return nn.Sequential(*layers)

networks = dict(
    convs=(lambda: flat(nn.Conv2d(1, 3, 3), nn.Tanh(), nn.Conv2d(3, 4, 2), nn.Tanh(), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(4, 2)), (1,5,5)),
    grouped=(lambda: flat(nn.Conv2d(4, 4, 3, groups=2), nn.Tanh(), nn.Conv2d(4, 4, 2, groups=4, stride=2), nn.Flatten(), nn.Linear(4, 2)), (4,5,5)),
    transposed=(lambda: flat(nn.ConvTranspose2d(2, 3, 2, stride=2), nn.Tanh(), nn.Conv2d(3, 2, 3), nn.Flatten(), nn.Linear(8, 2)), (2,2,2)),
    residual=(Residual, (2,3,3)), excited=(Excited, (3,)), scaled=(Scaled, (4,3)),
    torchs_attention=(lambda: Attention(True), (3,4)), attention=(lambda: Attention(False), (3,4)), by_hand=(ByHand, (3,4)),
    rnn=(lambda: nn.RNN(3, 4, 2, batch_first=True), (3,3)))

@pytest.mark.filterwarnings('ignore:left dense')
@pytest.mark.parametrize('name', networks)
@pytest.mark.parametrize('density', [.25,.5,.8])
def test_networks_in_which_each_weight_is_changed(name, density):
    make,shape = networks[name]
    for seed in range(4):
        torch.manual_seed(seed)
        net = make()
        masks = random_masks(net, density, seed)
        found = path_masks(net, masks, torch.zeros(2, *shape))
        x = torch.randn(2, *shape, generator=torch.Generator().manual_seed(seed)).double()
        agree(found, by_change(net, masks, (x,), seed))

def test_the_maximum_of_a_window():
    for seed in range(6):
        torch.manual_seed(seed)
        net = nn.Sequential(nn.Conv2d(1, 3, 2), nn.MaxPool2d(2), nn.Conv2d(3, 2, 2), nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(2, 2))
        masks = random_masks(net, .4, seed)
        x = torch.rand(3, 1, 7, 7, generator=torch.Generator().manual_seed(seed)).double()
        agree(path_masks(net, masks, x.float()), by_change(net, masks, (x,), seed, 1e6))

def test_layers_that_can_be_dead_in_the_middle_of_a_deep_network():
    "Nothing vanishes and nothing overflows over 300 layers, and one weight decides."
    layers = [nn.Linear(64, 64, bias=False) for _ in range(300)]
    net = nn.Sequential(*layers)
    masks = {f'{i}.weight': torch.ones(64, 64, dtype=torch.bool) for i in range(300)}
    assert all(m.all() for m in path_masks(net, masks, torch.zeros(1, 64)).values())
    masks['150.weight'][:] = False
    assert not any(m.any() for m in path_masks(net, masks, torch.zeros(1, 64)).values())
    masks['150.weight'][3,5] = True
    found = path_masks(net, masks, torch.zeros(1, 64))
    assert found['150.weight'].sum()==1 and found['149.weight'].sum()==64 and found['149.weight'][5].all()
    assert found['151.weight'][:,3].all() and found['151.weight'].sum()==64 and found['0.weight'].all()

@pytest.mark.parametrize('cell', [nn.LSTM, nn.GRU])
@pytest.mark.parametrize('options', [{}, dict(num_layers=2, bidirectional=True), dict(bias=False)])
def test_recurrent_layers(cell, options):
    net = cell(3, 4, batch_first=True, **options)
    dense = {n: torch.ones_like(o.weight, dtype=torch.bool) for n,o in prunable(net).items()}
    assert all(m.all() for m in path_masks(net, dense, torch.zeros(2, 5, 3)).values())
    masks = {n: m.clone() for n,m in dense.items()}
    masks['weight_ih_l0'][:] = False    # nothing comes in
    found = path_masks(net, masks, torch.zeros(2, 5, 3))
    assert not found['weight_hh_l0'].any()

def test_proj_size_and_packed_sequences():
    net = nn.LSTM(3, 4, proj_size=2)
    dense = {n: torch.ones_like(o.weight, dtype=torch.bool) for n,o in prunable(net).items()}
    assert all(m.all() for m in path_masks(net, dense, torch.zeros(5, 2, 3)).values())
    class Packed(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn = nn.GRU(3, 4)
        def forward(self, x): return self.rnn(nn.utils.rnn.pack_sequence([x[0]]))[0].data
    net = Packed()
    dense = {n: torch.ones_like(o.weight, dtype=torch.bool) for n,o in prunable(net).items()}
    assert all(m.all() for m in path_masks(net, dense, torch.zeros(2, 5, 3)).values())

def test_texts_may_hold_any_word():
    net = nn.Sequential(nn.Embedding(5, 3), nn.Linear(3, 2))
    masks = {'0.weight': torch.zeros(5, 3, dtype=torch.bool), '1.weight': torch.tensor([[True,True,True],[False,True,False]])}
    masks['0.weight'][:2,0] = masks['0.weight'][4,2] = True
    found = path_masks(net, masks, torch.zeros(2, 7, dtype=torch.long))
    assert torch.equal(found['0.weight'], masks['0.weight'])
    assert found['1.weight'].tolist()==[[True,False,True],[False,False,False]]

def untouched(net):
    return [(n,p.detach().clone(),p.requires_grad,p.grad is None) for n,p in net.named_parameters()]+[(n,b.clone()) for n,b in net.named_buffers()]

def test_the_model_is_left_as_it_was():
    net = small_resnet().train()
    next(net.parameters()).requires_grad_(False)
    before,masks = untouched(net),make_masks(net, 90)
    table = path_table(net, masks, torch.zeros(2, 3, 16, 16))
    for a,b in zip(before, untouched(net)): assert all(torch.equal(x, y) if torch.is_tensor(x) else x==y for x,y in zip(a, b))
    assert net.training and table['on a path'].iloc[-1]<=table.kept.iloc[-1]

def test_a_dense_network_uses_every_weight_and_masks_only_lose():
    for net,x in ((small_resnet(),torch.zeros(1, 3, 32, 32)),(conv4(),torch.zeros(1, 3, 32, 32)),(lenet_300_100(),torch.zeros(1, 1, 28, 28))):
        dense = {n: torch.ones_like(o.weight, dtype=torch.bool) for n,o in prunable(net).items()}
        agree(path_masks(net, dense, x), dense)
        masks = random_masks(net, .02, 0)
        found = path_masks(net, masks, x)
        assert not any((m&~masks[n]).any() for n,m in found.items())
        agree(path_masks(net, found, x), found)    # what is on a path needs nothing else

@pytest.mark.parametrize('name', ['vit_tiny_patch16_224','convnext_atto','efficientnet_b0','mixer_s32_224'])
def test_networks_of_timm(name):
    "Every weight of a dense network is on a path."
    timm = pytest.importorskip('timm')
    options = dict(img_size=32, depth=2, embed_dim=24, num_heads=3) if 'vit' in name else {}
    net = timm.create_model(name, num_classes=5, **options) if 'vit' in name else timm.create_model(name, num_classes=5)
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        dense = {n: torch.ones_like(o.weight, dtype=torch.bool) for n,o in prunable(net).items()}
    size = 32 if 'vit' in name else 224    # smaller, and some weights only meet padding
    found = path_masks(net, dense, torch.zeros(1, 3, size, size))
    assert not (odd := [n for n,m in found.items() if not m.all()]), odd
