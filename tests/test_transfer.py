"Tickets of one network for another: every tensor is accounted for, and what is moved is moved exactly."
import torchvision
import pytest
from helpers import *
from fasterlth.find.controls import control_of, random_mask
from fasterlth.core.tensors import model_tensors
from fasterlth.counterparts import Stage, appended, computation_order, interpolated, layers_of, outline
from fasterlth.transfer import transferred

def ticket_of(model, sparsity=80, granularity='weight', seed=0):
    "Make a ticket whose tensors are all different, those of normalisations too."
    torch.manual_seed(seed)
    with torch.no_grad():
        for t in model_tensors(model).values():
            if t.ndim: t.copy_(torch.randn(t.shape).abs()+.1 if t.ndim==1 else torch.randn(t.shape))
    return Ticket.of(model, make_masks(prunable(model, granularity), sparsity))

def moved(res, ticket, pairs):
    "Check that layers of the result hold what their counterparts in the ticket hold, under the same masks."
    for y,x in pairs.items():
        mine = {n: t for n,t in res.ticket.weights.items() if n.startswith(f'{y}.') and t.ndim}
        assert mine, y
        for n,t in mine.items():
            s = x+n.removeprefix(y)
            assert torch.equal(t, ticket.weights[s]), (n,s)
            if s in ticket.masks: assert torch.equal(res.ticket.masks[n], ticket.masks[s])

def whole(res, model):
    "Check that the report lists every tensor of the model once, and that the ticket fits the model."
    named = [n for n,t in model_tensors(model).items() if t.ndim or isinstance(t, nn.Parameter)]
    assert sorted(res.report.tensor.dropna())==sorted(named) and abs(res.shares.sum()-100)<1e-6
    res.ticket.load_into(model)
    for n,m in res.ticket.masks.items(): assert not dict(model.named_parameters())[n].detach()[~m].count_nonzero()

def which(res, how):
    "Return the tensors of the model that were matched in this way."
    return set(res.report.tensor[res.report.how==how].dropna())

def row(res, tensor):
    "Return the row of one tensor of the model."
    return res.report[res.report.tensor==tensor].iloc[0]

tv = torchvision.models
def ours(depth, width=4, **kwargs): return small_resnet(depth, 1, width=width, **kwargs)

nets = dict(    # a small network, a deeper one, how stages are called, the blocks of both
    tv=(lambda: tv.resnet18(num_classes=10), lambda: tv.resnet34(num_classes=10), 'layer', (2,2,2,2), (3,4,6,3)),
    ours=(lambda: ours(20), lambda: ours(32), 'stage', (3,3,3), (5,5,5)))

def block_pairs(stage, few, many, blocks):
    "Return which block of the ticket each block of the model comes from, by name."
    return {f'{stage}{s}.{j}': f'{stage}{s}.{i}'
            for s,(n,m) in enumerate(zip(few, many), 1) for j,i in enumerate(blocks(n, m))}

@pytest.mark.parametrize('blocks', [appended,interpolated])
@pytest.mark.parametrize('name', nets)
def test_stretched_block_by_block(name, blocks):
    small,big,stage,few,many = nets[name]
    t = ticket_of(small())
    res = t.transfer(model := big(), blocks=blocks, strict=True)
    whole(res, model)
    rest = ('conv1','bn1','fc') if name=='tv' else ('conv','bn','fc')
    moved(res, t, block_pairs(stage, few, many, blocks) | {n: n for n in rest})
    assert set(res.shares.index)=={'by name','stretched'} or blocks is interpolated
    kept = lambda ms: sum(int(m.sum()) for n,m in ms.items())
    assert kept(res.ticket.masks)==sum(int(t.masks[x].sum()) for x in res.report.source if x in t.masks)

@pytest.mark.parametrize('blocks', [appended,interpolated])
@pytest.mark.parametrize('name', nets)
def test_squeezed_block_by_block(name, blocks):
    small,big,stage,few,many = nets[name]
    t = ticket_of(big())
    res = t.transfer(model := small(), blocks=blocks, strict=True)
    whole(res, model)
    moved(res, t, block_pairs(stage, many, few, blocks))
    gone = {f'{stage}{s}.{i}' for s,(n,m) in enumerate(zip(many, few), 1) for i in set(range(n))-set(blocks(n, m))}
    assert {o.rpartition('.')[0].removesuffix('.down') for o in res.report.source[res.report.how=='squeezed']}==gone

