"SparsifyCallback and MaskCallback in the life of a Learner."
import pytest
from helpers import *
import copy, pickle    # after fastai's star import, which has a function of that name


def lenet_learner():
    set_seed(0)
    return Learner(digits_dls(n=320, device=torch.device('cpu')), lenet_300_100(seed=0), metrics=accuracy)

class PerEpoch(Callback):
    "Zeros in the weights themselves at the end of each epoch, in percent."
    order = 1000
    def before_fit(self): self.seen = []
    def after_epoch(self):
        ws = [p for p in self.learn.model.parameters() if p.ndim>1]
        self.seen.append(round(100*sum(int((w==0).sum()) for w in ws)/sum(w.numel() for w in ws), 2))

def test_the_calls_of_the_readme_as_written(capsys):
    learn = lenet_learner()
    w0 = weights(learn.model)
    per = PerEpoch()
    cb = SparsifyCallback(50,'weight','local',l1_norm,iterative,start_epoch=1,lth=True,reset_end=True)
    with learn.no_bar(), learn.no_logging(): learn.fit(4, cbs=[cb,per])
    assert per.seen==[0,16.67,33.33,50]
    out = capsys.readouterr().out
    lines = out.splitlines()
    assert lines[:2]==['Pruning of weight until a sparsity of 50%','Saving Weights at epoch 0']
    assert lines[2]=='Sparsity at the end of epoch 0: 0.00%'
    assert out.count('Saving Weights at epoch 0')==1 and out.count('Resetting Weights to their epoch 0 values')==3
    later = [f'Sparsity at the end of epoch {e}: {s}%' for e,s in ((1,'16.67'),(2,'33.33'),(3,'50.00'))]
    assert [l for l in lines if l.startswith('Sparsity at')][1:]==later
    assert 'Final Sparsity: 50.00%' in lines and 'fc1.weight' in out and '117600' in out
    start = cb.ticket.start()
    assert same(weights(learn.model), {n: start[n] for n in w0})
    assert all(torch.equal(start[n], w0[n]*cb.masks[n] if n in cb.masks else w0[n]) for n in w0)

    isolated = SparsifyCallback(50,'weight','local',l1_norm,one_shot)
    watch = Watch(isolated)
    with learn.no_bar(), learn.no_logging(): learn.fit(6, cbs=[isolated,watch,per])
    assert per.seen==[50]*6 and watch.n==6*(5+3)
    assert all(torch.equal(isolated.masks[n], cb.masks[n]) for n in cb.masks)

def test_a_rewind_epoch(capsys):
    learn,per = lenet_learner(),PerEpoch()
    class Start(Callback):
        order = -50
        def before_epoch(self):
            if self.learn.epoch==1: self.w1 = weights(self.learn.model)
    class Rewound(Callback):
        order = 500
        def before_fit(self): self.seen = []
        def after_pred(self):
            if self.training and self.learn.iter==0 and self.learn.epoch: self.seen.append(weights(self.learn.model))
    cb = SparsifyCallback(80,'weight','local',l1_norm,iterative,start_epoch=1,lth=True,rewind_epoch=1)
    s,r = Start(),Rewound()
    with learn.no_bar(), learn.no_logging(): learn.fit(4, cbs=[cb,per,s,r])
    assert per.seen==[0,26.67,53.33,80]
    assert 'Saving Weights at epoch 1' in capsys.readouterr().out
    # the first forward pass after each step is made with the weights of epoch 1, masked
    for seen,sparsity in zip(r.seen, (26.67,53.33,80)):
        for n,t in seen.items():
            assert torch.equal(t[t!=0], s.w1[n][t!=0]) if n in cb.masks else torch.equal(t, s.w1[n])
            if n in cb.masks: assert abs(100*(t==0).float().mean()-sparsity)<.1

def test_the_optimizers_state_is_rewound_too(learn):
    class States(Callback):
        def before_fit(self): self.seen = []
        def after_pred(self):
            state = self.learn.opt.state[self.learn.model.fc1.bias]
            if self.training and self.learn.iter==0: self.seen.append(copy.deepcopy(state))
    s,cb = States(),sparsify(80, start_epoch=2, lth=True, rewind_epoch=1, schedule=partial(iterative, n_steps=2))
    quiet(learn, 4, cbs=[cb,s])
    assert s.seen[1]['step']==5 and s.seen[2]['step']==5 and s.seen[3]['step']==5
    assert torch.equal(s.seen[1]['grad_avg'], s.seen[2]['grad_avg']) and s.seen[1]['grad_avg'].any()

in_six = partial(iterative, n_steps=6)
@pytest.mark.parametrize('schedule,steps', [
    (one_shot,[60]), (iterative,[20,40,60]), (in_six,[10,20,30,40,50,60]), (geometric,[26,46,60]),
    (lin,None), (cos,None), (agp,None), (one_cycle,None)])
