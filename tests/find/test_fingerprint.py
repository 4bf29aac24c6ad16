"Descriptions of experiments: the same wherever they are made, and another for whatever would change the results."
import configparser, functools, json, subprocess, weakref
from dataclasses import dataclass
from enum import Enum
from types import SimpleNamespace
from typing import NamedTuple
from apart import Session
from helpers import *
from fasterlth.core.describing import describe, describe_function
from fasterlth.core.differences import differences
from fasterlth.find.fingerprint import describe_data, describe_learner

def of_items(items, **kwargs):
    "Loaders of a list as training set."
    return DataLoaders(DataLoader(items, bs=4, **kwargs), DataLoader(items[:1], bs=4))

def test_descriptions_are_the_same_in_another_session(capsys):
    "Functions are recognised by what they do, not by where they lie in memory; sets have no order from one process to the next."
    script = """
import json
from functools import partial
from helpers import *
from fasterlth.core.describing import describe
from fasterlth.find.fingerprint import describe_learner
def inner(l): return l.lr in {'a','b','c','d','e','f','g','h'}
def held(f, x=(1,2), *, y=None): return lambda l: f(l)
learn = make_learner(loss_func=CrossEntropyLossFlat(), opt_func=partial(SGD, mom=.9))
print(json.dumps([describe_learner(learn), describe([held(inner), partial(held, inner, y=slice(3)), {nn.Conv2d: random_score}])]))
"""
    exec(script, {})
    here = capsys.readouterr().out
    there = Session(script)
    assert there.wait()==0 and there.stdout==here and 'random_score' in here, there.stderr

class Config:
    epochs,opt = 3,SimpleNamespace(lr=.1)
    def __init__(self): self.n = 3
    def train(self, l): l.fit(self.n, self.opt.lr)

@dataclass
class Options: epochs:int = 3

args,cfg,options,weight,epochs = SimpleNamespace(epochs=3, log=[]),dict(epochs=3, opt=dict(lr=.1)),Options(),torch.ones(2),3
def helper(l): l.fit(args.epochs)
def give(x): return lambda l: l.fit(x)

def set_in(o, k, v): (o.__setitem__ if isinstance(o, dict) else partial(setattr, o))(k, v)

@pytest.mark.parametrize('f,owner,name', [
    (lambda l: l.fit(args.epochs), args, 'epochs'), (lambda l: l.fit(cfg['epochs']), cfg, 'epochs'), (lambda l: l.fit(cfg.get('epochs', 1)), cfg, 'epochs'),
    (lambda l: l.fit(1, **cfg), cfg, 'epochs'), (lambda l: l.fit(cfg['opt']['lr']), cfg['opt'], 'lr'), (lambda l: l.fit(Config.epochs), Config, 'epochs'),
    (lambda l: l.fit(options.epochs), options, 'epochs'), (lambda l: helper(l), args, 'epochs'), (lambda l: [l.fit(args.epochs) for _ in range(2)], args, 'epochs'),
    (lambda l: (lambda: l.fit(args.epochs))(), args, 'epochs'), (lambda l: vars(args)['epochs'], args, 'epochs'), (give(args), args, 'epochs'),
    (partial(lambda l, a: l.fit(a.epochs), a=args), args, 'epochs'), (lambda l, a=args: l.fit(a.epochs), args, 'epochs'), (partial(helper), args, 'epochs'),
    ((c := Config()).train, c, 'n'), (c.train, Config.opt, 'lr'), (lambda l: c.train(l), c, 'n'), (lambda l: l.fit(int(os.environ['N'])), os.environ, 'N'),
    (lambda l: l.fit(int(os.getenv('N', '1'))), os.environ, 'N'), (lambda l: l.fit(int(sys.argv[1])), sys, 'argv')])
def test_settings_are_read_wherever_they_are(f, owner, name, monkeypatch):
    "A function's code is the same, but it does something else."
    monkeypatch.setenv('N', '3')
    was = describe_function(f)
    assert was==describe_function(f)==json.loads(json.dumps(was))
    if isinstance(owner, dict) or owner is os.environ: monkeypatch.setitem(owner, name, '4')
    else: monkeypatch.setattr(owner, name, ['','4'] if name=='argv' else 4)
    odd = differences(was, describe_function(f))
    assert len(odd)==1 and name in odd[0], odd

threshold,decay,stats = .5,.5,dict(loss=0.)
def fills(*a):
    s = a[0]
    s[s<threshold] = 0
    for g in cfg['groups']: g['lr'] *= decay
    stats['loss'] += 1
    log[f'e{args.epochs}'] = 3
    losses.append(1)

