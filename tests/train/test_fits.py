"One schedule over several fits: `fine_tune`, and fits that are given the same callback; frozen layers wait."
from helpers import *
from fasterlth.train.training import Training

def in_steps(n): return partial(iterative, n_steps=n)

def net(): return nn.Sequential(nn.Sequential(nn.Flatten(), nn.Linear(64, 20), nn.ReLU()), nn.Linear(20, 10))
def split(m): return [params(m[0]),params(m[1])]

def tuned(seed=0, **kwargs):
    set_seed(seed)
    return make_learner(seed, net(), splitter=split, **kwargs)

class Course(Callback):
    "Note at each batch how much of body and head is zero, and that nothing comes back."
    order = 10**7
    def __init__(self, cb): self.cb,self.body,self.head,self.before = cb,[],[],None
    def after_batch(self):
        if not self.training: return
        body,head = self.model[0][1].weight==0,self.model[1].weight==0
        if self.before: assert (body|~self.before[0]).all() and (head|~self.before[1]).all(), 'a weight came back'
        self.before = body,head
        self.body.append(round(100*body.float().mean().item()))
        self.head.append(round(100*head.float().mean().item()))

def fine_tune(cb, epochs=2, freeze_epochs=2, learn=None, watch=None):
    learn = learn or tuned()
    with learn.no_bar(), learn.no_logging(): learn.fine_tune(epochs, 1e-2, freeze_epochs=freeze_epochs, cbs=[cb, *([watch] if watch else [])])
    return learn

def test_one_schedule_over_both_fits_of_fine_tune():
    cb = sparsify(80, schedule=in_steps(4))
    learn = fine_tune(cb, watch=(w := Course(cb)))
    assert w.body[:10]==[0]*10 and w.head[:10]==w.head[:1]*5+w.head[5:6]*5    # frozen: only the head is pruned
    assert [w.head[i] for i in (0,5,10,15)]==[20,40,60,80] and [w.body[i] for i in (10,15)]==[60,80]
    assert cb.history.epoch.tolist()==[0,1,2,3] and cb.history.iteration.tolist()==[0,5,10,15]
    assert cb.ticket.sparsity==80 and len(learn.metrics)==1

def test_frozen_layers_are_pruned_if_told_so():
    cb = sparsify(80, schedule=in_steps(4), frozen=True)
    fine_tune(cb, watch=(w := Course(cb)))
    assert [w.body[i] for i in (0,5,10,15)]==[20,40,60,80]

def test_an_unfrozen_layer_catches_up_though_no_step_is_left():
    cb = sparsify(60, schedule=one_shot)
    fine_tune(cb, watch=(w := Course(cb)))
    assert w.body==[0]*10+[60]*10 and w.head==[60]*20

def test_a_layer_that_is_unfrozen_within_a_fit_catches_up():
    class Thaw(Callback):
        def before_epoch(self):
            if self.epoch==1: self.learn.unfreeze()
    learn = tuned(); learn.freeze()
    quiet(learn, 2, cbs=[cb := sparsify({'*': 60, '1': 30}, schedule=one_shot), Thaw(), w := Course(cb)])
    assert w.body==[0]*5+[60]*5 and w.head==[30]*10

def test_times_count_over_both_fits():
    cb = sparsify(80, schedule=in_steps(2), start_epoch=1, lth=True, rewind_epoch=.6, reset_end=True)
    learn = fine_tune(cb, epochs=2, freeze_epochs=1, watch=(w := Course(cb)))
    assert cb.history.iteration.tolist()==[5,10] and cb.history.epoch.tolist()==[1,2] and w.body[:5]==[0]*5
    saved = cb.ticket.weights
    assert all(torch.equal(p.data, saved[n]*cb.masks.get(n, 1)) for n,p in learn.model.named_parameters())
    assert not torch.equal(saved['1.weight'], tuned().model[1].weight)    # saved after three batches of the frozen fit
    assert torch.equal(saved['0.1.weight'], tuned().model[0][1].weight)

def test_a_moment_of_the_second_fit():
    cb = sparsify(80, schedule=one_shot, start_epoch=2, lth=True, rewind_epoch=1.6)
    fine_tune(cb, epochs=2, freeze_epochs=1)
    assert cb.history.iteration.tolist()==[10] and cb.ticket.about['rewind']==1.6
    with pytest.raises(ValueError, match='start_epoch 3 is beyond the fits, which together have 3 epochs of 5 batches'):
        fine_tune(sparsify(80, start_epoch=3), epochs=2, freeze_epochs=1)