class Renamed(nn.Module):
    "resnet18 as another library might name and order it."
    def __init__(self):
        super().__init__()
        r = tv.resnet18(num_classes=10)
        self.classifier = r.fc
        self.stem = nn.Sequential(r.conv1, r.bn1, nn.ReLU(), r.maxpool)
        for b in [*r.layer1, *r.layer2, *r.layer3, *r.layer4]:
            if b.downsample is None: continue
            b.shortcut,b.downsample = b.downsample,None
            b.forward = partial(self.block, b)
        self.body = nn.ModuleList([r.layer1, r.layer2, r.layer3, r.layer4])
    @staticmethod
    def block(b, x): return b.relu(b.bn2(b.conv2(b.relu(b.bn1(b.conv1(x)))))+b.shortcut(x))
    def forward(self, x):
        x = self.stem(x)
        for s in self.body: x = s(x)
        return self.classifier(x.mean((2,3)))

def test_other_names_by_structure():
    t,model = ticket_of(tv.resnet18(num_classes=10)),Renamed()
    order = computation_order(model, torch.zeros(1, 3, 32, 32))
    assert order.index('stem.0')<order.index('classifier')
    res = t.transfer(model, order=order, strict=True)
    whole(res, model)
    moved(res, t, {'stem.0': 'conv1', 'stem.1': 'bn1', 'classifier': 'fc',
                   'body.1.0.shortcut.0': 'layer2.0.downsample.0', 'body.3.1.conv2': 'layer4.1.conv2'})
    assert set(res.shares.index)=={'by structure'} and abs(res.ticket.sparsity-t.sparsity)<1e-9
    there = Ticket.of(model, res.ticket.masks, res.ticket.weights)
    deeper = there.transfer(tv.resnet34(num_classes=10), source_order=order, strict=True)
    moved(deeper, t, {'layer3.5': 'layer3.1', 'fc': 'fc'})

def test_outlines():
    stages = lambda m: {o.path: len(o.blocks) for o in outline(layers_of(model_tensors(m))) if isinstance(o, Stage)}
    assert stages(tv.resnet34())=={'layer1': 3, 'layer2': 4, 'layer3': 6, 'layer4': 3}
    assert stages(small_resnet(8))=={'stage1': 1, 'stage2': 1, 'stage3': 1}
    assert stages(nn.Sequential(tv.resnet18()))=={'0.layer1': 2, '0.layer2': 2, '0.layer3': 2, '0.layer4': 2}
    assert stages(tv.vgg11())==stages(tv.densenet121())==stages(lenet5())=={}
    assert stages(tv.vit_b_16())=={'encoder.layers': 12}
    body_and_head = nn.Sequential(tv.resnet18(), nn.Sequential(nn.Linear(1000, 8), nn.ReLU(), nn.Linear(8, 2)))
    assert set(stages(body_and_head))=={f'0.layer{i}' for i in range(1, 5)}

def test_a_block_that_changes_the_size_is_not_repeated():
    t = ticket_of(ours(8))
    res = t.transfer(model := ours(14))
    whole(res, model)
    moved(res, t, {'stage1.1': 'stage1.0', 'stage2.0': 'stage2.0'})
    dense = res.report[res.report.how=='left dense'].tensor
    assert {o.rpartition('.')[0].rpartition('.')[0] for o in dense}=={'stage2.1','stage3.1'}
    own = model_tensors(small_resnet(14, 1, width=4, seed=5))
    again = t.transfer(small_resnet(14, 1, width=4, seed=5)).ticket
    assert all(torch.equal(again.weights[n], own[n]) for n in dense) and again.masks['stage2.1.conv1.weight'].all()
    with pytest.raises(ValueError, match=r'strict: stage2.1.conv1.weight \(left dense, no counterpart\)'):
        t.transfer(ours(14), strict=True)

