"Finder, study, rewind_find and gradient criteria on what people put into a Learner: tables, ratings, texts, segments, any data set."
import pytest
from helpers import *
from fastai.callback.fp16 import MixedPrecision
from fastai.collab import CollabDataLoaders, collab_learner
from fastai.tabular.all import Categorify, Normalize, TabularDataLoaders, tabular_learner
from fastai.text.all import AWD_LSTM, TextDataLoaders, awd_lstm_clas_config, awd_lstm_lm_config, language_model_learner, text_classifier_learner
from fasterlth.train.randomness import random_states
from fasterlth.core.tensors import unwrap
from fasterlth.train.training import Training
from torch.nn.utils import prune
from torch.utils.data import IterableDataset

cpu = torch.device('cpu')

def rows(n=96):
    r = np.random.RandomState(0)
    df = pd.DataFrame(dict(x=r.rand(n), y=r.rand(n), kind=r.choice(list('abc'), n)))
    return df.assign(target=(df.x+(df.kind=='a')*.5>.7).astype(int))

def tabular(seed=0, path=None):
    set_seed(seed)
    dls = TabularDataLoaders.from_df(rows(), cat_names=['kind'], cont_names=['x','y'], y_names='target', procs=[Categorify, Normalize], y_block=CategoryBlock(), valid_idx=list(range(24)), bs=16, device=cpu)
    return tabular_learner(dls, layers=[16,8], metrics=accuracy, path=path)

def collab(seed=0, path=None):
    set_seed(seed)
    df = pd.DataFrame(dict(user=np.arange(96)%7, item=np.arange(96)%9, rating=np.random.RandomState(0).rand(96)*5))
    dls = CollabDataLoaders.from_df(df, bs=16, seed=0, device=cpu)
    set_seed(seed)    # a seeded split seeds torch
    return collab_learner(dls, n_factors=8, y_range=(0,5.5), path=path)

def text_dls(path, is_lm=False):
    df = pd.DataFrame([('the film was '+'very '*(i%4)+('good' if i%2 else 'bad'), i%2) for i in range(60)], columns=['text','label'])
    return TextDataLoaders.from_df(df, path, text_col='text', label_col='label', is_lm=is_lm, bs=8, seq_len=6, tok_tfm=None, seed=0, device=cpu)

def classifier(seed=0, path=None):
    dls = text_dls(path)
    set_seed(seed)
    return text_classifier_learner(dls, AWD_LSTM, config=dict(awd_lstm_clas_config, emb_sz=16, n_hid=24, n_layers=2), pretrained=False, metrics=accuracy, path=path)

def language_model(seed=0, path=None):
    dls = text_dls(path, is_lm=True)
    set_seed(seed)
    return language_model_learner(dls, AWD_LSTM, config=dict(awd_lstm_lm_config, emb_sz=16, n_hid=24, n_layers=2), pretrained=False, path=path)

class Pictures:
    def __len__(self): return 16
    def __getitem__(self, i):
        x = torch.rand(3, 32, 32, generator=torch.Generator().manual_seed(i))
        return TensorImage(x),TensorMask((x[0]>.5).long())

def segments(seed=0, path=None):
    from fastai.vision.models.unet import DynamicUnet
    set_seed(seed)
    dls = DataLoaders.from_dsets(Pictures(), Pictures(), bs=8, num_workers=0, device=cpu)
    body = nn.Sequential(nn.Conv2d(3, 8, 3, stride=2, padding=1), nn.ReLU(), nn.Conv2d(8, 16, 3, stride=2, padding=1), nn.ReLU())
    return Learner(dls, DynamicUnet(body, 2, (32,32)), loss_func=CrossEntropyLossFlat(axis=1), metrics=DiceMulti(), path=path)

