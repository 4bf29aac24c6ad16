"What fastai does that surprises: a test for each surprise, numbered."
import pytest
from helpers import *
from fastai.callback.fp16 import ModelToHalf, NonNativeMixedPrecision
from fasterlth.train.randomness import loader_states


def test_01_state_dicts_alias_live_tensors_and_snapshots_do_not(learn):
    quiet(learn, 1)
    snap,ticket = Snapshot.take(learn),Ticket.of(learn.model, {})
    live = {t.data_ptr() for t in [*learn.model.parameters(), *learn.model.buffers()]}
    live |= {t.data_ptr() for s in learn.opt.state.values() for t in s.values() if isinstance(t, torch.Tensor)}
    held = [*snap.model.values(), *ticket.weights.values()]
    held += [t for s in snap.opt['state'] for t in s.values() if isinstance(t, torch.Tensor)]
    assert len(held)>10 and not live & {t.data_ptr() for t in held}
    before = weights(learn.model)
    quiet(learn, 1)
    assert not same(before, weights(learn.model)) and same(before, snap.model)
    snap.restore(learn)
    quiet(learn, 1)    # further training must not write into the snapshot that was restored
    assert same(before, snap.model)

def test_02_the_loaders_own_random_state_is_restored(learn):
    snap = Snapshot.take(learn)
    a = [y.tolist() for _,y in learn.dls.train]
    assert [y.tolist() for _,y in learn.dls.train]!=a
    snap.restore(learn)
    assert [y.tolist() for _,y in learn.dls.train]==a

def test_03_validate_and_get_preds_are_not_training(learn):
    cb = sparsify(80, schedule=one_shot, lth=True)
    learn.add_cb(cb)
    before = weights(learn.model)
    learn.validate()
    with learn.no_bar(): learn.get_preds()
    assert same(before, weights(learn.model)) and not cb.begun and not cb.masks
    quiet(learn, 1)
    ticket,masked = cb.ticket,weights(learn.model)
    with learn.no_bar(): learn.validate(); learn.get_preds()
    assert cb.ticket is ticket and same(masked, weights(learn.model))

def test_03b_a_validation_within_a_fit_does_not_end_it(learn):
    class Test(Callback):
        def after_epoch(self):
            if not self.learn.lock.locked():
                epoch = self.learn.epoch
                self.learn.validate()
                self.learn.epoch = epoch
    cb = sparsify(60, schedule=iterative, lth=True)
    quiet(learn, 3, cbs=[cb, Test()])
    assert len(cb.history)==3 and round(cb.ticket.sparsity)==60
    assert_masked(learn.model, cb.masks)

def test_04_lr_find_leaves_everything_as_it_was(learn):
    cb = sparsify(80, schedule=one_shot)
    learn.add_cb(cb)
    before = weights(learn.model)
    with learn.no_bar(): learn.lr_find(num_it=12, show_plot=False)
    assert same(before, weights(learn.model)) and not cb.masks
    quiet(learn, 1)
    assert round(cb.ticket.sparsity)==80

def test_04b_lr_find_trains_an_applied_ticket_masked(learn):
    ticket = Ticket.of(learn.model, make_masks(prunable(learn.model), 70))
    ticket.apply(learn)
    watch = Watch(ticket)
    watch.before_fit = lambda: None
    watch._hook = learn.model.register_forward_pre_hook(watch._look)
    with learn.no_bar(): learn.lr_find(num_it=12, show_plot=False)
    watch._hook.remove()
    assert watch.n>=12 and watch.pruned
    assert_masked(learn.model, ticket.masks)

class Boom(Callback):
    "Raise at an event of an epoch."
    def __init__(self, error, event='after_backward', epoch=1):
        self.error,self.at = error,epoch
        setattr(self, event, self._raise)
    def _raise(self):
        if self.learn.epoch==self.at and self.training and self.learn.iter==2: raise self.error

@pytest.mark.parametrize('error', [RuntimeError('boom'), KeyboardInterrupt(),
                                   CancelFitException(), CancelEpochException(), CancelTrainException()])
