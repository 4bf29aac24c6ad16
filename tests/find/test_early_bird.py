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
    def _draw(self): return {'bn.weight': torch.tensor([c=='1' for c in self.bits[len(self.masks)]])}

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

def test_scales_of_a_training_that_diverged_are_no_ticket():
    net = resnet()
    next(m for m in net.modules() if isinstance(m, nn.BatchNorm2d)).weight.data[1] = float('nan')
    with pytest.raises(ValueError, match=r'\|γ\| is NaN in .*weight: has the training diverged\?'): norm_masks(net, 50)
    learn = make_learner(model=resnet())
    with learn.no_bar(), pytest.raises(ValueError, match=r'\|γ\| is NaN in .*weight: has the training diverged\?'):
        learn.find_early_bird(lambda l: l.fit(4, 1e30), n_masks=2, verbose=False)

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
    norms = [(n,m) for n,m in net.named_modules() if isinstance(m, nn.BatchNorm2d)]
    hooks = [m.register_forward_hook(lambda m, i, o, n=n: out.update({f'{n}.weight': o})) for n,m in norms]
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
    names = set(channel_masks(net, norm_masks(net, 50), feeding_layers(net, x)))
    assert names=={'0.weight','0.bias','2.weight','2.bias','1.weight','1.bias'}

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
    mixed,local = {'conv': 'filter', 'fc*': 'weight'},dict(n_masks=2, threshold=1., context='local')
    for g,c,s in (('filter',l1_norm,{'*': 50}), ('weight',movement,50), ('weight',snip,50), (mixed,l2_norm,50)):
        learn,cb = watch(3, make_learner(), granularity=g, sparsity=s, criteria=c, **local)
        assert cb.found==2 and abs(cb.ticket.sparsity-50)<1, (g,c)
    _,cb = watch(2, make_learner(), granularity='weight', sparsity={'fc*': 80}, **local)
    assert cb.ticket.masks['conv.weight'].all() and not cb.ticket.masks['fc2.weight'].all()

def test_whole_outputs_that_would_be_pruned_are_warned_of():
    with pytest.warns(UserWarning, match="fc2.weight produces the 10 outputs, and granularity 'filter' would prune whole outputs"):
        watch(1, make_learner(), granularity='filter', sparsity=60)
    watch(1, make_learner(), granularity='filter', sparsity={'*': 60, 'fc2': 0})    # as the warning says

def test_without_batchnorm_it_says_what_to_do_before_anything_is_trained():
    learn = make_learner(model=lenet_300_100(64, seed=0))
    before = weights(learn.model)
    says = r"Sequential has no BatchNorm with a scale: pass a granularity, like EarlyBirdCallback\(50, 'filter'\)"
    with pytest.raises(ValueError, match=says): quiet(learn, 1, cbs=EarlyBirdCallback())
    assert same(before, weights(learn.model))
    with pytest.raises(ValueError, match="no BatchNorm"): learn.find_early_bird(lambda l: l.fit(1), verbose=False)
    assert same(before, weights(learn.model))

@pytest.mark.parametrize('args,error,text', [
    (dict(sparsity=.5), ValueError, 'Did you mean 50'), (dict(sparsity=120), ValueError, 'sparsity'),
    (dict(sparsity='half'), TypeError, 'sparsity'), (dict(sparsity={'fc': 50}), TypeError, 'a dict needs a granularity'),
    (dict(threshold=2), ValueError, 'threshold must be a share from 0 to 1, not 2'), (dict(threshold=None), TypeError, 'threshold'),
    (dict(n_masks=1), ValueError, 'n_masks must be a whole number >= 2, not 1'), (dict(n_masks=2.), TypeError, 'n_masks'),
    (dict(l1=-1), ValueError, 'l1 must be a number >= 0, not -1'), (dict(l1=float('nan')), ValueError, 'l1'),
    (dict(context='globl'), ValueError, 'context'), (dict(criteria='l1'), TypeError, 'criteria')])
def test_bad_input(args, error, text):
    with pytest.raises(error, match=text): EarlyBirdCallback(**args)

