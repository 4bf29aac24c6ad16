"What callbacks hold belongs to a moment: a training that is interrupted ends as if it had not been."
import contextlib, io
from collections import Counter, OrderedDict, defaultdict, deque
from enum import Enum
import pytest
from helpers import *
import copy    # after fastai's star import, which has a function of that name
from torch.optim.swa_utils import AveragedModel
from fasterlth.find.finder import LotteryTicketFinder
from fasterlth.train.callback_state import callback_states, set_callback_states

class Averages(Callback):
    "Weight averaging as lists of tensors; the average is what a fit ends with."
    def before_fit(self): self.avg = [p.detach().clone() for p in self.learn.model.parameters()]
    def after_step(self):
        for a,p in zip(self.avg, self.learn.model.parameters()): a.lerp_(p.detach(), .1)
    def after_fit(self):
        if self.learn.lock.locked(): return
        for a,p in zip(self.avg, self.learn.model.parameters()): p.data.copy_(a)

class Lazy(Averages):
    "The same, begun with the first step, and continued by later fits and rounds."
    def before_fit(self): pass
    def after_step(self):
        if not hasattr(self, 'avg'): Averages.before_fit(self)
        super().after_step()

class Network(Callback):
    "A copy of the model that follows it, and is mixed into it at each epoch's end. Its parameters are held twice."
    def before_fit(self):
        self.pairs = None
        self.ema = copy.deepcopy(self.learn.model)
    def after_step(self):
        if self.pairs is None: self.pairs = list(zip(self.ema.parameters(), self.learn.model.parameters()))
        with torch.no_grad():
            for a,p in self.pairs: a.lerp_(p, .2)
    def after_epoch(self):
        if self.learn.lock.locked(): return    # a validation
        with torch.no_grad():
            for a,p in self.pairs: p.lerp_(a, .5)

class LateNetwork(Network):
    "A copy that is made at the first step."
    def before_fit(self): self.pairs = self.ema = None
    def after_step(self):
        if self.ema is None: self.ema = copy.deepcopy(self.learn.model)
        super().after_step()

class TorchAverage(Callback):
    def before_fit(self): self.swa = AveragedModel(self.learn.model)
    def after_batch(self):
        if self.training: self.swa.update_parameters(self.learn.model)
    def after_epoch(self):
        if self.learn.lock.locked(): return    # a validation
        with torch.no_grad():
            for p,a in zip(self.learn.model.parameters(), self.swa.module.parameters()): p.lerp_(a, .3)

class Mode(Enum):
    fast = 1
    slow = 2

class Kinds(Callback):
    "The learning rate depends on everything that a callback might hold."
    order = 70
    def __init__(self):
        self.recent,self.seen,self.counts,self.sums = deque(maxlen=3),set(),Counter(),defaultdict(float)
        self.mode,self.mean,self.array = Mode.fast,np.float32(0),np.zeros(3)
        self.nested = {'a': [1, (2.,'x')], ('k',3): OrderedDict(z=[torch.zeros(2)])}
        self.rng,self.noise = random.Random(4),np.random.default_rng(5)
        self.same = self.nested['a']
    def before_batch(self):
        if not self.training: return
        loss = 0. if self.learn.loss is None else float(self.learn.loss.detach())
        self.recent.append(loss); self.seen.add(round(loss, 2)); self.counts[int(10*loss)] += 1; self.sums[self.iter] += loss
        self.mean = np.float32(.9)*self.mean+np.float32(loss)*np.float32(.1)
        self.array[self.iter%3] += loss
        self.same[0] += 1
        self.nested['k',3]['z'][0] += loss
        if self.nested['a'][0]>5: self.mode = Mode.slow
        x = sum(self.recent)+len(self.seen)+max(self.counts.values())+self.sums[0]+float(self.mean)+self.array.sum()
        x += self.nested['a'][0]+float(self.nested['k',3]['z'][0].sum())+self.rng.random()+self.noise.random()
        self.opt.set_hyper('lr', float(1e-3*(1+x%7)*(2 if self.mode is Mode.slow else 1)))