def test_what_a_key_or_a_value_is_made_of_is_a_setting(monkeypatch):
    "The function fills a dict; what it reads for that counts as ever, and the dict doesn't."
    cfg['groups'] = [dict(lr=1.)]
    try:
        was = describe_function(fills)
        fills(torch.rand(3))
        assert describe_function(fills)==was and stats['loss']==1
        for name in ('threshold','decay'):
            with monkeypatch.context() as m:
                m.setitem(globals(), name, .9)
                assert differences(was, describe_function(fills))==[f'uses.{name} is 0.5 there, 0.9 here']
        monkeypatch.setattr(args, 'epochs', 5)
        assert differences(was, describe_function(fills))==['uses.args.epochs is 3 there, 5 here']
    finally: del cfg['groups']

seed = 3
def captures(seed): return [seed for _ in range(2)],lambda: seed

def test_a_captured_argument_is_no_global():
    assert describe_function(captures)['uses']=={}

@dataclass(slots=True)
class Compact: lr:float = .1
compact,split = Compact(),partial(str.split, sep=',')

def test_slots_and_methods_of_c():
    assert describe_function(lambda l: compact.lr)['uses']=={'compact.lr': .1}
    json.dumps([describe_function(lambda l: (compact,split)), describe_function(lambda l, c=compact: c)])

def test_many_functions_that_call_each_other():
    "Each is described once."
    own = dict(__name__='user')
    exec('\n'.join(f"def f{i}(l): return [{', '.join(f'f{j}(l)' for j in range(12))}]" for i in range(12)), own)
    assert len(json.dumps(describe_function(own['f0'])))<10_000

notes_of = """
from collections import defaultdict, Counter, deque
import heapq, torch, functools
from types import SimpleNamespace
from dataclasses import dataclass
hist,log,counts,buffer,best,queue,seen,table = defaultdict(list),{},Counter(),torch.zeros(5),SimpleNamespace(n=0, d={}, loss=None),deque(),[],dict(loss=0.)
@dataclass
class Average:
    n:int = 0
    def step(self, x): self.n += 1
average = Average()
class Meter:
    def __init__(self): self.total,self.n,self.logs = 0.,0,{}
    @torch.no_grad()
    def count(self): self.n += 1
    def hook(self, l):
        def inner(x): self.total += x
        inner(l.loss)
    def train(self, l):
        self.count(); self.hook(l)
        self.logs[l.epoch] = self.n
        return self.total
meter = Meter()
def note(x): seen.append(x)
def helper(): best.n += 1
"""

@pytest.mark.parametrize('body', ["hist[l.name].append(l.loss)", "for k in ('a','b'): hist[k].append(l.loss)", "h = hist[l.name]; h.append(l.loss)", "counts[l.epoch] += 1",
    "log[f'{l.name}-1'] = l.loss", "log[l.name,l.epoch] = 1", "log[str(l.epoch)] = 1", "log[len(log)] = 1", "log.setdefault('a', []).append(1)", "buffer[l.epoch] += 1", "buffer[:2] = 1", "buffer.mul_(2).add_(1)",
    "best.d['n'] = best.d.get('n', 0)+1", "best.loss = buffer", "table['loss'] += l.loss", "queue.appendleft(l.loss)", "global seen; seen += [1]", "seen[:] = [1,2]", "note(l.loss); print(seen)",
    "helper(); print(best.n)", "average.step(1); str(average)", "meter.train(l)", "train.calls = getattr(train, 'calls', 0)+1", "d = hist; d['x'].append(1)"])
def test_notes_of_all_kinds(body):
    own = dict(__name__='user')
    exec(f'{notes_of}\ndef train(l):\n    {body}', own)
    was = describe_function(own['train'])
    own['train'](SimpleNamespace(loss=.5, epoch=3, name='x'))
    assert describe_function(own['train'])==was==json.loads(json.dumps(was))

@pytest.mark.parametrize('value,other', [(np.float32(1), np.float32(2)), ({1,2}, {1,3}), (range(3), range(4)), (b'a', b'b'), (torch.float32, torch.float64), ([dict(lr=1)], [dict(lr=2)]),
    ([torch.ones(1)], [torch.zeros(1)]), ({1: 5,'1': 6}, {1: 7,'1': 6}), (Config(), None), (nn.ReLU, nn.GELU), (F.relu, F.gelu), ([args], []), ('a'*2000, 'a'*1999+'b'), ({'a': [{'b': 1}]}, {'a': [{'b': 2}]})])