def frames(seed=0, path=None):
    "A data set whose items are made of a DataFrame, by plain torch loaders."
    set_seed(seed)
    class Frame:
        def __init__(self, df): self.df = df
        def __len__(self): return len(self.df)
        def __getitem__(self, i): return torch.tensor([self.df.x.iloc[i], self.df.y.iloc[i]]).float(),int(self.df.target.iloc[i])
    dls = DataLoaders(*[DataLoader(Frame(rows()[a:b]), bs=16, shuffle=not a, num_workers=0, device=cpu) for a,b in ((0,72),(72,96))])
    return Learner(dls, nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 2)), loss_func=CrossEntropyLossFlat(), metrics=accuracy, path=path)

def stream(seed=0, path=None):
    "A data set without length or index, of which fastai is told how long to read."
    set_seed(seed)
    class Stream(IterableDataset):
        def __iter__(self):
            g = torch.Generator().manual_seed(3)
            for _ in range(48):
                x = torch.randn(4, generator=g)
                yield x,int(x[0]>0)
    dls = DataLoaders(*[DataLoader(Stream(), bs=16, n=48, num_workers=0) for _ in range(2)])
    return Learner(dls, nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 2)), loss_func=CrossEntropyLossFlat(), metrics=accuracy, path=path)

learners = dict(tabular=tabular, collab=collab, classifier=classifier, language_model=language_model, segments=segments, frames=frames, stream=stream)
indexed = [k for k in learners if k!='stream']
kinds = [weekly(k) if k=='classifier' else k for k in learners]
pytestmark = [pytest.mark.filterwarnings('ignore:The given NumPy array is not writable'), pytest.mark.filterwarnings('ignore:left dense')]
def train(l): l.fit(1, 1e-2)

@pytest.mark.parametrize('kind', kinds)
def test_a_finder_is_killed_and_goes_on(kind, tmp_path):
    def find(path, at=None):
        learn = stop(learners[kind](path=tmp_path), at)
        f = LotteryTicketFinder(learn, 50, 1, seed=0, path=path, verbose=False)
        return f,f.find_winning_ticket(train)
    f,want = find(tmp_path/'whole')
    assert abs(want.sparsity-50)<1 and len(f.history)==2
    steps = len(f.learn.dls.train) if kind!='stream' else 3
    with pytest.raises(KeyboardInterrupt): find(tmp_path/'killed', steps+1)
    g,found = find(tmp_path/'killed')
    assert same(found.masks, want.masks) and same(weights(f.learn.model), weights(g.learn.model)) and f.history.equals(g.history)
    found.save(tmp_path/'t')
    other = Ticket.load(tmp_path/'t').apply(learners[kind](1, tmp_path))
    assert_masked(other.model, want.masks)
    train(other)
    assert_masked(other.model, want.masks)

@pytest.mark.parametrize('kind', ['tabular','collab','frames'])
def test_a_study_and_where_to_rewind(kind, tmp_path):
    s = LotteryStudy(lambda seed: learners[kind](seed, tmp_path), train, 50, 1, ['random_reinit'], 1, tmp_path/'study').run(verbose=False)
    assert not s.failures and len(s.results)==3
    found = learners[kind](path=tmp_path).rewind_find(train, [0,'2it'], path=tmp_path/'rewind', points=3, bn_batches=1, show_plot=False, verbose=False)
    assert len(found.barriers)==2 and found.barriers.barrier.notna().all()

@pytest.mark.parametrize('kind', kinds)
def test_along_a_straight_line(kind, tmp_path):
    "By the learner's own pass: its ends are what a validation measures, also where a callback picks one of several outputs."
    a,b = [quiet(learners[kind](i, path=tmp_path), 1) for i in (0,1)]
    before,held = weights(a.model),str(random_states(a.dls))
    line = linear_interpolation(a, a, b, points=3, bn_batches=2)
    assert same(weights(a.model), before) and str(random_states(a.dls))==held and line.loss.notna().all()
    if not any(isinstance(m, nn.modules.batchnorm._BatchNorm) for m in a.model.modules()):
        for l,loss in ((a,line.loss.iloc[0]),(b,line.loss.iloc[-1])): assert np.isclose(l.validate()[0], loss, rtol=1e-5)
    assert line.error.isna().any()==(kind=='collab') and (kind=='collab' or line.error.between(0, 100).all())
    pd.testing.assert_frame_equal(linear_interpolation(a, a, b, points=3, bn_batches=2), line, check_exact=True)

