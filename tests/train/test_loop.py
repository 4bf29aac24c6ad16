"While a training is in charge, the loop over batches is ours: the results are fastai's, bit for bit."
import pytest
from helpers import *
from fastai.optimizer import OptimWrapper
from fasterlth.train.loop import lean_loop
from fasterlth.train.training import Training

class Cancels(Callback):
    "Every kind of cancelling, once or twice."
    def before_batch(self):
        if self.training and self.iter==1: raise CancelBatchException()
    def before_backward(self):
        if self.iter==2: raise CancelBackwardException()
    def before_step(self):
        if self.iter==3: raise CancelStepException()
    def after_loss(self):
        if self.training and self.epoch==1 and self.iter==4: raise CancelTrainException()
        if not self.training and self.epoch==0: raise CancelValidException()

class Twice(Callback):
    "A loss of another kind, and outputs that are changed on the way."
    def after_pred(self): self.learn.pred = self.pred*1.5
    def after_loss(self): self.learn.loss_grad = self.loss_grad*2 + self.learn.model.fc2.weight.norm()*.01

class Autocast(Callback):
    "Mixed precision as fastai has it, which refuses a CPU."
    order = 10
    def before_batch(self): self.cast = torch.autocast('cpu', torch.bfloat16); self.cast.__enter__()
    def after_pred(self): self.learn.pred = to_float(self.pred)
    def after_loss(self): self.cast.__exit__(None, None, None)

groups = lambda m: L(params(m.conv)+params(m.bn), params(m.fc1), params(m.fc2))
adamw = partial(OptimWrapper, opt=torch.optim.AdamW)
cases = dict(
    adam={}, l2=dict(opt_func=partial(Adam, decouple_wd=False)), sgd=dict(opt_func=SGD),
    momentum=dict(opt_func=partial(SGD, mom=.9)), rms=dict(opt_func=partial(RMSProp, mom=.9)), lamb=dict(opt_func=Lamb),
    larc=dict(opt_func=Larc), qhadam=dict(opt_func=QHAdam), radam=dict(opt_func=RAdam), lookahead=dict(opt_func=ranger),
    torch=dict(opt_func=adamw), groups=dict(splitter=groups, lr=slice(1e-3,1e-2)),
    frozen=dict(splitter=groups, freeze=True), no_decay=dict(wd=0.),
    smooth=dict(loss_func=LabelSmoothingCrossEntropyFlat()), plain_loss=dict(loss_func=nn.CrossEntropyLoss()),
    accumulate=dict(fit_cbs=lambda: GradientAccumulation(128)), clip=dict(fit_cbs=lambda: GradientClip(.1)),
    mixup=dict(fit_cbs=MixUp), cancels=dict(fit_cbs=Cancels), twice=dict(fit_cbs=Twice), typed=dict(typed=True),
    masked=dict(masked=True), train_metrics=dict(train_metrics=True), half=dict(fit_cbs=Autocast))

def trained(ours, opt_func=Adam, lr=1e-2, freeze=False, fit_cbs=None, typed=False, masked=False, train_metrics=False,
            watched=True, **kwargs):
    learn = make_learner(opt_func=opt_func, **kwargs)
    seed_learner(learn, 0)
    if typed:
        for dl in learn.dls.loaders: dl.after_batch.add(Transform(lambda o: o))
    if freeze: learn.freeze()
    if masked: learn.add_cb(MaskCallback(make_masks(prunable(learn.model), 60)))
    learn.recorder.train_metrics = train_metrics
    seen = []
    def note(self): seen.append(float(sum(p.grad.abs().sum() for p in learn.model.parameters() if p.grad is not None)))
    if watched: learn.add_cb(Callback(after_step=note))    # it isn't fastai's, so gradients are zeroed as ever
    def train(l):
        l.fit_one_cycle(2, lr, cbs=fit_cbs and fit_cbs())
        l.fit(1, lr, cbs=fit_cbs and fit_cbs())
    with learn.no_bar(), learn.no_logging():
        if ours: Training(learn)(train)
        else: train(learn)
    return learn,seen

@pytest.mark.parametrize('watched', [False,True])
@pytest.mark.parametrize('case', cases)
def test_a_training_in_charge_ends_as_fastais(case, watched):
    (a,x),(b,y) = [trained(ours, watched=watched, **cases[case]) for ours in (False,True)]
    assert same(weights(a.model), weights(b.model)) and x==y and bool(x)==watched
    grads = [[p.grad for p in l.model.parameters()] for l in (a,b)]
    assert all(p is None if q is None else torch.equal(p, q) and p.stride()==q.stride() for p,q in zip(*grads))
    sa,sb = [l.opt.state_dict()['state'] for l in (a,b)]
    for s,t in zip(sa, sb) if isinstance(sa, list) else [(sa[k], sb[k]) for k in sa]:
        assert s.keys()==t.keys() and all(torch.equal(torch.as_tensor(s[k]), torch.as_tensor(t[k])) for k in s)
    r,s = a.recorder,b.recorder
    assert r.values==s.values and r.lrs==s.lrs and r.iters==s.iters
    assert list(map(float, r.losses))==list(map(float, s.losses))
    assert [h for h in a.opt.hypers]==[h for h in b.opt.hypers]

