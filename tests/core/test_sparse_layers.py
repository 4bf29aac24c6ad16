"Networks that hold only the weights that are left: the same outputs, a file that can be trusted, no trace on the original."
import pytest
from apart import Session
from helpers import *
from fasterlth.core import sparse_layers
from fasterlth.core.files import load_tensors, save_tensors
from fasterlth.core.sparse_layers import SparseLayer, to_sparse
from fasterlth.core.sparse_files import load_sparse, save_sparse

class Net(nn.Module):
    "All forms of layers; one of them in two places, one tied to an embedding."
    def __init__(self):
        super().__init__()
        self.embed,self.conv,self.point,self.bn = nn.Embedding(20, 12),nn.Conv2d(1, 4, 3, padding=1),nn.Conv2d(4, 6, 1, bias=False),nn.BatchNorm2d(6)
        self.twice,self.out = nn.Linear(12, 12),nn.Linear(12, 20, bias=False)
        self.out.weight = self.embed.weight
        self.again = self.twice

    def forward(self, x): return self.out(self.again(self.twice(self.embed(x)+self.bn(self.point(self.conv(x[:, None, :, None].float().expand(-1, 1, -1, 12)))).mean((1,)))))

def take_all(monkeypatch):
    "Take every layer that can be, as if it was faster."
    real = sparse_layers.measure_kernels
    def all_of_them(model, masks, *args):
        from fasterlth.core.layer_kernels import layer_kernels
        from fasterlth.core.sparse_kernels import Kernel
        _,table = real(model, masks, *args)
        return {n: k for n,k in layer_kernels(model, masks).items() if isinstance(k, Kernel)},table
    monkeypatch.setattr(sparse_layers, 'measure_kernels', all_of_them)

def prepared(monkeypatch, model=None, sparsity=70):
    "A network and its masks; every layer that can be is taken."
    torch.manual_seed(0)
    model = (model or Net()).eval()
    take_all(monkeypatch)
    masks = {n: torch.rand_like(p.weight)*100>=sparsity for n,p in prunable(model).items()}
    apply_masks(model, masks)
    return model,masks

@pytest.mark.parametrize('sparsity', [0,70,100])
def test_all_forms(monkeypatch, tmp_path, sparsity):
    model,masks = prepared(monkeypatch, sparsity=sparsity)
    x,before = torch.randint(0, 20, (3,7)),weights(model)
    sparse,table = to_sparse(model, masks, x, repeats=1)
    kinds = {n: type(m) for n,m in sparse.named_modules()}
    assert {n for n,k in kinds.items() if k is SparseLayer}=={'conv','point','twice','out'} and sparse.again is sparse.twice
    with torch.no_grad(): torch.testing.assert_close(sparse(x), model(x), atol=1e-5, rtol=1e-5)
    assert same(before, weights(model)) and type(model.out) is nn.Linear
    for n in ('conv','point','twice','out'): assert torch.equal(sparse.get_submodule(n).weight, model.get_submodule(n).weight)
    save_sparse(sparse, tmp_path/'net')
    fresh = Net()
    loaded = load_sparse(tmp_path/'net', fresh)
    with torch.no_grad(): assert torch.equal(loaded(x), sparse(x))
    assert type(fresh.out) is nn.Linear

def test_autocast(monkeypatch):
    model,masks = prepared(monkeypatch)
    x = torch.randint(0, 20, (3,7))
    sparse,_ = to_sparse(model, masks, x, repeats=1)
    with torch.no_grad(), torch.autocast('cpu', torch.bfloat16):
        a,b = sparse(x),model(x)
    assert a.dtype==b.dtype==torch.bfloat16
    torch.testing.assert_close(a, b, atol=5e-2, rtol=5e-2)

