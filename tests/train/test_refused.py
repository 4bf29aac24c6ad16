"What is refused changes nothing: model, learner, callbacks, metrics, optimizer, random states are what they were, bit for bit."
import dataclasses, threading
import pytest
from helpers import *
from fastai.callback.fp16 import MixedPrecision
from fasterlth.core.tensors import clone_tree
from fasterlth.find.finder import LotteryTicketFinder
from fasterlth.train.callback_state import callback_states
from fasterlth.train.fit_context import context_state
from fasterlth.train.mask_callback import learner_masks
from fasterlth.train.randomness import random_states

def everything(learn):
    "Describe a learner in all that a refused call could change."
    names = [k for k,v in vars(learn).items()]
    plain = {k: v for k,v in vars(learn).items() if isinstance(v, (int,float,str,bool,type(None),tuple))}
    rec = {k: v for k,v in vars(learn.recorder).items() if isinstance(v, (int,float,str,list,L))}
    ps = dict(learn.model.named_parameters())
    return repr((sorted(names), sorted(plain.items()), sorted(rec.items()), learn.recorder.smooth_loss.count, [type(cb).__name__ for cb in learn.cbs],
                 [id(cb) for cb in learn.cbs if not isinstance(cb, ProgressCallback)],    # `no_bar` makes a new one
                  list(learn.metrics.attrgot('name')), id(learn.dls), id(learn.model), id(learn.loss_func),
                 weights(learn.model), {n: (p.requires_grad, p.grad is not None and bool(p.grad.any())) for n,p in ps.items()}, [m.training for m in learn.model.modules()],
                 id(learn.opt), learn.opt and clone_tree(learn.opt.state_dict()), learner_masks(learn), random_states(learn.dls),
                 {k: v for k,v in callback_states(learn).items() if 'progress' not in k}, context_state(), learn.lock.locked(),
                 list(learn.model.state_dict()), len(learn.model._forward_hooks)+len(learn.model._forward_pre_hooks)))

def by_fit(*args, **kwargs): return lambda l: quiet(l, 2, lr=.3, wd=.2, cbs=sparsify(*args, **kwargs))
def as_attached(l, cb):
    l.add_cb(cb)
    try: quiet(l, 2, lr=.3)
    finally: l.remove_cb(cb)
def changed(t, **changes): return {**t, **{k: f(t[k]) for k,f in changes.items()}}
def ticket(l): return Ticket.of(l.model, make_masks(prunable(l.model), 50))
def with_weights(l, f): t = ticket(l); return Ticket(t.masks, f(dict(t.weights)), {})
def train(l): l.fit(1)
def no_step(l): l.fit(0)
_moment,_other,_kind = [Snapshot.take(l) for l in (make_learner(3), quiet(make_learner(opt_func=SGD), 1), make_learner(opt_func=SGD))]
def moment(l, **changes): return dataclasses.replace(_moment, **changes)

