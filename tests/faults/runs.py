"""Small runs that are killed, each in less than a second: what they train, and all that they end with.

A run works in the current folder: `run/` is its own, and each epoch that it trains adds a byte to the file `epochs`."""
import hashlib, json
from copy import deepcopy
from typing import NamedTuple

import joblib
from joblib.externals.loky.backend.context import set_start_method
from safetensors import safe_open
from helpers import *
from fasterlth.core.files import load_tensors
from fasterlth.find.finder import LotteryTicketFinder
from fasterlth.find.study import LotteryStudy
from fasterlth.models import small_resnet


class Run(NamedTuple):
    "Something to kill."
    name: str
    call: Callable      # Makes a whole run in a folder, or finishes one; returns what it ends with, part → checksum
    spare: int = 1      # Epochs that a kill may cost: the one under way
    jobs: int = 1       # Processes that it trains in

# What a run ends with

def _feed(h, x):
    "Add something, whatever it is made of, to a checksum. Order counts, in dicts as well."
    if isinstance(x, torch.Tensor):
        x = x.detach().cpu().contiguous()
        h.update(f'{x.dtype}{tuple(x.shape)}'.encode()+x.reshape(-1).view(torch.uint8).numpy().tobytes())
    elif isinstance(x, dict):
        for k,v in x.items(): _feed(h, (k, v))
    elif isinstance(x, (list,tuple,L)):
        h.update(f'{len(x)}['.encode())
        for o in x: _feed(h, o)
    elif isinstance(x, pd.DataFrame): _feed(h, [list(x.columns), list(x.index), x.values.tolist()])
    elif isinstance(x, bytes): h.update(x)
    elif isinstance(x, np.generic): _feed(h, x.item())
    else: h.update(f'{x!r},'.encode())

def bits(x):
    "Return a checksum of tensors, tables and plain values in dicts and lists."
    h = hashlib.sha256()
    _feed(h, x)
    return h.hexdigest()[:16]

def _timeless(x):
    "Return JSON without seconds."
    if isinstance(x, dict): return {k: _timeless(v) for k,v in x.items() if k!='seconds'}
    return [_timeless(o) for o in x] if isinstance(x, list) else x

def _content(p):
    "Return what is in a file, without what differs from one time to another: seconds, and the order in its header."
    if p.suffix=='.pth': return torch.load(p, weights_only=True)
    if p.name=='results.csv': return pd.read_csv(p).drop(columns='seconds')
    if p.suffix=='.json': return _timeless(json.loads(p.read_text())['content'])
    if p.suffix!='.safetensors': return p.read_bytes()
    with safe_open(p, 'pt') as f: info,names = f.metadata(),list(f.keys())
    tensors,meta = load_tensors(p, info['fasterlth'])
    return [info['fasterlth'], names, tensors, _timeless(meta)]

def folder_bits(path):
    "Return the names of all files in a folder, and a checksum of each."
    # a killed lr_find leaves _tmp.pth
    files = sorted(p for p in path.rglob('*') if p.is_file() and p.name!='_tmp.pth')
    names = [str(p.relative_to(path)) for p in files]
    return {'names': ' '.join(names), **{n: bits(_content(p)) for n,p in zip(names, files)}}

def learner_bits(learn):
    "Return checksums of a learner's weights and, if it has trained, of its recorder and its optimizer."
    res,rec = dict(weights=bits(weights(learn.model))),learn.recorder
    if not getattr(rec, 'values', None): return res    # it has only read
    plain = [list(map(float, o)) for o in (*rec.values, rec.losses, rec.lrs)]
    res['?recorder'] = bits([plain, list(rec.iters)])
    if learn.opt is not None: res['?optimizer'] = bits(learn.opt.state_dict())
    return res

def ticket_bits(t): return bits([t.masks, t.weights, t.about])

# What is trained

def counted(learn):
    "Let a learner add a byte to the file `epochs` for each epoch that it trains."
    do = learn._do_epoch_train
    def _do_epoch_train():
        if not hasattr(learn, 'lr_finder'):
            with open('epochs', 'ab') as f: f.write(b'.')
        do()
    learn._do_epoch_train = _do_epoch_train
    return learn

def mlp(): return nn.Sequential(nn.Flatten(), nn.Linear(64,20), nn.ReLU(), nn.Dropout(.2), nn.Linear(20,10))
def resnet(): return small_resnet(8, 1, 10, 4, stride=2)
def head_and_body():
    return nn.Sequential(nn.Sequential(nn.Conv2d(1,8,3,stride=2), nn.BatchNorm2d(8), nn.ReLU()),
                         nn.Sequential(nn.Flatten(), nn.Dropout(.2), nn.Linear(72,10)))
def halves(model): return [params(model[0]),params(model[1])]