def test_transformers(monkeypatch):
    "Torch's own encoder layer has a fused kernel that asks for dense weights; GPT-2 has transposed linear layers and a tied output."
    from transformers import GPT2Config, GPT2LMHeadModel
    for model,x in ((nn.TransformerEncoder(nn.TransformerEncoderLayer(16, 2, 32, batch_first=True), 2), torch.randn(2, 5, 16)),
                    (GPT2LMHeadModel(GPT2Config(vocab_size=30, n_positions=16, n_embd=16, n_layer=2, n_head=2)), dict(input_ids=torch.randint(0, 30, (2,5))))):
        model,masks = prepared(monkeypatch, model)
        sparse,_ = to_sparse(model, masks, x, repeats=1)
        assert sum(isinstance(m, SparseLayer) for m in sparse.modules())>=4
        with torch.no_grad(): a,b = [m(x) if isinstance(x, torch.Tensor) else m(**x).logits for m in (sparse,model)]
        torch.testing.assert_close(a, b, atol=1e-5, rtol=1e-5)
        monkeypatch.undo()

def test_crafted_files_are_refused(monkeypatch, tmp_path):
    model,masks = prepared(monkeypatch, nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 4)))
    save_sparse(to_sparse(model, masks, torch.randn(3, 6), repeats=1)[0], tmp_path/'net')
    tensors,meta = load_tensors(tmp_path/'net', 'sparse network')
    def fresh(): return nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 4))
    def refused(match, net=None, layers=meta['layers'], columns=meta['columns'], **changes):
        new = {k: v for k,v in {**tensors, **changes}.items() if v is not None}
        save_tensors(tmp_path/'bad', new, dict(layers=layers, columns=columns), 'sparse network')
        with pytest.raises(ValueError, match=match) as e: load_sparse(tmp_path/'bad', net or fresh())
        assert 'bad' in str(e.value)
    refused("0 doesn't hold a matrix", **{'0.columns_0': tensors['0.columns_0']+100})
    refused("0 doesn't hold a matrix", **{'0.starts_0': tensors['0.starts_0']*0})
    refused("0 holds torch.int64", **{'0.starts_0': tensors['0.starts_0'].long()})
    refused("its layer needs the tensor '0.values_0'", **{'0.values_0': None})
    refused("bias is missing from the file", **{'2.bias': None})
    refused("more is missing from the model", more=torch.ones(1))
    refused("the model has no layer '9'", layers={**meta['layers'], '9': [2,2]})
    refused(r"1 is ReLU of \[\] in the model", layers={**meta['layers'], '1': [2,2]})
    refused(r"0 is Linear of \[7, 6\] in the model", nn.Sequential(nn.Linear(6, 7), nn.ReLU(), nn.Linear(7, 4)))
    refused("layers", layers=[1])
    refused("'9' is not a sparse layer", columns=['9'])
    refused("columns", columns='0')

def test_nothing_is_faster(tmp_path):
    "Then the network stays dense, and its file is an ordinary one."
    model = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2))
    masks = make_masks(prunable(model), 50)
    x = torch.randn(1, 4)
    sparse,table = to_sparse(model, masks, x)
    assert set(table.kernel)=={'dense'} and set(table.why)=={'no faster'}
    save_sparse(sparse, tmp_path/'net')
    assert torch.equal(load_sparse(tmp_path/'net', model)(x), sparse(x))

def test_into_a_model_without_memory(monkeypatch, tmp_path):
    "On torch's device meta: tied weights stay tied, buffers are filled, and the model itself stays as it is."
    class Tied(nn.Module):
        def __init__(self):
            super().__init__()
            self.a,self.b,self.bn,self.c = nn.Linear(6, 6),nn.Linear(6, 6),nn.BatchNorm1d(6),nn.Linear(6, 6)
            self.c.weight = self.b.weight
            self.register_buffer('scale', torch.full((6,), 2.), persistent=False)
        def forward(self, x): return self.c(self.bn(self.b(self.a(x))))*self.scale
    model,masks = prepared(monkeypatch, Tied())
    x = torch.randn(3, 6)
    sparse,_ = to_sparse(model, {'a.weight': masks['a.weight']}, x, repeats=1)
    save_sparse(sparse, tmp_path/'net')
    with torch.device('meta'): empty = Tied()
    loaded = load_sparse(tmp_path/'net', empty)
    with torch.no_grad(): assert torch.equal(loaded(x), sparse(x))
    assert loaded.b.weight is loaded.c.weight and all(p.is_meta for p in empty.parameters())
    assert [p.requires_grad for p in loaded.parameters()]==[p.requires_grad for p in sparse.parameters()]