@pytest.mark.parametrize('kind', [weekly('classifier'),'language_model'])
def test_where_to_rewind_texts(kind, tmp_path):
    def find(path): return learners[kind](path=tmp_path).rewind_find(train, [0,'2it'], path=path, points=3, bn_batches=1, show_plot=False, verbose=False)
    a,b = find(tmp_path/'rewind'),find(None)
    assert len(a.barriers)==2 and a.barriers.barrier.notna().all() and a.lines.error.notna().all()
    pd.testing.assert_frame_equal(a.lines, b.lines, check_exact=True)

class CpuPrecision(MixedPrecision):
    "In bfloat16 on the CPU, without a scaler."
    def before_fit(self): self.autocast,self.learn.scaler,self.scales = torch.autocast('cpu', torch.bfloat16),torch.amp.GradScaler('cpu', enabled=False),L()
    def after_fit(self): pass    # it keeps its autocast, as only GPUs have one outside of a fit

def test_a_line_through_mixed_precision():
    "In the precision that the learner validates in, and nothing of it is left on."
    a,b = [quiet(make_learner(i, cbs=CpuPrecision()), 1) for i in (0,1)]
    seen = []
    class Look(Callback):
        def after_loss(self): seen.append((self.training,self.pred.dtype,torch.is_autocast_enabled('cpu')))
    with a.added_cbs(Look()): line = linear_interpolation(a, a, b, points=3, bn_batches=1)
    assert {o[0] for o in seen}=={True,False} and all(o[2] for o in seen)
    assert not torch.is_autocast_enabled('cpu') and not a.lock.locked()
    full = linear_interpolation(make_learner(), a, b, points=3, bn_batches=1)
    assert np.allclose(line.loss, full.loss, rtol=.05) and (line.loss!=full.loss).any()

def test_a_line_of_a_learner_whose_callbacks_change_batch_and_loss():
    class Twice(Callback):
        "Doubles the inputs, and the loss, as penalties do."
        def before_batch(self): self.learn.xb = tuple(2*x for x in self.xb)
        def after_loss(self): self.learn.loss = 2*self.loss; self.learn.loss_grad = 2*self.loss_grad
    class Doubled(SmallNet):
        def forward(self, x): return super().forward(2*x)
    set_seed(0)
    a,b = Doubled(),Doubled()
    want = linear_interpolation(make_learner(model=Doubled()), weights(a), weights(b), points=3, bn_batches=2)
    learn = make_learner(cbs=Twice())
    got = linear_interpolation(learn, weights(a), weights(b), points=3, bn_batches=2)
    assert (got.loss==2*want.loss).all() and (got.error==want.error).all()

def test_a_line_of_a_learner_whose_callback_begins_with_the_fit():
    "It has what it sets up, as in a validation, at each point alike; nothing of it is left, even after an error."
    class Noisy(Callback):
        seen = []
        def before_fit(self): self.i,self.hook = 0,self.learn.model.register_forward_hook(lambda *_: None)
        def before_batch(self):
            self.i += 1
            self.seen.append((self.i,self.learn.lock.locked() or self.training))
        def after_fit(self): self.hook.remove()
    learn = make_learner(cbs=Noisy())
    hooks = len(learn.model._forward_hooks)
    line = linear_interpolation(learn, learn, learn, points=3, bn_batches=1)
    n = 1+len(learn.dls.valid)
    assert Noisy.seen==[(i,True) for i in range(1, n+1)]*3 and barrier(line)==0
    assert not hasattr(learn.noisy, 'i') and len(learn.model._forward_hooks)==hooks and not learn.lock.locked()
    found = make_learner(cbs=Noisy()).rewind_find(train, [0], points=3, bn_batches=1, show_plot=False, verbose=False)
    assert found.lines.loss.notna().all()
    with learn.added_cbs(Callback(after_loss=lambda self: 1/0)), pytest.raises(ZeroDivisionError): linear_interpolation(learn, learn, learn, points=3)
    assert not hasattr(learn.noisy, 'i') and len(learn.model._forward_hooks)==hooks and not learn.lock.locked()

