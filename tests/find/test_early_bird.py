"Early-bird tickets: what is compared with what, when a training stops, and what it cost."
import pytest
from helpers import *
from fasterlth.find.early_bird import channel_masks, feeding_layers, norm_masks
from fasterlth.core.flops import forward_flops


def resnet(seed=0): return small_resnet(8, n_ch=1, width=8, seed=seed)

def watch(n_epoch, learn=None, **kwargs):
    learn = learn or make_learner(model=resnet())
    cb = EarlyBirdCallback(**{'verbose': False, **kwargs})
    return learn,quiet(learn, n_epoch, cbs=cb) and cb

class Scripted(EarlyBirdCallback):
    "Masks from a list instead of from the network: bits of one γ."
    def __init__(self, bits, **kwargs): super().__init__(verbose=False, **kwargs); self.bits = bits
    def _mask(self): return {'bn.weight': torch.tensor([c=='1' for c in self.bits[len(self.masks)]])}

def test_channels_are_those_of_the_smallest_gammas_over_the_whole_network():
    net = resnet()
    gs = {n: m.weight for n,m in net.named_modules() if isinstance(m, nn.BatchNorm2d)}
    for g in gs.values(): nn.init.normal_(g)
    total = torch.cat([*gs.values()]).abs().detach()
    for s in (0, 30, 50, 70, 100):
        masks = norm_masks(net, s)
        assert all(m.any() for m in masks.values())    # nothing would go through a layer without channels
        k = min(round(s/100*len(total)), len(total)-len(gs))
        assert sum(int((~m).sum()) for m in masks.values())==k
        kept = torch.cat([*masks.values()])
        assert k in (0,len(total)-len(gs)) or total[kept].min()>=total[~kept].max()
        assert list(masks)==[f'{n}.weight' for n in gs]

def test_no_layer_loses_all_its_channels():
    net = resnet()
    gs = [m.weight for m in net.modules() if isinstance(m, nn.BatchNorm2d)]
    with torch.no_grad(): gs[1].mul_(.01)    # the smallest of the network, all of them
    for s in (50, 90): assert [int(m.sum()) for m in norm_masks(net, s).values()][1]==1

def test_a_pruned_channel_carries_nothing():
    "With γ, β and the filter at zero, what BatchNorm gives is zero."
    learn = make_learner(model=resnet())
    quiet(learn, 1)
    net = learn.model.eval()
    x = learn.dls.one_batch()[0]
    fed = feeding_layers(net, x)
    assert not net.training and all(fed.values())
    bits = norm_masks(net, 50)
    masks = channel_masks(net, bits, fed)
    apply_masks(net, masks)
    out = {}
    hooks = [m.register_forward_hook(lambda m, i, o, n=n: out.update({f'{n}.weight': o})) for n,m in net.named_modules() if isinstance(m, nn.BatchNorm2d)]
    with torch.no_grad(): net(x)
    for h in hooks: h.remove()
    for n,m in bits.items():
        assert not out[n][:,~m].count_nonzero() and (not m.any() or out[n][:,m].count_nonzero())
        conv = f'{fed[n.removesuffix(".weight")]}.weight'
        assert torch.equal(masks[conv].flatten(1).all(1), m) and torch.equal(masks[conv].flatten(1).any(1), m)

def test_a_norm_before_any_layer_has_channels_of_its_own():
    net = nn.Sequential(nn.BatchNorm2d(1), nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(4*36, 10))
    x = torch.randn(2, 1, 8, 8)
    assert feeding_layers(net, x)=={'0': None, '2': '1'}
    assert set(channel_masks(net, norm_masks(net, 50), feeding_layers(net, x)))=={'0.weight','0.bias','2.weight','2.bias','1.weight','1.bias'}

@pytest.mark.parametrize('bits,found', [
    (['1100','1010','1010','1010'], 4),         # the newest three agree
    (['1111','1110','1100','1100','1100'], 5),  # the newest against each of the others, not against its neighbour alone
    (['1100','0011']*4, None)])
def test_found_when_the_newest_differs_little_from_all_in_the_queue(bits, found):
    learn = make_learner()
    quiet(learn, len(bits), cbs=(cb := Scripted(bits, n_masks=3, threshold=.1)))
    assert cb.found==found and len(cb.masks)==(found or len(bits))

def test_a_distance_at_the_threshold_is_within_it():
    for t,found in ((.25,2),(.24,None)):
        quiet(make_learner(), 2, cbs=(cb := Scripted(['1100','1101'], n_masks=2, threshold=t)))
        assert cb.found==found