def test_inputs_masks_and_models_that_do_not_fit(tmp_path):
    "Named, also where a sparse kernel would take what the layer doesn't, and before anything is changed."
    model = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10))
    masks,x = make_masks(prunable(model), 95),torch.randn(3, 64)
    before = {k: v.clone() for k,v in model.state_dict().items()}
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        scripted = torch.jit.script(model)
    for f in (lambda *args: to_sparse(*args, repeats=1), lambda *args: measure_kernels(*args, repeats=1)):
        for bad in (x.long(), x.half(), x[:,:5], x.to('meta'), [x]):
            with pytest.raises((ValueError,TypeError), match='xb'): f(model, masks, bad)
        for bad in (masks['0.weight'].to('meta'), masks['0.weight'].to_sparse()):
            with pytest.raises(ValueError, match='the mask of 0.weight must be a dense tensor with values'): f(model, {'0.weight': bad}, x)
        with pytest.raises(ValueError, match='model must be an nn.Module in Python, not a ScriptModule'): f(scripted, masks, x)
    with torch.device('meta'): empty = nn.Linear(3, 2)
    with pytest.raises(ValueError, match="model must hold values, but weight is on torch's device meta"): save_sparse(empty, tmp_path/'net')
    assert not (tmp_path/'net').exists() and all(torch.equal(v, before[k]) for k,v in model.state_dict().items())
    save_sparse(model, tmp_path/'net')
    with pytest.raises(ValueError, match='not a ScriptModule'): load_sparse(tmp_path/'net', scripted)

def test_hooked_layers_stay_dense(monkeypatch):
    model,masks = prepared(monkeypatch, nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 5), nn.Linear(5, 4)))
    model[0].register_forward_hook(lambda m, args, y: 2*y)
    model[2].register_forward_pre_hook(lambda m, args: (args[0]+1,))
    x = torch.randn(3, 6)
    sparse,table = to_sparse(model, masks, x, repeats=1)
    with torch.no_grad(): torch.testing.assert_close(sparse(x), model(x))
    assert [type(m) is SparseLayer for m in sparse]==[False,False,False,True]
    assert table.why[['0','2']].tolist()==['it has forward hooks']*2 and table.kernel['0']=='dense'

def test_a_hooked_attention_stays_packed(monkeypatch):
    model,masks = prepared(monkeypatch, nn.TransformerEncoderLayer(16, 2, 32, batch_first=True))
    model.self_attn.register_forward_hook(lambda m, args, y: (2*y[0],y[1]))
    x = torch.randn(2, 5, 16)
    sparse,table = to_sparse(model, masks, x, repeats=1)
    assert type(sparse.self_attn) is nn.MultiheadAttention and type(sparse.linear1) is SparseLayer
    with torch.no_grad(): torch.testing.assert_close(sparse(x), model(x), atol=1e-5, rtol=1e-5)

@pytest.mark.parametrize('n', [2,40])
def test_inputs_of_another_size_are_refused(monkeypatch, n):
    "With few and with many columns, that is, by torch and by compiled loops."
    model,masks = prepared(monkeypatch, nn.Sequential(nn.Linear(20, 8)))
    sparse,_ = to_sparse(model, masks, torch.randn(n, 20), repeats=1)
    for size in (10,1000):
        with pytest.raises(RuntimeError, match=f'20 inputs .* was given {size}'): sparse(torch.randn(n, size))
    for kernel,image in ((1,(4,4)), (3,(9,9))):
        model,masks = prepared(monkeypatch, nn.Sequential(nn.Conv2d(20, 8, kernel)))
        sparse,_ = to_sparse(model, masks, torch.randn(n, 20, *image), repeats=1)
        for channels in (10,30):
            with pytest.raises(RuntimeError, match=f'20 inputs .* was given {channels}'): sparse(torch.randn(n, channels, *image))
        with pytest.raises(RuntimeError, match='images of 3 dimensions, or a batch of 4, not 5'): sparse(torch.randn(n, 20, 1, *image))
    with pytest.raises(RuntimeError, match=r'needs images of \(3, 3\), not \(2, 9\)'): sparse(torch.randn(n, 20, 2, 9))

