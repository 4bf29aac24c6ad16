"What a fit leaves on, whatever ends it, doesn't stay on; and trainings begin from a stated context."
import contextlib, io, threading
import pytest
from helpers import *
from fastai.callback.fp16 import MixedPrecision
from fasterlth.find.finder import LotteryTicketFinder
from fasterlth.find.measuring import measure
from fasterlth.find.protocol import Protocol
from fasterlth.train.fit_context import context_state, fit_context

class Autocast(Callback):
    "Mixed precision as fastai has it, which refuses a CPU."
    order = 10
    def before_batch(self): self.cast = torch.autocast('cpu', torch.bfloat16); self.cast.__enter__()
    def after_pred(self): self.learn.pred = to_float(self.pred)
    def after_loss(self): self.cast.__exit__(None, None, None)

class Modes(Callback):
    "Leaves everything on that can be left on."
    def before_batch(self):
        torch.set_grad_enabled(False)
        torch.set_default_dtype(torch.float64)
        torch.set_default_device('meta')

class Fails(Callback):
    order = 20
    def __init__(self, event, error): self.error = error; setattr(self, event, self.fail)
    def fail(self):
        if self.learn.training and self.learn.iter==2: raise self.error

def interrupt_forward(learn):
    n = [0]
    def hook(module, args):
        n[0] += 1
        if n[0]==3: raise KeyboardInterrupt
    return learn.model.register_forward_pre_hook(hook)

@pytest.fixture(autouse=True)
def nothing_stays_on():
    before = context_state()
    yield
    assert context_state()==before and not torch.is_inference_mode_enabled()

ways = dict(
    attached=lambda l, *cbs: (l.add_cb(MaskCallback({})), quiet(l, 1, cbs=cbs)), passed=lambda l, *cbs: quiet(l, 1, cbs=[*cbs, sparsify()]),
    passed_first=lambda l, *cbs: quiet(l, 1, cbs=[sparsify(), *cbs]), training=lambda l, *cbs: Training(l)(lambda l: quiet(l, 1, cbs=cbs)),
    finder=lambda l, *cbs: LotteryTicketFinder(l, 80, 1, verbose=False).find_winning_ticket(lambda l: l.fit(1, cbs=cbs)),
    bird=lambda l, *cbs: EarlyBirdFinder(l, 50, 'weight', verbose=False).find_early_bird(lambda l: l.fit(1, cbs=cbs)),
    rewind=lambda l, *cbs: l.rewind_find(lambda l: l.fit(1, cbs=cbs), [0], show_plot=False, verbose=False),
    protocol=lambda l, *cbs: (p := Protocol(l), p.train(lambda l: l.fit(1, cbs=cbs), p.take_start(0))))

@pytest.mark.parametrize('way', ways)
@pytest.mark.parametrize('how', ['forward','after_pred','after_backward'])
def test_autocast_does_not_stay_on(way, how):
    learn = make_learner()
    if how=='forward': interrupt_forward(learn); error = KeyboardInterrupt
    else: error = RuntimeError
    before = context_state()
    cbs = [Autocast()] if how=='forward' else [Autocast(), Fails(how, RuntimeError('out of memory'))]
    with pytest.raises(error): ways[way](learn, *cbs)
    assert context_state()==before and not learn.lock.locked()

@pytest.mark.parametrize('way', ['attached','passed','training','finder'])
def test_other_modes_do_not_stay_on_either(way):
    with pytest.raises(Exception): ways[way](make_learner(), Modes())
    assert torch.is_grad_enabled() and torch.get_default_dtype()==torch.float32 and torch.get_default_device().type=='cpu'

def trained(train, mess):
    "Train with or without everything left on that a failed fit leaves."
    learn = make_learner()
    with contextlib.ExitStack() as stack:
        if mess:
            stack.enter_context(fit_context(make_learner()))    # cleans up
            for _ in range(2): torch.autocast('cpu', torch.bfloat16).__enter__()
            torch.set_grad_enabled(False)
            on = context_state()
        train(learn)
        if mess: assert context_state()==on    # put back as it was
    return weights(learn.model)