def new_learner(net=SmallNet, seed=0, **kwargs):
    "Make the learner of a run; another run's is the same."
    set_seed(seed)
    return counted(make_learner(seed, net(), n=256, path=Path('run'), **kwargs))

def short(l): l.fit(2, 1e-2)
def one_cycle(l): l.fit_one_cycle(3, 1e-2)
def flat_cos(l): l.fit_flat_cos(2, 1e-2, wd=.1)
def restarts(l): l.fit_sgdr(2, 1, 1e-2)
def two_fits(l):
    l.fit_one_cycle(2, 1e-2)
    l.fit(1, 3e-3)
def tunes(l): l.fine_tune(1, 1e-2, freeze_epochs=1)
def discriminative(l):
    l.freeze()
    l.fit_one_cycle(1, 1e-2)
    l.unfreeze()
    l.fit_one_cycle(2, slice(1e-3, 1e-2))
def longer(l):
    l.fit_one_cycle(3, 1e-2)
    l.fit(3, 1e-3)
def watched(l):
    l.fit_one_cycle(3, 1e-2, cbs=[SaveModelCallback(monitor='accuracy'), ReduceLROnPlateau(patience=1, min_delta=.5)])
    l.fit(1, 3e-3)
def stops_early(l):
    best = SaveModelCallback(with_opt=True, fname='best')
    l.fit(4, 1e-2, cbs=[EarlyStoppingCallback(patience=1, min_delta=.5), best])
    l.fit_one_cycle(1, 1e-2)
def looks_first(l): l.fit_one_cycle(2, l.lr_find(num_it=5, show_plot=False).valley)
def draws(l):
    for lr in (1e-2*random.random(), 1e-2*float(torch.rand(()))): l.fit(1, lr)

# Callbacks that hold something

class Averaged(Callback):
    "Ends each fit with a running mean of the weights, which it keeps in a list."
    def before_fit(self):
        if not self.learn.lock.locked(): self.avg = [p.detach().clone() for p in self.learn.model.parameters()]
    def after_step(self):
        for a,p in zip(self.avg, self.learn.model.parameters()): a.lerp_(p.detach(), .2)
    def after_fit(self):
        if self.learn.lock.locked(): return
        for a,p in zip(self.avg, self.learn.model.parameters()): p.data.copy_(a)

class Shadow(Callback):
    "Does so with a whole module, and says itself what it holds."
    def __init__(self): self.ema = None
    def before_fit(self):
        if self.ema is None: self.ema = deepcopy(self.learn.model)
    def after_step(self):
        for a,p in zip(self.ema.parameters(), self.learn.model.parameters()): a.data.lerp_(p.detach(), .2)
    def after_epoch(self):
        if self.learn.lock.locked(): return
        for a,p in zip(self.ema.parameters(), self.learn.model.parameters()): p.data.lerp_(a.data, .5)
    def state_dict(self): return dict(ema=self.ema and self.ema.state_dict())
    def load_state_dict(self, state):
        self.ema = state['ema'] and deepcopy(self.learn.model)
        if self.ema: self.ema.load_state_dict(state['ema'])

class Tally(Callback):
    "Counts by class in a dict, and lets what it has counted weigh on the loss."
    def __init__(self): self.seen,self.recent = {},dict(losses=[], mean=torch.zeros(()))
    def before_batch(self):
        if not self.training: return
        for y in self.y.tolist(): self.seen[str(y)] = self.seen.get(str(y), 0)+1
    def after_loss(self):
        if not self.training: return
        self.recent['losses'] = [*self.recent['losses'][-5:],float(self.loss)]
        self.recent['mean'] = .9*self.recent['mean']+.1*self.loss.detach()
        more = max(self.seen.values())/500+self.recent['mean']*self.recent['losses'][0]
        self.learn.loss_grad = self.loss_grad*(1+more)

class Flips(Callback):
    "Draws from the random numbers of Python, NumPy and torch."
    def before_batch(self):
        if not self.training: return
        x = self.xb[0]*(.9+.2*random.random())+.01*float(np.random.randn())+.01*torch.randn_like(self.xb[0])
        self.learn.xb = (x,)

# Kinds of runs

def finder(train=one_cycle, net=SmallNet, cbs=(), then=None, ticket=None, learner=None, **kwargs):
    "Return a run of a finder; `cbs` makes the learner's callbacks, `then` uses the finder afterwards."
    def call(path):
        learn = new_learner(net, cbs=[cb() for cb in cbs], **(learner or {}))
        if ticket: ticket(learn)
        f = LotteryTicketFinder(learn, **{'sparsity': 80, 'n_rounds': 2, 'seed': 0, **kwargs}, path=path, verbose=False)
        f.find_winning_ticket(train)
        res = dict(masks=bits(f.masks), tickets=bits([ticket_bits(t) for t in f.tickets]), history=bits(f.history),
                   epochs=bits(f.epochs), rounds=bits([o.rates for o in f.rounds]), trained=bits(f.trained))
        res |= learner_bits(learn)
        if then: res |= then(f, path)
        return {**res, **folder_bits(path)}
    return call