def test_values_of_all_kinds(value, other):
    if isinstance(value, Config): other = Config(); other.n = 4
    def of(x): return describe_function(lambda l: l.fit(x))
    assert differences(of(value), of(other)) and not differences(of(value), of(value))

class Pair(NamedTuple): lr:float
class Half:
    def __init__(self): self.n = 4
    @property
    def half(self): return self.n//2
class Mode(Enum): A,B = 1,2
pair,half_of,mode,listed,template = Pair(.1),Half(),Mode.A,L(1, 2),'{}'

@pytest.mark.parametrize('f,name,other', [(lambda l: pair.lr, 'pair', Pair(.2)), (lambda l: mode.value, 'mode', Mode.B), (lambda l: l.fit(listed), 'listed', L(1, 3)),
    (lambda l: template.format(l), 'template', '{}{}'), (lambda l: [v for _,v in cfg.items()], 'cfg', dict(epochs=4, opt=dict(lr=.1))), (lambda l: weight.mean(), 'weight', torch.zeros(2))])
def test_what_is_computed_from_a_setting(f, name, other, monkeypatch):
    was = describe_function(f)
    assert was==describe_function(f)
    monkeypatch.setitem(globals(), name, other)
    assert differences(was, describe_function(f))

def test_a_property_stands_for_its_object():
    was = describe_function(f := lambda l: half_of.half)
    half_of.n = 6
    try: assert differences(was, describe_function(f))==['uses.half_of.n is 4 there, 6 here']
    finally: half_of.n = 4

def test_parts_of_a_learner():
    class Mine(nn.Module):
        def __init__(self, scale): super().__init__(); self.scale = scale
        def forward(self, out, y): return F.cross_entropy(out, y)*self.scale
    a = describe_learner(make_learner(loss_func=Mine(1.)))
    assert not differences(a, describe_learner(make_learner(loss_func=Mine(1.)))) and differences(a, describe_learner(make_learner(loss_func=Mine(2.))))
    a = describe_learner(make_learner(loss_func=CrossEntropyLossFlat(weight=torch.ones(10))))
    assert 'loss_tensors.weight' in differences(a, describe_learner(make_learner(loss_func=CrossEntropyLossFlat(weight=torch.arange(10.)))))[0]
    assert differences(describe_learner(make_learner()), describe_learner(make_learner(moms=(.5,.9,.9))))

class Odd:
    "It answers no question."
    def __getattr__(self, k): raise RuntimeError(k)
    def __eq__(self, o): raise RuntimeError('equal')
    def __bool__(self): raise RuntimeError('true')

class Slots:
    __slots__ = 'a','b'
    def __init__(self): self.a = 3

def loop():
    res = []
    res.append((res,))
    return res

odd_values = dict(odd=Odd, slots=Slots, sparse=lambda: torch.eye(3).to_sparse(), meta=lambda: torch.empty(3, device='meta'), half=lambda: torch.ones(3).bfloat16(),
    empty=lambda: torch.empty(0), complex=lambda: torch.ones(3)+1j, conjugate=lambda: (torch.ones(3)+1j).conj(), objects=lambda: np.array([object(),1], dtype=object),
    records=lambda: np.zeros(3, [('a',int),('b',float)]), texts=lambda: np.array(['a','b']), set=lambda: {1,2}, keys=lambda: {Odd: 3,(1,2): 4,None: 5}, list=lambda: [Odd()],
    builtin=lambda: len, type=lambda: int, dtype=lambda: torch.float32, generator=lambda: iter([1]), cached=lambda: functools.lru_cache(len), missing=lambda: None,
    huge=lambda: 10**5000, loop=loop, c_method=lambda: partial(str.join, ','), uninitialised=lambda: nn.LazyLinear(3).weight)    # made when they are needed

@pytest.mark.parametrize('name', odd_values)
@pytest.mark.parametrize('reads', ['x','x.a','x[0]','x.get("a")','x.a.b[0].c'])
def test_odd_values_are_no_error(name, reads):
    "What can't be described is left to the function."
    for source in (f'f = lambda l: {reads}', f'f = lambda l, x=x: {reads}', f'f = (lambda x: lambda l: {reads})(x)'):
        own = dict(x=odd_values[name](), __name__='user')
        exec(source, own)
        json.dumps(describe_function(own['f']))