def test_every_schedule_reaches_its_end(schedule, steps):
    learn = make_learner()
    cb = sparsify(60, schedule=schedule)
    quiet(learn, 6, cbs=cb)
    assert abs(cb.ticket.sparsity-60)<.1 and cb.history.sparsity.is_monotonic_increasing
    if steps: assert cb.history.sparsity.round().tolist()==steps
    else: assert 15<len(cb.history)<=30

def test_dense_sparse_dense_comes_back(learn):
    cb,per = sparsify(60, schedule=dsd),PerEpoch()
    watch = Watch(cb)
    quiet(learn, 6, cbs=[cb,per,watch])
    assert cb.history.sparsity.max()>59 and cb.ticket.sparsity==0 and watch.pruned
    assert (learn.model.fc2.weight!=0).float().mean()>.9    # what came back trains

def test_start_sparsity_and_end_epoch(learn):
    cb = sparsify(80, schedule=lin, start_sparsity=30, start_epoch=1, end_epoch=3)
    per = PerEpoch()
    quiet(learn, 4, cbs=[cb,per])
    assert cb.history.iteration.iloc[0]==5 and abs(cb.history.sparsity.iloc[0]-35)<.2
    assert per.seen[0]==0 and abs(per.seen[2]-80)<.1 and abs(per.seen[3]-80)<.1

@pytest.mark.parametrize('at', [.4,'2it',1.2])
def test_fractions_of_epochs_and_iterations(learn, at):
    cb = sparsify(60, schedule=one_shot, start_epoch=1.6, lth=True, rewind_epoch=at, reset_end=True)
    snap = SnapshotCallback(at)
    quiet(learn, 3, cbs=[cb,snap])
    assert cb.history.iteration.tolist()==[8]
    assert same({n: t for n,t in cb.ticket.weights.items()}, snap.taken.model)

@pytest.mark.parametrize('criteria', [
    l1_norm, l2_norm, small_final, large_init, small_init, large_init_large_final, small_init_small_final,
    magnitude_increase, movement, movmag, updating_magnitude_increase, updating_movement, updating_movmag,
    random_score, taylor, snip, grasp, synflow, lambda w: w.abs(), torch.abs])
@pytest.mark.parametrize('context', ['local','global'])
def test_every_criterion_prunes_exactly(criteria, context):
    learn = make_learner()
    with warnings.catch_warnings():
        warnings.filterwarnings('ignore', 'these layers would have lost everything')
        quiet(learn, 2, cbs=(cb := sparsify(60, 'weight', context, criteria, lth=True, start_epoch=1)))
    assert abs(cb.ticket.sparsity-60)<.1

def test_init_and_prev_are_what_they_should_be():
    learn,seen = make_learner(),[]
    def look(weight, init, prev, name):
        seen.append((name,init.clone(),prev.clone()))
        return weight.abs()
    w0 = weights(learn.model)
    quiet(learn, 3, cbs=(cb := sparsify(60, criteria=look)))
    for i,(n,init,prev) in enumerate(seen[1:]):    # the first is the trial before the training
        assert torch.equal(init, w0[n]) and torch.equal(prev, init)==(i<3)    # prev: after the last step
        if i>=3: assert (prev==0).any()

def test_a_criterion_may_ask_for_an_input_of_ones_own(learn):
    register_input('half_init', lambda s: {n: t/2 for n,t in s.init.items()}, ('init',))
    def from_half(weight, half_init): return (weight-half_init).abs()
    w0 = weights(learn.model)
    quiet(learn, 1, cbs=(cb := sparsify(50, criteria=from_half, schedule=one_shot)))
    layers = prunable(make_learner().model)
    assert same(cb.masks, make_masks(layers, 50, from_half, half_init={n: w0[n]/2 for n in layers}))

def test_frozen_layers_are_scored_and_stay_frozen(learn):
    learn.model.conv.weight.requires_grad_(False)
    quiet(learn, 1, cbs=(cb := sparsify(50, criteria=snip, schedule=one_shot)))
    w = learn.model.conv.weight
    assert 'conv.weight' in cb.masks and not w.requires_grad and w.grad is None

def test_the_same_seed_gives_the_same_ticket_bit_for_bit():
    runs = []
    for _ in range(2):
        learn = make_learner(seed=3)
        quiet(learn, 3, cbs=(cb := sparsify(70, 'weight', 'global', lth=True, rewind_epoch=.5, start_epoch=1)))
        runs.append((weights(learn.model), cb.ticket.weights, cb.ticket.masks))
    assert all(map(same, *runs))

