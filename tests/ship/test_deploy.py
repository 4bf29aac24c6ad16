"Cut out, packed, quantised or exported, a ticket computes what the masked network computes."
import logging, sys, torchvision
import pytest
from helpers import *
from fasterlth.train.mask_callback import MaskCallback
from fasterlth.core.masks import apply_masks
from fasterlth.core.pruner import make_masks
from fasterlth.core.prunable import prunable
from fasterlth.ship.measure import compare_models, figures, largest_difference, latencies
from fasterlth.ship.shrink import shrink, shrink_learner
from fasterlth.ship.export import OnnxModel, load_compressed, save_compressed, to_int8, to_onnx
from fasterlth.ship.semi_structured import SemiStructured, check_semi_structured, has_semi_structured, semi_structured_layers, to_semi_structured
from fasterlth.ship.deploy import Deployed

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

least = dict(resnet18=.75, mobilenet_v2=.6, densenet121=.4, vgg11_bn=.3, block=.7, encoder=.8)    # the share of the parameters that may be left, at most
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
    assert n(small)<least[name]*n(model) and (cut.cut<=cut.dead).all() and cut.cut.sum()>0 and (cut.stayed[cut.cut<cut.dead]!='').all()
    for k,o in cut.iterrows(): assert small.get_submodule(k).weight.shape[0]==o.filters-o.cut==model.get_submodule(k).weight.shape[0]-o.cut