class Inner(Callback):
    "An optimizer of its own, for scales of the gradients."
    def before_fit(self):
        self.scale = nn.Parameter(torch.ones(1))
        self.opt2 = torch.optim.Adam([self.scale], .05)
        self.sched = torch.optim.lr_scheduler.StepLR(self.opt2, 3)
    def after_backward(self):
        self.scale.grad = sum(p.grad.norm() for p in self.learn.model.parameters()).reshape(1)
        for p in self.learn.model.parameters(): p.grad.mul_(self.scale.detach())
        self.opt2.step(); self.sched.step()

class Own(Callback):
    "An iterator, which can't be kept, and a way to say where it is."
    def __init__(self): self.n,self.rates = 0,iter(np.linspace(1e-3, 1e-2, 1000))
    def before_batch(self):
        if self.training: self.n += 1; self.opt.set_hyper('lr', float(next(self.rates)))
    def state_dict(self): return dict(n=self.n)
    def load_state_dict(self, state):
        self.__init__()
        for _ in range(state['n']): next(self.rates)
        self.n = state['n']

class Live(Callback):
    "Parameters, and views of them, which must be the live ones: it shrinks weights by its lists."
    def before_fit(self):
        self.ps = list(self.learn.model.parameters())
        self.data,self.rows,self.layer = [p.data for p in self.ps],self.ps[0].data[:2],self.learn.model.fc1
    def after_epoch(self):
        if self.learn.lock.locked(): return    # a validation
        with torch.no_grad():
            for p in self.ps: p.mul_(.99)
            for p in self.data: p.mul_(.98)
            self.rows.mul_(.9)
            self.layer.bias.add_(.01)

attached = dict(
    averages=Averages, lazy=Lazy, network=Network, late_network=LateNetwork, torch_average=TorchAverage, kinds=Kinds, inner=Inner,
    own=Own, live=Live, twice=lambda: [Averages(), Lazy(), Lazy()], accumulation=lambda: GradientAccumulation(160),
    mixup=MixUp, cutmix=CutMix, clip=lambda: GradientClip(.1), nothing=list)
passed = dict(
    save=lambda: SaveModelCallback(monitor='accuracy'), early=lambda: EarlyStoppingCallback(min_delta=.3, patience=2),
    plateau=lambda: ReduceLROnPlateau(min_delta=.5, patience=1), log=CSVLogger, averages=Averages, kinds=Kinds, network=Network,
    all=lambda: [Averages(), MixUp(), SaveModelCallback(), GradientAccumulation(100)],
    pruning=lambda: sparsify(85, lth=True, start_epoch=1, rewind_epoch='2it'), bird=lambda: EarlyBirdCallback(n_masks=2, verbose=False))

def make(path, cbs): return make_learner(path=path, cbs=cbs, bs=64)

def run(path, attach, passes, fits, stop=None, at_end=False):
    "Make a whole run, or finish one. With `stop`, interrupt it in that batch; with `at_end`, after that epoch."
    learn,n = make(path, attach()),[0]
    do = learn._do_one_batch
    def _do_one_batch():
        n[0] += learn.training
        if n[0]==stop and learn.training: raise KeyboardInterrupt
        do()
    if stop: learn._do_one_batch = _do_one_batch
    used = []
    def train(l):
        for i in range(fits):
            cbs = L(passes and passes())
            used.extend(cbs)
            l.fit(3, 1e-2, cbs=cbs)
    f = LotteryTicketFinder(learn, 80, 1, seed=0, path=path, verbose=False)
    with contextlib.redirect_stdout(io.StringIO()):
        try: f.find_winning_ticket(train)
        except KeyboardInterrupt:
            for cb in used:
                if isinstance(cb, CSVLogger): cb.file.close()
            return None
    return f

def ended(f, ref):
    assert all(same(a, b) for a,b in zip(f.masks, ref.masks)) and same(weights(f.learn.model), weights(ref.learn.model))
    assert f.history.equals(ref.history) and f.epochs.equals(ref.epochs)
    a,b = f.learn,ref.learn
    assert a.model.training==b.model.training and (a.epoch,a.n_epoch,a.train_iter)==(b.epoch,b.n_epoch,b.train_iter)