def trains_control(f, path):
    "Train a ticket with other masks in a file of its own."
    file = path/'other.safetensors'
    masks = {n: m.flip(0) for n,m in f.masks[-1].items()}
    row = f.train_ticket(masks, path=file)
    del row['seconds']
    return dict(row=bits(row), left=file.exists(), trained_control=bits(weights(f.learn.model)))

def with_ticket(learn): Ticket.of(learn.model, make_masks(prunable(learn.model, layer_type=nn.Linear), 30)).apply(learn)

def study(conditions, jobs=1, train=short, n_rounds=2, learner=None, **kwargs):
    "Return a run of a study."
    def make(seed):
        learn = new_learner(seed=seed, **(learner or {}))
        return learn
    def call(path):
        s = LotteryStudy(make, train, 80, n_rounds, conditions, 1, path, **kwargs)
        if jobs>1: set_start_method('fork', force=True)    # or each process would import fastai for seconds
        with joblib.parallel_config('loky', n_jobs=jobs): s.run(n_jobs=jobs, verbose=False)
        if s.failures: raise RuntimeError('; '.join(s.failures.values()))
        tickets = [ticket_bits(s.ticket(k, 0)) for k in ('winning',*s.conditions)]
        return dict(results=bits(s.results.drop(columns='seconds')), tickets=bits(tickets), **folder_bits(path))
    return call

def rewind_find(train=two_fits, net=SmallNet, ticket=False, epochs=(0,'3it',1), **kwargs):
    "Return a run of a search for the rewind point."
    def call(path):
        learn = new_learner(net)
        t = Ticket.of(learn.model, make_masks(prunable(learn.model), 60)) if ticket else None
        before = bits(weights(learn.model))
        found = learn.rewind_find(train, list(epochs), t, points=3, bn_batches=2, path=path, show_plot=False,
                                  verbose=False, **kwargs)
        res = dict(suggestion=repr(found.suggestion), barriers=bits(found.barriers), lines=bits(found.lines))
        return {**res, **folder_bits(path), 'put_back': bits(weights(learn.model))==before}
    return call

def bird(granularity=None, train=two_fits, net=SmallNet, cbs=(), **kwargs):
    "Return a run of a search for an early-bird ticket."
    def call(path):
        learn = new_learner(net, cbs=[cb() for cb in cbs])
        settings = dict(sparsity=50, n_masks=3, threshold=.1, seed=0, path=path, verbose=False)
        f = EarlyBirdFinder(learn, granularity=granularity, **{**settings, **kwargs})
        try: t = f.find_early_bird(train)
        except ValueError as e:
            if not str(e).startswith('no early-bird ticket'): raise
            t = None
        res = dict(ticket=t and ticket_bits(t), found=f.found, masks=bits(f.callback.masks),
                   distances=bits(f.distances), left=bits(weights(learn.model)))
        return {**res, **folder_bits(path)}
    return call

# All runs

def _criteria():
    "Yield finders with every criterion that takes more than the weights, each with another rewind."
    rewinds = [(r, at) for at in (0,.5,'7it',1) for r in ('weights','lr','finetune')]
    with_inputs = [large_init, small_init, large_init_large_final, small_init_small_final, magnitude_increase, movement,
                   movmag, updating_magnitude_increase, updating_movement, updating_movmag, random_score]
    for i,c in enumerate([snip, grasp, synflow, taylor, *with_inputs]):
        rewind,at = rewinds[i%12]
        yield Run(f'criterion {c.__name__}', finder(criteria=c, rewind=rewind, rewind_epoch=at))
    for c in (snip, grasp, synflow, taylor):
        yield Run(f'criterion {c.__name__}, a batch given', finder(two_fits, criteria=c, batches=[one_batch()],
                                                                 granularity='filter', context='global'))

def one_batch():
    "Make a batch for criteria."
    g = torch.Generator().manual_seed(0)
    return torch.rand(16, 1, 8, 8, generator=g),torch.randint(10, (16,), generator=g)