def test_the_same_as_one_fit():
    "Three fits of an epoch each, with the same optimizer, are one of three epochs."
    def steps(n, **kwargs):
        learn = make_learner()
        cb = sparsify(70, schedule=in_steps(2), lth=True, rewind_epoch=.4, start_epoch=1, criteria=movement, **kwargs)
        for _ in range(3//n): quiet(learn, n, cbs=cb)
        return learn,cb
    (a,one),(b,three) = steps(3),steps(1, n_epochs=3)
    assert same(one.masks, three.masks) and same(weights(a.model), weights(b.model))
    assert one.history.equals(three.history)

def test_another_number_of_batches():
    learn = make_learner()
    cb = sparsify(60, schedule=in_steps(4), n_epochs=4)
    quiet(learn, 2, cbs=cb)
    learn.dls = digits_dls(size=8, bs=32, n=320, device=torch.device('cpu'))
    quiet(learn, 2, cbs=cb)
    assert cb.history.iteration.tolist()==[0,5,20,30] and round(cb.ticket.sparsity)==60

def test_fits_that_do_not_add_up():
    learn,cb = make_learner(),sparsify(60, n_epochs=3)
    with pytest.raises(ValueError, match='n_epochs must cover .* but of its 3 epochs this fit has 4'): quiet(learn, 4, cbs=cb)
    quiet(learn, 2, cbs=cb)
    before,masks = weights(learn.model),cb.masks
    with pytest.raises(ValueError, match='n_epochs must cover .* but of its 3 epochs 2 are done, and this fit has 2'): quiet(learn, 2, cbs=cb)
    assert same(before, weights(learn.model)) and cb.masks is masks
    with pytest.raises(ValueError, match='2 of n_epochs=3 epochs of this schedule were in fits of another learner'):
        quiet(make_learner(), 1, cbs=cb)
    quiet(learn, 1, cbs=cb)
    assert round(cb.ticket.sparsity)==60
    quiet(make_learner(), 3, cbs=cb)    # all are done: a new schedule
    assert cb.history.iteration.tolist()[0]==0

def test_a_callback_is_used_anew_in_an_independent_fit():
    cb = sparsify(60, schedule=in_steps(2))
    for seed in range(2):
        quiet(make_learner(seed), 2, cbs=cb)
        assert cb.history.iteration.tolist()==[0,5]
    cb = sparsify(60, schedule=in_steps(4))
    fine_tune(cb)
    fine_tune(cb)
    assert cb.history.iteration.tolist()==[0,5,10,15]
    learn = tuned()
    with pytest.raises(ZeroDivisionError): fine_tune(cb, learn=learn, watch=Callback(after_train=lambda self: 1/0))
    fine_tune(cb, learn=learn)    # the interrupted one is forgotten, as it had gone no further than the first step
    assert cb.history.iteration.tolist()==[0,5,10,15]

def by_hand(learn, cb, n=2):
    learn.freeze(); quiet(learn, n, cbs=cb)
    learn.unfreeze(); quiet(learn, n, cbs=[cb, w := Course(cb)])
    return w

@pytest.mark.parametrize('kwargs', [dict(schedule=agp), dict(schedule=one_shot, start_epoch=1), dict(schedule=in_steps(2), lth=True),
                                    dict(schedule=in_steps(2), sparsity={'*': 80, '0.1': 40}), dict(schedule=in_steps(2), reset_end=True)])
def test_a_schedule_that_begins_again_on_pruned_weights_warns(kwargs):
    cb = sparsify(**dict(dict(sparsity=80, context='local'), **kwargs))
    with pytest.warns(UserWarning, match='begins its schedule again, at .*%, though 80% of 1.weight are pruned: .*n_epochs') as caught:
        learn = tuned(); learn.freeze(); quiet(learn, 2, cbs=cb)
        assert not caught.list
        learn.unfreeze(); quiet(learn, 2, cbs=cb)
    assert len(caught)==1

def test_a_schedule_over_fits_by_hand_brings_nothing_back():
    w = by_hand(tuned(), cb := sparsify(80, schedule=agp, n_epochs=4))
    assert w.head[0]>=50 and w.head[-1]==w.body[-1]==80

def test_no_warning_where_nothing_may_come_back():
    by_hand(tuned(), sparsify(80, schedule=one_shot))    # at 80% from the first batch
    learn,cb = tuned(),sparsify(80, schedule=in_steps(2))
    quiet(learn, 2, cbs=cb)
    cb.ticket.apply(learn)
    quiet(learn, 2, cbs=[cb, w := Course(cb)])
    assert w.head==w.body==[80]*10
    learn.remove_cbs(MaskCallback)
    quiet(learn, 1)    # trained without masks: they have come back already
    quiet(learn, 2, cbs=cb)

def test_an_interrupted_schedule_that_begins_again_warns():
    learn,cb = make_learner(),sparsify(80, schedule=in_steps(2))
    def fail(self):
        if self.learn.epoch==1: 1/0
    with pytest.raises(ZeroDivisionError): quiet(learn, 2, cbs=[cb, Callback(after_train=fail)])
    with pytest.warns(UserWarning, match='begins its schedule again, at 40%, though 80.02% of conv.weight; fc1'): quiet(learn, 2, cbs=cb)

def test_a_first_fit_that_stops_early():
    class Stop(Callback):
        def after_epoch(self):
            if self.opt.frozen_idx: raise CancelFitException()
    cb = sparsify(80, schedule=in_steps(4))
    fine_tune(cb, watch=Stop())
    assert cb.history.epoch.tolist()==[0,2,3] and cb.ticket.sparsity==80

def test_no_frozen_epochs():
    fine_tune(cb := sparsify(80, schedule=in_steps(2)), freeze_epochs=0)
    assert cb.history.epoch.tolist()==[0,1]

def test_all_is_frozen():
    learn = tuned(); learn.freeze()
    before = weights(learn.model)
    with pytest.raises(ValueError, match='all that would be pruned is frozen: 0.1.weight. Call learn.unfreeze'):
        quiet(learn, 1, cbs=sparsify(50, model=learn.model[0]))
    assert same(before, weights(learn.model))
    quiet(learn, 1, cbs=(cb := sparsify(50, model=learn.model[0], frozen=True)))
    assert cb.ticket.sparsity==50
    learn = tuned()
    fine_tune(cb := sparsify(50, model=learn.model[0]), learn=learn)    # the second fit unfreezes it
    assert cb.ticket.sparsity==50

def test_a_ticket_on_the_learner_stays():
    learn = tuned()
    Ticket.of(learn.model, make_masks(prunable(learn.model), 45)).apply(learn)
    fine_tune(cb := sparsify(80, schedule=iterative), learn=learn, watch=(w := Course(cb)))
    assert w.body[0]==45 and w.body[-1]==80
    with learn.no_bar(), learn.no_logging(): learn.fit(1)
    assert_masked(learn.model, cb.masks)

def test_lr_find_and_validate_between_the_fits():
    learn = make_learner()
    cb = sparsify(80, schedule=in_steps(2), n_epochs=2, lth=True)
    learn.add_cb(cb)
    quiet(learn, 1)
    learn.validate()
    with learn.no_bar(), learn.no_logging(): learn.lr_find(num_it=12, show_plot=False)
    quiet(learn, 1)
    assert cb.history.iteration.tolist()==[0,5] and round(cb.ticket.sparsity)==80

class Killed(Exception): pass

@pytest.mark.parametrize('kill', [1,2,3])
def test_a_killed_training_of_two_fits_continues(kill, tmp_path):
    def train(learn):
        cb = sparsify(80, schedule=iterative, lth=True, start_epoch=1, rewind_epoch=.6, criteria=taylor)
        learn.fine_tune(2, 1e-2, freeze_epochs=2, cbs=cb)
        learn.cb = cb
    def silent(learn, *args, **kwargs):
        with learn.no_bar(), learn.no_logging(): return Training(learn, *args, **kwargs)
    def run(learn, *args, **kwargs):
        with learn.no_bar(), learn.no_logging(): Training(learn, *args, **kwargs)(train)
        return learn
    whole = run(tuned())
    moments = []
    def on_epoch(t):
        moments.append(t.moment())
        if len(moments)==kill: raise Killed
    with pytest.raises(Killed): run(tuned(), None, None, on_epoch)
    moments[-1].save(tmp_path/'moment.safetensors')
    again = run(tuned(3), Snapshot.load(tmp_path/'moment.safetensors'))
    assert same(weights(whole.model), weights(again.model)) and same(whole.cb.masks, again.cb.masks)
    assert whole.cb.history.equals(again.cb.history)