def check(tmp_path, attach, passes=None, fits=1, stops=(7, 16)):
    ref = run(tmp_path/'whole', attach, passes, fits)
    logs = [p.read_text() for p in sorted((tmp_path/'whole').glob('history*.csv'))]
    for stop in stops:    # five batches an epoch: in the second epoch, and in the first one of the next round or fit
        path = tmp_path/str(stop)
        assert run(path, attach, passes, fits, stop) is None
        ended(run(path, attach, passes, fits), ref)
        assert [p.read_text() for p in sorted(path.glob('history*.csv'))]==logs

@pytest.mark.parametrize('name', attached)
def test_attached_to_the_learner(tmp_path, name): check(tmp_path, attached[name])

@pytest.mark.filterwarnings('ignore:train has left .* of the weights at zero:UserWarning')    # one of them prunes
@pytest.mark.parametrize('name', passed)
def test_passed_to_the_fit(tmp_path, name):
    # without classes in the history's name: CSVLogger writes its own file of that name, in the learner's folder
    check(tmp_path, list, passed[name], stops=(7, 12) if name=='bird' else (7, 16))    # it stops after two epochs

@pytest.mark.parametrize('attach,passes', [(Lazy,None), (Averages,Network),
    weekly(Inner,None), weekly(list,Averages), weekly(Kinds,Kinds), weekly(Lazy,lambda: MixUp())])
def test_several_fits(tmp_path, attach, passes): check(tmp_path, attach, passes, 2, (7, 16, 22, 33, 47))

def test_a_fit_that_is_over_but_for_its_end(tmp_path, monkeypatch):
    "Where a kill between the last epoch and the end of the fit falls: gradients decide, and averages are written back."
    def go(path):
        learn = make(path, Averages())
        f = LotteryTicketFinder(learn, 80, 1, criteria=snip, seed=0, path=path, verbose=False)
        f.find_winning_ticket(lambda l: l.fit(2, 1e-2))
        return f
    ref = go(tmp_path/'whole')
    tell = Training._tell
    def cut(self, epoch):
        tell(self, epoch)
        if epoch==2: raise KeyboardInterrupt
    monkeypatch.setattr(Training, '_tell', cut)
    with pytest.raises(KeyboardInterrupt): go(tmp_path/'cut')
    monkeypatch.undo()
    ended(go(tmp_path/'cut'), ref)

def test_attributes_that_change_between_fits(tmp_path):
    def train(l):
        l.fit(2, 1e-2)
        l.kinds.same[0] = 100
        l.kinds.later = [3]
        l.fit(2, 1e-2)
        l.kinds.mode = Mode.fast
        l.fit(1, 1e-2)
    moments = []
    learn = make_learner(cbs=Kinds())
    Training(learn, on_epoch=lambda t: moments.append(t.moment()))(train)
    for i,m in enumerate(moments):
        twin = make_learner(cbs=Kinds())
        Training(twin, Snapshot.load(m.save(tmp_path/str(i))))(train)
        assert same(weights(learn.model), weights(twin.model))
        a,b = vars(learn.kinds),vars(twin.kinds)
        assert a.keys()==b.keys() and a['recent']==b['recent'] and a['counts']==b['counts'] and b['later']==[3]
        assert b['same'] is b['nested']['a'] and b['mode'] is a['mode'] and type(b['mean']) is np.float32

def test_interrupted_in_the_same_process():
    "Without a folder the round begins again, with what its callbacks held when it began."
    ref = LotteryTicketFinder(make_learner(cbs=Lazy()), 80, 1, seed=0, verbose=False)
    ref.find_winning_ticket(lambda l: l.fit(2))
    for at in (3, 13):
        learn = make_learner(cbs=Lazy())
        do,n = learn._do_one_batch,[0]
        def stop():
            do()
            n[0] += learn.training
            if n[0]==at: n[0] += 1; raise KeyboardInterrupt
        learn._do_one_batch = stop
        f = LotteryTicketFinder(learn, 80, 1, seed=0, verbose=False)
        def train(l): l.fit(2)
        with pytest.raises(KeyboardInterrupt): f.find_winning_ticket(train)
        f.find_winning_ticket(train)
        assert same(weights(f.learn.model), weights(ref.learn.model)) and same(f.masks[1], ref.masks[1])