@pytest.mark.parametrize('a,b', [(4,8),(8,4),(6,8)])
def test_other_widths(a, b):
    t = ticket_of(small_resnet(14, 1, width=a))
    model = small_resnet(14, 1, width=b, seed=3)
    own = {n: o.clone() for n,o in model_tensors(model).items()}
    res = t.transfer(model, strict=True)
    n = 'stage2.0.conv1.weight'
    m,w,(o,i) = res.ticket.masks[n],res.ticket.weights[n],(min(2*a, 2*b),min(a, b))
    assert torch.equal(w[:o,:i], t.weights[n][:o,:i]) and torch.equal(m[:o,:i], t.masks[n][:o,:i])
    if b>a: assert torch.equal(w[o:], own[n][o:]) and torch.equal(w[:,i:], own[n][:,i:])
    if b==2*a: assert torch.equal(m, t.masks[n].repeat(2, 2, 1, 1)) and abs(res.ticket.sparsity-t.sparsity)<.5
    assert (res.report.why[res.report.tensor==n]==('wider' if b>a else 'narrower')).all()
    whole(res, model)

def test_deeper_and_wider():
    t = ticket_of(ours(14))
    res = t.transfer(model := small_resnet(26, 1, width=8), strict=True)
    whole(res, model)
    assert torch.equal(res.ticket.masks['stage3.3.conv2.weight'], t.masks['stage3.1.conv2.weight'].repeat(2, 2, 1, 1))
    assert (res.report.how[res.report.tensor=='stage3.3.conv2.weight']=='stretched').all()

def test_plain_networks_run_by_run():
    def unit(a, b): return nn.Conv2d(a, b, 3, padding=1),nn.BatchNorm2d(b),nn.ReLU()
    def vgg(*cs):
        units = [o for a,b in zip((1,*cs), cs) for o in unit(a, b)]
        return nn.Sequential(*units, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(cs[-1], 10))
    t = ticket_of(vgg(4, 8, 8, 16))
    res = t.transfer(model := vgg(4, 8, 8, 8, 16), strict=True)
    whole(res, model)
    moved(res, t, {'0': '0', '3': '3', '4': '4', '6': '6', '9': '6', '10': '7', '12': '9', '17': '14'})
    norm = {f'10.{k}' for k in ('weight','bias','running_mean','running_var')}
    assert which(res, 'stretched')=={'9.weight','9.bias'}|norm
    moved(res.ticket.transfer(vgg(4, 8, 8, 16), strict=True), t, {'6': '6', '9': '9', '14': '14'})

def test_transformers_stretch_too():
    make = lambda n,d=8: nn.TransformerEncoder(nn.TransformerEncoderLayer(d, 2, 16, batch_first=True), n)
    t = ticket_of(make(2))
    res = t.transfer(model := make(4), strict=True)
    whole(res, model)
    moved(res, t, {'layers.3': 'layers.1', 'layers.0': 'layers.0'})
    res = t.transfer(make(2, 16))    # 2·8 and 2·16: queries, keys and values lie side by side
    assert "in_proj_weight can't change from 24 to 48" in row(res, 'layers.0.self_attn.in_proj_weight').why

def convs(n=4, k=3, groups=1):
    return nn.Sequential(nn.Conv2d(1, n, 3), nn.Conv2d(n, n, k, groups=groups), nn.Conv2d(n, 2, 1))

@pytest.mark.parametrize('src,dst,layer,why', [
    (lenet5, lambda: lenet5(n_ch=3), 'conv1', 'other inputs: 1'),
    (lenet5, lambda: lenet5(n_out=5), 'fc3', 'other outputs: 10'),
    (lenet5, lambda: lenet5(size=32), 'fc1', '400 inputs for 576, while the layer before has 16 outputs for 16'),
    (lambda: convs(k=5), convs, '1', "weight can't change from 5 to 3 along dimension 2"),
    (lambda: convs(groups=2), lambda: convs(8, groups=2), '1', "weight can't change from 4 to 8 along dimension 0")])
