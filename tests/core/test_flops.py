"Operations without those of pruned weights, wherever a network computes with them."
import pytest
from helpers import *
from fasterlth.core.flops import forward_flops

class Shared(nn.Module):
    "One layer under two names."
    def __init__(self): super().__init__(); self.a = nn.Linear(8, 8); self.b = nn.Sequential(nn.ReLU(), self.a)
    def forward(self, x): return self.b(self.a(x))

class Attends(nn.Module):
    def __init__(self): super().__init__(); self.attn = nn.MultiheadAttention(8, 2, batch_first=True)
    def forward(self, x): return self.attn(x, x, x)[0]

class Functional(nn.Module):
    "Weights that no layer of torch's computes with."
    def __init__(self): super().__init__(); self.lin = nn.Linear(8, 8)
    def forward(self, x): return torch.einsum('bi,oi->bo', x, self.lin.weight)@self.lin.weight[:4].t()

images = torch.randn(2, 4, 6, 6)
networks = {
    'shared': (Shared(), torch.randn(2, 8), 256), 'functional': (Functional(), torch.randn(2, 8), 2*64+2*32),
    'a layer': (nn.Linear(8, 6), torch.randn(2, 8), 96), 'conv': (nn.Sequential(nn.Conv2d(4, 6, 3)), images, 2*16*4*6*9),
    'channels_last': (nn.Sequential(nn.Conv2d(4, 6, 3)).to(memory_format=torch.channels_last), images, 2*16*4*6*9),
    'grouped': (nn.Sequential(nn.Conv2d(4, 8, 3, groups=2)), images, 2*16*2*8*9),
    'transposed': (nn.Sequential(nn.ConvTranspose2d(4, 6, 3)), images, 2*36*4*6*9),
    'lstm': (nn.LSTM(8, 10, 2, batch_first=True, bidirectional=True), torch.randn(2, 5, 8), 2*5*2*4*(10*(8+10)+10*(20+10)))}

@pytest.mark.parametrize('k', networks)
def test_pruned_weights_take_no_operations(k):
    net,x,dense = networks[k]
    masks = {n: torch.arange(p.numel()).view_as(p)%4==0 for n,p in net.named_parameters() if p.ndim>1}
    assert forward_flops(net, (x,))==dense and forward_flops(net, (x,), {})==dense
    sparse = forward_flops(net, (x,), masks)
    assert sparse==pytest.approx(dense/4)
    assert forward_flops(net, (x,), {n: torch.zeros_like(m) for n,m in masks.items()})==0

def test_attention_without_the_products_of_activations():
    net,x = Attends(),torch.randn(2, 5, 8)
    masks = {n: torch.zeros_like(p, dtype=torch.bool) for n,p in net.named_parameters() if p.ndim>1}
    dense,products = forward_flops(net, (x,)),forward_flops(net, (x,), masks)
    assert dense-products==2*5*4*8*8 and products==2*2*5*5*8
    half = {n: torch.arange(m.numel()).view_as(m)%2==0 for n,m in masks.items()}
    assert forward_flops(net, (x,), half)==pytest.approx(products+(dense-products)/2)
    packed = {'attn.in_proj_weight': torch.ones(24, 8, dtype=torch.bool)}
    packed['attn.in_proj_weight'][:8] = False    # of the queries alone
    assert forward_flops(net, (x,), packed)==dense-2*5*8*8

def test_networks_on_meta():
    "All memory has one address there."
    net,x = nn.Sequential(nn.Linear(8, 6), nn.ReLU(), nn.Linear(6, 4)),torch.randn(2, 8)
    masks = {n: torch.arange(p.numel()).view_as(p)%2==0 for n,p in net.named_parameters() if p.ndim>1}
    here = [forward_flops(net, (x,), m) for m in (None,masks)]
    assert here==[forward_flops(net.to('meta'), (x.to('meta'),), m) for m in (None,masks)]==[144,72]

class OfVector(nn.Module):
    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.randn(16))
    def forward(self, x): return x@self.w
class OfTwo(nn.Module):
    def __init__(self):
        super().__init__()
        self.both = nn.Bilinear(8, 6, 4)
    def forward(self, x): return self.both(x, x[..., :6])

@pytest.mark.parametrize('net,x,flops', [(OfVector(), torch.randn(4, 5, 16), 2*5*16), (OfTwo(), torch.randn(4, 8), 2*8*6*4),
                                         (OfTwo(), torch.randn(4, 3, 8), 2*3*8*6*4)])
def test_products_with_vectors(net, x, flops): assert forward_flops(net, (x,))==flops