def test_tensors_are_the_live_ones_or_copies():
    learn = make_learner(cbs=[Live(), Network()])
    quiet(learn, 1)
    states = callback_states(learn)
    kept = copy.deepcopy(states['live 0']['held']['layer'])
    quiet(learn, 1)
    avg = [a for a,_ in learn.network.pairs]
    set_callback_states(learn, states)
    set_callback_states(learn, states)    # what was restored must not write into the state
    live = learn.live
    assert all(a is b for a,b in zip(live.ps, learn.model.parameters())) and live.layer is learn.model.fc1
    assert all(d.data_ptr()==p.data_ptr() for d,p in zip(live.data, live.ps)) and kept==('layer', kept[1], 'fc1')
    assert live.rows.data_ptr()==learn.model.conv.weight.data_ptr() and live.rows.shape==learn.model.conv.weight[:2].shape
    pairs = learn.network.pairs
    assert all(a is b for (a,_),b in zip(pairs, learn.network.ema.parameters()))
    assert all(p is q for (_,p),q in zip(pairs, learn.model.parameters())) and not any(a is p for a,p in pairs)

class Reader(Callback):
    def __init__(self, path): self.file,self.stream,self.f = open(path, 'w'),(i for i in range(3)),torch.relu

@pytest.mark.parametrize('folder', [True,False])
def test_what_cannot_be_kept_is_said_once_before_the_training(tmp_path, folder):
    learn = make_learner(cbs=[Reader(tmp_path/'log'), MixUp(), Averages()])
    f = LotteryTicketFinder(learn, 80, 2, seed=0, path=tmp_path/'run' if folder else None, verbose=False)
    trained = []
    def train(l): trained.append(len(ws)); l.fit(1)
    with warnings.catch_warnings(record=True) as ws:
        warnings.simplefilter('always')
        f.find_winning_ticket(train)
    learn.reader.file.close()
    said = [str(w.message) for w in ws if 'can\'t be kept' in str(w.message)]
    assert len(said)==folder and trained[0]==len(said)
    assert not said or said[0].startswith("callback reader holds what can't be kept for a resumed training: file (TextIOWrapper); stream (generator)")

def test_what_would_be_lost_is_an_error_that_says_what_to_do(tmp_path):
    class Late(Inner):
        def before_fit(self): self.scale = self.opt2 = None
        def after_backward(self):
            if self.opt2 is None: Inner.before_fit(self)
            super().after_backward()
    moments = []
    Training(make_learner(cbs=Late()), on_epoch=lambda t: moments.append(t.moment()))(lambda l: l.fit(2))
    with pytest.raises(ValueError, match="callback late can't be restored: opt2 needs an object that isn't there yet. Make it in before_fit"):
        Training(make_learner(cbs=Late()), moments[0])(lambda l: l.fit(2))


class Averaging(nn.Module):
    "A loss that weights by what it has seen: in a buffer, and in a plain number."
    def __init__(self): super().__init__(); self.register_buffer('mean', torch.ones(())); self.n = 0
    def forward(self, out, y):
        loss = F.cross_entropy(out, y)
        if self.training and out.requires_grad:
            self.n += 1
            with torch.no_grad(): self.mean.lerp_(loss, .1)
        return loss*self.mean/(1+.01*self.n)

class Counting:
    "The same by a plain object."
    def __init__(self): self.seen = []
    def __call__(self, out, y):
        loss = F.cross_entropy(out, y)
        if out.requires_grad: self.seen.append(loss.item())
        return loss*(1+sum(self.seen)/100)

def two_fits(l): l.fit(1); l.fit(1)

@pytest.mark.parametrize('make', [Averaging,Counting])
def test_what_a_loss_function_holds(make, tmp_path):
    "It goes on where it was, within a round and from round to round."
    def find(path, at=None):
        learn = stop(make_learner(n=128, loss_func=make()), at)
        f = LotteryTicketFinder(learn, 80, 2, seed=0, path=path, verbose=False)
        f.find_winning_ticket(two_fits)
        return f
    want = find(tmp_path/'whole')
    for at in (3,5,7,9,11):    # of 12 batches
        with pytest.raises(KeyboardInterrupt): find(tmp_path/str(at), at)
        got = find(tmp_path/str(at))
        assert got.history.equals(want.history) and same(weights(got.learn.model), weights(want.learn.model)), at
