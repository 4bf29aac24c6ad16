"Criteria are given what the learner itself computes for a batch: its callbacks, inputs of any kind, mixed precision."
import random
from types import SimpleNamespace
from helpers import *
from fastai.callback.fp16 import MixedPrecision
from fastai.callback.rnn import ModelResetter, RNNCallback, RNNRegularizer
from fastai.tabular.all import TabularDataLoaders, TabularModel, TabularLearner, Categorify, FillMissing, Normalize
from fastai.text.models.awdlstm import AWD_LSTM
from fastai.text.models.core import LinearDecoder, SequentialRNN
from torch.utils.data import TensorDataset
from fasterlth.core.inputs import make_inputs
from fasterlth.train.learner import one_batch
from fasterlth.train.passes import learner_forward, scored_by

criteria = [snip, grasp, taylor, synflow]
no_head = {'*': 50, 'net.3': 0}

class Wrapped(nn.Module):
    "A network as Hugging Face builds them: it takes names, and returns an object."
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Flatten(), nn.Linear(64, 20), nn.ReLU(), nn.Linear(20, 10))
    def forward(self, x, extra=None):
        x = x['pixels'] if isinstance(x, dict) else x
        return SimpleNamespace(logits=self.net(x), loss=None)

class Logits(Callback):
    "Name the inputs, and take the logits out of the object. Count how often."
    def __init__(self): self.n,self.losses,self.total = 0,[],torch.zeros(1)
    def before_batch(self):
        assert not isinstance(self.xb[0], dict), 'a batch is prepared once'
        self.learn.xb = (dict(pixels=self.xb[0]),)
    def after_pred(self): self.learn.pred = self.pred.logits
    def after_loss(self):
        if not self.training: return
        self.n += 1
        self.losses.append(self.loss.item())
        self.total += 1
        self.learn.loss_grad = self.learn.loss_grad+.1*self.learn.model.net[1].weight.pow(2).sum()

def wrapped(seed=0, **kwargs):
    set_seed(seed)
    return make_learner(seed, Wrapped(), cbs=Logits(), loss_func=CrossEntropyLossFlat(), **kwargs)

class StepGradients(Callback):
    "Keep the gradients of a training step, to compare scores with."
    order = 10**7
    def after_backward(self):
        if self.learn.train_iter==3: self.seen = {n: p.grad.clone() for n,p in self.learn.model.named_parameters()}

class Scores(Callback):
    "Score in the middle of a fit, as `SparsifyCallback` does."
    order = 10**7
    def before_batch(self):
        if self.training and self.learn.train_iter==3:
            at = Scoring(self.learn.model, list(prunable(self.learn.model)), **scored_by(self.learn))
            self.seen = make_inputs(snip, at)['grad']

def assert_scores_are_the_steps(make, **kwargs):
    one,other = StepGradients(),Scores()
    set_seed(0); a = make()
    set_seed(0); b = make()
    set_seed(1); quiet(a, 1, cbs=[*kwargs.get('cbs', list)(), one])
    set_seed(1); quiet(b, 1, cbs=[*kwargs.get('cbs', list)(), other])
    assert other.seen and all(torch.equal(g, one.seen[n]) for n,g in other.seen.items())
    assert same(weights(a.model), weights(b.model))    # scoring leaves no trace in the training
    return a,b

def test_scores_are_the_gradients_of_the_training_step():
    a,b = assert_scores_are_the_steps(wrapped)
    assert (a.logits.n,a.logits.losses,a.logits.total) == (b.logits.n,b.logits.losses,b.logits.total)

@pytest.mark.parametrize('mix', [MixUp, CutMix])
def test_mixed_items(mix):
    assert_scores_are_the_steps(lambda: make_learner(model=SmallNet(p=0)), cbs=lambda: [mix()])

def test_accumulated_gradients_and_label_smoothing():
    def make(): return make_learner(model=SmallNet(p=0), loss_func=LabelSmoothingCrossEntropyFlat())
    assert_scores_are_the_steps(make, cbs=lambda: [GradientAccumulation(64)])

class CpuPrecision(MixedPrecision):
    "Mixed precision as on a GPU, in bfloat16."
    def before_fit(self):
        super().before_fit()
        self.autocast = torch.autocast('cpu', torch.bfloat16)