def test_what_is_not_fastais_own_is_left_alone(monkeypatch):
    names = {'_call_one','_with_events','_do_one_batch','_do_grad_opt','_step','_backward','_set_device','all_batches'}
    assert set(lean_loop(make_learner()))==names
    class Sub(Learner):
        def _do_one_batch(self): self.ran = True; super()._do_one_batch()
    set_seed(0)
    learn = Sub(digits_dls(size=8, n=320, device=torch.device('cpu')), SmallNet())
    learn._step = (steps := []).append and (lambda: (steps.append(1), learn.opt.step()))
    assert set(lean_loop(learn))=={'_call_one','_with_events','_set_device'}    # the others zero gradients together
    with learn.no_bar(), learn.no_logging(): Training(learn)(lambda l: l.fit(1))
    assert learn.ran and len(steps)==len(learn.dls.train) and set(vars(learn))&names=={'_step'}
    monkeypatch.setattr(Learner, '_do_grad_opt', lambda self: None)    # as another library may
    assert '_do_grad_opt' not in lean_loop(make_learner())
    monkeypatch.setattr(Learner, '__call__', lambda self, e: None)
    assert lean_loop(make_learner())=={}
    monkeypatch.undo()
    net = SmallNet(); net.after_step = noop    # an event that the model handles
    assert lean_loop(make_learner(model=net))=={}

class Greedy(SmallNet):
    "Its forward pass has a backward pass of its own."
    def forward(self, x):
        h = F.relu(self.bn(self.conv(x))).flatten(1)
        if self.training: h.square().mean().backward(retain_graph=True)
        return self.fc2(F.relu(self.fc1(h.detach())))

def test_a_network_with_a_backward_pass_of_its_own():
    def fitted(ours):
        set_seed(0)
        learn = make_learner(model=Greedy())
        def train(l): l.fit(2)
        with learn.no_bar(), learn.no_logging(): Training(learn)(train) if ours else train(learn)
        return weights(learn.model)
    assert same(fitted(False), fitted(True))

def test_zeros_are_seen_between_batches(monkeypatch):
    "Callbacks that aren't the user's see gradients of zero, in whatever memory."
    seen = []
    class Looks(Callback):
        def after_batch(self):
            if self.training: seen.extend(p.grad.abs().sum().item() for p in self.model.parameters())
        def before_batch(self):
            if self.training and self.iter: self.after_batch()
    Looks.__module__ = 'fasterlth.looks'
    learn = make_learner(cbs=Looks())
    with learn.no_bar(), learn.no_logging(): Training(learn)(lambda l: l.fit(2))
    assert seen and not any(seen)
    assert all(p.grad.is_contiguous() and not p.grad.any() for p in learn.model.parameters())

def test_an_optimizer_with_a_step_of_its_own_takes_it():
    class Mine(Optimizer):
        def step(self, closure=None): self.n = getattr(self, 'n', 0)+1; super().step()
    def opt_func(ps, lr): return Mine(ps, Adam([torch.zeros(1)], lr).cbs, lr=lr, mom=.9, sqr_mom=.99, eps=1e-5, wd=.01)
    learn = make_learner(opt_func=opt_func)
    with learn.no_bar(), learn.no_logging(): Training(learn)(lambda l: l.fit(1))
    assert learn.opt.n==len(learn.dls.train)

def test_the_learner_is_as_it_was_whatever_happened():
    learn = make_learner()
    before = set(vars(learn))
    class Breaks(Callback):
        def after_step(self): raise RuntimeError('broken')
    with learn.no_bar(), learn.no_logging(), pytest.raises(RuntimeError):
        Training(learn)(lambda l: l.fit(1, cbs=Breaks()))
    assert not set(vars(learn)) & {'_call_one','_with_events','_do_one_batch','_do_grad_opt','_step','_backward','all_batches','fit','_do_fit'}

# What the last epoch has measured isn't measured again

class Validations(Callback):
    def __init__(self): self.n = 0
    def before_validate(self): self.n += 1

def put_back(l):
    l.fit(2, cbs=SaveModelCallback(comp=np.greater, monitor='valid_loss'))    # the worst
    assert l.recorder.values[-1][1]<l.recorder.values[0][1]    # so these aren't the last epoch's weights

@pytest.mark.parametrize('train,again', [
    (lambda l: l.fit(2), False), (lambda l: (l.fit(1), l.fit_one_cycle(2)), False),
    (lambda l: (l.fit(2), l.model.fc1.weight.data.mul_(.5)), True),
    (put_back, True), (lambda l: l.fit(1, cbs=Cancels()), True)])
def test_a_learner_is_validated_again_only_if_it_has_changed(tmp_path, train, again, capsys):
    learn = make_learner(path=tmp_path)
    seed_learner(learn, 0)
    with learn.no_bar(), learn.no_logging(): t = Training(learn)(train)
    last = t.last
    assert (last is None)==again
    if not again: assert last==list(learn.validate())
    learn.metrics = []
    assert t.last is None

def test_a_round_is_validated_at_its_start_and_each_epoch():
    learn = make_learner(cbs=(cb := Validations()))
    f = LotteryTicketFinder(learn, 80, 1, seed=0, verbose=False)
    f.find_winning_ticket(lambda l: l.fit(2))
    assert cb.n==2*(1+2)
    last = dict(zip(('valid_loss','accuracy'), learn.validate()))
    assert all(f.history[k].iloc[-1]==v for k,v in last.items())

@pytest.mark.parametrize('own', [False,True])
def test_a_graph_without_a_bar_stands_aside(own):
    graph = ShowGraphCallback()
    learn = make_learner(cbs=[graph] if own else [])
    f = LotteryTicketFinder(learn, 80, 1, seed=0, verbose=False)
    f.find_winning_ticket(lambda l: l.fit_one_cycle(1, cbs=None if own else ShowGraphCallback))
    plain = LotteryTicketFinder(make_learner(), 80, 1, seed=0, verbose=False)
    plain.find_winning_ticket(lambda l: l.fit_one_cycle(1))
    assert f.history.equals(plain.history) and (graph in learn.cbs)==own
