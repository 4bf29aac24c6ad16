"What closures, bound methods, layers and transforms hold belongs to a moment, or is named: a resumed training ends like a whole one."
import collections, functools, itertools, logging, re, types
import pytest
from helpers import *
from fasterlth.core.trees import pack_tree, unpack_tree
from fasterlth.find.finder import LotteryTicketFinder
from datetime import datetime
from fasterlth.train.callback_state import callback_states, set_callback_states, warn_lost

def set_rate(cb, n): cb.opt.set_hyper('lr', float(1e-2/(1+n%5)))

def by_closure():
    "A number that a function counts in its closure."
    n = 0
    def before_batch(self):
        nonlocal n
        if self.training: n += 1; set_rate(self, n)
    return Callback(before_batch=before_batch)

def by_rows():
    rows = []
    def before_batch(self):
        if self.training: rows.append(1.); set_rate(self, sum(rows))
    return Callback(before_batch=before_batch)

def by_default():
    def before_batch(self, rows=[], *, more={}):
        if self.training: rows.append(1); more[len(rows)] = 1; set_rate(self, len(rows)+len(more))
    before_batch.__defaults__[0].clear()
    return Callback(before_batch=before_batch)

def by_attribute():
    def before_batch(self):
        if self.training: before_batch.n += 1; set_rate(self, before_batch.n)
    before_batch.n = 0
    return Callback(before_batch=before_batch)

class Meter:
    def __init__(self): self.n,self.inner = 0,random.Random(1)
    def step(self, by=1): self.n += by; return self.n+self.inner.randrange(3)

class Calls(Callback):
    "Something to call, which counts."
    def __init__(self, f): self.f = f
    def before_batch(self):
        if self.training: set_rate(self, self.f())

def by_method(): return Calls(Meter().step)
def by_partial(): return Calls(partial(Meter().step, by=2))
def by_object(): cb = Calls(None); cb.meter = Meter(); cb.f = lambda: cb.meter.step(); return cb
def by_list():
    cb = Calls(None); cb.rows = []; cb.add = cb.rows.append
    cb.f = lambda: (cb.add(1), len(cb.rows))[1]
    return cb
def by_numpy_generator(): return Calls(partial(np.random.default_rng(0).integers, 5))
def by_lru(): return Calls(functools.wraps(Meter.step)(partial(Meter().step)))

class Counts(nn.Module):
    "A layer that counts its passes in a number, and holds a generator and a hidden state."
    def __init__(self):
        super().__init__()
        self.n,self.rng,self.hidden = 0,torch.Generator().manual_seed(1),[torch.zeros(1)]
    def forward(self, x):
        if not self.training: return x
        self.n += 1
        self.hidden = [.9*self.hidden[0]+.1*x.detach().mean()]
        return x*(1+.1*(self.n%3))+.1*torch.rand(x.shape, generator=self.rng)+self.hidden[0]

class Extra(nn.Module):
    "The same through torch's own mechanism."
    def __init__(self): super().__init__(); self._n = [0]; self.noted = None
    def forward(self, x):
        if self.training: self._n[0] += 1
        return x*(1+.1*(self._n[0]%7))
    def get_extra_state(self): return dict(n=self._n[0], seen=torch.tensor(self._n[0]))
    def set_extra_state(self, state): self._n = [state['n']]

class Noise(Transform):
    "Draws from generators of its own, in training."
    split_idx = 0
    def __init__(self): self.a,self.b,self.c,self.n = random.Random(1),np.random.default_rng(2),torch.Generator().manual_seed(3),0
    def encodes(self, x:TensorImage):
        self.n += 1
        return x+self.a.random()+self.b.random()+torch.rand(x.shape, generator=self.c)*(self.n%3)

def noise():
    "The same in a closure of a function."
    rng = np.random.default_rng(4)
    def add(x:TensorImage): return x+rng.random()
    return add

class Rows(torch.utils.data.Dataset):
    "A data set of torch's with a generator of its own."
    def __init__(self, n): self.x,self.y,self.rng = torch.rand(n, 8),torch.arange(n)%2,np.random.default_rng(0)
    def __len__(self): return len(self.x)
    def __getitem__(self, i): return self.x[i]+float(self.rng.random()),self.y[i]

def with_layer(layer): set_seed(0); return make_learner(n=192, model=nn.Sequential(nn.Flatten(), layer, nn.Linear(64, 10)))
def with_transform(f):
    learn = make_learner(n=192)
    f = f if isinstance(f, Transform) else Transform(f)
    for dl in learn.dls.loaders: dl.after_batch.add(f)
    return learn
def of_torch(n=192):
    set_seed(0)
    torch_dls = DataLoaders(*[torch.utils.data.DataLoader(Rows(n), 64, shuffle=s, generator=torch.Generator()) for s in (True,False)])
    return Learner(torch_dls, nn.Linear(8, 2), loss_func=nn.CrossEntropyLoss(), lr=1e-2)
