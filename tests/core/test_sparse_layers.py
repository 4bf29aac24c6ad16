"Networks that hold only the weights that are left: the same outputs, a file that can be trusted, no trace on the original."
import pytest
from helpers import *
from fasterlth.core import sparse_layers
from fasterlth.core.files import load_tensors, save_tensors
from fasterlth.core.sparse_layers import load_sparse, save_sparse, SparseLayer, to_sparse

class Net(nn.Module):
    "All forms of layers; one of them in two places, one tied to an embedding."
    def __init__(self):
        super().__init__()
        self.embed,self.conv,self.point,self.bn = nn.Embedding(20, 12),nn.Conv2d(1, 4, 3, padding=1),nn.Conv2d(4, 6, 1, bias=False),nn.BatchNorm2d(6)
        self.twice,self.out = nn.Linear(12, 12),nn.Linear(12, 20, bias=False)
        self.out.weight = self.embed.weight
        self.again = self.twice

    def forward(self, x): return self.out(self.again(self.twice(self.embed(x)+self.bn(self.point(self.conv(x[:, None, :, None].float().expand(-1, 1, -1, 12)))).mean((1,)))))

def prepared(monkeypatch, model=None, sparsity=70):
    "A network, its masks, a batch; every layer that can be is taken, as if it was faster."
    torch.manual_seed(0)
    model = (model or Net()).eval()
    real = sparse_layers.measure_kernels
    def all_of_them(model, masks, *args):
        from fasterlth.core.kernel_choice import layer_kernels
        from fasterlth.core.sparse_kernels import Kernel
        _,table = real(model, masks, *args)
        return {n: k for n,k in layer_kernels(model, masks).items() if isinstance(k, Kernel)},table
    monkeypatch.setattr(sparse_layers, 'measure_kernels', all_of_them)
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
