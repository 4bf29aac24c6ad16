"A network without its dead filters computes what the masked one computes, and trains on where it was."
import sys, warnings
import pytest
from torch.nn.utils.prune import l1_unstructured
from networks import *
from fasterlth.train.mask_callback import MaskCallback
from fasterlth.ship.measure import compare_models, largest_difference
from fasterlth.ship.shrink import _same_but_rounding, shrink, shrink_learner
from fasterlth.train.randomness import random_states

# the share of the parameters that may be left, at most
most_left = dict(resnet18=.75, mobilenet_v2=.6, densenet121=.4, vgg11_bn=.3, block=.7, encoder=.8)


@pytest.mark.parametrize('name', [weekly(n) if n in ('vgg11_bn','densenet121') else n for n in cases])
def test_shrunk_computes_the_same(name):
    make,xb,last = cases[name]
    model,masks = masked(make, last=last)
    before,x = {n: t.clone() for n,t in model.state_dict().items()},xb()
    small,cut = shrink(model, masks, x, exact=True)
    assert same(before, model.state_dict()) and not small.training
    for x in (x, xb()): assert largest_difference(model, small, x)<1e-4*largest(model, x)
    if name=='block': assert cut.cut['0.fc1']==32
    if name=='encoder': assert cut.cut['0.linear1']==16
    assert n_params(small)<most_left[name]*n_params(model)
    assert (cut.cut<=cut.dead).all() and cut.cut.sum()>0 and (cut.stayed[cut.cut<cut.dead]!='').all()
    for k,o in cut.iterrows():
        assert len(small.get_submodule(k).weight)==o.filters-o.cut==len(model.get_submodule(k).weight)-o.cut

@pytest.mark.parametrize('name', ['resnet18','mobilenet_v2'])
def test_skip_connections_are_cut_where_everything_added_is_dead(name):
    make,xb,_ = cases[name]
    model,_ = masked(make, 0, zero=True)
    masks = {n: torch.ones_like(p, dtype=torch.bool) for n,p in model.named_parameters() if p.ndim==4}
    for m in masks.values(): m[:len(m)//2] = False    # the same channels everywhere
    apply_masks(model, masks)
    small,cut = shrink(model, masks, xb(), exact=True)
    assert largest_difference(model, small, x := xb())<1e-4*largest(model, x)
    convs = {n.removesuffix('.weight') for n in masks}
    assert set(cut.index)=={n for n in convs if model.get_submodule(n).groups==1}
    assert (cut.cut==cut.dead).all() and (cut.cut==cut.filters//2).all()
    for n,m in small.named_modules():
        if isinstance(m, nn.Conv2d): assert len(m.weight)==len(model.get_submodule(n).weight)//2

@pytest.mark.parametrize('name', ['resnet18'])
def test_constants_at_zero_cost_nothing(name):
    "ReLU turns what dead channels hold into zeros: everything that is dead and free is cut, and the outputs stay."
    make,xb,last = cases[name]
    model,masks = masked(make, last=last, zero=True)
    x = xb()
    small,cut = shrink(model, masks, x)
    assert largest_difference(model, small, x)<1e-4*largest(model, x)
    assert not cut.stayed.str.contains('borders').any() and n_params(small)<.75*n_params(model)

def test_the_difference_at_borders_is_measured():
    model,masks = masked(cases['resnet18'][0], last='fc')
    x = image()
    small,_ = shrink(model, masks, x)
    table = compare_models({'masked': model, 'shrunk': small}, x)
    assert table.difference['shrunk']==largest_difference(model, small, x)>1e-4
    assert table.parameters['shrunk']<table.parameters['masked']

def test_skip_connections_keep_what_is_alive_elsewhere():
    model,masks = masked(cases['resnet18'][0], last='fc')
    _,cut = shrink(model, masks, image(), exact=False)
    added = 'layer1.0.conv2','layer1.1.conv2','conv1'
    dead = torch.stack([~masks[f'{n}.weight'].flatten(1).any(1) for n in added])
    assert {cut.cut[n] for n in added}=={int(dead.all(0).sum())} and dead.all(0).sum()<32
    assert cut.cut['layer1.0.conv1']==32 and 'added to a live one' in cut.stayed['conv1']

class Added(nn.Module):
    "A padded convolution that is added to its own input."
    def __init__(self):
        super().__init__()
        self.a,self.b,self.fc = nn.Conv2d(1, 4, 3),nn.Conv2d(4, 4, 3, padding=1),nn.Linear(4*36, 3)
    def forward(self, x):
        x = self.a(x).relu()
        return self.fc((x+self.b(x)).relu().flatten(1))

def test_borders_hold_back_only_constants_that_matter():
    "Including a convolution that produces and receives the same channels."
    torch.manual_seed(0)
    net = Added().eval()
    net.a.bias.data,net.b.bias.data = torch.tensor([.1,.5,.1,-.5]),torch.tensor([.1,.2,.1,-.2])
    masks = {f'{n}.weight': torch.ones_like(m.weight, dtype=torch.bool) for n,m in (('a',net.a),('b',net.b))}
    for m in masks.values(): m[[1,3]] = False    # channel 1 is a constant, channel 3 zero after the ReLU
    small,cut = shrink(net, masks, x := digit(), exact=True)
    assert cut.cut.tolist()==[1,1] and set(cut.stayed)=={'not zero at borders'}
    assert largest_difference(apply_masks(net, masks), small, x)<1e-5

def test_bias_of_dead_filters_is_accounted_for():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.Tanh(), nn.Conv2d(8, 8, 3), nn.ReLU(),
                          nn.Flatten(), nn.Linear(8*16, 10)).eval()
    masks = make_masks(prunable(model, 'filter'), {'*': 50, '5': 0}, l1_norm)
    apply_masks(model, masks)
    nn.init.uniform_(model[0].bias, 1, 2)
    x = digit()
    small,_ = shrink(model, masks, x)
    assert [small[i].weight.shape for i in (0,2,5)]==[(4,1,3,3),(4,4,3,3),(10,64)]
    assert largest_difference(model, small, x)<1e-5

def test_a_layer_keeps_one_filter_and_frozen_stays_frozen():
    model = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 2)).eval()
    model[0].requires_grad_(False)
    masks = {'0.weight': torch.zeros(6, 4, dtype=torch.bool)}
    small,cut = shrink(model, masks, torch.randn(3, 4))
    assert small[0].weight.shape==(1,4) and cut.stayed['0']=='one must stay'
    assert not small[0].weight.requires_grad and small[2].weight.requires_grad