@pytest.mark.parametrize('event', ['before_batch','after_backward','after_step','after_batch'])
def test_05_an_interrupted_fit_leaves_masked_weights_and_no_state(error, event):
    learn = make_learner()
    keys,cbs,cls = list(learn.model.state_dict()),sorted(map(str, learn.cbs)),type(learn.model)
    cb = sparsify(60, lth=True, start_epoch=1)
    try: quiet(learn, 3, cbs=[cb, Boom(error, event)])
    except (RuntimeError,KeyboardInterrupt): pass
    assert_masked(learn.model, cb.masks)
    assert cb.ticket.sparsity>19 and cb.learn is None and not cb.begun
    assert list(learn.model.state_dict())==keys and type(learn.model) is cls and sorted(map(str, learn.cbs))==cbs
    assert list(learn.metrics.attrgot('name'))==['accuracy']
    with pytest.warns(UserWarning, match='begins its schedule again, at 0%'): quiet(learn, 2, cbs=cb)    # from the start
    assert round(cb.ticket.sparsity)==60 and 'sparsity' not in learn.metrics.attrgot('name')

def test_05b_ctrl_c_in_the_middle_of_a_step(learn):
    "Half of the weights have moved, and no event will follow."
    cb,n = sparsify(60, schedule=one_shot),[0]
    def stop(p, **kwargs):
        n[0] += 1
        p.data.add_(1)
        if n[0]>12: raise KeyboardInterrupt
    learn.opt_func = partial(Optimizer, cbs=stop)
    with pytest.raises(KeyboardInterrupt): quiet(learn, 1, cbs=cb)
    assert_masked(learn.model, cb.masks)
    assert_masked_start(cb)

def assert_masked_start(cb):
    t = cb.ticket
    assert round(t.sparsity)==60 and set(t.masks)==set(cb.masks)

@pytest.mark.parametrize('kwargs', [dict(), dict(lth=True), dict(lth=True, reset_end=True)])
def test_06_save_model_callback_reloads_the_best_weights_and_they_are_masked(learn, tmp_path, kwargs):
    learn.path = tmp_path
    cb = sparsify(80, start_epoch=1, schedule=partial(iterative, n_steps=2), **kwargs)
    # the best epoch is said to be the first, which is dense
    best = SaveModelCallback(monitor='sparsity', comp=np.less)
    quiet(learn, 3, cbs=[cb, best])
    assert torch.load(tmp_path/'models/model.pth')['fc1.weight'].count_nonzero()==1440
    assert_masked(learn.model, cb.masks)
    if kwargs.get('reset_end'):
        start = cb.ticket.start()
        assert all(torch.equal(t, start[n]) for n,t in weights(learn.model).items())

def test_06b_every_epoch_is_saved_masked_and_with_the_models_keys(learn, tmp_path):
    learn.path = tmp_path
    keys = list(learn.model.state_dict())
    quiet(learn, 3, cbs=[sparsify(60, lth=True), SaveModelCallback(every_epoch=True)])
    for e,s in enumerate((20,40,60)):
        sd = torch.load(tmp_path/f'models/model_{e}.pth')
        assert list(sd)==keys and round(100-100*sd['fc1.weight'].count_nonzero().item()/1440)==s

def test_07_a_skipped_step_and_accumulated_gradients(learn):
    class Overflow(Callback):
        def before_step(self):
            if self.learn.iter%2: raise CancelStepException
    cb = sparsify(70)
    watch = Watch(cb)
    quiet(learn, 2, cbs=[cb, watch, Overflow(), GradientAccumulation(128)])
    assert watch.n and watch.pruned
    assert_masked(learn.model, cb.masks)

class CpuHalf(NonNativeMixedPrecision):
    "Run the real callback, which insists on a GPU, on the CPU."
    name = 'non_native_mixed_precision'
    def before_fit(self):
        self.learn.dls._device = torch.device('cuda')
        try: super().before_fit()
        finally: self.learn.dls._device = torch.device('cpu')

@pytest.mark.parametrize('flat', [False,True])
def test_07b_non_native_mixed_precision_has_master_weights_of_its_own(flat):
    learn = make_learner(model=nn.Sequential(nn.Flatten(), nn.Linear(64, 30), nn.ReLU(), nn.Linear(30, 10)))
    learn.add_cbs([ModelToHalf(), CpuHalf(flat_master=flat, dynamic=False, loss_scale=64)])
    cb = sparsify(80)
    watch = Watch(cb)
    quiet(learn, 3, cbs=[cb, watch])
    assert watch.pruned and learn.model[1].weight.dtype==torch.float32
    assert_masked(learn.model, cb.masks)