def test_an_unknown_granularity_is_refused_before_training():
    learn = make_learner()
    before = weights(learn.model)
    with pytest.raises(ValueError, match='kernl'): quiet(learn, 1, cbs=EarlyBirdCallback(50, 'kernl'))
    with pytest.raises(ValueError, match='nothing'): quiet(learn, 1, cbs=EarlyBirdCallback({'nothing': 50}, 'weight'))
    assert same(before, weights(learn.model))

def test_not_found_says_how_close_it_came():
    _,cb = watch(3, n_masks=5)
    with pytest.raises(ValueError, match='no early-bird ticket in 3 epochs: 5 masks are needed'): cb.ticket
    with pytest.raises(ValueError, match='no early-bird ticket in 1 epoch: 5'): watch(1, n_masks=5)[1].ticket
    quiet(make_learner(), 3, cbs=(cb := Scripted(['1100','1010','0011'], n_masks=2, threshold=.1)))
    with pytest.raises(ValueError, match=r'differed by 0\.500 or more, above the threshold 0\.1'): cb.ticket
    with pytest.raises(ValueError, match='nothing to plot'): EarlyBirdCallback().plot()

def test_each_fit_begins_anew_unless_disabled():
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

# The finder

def two_fits(l):
    l.fit_one_cycle(3, 1e-2)
    l.fit_one_cycle(4, 1e-3)

def bird(learn=None, **kwargs):
    learn = learn or make_learner(model=resnet())
    return EarlyBirdFinder(learn, **{'threshold': 1., 'seed': 0, 'verbose': False, **kwargs})

def test_the_finder_stops_several_fits_where_the_ticket_is_found(tmp_path):
    for n,epochs in ((2,2),(5,5)):
        learn = make_learner(model=resnet())
        seen = []
        class Count(Callback):
            def before_fit(self): seen.append(self.n_epoch)
        learn.add_cb(Count())
        f = bird(learn, n_masks=n, path=tmp_path/str(n))
        t = f.find_early_bird(two_fits)
        assert f.found==epochs==t.about['epoch'] and seen==([3] if n==2 else [3,4])
        assert same(t.weights, weights(learn.model)) and not any(isinstance(o, EarlyBirdCallback) for o in learn.cbs)
        assert same(Ticket.load(tmp_path/str(n)/'ticket.safetensors').masks, t.masks)

def test_the_search_sees_the_dense_training_of_a_ticket_finder():
    rounds = LotteryTicketFinder(make_learner(model=resnet()), 50, 1, seed=0, verbose=False)
    rounds.find_winning_ticket(two_fits)
    f = bird(n_masks=2)
    t = f.find_early_bird(two_fits)
    losses = [v[0] for v in f.learn.recorder.values]
    assert losses==list(rounds.epochs.query('round==0').train_loss[:2])
    again = bird(n_masks=2).find_early_bird(two_fits)
    assert same(t.masks, again.masks) and same(t.weights, again.weights)

def test_the_finder_says_that_none_was_found():
    f = bird(threshold=0.)
    with pytest.raises(ValueError, match='there is no ticket yet: call find_early_bird'): f.costs()
    for _ in range(2):
        with pytest.raises(ValueError, match='no early-bird ticket in 7 epochs: the masks of 5 epochs differed by'):
            f.find_early_bird(two_fits)
    assert f.found is None and f.distances.shape==(7,7)
    assert f.plot().images[0].get_array().shape==(7,7)    # it shows why
    with pytest.raises(ValueError, match='no early-bird ticket in 7 epochs'): f.costs()

def test_a_finder_keeps_its_train():
    f = bird(n_masks=2)
    with pytest.raises(ValueError, match='train must fit the learner'): f.find_early_bird(lambda l: None)
    t = f.find_early_bird(two_fits)    # nothing was trained with the mistake
    quiet(f.learn, 1)
    assert f.find_early_bird(two_fits) is t and same(weights(f.learn.model), t.weights)
    with pytest.raises(ValueError, match=r"train differs from what this finder started with \(.*\): make a new finder"):
        f.find_early_bird(lambda l: l.fit(1))