def test_what_does_not_fit_is_refused_and_left_alone(src, dst, layer, why):
    t,model = ticket_of(src()),dst()
    own = {n: o.clone() for n,o in model_tensors(model).items()}
    res = t.transfer(model)
    whole(res, dst())
    name = f'{layer}.weight'
    found = row(res, name)
    assert found.how=='refused' and found.why==why and found.source==name
    assert torch.equal(res.ticket.weights[name], own[name]) and res.ticket.masks[name].all()
    assert same(own, model_tensors(model))    # the model isn't changed
    with pytest.raises(ValueError, match='strict'): t.transfer(model, strict=True)
    res = t.transfer(model, skip=[layer], strict=True)
    assert set(res.report.how[res.report.tensor.fillna('').str.startswith(f'{layer}.')])=={'skipped'}

def test_masks_or_weights_alone():
    t,model = ticket_of(lenet_300_100()),lenet_300_100(seed=7)
    masks,weights = t.transfer(model, 'masks').ticket,t.transfer(model, 'weights').ticket
    assert same(masks.masks, t.masks) and all(torch.equal(masks.weights[n], o) for n,o in model_tensors(model).items())
    assert not weights.masks and same(weights.weights, t.weights) and weights.sparsity==0

def test_bias_types_and_lost_layers():
    src = nn.Sequential(nn.Linear(6, 8, bias=False), nn.Linear(8, 8), nn.Linear(8, 3))
    t = ticket_of(src)
    res = t.transfer(nn.Sequential(nn.Linear(6, 8), nn.Linear(8, 8), nn.Linear(8, 3)).half())
    assert res.ticket.weights['1.weight'].dtype==torch.float16
    bias = row(res, '0.bias')
    assert (bias.how,bias.why)==('left dense','no bias in the ticket')
    res = t.transfer(nn.Sequential(nn.Linear(6, 8), nn.Linear(8, 3)))    # one layer less: the head stays the head
    moved(res, t, {'1': '2'})
    assert list(res.report.source[res.report.how=='squeezed'])==['1']    # two layers of as many outputs are a stage

def test_masks_that_leave_nothing_are_named():
    src = nn.Sequential(nn.Linear(4, 8), nn.Linear(8, 2))
    masks = make_masks(prunable(src), 10)
    masks['0.weight'][:4] = False
    with pytest.warns(UserWarning, match='no weight is left in 0.weight'):
        Ticket.of(src, masks).transfer(nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 2)))

def test_from_a_file_and_trained(tmp_path):
    t = Ticket.load(ticket_of(ours(8)).save(tmp_path/'t.safetensors'))
    learn = make_learner(model=ours(14))
    new = t.transfer(learn.model).ticket
    again = Ticket.load(new.save(tmp_path/'new'))
    assert same(again.masks, new.masks)
    assert again.about['source']['model']=='Sequential' and again.about['blocks']=='appended'
    quiet(again.apply(learn), 1)
    assert_masked(learn.model, new.masks)

@pytest.mark.parametrize('args,error,text', [
    (dict(model='resnet'), TypeError, "model must be an nn.Module, not 'resnet'"),
    (dict(what='mask'), ValueError, "what must be one of 'both', 'masks', 'weights', not 'mask'"),
    (dict(skip='head'), ValueError, "skip has 'head', which matches none of fc1, fc2, fc3"),
    (dict(blocks='appended'), TypeError, "blocks must be a function"),
    (dict(model=nn.Sequential(nn.Conv3d(1, 2, 3))), ValueError,
     'nothing of the ticket fits Sequential: 0.weight .left dense, no counterpart.')])
def test_refusals(args, error, text):
    with pytest.raises(error, match=text): ticket_of(lenet_300_100()).transfer(**{'model': lenet_300_100(), **args})

def test_blocks_must_give_blocks():
    with pytest.raises(ValueError, match=r"blocks must give 2 numbers from 0 to 2 for \(3, 2\), not \[0, 3\]"):
        ticket_of(ours(20)).transfer(ours(14), blocks=lambda n,m: [0,n])