def test_groups_are_not_cut_wrongly():
    "Grouped convolutions divide up their inputs; what Torch-Pruning can't follow at all is refused."
    model,masks = masked(lambda: torchvision.models.regnet_y_400mf(num_classes=10), last='fc')
    small,cut = shrink(model, masks, x := image(), exact=True)
    for o in (x,image()): assert largest_difference(model, small, o)<1e-4*largest(model, o)
    # constants of what isn't cut in the end stay where they are
    assert 'shared out among groups' in set(cut.stayed) and cut.cut.sum()>0
    assert cut.stayed.str.contains(r'split or reshaped after it \(').any()    # with the error
    model,masks = masked(lambda: torchvision.models.shufflenet_v2_x0_5(num_classes=10), last='fc')
    with pytest.raises(ValueError, match="Torch-Pruning can't follow what ShuffleNetV2 computes"):
        shrink(model, masks, image())

def unpadded():
    net = nn.Sequential(nn.Conv2d(1, 8, 3, bias=False), nn.ReLU(), nn.Conv2d(8, 12, 3, bias=False), nn.ReLU(),
                        nn.Flatten(), nn.Linear(12*16, 10))
    return init_weights(net, 0, nn.init.kaiming_normal_)

fused = partial(OptimWrapper, opt=torch.optim.Adam)
@pytest.mark.parametrize('opt_func', [Adam, fused, partial(SGD, mom=.9)])
def test_training_continues_as_it_would_have(opt_func):
    """Where dead filters give nothing but zeros, the smaller network takes exactly the steps of the masked one:
    each of the optimizer's moments is at its place."""
    learn = make_learner(model=unpadded(), opt_func=opt_func)
    cb = sparsify({'*': 50, '5': 0}, 'filter', schedule=one_shot)
    quiet(learn, 2, cbs=cb)
    small,_ = shrink_learner(learn, cb.masks)
    assert [len(small.model[i].weight) for i in (0,2,5)]==[4,6,10] and small.opt is not learn.opt
    fresh = Learner(learn.dls, deepcopy(small.model), opt_func=opt_func)
    learn.add_cb(MaskCallback(cb.masks))
    for l in (learn, small, fresh): quiet(seed_learner(l, 3), 1, lr=1e-3)
    x = learn.dls.valid.one_batch()[0]
    scale = largest(learn.model, x)
    with_moments = largest_difference(learn.model.eval(), small.model.eval(), x)
    assert with_moments<2e-3*scale<largest_difference(learn.model, fresh.model.eval(), x)

