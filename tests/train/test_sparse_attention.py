"Attention whose packed projections compute with what is left: the same results, in fits and as a finished network."
import pytest
from helpers import *
from fasterlth.core import sparse_layers
from fasterlth.core.attention import SplitAttention
from fasterlth.core.kernel_choice import measure_kernels
from fasterlth.core.layer_kernels import layer_kernels, sparse_kernels
from fasterlth.core.sparse_kernels import Kernel
from fasterlth.core.sparse_layers import SparseLayer, to_sparse
from fasterlth.core.sparse_files import load_sparse, save_sparse

class Rows(nn.Module):
    "An encoder of torch's over the rows of an image."
    def __init__(self, dropout=0., first=True):
        super().__init__()
        self.embed,self.head,self.first = nn.Linear(8, 16),nn.Linear(16, 10),first
        self.encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(16, 2, 32, dropout, batch_first=first), 2, enable_nested_tensor=first)
    def forward(self, x, **kwargs):
        x = self.embed(x.flatten(1, 2).to(self.embed.weight.dtype))
        return self.head(self.encoder(x if self.first else x.transpose(0, 1), **kwargs).mean(1 if self.first else 0))

projections = {f'encoder.layers.{i}.self_attn.{n}' for i in (0,1) for n in ('in_proj_weight','out_proj.weight')}

def learner_of(opt_func=Adam, dropout=0., dtype=torch.float32):
    set_seed(0)
    return Learner(digits_dls(n=256, bs=64, size=8), Rows(dropout).to(dtype), metrics=accuracy, opt_func=opt_func)

def untouched(model): return not any('forward' in vars(m) for m in model.modules())

@pytest.mark.parametrize('opt', [Adam,partial(SGD, mom=.9),Lamb])    # the last one steps parameters, the others vectors
@pytest.mark.parametrize('dropout', [0.,.2])
def test_training_is_the_same(opt, dropout):
    def fitted(kernels):
        learn,seen = learner_of(opt, dropout, torch.float64),set()
        masks = make_masks(prunable(learn.model), 80)
        def note(self): seen.update(n for n,m in self.model.named_modules() if 'forward' in vars(m))
        quiet(learn, 2, cbs=[MaskCallback(masks, kernels),Callback(after_pred=note)])
        assert untouched(learn.model) and projections<=masks.keys()
        assert_masked(learn.model, masks)
        return weights(learn.model),seen
    (a,none),(b,some) = fitted('dense'),fitted('sparse')
    assert not none and {f'encoder.layers.{i}.{n}' for i in (0,1) for n in ('self_attn','self_attn.out_proj','linear1')}<=some
    assert a.keys()==b.keys() and not {n: (a[n]-b[n]).abs().max() for n in a if not torch.allclose(a[n], b[n], rtol=1e-8, atol=1e-8)}

@pytest.mark.parametrize('error', [KeyboardInterrupt,ValueError,CancelFitException])
@pytest.mark.parametrize('event', ['before_batch','after_pred','after_backward','after_step'])
def test_nothing_is_left_however_a_fit_ends(error, event):
    learn = learner_of()
    masks = make_masks(prunable(learn.model), 80)
    def stop(self):
        if self.iter==2: raise error('stop')
    cb = Callback(**{event: stop})
    cb.order = MaskCallback.order+1
    try: quiet(learn, 1, cbs=[MaskCallback(masks, 'sparse'),cb])
    except error: pass
    assert untouched(learn.model)
    assert_masked(learn.model, masks)
    assert {id(p) for ps in learn.opt.param_lists for p in ps}=={id(p) for p in learn.model.parameters()}

def test_gradients_in_double_precision():
    torch.manual_seed(0)
    model,x = Rows().double(),torch.randn(4, 1, 8, 8, dtype=torch.double)
    masks = make_masks(prunable(model), 80)
    apply_masks(model, masks)
    kernels = {n: k for n,k in layer_kernels(model, masks).items() if isinstance(k, Kernel)}
    assert {n for n in kernels if 'proj' in n}=={n.removesuffix('.weight') for n in projections}
    def gradients():
        model.zero_grad()
        y = model(x)
        y.square().sum().backward()
        return y.detach(),{n: p.grad*masks[n] if n in masks else p.grad for n,p in model.named_parameters()}
    y,dense = gradients()
    with sparse_kernels(model, kernels): z,sparse = gradients()
    assert torch.allclose(y, z, 1e-12, 1e-12)
    for n in dense: assert torch.allclose(dense[n], sparse[n], 1e-10, 1e-12), n

def taken(monkeypatch):
    "Every layer that can be is taken, as if it was faster."
    def all_of_them(model, masks, *args):
        return {n: k for n,k in layer_kernels(model, masks).items() if isinstance(k, Kernel)},measure_kernels(model, masks, *args)[1]
    monkeypatch.setattr(sparse_layers, 'measure_kernels', all_of_them)