def test_a_pruned_training_equals_one_that_was_masked_by_hand():
    "Compare the callback with the plain loop that it replaces."
    learn = make_learner(model=SmallNet(p=0), opt_func=partial(OptimWrapper, opt=torch.optim.SGD, momentum=.9))
    model = copy.deepcopy(learn.model)
    quiet(learn, 2, cbs=(cb := sparsify(50, schedule=one_shot)))
    set_seed(0)
    dls = digits_dls(size=8, n=320, device=torch.device('cpu')); SmallNet()    # what make_learner draws
    opt,params = torch.optim.SGD(model.parameters(), lr=1e-2, momentum=.9),dict(model.named_parameters())
    with torch.no_grad():
        for n,m in cb.masks.items(): params[n].mul_(m)
    for _ in range(2):
        model.train()
        for x,y in dls.train:
            F.cross_entropy(model(x), y).backward(); opt.step(); opt.zero_grad()
            with torch.no_grad():
                for n,m in cb.masks.items(): params[n].mul_(m)
        list(dls.valid)
    assert all(torch.allclose(a, b, atol=1e-6) for a,b in zip(weights(learn.model).values(), weights(model).values()))

def test_export_load_learner_and_deepcopy(learn, tmp_path):
    learn.path = tmp_path
    cb = sparsify(60, lth=True)
    learn.add_cb(cb)
    quiet(learn, 3)
    masked = weights(learn.model)
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        learn.export('l.pkl')
        loaded = load_learner(tmp_path/'l.pkl')
    assert same(weights(loaded.model), masked) and list(loaded.model.state_dict())==list(learn.model.state_dict())
    twin = copy.deepcopy(learn)
    with pytest.warns(UserWarning, match='begins its schedule again'): quiet(twin, 1)
    assert same(weights(learn.model), masked) and not same(weights(twin.model), masked)

def test_export_with_an_applied_ticket(learn, tmp_path):
    learn.path = tmp_path
    ticket = Ticket.of(learn.model, make_masks(prunable(learn.model), 80))
    quiet(ticket.apply(learn), 1)
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        learn.export('l.pkl')
        loaded = load_learner(tmp_path/'l.pkl')
    assert_masked(loaded.model, ticket.masks)

def test_an_export_says_what_it_needs(learn, tmp_path):
    import zipfile
    def needs(f): return any(b'fasterlth' in z.read(n) for z in [zipfile.ZipFile(f)] for n in z.namelist() if n.endswith('.pkl'))
    block = DataBlock((TransformBlock,CategoryBlock), get_x=Plain.x, get_y=Plain.y, splitter=IndexSplitter(range(8)))
    learn = Learner(block.dataloaders(range(40), bs=8, num_workers=0), nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 2)), path=tmp_path, loss_func=CrossEntropyLossFlat())
    ticket = Ticket.of(learn.model, make_masks(learn.model, 50))
    quiet(ticket.apply(learn), 1)
    with pytest.warns(UserWarning, match=r'keeps its MaskCallback.*only where fasterlth is installed.*remove_cbs\(\[MaskCallback\]\)'): learn.export('held.pkl')
    learn.remove_cbs([MaskCallback])
    assert not {'fit','export'}&set(vars(learn))
    learn.export('plain.pkl')    # no warning, which would be an error
    assert needs(tmp_path/'held.pkl') and not needs(tmp_path/'plain.pkl')
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        assert_masked(load_learner(tmp_path/'plain.pkl', pickle_module=pickle).model, ticket.masks)

class Plain:
    "What a user's own module would have."
    def x(i): return torch.ones(4)*i
    def y(i): return i%2

def test_an_applied_ticket_holds_until_it_is_removed(learn):
    quiet(learn, 1)    # an optimizer that has trained before
    ticket = Ticket.of(learn.model, make_masks(prunable(learn.model), 80))
    assert ticket.apply(learn) is learn
    assert not any(isinstance(t, torch.Tensor) for s in learn.opt.state.values() for t in s.values())
    for _ in range(2):
        watch = Watch(ticket)
        quiet(learn, 1, cbs=watch)
        assert watch.pruned
    ticket2 = Ticket.of(learn.model, make_masks(prunable(learn.model), 50))
    ticket2.apply(learn)
    assert len([cb for cb in learn.cbs if isinstance(cb, MaskCallback)])==1
    quiet(learn, 1)
    assert_masked(learn.model, ticket2.masks)
    learn.remove_cbs(MaskCallback)
    quiet(learn, 1)
    ps = dict(learn.model.named_parameters())
    assert all(bool(ps[n].detach()[~m].any()) for n,m in ticket2.masks.items())    # free again

def test_pruning_continues_from_an_applied_ticket(learn):
    ticket = Ticket.of(learn.model, make_masks(prunable(learn.model), 40, random_score))
    ticket.apply(learn)
    quiet(learn, 2, cbs=(cb := sparsify(80, schedule=one_shot, start_epoch=1)))
    assert all(not (cb.masks[n]&~ticket.masks[n]).any() for n in ticket.masks) and abs(cb.ticket.sparsity-80)<.1

def test_the_ticket_of_a_fit_can_be_trained_in_isolation(learn):
    quiet(learn, 3, cbs=(cb := sparsify(70, lth=True, reset_end=True)))
    fresh = make_learner(seed=9)
    cb.ticket.apply(fresh)
    assert same(weights(fresh.model), weights(learn.model))
    quiet(fresh, 1)
    assert_masked(fresh.model, cb.masks)