def test_transferred_is_a_condition(tmp_path):
    "A transferred ticket, its random control and another one for each seed, beside the study's own ticket."
    def make(seed):
        dls = digits_dls(size=8, n=256, bs=64, device=torch.device('cpu'))
        return Learner(dls, lenet_300_100(64, seed=seed), metrics=accuracy)
    t = ticket_of(lenet_300_100(64, seed=9), 75)
    by_seed = lambda seed,r: ticket_of(lenet_300_100(64, seed=9), 75, seed=seed*10+r)
    conditions = dict(moved=transferred(t), moved_random=control_of(transferred(t), random_mask),
                      each=transferred(by_seed, what='masks'))
    s = LotteryStudy(make, lambda l: l.fit(1, 1e-2), 75, 1, conditions, 2, tmp_path/'s')
    s.run(n_jobs=2, verbose=False)    # in processes that get nothing but the functions
    assert not s.failures
    for seed in (0,1):
        m,r,e = (s.ticket(k, seed) for k in ('moved','moved_random','each'))
        assert same(m.masks, t.masks) and same(m.weights, t.weights)
        counts = [{n: int(o.sum()) for n,o in x.masks.items()} for x in (r,t)]
        assert counts[0]==counts[1] and not same(r.masks, t.masks)
        dense = s.ticket('dense', seed).weights
        assert same(e.masks, by_seed(seed, 1).masks) and all(torch.equal(e.weights[n], w) for n,w in dense.items())
    assert set(s.results.condition)=={'dense','winning','moved','moved_random','each'}
    assert s.results.accuracy.between(0, 1).all()
    with pytest.raises(TypeError, match='tickets must be a Ticket'): transferred('t.safetensors')

def test_names_count_where_they_are_names():
    t = ticket_of(conv2(1, 28))
    res = t.transfer(conv4(1, 28))
    moved(res, t, {'conv1': 'conv1', 'conv2': 'conv2', 'fc2': 'fc2', 'fc3': 'fc3'})
    assert which(res, 'left dense')=={f'conv{i}.{k}' for i in (3,4) for k in ('weight','bias')}
    assert row(res, 'fc1.weight').why.startswith('12544 inputs for 6272')
    d = ticket_of(tv.densenet121(num_classes=10))    # layers added to a block come after the shared ones
    res = d.transfer(tv.densenet169(num_classes=10))
    moved(res, d, {'features.denseblock3.denselayer24': 'features.denseblock3.denselayer24'})
    assert res.shares['by name']>30
    assert row(res, 'features.denseblock3.denselayer25.conv1.weight').how=='left dense'

def reported(res, ticket, model):
    """Check that each tensor of the ticket is in the report, as a counterpart or as one that found no place; that
    no memory is shared; and that the shares are right."""
    whole(res, model)
    r = res.report
    used,rest = set(r.source[r.tensor.notna()].dropna()),set(r.source[r.tensor.isna()])
    lost = {n for n in ticket.weights if n in rest or n.rpartition('.')[0] in rest}
    counts = {n for n in ticket.weights if n.endswith('num_batches_tracked')}
    assert not used&lost and used|lost|counts==ticket.weights.keys()|lost
    own = model_tensors(model)
    def size(names): return sum(own[n].numel() for n in names)
    for how,share in res.shares.items(): assert share==pytest.approx(100*size(which(res, how))/size(r.tensor.dropna()))
    where = lambda *ds: {t.untyped_storage().data_ptr() for d in ds for t in d.values() if t.numel()}
    assert not where(res.ticket.weights, res.ticket.masks)&where(own, ticket.weights, ticket.masks)

from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet
slim = lambda block,layers,**kw: ResNet(block, layers, num_classes=10, **kw)
def named(**layers): return nn.Sequential(OrderedDict(layers))

def body_and_head(model, n_out, lin=16):
    "Make a network as `vision_learner` does."
    return nn.Sequential(nn.Sequential(*list(model.children())[:-2]), create_head(model.fc.in_features, n_out, [lin]))

def language_model(n_vocab=20, n_layers=3):
    from fastai.text.all import AWD_LSTM, awd_lstm_lm_config, get_language_model
    return get_language_model(AWD_LSTM, n_vocab, awd_lstm_lm_config|dict(emb_sz=6, n_hid=8, n_layers=n_layers))

def tabular(*embeds):
    from fastai.tabular.all import TabularModel
    return TabularModel(list(embeds), 3, 2, [20,10])