@pytest.mark.parametrize('kind', indexed)
def test_gradient_criteria(kind, tmp_path):
    "From the learner's own pass; recurrent layers have no second gradients on some devices, and synflow needs no labels."
    for criterion in (snip, taylor, synflow):
        learn = learners[kind](path=tmp_path)
        quiet(learn, 1, cbs=(cb := sparsify(50, criteria=criterion, schedule=one_shot)))
        assert abs(cb.ticket.sparsity-50)<1 and all(0<int(m.sum()) for m in cb.masks.values())

def test_from_a_language_model_to_a_classifier(tmp_path):
    "Its encoder is the classifier's: all of it is taken, bit for bit, with its masks."
    lm = language_model(path=tmp_path)
    quiet(lm, 1)
    ticket = Ticket.of(lm.model, make_masks(prunable(lm.model), 50))
    learn = classifier(path=tmp_path)
    moved = ticket.transfer(learn.model)
    taken = moved.report[moved.report.how=='by structure']
    encoder = {n: t for n,t in learn.model.named_parameters() if n.startswith('0.module.')}
    assert set(encoder)<=set(taken.tensor)
    for n in encoder:
        old = n.replace('0.module.', '0.', 1)
        assert torch.equal(moved.ticket.weights[n], ticket.weights[old]) and (old not in ticket.masks or torch.equal(moved.ticket.masks[n], ticket.masks[old]))
    moved.ticket.apply(learn)
    quiet(learn, 1)
    assert_masked(learn.model, {n: m for n,m in moved.ticket.masks.items() if not m.all()})

def test_a_stream_of_unknown_length_is_named():
    "fastai counts the batches of an epoch, and raises an empty TypeError otherwise."
    class Stream(IterableDataset):
        def __iter__(self): yield from [(torch.rand(4),i%2) for i in range(24)]
    def make():
        dls = DataLoaders(*[DataLoader(Stream(), bs=8, num_workers=0, device=cpu) for _ in range(2)])
        return Learner(dls, nn.Linear(4, 2), loss_func=CrossEntropyLossFlat())
    for use in (lambda l: l.find_ticket(train, 50, 1), lambda l: l.find_early_bird(train, 50, granularity='weight'), lambda l: l.rewind_find(train),
                lambda l: linear_interpolation(l, l, l), lambda l: quiet(l, 1, cbs=sparsify())):
        with pytest.raises(ValueError, match='pass the number of items as n'): use(make())

# What a learner must have, what it may be wrapped in, and what `train` may do to it

def two(l): quiet(l, 2, lr=1e-2)    # without a bar
def find(l, train=two): return l.find_ticket(train, 50, 1, seed=0, verbose=False)
def early_bird(l, train=two): return l.find_early_bird(train, 50, granularity='weight', threshold=1., n_masks=2, seed=0, verbose=False)
def rewind(l, train=two): return l.rewind_find(train, [0,'2it'], points=3, bn_batches=1, show_plot=False, verbose=False)
searches = pytest.mark.parametrize('search', [find,early_bird,rewind])
wrappers = dict(compiled=lambda m: torch.compile(m, backend='eager'), data_parallel=nn.DataParallel)
wrapped = pytest.mark.parametrize('wrap', wrappers.values(), ids=wrappers)