def test_what_stays_dead_stays_masked():
    "In skip connections: the masks are carried over, cut to size, and so is what is frozen."
    net = small_resnet(8, n_ch=1, width=8, seed=0)
    learn = make_learner(model=net, splitter=lambda m: [params(m[:3]), params(m[3:])])
    masks = make_masks(prunable(net, 'filter'), {'*': 50, 'fc': 0}, l1_norm)
    learn.add_cb(MaskCallback(masks))
    learn.freeze()
    quiet(learn, 1)
    small,cut = shrink_learner(learn, masks)
    on = next(cb for cb in small.cbs if isinstance(cb, MaskCallback)).masks
    assert small.opt.frozen_idx==1 and not small.model.conv.weight.requires_grad
    assert on and {n.removesuffix('.weight') for n in on}=={*cut.index[cut.cut<cut.dead]}
    before = weights(small.model)
    quiet(small, 1)
    assert_masked(small.model, on)
    assert torch.equal(before['conv.weight'], small.model.conv.weight)
    assert not torch.equal(before['fc.weight'], small.model.fc.weight)

def test_a_learner_that_has_not_trained_starts_afresh():
    learn = make_learner()
    masks = make_masks(prunable(learn.model, 'filter'), {'*': 50, 'fc2': 0}, l1_norm)
    small,_ = shrink_learner(learn, masks, learn.dls.one_batch()[0], exact=True)
    assert learn.opt is None and small.opt is None and quiet(small, 1).recorder.values[-1][0]<3
    with pytest.raises(TypeError, match='learn must be a Learner, not SmallNet'): shrink_learner(learn.model, masks)

def filter_masks(model): return make_masks(prunable(model, 'filter'), 50, l1_norm)

@pytest.mark.parametrize('masks,x,error,text', [
    (lambda m: make_masks(prunable(m, 'weight'), 50, l1_norm), digit(), ValueError,
     "prune no whole filter.*save_compressed"),
    (lambda m: {'conv.weight': torch.zeros(3, dtype=torch.bool)}, digit(), ValueError, 'conv.weight'),
    (filter_masks, [digit()], TypeError, 'xb must be a tensor, the inputs of a batch, or a tuple or dict of tensors, not list'),
    (filter_masks, digit()[:1], ValueError, 'xb must have at least 2 items')])
def test_shrink_refuses(masks, x, error, text):
    net = SmallNet()
    with pytest.raises(error, match=text): shrink(net, masks(net), x)

def test_shrink_refuses_two_outputs():
    net = Pair().eval()
    with pytest.raises(TypeError, match='model must return one tensor, but Pair returns tuple'):
        shrink(net, filter_masks(net), digit())

def test_a_missing_library_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, 'torch_pruning', None)
    net = SmallNet().eval()
    with pytest.raises(ImportError, match=r"torch_pruning is needed here: pip install 'fasterlth\[deploy\]'"):
        shrink(net, filter_masks(net), digit())

def test_networks_saved_earlier_find_the_class_of_their_attention():
    from fasterlth.ship import heads, shrink
    assert shrink.FewerHeads is heads.FewerHeads

# What looks constant

def pruned_filters(model, sparsity):
    masks = make_masks(prunable(model, 'filter'), sparsity, l1_norm)
    apply_masks(model, masks)
    return masks