def test_in_one_call_the_finder_is_left_where_it_is_needed():
    learn,settings = make_learner(model=resnet()),dict(seed=0, verbose=False)
    t = learn.find_early_bird(two_fits, n_masks=2, threshold=1., **settings)
    assert same(t.masks, bird(n_masks=2).find_early_bird(two_fits).masks)
    assert not hasattr(learn, 'early_bird_finder')    # nothing of it is exported with the learner
    learn = make_learner(model=resnet())
    with pytest.raises(ValueError, match='no early-bird ticket'): learn.find_early_bird(two_fits, threshold=0., **settings)
    assert learn.early_bird_finder.plot()
    class Stop(Callback):
        def before_epoch(self):
            if self.epoch==2: raise KeyboardInterrupt
    learn = make_learner(model=resnet(), cbs=(once := Stop()))
    with pytest.raises(KeyboardInterrupt): learn.find_early_bird(two_fits, n_masks=4, threshold=1., **settings)
    learn.remove_cb(once)
    again = learn.early_bird_finder.find_early_bird(two_fits)    # without a folder it begins again
    assert same(again.masks, bird(n_masks=4).find_early_bird(two_fits).masks) and learn.early_bird_finder.found==4

def test_a_finder_needs_a_learner_and_a_function():
    with pytest.raises(TypeError, match='learn must be a Learner, not SmallNet'): EarlyBirdFinder(SmallNet())
    with pytest.raises(TypeError, match='train must be a function of the learner'): bird().find_early_bird(5)
    with pytest.raises(TypeError, match='seed must be a whole number'): bird(seed='a')
    with pytest.raises(TypeError, match='path must be a folder'): bird(path=3)

def test_costs_are_counted():
    def net(): return make_learner(model=lenet_300_100(64, seed=0), n=320)
    w = 64*300+300*100+100*10
    f = bird(net(), sparsity=75, granularity='weight', context='local', n_masks=2)
    f.find_early_bird(two_fits)
    items = len(f.learn.dls.train)*f.learn.dls.train.bs
    dense = 3*2*w*items
    alone = f.costs()
    assert list(alone.index)==['dense','early-bird']
    rounds = LotteryTicketFinder(net(), 75, 2, seed=0, verbose=False, rewind_epoch=1)
    with pytest.raises(ValueError, match='nothing has been trained yet'): f.costs(rounds)
    class Stop(Callback):
        def before_train(self):
            if len(rounds.history): raise KeyboardInterrupt
    with rounds.learn.added_cbs(Stop()), pytest.raises(KeyboardInterrupt): rounds.find_winning_ticket(two_fits)
    planned = f.costs(rounds)
    rounds.find_winning_ticket(two_fits)
    df = f.costs(rounds)
    pd.testing.assert_frame_equal(planned, df)    # it went as planned
    pd.testing.assert_frame_equal(alone, df.drop(index='2 rounds'))
    pd.testing.assert_frame_equal(rounds.costs(), df.drop(index='early-bird'))
    assert list(df.index)==['dense','2 rounds','early-bird']
    assert df.search_epochs.tolist()==[0,7+6,2] and df.train_epochs.tolist()==[7,6,7]
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
        only = None if g is None else nn.Conv2d
        cb = EarlyBirdCallback(50, g, context, n_masks=2, threshold=1., verbose=False, layer_type=only)
        quiet(learn, 3, cbs=cb)
        on = cb.ticket.masks
        assert set(first)<=set(on)
        for n,m in first.items(): assert not (on[n]&~m).any(), (g, n)
        if g=='weight':
            assert cb.ticket.sparsity==pytest.approx(50, abs=1)
            assert not any((ms[n]&~m).any() for ms in cb.masks for n,m in first.items())

def test_a_search_within_the_ticket_of_its_learner():
    learn = make_learner(model=resnet())
    first = make_masks(prunable(learn.model), 30)
    Ticket.of(learn.model, first).apply(learn)
    t = bird(learn, n_masks=2).find_early_bird(two_fits)
    assert all(not (t.masks[n]&~m).any() for n,m in first.items())
    assert any(n.startswith('bn') and not m.all() for n,m in t.masks.items())