class Scaled(nn.Module):
    "With parameters of its own, one of them a number, and a buffer that `state_dict` leaves out."
    def __init__(self):
        super().__init__()
        self.a,self.b = nn.Linear(4, 8),nn.Linear(8, 2)
        self.scale,self.shift = nn.Parameter(torch.tensor(2.)),nn.Parameter(torch.ones(8))
        self.register_buffer('places', torch.randn(3, 8), persistent=False)

def resnet18(): return tv.resnet18(num_classes=10)
def grouped(*layers): return slim(Bottleneck, layers, groups=4, width_per_group=4)
def with_head(body, n_out=10, lin=16): return body_and_head(body(), n_out, lin)

@pytest.mark.parametrize('a,b,least', [    # at least so many percent are moved
    (resnet18, lambda: slim(Bottleneck, (2,2,2,2)), 35),
    (lambda: grouped(2,1,1,1), lambda: grouped(3,1,1,1), 100),
    (lambda: grouped(1,1,1,1), lambda: slim(Bottleneck, (1,1,1,1)), 30),
    (lambda: tv.mobilenet_v2(num_classes=10), lambda: tv.mobilenet_v2(num_classes=10, width_mult=.5), 100),
    (lambda: tv.mobilenet_v3_small(num_classes=10), lambda: tv.mobilenet_v3_large(num_classes=10), 25),
    (lambda: tv.efficientnet_b1(num_classes=10), lambda: tv.efficientnet_b0(num_classes=10), 100),
    (lambda: tv.regnet_x_400mf(num_classes=10), lambda: tv.regnet_y_400mf(num_classes=10), 60),
    (lambda: with_head(tv.resnet18), lambda: with_head(tv.resnet34), 100),
    (lambda: with_head(tv.resnet18), lambda: with_head(tv.resnet18, 5, 32), 99),
    (resnet18, lambda: with_head(tv.resnet18), 99),
    (language_model, language_model, 100),
    (language_model, lambda: language_model(24), 50),
    (language_model, lambda: language_model(20, 5), 99),
    (lambda: tabular((5,4),(7,6)), lambda: tabular((5,4),(7,6),(9,3)), 35),
    (Scaled, Scaled, 100)])
def test_every_tensor_is_reported(a, b, least):
    t,model = ticket_of(a()),b()
    own = {n: o.clone() for n,o in model_tensors(model).items()}
    res = t.transfer(model)
    assert same(own, model_tensors(model))
    reported(res, t, model)
    assert res.shares.drop(['left dense','refused'], errors='ignore').sum()>least-1e-6

def test_what_a_layer_has_no_room_for_is_reported():
    t = ticket_of(nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Linear(8, 3)))
    model = nn.Sequential(nn.Linear(4, 8, bias=False), nn.BatchNorm1d(8, affine=False), nn.Linear(8, 3))
    res = t.transfer(model)
    reported(res, t, model)
    dropped = res.report[res.report.how=='dropped']
    assert list(dropped.source)==['0.bias','1.weight','1.bias'] and list(dropped.in_ticket)==[(8,)]*3
    with pytest.raises(ValueError, match=r'strict: 0.bias \(dropped\); 1.weight \(dropped\); 1.bias \(dropped\)'):
        t.transfer(model, strict=True)
    res = t.transfer(model, skip=['0','1'], strict=True)    # nothing is lost that wasn't skipped
    assert list(res.report.source[res.report.how=='skipped'])[0]=='0.weight' and not (res.report.how=='dropped').any()
    without = nn.Sequential(nn.Linear(4, 8), nn.Identity(), nn.Linear(8, 3))
    with pytest.raises(ValueError, match=r'1 \(dropped\)'): t.transfer(without, strict=True)

def test_what_the_ticket_leaves_out_is_left_out():
    lenet = lenet_300_100()
    t = Ticket.of(lenet, make_masks(prunable(lenet, {'fc1': 'weight', 'fc2': 'weight'}), 80))
    same_net,more = t.transfer(lenet_300_100()).ticket,t.transfer(lenet_300_100(n_out=5)).ticket
    assert same(same_net.masks, t.masks) and same_net.sparsity==t.sparsity
    assert more.masks['fc3.weight'].all() and more.sparsity<t.sparsity    # dense without a counterpart