def test_a_variable_without_a_value():
    def outer():
        def f(l): return later
        yield f
        later = 1
    describe_function(next(outer()))

def test_the_name_of_a_module_is_no_setting():
    "It may be run, or imported."
    was = describe_function(f := lambda l: l.fit(1 if __name__=='__main__' else 1))
    assert was['uses']=={}

def test_arrays_are_read():
    was = describe_function(f := lambda l: l.loss_func(weight))
    weight[0] = 3
    try: assert len(differences(was, describe_function(f)))==1
    finally: weight[0] = 1

losses,n_calls,log,best = [],0,{},SimpleNamespace(loss=9., n=0)
class Meter:
    def __init__(self): self.seen,self.top = [],0.
    def note(self, x):
        self.seen.append(x)
        self.top = max(x, self.top)
    def train(self, l): self.note(l.loss if l.loss>self.top else 0.)
meter = Meter()

def notes(l):
    global n_calls
    n_calls += 1
    losses.append(l.loss)
    log[l.epoch] = l.loss
    best.n += 1
    if l.loss<best.loss: best.loss = l.loss
    if l.loss>meter.top: meter.note(l.loss)

def within(l):
    mine,count = [],0
    def train(l):
        nonlocal count
        count += 1
        mine.append(l.loss)
    return train

@pytest.mark.parametrize('f', [notes, within(None), meter.train, partial(notes)])
def test_what_a_function_writes_is_no_setting(f):
    "A list of losses or a counter grows with each training, and the next one isn't another experiment."
    was = describe_function(f)
    f(SimpleNamespace(loss=.5, epoch=3))
    assert describe_function(f)==was

def test_a_record_that_holds_itself():
    loop = {}
    loop['self'] = loop
    json.dumps(describe_function(lambda l: loop))

def test_own_optimizers_and_losses():
    def describe_with(mom, scale):
        def opt(params, lr): return Adam(params, lr, mom=mom)
        def loss(out, y): return F.cross_entropy(out, y)*scale
        return describe_learner(make_learner(opt_func=opt, loss_func=loss))
    a = describe_with(.9, 1)
    assert not differences(a, describe_with(.9, 1))
    for other,name in ((describe_with(.8, 1),'opt.uses.mom'), (describe_with(.9, 2),'loss.uses.scale')):
        odd = differences(a, other)
        assert len(odd)==1 and name in odd[0], odd

def test_settings_of_callbacks():
    def of(n): return make_learner(cbs=[GradientAccumulation(n), CSVLogger(tempfile.mkdtemp()+'/x.csv')])
    a = describe_learner(learn := of(2))
    assert differences(a, describe_learner(of(4)))==["callback_settings.gradient_accumulation.n_acc is 2 there, 4 here"]
    quiet(learn, 1)
    assert describe_learner(learn)==a

def test_random_items():
    "Two descriptions agree, and the random states are as before."
    class Noisy:
        def __len__(self): return 10
        def __getitem__(self, i): return torch.randn(3)+random.random()+np.random.rand()
    dls = DataLoaders(DataLoader(Noisy(), bs=4), DataLoader(Noisy(), bs=4))
    torch.manual_seed(1)
    want = torch.rand(1)
    torch.manual_seed(1)
    a = describe_data(dls)
    assert torch.equal(torch.rand(1), want)
    torch.manual_seed(2)
    assert describe_data(dls)==a

@pytest.mark.parametrize('changed', [0, 15, 31, 99])
def test_any_of_32_items_tells_data_apart(changed):
    "The first and the last are among them, and all where there are no more."
    items = [(torch.ones(2)*i,i) for i in range(100 if changed==99 else 32)]
    a = describe_data(of_items(items))
    items[changed] = (torch.zeros(2)-1,changed)
    assert differences(a, describe_data(of_items(items)))[0]=='the items of 0 differ'

def test_data_without_a_length():
    class Stream(torch.utils.data.IterableDataset):
        def __iter__(self): return iter([])
    dls = DataLoaders(torch.utils.data.DataLoader(Stream()), torch.utils.data.DataLoader(Stream()))
    assert describe_data(dls)==[dict(dataset='Stream')]*2
    assert describe_data(of_items([]))[0]['checksum']==0