def with_loss():
    n = 0
    def loss(out, y, *args, **kwargs):
        nonlocal n
        if out.requires_grad: n += 1
        return F.cross_entropy(out, y)/(1+n%4)
    return make_learner(n=192, loss_func=loss)

makers = {f.__name__: (lambda f=f: make_learner(n=192, cbs=f())) for f in (
    by_closure,by_rows,by_default,by_attribute,by_method,by_partial,by_object,by_list,by_numpy_generator)}
makers |= dict(layer=lambda: with_layer(Counts()), extra=lambda: with_layer(Extra()), transform=lambda: with_transform(Noise()),
               function=lambda: with_transform(noise()), torch_data=of_torch, loss=with_loss)

def two_fits(l): l.fit(1); l.fit(2)

rare = 'by_default','by_partial','by_object','by_list','by_numpy_generator'
@pytest.mark.parametrize('name', [weekly(n) if n in rare else n for n in makers])
def test_resumed_like_a_whole_training(name, tmp_path):
    def find(path, at=None):
        f = LotteryTicketFinder(stop(makers[name](), at), 80, 1, seed=0, path=path, verbose=False)
        with warnings.catch_warnings():
            warnings.filterwarnings('error', ".*can't be kept")
            f.find_winning_ticket(two_fits)
        return f
    want = find(tmp_path/'whole')
    for at in (5,8,14):    # three batches an epoch: within both fits, and in the next round
        with pytest.raises(KeyboardInterrupt): find(tmp_path/str(at), at)
        got = find(tmp_path/str(at))
        assert got.epochs.equals(want.epochs) and same(weights(got.learn.model), weights(want.learn.model)), at
    assert not same(weights(want.learn.model), weights(makers[name]().model))

def said(learn):
    with warnings.catch_warnings(record=True) as ws:
        warnings.simplefilter('always')
        warn_lost(learn, set())
    return [str(w.message) for w in ws]

class Holds(Callback):
    def __init__(self, **things): vars(self).update(things)

def in_closure(x): return lambda: x

def test_what_moves_is_named_wherever_it_is(tmp_path):
    gen = (i for i in range(3))
    with open(tmp_path/'log', 'w') as f:
        learn = make_learner(cbs=Holds(a=in_closure(gen), b=partial(next, iter([])), c=in_closure(f).__call__, d=zip([1]).__next__,
                                       e=dict(x=[gen]), g=Meter().step, h=map(str, []), i=[Meter()]))
        text, = said(learn)
    kinds = dict(a='function with x: generator', b='partial with args: list_iterator', e='generator', h='map', i='Meter')
    assert all(f'{k} ({v})' in text for k,v in kinds.items()) and 'c (' in text and 'TextIOWrapper' in text and 'd (' in text and 'g (' not in text
    class Stream(nn.Module):
        def __init__(self): super().__init__(); self.draws = iter([])
        def forward(self, x): return x
    assert said(with_layer(Stream()))==["the model holds what can't be kept for a resumed training: 1.draws (list_iterator). "
                                        "Hold numbers, lists, tensors or random generators instead"]
    moving = Noise(); moving.it = iter([])
    assert 'the loaders hold' in said(with_transform(moving))[0] and 'Noise.it (list_iterator)' in said(with_transform(moving))[0]
    assert 'loss_func holds' in said(make_learner(loss_func=lambda o, y, g=gen: F.cross_entropy(o, y)))[0]

def test_no_false_alarms(tmp_path):
    learn,scale = make_learner(),3.
    quiet(learn, 1)
    class Config: lr,names = 1,['a']
    learn.add_cb(Holds(
        f=lambda x: x*scale, g=partial(torch.add, 1), h=torch.relu, i=F.relu, j=learn, k=learn.dls, l=learn.opt, m=learn.model, n=learn.model.fc1.forward,
        o=in_closure(learn), p=in_closure(learn.dls), q=in_closure(learn.model), r=in_closure(learn.opt), s=learn.loss_func, t=learn.recorder, u=accuracy,
        v=re.compile('a'), w=logging.getLogger('a'), x=Config(), y=Config, z=in_closure(re.compile('b')), A=learn.metrics, B=set_seed, C=math.sqrt, D=np.add,
        E=learn.fit, F=learn.model.parameters, G=partial(F.cross_entropy, reduction='sum'), H=Path(), I=nn.ReLU(), J=datetime.now(),
        K=torch.device('cpu'), L=combine_scheds([.5,.5], [SchedLin(0, 1), SchedCos(1, 0)]), M=[SchedLin(0, 1)]))
    assert said(learn)==[]

@pytest.mark.parametrize('make', [
    ActivationStats, BnFreeze, ChannelsLast, CollectDataCallback, CutMix, EarlyStoppingCallback, FetchPredsCallback, GradientAccumulation, GradientClip,
    HookCallback, MixUp, ReduceLROnPlateau, SaveModelCallback, TerminateOnNaNCallback, TrackerCallback, CSVLogger, MCDropoutCallback, RNNRegularizer,
    lambda: ParamScheduler({'lr': combine_scheds([.5,.5], [SchedLin(0, 1), SchedCos(1, 0)])})])
