"Cut out, packed or exported, a ticket computes what the masked network computes."
import sys, torchvision
import pytest
from conftest import *
from fasterlth.masks import apply_masks, make_masks, prunable
from fasterlth.deploy import compare_models, largest_difference, latency, load_compressed, save_compressed, shrink, to_onnx

class Block(nn.Module):
    "A transformer block that splits its heads itself."
    def __init__(self, d=16, heads=2):
        super().__init__()
        self.heads,self.norm1,self.norm2 = heads,nn.LayerNorm(d),nn.LayerNorm(d)
        self.q,self.k,self.v,self.proj,self.fc1,self.fc2 = *[nn.Linear(d, d) for _ in range(4)],nn.Linear(d, 4*d),nn.Linear(4*d, d)
    def forward(self, x):
        h = self.norm1(x)
        q,k,v = [f(h).unflatten(-1, (self.heads, -1)).transpose(1, 2) for f in (self.q,self.k,self.v)]
        x = x+self.proj(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))
        return x+self.fc2(F.gelu(self.fc1(self.norm2(x))))

image = lambda: torch.randn(2, 3, 32, 32)
cases = dict(resnet18=(lambda: torchvision.models.resnet18(num_classes=10), image, 'fc'), mobilenet_v2=(lambda: torchvision.models.mobilenet_v2(num_classes=10), image, 'classifier.1'),
    densenet121=(lambda: torchvision.models.densenet121(num_classes=10), image, 'classifier'), vgg11_bn=(lambda: torchvision.models.vgg11_bn(num_classes=10), image, 'classifier.6'),
    block=(lambda: nn.Sequential(Block(), nn.Linear(16, 4)), lambda: torch.randn(3, 5, 16), '1'),
    encoder=(lambda: nn.Sequential(nn.TransformerEncoderLayer(16, 2, 32, batch_first=True), nn.Linear(16, 4)), lambda: torch.randn(3, 5, 16), '1'))

def masked(make, sparsity=50, last=None, zero=False):
    "A model with statistics of its own, and the masks of a filter ticket that it wears."
    torch.manual_seed(0)
    model = make().eval()
    for m in model.modules():
        if isinstance(m, nn.BatchNorm2d):
            for t,a,b in ((m.weight,.5,1.5),(m.running_var,.5,1.5),(m.bias,-.5,0 if zero else .5),(m.running_mean,0 if zero else -.5,0 if zero else .5)): nn.init.uniform_(t, a, b)
    masks = make_masks(prunable(model, 'filter'), {'*': sparsity, **({last: 0} if last else {})}, l1_norm)
    apply_masks(model, masks)
    return model,masks

@torch.no_grad()
def largest(model, x): return max(1, float(model(x).abs().max()))

@pytest.mark.parametrize('name', cases)
def test_shrunk_computes_the_same(name):
    make,xb,last = cases[name]
    model,masks = masked(make, last=last)
    before,x = {n: t.clone() for n,t in model.state_dict().items()},xb()
    small,cut = shrink(model, masks, x, exact=True)
    assert same(before, model.state_dict()) and not small.training
    for x in (x, xb()): assert largest_difference(model, small, x)<1e-4*largest(model, x)
    n = lambda m: sum(p.numel() for p in m.parameters())
    if name=='block': assert cut.cut['0.fc1']==32
    if name=='encoder': assert cut.cut['0.linear1']==16
    assert n(small)<n(model) and (cut.cut<=cut.dead).all() and cut.cut.sum()>0 and (cut.stayed[cut.cut<cut.dead]!='').all()
    for k,o in cut.iterrows(): assert small.get_submodule(k).weight.shape[0]==o.filters-o.cut==model.get_submodule(k).weight.shape[0]-o.cut

@pytest.mark.parametrize('name', ['resnet18'])
def test_constants_at_zero_cost_nothing(name):
    "All that is dead and free goes, and the outputs stay: ReLU makes zero of what dead channels have."
    make,xb,last = cases[name]
    model,masks = masked(make, last=last, zero=True)
    x = xb()
    small,cut = shrink(model, masks, x)
    assert largest_difference(model, small, x)<1e-4*largest(model, x)
    assert not cut.stayed.str.contains('borders').any() and sum(p.numel() for p in small.parameters())<.75*sum(p.numel() for p in model.parameters())

def test_borders_make_a_difference_that_is_stated():
    model,masks = masked(cases['resnet18'][0], last='fc')
    x = image()
    small,_ = shrink(model, masks, x)
    table = compare_models({'masked': model, 'shrunk': small}, x)
    assert table.difference['shrunk']==largest_difference(model, small, x)>1e-4 and table.parameters['shrunk']<table.parameters['masked']

def test_skip_connections_keep_what_is_alive_elsewhere():
    model,masks = masked(cases['resnet18'][0], last='fc')
    _,cut = shrink(model, masks, image(), exact=False)
    both = int((~masks['layer1.0.conv2.weight'].flatten(1).any(1)&~masks['layer1.1.conv2.weight'].flatten(1).any(1)&~masks['conv1.weight'].flatten(1).any(1)).sum())
    assert cut.cut['layer1.0.conv2']==cut.cut['layer1.1.conv2']==cut.cut['conv1']==both<32 and cut.cut['layer1.0.conv1']==32 and 'added to a live one' in cut.stayed['conv1']