def test_tickets_are_saved_after_each_step(learn, tmp_path):
    quiet(learn, 3, cbs=(cb := sparsify(60, lth=True, save_tickets=tmp_path/'t')))
    files = sorted((tmp_path/'t').iterdir())
    assert len(files)==3
    ts = [Ticket.load(f) for f in files]
    assert [round(t.sparsity) for t in ts]==[20,40,60] and len(ts[1].about['steps'])==2
    assert same(ts[0].weights, ts[2].weights) and same(ts[2].masks, cb.ticket.masks)
    learn.path = tmp_path
    quiet(learn, 1, cbs=sparsify(60, schedule=one_shot, save_tickets=True))
    assert len(list((tmp_path/'models').glob('ticket_*.safetensors')))==1

def test_provenance(learn):
    cb = sparsify({'fc*': 60, nn.Conv2d: 20}, 'weight', 'local', partial(random_score, seed=4), lth=True)
    quiet(learn, 3, cbs=cb)
    a = cb.ticket.about
    assert a['model']=='SmallNet' and a['sparsity']=={'fc*': 60, 'Conv2d': 20}
    assert a['criterion']=='random_score(seed=4)' and a['schedule']=='iterative'
    assert [round(s['sparsity']) for s in a['steps']]==[round(s) for s in cb.history.sparsity] and a['rewind']==0
    assert a['metrics'].keys()>={'accuracy','valid_loss'} and a['seed']==0
    assert set(a['versions'])=={'fasterlth','fastai','torch'}
    assert cb.summary().loc['conv.weight','sparsity (%)']==19.44

def test_compile_does_not_recompile(learn):
    "A compiled model is the same model: the masks have its own names, and in-place masking changes no graph."
    from torch._dynamo.testing import CompileCounter
    counter = CompileCounter()
    inner = learn.model
    learn.model = torch.compile(inner, backend=counter)
    quiet(learn, 1)
    frames = counter.frame_count
    quiet(learn, 3, cbs=(cb := sparsify(60, lth=True)))
    assert counter.frame_count==frames>0
    assert list(cb.masks)==['conv.weight','fc1.weight','fc2.weight']
    assert_masked(inner, cb.masks)
    assert 'conv.weight' in cb.ticket.weights

def test_channels_last(learn):
    learn.model.to(memory_format=torch.channels_last)
    cb = sparsify(60, 'kernel', lth=True)
    watch = Watch(cb)
    quiet(learn, 3, cbs=[cb,watch])
    assert watch.pruned
    w = torch.randn(4, 8, 3, 3).to(memory_format=torch.channels_last)
    conv = nn.Conv2d(8, 4, 3); conv.weight.data = w
    masks = make_masks(prunable(conv), 50)
    other = nn.Conv2d(8, 4, 3); other.weight.data = w.contiguous()
    assert torch.equal(masks['weight'], make_masks(prunable(other), 50)['weight'])    # whatever the layout in memory
    apply_masks(conv, masks)
    assert conv.weight.is_contiguous(memory_format=torch.channels_last)

def test_bf16_autocast_and_mixup(learn):
    class Autocast(Callback):
        order = 10
        def before_batch(self): self.a = torch.autocast('cpu', torch.bfloat16); self.a.__enter__()
        def after_loss(self): self.a.__exit__(None, None, None)
        def after_pred(self): self.learn.pred = self.learn.pred.float()
    cb = sparsify(60, lth=True)
    watch = Watch(cb)
    quiet(learn, 3, cbs=[cb,watch,Autocast(),MixUp()])
    assert watch.pruned
    assert_masked(learn.model, cb.masks)

def test_discriminative_learning_rates_freezing_and_one_cycle():
    learn = make_learner(splitter=lambda m: [params(m.conv)+params(m.bn), params(m.fc1)+params(m.fc2)])
    learn.freeze()
    with learn.no_bar(), learn.no_logging():
        cb = sparsify(60, lth=True, schedule=partial(iterative, n_steps=2))
        learn.fit_one_cycle(2, slice(1e-3,1e-2), cbs=cb)
        assert_masked(learn.model, cb.masks)
        learn.unfreeze()
        learn.fine_tune(1, freeze_epochs=1, cbs=(cb := sparsify(80, schedule=one_shot)))
    assert_masked(learn.model, cb.masks)

def test_a_part_of_the_model(learn):
    quiet(learn, 1, cbs=(cb := sparsify(50, model=learn.model.fc1, schedule=one_shot)))
    assert list(cb.masks)==['fc1.weight']
    with pytest.raises(ValueError, match="this SmallNet isn't in it"): quiet(learn, 1, cbs=sparsify(model=SmallNet()))