@pytest.mark.parametrize('layer', [nn.Linear(6, 5), nn.Conv2d(6, 5, 1), nn.Conv2d(6, 5, 3, padding=1)])
def test_batches_of_none_and_of_one(monkeypatch, layer):
    "What follows may take a view."
    class View(nn.Module):
        def forward(self, x): return x.view(len(x), -1) if len(x) else x
    model,masks = prepared(monkeypatch, nn.Sequential(layer, View()))
    shape = (6,) if isinstance(layer, nn.Linear) else (6,7,8)
    sparse,_ = to_sparse(model, masks, torch.randn(1, *shape), repeats=1)
    assert type(sparse[0]) is SparseLayer
    for n in (0,1,2,64):
        x = torch.randn(n, *shape)
        with torch.no_grad(): torch.testing.assert_close(sparse(x), model(x), atol=1e-5, rtol=1e-5)
        with torch.no_grad(): torch.testing.assert_close(sparse[0](input=x), model[0](input=x), atol=1e-5, rtol=1e-5)

def test_new_values_count(monkeypatch):
    model,masks = prepared(monkeypatch, nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 4)))
    x = torch.randn(3, 6)
    sparse,_ = to_sparse(model, masks, x, repeats=1)
    first = sparse(x)
    sparse.load_state_dict({k: 2*v if v.is_floating_point() else v for k,v in sparse.state_dict().items()}, assign=True)
    second = sparse(x)
    assert not torch.allclose(first, second)
    def half(t): return nn.Parameter(t/2, requires_grad=False)
    sparse[0].values_0 = half(sparse[0].values_0)
    sparse[0].bias,sparse[2].values_0,sparse[2].bias = map(half, (sparse[0].bias,sparse[2].values_0,sparse[2].bias))
    torch.testing.assert_close(sparse(x), first)

@pytest.mark.filterwarnings('ignore:.*torch.jit.trace:FutureWarning')
def test_a_trace_takes_any_batch(monkeypatch):
    model,masks = prepared(monkeypatch, nn.Sequential(nn.Conv2d(6, 5, 1), nn.ReLU()))
    sparse,_ = to_sparse(model, masks, torch.randn(2, 6, 4, 4), repeats=1)
    traced = torch.jit.trace(sparse, torch.randn(2, 6, 4, 4))
    for n in (1,2,5):
        x = torch.randn(n, 6, 4, 4)
        with torch.no_grad(): torch.testing.assert_close(traced(x), model(x), atol=1e-5, rtol=1e-5)

@pytest.mark.parametrize('model', [nn.Linear(6, 5), nn.MultiheadAttention(8, 2)])
def test_a_layer_by_itself_is_no_network(model):
    masks = {n: torch.rand_like(p.weight)>.5 for n,p in prunable(model).items()}
    with pytest.raises(ValueError, match='must be a network that holds layers, not a '): to_sparse(model, masks, torch.randn(3, 6))