@pytest.mark.parametrize('change,says', [
    (dict(bs=32), r'data\.0\.batches is 5 there, 10 here'), (dict(n=256), r'data\.0\.items'), (dict(opt_func=SGD), 'opt is Adam there, SGD here'),
    (dict(metrics=error_rate), 'metrics is .accuracy. there, .error_rate. here'), (dict(wd=.1), r'wd is None there, 0\.1 here'),
    (dict(cbs=GradientAccumulation(2)), 'callbacks is'), (dict(model=SmallNet(.3)), '^the layers differ$'),
    (dict(loss_func=CrossEntropyLossFlat(reduction='sum')), r'loss_settings\.')])
def test_whatever_a_learner_trains_with(change, says):
    a = describe_learner(make_learner())
    assert not differences(a, describe_learner(make_learner(seed=3)))    # not the weights
    odd = differences(a, describe_learner(make_learner(**change)))
    assert any(re.search(says, o) for o in odd), odd

def test_masks_on_a_learner_are_not_its_own():
    learn = make_learner()
    a = describe_learner(learn)
    learn.add_cb(MaskCallback({}))
    assert describe_learner(learn)==a

def test_an_unseeded_split_is_named():
    def split(seed):
        block = DataBlock((TransformBlock,CategoryBlock), get_x=lambda i: torch.tensor(float(i)), get_y=lambda i: i%2, splitter=RandomSplitter(.5, seed=seed))
        return describe_data(block.dataloaders(range(40), bs=10, num_workers=0))
    assert not differences(split(3), split(3))
    odd = differences(dict(learner=dict(data=split(None))), dict(learner=dict(data=split(None))))
    assert len(odd)==2 and 'seed the split: RandomSplitter(seed=0)' in odd[1]
    first = split(3)
    other = [first[0],{**first[1], 'checksum': 1}]    # of one loader only: something else
    assert differences(first, other)==['the items of 1 differ']

class Scaled(nn.Module):
    "A network with settings of its own."
    def __init__(self, k=1., act=F.relu): super().__init__(); self.l,self.k,self.act,self.calls = nn.Linear(64, 10),k,act,0
    def forward(self, x):
        self.calls += 1
        return self.act(self.l(x.flatten(1))*self.k)*cfg['opt']['lr']

class Factor(Callback):
    def __init__(self, a): self.a,self.n = a,0
    def before_batch(self):
        self.n += 1
        self.learn.model.k *= .9
        if args.epochs<0: raise KeyboardInterrupt

class Times(Transform):
    def __init__(self, k): self.k = k
    def encodes(self, x:TensorImageBase): return x*self.k

def transformed(f, shuffle=True):
    learn = make_learner()
    learn.dls.train.after_batch.add(f)
    learn.dls.train.shuffle = shuffle
    return learn

def relabelled(i):
    learn = make_learner()
    if i is not None: learn.dls.train.dataset.y[i] = (learn.dls.train.dataset.y[i]+1)%10
    return learn

def once_more(x): return x*2
def twice_more(x): return x*4

@pytest.mark.parametrize('make,a,b,says', [
    (lambda k: make_learner(model=Scaled(act=k)), F.relu, torch.tanh, 'layer_settings.Scaled.act is relu'),
    (lambda k: make_learner(model=nn.Sequential(Scaled(k))), 1., 3., 'layer_settings.0.k is 1.0'),
    (lambda a: make_learner(cbs=Factor(a)), 1., -1., 'callback_settings.factor.a is 1.0 there, -1.0'),
    (lambda a: make_learner(cbs=MixUp(a)), .1, 5., 'callback_settings.mix_up.distrib'),
    (lambda a: make_learner(cbs=ParamScheduler({'lr': SchedCos(a, 0.)})), .1, .2, 'callback_settings.param_scheduler.scheds.lr.start is 0.1'),
    (lambda k: make_learner(metrics=[partial(top_k_accuracy, k=k)]), 2, 5, 'metrics.0.func.given.k is 2'),
    (lambda b: make_learner(metrics=F1Score(average=b)), 'macro', 'micro', 'metrics.0.kwargs.average is macro'),
    (lambda k: transformed(Times(k)), 1., 2., 'after_batch.0.k is 1.0'), (lambda f: transformed(Transform(f)), once_more, twice_more, 'after_batch.0.*(name|encodes)'),
    (lambda o: transformed(Times(1.), o), True, False, 'shuffle is True'), (relabelled, None, 100, 'the items of .* differ')])
def test_settings_of_what_a_learner_holds(make, a, b, says):
    was = describe_learner(make(a))
    assert was==json.loads(json.dumps(was))==describe_learner(make(a))
    odd = differences(was, describe_learner(make(b)))
    assert len(odd)<4 and all(re.search(says, o) for o in odd) and odd, odd