class Glu(nn.Module):
    def __init__(self, gate):
        super().__init__()
        self.a,self.b,self.gate = nn.Linear(32, 64),nn.Linear(32, 10),gate
        nn.init.uniform_(self.a.bias, -1, 1)
    def forward(self, x):
        a,g = self.a(x).chunk(2, -1)
        return self.b(a*self.gate(g))

@pytest.mark.parametrize('exact', [False,True])
@pytest.mark.parametrize('gate', [F.silu,torch.sigmoid])
def test_halves_that_are_multiplied_lose_a_channel_once(gate, exact):
    "Two filters lead to one channel of the layer that follows, whose constant counts once."
    torch.manual_seed(0)
    model = Glu(gate).eval()
    masks,x = pruned_filters(model, {'a': 50,'b': 0}),torch.randn(8, 32)
    small,table = shrink(model, masks, x, exact=exact)
    assert table.cut['a']>0
    for x in (x,torch.randn(8, 32)): assert largest_difference(model, small, x)<1e-5*largest(model, x)

class Bag(nn.Module):
    "A sum over items that are there."
    def __init__(self): super().__init__(); self.a,self.o = nn.Linear(16, 32),nn.Linear(32, 4)
    def forward(self, x, keep): return self.o((F.relu(self.a(x))*keep[...,None]).sum(1))

@pytest.mark.parametrize('kind', [torch.float32,torch.bool])
def test_constant_only_on_the_batch(kind):
    "All sequences of a batch may have one length."
    torch.manual_seed(0)
    model = Bag().eval()
    masks = pruned_filters(model, {'a': 50,'o': 0})
    small,table = shrink(model, masks, (torch.randn(8, 5, 16), torch.ones(8, 5).to(kind)))
    assert 0<table.cut['a']<16 and table.stayed['a']=='mixed with live ones'    # those that are cut are 0
    xb = torch.randn(8, 5, 16),(torch.rand(8, 5)>.5).to(kind)
    with torch.no_grad(): assert (model(*xb)-small(*xb)).abs().max()<1e-5*model(*xb).abs().max()

def test_a_live_convolution_in_groups_is_added():
    "On the batch its sums are all negative, so nothing shows after the ReLU."
    class Sum(nn.Module):
        def __init__(self):
            super().__init__()
            self.a,self.g,self.o = nn.Conv2d(4, 8, 1),nn.Conv2d(4, 8, 1, groups=4),nn.Conv2d(8, 3, 1)
        def forward(self, x): return self.o(F.relu(self.a(x)+self.g(x))).mean((2,3))
    torch.manual_seed(0)
    model = Sum().eval()
    masks = pruned_filters(model, {'a': 50,'g': 0,'o': 0})
    with torch.no_grad(): model.g.bias.fill_(-1), model.a.bias.zero_()
    small,table = shrink(model, masks, torch.randn(64, 4, 3, 3)*.05, exact=True)
    assert (table.cut['a'],table.stayed['a'])==(0,'added to a live one')
    assert largest_difference(model, small, torch.randn(64, 4, 3, 3)*3)==0

def test_another_constant_at_each_place():
    class Place(nn.Module):
        def __init__(self):
            super().__init__()
            self.a,self.o = nn.Linear(16, 32),nn.Linear(32, 4)
            self.register_buffer('w', torch.linspace(0, 1, 5)[:,None])
        def forward(self, x): return self.o(F.relu(self.a(x)*self.w)).amax(1)
    torch.manual_seed(0)
    model = Place().eval()
    masks,x = pruned_filters(model, {'a': 50,'o': 0}),torch.randn(8, 5, 16)
    nn.init.uniform_(model.a.bias, -1, 1)
    small,table = shrink(model, masks, x)
    assert 'another constant at each place' in table.stayed['a']
    assert largest_difference(model, small, x)<1e-5*largest(model, x)

def test_infinite_outputs_are_compared():
    "A network may rule classes out. Its other outputs count as ever."
    want = torch.tensor([1.,2.,-torch.inf,torch.nan])
    assert _same_but_rounding(want.clone(), want) and _same_but_rounding(torch.full((2,), torch.inf), torch.full((2,), torch.inf))
    for i,v in ((0,1.01), (2,0.), (3,0.)):
        out = want.clone()
        out[i] = v
        assert not _same_but_rounding(out, want)