def made(model, sparsity=70):
    torch.manual_seed(0)
    for p in model.parameters(): nn.init.normal_(p, std=.3)    # torch's encoder has the same layers again and again
    masks = {n: torch.rand_like(o.weight)*100>=sparsity for n,o in prunable(model).items()}
    apply_masks(model.eval(), masks)
    return masks

@pytest.mark.parametrize('first', [True,False])
@pytest.mark.parametrize('named', [{}, dict(mask=True), dict(src_key_padding_mask=True)])
def test_a_finished_network(first, named, monkeypatch, tmp_path):
    taken(monkeypatch)
    model,x = Rows(first=first),torch.randn(3, 1, 8, 8)
    masks = made(model)
    if 'mask' in named: named = dict(mask=nn.Transformer.generate_square_subsequent_mask(8))
    if 'src_key_padding_mask' in named: named = dict(src_key_padding_mask=torch.arange(8).expand(3, 8)>=torch.tensor([[8],[5],[3]]))
    res,_ = to_sparse(model, masks, x, repeats=1)
    assert sum(isinstance(m, SplitAttention) for m in res.modules())==2
    assert all(isinstance(o, SparseLayer) for m in res.modules() if isinstance(m, SplitAttention) for o in m.children())
    with torch.no_grad(), torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
        torch.backends.mha.set_fastpath_enabled(False)    # it gives zeros for what is padding, where layers give numbers
        try: want = model(x, **named)
        finally: torch.backends.mha.set_fastpath_enabled(True)
        got = res(x, **named)
    torch.testing.assert_close(got, want, atol=1e-4, rtol=1e-4)
    save_sparse(res, tmp_path/'net')
    fresh = Rows(first=first)
    loaded = load_sparse(tmp_path/'net', fresh)
    with torch.no_grad(): assert torch.equal(loaded(x, **named), res(x, **named))
    assert untouched(model) and type(fresh.encoder.layers[0].self_attn) is nn.MultiheadAttention
    with pytest.raises(ValueError, match="'encoder.layers.0.self_attn' is an attention in the file, but not in the model: Linear"):
        fresh.encoder.layers[0].self_attn = nn.Linear(2, 2)
        load_sparse(tmp_path/'net', fresh)

def test_attention_to_something_else(monkeypatch):
    "A decoder's queries come from elsewhere than its keys. Keys of another size, or more of them, stay packed."
    taken(monkeypatch)
    class Decoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.own,self.other = nn.TransformerDecoderLayer(16, 2, 32, batch_first=True),nn.MultiheadAttention(16, 2, kdim=8, vdim=8)
            self.more = nn.MultiheadAttention(16, 2, add_bias_kv=True)
        def forward(self, x):
            x = self.own(x, x.flip(1))
            return self.more(x, x, x)[0]+self.other(x, x[..., :8], x[..., 8:])[0]
    model,x = Decoder(),torch.randn(3, 5, 16)
    masks = made(model)
    res,table = to_sparse(model, masks, x, repeats=1)
    assert {n for n,m in res.named_modules() if isinstance(m, SplitAttention)}=={'own.self_attn','own.multihead_attn'}
    assert table.why['more.in_proj_weight']==table.why['more.out_proj']=='it adds keys'
    assert table.why['other.out_proj']=='its queries, keys and values differ in size'
    with torch.no_grad(): torch.testing.assert_close(res(x), model(x), atol=1e-4, rtol=1e-4)

def test_measured_with_torchs_encoder():
    "Its fast path reads weights without calling layers: they are measured all the same, and the flag is as before."
    torch.manual_seed(0)
    model = nn.TransformerEncoder(nn.TransformerEncoderLayer(256, 4, 512, batch_first=True), 1).eval()
    masks = make_masks(prunable(model), 98)
    apply_masks(model, masks)
    x = torch.randn(4, 32, 256)
    chosen,table = measure_kernels(model, masks, x)
    assert table.sparse_us.notna().all() and 'layers.0.self_attn.in_proj_weight' in table.index
    assert torch.backends.mha.get_fastpath_enabled() and untouched(model)

def test_a_forward_that_something_else_has_replaced_stays():
    model = nn.TransformerEncoder(nn.TransformerEncoderLayer(16, 2, 32, batch_first=True), 1)
    attention = model.layers[0].self_attn
    real = attention.forward
    def mine(*args, **kwargs): return real(*args, **kwargs)
    attention.forward = mine
    masks = make_masks(prunable(model), 80)
    apply_masks(model, masks)
    kernels = layer_kernels(model, masks)
    for n in ('in_proj_weight','out_proj'): assert kernels[f'layers.0.self_attn.{n}']=='something else has replaced its forward'
    with sparse_kernels(model, kernels): model(torch.randn(2, 5, 16))
    assert attention.forward is mine