def by_protocol(l):
    p = Protocol(l)
    row,_ = p.train(lambda l: l.fit(1), p.take_start(0))
    measure(l)

starts = dict(
    finder=lambda l: LotteryTicketFinder(l, 80, 1, criteria=snip, seed=0, verbose=False).find_winning_ticket(lambda l: l.fit(1)),
    bird=lambda l: EarlyBirdFinder(l, 50, 'weight', n_masks=2, threshold=1., seed=0, verbose=False).find_early_bird(lambda l: l.fit(3)),
    protocol=by_protocol, training=lambda l: Training(l)(lambda l: quiet(l, 1)))

@pytest.mark.parametrize('name', starts)
def test_trainings_begin_from_a_stated_context(name):
    assert same(trained(starts[name], False), trained(starts[name], True))

def test_rewind_find_begins_from_a_stated_context():
    def find():
        return make_learner().rewind_find(lambda l: l.fit(1), [0], points=3, show_plot=False, verbose=False).lines
    a = find()
    with torch.no_grad(), torch.autocast('cpu', torch.bfloat16): b = find()
    pd.testing.assert_frame_equal(a, b, check_exact=True)

class Fake:
    "Stand in for `torch.autocast`, as CUDA isn't there: note what is entered and left."
    def __init__(self, *args, **kwargs): pass
    def __enter__(self): log.append(self)
    def __exit__(self, *args): log.remove(self)
log = []

@pytest.mark.parametrize('way', ways)
def test_two_mixed_precisions_are_refused_by_name(way, monkeypatch):
    monkeypatch.setattr('fastai.callback.fp16.autocast', Fake)
    log.clear()
    trained = []
    for make,cbs in ((lambda: make_learner().to_channelslast().to_fp16(), []), (lambda: make_learner().to_bf16(), [MixedPrecision()]),
                     (make_learner, [MixedPrecision(), MixedPrecision()])):
        learn = make()
        learn.model.register_forward_pre_hook(lambda m, a: trained.append(m.training))
        with warnings.catch_warnings(), pytest.raises(ValueError, match='at most one MixedPrecision callback, not 2'):
            warnings.simplefilter('ignore')    # of a scaler without CUDA
            ways[way](learn, *cbs)
    assert not any(trained) and not log

def test_one_mixed_precision_is_not(monkeypatch):
    monkeypatch.setattr('fastai.callback.fp16.autocast', Fake)
    log.clear()
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        learn = make_learner().to_bf16()
        learn.add_cb(MaskCallback({}))
        quiet(learn, 1)
        Training(learn)(lambda l: quiet(l, 1))
    assert not log

# The learner's lock, loss and logger

class Odd(Callback):
    "Fails before the first batch of a validation."
    def before_fit(self):
        if self.learn.lock.locked() and armed: armed.pop(); raise RuntimeError('broken')
armed = []

def in_time(f, seconds=60):
    "Run in a thread, so that waiting forever is a failure."
    res = []
    def run():
        try: res.append(f())
        except BaseException as e: res.append(e)
    t = threading.Thread(target=run, daemon=True)
    t.start(); t.join(seconds)
    assert not t.is_alive(), 'it hangs'
    if isinstance(res[0], BaseException): raise res[0]
    return res[0]

@pytest.mark.parametrize('use', [
    lambda l: measure(l), lambda l: quiet(l, 1, cbs=sparsify()).lock.locked(), lambda l: Training(l)(lambda l: quiet(l, 1)),
    lambda l: LotteryTicketFinder(l, 80, 1, verbose=False).find_winning_ticket(lambda l: l.fit(1)),
    lambda l: l.rewind_find(lambda l: l.fit(1), [0], points=3, show_plot=False, verbose=False)])