def test_the_papers_queue_and_threshold_are_the_defaults():
    "Five masks, a tenth."
    a,b,c = '1111100000','1111010000','1110110000'    # b and c each differ from a in 2 of 10, d in 1
    d = '1111000000'
    for bits,found in (([a]*5, 5), ([a,a,a,a,d], 5), ([a,a,a,b,a,a,a,a,a], 9), ([c,a,a,a,a,a], 6)):
        quiet(make_learner(), len(bits), cbs=(cb := Scripted(bits)))
        assert cb.found==found, bits

def test_training_stops_in_the_epoch_of_the_ticket():
    learn,cb = watch(9, n_masks=3, threshold=1.)
    assert cb.found==3==len(cb.masks)==len(learn.recorder.values) and len(cb.distances)==3
    assert same(cb.ticket.weights, weights(learn.model))
    assert cb.ticket.about['epoch']==3 and 'fasterlth' in cb.ticket.about['versions']
    learn2,cb2 = watch(9, n_masks=3, threshold=1., stop=False)
    assert cb2.found==3 and len(learn2.recorder.values)==9 and len(cb2.masks)==9
    assert same(cb2.ticket.weights, cb.ticket.weights) and not same(weights(learn2.model), cb2.ticket.weights)

def test_watching_changes_nothing():
    learn,_ = watch(3, stop=False)
    assert same(weights(learn.model), weights(quiet(make_learner(model=resnet()), 3).model))

def test_l1_shrinks_the_scales_and_nothing_else_directly():
    a,b = (make_learner(model=resnet(), opt_func=partial(SGD, mom=0, wd=0)) for _ in range(2))
    def first_step(learn, l1):
        before = weights(learn.model)
        class Stop(Callback):
            def after_step(self): raise CancelFitException()
        quiet(learn, 1, lr=.1, cbs=[EarlyBirdCallback(l1=l1, verbose=False), Stop()])
        return before,weights(learn.model)
    (start,plain),(_,shrunk) = first_step(a, 0.),first_step(b, .01)
    gs = {f'{n}.weight' for n,m in a.model.named_modules() if isinstance(m, nn.BatchNorm2d)}
    for n,_ in a.model.named_parameters():
        if n in gs: torch.testing.assert_close(plain[n]-shrunk[n], .1*.01*start[n].sign())
        else: assert torch.equal(plain[n], shrunk[n]), n

def test_what_the_callback_finds_trains_on_with_its_zeros():
    learn,cb = watch(9, n_masks=2, threshold=1.)
    twin = make_learner(model=resnet(1))
    cb.ticket.apply(twin)
    on = next(o for o in twin.cbs if type(o) is MaskCallback)
    twin.add_cb(w := Watch(on))
    quiet(twin, 2)
    assert w.n and w.pruned
    assert_masked(twin.model, cb.ticket.masks)

def test_any_criterion_and_granularity():
    for g,c,s in (('filter',l1_norm,{'*': 50}),('weight',movement,50),('weight',snip,50),({'conv':'filter', 'fc*':'weight'},l2_norm,50)):
        learn,cb = watch(3, make_learner(), granularity=g, sparsity=s, criteria=c, n_masks=2, threshold=1., context='local')
        assert cb.found==2 and abs(cb.ticket.sparsity-50)<1, (g,c)
    _,cb = watch(2, make_learner(), granularity='weight', sparsity={'fc*': 80}, n_masks=2, threshold=1., context='local')
    assert cb.ticket.masks['conv.weight'].all() and not cb.ticket.masks['fc2.weight'].all()

def test_whole_outputs_that_go_are_said():
    with pytest.warns(UserWarning, match=r"fc2.weight makes the 10 outputs, and granularity 'filter' would prune whole outputs"): watch(1, make_learner(), granularity='filter', sparsity=60)
    watch(1, make_learner(), granularity='filter', sparsity={'*': 60, 'fc2': 0})    # as the warning says

def test_without_batchnorm_it_says_what_to_do_before_anything_is_trained():
    learn = make_learner(model=lenet_300_100(64, seed=0))
    before = weights(learn.model)
    with pytest.raises(ValueError, match=r"no BatchNorm with a scale in Sequential: name a granularity, like EarlyBirdCallback\(50, 'filter'\)"): quiet(learn, 1, cbs=EarlyBirdCallback())
    assert same(before, weights(learn.model))
    with pytest.raises(ValueError, match="no BatchNorm"): LotteryTicketFinder(learn, 50, 1, verbose=False).find_early_bird(lambda l: l.fit(1))
    assert same(before, weights(learn.model))