def test_fewer_than_the_ticket_has_pruned_is_refused():
    learn = make_learner()
    Ticket.of(learn.model, make_masks(prunable(learn.model), 80)).apply(learn)
    before = weights(learn.model)
    with pytest.raises(ValueError, match=r'sparsity must be at least the 80\.\d\d% of the ticket on this learner, not 50%'):
        quiet(learn, 1, cbs=EarlyBirdCallback(50, 'weight'))
    assert same(before, weights(learn.model))

def test_a_wrong_criterion_is_refused_before_the_first_batch():
    learn,batches = make_learner(n=128),[]
    learn.add_cb(Callback(after_batch=lambda self: batches.append(1)))
    def one_number(w, grad): return grad.sum()
    with pytest.raises(ValueError, match="criteria 'one_number'"): watch(3, learn, granularity='weight', sparsity=50, criteria=one_number)
    assert not batches

# Filters that are added together

def test_filters_that_are_added_are_pruned_together():
    learn = make_learner(model=resnet())
    joint = joint_filters(learn.model, learn.dls.one_batch()[:1])
    assert len(joint)>1
    def kept(masks, n): return masks[n].flatten(1).any(1)
    cb = EarlyBirdCallback({'*': 50, 'fc': 0}, 'filter', n_masks=2, threshold=1., verbose=False, joint=joint)
    quiet(learn, 2, cbs=cb)
    t = bird(sparsity={'*': 50, 'fc': 0}, granularity='filter', n_masks=2, joint=joint).find_early_bird(two_fits)
    for found in (cb.ticket,t):
        assert all(torch.equal(kept(found.masks, n), kept(found.masks, k)) for n,k in joint.items())
        assert found.about['joint']==joint and 'can be cut' in ' '.join(found.summary().columns)
    for ms in cb.masks: assert all(torch.equal(kept(ms, n), kept(ms, k)) for n,k in joint.items())
    with pytest.raises(ValueError, match='joint must name weights of the model'):
        quiet(make_learner(), 1, cbs=EarlyBirdCallback(50, 'filter', joint={'nothing.weight': 'a'}))

def test_joint_filters_belong_to_the_experiment(tmp_path):
    args = dict(sparsity={'*': 50, 'fc': 0}, granularity='filter', n_masks=2)
    joint = joint_filters(resnet(), (torch.rand(1, 1, 8, 8),))
    bird(**args, joint=joint, path=tmp_path).find_early_bird(two_fits)
    with pytest.raises(ValueError, match='settings.joint'): bird(**args, path=tmp_path).find_early_bird(two_fits)

# The bar

def test_the_bar_is_silenced_with_the_learners(capsys, monkeypatch):
    import fasterlth.find.progress as room
    shown = []
    class Bar:
        def __init__(self, gen): self.total = len(gen)
        def update(self, n): shown.append((n,self.total))
        def on_interrupt(self): pass
    monkeypatch.setattr(room, 'progress_bar', Bar)
    for stopped,ends in ((2,[(0,3),(1,3),(2,2)]), (5,[(0,3),(1,3),(2,3),(3,3),(4,7),(5,5)])):
        shown.clear()
        bird(n_masks=stopped, verbose=True).find_early_bird(two_fits)
        assert shown==ends and capsys.readouterr().out==f'Early-bird ticket found after {stopped} epochs\n'
    for f in (bird(n_masks=2, verbose=True),bird(n_masks=2, verbose=False)):
        shown.clear()
        with f.learn.no_bar(): f.find_early_bird(two_fits)
        assert not shown
    learn = make_learner(model=resnet())
    with learn.no_bar(): learn.rewind_find(lambda l: l.fit(1), [0], points=3, bn_batches=1, show_plot=False)
    assert not shown
    learn.rewind_find(lambda l: l.fit(1), [0], points=3, bn_batches=1, show_plot=False)
    assert shown==[(0,2),(1,2),(2,2)]