def wrap_model(learn, wrap):
    learn.model = wrap(learn.model)
    return learn

def assert_alike(a, b):
    if not isinstance(a, Ticket): return pd.testing.assert_frame_equal(a.barriers, b.barriers, check_exact=True)
    assert same(a.masks, b.masks) and same(a.weights, b.weights) and a.about.get('history')==b.about.get('history')

@wrapped
@searches
def test_a_wrapped_model_comes_to_what_it_would_alone(search, wrap):
    "Wrapped before, or by `train` each time: compiling what is compiled gives a function."
    def wrapping(l): two(wrap_model(l, wrap))
    want = search(make_learner())
    assert_alike(search(wrap_model(make_learner(), wrap)), want)
    assert_alike(search(learn := make_learner(), wrapping), want)
    assert isinstance(learn.model, SmallNet)==(search is rewind)

@wrapped
def test_a_study_of_wrapped_models(wrap):
    def results(wrap):
        s = LotteryStudy(lambda seed: wrap_model(make_learner(seed), wrap), two, 50, 1, ['random_reinit'], 1).run(verbose=False)
        assert not s.failures
        return s.results.drop(columns='seconds')
    pd.testing.assert_frame_equal(results(wrap), results(noop), check_exact=True)

@wrapped
def test_gradients_of_a_moment_are_those_of_the_model_inside(wrap):
    "Taken of a wrapped model, resumed with a plain one: the steps go on with the batches that were accumulated."
    def train(l): quiet(l, 2, cbs=GradientAccumulation(192))    # an epoch has four batches of 64
    moments = []
    whole = wrap_model(make_learner(), wrap)
    Training(whole, on_epoch=lambda t: moments.append(t.moment()))(train)
    assert set(moments[0].notes['grads'])=={n for n,_ in SmallNet().named_parameters()}
    for again in (make_learner(), wrap_model(make_learner(), wrap)):
        again.create_opt()
        Training(again, moments[0])(train)
        assert same(weights(unwrap(again.model)), weights(unwrap(whole.model)))

def other_model(l): l.model = SmallNet(); two(l)
def other_layer(l): l.model.fc2 = nn.Linear(20, 10); two(l)
def other_layer_after(l): two(l); l.model.fc2 = nn.Linear(20, 10)
def other_parameter(l): two(l); l.model.fc2.weight = nn.Parameter(l.model.fc2.weight.detach().clone())
def one_more(l): two(l); l.model.more = nn.Linear(3, 3)
def larger(l): two(l); l.model.fc1 = nn.Linear(72, 40)
def pruned_by_torch(l): prune.l1_unstructured(l.model.fc1, 'weight', .5); two(l)
replacing = [other_model,other_layer,other_layer_after,other_parameter,one_more,larger,pruned_by_torch]

@pytest.mark.parametrize('train', replacing)
@pytest.mark.parametrize('search', [find,early_bird])
def test_a_train_that_replaces_parameters_is_refused(search, train):
    "The accuracies would be those of a network without the ticket."
    learn = make_learner()
    model = learn.model
    with pytest.raises(ValueError, match='train must train the parameters that the model has, but replaced, added or removed'): search(learn, train)
    assert learn.model is model

@pytest.mark.parametrize('train', [o for o in replacing if o not in (one_more,larger,pruned_by_torch)])
def test_where_to_rewind_with_a_train_that_replaces_parameters(train):
    with pytest.raises(ValueError, match='train must train the parameters that the model has'): rewind(make_learner(), train)

@searches
def test_parameters_may_get_other_values_and_other_memory(search):
    def train(l):
        l.model.fc2.weight.data = 2*l.model.fc2.weight.detach()
        l.model.load_state_dict(l.model.state_dict())
        two(l)
    assert search(make_learner(), train) is not None