def test_round_to(learn):
    says = (r"fc2.weight produces the 10 outputs, and granularity 'filter' would prune whole outputs. "
            r"To leave it dense: sparsity=\{'\*': 60, 'fc2': 0\}")
    cb = sparsify(60, 'filter', round_to=4, layer_type=nn.Linear, schedule=one_shot)
    with pytest.warns(UserWarning, match=says): quiet(learn, 1, cbs=cb)
    assert [int(m.any(1).sum()) for m in cb.masks.values()]==[8,4]

def test_nothing_to_prune_and_what_was_looked_at():
    learn = make_learner(model=nn.Sequential(nn.Flatten(), nn.BatchNorm1d(64)))
    says = r'nothing to prune in Sequential at granularity .weight.\. Looked at: 1.weight \(64,\)'
    with pytest.raises(ValueError, match=says): quiet(learn, 1, cbs=sparsify())

bad = [
    (dict(sparsity=-1), ValueError, 'sparsity must be a percent'), (dict(sparsity=100.1), ValueError, '100.1'),
    (dict(sparsity=float('nan')), ValueError, 'nan'), (dict(sparsity=.9), ValueError, 'Did you mean 90'),
    (dict(sparsity='50'), TypeError, "'50'"), (dict(sparsity=None), TypeError, 'None'),
    (dict(sparsity=True), TypeError, 'True'), (dict(sparsity={}), ValueError, 'empty'),
    (dict(sparsity={'fc1': .5}), ValueError, "sparsity\\['fc1'\\].*Did you mean 50"),
    (dict(granularity='wieght'), ValueError, 'wieght'), (dict(granularity=None), TypeError, 'None'),
    (dict(granularity='5:4'), ValueError, '5:4'), (dict(context='globl'), ValueError, 'globl'),
    (dict(criteria='l1'), TypeError, "'l1'"), (dict(criteria=lambda w, x: w), ValueError, "asks for 'x'"),
    (dict(schedule='agp'), TypeError, 'schedule must be a function'),
    (dict(schedule=lambda p: p), TypeError, 'start, end, progress'),
    (dict(start_epoch=-1), ValueError, 'start_epoch'), (dict(start_epoch='one'), ValueError, "'one'"),
    (dict(start_epoch=None), TypeError, 'None'), (dict(end_epoch=0), ValueError, 'end_epoch'),
    (dict(start_epoch=2, end_epoch=1), ValueError, 'end_epoch'),
    (dict(rewind_epoch=1, lth=True), ValueError, 'rewind_epoch'),
    (dict(rewind_epoch=float('nan')), ValueError, 'nan'), (dict(lth='yes'), TypeError, 'lth'),
    (dict(reset_end=1), TypeError, 'reset_end'), (dict(verbose='no'), TypeError, 'verbose'),
    (dict(round_to=0), ValueError, 'round_to'), (dict(round_to=2, context='global'), ValueError, "context='local'"),
    (dict(min_keep=-1), ValueError, 'min_keep'), (dict(model='conv'), TypeError, 'model'),
    (dict(save_tickets=3), TypeError, 'save_tickets'), (dict(start_sparsity=.2), ValueError, 'Did you mean 20'),
    (dict(start_sparsity=70), ValueError, 'start_sparsity'), (dict(batches=5), TypeError, 'batches'),
    (dict(batches=[]), ValueError, 'batches'),
    (dict(schedule=lambda s,e,p: e/(1-p)), ValueError, 'fails at progress'),
    (dict(start_epoch='²it'), ValueError, '²it')]
@pytest.mark.parametrize('kwargs,error,says', bad)
def test_wrong_arguments(kwargs, error, says):
    with pytest.raises(error, match=says): sparsify(**kwargs)

late = [
    (dict(start_epoch=2), 'start_epoch 2 is beyond the fit'),
    (dict(start_epoch='10it'), "start_epoch '10it' is beyond the fit, which has 2 epochs of 5 batches"),
    (dict(end_epoch=3), 'end_epoch 3 is beyond the fit'),
    (dict(lth=True, rewind_epoch='3it'), "rewind_epoch must not be after the first pruning"),
    (dict(start_epoch=1, end_epoch='5it'), 'end_epoch must be after start_epoch 1'),
    (dict(sparsity={'nope': 50}), "sparsity has 'nope'"),
    (dict(granularity={'nope': 'row'}), "granularity has 'nope'"),
    (dict(granularity='2:4', sparsity=60), 'more than 2:4 gives'), (dict(granularity='head'), "nothing to prune"),
    (dict(layer_type=nn.LSTM), 'nothing to prune'), (dict(granularity='layer'), 'single group'),
    (dict(criteria=lambda: 3), 'must be a function of a weight'), (dict(criteria=lambda w: w.sum()), 'must return scores of the shape'),
    (dict(criteria=lambda w: None), 'must return scores')]