def test_bias_of_dead_filters_is_accounted_for():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.Tanh(), nn.Conv2d(8, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8*16, 10)).eval()
    masks = make_masks(prunable(model, 'filter'), {'*': 50, '5': 0}, l1_norm)
    apply_masks(model, masks)
    nn.init.uniform_(model[0].bias, 1, 2)
    x = torch.randn(4, 1, 8, 8)
    small,_ = shrink(model, masks, x)
    assert [small[0].weight.shape,small[2].weight.shape,small[5].weight.shape]==[(4,1,3,3),(4,4,3,3),(10,64)] and largest_difference(model, small, x)<1e-5

def test_a_layer_keeps_one_filter_and_frozen_stays_frozen():
    model = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 2)).eval()
    model[0].requires_grad_(False)
    masks = {'0.weight': torch.zeros(6, 4, dtype=torch.bool)}
    small,cut = shrink(model, masks, torch.randn(3, 4))
    assert small[0].weight.shape==(1,4) and cut.stayed['0']=='one must stay' and not small[0].weight.requires_grad and small[2].weight.requires_grad

def test_shrunk_trains_on():
    learn = make_learner(model=SmallNet())
    quiet(learn, 2, cbs=(cb := sparsify({'*': 50, 'fc2': 0}, 'filter', schedule=one_shot)))
    small,_ = shrink(learn.model, cb.masks, learn.dls.one_batch()[0])
    on = quiet(Learner(learn.dls, small, metrics=accuracy, lr=1e-2), 1)
    assert on.recorder.values[-1][0]<2 and small.conv.weight.shape[0]==4

@pytest.mark.parametrize('args,error,text', [
    (lambda m: (m, make_masks(prunable(m, 'weight'), 50, l1_norm), torch.randn(2, 1, 8, 8)), ValueError, "prune no whole filter.*save_compressed"),
    (lambda m: (m, {'conv.weight': torch.zeros(3, dtype=torch.bool)}, torch.randn(2, 1, 8, 8)), ValueError, 'conv.weight'),
    (lambda m: (m, make_masks(prunable(m, 'filter'), 50, l1_norm), [torch.randn(2, 1, 8, 8)]), TypeError, 'xb must be a tensor')])
def test_refusals(args, error, text):
    with pytest.raises(error, match=text): shrink(*args(SmallNet()))

@pytest.mark.parametrize('sparsity', [0,50,99,100])
def test_compressed_files_are_exact_and_small(tmp_path, sparsity):
    torch.manual_seed(0)
    model = torchvision.models.mobilenet_v2(num_classes=10) if sparsity==99 else SmallNet().half() if sparsity==50 else SmallNet()
    t = Ticket.of(model, make_masks(prunable(model, 'weight'), sparsity, l1_norm, min_keep=0) if sparsity<100 else {n: torch.zeros_like(p, dtype=torch.bool) for n,p in model.named_parameters() if p.ndim>1}, seed=3)
    f = save_compressed(t, tmp_path/'a'/'t.safetensors')
    back = load_compressed(f)
    assert same(back.start(), t.start()) and same(back.masks, t.masks) and back.about==t.about and list(back.weights)!=[]
    back.load_into(model)
    if sparsity==99: assert t.save(tmp_path/'full').stat().st_size/f.stat().st_size>8
    data = f.read_bytes()
    f.write_bytes(data[:-20])
    with pytest.raises(ValueError, match='t.safetensors'): load_compressed(f)
    with pytest.raises(ValueError, match='not a compressed ticket'): load_compressed(t.save(tmp_path/'other'))

@pytest.mark.parametrize('name', ['resnet18','block'])
def test_onnx_gives_the_same_for_any_batch(tmp_path, name):
    make,xb,last = cases[name]
    model,masks = masked(make, last=last)
    small,_ = shrink(model, masks, x := xb(), exact=True)
    run,difference = to_onnx(small, x, tmp_path/'m.onnx')
    assert difference<1e-3
    for n in (1,2,5): assert torch.allclose(run(y := torch.cat([x]*3)[:n]), small(y), atol=1e-3)
    with pytest.raises(ValueError, match='at least 2 items'): to_onnx(small, x[:1], tmp_path/'n.onnx')
    with pytest.raises(ValueError, match='differ from torch'): to_onnx(small, x, tmp_path/'n.onnx', tolerance=-1.)

def test_missing_libraries_are_named(monkeypatch):
    monkeypatch.setitem(sys.modules, 'torch_pruning', None)
    model,masks = masked(lambda: nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 2)), last='2')
    with pytest.raises(ImportError, match=r"torch_pruning is needed here: pip install 'fasterlth\[deploy\]'"): shrink(model, masks, torch.randn(2, 4))

def test_models_are_left_as_they_were():
    learn = make_learner()
    learn.model.train()
    table = compare_models({'a': learn.model, 'b': SmallNet()}, learn.dls.one_batch()[0], lambda m: 1.)
    assert learn.model.training and table.multiply_adds['a']==8*9*9+8*9*20+20*10 and table.score.tolist()==[1,1] and table.latency_ms.min()>0 and table.difference['b']>0