def test_fastais_own_callbacks_raise_no_alarm(make, tmp_path):
    alarms = []
    class Asks(Callback):
        order = 99
        def after_epoch(self): alarms.extend(said(self.learn))
    learn = make_learner(n=128, path=tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        quiet(learn, 2, cbs=[make(), Asks()])
    assert alarms==[]

def test_a_schedule_of_the_users_that_moves():
    "Fastai's callbacks are known, but not what they are given."
    stream = iter(np.linspace(0, 1, 999))
    learn = make_learner(cbs=ParamScheduler(lambda pos: next(stream)))
    assert 'function with stream' in said(learn)[0]

def test_what_is_restored_in_vain_is_missing_for_all_that_share_it():
    "Half of a list is no list."
    learn = make_learner(cbs=(cb := Holds(meter=Meter(), n=1)))
    states = callback_states(learn)
    cb.meter = None
    with pytest.raises(ValueError, match="callback holds can't be restored: meter needs an object that isn't there yet. Make it in before_fit"):
        set_callback_states(learn, states)
    set_callback_states(learn, states, strict=False)
    with pytest.raises(ValueError, match="Make it in __init__"): cb.meter.step()
    with pytest.raises(ValueError, match="Make it in __init__"): cb.meter()
    again = callback_states(learn)    # it stays a thing to be refused
    set_callback_states(learn, again, strict=False)
    with pytest.raises(ValueError, match="meter"): bool(cb.meter)
    learn = make_learner(cbs=(cb := Holds(x={Meter: 1, nn.Linear: [2]})))
    cb.y = cb.x
    states = callback_states(learn)
    cb.x[Meter] = cb.x[nn.Linear] = 5
    set_callback_states(learn, states)
    assert cb.x=={Meter: 1, nn.Linear: [2]} and cb.y is cb.x

def test_odd_values_are_kept_or_named():
    "Whatever a callback holds, its moment can be saved, loaded and restored."
    P = collections.namedtuple('P', 'a b')
    deep = cycle = [1]
    for _ in range(50): deep = [deep]
    cycle.append(cycle)
    kept = dict(p=P(1, [2]), cycle=cycle, neg=-0., bytes=b'\0\xff', key={P(1, 2): 3, b'x': 1, 1.5: 2, None: 3}, expanded=torch.ones(1).expand(5),
                conj=torch.ones(2, dtype=torch.complex64).conj(), f8=torch.ones(2).to(torch.float8_e4m3fn), gen=np.random.Generator(np.random.Philox(1)),
                ns=types.SimpleNamespace(a=[1]), many=collections.deque([1], maxlen=2), when=datetime(2026, 1, 2))
    lost = dict(deep=deep, big=10**5000, masked=np.ma.array([1], mask=[0]), sparse=torch.eye(3).to_sparse(), objects=np.array([None]), count=itertools.count())
    learn = make_learner(n=128, cbs=(cb := Holds(**kept, **lost)))
    states = callback_states(learn)
    assert set(states['holds 0']['lost'])==set(lost)
    tensors = {}
    back = unpack_tree(pack_tree(states, tensors), tensors)
    set_callback_states(learn, back)
    assert cb.p==kept['p'] and cb.cycle[1] is cb.cycle and cb.key==kept['key'] and type(cb.p) is P and torch.equal(cb.conj, kept['conj'])

def test_crafted_states_are_refused():
    "A tree from a stranger is restored, or refused with the name of its holder; nothing in it is called."
    learn = make_learner(n=128, cbs=(cb := Holds(a=[1,{'b': torch.ones(2)}], g=np.random.default_rng(0), t=torch.Generator(), d=torch.half, s=slice(1), f=in_closure([1]))))
    states = callback_states(learn)
    def crafted(**held): return {'holds 0': dict(held={**states['holds 0']['held'], **held}, lost={}, named=[])}
    bad = [('nothing', 1), ('same', 99), ('list', 0, 'odd', None, []), ('list', 0), ('map', 0, 'dict', None, [[1]]), ('dtype', 'load'), ('device', 'x'), ('layer', 0, 'no'), ('own', 0, 'no'),
           ('generator', 0, 'numpy', {'bit_generator': 'seed'}), ('generator', 0, 'torch', 3), ('view', 0, 'fc1.bias', [[10**6], [1], 0]), ('array', torch.ones(1), 'O', [1], False), ('array', 3, 'f', [1], False),
           ('tensor', 0, 'x', None, False, False, False), ('complex', 3), ('range', []), ('enum', 'x'), ('tuple', [1], 'odd'), ('deque', 0), (), ([],)]
    for tree in bad:
        with pytest.raises(ValueError, match="callback holds can't be restored"): set_callback_states(learn, crafted(a=tree))