@pytest.mark.parametrize('kwargs,says', late)
@pytest.mark.filterwarnings('ignore:left dense')
def test_wrong_arguments_for_the_fit_change_nothing(learn, kwargs, says):
    before = weights(learn.model)
    with pytest.raises((ValueError,TypeError), match=says): quiet(learn, 2, cbs=sparsify(**kwargs))
    assert same(before, weights(learn.model)) and list(learn.metrics.attrgot('name'))==['accuracy']

def test_there_is_no_ticket_before_a_fit(learn):
    cb = sparsify()
    with pytest.raises(ValueError, match='no ticket yet'): cb.ticket
    learn.add_cb(cb)
    with pytest.raises(ValueError, match='no ticket yet'): cb.ticket

def test_a_nan_weight_is_named(learn):
    learn.model.fc1.weight.data[0,0] = float('nan')
    cb = sparsify(schedule=one_shot)
    with pytest.raises(ValueError, match='gives NaN for fc1.weight: has the training diverged'): quiet(learn, 1, cbs=cb)

def test_memory_beside_the_model_is_bounded():
    "Without lth: float masks of the weights' type, and bool masks, 1.25 times the parameters."
    learn = make_learner()
    cb = sparsify(60, schedule=one_shot); extra = []
    class Size(Callback):
        order = 2000
        def after_batch(self):
            if not self.training: return
            held = {t.data_ptr(): t.nbytes for t in [*cb.masks.values(), *cb.held[1]]}
            tensors = [v for v in vars(cb).values() if isinstance(v, torch.Tensor)]
            extra.append(sum(held.values())+sum(t.nbytes for t in tensors))
            assert cb._copies.init is None and cb._copies.prev is None and cb._moment is None
    quiet(learn, 1, cbs=[cb,Size()])
    assert max(extra)<=1.25*sum(p.nbytes for p in learn.model.parameters())

@pytest.mark.parametrize('criteria', [snip, grasp, synflow, taylor])
def test_gradients_come_from_the_given_batches(criteria):
    learn = make_learner()
    batches = [learn.dls.one_batch() for _ in range(2)]
    layers,given = prunable(learn.model),(learn.model,batches,learn.loss_func)
    want = make_masks(layers, 60, criteria, grad=gradients(*given), hess_grad=hessian_gradients(*given, layers),
                      flow=synaptic_flow(learn.model, batches[0][0]))
    quiet(learn, 1, cbs=(cb := sparsify(60, criteria=criteria, schedule=one_shot, batches=batches)))
    assert same(cb.masks, want)    # of these batches, not of the one at hand

@pytest.mark.filterwarnings('ignore:.*CUDA is not available')
@pytest.mark.filterwarnings('ignore:torch.cuda.amp.GradScaler is enabled')
@pytest.mark.parametrize('mode', ['to_fp16','to_bf16'])
def test_fastais_mixed_precision(learn, mode):
    getattr(learn, mode)()
    cb = sparsify(60, lth=True)
    watch = Watch(cb)
    quiet(learn, 3, cbs=[cb,watch,GradientClip(.5)])
    assert watch.pruned
    assert_masked(learn.model, cb.masks)

def test_added_to_the_learner_and_interrupted(learn):
    "Nothing detaches it then, but the next fit still starts clean."
    class Boom(Callback):
        order = 5
        def after_step(self):
            if self.learn.epoch==1: raise RuntimeError('boom')
    cb = sparsify(60, lth=True)
    learn.add_cb(cb)
    with pytest.raises(RuntimeError): quiet(learn, 3, cbs=Boom())
    assert_masked(learn.model, cb.masks)
    assert round(cb.ticket.sparsity)==40
    with pytest.warns(UserWarning, match='begins its schedule again, at 20%, though 40.01% of'): quiet(learn, 3)
    assert cb.history.sparsity.round().tolist()==[20,40,60] and round(cb.ticket.sparsity)==60
    learn.remove_cb(cb)
    assert list(learn.metrics.attrgot('name'))==['accuracy']

def test_a_ticket_survives_an_interruption_of_a_later_fit(learn, tmp_path):
    class Boom(Callback):
        order = 5
        def after_step(self): raise KeyboardInterrupt    # the step has moved weights, and they are not masked yet
    ticket = Ticket.of(learn.model, make_masks(prunable(learn.model), 80))
    ticket.apply(learn)
    twin = copy.deepcopy(learn)
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')    # of pickle, and that the file needs this library
        learn.export(tmp_path/'l.pkl')
        third = load_learner(tmp_path/'l.pkl', pickle_module=pickle)
    for l in (learn, twin, third):
        l.dls = learn.dls
        with pytest.raises(KeyboardInterrupt): quiet(l, 1, cbs=Boom())
        assert_masked(l.model, ticket.masks)    # at once
        assert not l.mask.held[0] and l.fit.args==(l,)
    learn.remove_cbs(MaskCallback)
    assert 'fit' not in vars(learn)    # nothing of it is left
    twin.add_cb(cb := sparsify(90))
    twin.remove_cb(cb)
    assert 'fit' in vars(twin)    # the ticket is still on