def test_a_failed_validation_does_not_hang_what_comes_after(use):
    learn = make_learner(cbs=Odd())
    armed.append(1)
    with learn.no_bar(), pytest.raises(RuntimeError, match='broken'): learn.validate()
    assert learn.lock.locked()
    with learn.no_bar(): in_time(lambda: use(learn))
    assert not learn.lock.locked()
    armed.append(1)
    with learn.no_bar(), pytest.raises(RuntimeError, match='broken'): measure(learn)
    assert not learn.lock.locked()

def test_a_pruning_fit_after_a_failed_validation_prunes():
    learn = make_learner(cbs=Odd())
    armed.append(1)
    with learn.no_bar(), pytest.raises(RuntimeError): learn.validate()
    cb = sparsify(60)
    quiet(learn, 3, cbs=cb)
    assert round(cb.ticket.sparsity)==60

def test_another_loss_function_does_not_stay():
    "MixUp puts in its own, and takes it out after the epoch."
    learn = make_learner()
    loss_func,logger = learn.loss_func,learn.logger
    f = LotteryTicketFinder(learn, 80, 1, seed=0, verbose=False)
    def train(l): l.fit(1, cbs=MixUp())
    hook = interrupt_forward(learn)
    with pytest.raises(KeyboardInterrupt): f.find_winning_ticket(train)
    assert learn.loss_func is loss_func and learn.logger is logger
    hook.remove()
    f.find_winning_ticket(train)
    ref = LotteryTicketFinder(make_learner(), 80, 1, seed=0, verbose=False)
    ref.find_winning_ticket(train)
    assert same(weights(learn.model), weights(ref.learn.model))

# Trainings without a step

class Cancels(Callback):
    def __init__(self, event, error): setattr(self, event, self.cancel); self.error = error
    def cancel(self):
        if isinstance(self.error, CancelBatchException): self.learn.yb = ()    # or the recorder looks for a prediction
        raise self.error

none = dict(
    no_epoch=lambda l: l.fit(0), one_cycle=lambda l: l.fit_one_cycle(0), epochs=lambda l: l.fit(2, cbs=Cancels('before_epoch', CancelEpochException())),
    trains=lambda l: l.fit(2, cbs=Cancels('before_train', CancelTrainException())), fits=lambda l: l.fit(2, cbs=Cancels('before_fit', CancelFitException())),
    batches=lambda l: l.fit(1, cbs=Cancels('before_batch', CancelBatchException())), few=lambda l: l.fit(1, cbs=GradientAccumulation(10**6)))

@pytest.mark.parametrize('train', none)
@pytest.mark.parametrize('use', [
    lambda l, train, path: Training(l)(train),
    lambda l, train, path: LotteryTicketFinder(l, 80, 1, path=path, verbose=False).find_winning_ticket(train),
    lambda l, train, path: EarlyBirdFinder(l, 50, 'weight', path=path, verbose=False).find_early_bird(train),
    lambda l, train, path: l.rewind_find(train, [0], path=path, show_plot=False, verbose=False)], ids=['training','finder','bird','rewind_find'])
def test_a_train_that_makes_no_step_is_an_error(tmp_path, use, train):
    for _ in range(2):    # the second time as well: nothing was kept that would count as trained
        learn = make_learner()
        with learn.no_bar(), learn.no_logging(), pytest.raises(ValueError, match='train must make a training step'):
            use(learn, none[train], tmp_path/'run')

def test_a_study_whose_train_makes_no_step(tmp_path):
    def make(seed): return Learner(digits_dls(size=8, n=256), lenet_300_100(64, seed=seed), metrics=accuracy)
    with pytest.warns(UserWarning, match='Untrained: train must make a training step'):
        LotteryStudy(make, lambda l: l.fit(0), 80, 1, [], 1, tmp_path).run(verbose=False)

def test_some_fits_may_be_empty():
    Training(make_learner())(lambda l: (quiet(l, 0), quiet(l, 1)))
    moments = []
    def train(l): quiet(l, 1); quiet(l, 0)
    Training(make_learner(), on_epoch=lambda t: moments.append(t.moment()))(train)
    for m in moments: Training(make_learner(), m)(train)    # nothing is left to train after the last