def test_numbers_within_names():
    block = lambda a,b: named(conv=nn.Conv2d(a, b, 3), bn=nn.BatchNorm2d(b))
    net = lambda *cs: named(features=nn.Sequential(*[block(a, b) for a,b in zip((3,*cs),cs)]), fc=nn.Linear(cs[-1], 10))
    t = ticket_of(net(4, 8, 16))
    res = t.transfer(model := net(4, 4, 8, 8, 16))
    reported(res, t, model)
    moved(res, t, {'features.0': 'features.0', 'features.2': 'features.1', 'features.4': 'features.2', 'fc': 'fc'})
    # numbers in another part of the network don't matter
    plain = dict(conv=nn.Conv2d(3, 4, 3), fc=nn.Linear(4, 10))
    t = ticket_of(named(**plain))
    res = t.transfer(named(**deepcopy(plain), aux=nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 10))))
    moved(res, t, {'conv': 'conv', 'fc': 'fc'})
    assert which(res, 'left dense')=={'aux.0.weight','aux.0.bias','aux.2.weight','aux.2.bias'}

def test_another_order_does_not_shift_the_rest():
    "With one more embedding, the layers after it keep their counterparts; layers of other shapes have none."
    t = ticket_of(tabular((5,4),(7,6)))
    res = t.transfer(model := tabular((5,4),(7,6),(9,3)))
    norm = ['layers.1.2'] if 'layers.1.2.weight' in t.weights else []
    moved(res, t, {n: n for n in ('embeds.0','embeds.1','layers.1.0','layers.2.0',*norm)})
    assert {'embeds.2.weight','layers.0.0.weight'}<=which(res, 'left dense')

@pytest.mark.parametrize('granularity', ['2:4','filter','kernel'])
@pytest.mark.parametrize('a,b', [(8,12),(12,8),(16,8),(8,16)])
def test_groups_stay_whole(granularity, a, b):
    "Two of four stay two of four, and filters whole, in other widths and depths."
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')    # one input channel has no neighbours
        t,model = ticket_of(small_resnet(14, 1, width=a), 50, granularity),small_resnet(20, 1, width=b)
        layers = prunable(model, granularity)
    res = t.transfer(model, strict=True)
    reported(res, t, model)
    n = 0
    for k,m in res.ticket.masks.items():
        if k not in layers: continue
        gs = layers[k].groups
        assert torch.equal(gs.expand(gs.contract(m)), m) if not gs.nm else (gs.to_blocks(m).sum(1)==2).all(), k
        n += not m.all()
    assert n>10

def test_masks_of_norms_go_along():
    "An early-bird ticket's channels: scale, shift and filters."
    from fasterlth.find.early_bird import channel_masks, feeding_layers, norm_masks
    net = small_resnet(14, 1, width=8)
    with torch.no_grad():
        for n,p in net.named_parameters(): p.copy_(torch.randn_like(p))
    t = Ticket.of(net, channel_masks(net, norm_masks(net, 50), feeding_layers(net, torch.zeros(2, 1, 28, 28))))
    res = t.transfer(model := small_resnet(20, 1, width=16), strict=True)
    reported(res, t, model)
    for k in ('stage1.2.bn1.weight','stage1.2.bn1.bias','stage1.2.conv1.weight'):
        s = k.replace('stage1.2', 'stage1.1')
        m = t.masks[s]
        assert torch.equal(res.ticket.masks[k], m.repeat(2, *[2]*(m.ndim>1), *[1]*(m.ndim-2)))

@pytest.mark.parametrize('wrap', [torch.compile,nn.DataParallel])
def test_wrapped_models(wrap):
    t,net = ticket_of(ours(8)),ours(8)
    res = t.transfer(wrap(net), strict=True)
    assert same(res.ticket.masks, t.masks) and same(res.ticket.weights, t.weights)
    assert set(res.shares.index)=={'by name'}
    assert computation_order(wrap(net), torch.zeros(2, 1, 28, 28))==computation_order(net, torch.zeros(2, 1, 28, 28))

def test_a_parametrized_layer_has_no_counterpart():
    t,net = ticket_of(ours(8)),ours(8)
    nn.utils.parametrizations.weight_norm(net.fc)
    res = t.transfer(net)
    reported(res, t, net)
    assert {o.rpartition('.')[0] for o in which(res, 'left dense')}=={'fc','fc.parametrizations.weight'}