def test_an_applied_ticket_is_a_floor(learn):
    ticket = Ticket.of(learn.model, make_masks(prunable(learn.model), 80))
    ticket.apply(learn)
    says = 'sparsity must be at least the 80.02% of the ticket on this learner, not 50%: learn.remove_cbs'
    with pytest.raises(ValueError, match=says): quiet(learn, 1, cbs=sparsify(50))
    quiet(learn, 3, cbs=(cb := sparsify(90)))
    assert cb.history.sparsity.round().tolist()==[80,80,90]    # the first steps ask for less than is pruned
    quiet(learn, 1)
    assert_masked(learn.model, cb.masks)    # in later fits, what was pruned last holds

def test_a_part_pruned_further_keeps_the_rest_of_the_ticket(learn):
    Ticket.of(learn.model, make_masks(prunable(learn.model), 50)).apply(learn)
    quiet(learn, 1, cbs=(cb := sparsify(80, schedule=one_shot, model=learn.model.fc1)))
    assert list(cb.masks)==['fc1.weight'] and set(cb.ticket.masks)=={'conv.weight','fc1.weight','fc2.weight'}
    quiet(cb.ticket.apply(learn), 1)
    assert_masked(learn.model, cb.ticket.masks)

@pytest.mark.parametrize('event', ['before_batch','after_batch','before_validate','after_fit'])
def test_late_writers_at_any_event(learn, event):
    class Write(Callback):
        order = 900
        def _write(self):
            for p in self.learn.model.parameters(): p.data.add_(.01)
    w = Write(); setattr(w, event, w._write)
    cb = sparsify(70)
    watch = Watch(cb)
    quiet(learn, 2, cbs=[cb,w,watch])
    assert watch.pruned
    assert_masked(learn.model, cb.masks)

def test_two_callbacks_that_rewind(learn):
    a = sparsify(60, model=learn.model.fc1, lth=True)
    b = sparsify(60, model=learn.model.fc2, lth=True, schedule=partial(iterative, n_steps=2))
    wa,wb = Watch(a),type('Watch2', (Watch,), {})(b)
    quiet(learn, 4, cbs=[a,b,wa,wb])
    assert wa.pruned and wb.pruned
    assert_masked(learn.model, a.masks | b.masks)

def test_resuming_over_a_ticket(learn):
    snap = SnapshotCallback('2it')
    quiet(learn, 1, cbs=snap)
    ticket = Ticket.of(learn.model, make_masks(prunable(learn.model), 50))
    ticket.apply(learn)
    watch = Watch(ticket)
    quiet(learn, 1, cbs=[ResumeCallback(snap.taken),watch])
    assert watch.pruned

def test_numbers_of_numpy(learn, tmp_path):
    cb = sparsify(np.int64(50), schedule=one_shot, rewind_epoch=np.int64(0), lth=True, min_keep=np.int64(2))
    quiet(learn, 1, cbs=cb)
    assert Ticket.load(cb.ticket.save(tmp_path/'t')).about['sparsity']==50
    quiet(learn, 1, cbs=(cb := sparsify({'fc1': np.float32(50)}, schedule=one_shot)))
    assert cb.ticket.about['sparsity']=={'fc1': 50}

def test_batches_may_be_an_iterator(learn):
    quiet(learn, 3, cbs=(cb := sparsify(60, criteria=snip, batches=iter([learn.dls.one_batch()]))))
    assert len(cb.history)==3

def test_a_rewind_drops_accumulated_gradients():
    learn,seen = make_learner(),[]
    class Look(Callback):
        def after_pred(self):
            grads = [p.grad for p in self.learn.model.parameters() if p.grad is not None]
            if self.training and self.learn.iter==2: seen.append(sum(float(g.abs().sum()) for g in grads))
    cb = sparsify(60, schedule=one_shot, start_epoch='2it', lth=True)
    quiet(learn, 1, cbs=[cb, GradientAccumulation(1000), Look()])
    assert seen==[0]

def test_a_subclass_may_handle_other_events(learn):
    class Mine(SparsifyCallback):
        n = 0
        def after_batch(self): self.n += 1
    cb = Mine(50, 'weight', 'local', l1_norm, one_shot, verbose=False)
    quiet(learn, 1, cbs=cb)
    assert cb.n==8 and cb.plot_plan() and round(cb.ticket.sparsity)==50

def test_a_mask_passed_to_a_fit_that_is_interrupted(learn):
    class Boom(Callback):
        order = 5
        def after_step(self): raise KeyboardInterrupt    # the step has moved weights, and they are not masked yet
    masks = make_masks(prunable(learn.model), 80)
    with pytest.raises(KeyboardInterrupt): quiet(learn, 1, cbs=[MaskCallback(masks), Boom()])
    assert_masked(learn.model, masks)