def test_methods_of_a_network(monkeypatch):
    "Their code counts, and what they read; what methods write, of whatever object, is no setting."
    learn = make_learner(model=Scaled(), cbs=Factor(1.))
    was = describe_learner(learn)
    quiet(learn, 1)
    assert learn.model.calls>0 and learn.factor.n>0 and learn.model.k<1 and describe_learner(learn)==was
    monkeypatch.setitem(cfg['opt'], 'lr', .2)
    assert differences(was, describe_learner(learn))==["classes.Scaled.forward.uses.cfg['opt']['lr'] is 0.1 there, 0.2 here"]
    monkeypatch.undo()
    monkeypatch.setattr(Scaled, 'forward', lambda self, x: self.l(x.flatten(1)))
    assert 'the code of classes.Scaled.forward has changed' in differences(was, describe_learner(learn))

def test_a_callback_may_read_when_to_stop(monkeypatch):
    was = describe_learner(learn := make_learner(cbs=Factor(1.)))
    monkeypatch.setattr(args, 'epochs', 7)
    assert describe_learner(learn)==was

def test_settings_in_mappings_of_libraries(monkeypatch):
    "Of ConfigParser and of settings with items as attributes; a whole environment says nothing of an experiment."
    ini = configparser.ConfigParser()
    ini.read_dict(dict(train=dict(lr='.1', wd='0')))
    class Attributes(dict): __getattr__ = dict.__getitem__
    config = Attributes(model=Attributes(depth=3), out='a')
    for f,change in ((lambda l: ini['train']['lr'], lambda: ini.set('train', 'lr', '.2')), (lambda l: ini['train'].getfloat('lr'), lambda: ini.set('train', 'lr', '.3')),
                     (lambda l: ini.getfloat('train', 'wd'), lambda: ini.set('train', 'wd', '1')), (lambda l: config.model.depth, lambda: config['model'].update(depth=4))):
        was = describe_function(f)
        change()
        assert len(differences(was, describe_function(f)))==1
    was = describe_function(lambda l: config.model.depth)
    config['out'] = 'b'
    assert was==describe_function(lambda l: config.model.depth)
    f = lambda l: subprocess.run('true', env={**os.environ})
    was = describe_function(f)
    monkeypatch.setenv('SOME', 'thing')
    assert was==describe_function(f)

def test_what_a_helper_writes_is_no_setting(monkeypatch):
    "A list that is handed to a function of the user's, an object to setattr; functions that call each other come to an end."
    def note(to, x): to.append(x)
    def deeper(x, *, to): note(to, x) if x else even(x, to)
    def even(n, to): deeper(n-1, to=to)
    hist,best = [],SimpleNamespace(loss=1.)
    def train(l):
        deeper(l.loss, to=hist)
        setattr(best, 'loss', min(best.loss, 0.))
        return len(hist)
    was = describe_function(train)
    train(SimpleNamespace(loss=.5))
    assert hist==[.5] and best.loss==0 and describe_function(train)==was

def test_functions_that_cache_their_results():
    @functools.lru_cache
    def scale(n): return n*args.epochs
    f = lambda l: l.fit(scale(2))
    was = describe_function(f)
    assert 'args.epochs' in json.dumps(was)

def test_odd_attributes_are_no_error():
    "A list that holds itself, a proxy of what is gone; a decorator's own function counts, not just the one inside."
    class Gone: pass
    held = []
    held.append(held)
    def times(n):
        def decorate(f):
            @functools.wraps(f)
            def inner(x): return f(x)*n
            return inner
        return decorate
    def of(n):
        learn = make_learner(model=nn.Sequential(Scaled(act=times(n)(once_more)), nn.Identity()), cbs=[Factor(1.), GradientAccumulation(2)])
        there = Gone()
        for o in (learn.model[0], learn.model[1], learn.factor, learn.gradient_accumulation): o.odd,o.gone = held,weakref.proxy(there)
        del there
        return describe_learner(learn)
    assert of(2)==of(2) and json.dumps(of(2))
    assert any('layer_settings.0.act' in o for o in differences(of(2), of(3)))

def test_two_callbacks_of_one_kind():
    def of(a, b): return describe_learner(make_learner(cbs=[Factor(a), Factor(b)]))
    assert of(1, 2)==of(1, 2) and differences(of(1, 2), of(3, 2)) and differences(of(1, 2), of(1, 3))