refused = dict(
    start_beyond=by_fit(start_epoch=9), end_beyond=by_fit(end_epoch=9), no_part=by_fit(model=nn.Linear(2, 2)), no_layer=by_fit({'fc9': 50}),
    rewind_late=by_fit(start_epoch='3it', rewind_epoch=1, lth=True), bad_criterion=by_fit(criteria=lambda w: 'x'),
    short_criterion=by_fit(criteria=lambda w: w.abs().reshape(-1)[:3]),
    below_ticket=lambda l: (by_fit(5) if learner_masks(l) else by_fit(start_epoch=9))(l),
    attached=lambda l: as_attached(l, sparsify(start_epoch=9)), half=lambda l: quiet(l, 1, cbs=[sparsify(), MixedPrecision('bf16'), MixedPrecision('bf16')]),
    bird_without_norms=lambda l: quiet(l, 1, lr=.3, cbs=EarlyBirdCallback({'nothing': 50}, 'weight')),
    search_without_fit=lambda l: l.find_ticket(lambda l: None, 50, 1, verbose=False), search_without_epoch=lambda l: l.find_ticket(lambda l: l.fit(0), 50, 1, verbose=False),
    bird_without_fit=lambda l: l.find_early_bird(lambda l: None, 50, granularity='weight', verbose=False),
    bird_attached=lambda l: as_attached(l, EarlyBirdCallback({'nothing': 50}, 'weight')),
    apply_model=lambda l: ticket(l).apply(l.model), apply_names=lambda l: with_weights(l, lambda w: {'x': torch.ones(2), **w}).apply(l),
    apply_shape=lambda l: with_weights(l, lambda w: changed(w, **{'fc2.bias': lambda t: t[:3]})).apply(l),
    apply_buffer=lambda l: with_weights(l, lambda w: {k: v for k,v in w.items() if k!='bn.running_mean'}).apply(l),
    apply_dtype=lambda l: with_weights(l, lambda w: changed(w, **{'fc2.bias': lambda t: t.to(torch.complex64)})).apply(l),
    apply_whole=lambda l: with_weights(l, lambda w: changed(w, **{'bn.num_batches_tracked': lambda t: t.float()})).apply(l),
    apply_mask=lambda l: (t := ticket(l), t.masks.update({'fc2.weight': torch.ones(10, 20)}), t.apply(l)),
    apply_mask_shape=lambda l: (t := ticket(l), t.masks.update({'fc2.weight': torch.ones(10, 2, dtype=torch.bool)}), t.apply(l)),
    restore_names=lambda l: moment(l, model={}).restore(l), restore_shape=lambda l: moment(l, model=changed(moment(l).model, **{'fc1.bias': lambda t: t[:2]})).restore(l),
    restore_rng=lambda l: moment(l, rng={}).restore(l), restore_opt=lambda l: _other.restore(l),
    restore_kind=lambda l: _kind.restore(l),
    training_no_fit=lambda l: Training(l)(lambda l: None), training_no_step=lambda l: Training(l)(lambda l: None),
    training_moment=lambda l: Training(l, moment(l, model={}))(train),
    finder_train=lambda l: l.find_ticket(5), finder_sparsity=lambda l: l.find_ticket(train, 101), finder_criterion=lambda l: l.find_ticket(train, criteria=3),
    bird_train=lambda l: l.find_early_bird('x'), bird_sparsity=lambda l: l.find_early_bird(train, 100), bird_threshold=lambda l: l.find_early_bird(train, threshold=2),
    rewind_train=lambda l: l.rewind_find(5), rewind_epochs=lambda l: l.rewind_find(train, [9], show_plot=False, verbose=False),
    rewind_none=lambda l: l.rewind_find(no_step, [0], show_plot=False, verbose=False),
    rewind_copies=lambda l: l.rewind_find(train, copies=1), rewind_seed=lambda l: l.rewind_find(train, seed=-1), rewind_ticket=lambda l: l.rewind_find(train, ticket={}),
    line_points=lambda l: linear_interpolation(l, l, l, points=2), line_end=lambda l: linear_interpolation(l, l, {'x': torch.ones(1)}),
    line_type=lambda l: linear_interpolation(l, 3, l), seed=lambda l: seed_learner(l, -1), snapshot_at=lambda l: quiet(l, 1, cbs=SnapshotCallback('x')),
    resume=lambda l: as_attached(l, ResumeCallback(3)))

states = dict(
    new=lambda l: l, fitted=lambda l: quiet(l, 1), frozen=lambda l: (l.model.conv.requires_grad_(False), quiet(l, 1))[1],
    ticket=lambda l: quiet(ticket(l).apply(l), 1))

@pytest.mark.parametrize('state', states)
@pytest.mark.parametrize('name', refused)
def test_nothing_is_changed(name, state, tmp_path):
    learn = states[state](make_learner(path=tmp_path))
    before = everything(learn)
    with warnings.catch_warnings(), pytest.raises((ValueError,TypeError)):
        warnings.simplefilter('ignore')
        refused[name](learn)
    if name.startswith(('bird_','finder_')):    # it may leave what it would continue with
        for k in ('ticket_finder','early_bird_finder'): vars(learn).pop(k, None)
    after = everything(learn)
    if before!=after:
        i = next(i for i,(a,b) in enumerate(zip(before, after)) if a!=b)
        raise AssertionError(f'{before[max(i-300, 0):i+150]}\n---\n{after[max(i-300, 0):i+150]}')

@pytest.mark.skipif(not Path('/proc').exists(), reason='Linux has a folder in which none can be made')
def test_tickets_that_could_not_be_saved():
    "Found before the first batch."
    learn,steps = make_learner(),[]
    with pytest.raises(OSError, match=r"save_tickets: no ticket can be written to '/proc/none'"): quiet(learn, 2, cbs=[sparsify(start_epoch=1, save_tickets='/proc/none'), Callback(after_batch=lambda self: steps.append(1))])
    assert not steps