@pytest.mark.filterwarnings('ignore:.*CUDA is not available', "ignore:User provided device_type of 'cuda'")
def test_mixed_precision():
    seen = []
    class Types(Callback):
        def after_loss(self): seen.append((self.pred.dtype,torch.is_autocast_enabled('cpu')))
    class Linear(nn.Linear):
        def forward(self, x):
            res = super().forward(x)
            seen.append(res.dtype)
            return res
    def make(): return make_learner(model=nn.Sequential(nn.Flatten(), Linear(64, 10)), cbs=[CpuPrecision('bf16'), Types()])
    assert_scores_are_the_steps(make)
    assert set(seen[:22:2])=={torch.bfloat16} and {o[0] for o in seen if isinstance(o, tuple)}=={torch.float32}
    assert not torch.is_autocast_enabled('cpu')

@pytest.mark.parametrize('criterion', criteria)
def test_every_way_to_prune(criterion):
    a = wrapped()
    quiet(a, 1, cbs=(cb := sparsify(no_head, criteria=criterion, schedule=one_shot)))
    assert a.logits.n==5 and len(a.logits.losses)==5
    again = wrapped()
    quiet(again, 1, cbs=(given := sparsify(no_head, criteria=criterion, schedule=one_shot, batches=[one_batch(again)])))
    for masks in (cb.masks, given.masks): assert abs(sparsity_of({'': masks['net.1.weight']})-50)<.1
    early = EarlyBirdCallback(no_head, 'weight', criteria=criterion, verbose=False)
    quiet(wrapped(), 1, cbs=early)
    assert not early.masks[0]['net.1.weight'].all()
    ticket = wrapped().find_ticket(lambda l: l.fit(1), 50, 1, criteria=criterion, verbose=False)
    assert abs(ticket.sparsity-50)<.1

def test_pruning_at_init():
    study = LotteryStudy(wrapped, lambda l: l.fit(1), sparsity=50, n_rounds=1, seeds=1,
                         conditions=['dense','winning','snip','grasp','synflow'])
    study.run(verbose=False)
    assert len(study.results)==5

@pytest.mark.filterwarnings('ignore:The given NumPy array is not writable')
def test_several_inputs_of_a_table():
    df = pd.DataFrame(dict(a=list('xyzw')*40, n=np.linspace(0, 1, 160), m=np.linspace(2, 0, 160)**2, y=list('pqqp')*40))
    set_seed(0)
    dls = TabularDataLoaders.from_df(df, '.', procs=[Categorify,FillMissing,Normalize], cat_names=['a'], cont_names=['n','m'],
                                     y_names='y', bs=32, device='cpu')
    def make():
        set_seed(0)
        model = TabularModel([(5,3)], 2, 2, [20], embed_p=0, y_range=None)
        return TabularLearner(dls, model, loss_func=CrossEntropyLossFlat(), path=Path('.'))
    assert_scores_are_the_steps(make)
    for c in criteria:
        quiet(make(), 1, cbs=(cb := sparsify(50, criteria=c, schedule=one_shot)))
        assert abs(sparsity_of(cb.masks)-50)<2

@pytest.mark.filterwarnings('ignore:The given NumPy array is not writable')
def test_synaptic_flow_reaches_every_row_of_an_embedding():
    model = TabularModel([(5,3)], 2, 2, [20], embed_p=0)
    flow = synaptic_flow(model, (torch.tensor([[2],[3]]),torch.randn(2, 2)), ['embeds.0.weight'])['embeds.0.weight']
    assert (flow==flow[:1]).all() and flow.all()

def text_learner():
    set_seed(0)
    encoder = AWD_LSTM(30, 8, 12, 2, embed_p=.1, weight_p=.2)
    model = SequentialRNN(encoder, LinearDecoder(30, 8, .1, tie_encoder=encoder.encoder))
    x = torch.randint(1, 30, (128,9))
    dsets = [TensorDataset(x[:96,:-1], x[:96,1:]), TensorDataset(x[96:,:-1], x[96:,1:])]
    return Learner(DataLoaders(*[DataLoader(d, bs=16) for d in dsets]), model, loss_func=CrossEntropyLossFlat(),
                   cbs=[ModelResetter(),RNNCallback(),RNNRegularizer(alpha=2., beta=1.)])