class Padded(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder,self.head = nn.TransformerEncoder(nn.TransformerEncoderLayer(128, 4, 512, batch_first=True), 1),nn.Linear(128, 5)
    def forward(self, x, pad): return self.head(self.encoder(x, src_key_padding_mask=pad).mean(1))

@pytest.mark.filterwarnings('ignore:The PyTorch API of nested tensors')
def test_padded_places_that_torch_leaves_out_are_named(monkeypatch):
    torch.manual_seed(0)
    take_all(monkeypatch)
    net,x,pad = Padded().eval(),torch.randn(16, 32, 128),torch.zeros(16, 32, dtype=torch.bool)
    masks = make_masks({n: o for n,o in prunable(net).items() if 'linear' in n}, 98)
    to_sparse(net, masks, (x,pad))    # nothing is padded, and nothing is said
    pad[1:,20:] = True
    with pytest.warns(match="outputs on xb differ by .* Torch's encoders set padded places to zero in evaluation"):
        res,_ = to_sparse(net, masks, (x,pad))
    assert any(isinstance(m, SparseLayer) for m in res.modules())

def test_layers_whose_weights_are_computed_stay_in_float():
    from fasterlth.core.quantized_rest import quantize_rest
    for norm in (nn.utils.parametrizations.weight_norm, nn.utils.spectral_norm):
        net = nn.Sequential(norm(nn.Linear(64, 64)), nn.ReLU(), nn.Linear(64, 64)).eval()
        res,names = quantize_rest(net, x := torch.randn(8, 64), repeats=1)
        assert '0' not in names and (res(x)-net(x)).abs().max()<.1

def test_reading_says_nothing_of_csr(monkeypatch, tmp_path):
    "In a new process, where torch hasn't said it yet."
    model,masks = prepared(monkeypatch, nn.Sequential(nn.Linear(6, 6)))
    save_sparse(to_sparse(model, masks, torch.randn(3, 6), repeats=1)[0], tmp_path/'net')
    read = Session("""
import sys, warnings
from torch import nn
from fasterlth.core.sparse_files import load_sparse
warnings.simplefilter('error')
print(type(load_sparse(sys.argv[1], nn.Sequential(nn.Linear(6, 6)))[0]).__name__)
""", tmp_path/'net')
    assert (read.wait(),read.stdout,read.stderr)==(0,'SparseLayer\n','')

# Layers in two places, and new values

class Listed(nn.Module):
    "Holds its layers in a list as well, and calls them from there."
    def __init__(self):
        super().__init__()
        self.a,self.b,self.c = nn.Linear(64, 64),nn.Linear(64, 64),nn.Linear(64, 10)
        self.steps = [self.a,torch.relu]
    def forward(self, x):
        for f in self.steps: x = f(x)
        return self.c(self.b(x).relu())

def test_layers_that_are_called_from_elsewhere_stay_dense(monkeypatch, tmp_path):
    model,masks = prepared(monkeypatch, Listed())
    x = torch.randn(50, 64)
    sparse,table = to_sparse(model, masks, x, repeats=1)
    assert {n for n,m in sparse.named_modules() if type(m) is SparseLayer}=={'b','c'}
    assert table.kernel['a']=='dense' and table.why['a']=='the network also holds it where it is not registered, as in a list'
    save_sparse(sparse, tmp_path/'net')
    with torch.no_grad():
        torch.testing.assert_close(sparse(x), model(x))
        torch.testing.assert_close(load_sparse(tmp_path/'net', Listed())(x), model(x))

@pytest.mark.parametrize('n', [4,50])
def test_new_values_are_computed_with_however_they_come(monkeypatch, n):
    model,masks = prepared(monkeypatch, nn.Sequential(nn.Linear(16, 12), nn.ReLU(), nn.Linear(12, 4)))
    x = torch.randn(n, 16)
    sparse,_ = to_sparse(model, masks, x, repeats=1)
    doubled = {k: 2*p for k,p in sparse.named_parameters()}
    def expected():
        with torch.no_grad(): return nn.functional.linear(nn.functional.linear(x, 2*model[0].weight, 2*model[0].bias).relu(), 2*model[2].weight, 2*model[2].bias)
    with torch.no_grad():
        was = sparse(x)
        torch.testing.assert_close(torch.func.functional_call(sparse, doubled, (x,)), expected())
        assert torch.equal(sparse(x), was)
        nn.utils.vector_to_parameters(nn.utils.parameters_to_vector(doubled.values()), sparse.parameters())
        torch.testing.assert_close(sparse(x), expected())
        for p in sparse.parameters(): p.data = p.data/2
        torch.testing.assert_close(sparse(x), was)

@pytest.mark.filterwarnings('ignore:`torch.jit.script` is deprecated:FutureWarning')    # torch's own, as it loads forward derivatives
def test_what_makes_other_functions_is_refused(monkeypatch):
    model,masks = prepared(monkeypatch, nn.Sequential(nn.Linear(16, 12), nn.ReLU(), nn.Linear(12, 4)))
    sparse,_ = to_sparse(model, masks, x := torch.randn(50, 16), repeats=1)
    for f in (lambda: torch.func.vmap(sparse)(x[None]), lambda: torch.func.jvp(sparse, (x,), (x,))):
        with torch.no_grad(), pytest.raises(RuntimeError, match="torch.func and forward derivatives can't .* use the dense network"): f()