@pytest.mark.parametrize('wrap', [nn.utils.parametrizations.spectral_norm, nn.utils.parametrizations.weight_norm, lambda m: l1_unstructured(m, 'weight', .3)])
@pytest.mark.filterwarnings('ignore:left dense:UserWarning')
def test_parametrized_layers_stay(wrap):
    model = nn.Sequential(nn.Linear(32, 16), nn.ReLU(), nn.Linear(16, 8), nn.ReLU(), wrap(nn.Linear(8, 4))).eval()
    masks,x = pruned_filters(model, {'*': 0,'0': 50,'2': 50}),torch.randn(8, 32)
    small,table = shrink(model, masks, x)
    assert table.cut.tolist()==[8,0] and table.stayed['2']=='a parametrized layer'
    assert largest_difference(model, small, x)<1e-5*largest(model, x)

def test_every_other_channel_stays():
    class Every(nn.Module):
        def forward(self, x): return x[:,::2]
    model = nn.Sequential(nn.Linear(32, 16), Every(), nn.ReLU(), nn.Linear(8, 4)).eval()
    small,table = shrink(model, pruned_filters(model, {'*': 0,'0': 50}), torch.randn(8, 32))
    assert table.cut.sum()==0 and table.stayed['0']=="Torch-Pruning can't follow its channels"

def test_a_script_is_refused():
    model = nn.Sequential(nn.Linear(8, 6), nn.ReLU(), nn.Linear(6, 4))
    masks,x = pruned_filters(model, {'*': 0,'0': 50}),torch.randn(8, 8)
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        script = torch.jit.trace(model, x)
    with pytest.raises(ValueError, match='model must be an nn.Module in Python'): shrink(script, masks, x)

def test_a_batch_that_is_drawn_moves_no_random_state():
    learn,ticket = trained()
    states = repr(random_states(learn.dls))
    shrink_learner(learn, ticket.masks)
    assert repr(random_states(learn.dls))==states


# Constants inside, and at borders

@torch.no_grad()
def inside(model, small, x, border=6):
    "Return the largest difference away from borders."
    return float((model(x)-small(x))[...,border:-border,border:-border].abs().max())

def wide(): return torch.randn(8, 1, 32, 32)

def first_dead(*layers, n=4):
    "Return a network whose first convolution has dead filters that are worth something, and its masks."
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), *layers).eval()
    nn.init.uniform_(model[0].bias, .5, 1)
    masks = {'0.weight': torch.ones_like(model[0].weight, dtype=torch.bool)}
    masks['0.weight'][:n] = False
    apply_masks(model, masks)
    return model,masks

def conv(*args, **kwargs): return nn.Conv2d(8, 4, *args, **kwargs)
def in_groups(kernel, **kwargs): return nn.Conv2d(8, 8, kernel, groups=8, **kwargs)

around = dict(    # what gives borders other values
    zeros=lambda: [nn.ZeroPad2d(1), conv(3)],
    ones=lambda: [nn.ConstantPad2d((0,1,0,1), 1.), conv(3)],
    average=lambda: [nn.AvgPool2d(3, 2, 1), conv(1)],
    groups=lambda: [in_groups(3, padding=1), nn.ReLU(), conv(1)],
    several=lambda: [in_groups(5, padding='same'), nn.ZeroPad2d((0,1,0,1)), in_groups(3), nn.ReLU(), conv(3, padding=1)],
    dilated=lambda: [conv(3, padding=2, dilation=2)],
    same=lambda: [conv((3,5), padding='same')],
    strided=lambda: [conv(3, stride=2, padding=1)])

@pytest.mark.parametrize('kind', around)
def test_outputs_inside_stay(kind):
    model,masks = first_dead(*around[kind]())
    small,table = shrink(model, masks, x := wide())
    assert table.cut['0']==4 and inside(model, small, x)<1e-5<1e-3<largest_difference(model, small, x)
    small,table = shrink(model, masks, x, exact=True)
    assert (table.cut['0'],table.stayed['0'])==(0,'not zero at borders')

nothing = dict(    # what doesn't
    reflect=lambda: [nn.ReflectionPad2d(1), conv(3)],
    circular=lambda: [conv(3, padding=1, padding_mode='circular')],
    maximum=lambda: [nn.MaxPool2d(3, 1, 1), conv(1)])