@pytest.mark.parametrize('first', [True,False])
@pytest.mark.parametrize('attached', [True,False])
@pytest.mark.parametrize('make', [
    lambda: sparsify(start_epoch=9), lambda: EarlyBirdCallback({'nothing': 50}, 'weight'),
    lambda: Callback(before_train=lambda self: 1/0), lambda: Callback(before_epoch=lambda self: 1/0)])
def test_masks_beside_a_refused_callback(make, attached, first):
    "What masking has zeroed is back, and is zeroed again by a fit that trains."
    learn = make_learner()
    masks = make_masks(prunable(learn.model), 50)
    cb,before = MaskCallback(masks),weights(learn.model)
    other = MaskCallback(make_masks(prunable(learn.model), 70))    # the weights of both overlap
    if attached: learn.add_cb(cb)
    def fit():
        bad = [make()]
        mine = [other] if attached else [cb,other]
        quiet(learn, 2, lr=.3, cbs=mine+bad if first else bad+mine)
    with pytest.raises((ValueError,ZeroDivisionError)): fit()
    assert same(weights(learn.model), before)
    if attached: learn.remove_cb(cb)
    quiet(learn, 1, cbs=[cb,other])
    assert_masked(learn.model, masks); assert_masked(learn.model, other.masks)
    assert cb.revived is None and 'before_batch' not in cb._needed

def test_masks_of_a_fit_that_is_interrupted():
    "From the first batch on, pruned weights stay zero."
    for at in (1,3):
        learn = stop(make_learner(), at)
        masks = make_masks(prunable(learn.model), 50)
        with pytest.raises(KeyboardInterrupt): quiet(learn, 1, cbs=MaskCallback(masks))
        assert_masked(learn.model, masks)

def test_two_callbacks_that_prune_the_same_weights():
    learn = make_learner()
    before = weights(learn.model)
    with pytest.raises(ValueError, match='two SparsifyCallbacks in one fit would prune conv.weight; fc1.weight; fc2.weight'):
        quiet(learn, 2, cbs=[sparsify(80), sparsify(50)])
    assert same(before, weights(learn.model))
    a,b = sparsify({'fc1': 80}),sparsify({'conv': 50})    # each its own layers
    quiet(learn, 2, cbs=[a, b])
    assert {n: round(float((p==0).float().mean()), 2) for n,p in learn.model.named_parameters() if n in ('fc1.weight','conv.weight')}=={'fc1.weight': .8, 'conv.weight': .5}

class Refuses(Callback):
    "Raise when the callbacks of masks have begun."
    order = 10**7
    def __init__(self, event): self.event = event
    def __call__(self, event):
        if event==self.event and self.learn.training: raise ValueError('refused')

@pytest.mark.parametrize('event', ['before_train','before_batch'])
@pytest.mark.parametrize('make', [lambda l: DynamicCallback(70, every='2it'), lambda l: SupermaskCallback(70, constant=True),
                                  lambda l: MaskCallback(make_masks(l.model, 70))], ids=['dynamic','supermask','mask'])
def test_another_callback_refuses_the_fit(make, event):
    learn = make_learner()
    before = weights(learn.model)
    kept = event=='before_train'
    with pytest.raises(ValueError, match='refused'): quiet(learn, 1, cbs=[make(learn), Refuses(event)])
    assert same(weights(learn.model), before)==kept    # in its first batch, the fit has begun
    assert 'fit' not in vars(learn)

def test_kernels_that_cant_be_tried_leave_the_weights():
    class Locked(SmallNet):
        def __init__(self):
            super().__init__()
            self.lock = threading.Lock()
    learn = make_learner(model=Locked())
    before = weights(learn.model)
    with pytest.raises(ValueError, match="must have kernels='dense'"):
        quiet(learn, 1, cbs=MaskCallback(make_masks(learn.model, 95), kernels='sparse'))
    assert same(weights(learn.model), before)

def test_one_callback_on_two_learners():
    a,b = make_learner(0),make_learner(1)
    cb = MaskCallback(make_masks(a.model, 95))
    a.add_cb(cb)
    b.add_cb(cb)
    before = weights(a.model),weights(b.model)
    with pytest.raises(ValueError, match='MaskCallback was added to another learner since'): quiet(a, 1)
    assert same(weights(a.model), before[0]) and same(weights(b.model), before[1])
    quiet(b, 1)