def test_07c_rewinding_is_refused_with_master_weights():
    learn = make_learner(model=nn.Sequential(nn.Flatten(), nn.Linear(64, 10)))
    learn.add_cbs([ModelToHalf(), CpuHalf()])
    with pytest.raises(ValueError, match='lth and reset_end don.t work with to_non_native_fp16'):
        quiet(learn, 1, cbs=sparsify(lth=True))

class EMA(Callback):
    "Weight averaging that writes the average into the model after each step, as late as it can."
    order = 5000
    def __init__(self, event='after_step'): setattr(self, event, self._average)
    def before_fit(self): self.avg = None
    def _average(self):
        if not self.training: return
        ps = [p.data for p in self.learn.model.parameters()]
        self.avg = [p.clone() for p in ps] if self.avg is None else [a.lerp(p, .1) for a,p in zip(self.avg, ps)]
        for p,a in zip(ps, self.avg): p.copy_(a)

@pytest.mark.parametrize('event', ['after_step','after_batch','before_step'])
def test_08_another_callback_may_write_weights(learn, event):
    cb = sparsify(70)
    watch = Watch(cb)
    quiet(learn, 3, cbs=[cb, EMA(event), watch])
    assert watch.n==3*(5+3) and watch.pruned    # 5 batches of training and 3 of validation
    assert_masked(learn.model, cb.masks)

def test_08b_a_plain_callback_with_a_function_too(learn):
    cb = sparsify(70)
    noise = Callback(after_step=lambda self: [p.data.add_(.01) for p in self.learn.model.parameters()])
    watch = Watch(cb)
    quiet(learn, 2, cbs=[cb, noise, watch])
    assert watch.pruned

def test_09_the_callbacks_registered_name_shadows_nothing():
    assert not hasattr(Learner, 'sparsify') and not hasattr(Learner, 'mask')
    assert SparsifyCallback(50, 'weight', 'local', l1_norm, one_shot).name=='sparsify'

def test_10_going_on_with_start_epoch(learn):
    cb = sparsify(60)
    quiet(learn, 4, cbs=cb, start_epoch=2)    # the first two epochs are skipped, and so are their steps
    assert [round(s) for s in cb.history.sparsity]==[40,60] or [round(s) for s in cb.history.sparsity]==[60]
    assert round(cb.ticket.sparsity)==60
    with pytest.raises(ValueError, match="rewind_epoch 0 lies before the fit's own start at epoch 2"):
        quiet(learn, 4, cbs=sparsify(lth=True, start_epoch=2), start_epoch=2)

def test_11_no_attribute_shadows_the_learners_or_the_models(learn):
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        cb = sparsify(60, lth=True, model=learn.model)
        quiet(learn, 2, cbs=[cb, SnapshotCallback(1)])
    assert learn.model is not None and isinstance(learn.model, SmallNet)

@pytest.mark.parametrize('opt', [partial(SGD, mom=.9), Adam])
def test_12_tests_use_the_optimizer_they_name(opt):
    learn = make_learner(opt_func=opt)
    quiet(learn, 1, cbs=sparsify())
    assert ('sqr_avg' in learn.opt.state[learn.model.fc1.weight])==(opt is Adam)

def test_13_the_column_is_measured_and_gone_afterwards(learn):
    cb = sparsify(50, start_epoch=1, lth=True)
    quiet(learn, 4, cbs=cb)
    assert list(learn.recorder.metric_names)==['epoch','train_loss','valid_loss','accuracy','sparsity','time']
    assert [round(v[-1]) for v in learn.recorder.values]==[0,17,33,50]
    quiet(learn, 1)
    assert list(learn.recorder.metric_names)==['epoch','train_loss','valid_loss','accuracy','time']

def test_13b_csv_logger_sees_the_column(learn, tmp_path):
    learn.path = tmp_path
    quiet_log = CSVLogger()
    with learn.no_bar(): learn.fit(2, cbs=[sparsify(50, schedule=one_shot), quiet_log])
    df = pd.read_csv(tmp_path/'history.csv')
    assert df.sparsity.round().tolist()==[50,50]

def test_14_classes_have_docstrings():
    for c in (SparsifyCallback, MaskCallback, SnapshotCallback, ResumeCallback, Snapshot, Ticket): assert c.__doc__

def test_15_the_default_learner_is_untouched_by_the_import():
    from fastai.learner import defaults
    assert not any(c.__module__.startswith('fasterlth') for c in defaults.callbacks)