@pytest.mark.parametrize('kind', nothing)
def test_borders_without_other_values_hold_nothing_back(kind):
    model,masks = first_dead(*nothing[kind]())
    small,table = shrink(model, masks, x := wide(), exact=True)
    assert table.cut['0']==4 and largest_difference(model, small, x)<1e-5

def test_averages_of_maps_stay():
    "Where the outputs are averages themselves, a constant is, too."
    layers = [in_groups(3, padding=1), conv(1), nn.AdaptiveAvgPool2d(1)]
    model,masks = first_dead(*layers)
    small,table = shrink(model, masks, x := digit())
    assert table.cut['0']==4 and largest_difference(model, small, x)<1e-5

@pytest.mark.parametrize('kind', [torch.float16,torch.bfloat16])
def test_half_precision_is_cut(kind):
    model,masks = first_dead(conv(3, padding=1))
    small,table = shrink(model.to(kind), masks, wide().to(kind))
    assert table.cut['0']==4

class Levels(nn.Module):
    "One layer for maps of two sizes, as detectors have it."
    def __init__(self, head):
        super().__init__()
        self.b1,self.b2 = nn.Conv2d(1, 8, 3, padding=1),nn.Conv2d(8, 8, 3, stride=2, padding=1)
        self.head,self.out = head,nn.Conv2d(4, 2, 1)
    def forward(self, x):
        a = self.b1(x).relu()
        return torch.cat([self.out(self.head(o).relu()).flatten(2) for o in (a,self.b2(a).relu())], 2)

@pytest.mark.parametrize('head', [conv(3, padding=1), nn.Sequential(nn.ZeroPad2d(1), conv(3))])
@pytest.mark.parametrize('bias,cut', [(2.,2), (1.,0), (-1.,0)])
def test_a_layer_called_twice_needs_one_constant(head, bias, cut):
    torch.manual_seed(0)
    model = Levels(deepcopy(head)).eval()
    nn.init.constant_(model.b1.bias, 2.), nn.init.constant_(model.b2.bias, bias)
    masks = {f'{n}.weight': torch.ones_like(model.get_submodule(n).weight, dtype=torch.bool) for n in ('b1','b2')}
    for m in masks.values(): m[:2] = False
    apply_masks(model, masks)
    small,table = shrink(model, masks, x := wide())
    assert table.cut.tolist()==[cut,cut]
    assert set(table.stayed)=={'' if cut else 'another constant in each call'}
    with torch.no_grad(): a,b = [m(x)[...,:1024].unflatten(2, (32,32))[...,6:-6,6:-6] for m in (model,small)]
    assert (a-b).abs().max()<1e-5

@pytest.mark.parametrize('padding', [0,1])
def test_tied_convolutions_keep_their_inputs(padding):
    torch.manual_seed(0)
    def conv(n_in, n_out): return nn.Conv2d(n_in, n_out, 3, padding=padding)
    model = nn.Sequential(conv(1, 8), nn.ReLU(), conv(8, 8), nn.ReLU(), conv(8, 8), nn.ReLU(), nn.Conv2d(8, 4, 1))
    model.eval()[4].weight = model[2].weight
    nn.init.constant_(model[2].bias, .5)
    masks = {'2.weight': torch.ones(8, 8, 3, 3, dtype=torch.bool)}
    masks['2.weight'][:3] = False
    apply_masks(model, masks)
    small,table = shrink(model, masks, x := wide())
    assert table.cut['2']==0 and 'the outputs changed' in table.stayed['2']
    assert largest_difference(model, small, x)==0

@pytest.mark.parametrize('exact', [False,True])
def test_a_map_of_places_is_no_constant(exact):
    class Grid(nn.Module):
        def __init__(self):
            super().__init__()
            self.a,self.b = nn.Conv2d(1, 8, 3, padding=1),nn.Conv2d(8, 4, 1)
            self.register_buffer('where', torch.linspace(-1, 1, 32).expand(1, 1, 32, 32).clone())
        def forward(self, x): return self.b((self.a(x)+self.where).relu())
    torch.manual_seed(0)
    model = Grid().eval()
    masks = pruned_filters(model, {'a': 50,'b': 0})
    _,table = shrink(model, masks, wide(), exact=exact)
    assert (table.cut['a'],table.stayed['a'])==(0,'another constant at each place')