def _trainings():
    "Yield finders with all ways of training, each with another rewind."
    yield Run('weights, 0', finder(watched, rewind_epoch=0))
    yield Run('weights, 7it', finder(watched, rewind_epoch='7it'))
    yield Run('lr, 1', finder(watched, rewind='lr', rewind_epoch=1))
    yield Run('finetune, reshuffled', finder(watched, rewind='finetune', reshuffle=True))
    yield Run('weights, .5, reshuffled', finder(two_fits, rewind_epoch=.5, reshuffle=True))
    yield Run('flat_cos', finder(flat_cos, mlp, rewind_epoch='3it'))
    yield Run('restarts', finder(restarts, rewind='lr', rewind_epoch='5it'))
    for train in (tunes, discriminative):
        make = partial(finder, train, head_and_body, learner=dict(splitter=halves))
        yield Run(train.__name__, make(rewind_epoch=1))
        yield Run(f'{train.__name__}, rates', make(rewind='lr', rewind_epoch='5it'))
    yield Run('stops early', finder(stops_early, rewind_epoch='2it'))
    yield Run('lr_find within', finder(looks_first, mlp))
    yield Run('draws its rates', finder(draws, mlp, rewind_epoch='2it'))

def _callbacks():
    "Yield finders with callbacks of each kind."
    for cbs in ([MixUp], [CutMix], [GradientClip], [partial(GradientAccumulation, n_acc=100)], [Averaged], [Shadow],
                [Tally], [Flips], [Averaged,Tally,MixUp,partial(GradientAccumulation, n_acc=96)]):
        name = '+'.join(getattr(cb, 'func', cb).__name__ for cb in cbs)
        at = dict(rewind_epoch='5it') if len(name)%2 else dict(rewind='lr', rewind_epoch=1)
        yield Run(name, finder(two_fits, cbs=cbs, **at))
    smooth = dict(loss_func=LabelSmoothingCrossEntropyFlat())
    yield Run('label smoothing', finder(net=mlp, learner=smooth, criteria=snip))

def _optimizers():
    "Yield finders with optimizers of each kind."
    funcs = dict(sgd=partial(SGD, mom=.9), radam=RAdam, ranger=ranger, lamb=Lamb,
                 adamw=partial(OptimWrapper, opt=torch.optim.AdamW),
                 torch_sgd=partial(OptimWrapper, opt=torch.optim.SGD, momentum=.9))
    for i,(k,f) in enumerate(funcs.items()):
        at = [dict(rewind_epoch='5it'), dict(rewind='finetune')][i%2]
        yield Run(f'optimizer {k}', finder(two_fits, mlp, learner=dict(opt_func=f), **at))

def _prunings():
    "Yield finders with several granularities, contexts and floors."
    yield Run('global filter', finder(net=resnet, granularity='filter', context='global', sparsity=40))
    yield Run('2:4', finder(granularity={'fc*': '2:4'}, sparsity={'fc*': 50}, n_rounds=2, layer_type=nn.Linear))
    yield Run('kernel, round_to', finder(granularity='kernel', layer_type=nn.Conv2d, round_to=2, min_keep=2,
                                         sparsity=50))
    yield Run('by layer', finder(sparsity={'conv*': 30, 'fc1*': [40,80]}, rewind='lr', rewind_epoch='2it',
                                 granularity={'conv*': 'filter', 'fc1*': 'weight'}))
    yield Run('residual', finder(two_fits, resnet, context='global', rewind_epoch='6it'))
    yield Run('with a ticket on', finder(two_fits, ticket=with_ticket, layer_type=nn.Conv2d, granularity='filter',
                                         sparsity=50))
    # its file is gone when it returns, so a kill right then costs the whole training
    yield Run('a ticket of another mask', finder(short, mlp, n_rounds=1, then=trains_control), 2)

def _searches():
    "Yield studies, searches for the rewind point, and for early-bird tickets."
    yield Run('study', study(['random_reinit'], rewind_epoch='2it'))
    finders = dict(lr_rewind='lr_rewind', sooner=dict(rewind_epoch=1), other=dict(criteria=snip))
    yield Run('study with finders', study(finders, n_rounds=1))
    controls = ['snip','grasp_shuffled','synflow_reinit','inverted','sign_flipped']
    yield Run('study with controls', study(controls, n_rounds=1, rewind_epoch=1))
    yield Run('study with SaveModel', study(['shuffled'], train=watched, n_rounds=1, criteria=movement))
    yield Run('study of two jobs', study(['random_reinit','finetune'], jobs=2, rewind_epoch='2it'), 2, 2)
    yield Run('rewind_find', rewind_find())
    yield Run('rewind_find with a ticket', rewind_find(train=one_cycle, ticket=True, epochs=[0,1]))
    yield Run('rewind_find without norms', rewind_find(train=short, net=mlp, epochs=['2it','6it'], copies=3))
    yield Run('early bird by channels', bird(l1=1e-3, train=longer))
    yield Run('early bird of a resnet', bird(net=resnet, train=watched, threshold=.02))
    yield Run('early bird by weights', bird('weight', criteria=movement, context='local', train=longer))
    yield Run('early bird by filters', bird('filter', criteria=snip, cbs=[Averaged]))

def all_runs():
    "List all runs."
    return [o for kind in (_criteria,_trainings,_callbacks,_optimizers,_prunings,_searches) for o in kind()]