@searches
@pytest.mark.parametrize('after', [None,'fit','no fit'])
def test_the_progress_bar_is_there_afterwards(search, after):
    def train(l):
        with l.no_bar():
            if after=='no fit': raise ZeroDivisionError
            with l.no_logging(): l.fit(2)
            if after=='fit': raise ZeroDivisionError
    learn = make_learner()
    if after:
        with pytest.raises(ZeroDivisionError): search(learn, train)
    else: search(learn, train)
    assert [cb for cb in learn.cbs if isinstance(cb, ProgressCallback)]==[learn.progress] and learn.progress.learn is learn

def test_what_train_does_to_bars_ends_with_it():
    def remove(l): l.remove_cb(ProgressCallback); two(l)
    def add(l): l.add_cb(ProgressCallback()); two(l)
    for train in (remove, add, two):
        learn = make_learner()
        bar = learn.progress
        Training(learn)(train)
        assert learn.progress is bar and [cb for cb in learn.cbs if isinstance(cb, ProgressCallback)]==[bar]
        without = make_learner().remove_cb(ProgressCallback)
        Training(without)(train)
        assert not any(isinstance(cb, ProgressCallback) for cb in without.cbs)

def no_recorder(learn): learn.remove_cb(Recorder)
def no_validation(learn): learn.dls = DataLoaders(learn.dls.train)
def all_frozen(learn): learn.model.requires_grad_(False)
def no_batches(learn):
    few = DataLoader(list(range(12)), bs=32, drop_last=True, num_workers=0)
    learn.dls = DataLoaders(few, learn.dls.valid)
lacking = {no_recorder: r'learn must have a Recorder.*: call learn\.add_cb\(Recorder\(\)\)', no_validation: 'learn must have validation data',
           all_frozen: r'all are frozen: call learn\.model\.requires_grad_\(\)', no_batches: 'makes none, with 12 items and a batch size of 32: pass more items, or a smaller bs'}

@searches
@pytest.mark.parametrize('without', lacking)
def test_a_learner_that_cant_be_trained_is_refused_by_name(search, without):
    "Before anything is trained or drawn."
    learn = make_learner()
    without(learn)
    before,state,opt,cbs = weights(learn.model),torch.get_rng_state(),learn.opt,list(learn.cbs)
    with pytest.raises(ValueError, match=lacking[without]): search(learn)
    assert same(weights(learn.model), before) and learn.opt is opt and not hasattr(learn, 'ticket_finder')
    assert search is rewind or torch.equal(torch.get_rng_state(), state)
    assert [type(cb) for cb in learn.cbs]==[type(cb) for cb in cbs] and all(m.training for m in learn.model.modules())

def test_a_criterion_without_a_batch():
    learn = make_learner()
    no_batches(learn)
    with pytest.raises(ValueError, match='makes none, with 12 items and a batch size of 32'): learn.find_ticket(two, 50, 1, criteria=snip)
    torchs = torch.utils.data.DataLoader(range(12), batch_size=32, drop_last=True)
    learn.dls = DataLoaders(torchs, torchs)
    with pytest.raises(ValueError, match='makes none, with 12 items and a batch size of 32'): learn.find_ticket(two, 50, 1, criteria=snip)

def test_frozen_is_frozen_until_told_otherwise():
    learn = make_learner()
    all_frozen(learn)
    with pytest.raises(ValueError, match='all are frozen'): Snapshot.take(learn)
    learn.model.requires_grad_()
    Snapshot.take(learn)
    assert abs(find(learn).sparsity-50)<1
    quiet(learn, 1)
    all_frozen(learn)    # with an optimizer
    with pytest.raises(ValueError, match='all are frozen'): find(learn)

def test_a_learner_that_validates_by_itself_needs_no_second_loader():
    class Own(Learner):
        def _do_epoch_validate(self, ds_idx=1, dl=None): pass
    dls = make_learner().dls
    learn = Own(DataLoaders(dls.train), SmallNet(), loss_func=CrossEntropyLossFlat())
    assert abs(find(learn).sparsity-50)<1