class Flagged(nn.Module):
    "A second input that is the same for nearly all items."
    def __init__(self): super().__init__(); self.a,self.b = nn.Conv2d(1, 8, 3),nn.Conv2d(8, 4, 1)
    def forward(self, x, flag): return self.b((self.a(x)+flag[:,None,None,None]).relu())

@pytest.mark.parametrize('flag', [torch.zeros(64), torch.full((64,), .5), torch.zeros(64, dtype=torch.long),
                                  torch.full((64,), 2), torch.full((64,), -1), torch.zeros(64, dtype=torch.bool)])
def test_an_input_that_is_always_the_same_may_change(flag):
    torch.manual_seed(0)
    model = Flagged().eval()
    nn.init.uniform_(model.a.bias, .5, 1)
    masks = pruned_filters(model, {'a': 50,'b': 0})
    _,table = shrink(model, masks, (torch.randn(64, 1, 8, 8),flag), exact=True)
    assert (table.cut['a'],table.stayed['a'])==(0,'mixed with live ones')

def test_an_index_that_is_always_the_same_stays_valid():
    "A table of one row has no other index."
    class Typed(nn.Module):
        def __init__(self):
            super().__init__()
            self.e,self.a,self.b = nn.Embedding(1, 16),nn.Linear(16, 8),nn.Linear(8, 4)
        def forward(self, x, i): return self.b(self.a(x+self.e(i)).relu())
    model = Typed().eval()
    masks,xb = pruned_filters(model, {'a': 50,'b': 0}),(torch.randn(4, 16),torch.zeros(4, dtype=torch.long))
    assert shrink(model, masks, xb, exact=True)[1].cut['a']==4

def test_exact_knows_what_goes_into_groups():
    "Also if these have more outputs than inputs."
    class Sum(nn.Module):
        def __init__(self):
            super().__init__()
            self.i,self.p = nn.Conv2d(1, 8, 3),nn.Conv2d(8, 16, 1)
            self.d,self.b = nn.Conv2d(8, 16, 3, padding=1, groups=8),nn.Conv2d(16, 4, 1)
        def forward(self, x):
            x = self.i(x).relu()
            return self.b((self.p(x)+self.d(x)).relu())
    torch.manual_seed(0)
    model = Sum().eval()
    masks = {f'{n}.weight': torch.ones_like(model.get_submodule(n).weight, dtype=torch.bool) for n in 'pd'}
    for m in masks.values(): m[12:14] = False
    small,table = shrink(apply_masks(model, masks), masks, x := wide(), exact=True)
    assert table.stayed['p'].startswith('split or reshaped after it (RuntimeError')    # 14 filters in 8 groups
    assert largest_difference(model, small, x)==0

def test_dead_filters_in_groups_have_no_borders():
    "What they give is their bias, whatever they are given."
    model,masks = first_dead(in_groups(3, padding=1), nn.ReLU(), conv(1))
    masks['2.weight'] = torch.ones_like(model[2].weight, dtype=torch.bool)
    masks['2.weight'][:2] = False
    small,table = shrink(apply_masks(model, masks), masks, x := wide(), exact=True)
    assert (table.cut['0'],table.stayed['0'])==(2,'not zero at borders')
    assert largest_difference(model, small, x)<1e-5

def test_parameters_may_be_whole_numbers():
    model,masks = first_dead(conv(3, padding=1))
    model.register_parameter('k', nn.Parameter(torch.arange(4), requires_grad=False))
    small,table = shrink(model, masks, wide())
    assert table.cut['0']==4 and small.k.tolist()==[0,1,2,3] and not small.k.requires_grad

@pytest.mark.parametrize('wrap', [partial(torch.compile, backend='eager'), nn.DataParallel])
def test_wrapped_networks_are_shrunk(wrap):
    model,masks = first_dead(conv(3))
    small,table = shrink(wrap(model), masks, x := wide())
    assert table.cut['0']==4 and type(small) is nn.Sequential and largest_difference(model, small, x)<1e-5