@pytest.mark.parametrize('opt', [Adam, partial(SGD, mom=.9), partial(OptimWrapper, opt=torch.optim.AdamW)])
def test_infinite_weights_and_gradients_under_the_mask_stay_there(opt):
    "A pruned weight that overflows is zero at every forward pass, and the others train on as if it weren't there."
    def run(planted):
        learn = make_learner(opt_func=opt)
        masks = make_masks(prunable(learn.model), 60)
        pruned = {n: ~m for n,m in masks.items()}
        class Plant(Callback):
            "Make what is pruned infinite, as an overflow would."
            def after_backward(self):
                for n,p in self.learn.model.named_parameters():
                    if planted and n in pruned: p.grad[pruned[n]] = float('inf') if self.iter%2 else float('nan')
        if planted:
            with torch.no_grad():
                for n,p in learn.model.named_parameters():
                    if n in pruned: p[pruned[n]] = float('inf')
        cb = MaskCallback(masks)
        quiet(learn, 2, cbs=[cb, Watch(cb), Plant()])
        return weights(learn.model)
    assert same(run(True), run(False))

def gives_one_number(w, grad): return grad.sum()
def divides(w, grad): return 1/0

@pytest.mark.parametrize('criteria', [gives_one_number,divides])
@pytest.mark.parametrize('start_epoch', [0,1])
def test_a_wrong_criterion_with_gradients_is_refused_before_the_first_batch(criteria, start_epoch):
    learn,batches = make_learner(n=128),[]
    before,modes = weights(learn.model),[m.training for m in learn.model.modules()]
    learn.add_cb(Callback(after_batch=lambda self: batches.append(1)))
    with pytest.raises(ValueError, match=f"criteria '{criteria.__name__}'"):
        quiet(learn, 2, cbs=sparsify(criteria=criteria, schedule=one_shot, start_epoch=start_epoch))
    assert not batches and same(before, weights(learn.model)) and modes==[m.training for m in learn.model.modules()]

class OwnEarlyBird(EarlyBirdCallback): "A user's own class."

@pytest.mark.parametrize('make', [EarlyBirdCallback,OwnEarlyBird,SparsifyCallback])
def test_an_export_names_the_callbacks_it_keeps(learn, tmp_path, make):
    learn.path = tmp_path
    learn.add_cb(make(50, 'weight', 'global', large_final, iterative) if make is SparsifyCallback else make(50))
    says = rf'keeps its {make.__name__}, .*learn.remove_cbs\(\[{make.__name__}\]\) first'
    with pytest.warns(UserWarning, match=says): learn.export('held.pkl')
    learn.remove_cbs([make])
    learn.export('plain.pkl')    # no warning, which would be an error

def pruning(): return SparsifyCallback(50, 'weight', 'local', l1_norm, one_shot, start_epoch=1, verbose=False)

@pytest.mark.parametrize('make', [pruning, SupermaskCallback, partial(DynamicCallback, every='2it')])
def test_the_ticket_is_that_of_the_current_fit_or_of_the_last_one(make):
    cb,learn,seen = make(),make_learner(),[]
    with pytest.raises(ValueError, match="there is no ticket yet"): cb.ticket
    look = Callback(after_batch=lambda self: seen.append(cb.ticket) if self.training and self.iter==0 else None)
    quiet(learn, 2, cbs=[cb,look])
    first = cb.ticket
    assert first is cb.ticket and all(t is not first for t in seen)
    quiet(make_learner(seed=1), 2, cbs=[cb,look])
    assert cb.ticket is not first and len(seen)==4 and all(t is not first for t in seen)
    refused = make_learner()
    for layer in (refused.model.conv,refused.model.fc1,refused.model.fc2): layer.requires_grad_(False)
    last = cb.ticket
    with pytest.raises(ValueError, match='frozen'): quiet(refused, 2, cbs=cb)
    assert cb.ticket is last

def test_a_fit_that_ends_before_its_schedule_says_so(capsys):
    class Stop(Callback):
        def after_epoch(self):
            if self.epoch==1: raise CancelFitException
    quiet(make_learner(), 8, cbs=[sparsify(90, schedule=agp, verbose=True), Stop()])
    assert '%, not 90%: the fit ended before the last step' in capsys.readouterr().out
    quiet(make_learner(), 8, cbs=[sparsify(90, schedule=agp, verbose=True)])
    assert 'the fit ended' not in capsys.readouterr().out

def test_a_fit_of_weights_that_share_memory_is_refused():
    "As it begins, not after the first epoch."
    net = nn.Sequential(nn.Flatten(), nn.Linear(64, 10))
    net[1].weight = nn.Parameter(torch.randn(1, 64).expand(10, 64))
    learn,seen = make_learner(model=net),[]
    class Batches(Callback):
        def before_batch(self): seen.append(1)
    with pytest.raises(ValueError, match="1.weight can't be written, as its elements share memory"):
        quiet(learn, 2, cbs=[sparsify(50), Batches()])
    assert not seen