@pytest.mark.parametrize('args,error,text', [
    (dict(sparsity=.5), ValueError, 'Did you mean 50'), (dict(sparsity=120), ValueError, 'sparsity'), (dict(sparsity='half'), TypeError, 'sparsity'),
    (dict(sparsity={'fc': 50}), TypeError, 'a dict goes with a granularity'), (dict(threshold=2), ValueError, 'threshold must be a share from 0 to 1, not 2'),
    (dict(threshold=None), TypeError, 'threshold'), (dict(n_masks=1), ValueError, 'n_masks must be at least 2, not 1'), (dict(n_masks=2.), TypeError, 'n_masks'),
    (dict(l1=-1), ValueError, 'l1 must be from 0, not -1'), (dict(l1=float('nan')), ValueError, 'l1'), (dict(context='globl'), ValueError, 'context'),
    (dict(criteria='l1'), TypeError, 'criteria')])
def test_bad_input(args, error, text):
    with pytest.raises(error, match=text): EarlyBirdCallback(**args)

def test_an_unknown_granularity_is_refused_before_training():
    learn = make_learner()
    before = weights(learn.model)
    with pytest.raises(ValueError, match='kernl'): quiet(learn, 1, cbs=EarlyBirdCallback(50, 'kernl'))
    with pytest.raises(ValueError, match='nothing'): quiet(learn, 1, cbs=EarlyBirdCallback({'nothing': 50}, 'weight'))
    assert same(before, weights(learn.model))

def test_not_found_says_how_near_it_came():
    _,cb = watch(3, n_masks=5)
    with pytest.raises(ValueError, match='no early-bird ticket in 3 epochs: 5 masks are needed'): cb.ticket
    with pytest.raises(ValueError, match='no early-bird ticket in 1 epoch: 5'): watch(1, n_masks=5)[1].ticket
    quiet(make_learner(), 3, cbs=(cb := Scripted(['1100','1010','0011'], n_masks=2, threshold=.1)))
    with pytest.raises(ValueError, match=r'differed by 0\.500 at the least, above the threshold 0\.1'): cb.ticket
    with pytest.raises(ValueError, match='nothing to plot'): EarlyBirdCallback().plot()

def test_each_fit_begins_anew_unless_told_not_to():
    learn = make_learner(model=resnet())
    for reset,n in ((True,2),(False,4)):
        cb = EarlyBirdCallback(n_masks=9, verbose=False, reset_on_fit=reset)
        quiet(learn, 2, cbs=cb); quiet(learn, 2, cbs=cb)
        assert len(cb.masks)==n
    learn.add_cb(cb)
    learn.validate(); learn.get_preds()
    with learn.no_bar(): learn.lr_find(show_plot=False, num_it=20)
    assert len(cb.masks)==4

def test_heat_map():
    _,cb = watch(9, n_masks=2, threshold=1.)
    ax = cb.plot()
    shown = ax.images[0].get_array()
    assert shown.shape==(2,2) and np.allclose(shown, cb.distances) and shown[0,0]==0==shown[1,1]
    assert len(ax.patches)==1 and ax.patches[0].get_xy()==(.5,.5)
    d = cb.distances
    assert d.equals(d.T) and d.index.name=='epoch' and list(d.columns)==[1,2]

# With the finder

def two_fits(l):
    l.fit_one_cycle(3, 1e-2)
    l.fit_one_cycle(4, 1e-3)

def test_the_finder_stops_several_fits_where_the_ticket_is_found(tmp_path):
    for n,epochs in ((2,2),(5,5)):
        learn = make_learner(model=resnet())
        seen = []
        class Count(Callback):
            def before_fit(self): seen.append(self.n_epoch)
        learn.add_cb(Count())
        f = LotteryTicketFinder(learn, 50, 2, seed=0, verbose=False, path=tmp_path/str(n))
        t = f.find_early_bird(two_fits, n_masks=n, threshold=1.)
        assert f.early_bird.found==epochs and seen==([3] if n==2 else [3,4])
        assert same(t.weights, weights(learn.model))
        assert same(Ticket.load(tmp_path/str(n)/'early_bird.safetensors').masks, t.masks)

def test_the_search_sees_the_dense_training_of_the_finder():
    learn = make_learner(model=resnet())
    f = LotteryTicketFinder(learn, 50, 1, seed=0, verbose=False)
    f.find_winning_ticket(two_fits)
    t = f.find_early_bird(two_fits, n_masks=2, threshold=1.)
    losses = [v[0] for v in learn.recorder.values]
    assert losses==list(f.epochs.query('round==0').train_loss[:2]) and len(f.history)==2
    again = LotteryTicketFinder(make_learner(model=resnet()), 50, 1, seed=0, verbose=False).find_early_bird(two_fits, n_masks=2, threshold=1.)
    assert same(t.masks, again.masks) and same(t.weights, again.weights)