@pytest.mark.parametrize('name', ['resnet18','mobilenet_v2'])
def test_skip_connections_are_cut_where_all_that_is_added_is_dead(name):
    make,xb,_ = cases[name]
    model,_ = masked(make, 0, zero=True)
    masks = {n: torch.ones_like(p, dtype=torch.bool) for n,p in model.named_parameters() if p.ndim==4}
    for m in masks.values(): m[:len(m)//2] = False    # the same channels everywhere
    apply_masks(model, masks)
    small,cut = shrink(model, masks, xb(), exact=True)
    assert largest_difference(model, small, x := xb())<1e-4*largest(model, x)
    assert (cut.cut==cut.dead).all() and (cut.cut==cut.filters//2).all() and set(cut.index)=={n.removesuffix('.weight') for n in masks if model.get_submodule(n.removesuffix('.weight')).groups==1}
    for n,m in small.named_modules():
        if isinstance(m, nn.Conv2d): assert m.weight.shape[0]==model.get_submodule(n).weight.shape[0]//2

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

def no_borders(): return init_weights(nn.Sequential(nn.Conv2d(1, 8, 3, bias=False), nn.ReLU(), nn.Conv2d(8, 12, 3, bias=False), nn.ReLU(), nn.Flatten(), nn.Linear(12*16, 10)), 0, nn.init.kaiming_normal_)

fused = partial(OptimWrapper, opt=torch.optim.Adam)
@pytest.mark.parametrize('opt_func', [Adam, fused, partial(SGD, mom=.9)])
def test_training_goes_on_as_it_would_have(opt_func):
    "Where dead filters are nothing but zeros, the smaller network takes the very steps of the masked one: each moment of the optimizer is at its place."
    learn = make_learner(model=no_borders(), opt_func=opt_func)
    cb = sparsify({'*': 50, '5': 0}, 'filter', schedule=one_shot)
    quiet(learn, 2, cbs=cb)
    small,_ = shrink_learner(learn, cb.masks)
    assert [small.model[i].weight.shape[0] for i in (0,2,5)]==[4,6,10] and small.opt is not learn.opt
    fresh = Learner(learn.dls, deepcopy(small.model), opt_func=opt_func)
    learn.add_cb(MaskCallback(cb.masks))
    for l in (learn, small, fresh): quiet(seed_learner(l, 3), 1, lr=1e-3)
    x,scale = learn.dls.valid.one_batch()[0],largest(learn.model, learn.dls.valid.one_batch()[0])
    assert largest_difference(learn.model.eval(), small.model.eval(), x)<2e-3*scale<largest_difference(learn.model, fresh.model.eval(), x)    # without its moments it goes elsewhere

def test_what_stays_dead_stays_masked():
    "Of skip connections: the masks go along, cut to size; so does what is frozen."
    net = small_resnet(8, n_ch=1, width=8, seed=0)
    learn = make_learner(model=net, splitter=lambda m: [params(m[:3]), params(m[3:])])
    masks = make_masks(prunable(net, 'filter'), {'*': 50, 'fc': 0}, l1_norm)
    learn.add_cb(MaskCallback(masks)); learn.freeze()
    quiet(learn, 1)
    small,cut = shrink_learner(learn, masks)
    on = next(cb for cb in small.cbs if isinstance(cb, MaskCallback)).masks
    assert small.opt.frozen_idx==1 and not small.model.conv.weight.requires_grad and on and {n.removesuffix('.weight') for n in on}=={*cut.index[cut.cut<cut.dead]}
    before = weights(small.model)
    quiet(small, 1)
    assert_masked(small.model, on)
    assert torch.equal(before['conv.weight'], small.model.conv.weight) and not torch.equal(before['fc.weight'], small.model.fc.weight)

def test_a_learner_that_has_not_trained_goes_on_afresh():
    learn = make_learner()
    masks = make_masks(prunable(learn.model, 'filter'), {'*': 50, 'fc2': 0}, l1_norm)
    small,_ = shrink_learner(learn, masks, learn.dls.one_batch()[0], exact=True)
    assert learn.opt is None and small.opt is None and quiet(small, 1).recorder.values[-1][0]<3
    with pytest.raises(TypeError, match='learn must be a Learner, not SmallNet'): shrink_learner(learn.model, masks)

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
    if name=='block':
        with pytest.raises(ValueError, match='differ from torch'): to_onnx(small, x, tmp_path/'n.onnx', tolerance=-1.)

@pytest.mark.parametrize('name,kind', [('skips','shrunk'),('conv','sparse'),('conv','masked filters'),('block','sparse'),('block','dynamic')])
def test_int8_keeps_zeros(tmp_path, name, kind):
    make,xb,last = {**cases, 'conv': (SmallNet, lambda: torch.randn(8, 1, 8, 8), 'fc2'), 'skips': (lambda: small_resnet(8, n_ch=1, width=16), lambda: torch.randn(8, 1, 12, 12), 'fc')}[name]
    torch.manual_seed(0)
    if kind in ('shrunk','masked filters'): model,masks = masked(make, last=last)
    else:
        model = make().eval()
        apply_masks(model, masks := make_masks(prunable(model), 80, l1_norm))
    if kind=='shrunk': (model,_),masks = shrink(model, masks, xb(), exact=True),{}
    batches,root = [xb() for _ in range(3)],(logging.root.level, list(logging.root.handlers), logging.root.manager.disable)
    before = weights(model)
    small,difference = to_int8(model, iter(batches), tmp_path/'q.onnx', dynamic=kind=='dynamic')
    assert same(before, weights(model)) and root==(logging.root.level, list(logging.root.handlers), logging.root.manager.disable)
    whole = {n: t for n,t in small.weights.items() if t.dtype==torch.int8}
    ps = {n: p.detach() for n,p in model.named_parameters()}
    matrices = [p for p in ps.values() if p.ndim>1]
    assert len(whole)==len(matrices) and sum(t.numel() for t in whole.values())==sum(p.numel() for p in matrices)
    assert max(int(t.abs().max()) for t in whole.values())==127
    assert sum(int((t==0).sum()) for t in whole.values())>=sum(int((~m).sum()) for m in masks.values())
    for n,m in masks.items():
        if n in whole and whole[n].shape==m.shape: assert not whole[n][~m].count_nonzero()
    import onnx
    g = onnx.load(small.path).graph
    zero = {o.name.removesuffix('_zero_point'): onnx.numpy_helper.to_array(o) for o in g.initializer if o.name.endswith('_zero_point')}
    assert all(not zero[n].any() for n in whole)
    assert 0<difference<.25*largest(model, batches[0])
    for n in (1,5): assert small(torch.cat(batches*2)[:n]).shape==model(torch.cat(batches*2)[:n]).shape
    if name=='skips': assert small.path.stat().st_size<.5*figures(model, batches[0])['bytes']

def test_int8_refusals(tmp_path, capfd, recwarn):
    net = SmallNet().eval()
    for bad in ([], [torch.randn(1, 1, 8, 8)]):
        with pytest.raises(ValueError, match='at least one batch'): to_int8(net, bad, tmp_path/'q.onnx')
    with pytest.raises(ValueError, match='it multiplies no matrices'): to_int8(nn.Sequential(net.conv, nn.ReLU()), [torch.randn(4, 1, 8, 8)], tmp_path/'q.onnx', dynamic=True)
    dense,_ = to_int8(net, [torch.randn(4, 1, 8, 8)], tmp_path/'q.onnx')
    assert {n for n,t in dense.weights.items() if t.dtype==torch.int8}=={'conv.weight','fc1.weight','fc2.weight'}
    assert capfd.readouterr()==('','') and not [w for w in recwarn if 'torch.jit' not in str(w.message)] and [o.name for o in tmp_path.iterdir()]==['q.onnx']

def test_onnx_figures_and_threads(tmp_path):
    net = SmallNet().eval()
    run,_ = to_onnx(net, x := torch.randn(4, 1, 8, 8), tmp_path/'m.onnx')
    f = run.figures
    assert f['parameters']==sum(p.numel() for p in net.parameters())-2*8 and f['bytes']==(tmp_path/'m.onnx').stat().st_size and f['multiply_adds']==8*9*9+8*9*20+20*10    # BatchNorm is in the convolution
    table = compare_models({'torch': net, 'onnx': run}, x)
    assert table.difference['onnx']<1e-4 and run.with_threads(1).session.get_session_options().intra_op_num_threads==1 and torch.equal(OnnxModel(run.path)(x), run(x)) and compare_models({'onnx': OnnxModel(run.path)}, x).multiply_adds.isna().all()

def trained(granularity='filter', sparsity=None, **kwargs):
    learn = make_learner(**kwargs)
    cb = sparsify(sparsity or {'*': 50, 'fc2': 0}, granularity, schedule=one_shot)
    return quiet(learn, 2, cbs=cb),cb.ticket

linear = lambda: nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
def test_semi_structured_masks_are_checked_anywhere():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(4, 32, 3), nn.Flatten(), nn.Linear(64, 32), nn.Linear(32, 10), nn.LSTM(8, 4), nn.Embedding(8, 4))
    masks = make_masks(prunable(net, '2:4'), 50, l1_norm)
    check_semi_structured(net, masks)
    for n,m in masks.items(): assert m.movedim(1 if n!='5.weight' else 0, -1).reshape(-1, 4).sum(1).max()==2
    check_semi_structured(net, {'2.weight': torch.ones(32, 64, dtype=torch.bool), '3.weight': masks['3.weight']})    # dense by choice
    bad = {n: m.clone() for n,m in masks.items()}
    for n in ('2.weight','3.weight'): bad[n][3,4:8] = True
    with pytest.raises(ValueError, match="2.weight isn't 2:4: 1 of 512 blocks .* the first 4"): check_semi_structured(net, bad)
    shifted = masks['2.weight'].roll(2, 1)    # two of four, but not in blocks of their own
    assert shifted.sum()==masks['2.weight'].sum()
    with pytest.raises(ValueError, match="2.weight isn't 2:4"): check_semi_structured(net, {'2.weight': shifted})
    odd = nn.Linear(6, 16)
    with pytest.raises(ValueError, match=r"weight of shape \(16, 6\) is pruned, and can't be 2:4: four doesn't divide"): check_semi_structured(odd, make_masks(prunable(odd), 60, l1_norm))
    with pytest.raises(ValueError, match="masks prune nothing"): check_semi_structured(net, {'2.weight': torch.ones(32, 64, dtype=torch.bool)})
    with pytest.raises(ValueError, match="there is a mask for 'x'"): check_semi_structured(net, {'x': masks['2.weight']})

def test_what_converts_to_semi_structured_and_why_not():
    net = nn.Sequential(nn.Conv2d(4, 32, 3), nn.Linear(64, 32), nn.Linear(32, 10), nn.MultiheadAttention(16, 2), nn.Linear(16, 16), nn.Embedding(8, 4), nn.Linear(32, 24))
    masks = make_masks(prunable(net, '2:4'), 50, l1_norm)
    masks['4.weight'][:] = True
    table = semi_structured_layers(net, masks)
    assert table.why.to_dict()=={'0.weight': 'a convolution: torch has 2:4 for matrix products', '1.weight': '', '2.weight': 'shape: must be multiples of (16, 16)', '3.in_proj_weight': 'within attention',
        '3.out_proj.weight': 'within attention', '4.weight': 'dense', '5.weight': 'no linear layer', '6.weight': 'shape: must be multiples of (16, 16)'} and table.index[table.converts.astype(bool)].tolist()==['1.weight']
    for dtype in (torch.float32, torch.float64, 'half'):
        with pytest.raises(ValueError, match='dtype must be torch.float16 or torch.bfloat16'): semi_structured_layers(net, masks, dtype)

def test_semi_structured_needs_its_hardware():
    net = linear()
    masks = make_masks(prunable(net, '2:4'), 50, l1_norm)
    with pytest.raises(ValueError, match=r'no layer can be converted to 2:4: 3.weight \(shape'): to_semi_structured(net, {'3.weight': masks['3.weight']}, torch.randn(4, 1, 8, 8))
    with pytest.raises(ValueError, match="1.weight isn't 2:4"): to_semi_structured(net, make_masks(prunable(net), 50, l1_norm), torch.randn(4, 1, 8, 8))
    if has_semi_structured(): pytest.skip('there is a GPU that has it')
    with pytest.raises(RuntimeError, match=r'2:4 needs an NVIDIA GPU of compute capability 8.0 .* here is .*1 of 2 layers would be converted'): to_semi_structured(net, masks, torch.randn(4, 1, 8, 8))
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')    # a prototype
        with pytest.raises(RuntimeError, match='Only CUDA tensors are currently supported'): torch.sparse.to_sparse_semi_structured(torch.zeros(32, 64, dtype=torch.float16))

def test_sixteen_bits_take_and_give_float32():
    net,x = linear(),torch.randn(4, 1, 8, 8)
    half = SemiStructured(deepcopy(net).bfloat16(), torch.bfloat16, figures(net, x))
    assert half(x).dtype==torch.float32 and 0<largest_difference(net, half, x)<5e-2 and compare_models({'a': net, 'b': half}, x).parameters['b']==sum(p.numel() for p in net.parameters())

@pytest.mark.skipif(has_semi_structured(), reason='there is a GPU that has it')
def test_deploy_says_that_the_hardware_is_missing():
    learn,t = trained({'1': '2:4'}, 50, model=linear())
    with pytest.raises(RuntimeError, match='2:4 needs an NVIDIA GPU.* 1 of 1 layers would be converted'): t.deploy(learn, '2:4')

@pytest.mark.skipif(not has_semi_structured(), reason='needs a GPU with 2:4 tensor cores')
@pytest.mark.parametrize('dtype', [torch.float16,torch.bfloat16])
def test_semi_structured_on_a_gpu(dtype):
    net = linear().cuda()
    apply_masks(net, masks := make_masks(prunable(net, '2:4'), 50, l1_norm))
    x = torch.randn(8, 1, 8, 8, device='cuda')
    sparse,table = to_semi_structured(net, masks, x, dtype)
    assert isinstance(sparse.model[1].weight, torch.sparse.SparseSemiStructuredTensor) and table.converts.tolist()==[True,False]
    assert largest_difference(net.eval(), sparse, x)<(1e-2 if dtype==torch.float16 else 5e-2) and sparse.figures['bytes']<figures(net.to(dtype), x.to(dtype))['bytes']

@pytest.mark.parametrize('how', ['shrink','compressed','int8','shrink+onnx'])
def test_deploy(tmp_path, how):
    learn,ticket = trained()
    before,states,cbs = weights(learn.model),repr(fasterlth_states(learn)),list(learn.cbs)
    learn.model.train()
    made = ticket.deploy(learn, how, **(dict(path=tmp_path/'a'/'f') if how!='shrink' else {}))
    assert isinstance(made, Deployed) and same(before, weights(learn.model)) and learn.model.training and states==repr(fasterlth_states(learn)) and cbs==list(learn.cbs)
    r,steps = made.report,how.split('+')
    assert r.index.tolist()==['before', *('+'.join(steps[:i+1]) for i in range(len(steps)))] and r.columns.tolist()==['parameters','nonzero','bytes','multiply_adds','latency_ms','difference','accuracy']
    assert r.accuracy['before']==learn.validate()[1] and r.difference['before']==0 and (r.latency_ms>0).all() and r.nonzero['before']<r.parameters['before']
    x,y = learn.dls.valid_ds.x,learn.dls.valid_ds.y
    assert abs(r.accuracy.iloc[-1]-(made(x).argmax(1)==y).float().mean())<1e-6    # the artefact's own
    assert r.difference.iloc[-1]==pytest.approx(largest_difference(learn.model.eval(), made, x[:64]), abs=1e-5)
    if how!='shrink': assert made.path==tmp_path/'a'/'f' and r.bytes.iloc[-1]==made.path.stat().st_size and [o.name for o in made.path.parent.iterdir()]==['f']
    if 'shrink' in how: assert r.multiply_adds['shrink']<r.multiply_adds['before'] and r.parameters['shrink']<r.parameters['before'] and made.layers.cut.sum()==14
    if how=='shrink+onnx': assert abs(r.difference[how]-r.difference['shrink'])<1e-4 and r.accuracy[how]==r.accuracy['shrink']
    if how=='compressed': assert any('times smaller' in n for n in made.notes)
    if how=='compressed': assert r.difference[how]==0 and r.accuracy[how]==r.accuracy['before']
    if how=='compressed': assert isinstance(made.model, nn.Module) and same(load_compressed(made.path).start(), before) and r.nonzero[how]==r.nonzero['before']
    text = repr(made)+made._repr_html_()
    assert 'zeros in dense kernels speed up nothing' in text and 'one thread' in text and "isn't part of the artefact" in text and how in text

def fasterlth_states(learn):
    from fasterlth.train.randomness import random_states
    return {k: v.tolist() if isinstance(v, torch.Tensor) else v for k,v in random_states(learn.dls).items()}

def test_deploy_takes_options_a_batch_and_the_loss(tmp_path):
    learn,ticket = trained(metrics=[])
    made = ticket.deploy(learn, 'shrink+int8', tmp_path/'q', xb=learn.dls.valid_ds.x[:1], threads=2, exact=True, n_batches=1, reduce_range=True)
    assert made.report.columns[-1]=='valid_loss' and made.report.valid_loss['before']==pytest.approx(learn.validate()[0]) and 'a batch of 1,' in made.notes[0] and '2 threads' in made.notes[0]
    assert max(int(t.abs().max()) for t in made.model.weights.values() if t.dtype==torch.int8)==64
    skip,t = trained(model=small_resnet(8, n_ch=1, width=8, seed=0), sparsity={'*': 50, 'fc': 0})
    assert any('dead filters stayed' in n and 'added to a live one' in n for n in t.deploy(skip, 'shrink').notes)

def test_deploy_takes_what_a_finder_has_found():
    learn = make_learner()
    ticket = LotteryTicketFinder(learn, {'*': 50, 'fc2': 0}, n_rounds=1, granularity='filter', seed=0, verbose=False).find_winning_ticket(lambda l: l.fit(1))
    assert ticket.deploy(learn, 'shrink').layers.cut.sum()==14

@pytest.mark.parametrize('how,kwargs,error,text', [
    ('prune', {}, ValueError, "how must be one of 'shrink', .*'shrink\\+int8', not 'prune'"), ('onnx+int8', {}, ValueError, 'how must be one of'), (None, {}, ValueError, 'how must be one of'), (['shrink'], {}, ValueError, 'how must be one of'),
    ('onnx', {}, ValueError, "path must name the file that 'onnx' makes"), ('shrink', dict(path='x'), ValueError, "path must be None: 'shrink' makes a network"),
    ('shrink', dict(dynamic=True), TypeError, "'shrink' takes exact, not dynamic"), ('compressed', dict(path='x', exact=True), TypeError, 'takes no options, not exact'),
    ('int8', dict(path='x', n_batches=0), ValueError, 'n_batches must be .* not 0'), ('2:4', {}, ValueError, "can't be 2:4|isn't 2:4")])
def test_deploy_refuses(tmp_path, monkeypatch, how, kwargs, error, text):
    monkeypatch.chdir(tmp_path)
    learn,ticket = trained()
    with pytest.raises(error, match=text): ticket.deploy(learn, how, **kwargs)
    assert not [*tmp_path.iterdir()]

def test_deploy_refuses_what_does_not_fit(tmp_path):
    learn,ticket = trained('weight')
    with pytest.raises(ValueError, match='prune no whole filter.*save_compressed'): ticket.deploy(learn, 'shrink')
    with pytest.raises(ValueError, match="conv.weight of shape .8, 1, 3, 3. is pruned, and can't be 2:4"): ticket.deploy(learn, '2:4')
    with pytest.raises(TypeError, match='learn must be a Learner, not SmallNet'): ticket.deploy(learn.model, 'shrink')
    with pytest.raises(ValueError, match='ticket'): ticket.deploy(make_learner(model=lenet_300_100()), 'shrink')
    other = make_learner()
    with pytest.raises(ValueError, match=r"learn doesn't hold the trained ticket: \d+ of the 36 weights that it prunes in conv.weight aren't zero.*ticket.apply"): ticket.deploy(other, 'compressed', tmp_path/'f')
    nm,t = trained({'fc1': '2:4'}, 50)
    with pytest.raises(ValueError, match=r"no layer can be converted to 2:4: fc1.weight .shape: must be multiples of .16, 16"): t.deploy(nm, '2:4')
    assert not [*tmp_path.iterdir()]

@pytest.mark.parametrize('library,use', [('torch_pruning', lambda m,x,f: shrink(m, make_masks(prunable(m, 'filter'), 50, l1_norm), x)), ('onnx', lambda m,x,f: to_onnx(m, x, f)), ('onnxscript', lambda m,x,f: to_onnx(m, x, f)),
    ('onnxruntime', lambda m,x,f: to_onnx(m, x, f)), ('onnxruntime', lambda m,x,f: to_int8(m, [x], f)), ('onnxruntime', lambda m,x,f: OnnxModel(f))])
def test_missing_libraries_are_named(monkeypatch, tmp_path, library, use):
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(ImportError, match=rf"{library} is needed here: pip install 'fasterlth\[deploy\]'"): use(SmallNet().eval(), torch.randn(4, 1, 8, 8), tmp_path/'f')
    assert not [*tmp_path.iterdir()]

def test_latencies_take_turns():
    seen = []
    t = latencies({k: lambda x, k=k: seen.append(k) or x.exp() for k in 'ab'}, torch.randn(1000), seconds=.01, rounds=3)
    assert t.keys()=={*'ab'} and min(t.values())>0 and [k for i,k in enumerate(seen) if i==0 or k!=seen[i-1]]==[*'ababab']

def test_models_are_left_as_they_were():
    learn = make_learner()
    learn.model.train()
    table = compare_models({'a': learn.model, 'b': SmallNet()}, learn.dls.one_batch()[0], lambda m: 1.)
    assert learn.model.training and table.multiply_adds['a']==8*9*9+8*9*20+20*10 and table.score.tolist()==[1,1] and table.latency_ms.min()>0 and table.difference['b']>0

def test_frozen_layers_stay_frozen():
    net = SmallNet().train()
    net.bn.eval()    # among layers in training
    was = {n: m.training for n,m in net.named_modules()}
    x = torch.randn(4, 1, 8, 8)
    compare_models({'a': net}, x)
    shrink(net, make_masks(prunable(net, 'filter'), 50, l1_norm), x)
    assert {n: m.training for n,m in net.named_modules()}==was
    with pytest.raises(RuntimeError): compare_models({'a': net}, torch.randn(4, 2, 8, 8))
    assert {n: m.training for n,m in net.named_modules()}==was

class Pair(nn.Module):
    "Of two outputs."
    def __init__(self): super().__init__(); self.net = SmallNet()
    def forward(self, x): return self.net(x),x

def test_networks_of_one_output(tmp_path):
    net,x = Pair().eval(),torch.randn(4, 1, 8, 8)
    for f in (lambda: shrink(net, make_masks(prunable(net, 'filter'), 50, l1_norm), x), lambda: to_onnx(net, x, tmp_path/'f'), lambda: to_int8(net, [x], tmp_path/'f')):
        with pytest.raises(TypeError, match='model must give one tensor, but Pair gives tuple'): f()
    with pytest.raises(TypeError, match='xb must be a tensor, the inputs of a batch, not list'): to_onnx(net.net, [x], tmp_path/'f')
    for batches in (x, [(x,x)]):
        with pytest.raises(TypeError, match='batches must be a list of tensors'): to_int8(net.net, batches, tmp_path/'f')
    with pytest.raises(TypeError, match='ticket must be a Ticket, not SmallNet'): save_compressed(net.net, tmp_path/'f')
    assert not [*tmp_path.iterdir()]

def test_a_refused_file_leaves_what_was_there(tmp_path):
    x = torch.randn(4, 1, 8, 8)
    (f := tmp_path/'f').write_bytes(b'a good one')
    with pytest.raises(ValueError, match="more than tolerance -1: nothing is written to '.*f'"): to_onnx(SmallNet().eval(), x, f, tolerance=-1)
    with pytest.raises(ValueError, match='there is nothing to quantise in Sequential: nothing is written'): to_int8(nn.Sequential(nn.ReLU()), [x], f)
    class Nan(nn.Module):
        def forward(self, x): return x/0*0
    with pytest.raises(ValueError, match='differ from torch'): to_onnx(Nan(), x, f)
    assert f.read_bytes()==b'a good one' and [o.name for o in tmp_path.iterdir()]==['f']
    run,_ = to_onnx(SmallNet().eval(), x, f)
    assert run.path==f and run.figures['bytes']==f.stat().st_size>10 and torch.equal(run.with_threads(1)(x), OnnxModel(f)(x))

@pytest.mark.parametrize('kwargs,error,text', [*[(dict(threads=o), ValueError, f'threads must be a whole number from 1, not {o!r}') for o in (0,1.5,True,'2')],
    (dict(xb=3), TypeError, 'xb must be a tensor, the inputs of a batch, not 3'), (dict(xb=torch.zeros(0, 1, 8, 8)), TypeError, 'xb must be a tensor')])
def test_deploy_checks_how_it_is_measured(kwargs, error, text):
    learn,ticket = trained()
    with pytest.raises(error, match=text): ticket.deploy(learn, 'shrink', **kwargs)

def test_deploy_needs_validation_data():
    learn,ticket = trained()
    with pytest.raises(ValueError, match='learn must have validation data'): ticket.deploy(Learner(DataLoaders(learn.dls.train), learn.model, loss_func=F.cross_entropy), 'shrink')

def test_measuring_says_nothing_of_cuda():
    "torch logs what it misses when its benchmarks are imported; later, that logger logs as before."
    import os, subprocess
    run = lambda code: subprocess.run([sys.executable, '-c', code], env={**os.environ, 'CUDA_HOME': '/nowhere', 'CUDA_VISIBLE_DEVICES': ''}, capture_output=True, text=True, check=True)
    assert 'CUDA' not in run("import logging, torch; from fasterlth.measure import latency; latency(torch.exp, torch.zeros(2), seconds=.01); assert logging.getLogger('torch.utils.cpp_extension').level==0").stderr

def test_groups_are_not_cut_wrongly():
    "Grouped convolutions share out their inputs; what Torch-Pruning can't follow at all is said."
    model,masks = masked(lambda: torchvision.models.regnet_y_400mf(num_classes=10), last='fc')
    small,cut = shrink(model, masks, x := image(), exact=True)
    for o in (x,image()): assert largest_difference(model, small, o)<1e-4*largest(model, o)
    assert {'shared out among groups','split or reshaped after it'}<=set(cut.stayed) and cut.cut.sum()>0    # constants of what isn't cut in the end stay where they are
    model,masks = masked(lambda: torchvision.models.shufflenet_v2_x0_5(num_classes=10), last='fc')
    with pytest.raises(ValueError, match="Torch-Pruning can't follow what ShuffleNetV2 computes"): shrink(model, masks, image())

def test_deploy_says_what_is_not_trained(tmp_path):
    learn = make_learner()
    ticket = LotteryTicketFinder(learn, {'*': 50, 'fc2': 0}, n_rounds=1, granularity='filter', seed=0, verbose=False).find_winning_ticket(lambda l: l.fit(1))
    ticket.apply(learn)
    with pytest.warns(UserWarning, match='learn holds the weights that the ticket begins with'): ticket.deploy(learn, 'compressed', tmp_path/'f')
    quiet(learn, 1)
    made = ticket.deploy(learn, 'shrink')    # a warning would be an error here
    assert any('padded borders' in n for n in made.notes)==(made.report.difference['shrink']>1e-3)