def test_text():
    class Look(Callback):
        "Compare the state of the recurrent layers before and after scoring."
        order = 10**6-1
        def before_batch(self): self.before = [h.clone() for hs in self.model[0].hidden for h in hs]
    class After(Callback):
        order = 10**7
        def before_batch(self):
            if not self.training: return
            assert all(torch.equal(h, b) for h,b in zip([h for hs in self.model[0].hidden for h in hs], self.look.before))
            assert {h.dtype for hs in self.model[0].hidden for h in hs}=={torch.float32}
    for c in criteria:
        quiet(text_learner(), 2, cbs=[Look(), cb := sparsify(50, criteria=c, start_epoch=1, schedule=one_shot), After()])
        assert abs(sparsity_of(cb.masks)-50)<.1

def test_the_penalties_of_a_language_model_count():
    learn = text_learner()
    names,batch = list(prunable(learn.model)),one_batch(learn)
    def scored(): return make_inputs(snip, Scoring(learn.model, names, **scored_by(learn, [batch])))['grad']
    with_penalty = scored()
    learn.rnn_regularizer.alpha = learn.rnn_regularizer.beta = 0.
    assert any(not torch.allclose(g, with_penalty[n]) for n,g in scored().items())

class Penalty(Callback):
    "Add to the loss, in place."
    def after_loss(self): self.learn.loss_grad += 1e-3*sum(p.pow(2).sum() for p in self.model.parameters())

@pytest.mark.parametrize('criterion', [synflow,snip,grasp,taylor])
def test_every_criterion_works_with_a_callback_that_adds_to_the_loss(criterion):
    learn = make_learner(cbs=Penalty())
    quiet(learn, 1, cbs=(cb := sparsify(50, criteria=criterion, schedule=one_shot)))
    assert cb.ticket.sparsity==50
    learn.get_preds()

def test_a_penalty_does_not_change_the_synaptic_flow():
    def masks(**kwargs):
        quiet(make_learner(**kwargs), 1, cbs=(cb := sparsify(50, criteria=synflow, schedule=one_shot)))
        return cb.masks
    assert same(masks(), masks(cbs=Penalty()))

def test_nothing_changes_even_after_an_error():
    learn = quiet(wrapped(), 1)
    class Fails(Callback):
        def after_loss(self):
            self.learn.xb,self.learn.metrics,self.learn.model.mode = 'gone',[],3
            random.random(), np.random.rand(), torch.rand(1)
            raise ZeroDivisionError('here')
    batch = one_batch(learn)
    with learn.added_cbs(Fails()):
        before,states = {k: v for k,v in vars(learn).items()},(random.getstate(),np.random.get_state()[1].tolist(),torch.get_rng_state())
        modes,losses = [m.training for m in learn.model.modules()],list(learn.logits.losses)
        with pytest.raises(ZeroDivisionError):
            make_inputs(snip, Scoring(learn.model, ['net.1.weight'], **scored_by(learn, [batch])))
        assert vars(learn).keys()==before.keys() and all(vars(learn)[k] is v for k,v in before.items())
        assert (random.getstate(),np.random.get_state()[1].tolist())==states[:2] and torch.equal(torch.get_rng_state(), states[2])
        assert [m.training for m in learn.model.modules()]==modes and not hasattr(learn.model, 'mode')
        assert learn.logits.losses==losses

class OwnForward(Learner):
    "A learner that calls its model in its own way."
    def _do_one_batch(self):
        self.pred = self.model(self.xb[0], extra=1)
        super()._do_one_batch()

def test_a_learner_with_a_forward_pass_of_its_own():
    learn = wrapped()
    own = OwnForward(learn.dls, learn.model, loss_func=learn.loss_func, cbs=Logits())
    called = []
    own.model.register_forward_pre_hook(lambda m, args, kwargs: called.append(kwargs), with_kwargs=True)
    learner_forward(own)(own.model, one_batch(own))
    assert called[0]=={'extra': 1}

def test_a_batch_that_a_callback_skips():
    class Skips(Callback):
        def after_pred(self): raise CancelBatchException()
    learn = make_learner(cbs=Skips())
    with pytest.raises(ValueError, match='must compute a loss for a batch, but a callback raised CancelBatchException'):
        quiet(learn, 1, cbs=sparsify(50, criteria=snip, schedule=one_shot))