def test_the_finder_tells_that_none_was_found():
    f = LotteryTicketFinder(make_learner(model=resnet()), 50, 1, verbose=False)
    with pytest.raises(ValueError, match='no early-bird ticket in 7 epochs: the masks of 5 epochs differed by'): f.find_early_bird(two_fits, threshold=0.)
    assert f.early_bird.plot().images[0].get_array().shape==(7,7)    # why not is to be seen
    with pytest.raises(ValueError, match='stop must be True'): f.find_early_bird(two_fits, stop=False)
    with pytest.raises(ValueError, match='nothing was trained yet'): f.costs()

def test_costs_are_counted():
    learn = make_learner(model=lenet_300_100(64, seed=0), n=320)
    w = 64*300+300*100+100*10
    items = len(learn.dls.train)*learn.dls.train.bs
    f = LotteryTicketFinder(learn, 75, 2, seed=0, verbose=False, rewind_epoch=1)
    f.find_early_bird(two_fits, granularity='weight', context='local', n_masks=2, threshold=1.)
    planned = f.costs()
    f.find_winning_ticket(two_fits)
    df = f.costs()
    pd.testing.assert_frame_equal(planned, df)    # the plan was what came
    assert list(df.index)==['dense','2 rounds','early-bird']
    assert df.search_epochs.tolist()==[0,7+6,2] and df.train_epochs.tolist()==[7,6,7]
    dense = 3*2*w*items
    assert df.flops['dense']==7*dense
    assert np.allclose(df.flops, [7*dense, (7+6*.5+6*.25)*dense, (2+7*.25)*dense], rtol=1e-3)
    assert np.allclose(df.times_dense, df.flops/df.flops['dense']) and (df.flops==df.search_flops+df.train_flops).all()

def test_flops_of_convolutions_and_masks():
    net = nn.Sequential(nn.Conv2d(1, 4, 3, bias=False), nn.Flatten(), nn.Linear(4*36, 10, bias=False))
    x = torch.randn(3, 1, 8, 8)
    assert forward_flops(net, (x,))==2*(36*4*9+4*36*10)
    half = {'0.weight': torch.tensor([True,True,False,False]).view(4,1,1,1).expand(4,1,3,3)}
    assert forward_flops(net, (x,), half)==2*(36*2*9+4*36*10)

@pytest.mark.parametrize('granularity', [None,'filter'])
def test_nothing_left_is_refused(granularity):
    with pytest.raises(ValueError, match='sparsity must be below 100'): EarlyBirdCallback(100, granularity)

# On a learner with a ticket

def test_what_a_ticket_has_pruned_stays_pruned():
    for g,context in ((None,'global'),('weight','local'),('filter','local')):
        learn = make_learner(model=resnet())
        first = make_masks(prunable(learn.model, 'weight', nn.Conv2d), 40)
        Ticket.of(learn.model, first).apply(learn)
        cb = quiet(learn, 3, cbs=(cb := EarlyBirdCallback(50, g, context, n_masks=2, threshold=1., verbose=False, layer_type=None if g is None else nn.Conv2d))) and cb
        on = cb.ticket.masks
        assert set(first)<=set(on)
        for n,m in first.items(): assert not (on[n]&~m).any(), (g, n)
        if g=='weight': assert cb.ticket.sparsity==pytest.approx(50, abs=1) and not any((ms[n]&~m).any() for ms in cb.masks for n,m in first.items())

def test_a_search_within_the_finders_own_ticket():
    learn = make_learner(model=resnet())
    first = make_masks(prunable(learn.model), 30)
    Ticket.of(learn.model, first).apply(learn)
    t = LotteryTicketFinder(learn, 50, 1, seed=0, verbose=False).find_early_bird(two_fits, n_masks=2, threshold=1.)
    assert all(not (t.masks[n]&~m).any() for n,m in first.items())
    assert any(n.startswith('bn') and not m.all() for n,m in t.masks.items())

def test_fewer_than_the_ticket_has_pruned_is_refused():
    learn = make_learner()
    Ticket.of(learn.model, make_masks(prunable(learn.model), 80)).apply(learn)
    before = weights(learn.model)
    with pytest.raises(ValueError, match=r'sparsity must be at least the 80\.\d\d% of the ticket on this learner, not 50%'): quiet(learn, 1, cbs=EarlyBirdCallback(50, 'weight'))
    assert same(before, weights(learn.model))