def test_computation_order_leaves_modes_alone():
    net = ours(8).train()
    net.bn.eval()    # frozen
    was = {n: m.training for n,m in net.named_modules()}
    computation_order(net, torch.zeros(2, 1, 28, 28))
    assert {n: m.training for n,m in net.named_modules()}==was and not any(m._forward_pre_hooks for m in net.modules())

def test_orders_of_unknown_layers_are_refused():
    t = ticket_of(lenet_300_100())
    for k in ('order','source_order'):
        for o in (['nothing'],'fc1'):
            with pytest.raises((TypeError,ValueError), match=f"^{k} must be .*names of layers"): t.transfer(lenet_300_100(), **{k: o})
    with pytest.raises(ValueError, match='nothing of the ticket fits BatchNorm1d: weight'):
        t.transfer(nn.BatchNorm1d(3))

def test_a_condition_takes_all_masks():
    from types import SimpleNamespace
    learn = make_learner(model=lenet_300_100(64))
    masks = make_masks(prunable(learn.model), 50)
    t = Ticket.of(learn.model, {**masks, 'fc1.bias': torch.arange(300)%2==0})
    finder = SimpleNamespace(seed=0)
    run = SimpleNamespace(finder=finder, round=1, start=SimpleNamespace(masks=masks), reset=lambda: learn.model)
    start = transferred(t, rewound=False)(run)
    assert same(start.masks, t.masks) and not start.rewound
    alone = transferred(t, what='weights')(run)
    assert alone.masks.keys()==masks.keys() and all(m.all() for m in alone.masks.values())

def test_a_ticket_from_a_file_transfers_as_the_one_in_memory(tmp_path):
    "Files give tensors back in the order in which they were saved, by which networks of other names are matched."
    src,dst = small_resnet(14, 1, seed=0),small_resnet(20, 1, seed=1)
    ticket = Ticket.of(src, make_masks(src, 80))
    loaded = Ticket.load(ticket.save(tmp_path/'t.safetensors'))
    assert list(loaded.weights)==list(ticket.weights) and list(loaded.masks)==list(ticket.masks)
    for net in (dst, nn.Sequential(*dst.children())):
        a,b = ticket.transfer(net),loaded.transfer(net)
        pd.testing.assert_frame_equal(a.report, b.report)
        assert same(a.ticket.weights, b.ticket.weights) and same(a.ticket.masks, b.ticket.masks)

models = dict(lenet_300_100=lenet_300_100, lenet5=lenet5, conv2=conv2, conv4=conv4, conv6=conv6,
              small_resnet=partial(small_resnet, (12,1,1), 1, width=4), resnet20=partial(resnet20, width=4))

@pytest.mark.parametrize('name', models)
def test_files_transfer_as_tickets_in_memory(tmp_path, name):
    "For every model, into one of the same names and one of others, with masks in another order than the weights."
    src = models[name](seed=0)
    masks = make_masks(src, 80)
    t = Ticket.of(src, {n: masks[n] for n in reversed(masks)})
    files = Ticket.load(t.save(tmp_path/'t')),load_compressed(save_compressed(t, tmp_path/'c'))
    assert all(list(o.weights)==list(t.weights) and list(o.masks)==list(t.masks) for o in files)
    for net in (models[name](seed=1), nn.Sequential(*models[name](seed=1).children())):
        want = t.transfer(net)
        for o in files:
            got = o.transfer(net)
            pd.testing.assert_frame_equal(got.report, want.report)
            assert same(got.ticket.start(), want.ticket.start()) and same(got.ticket.masks, want.ticket.masks)

def test_weights_too_large_for_the_models_type():
    net = nn.Linear(4, 2)
    nn.init.constant_(net.weight, 1e6)
    with pytest.raises(ValueError, match="weight of the model is of torch.float16, for which values of the ticket's weight are too large"):
        Ticket.of(net, {}).transfer(nn.Linear(4, 2).half())
    Ticket.of(nn.Linear(4, 2), {}).transfer(nn.Linear(4, 2).half())
