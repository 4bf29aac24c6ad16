"""Random networks, pruned in every way: zeros in every forward pass, exact counts and rewinds, nothing left behind."""
import math, tempfile
from functools import cache
from itertools import count
from typing import Callable, NamedTuple

from helpers import *
from fasterlth.core.granularity import make_groups, layer_axes
from fasterlth.core.layer_groups import granularities
from fasterlth.core.tensors import model_tensors, parameters_by_name
from . import Trial, wrong

trial_kinds = 'fit',

class Wrong(Exception):
    "Something has other numbers than it should have."

def must(ok, what):
    if not ok: raise Wrong(what)

# Networks

class Typed(nn.Module):
    "Takes and returns float32, whatever its parameters are."
    def __init__(self, part): super().__init__(); self.part = part
    def forward(self, x): return self.part(x.to(next(self.part.parameters()).dtype)).float()

class Residual(nn.Module):
    "Adds what a part makes to its input."
    def __init__(self, part): super().__init__(); self.part = part
    def forward(self, x): return x+self.part(x)

class Twice(nn.Module):
    "One module in two places, under two names."
    def __init__(self, part): super().__init__(); self.first = self.second = part
    def forward(self, x): return self.second(F.relu(self.first(x)))

class Tied(nn.Module):
    "Two layers with one weight."
    def __init__(self, n):
        super().__init__()
        self.down,self.up = nn.Linear(n, n),nn.Linear(n, n)
        self.up.weight = self.down.weight
    def forward(self, x): return self.up(F.relu(self.down(x)))

class Rows(nn.Module):
    "Makes an image a sequence of its rows."
    def forward(self, x): return x.flatten(1).unflatten(1, (8,8))

class Recurrent(nn.Module):
    "The last output of a recurrent network."
    def __init__(self, net): super().__init__(); self.net = net
    def forward(self, x): return self.net(x)[0][:,-1]

class Attention(nn.Module):
    "Attention of a sequence to itself."
    def __init__(self, n, heads): super().__init__(); self.net = nn.MultiheadAttention(n, heads, batch_first=True)
    def forward(self, x): return self.net(x, x, x, need_weights=False)[0]

class Words(nn.Module):
    "Takes the pixels for words of a text."
    def __init__(self, n): super().__init__(); self.emb = nn.Embedding(16, n)
    def forward(self, x): return self.emb((x.flatten(1)*4+8).clamp(0, 15).long()).mean(1)

def _norm(rng, n, flat):
    kinds = [nn.Identity, (nn.BatchNorm1d if flat else nn.BatchNorm2d), partial(nn.GroupNorm, 2)]
    return rng.choice(kinds)(n)

def _dense(rng):
    "Return layers from an image to 16 numbers."
    n = rng.choice((16,24,36))
    def one(): return nn.Linear(n, n)
    mid = [one(), Residual(one()), Twice(one()), Tied(n), Residual(Twice(one()))]
    return [nn.Flatten(), nn.Linear(64, n), _norm(rng, n, True), nn.ReLU(), rng.choice(mid),
            rng.choice((nn.Dropout(.2),nn.GELU())), nn.Linear(n, 16)]

def _conv(rng):
    n = rng.choice((8,12))
    block = nn.Sequential(nn.Conv2d(n, n, 3, padding=1, groups=rng.choice((1,1,2,n)), bias=rng.random()<.5),
                          _norm(rng, n, False), nn.ReLU())
    mid = [block, Residual(block), Twice(nn.Conv2d(n, n, 1)), Residual(Twice(block)),
           nn.Sequential(nn.ConvTranspose2d(n, n, 2, 2), nn.MaxPool2d(2))]
    return [nn.Conv2d(1, n, 3, stride=2, padding=1), _norm(rng, n, False), nn.ReLU(), rng.choice(mid),
            nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(4*n, 16)]

def _conv1d(rng):
    return [Rows(), nn.Conv1d(8, 12, 3, padding=1), nn.ReLU(), nn.Conv1d(12, 8, 3, groups=2),
            nn.Flatten(), nn.Linear(48, 16)]

def _recurrent(rng):
    kind,two = rng.choice((nn.LSTM,nn.GRU,nn.RNN,partial(nn.LSTM, proj_size=6))),rng.random()<.3
    net = kind(8, 12, rng.choice((1,2)), batch_first=True, bidirectional=two)
    return [Rows(), Recurrent(net), nn.Linear((getattr(net, 'proj_size', 0) or 12)*(1+two), 16)]

def _attention(rng):
    if rng.random()<.5:
        return [Rows(), nn.Linear(8, 12), Residual(Attention(12, 3)), nn.LayerNorm(12), nn.Flatten(), nn.Linear(96, 16)]
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, norm_first=rng.random()<.5)
    return [Rows(), layer, nn.Flatten(), nn.Linear(64, 16)]

def _words(rng): return [Words(16), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 16)]

_networks = dict(dense=_dense, conv=_conv, conv1d=_conv1d, recurrent=_recurrent, attention=_attention, words=_words)

def network(rng):
    "Draw a network of digits of 8×8. Return its name, the module, and its number format."
    kind = rng.choice(('dense','dense','conv','conv','conv','conv1d','recurrent','attention','words'))
    torch.manual_seed(rng.randrange(2**31))
    body = nn.Sequential(*_networks[kind](rng))
    dtype = torch.float32 if kind=='words' else rng.choice((torch.float32,)*5+(torch.float64,torch.bfloat16))
    net = nn.Sequential(Typed(body), Typed(nn.Sequential(nn.ReLU(), nn.Linear(16, 10))))
    if dtype!=torch.float32: net.to(dtype)
    if rng.random()<.25:
        frozen = rng.choice([p for n,p in net.named_parameters() if n.startswith('0.')])
        frozen.requires_grad_(False)
    return kind,net,dtype

# How it is pruned

_schedules = [one_shot, iterative, partial(iterative, n_steps=2), geometric, lin, cos, agp, one_cycle, dsd]
_values = [l1_norm, l2_norm, large_init, movement, movmag, magnitude_increase, updating_movement, random_score]
_gradients = [snip, taylor, synflow, grasp]
_no_second_gradients = 'recurrent',    # which torch's kernels don't have, and grasp needs

_optimizers = dict(
    adam=Adam, sgd=partial(SGD, mom=.9), rmsprop=RMSProp, radam=RAdam, qhadam=QHAdam, larc=partial(Larc, mom=.9),
    lamb=Lamb, ranger=ranger, adam_l2=partial(Adam, decouple_wd=False),
    torch_sgd=partial(OptimWrapper, opt=torch.optim.SGD, momentum=.9),
    **{f'torch_{o.__name__.lower()}': partial(OptimWrapper, opt=o)
       for o in (torch.optim.AdamW, torch.optim.RMSprop, torch.optim.Adagrad, torch.optim.NAdam)})

class Averages(Callback):
    "Pulls the weights towards their mean so far after each step, or ends the fit with it."
    def __init__(self, order, at_end): self.order,self.at_end = order,at_end
    def before_fit(self):
        if not self.learn.lock.locked(): self.avg = [p.detach().clone() for p in self.learn.model.parameters()]
    def after_step(self):
        with torch.no_grad():
            for a,p in zip(self.avg, self.learn.model.parameters()):
                a.lerp_(p, .2)
                if not self.at_end: p.lerp_(a, .3)
    def after_fit(self):
        if self.at_end and not self.learn.lock.locked():
            for a,p in zip(self.avg, self.learn.model.parameters()): p.data.copy_(a)

class Overflows(Callback):
    "Writes infinities and NaN where weights are pruned."
    order = 500
    def after_step(self):
        params = parameters_by_name(self.learn.model)
        for n,m in masks_on(self.learn).items():
            with torch.no_grad(): params[n][~m] = float('inf') if self.learn.iter%2 else float('nan')

class Shakes(Callback):
    "Writes to all weights outside of the optimizer's steps."
    def __init__(self, event, order):
        self.order = order
        setattr(self, event, self.shake)
    def shake(self):
        if self.training: [p.data.add_(torch.randn_like(p), alpha=1e-3) for p in self.learn.model.parameters()]

def masks_on(learn):
    "Return the masks that are on a learner."
    res = {}
    for cb in learn.cbs:
        if isinstance(cb, MaskCallback):
            for n,m in cb.masks.items(): res[n] = res[n]&m if n in res else m
    return res

_callbacks = dict(
    mixup=MixUp, cutmix=CutMix, clip=partial(GradientClip, .1), accumulate=partial(GradientAccumulation, 100),
    average=partial(Averages, 20, False), late=partial(Averages, 700, False), mean=partial(Averages, 30, True),
    shake=partial(Shakes, 'before_batch', 90), late_shake=partial(Shakes, 'after_batch', 999), overflow=Overflows,
    save=partial(SaveModelCallback, monitor='valid_loss'), reduce=partial(ReduceLROnPlateau, patience=1, min_delta=.5),
    fp16=MixedPrecision)

class Plan(NamedTuple):
    "Everything that is drawn for one trial."
    seed: int
    kind: str
    dtype: torch.dtype
    granularity: str
    layer_type: tuple
    sparsity: float
    context: str
    criterion: Callable
    schedule: Callable
    opt: str
    cbs: tuple
    way: str
    lth: bool
    reset_end: bool
    start_epoch: float
    rewind: float
    round_to: int
    min_keep: int
    kernels: str

    def __str__(self):
        def short(v):
            if isinstance(v, partial): return f'{v.func.__name__}{list(v.keywords.values())}'
            if isinstance(v, tuple): return '+'.join(getattr(o, '__name__', str(o)) for o in v) or '-'
            return getattr(v, '__name__', str(v).removeprefix('torch.'))
        return ' '.join(f'{k}={short(v)}' for k,v in zip(self._fields, self) if v not in (None,False,()))

def _granularity(rng, net):
    "Draw a granularity that the network's layers, or those of one type, have."
    if rng.random()<.35: return 'weight',None
    layers = {m: layer_axes(m) for m in net.modules() if layer_axes(m)}
    types = tuple({type(m) for m in layers}) if rng.random()<.5 else (type(rng.choice(list(layers))),)
    axes = [a for m,axes in layers.items() if isinstance(m, types) for a in axes.values()]
    names = [g for g in (*granularities_of(layers), '2:4', '1:2', '1:4') if all(make_groups(g, a) for a in axes)]
    return rng.choice(names or ['weight']),None if set(types)=={type(m) for m in layers} else types

def granularities_of(layers): return sorted({g for m in layers for g in granularities(m)}-{'layer'})

def plan(seed):
    "Draw a trial. Return it with its network."
    rng = random.Random(seed)
    kind,net,dtype = network(rng)
    granularity,layer_type = _granularity(rng, net)
    nm = granularity[0].isdigit()
    most = 100-100*int(granularity[0])/int(granularity[2]) if nm else 96
    context = rng.choice(('local','local','global'))
    criteria = _values*2+[c for c in _gradients if c is not grasp or kind not in _no_second_gradients]
    lth = rng.random()<.5
    start = rng.choice((0,0,1,.5,'3it'))
    rewind = {0: 0, 1: rng.choice((0,.5,'2it',1)), .5: rng.choice((0,.5,'1it')), '3it': rng.choice((0,'3it'))}[start]
    names = rng.sample([k for k in _callbacks if k!='fp16' or dtype==torch.float32], rng.choice((0,1,1,2,2,3)))
    if {'mixup','cutmix'}<=set(names): names.remove('cutmix')
    res = Plan(seed, kind, dtype, granularity, layer_type,
        sparsity=most if nm and rng.random()<.5 else round(rng.uniform(5, most), rng.choice((0,1,4))), context=context,
        criterion=rng.choice(criteria), schedule=rng.choice(_schedules), opt=rng.choice(list(_optimizers)),
        cbs=tuple(names),
        way=rng.choice(('callback','callback','callback','finder','apply')), lth=lth, reset_end=rng.random()<.3,
        start_epoch=start, rewind=rewind,
        round_to=rng.choice((2,3,4)) if context=='local' and not nm and rng.random()<.2 else None,
        min_keep=rng.choice((1,1,1,0,2)), kernels=rng.choice(('dense','dense','dense','sparse','auto')))
    if res.schedule is dsd and {'overflow','late'}<=set(names):    # a mean of infinities would come back with the weights
        res = res._replace(cbs=tuple(n for n in names if n!='late'))
    return res,net

# What it must be

def expected(groups, sparsity, round_to, min_keep):
    "Return how many weights of a layer are pruned locally, counted anew."
    n,size = groups.n,groups.size
    if groups.nm:
        kept,m = groups.nm
        return groups.n//m*min(int(sparsity/100*m+.5), m-kept)
    k = int(sparsity/100*n+.5)
    if round_to: k = n-min(max(int((n-sparsity/100*n)/round_to+.5), 1)*round_to, n//round_to*round_to or n)
    return min(k, n-min(min_keep, n))*size

def check_counts(p, layers, masks, sparsity=None):
    "Compare the counts of pruned weights with those that were asked for."
    sparsity = p.sparsity if sparsity is None else sparsity
    pruned = {n: int((~m).sum()) for n,m in masks.items()}
    if p.context=='local' or p.granularity[0].isdigit():
        for n,o in layers.items():
            want = expected(o.groups, sparsity, p.round_to, p.min_keep)
            must(pruned[n]==want, f'{n} has {pruned[n]} weights pruned, not {want}')
        return
    total = sum(m.numel() for m in masks.values())
    off,size = abs(sum(pruned.values())-sparsity/100*total),max(o.groups.size for o in layers.values())
    floors = sum(min(p.min_keep, o.groups.n)*o.groups.size for o in layers.values())
    if sum(pruned.values())<total-floors: must(off<=size/2+1e-6, f'{off} weights off, in groups of {size}')
    if all(o.groups.n==1 for o in layers.values()): return    # whole layers are meant to be pruned
    for n,o in layers.items():
        kept = int(o.groups.contract(masks[n]).sum())
        must(kept>=min(p.min_keep, o.groups.n), f'{n} keeps {kept} groups')

def check_groups(layers, masks):
    "Check that groups are kept or pruned as a whole."
    for n,o in layers.items():
        if o.groups.nm: continue
        must(torch.equal(o.groups.expand(o.groups.contract(masks[n])), masks[n]), f'{n} has torn groups')

def has(model, tensors):
    "Return whether a model has these parameters and buffers, bit for bit."
    return all(torch.equal(t.detach(), tensors[n]) for n,t in model_tensors(model).items())

class Look:
    "Look at a learner's weights in every forward pass: zeros, nested masks, and exact rewinds."
    def __init__(self, learn, nested, rewinds=None, at=None):
        self.learn,self.nested,self.rewinds,self.at = learn,nested,rewinds,at
        self.n,self.cbs,self.masks,self.first = 0,[],{},[]
        self.saved = None    # the weights in the pass of iteration `at`
        self.hook = learn.model.register_forward_pre_hook(self.look)

    def look(self, model, args):
        masks,tensors = masks_on(self.learn),parameters_by_name(model)
        if not model.training and not masks: return    # the finder looks for paths, after the training
        for n,m in masks.items():
            must(not tensors[n].detach()[~m].count_nonzero(), f'{n} has revived in pass {self.n}')
            old = self.masks.get(n)
            if self.nested and old is not None: must(not (m&~old).any(), f'the masks of {n} are not nested')
        cbs = [cb for cb in self.learn.cbs if isinstance(cb, MaskCallback)]
        new = cbs!=self.cbs or masks.keys()!=self.masks.keys()
        new = new or any(not torch.equal(m, self.masks[n]) for n,m in masks.items())
        if new and self.rewinds: self.check_rewind(model, masks)
        if new: self.first.append({n: t.detach().clone() for n,t in model_tensors(model).items()})
        if model.training and self.saved is None and self.learn.train_iter==self.at:
            self.saved = {n: t.detach().masked_fill(~masks[n], float('nan')) if n in masks else t.detach().clone()
                          for n,t in model_tensors(model).items()}
        self.cbs,self.masks,self.n = cbs,{n: m.clone() for n,m in masks.items()},self.n+1

    def check_rewind(self, model, masks):
        saved = self.rewinds()
        if saved is None or not any((~m).any() for m in masks.values()): return
        for n,t in model_tensors(model).items():
            want = saved[n].masked_fill(~masks[n], 0) if n in masks else saved[n]
            must(torch.equal(t.detach(), want), f'{n} was not rewound exactly')

def at_rewind(p, n_iter=4):
    "Return the iteration that a plan rewinds to."
    return int(p.rewind[:-2]) if isinstance(p.rewind, str) else round(p.rewind*n_iter)

@cache
def usual():
    "Return the names of the attributes that plain fits leave on a learner."
    learn = quiet(make_learner(n=64), 1, cbs=[MixUp(), MixedPrecision(), SaveModelCallback()])
    learn.validate()
    return set(vars(learn))|{'lr_finder'}

class Left:
    "What a learner is like, to compare with afterwards."
    def __init__(self, learn):
        self.learn,m = learn,learn.model
        self.cbs,self.metrics = list(learn.cbs),list(learn.metrics)
        self.params = {n: (id(t), t.dtype, t.shape, t.requires_grad) for n,t in model_tensors(m).items()}
        self.modules = [id(o) for o in m.modules()]
        self.loss_func,self.dls,self.opt_func = learn.loss_func,learn.dls,learn.opt_func

    def check(self, more=()):
        learn,m = self.learn,self.learn.model
        def kinds(cbs): return sorted(type(cb).__name__ for cb in cbs)    # no_bar puts in another ProgressCallback
        must(kinds(learn.cbs)==kinds([*self.cbs,*more]), f'callbacks are left: {learn.cbs}')
        must(list(learn.metrics)==self.metrics, f'metrics are left: {learn.metrics}')
        guarded = any(k in vars(learn) for k in ('fit','export','_do_fit','_with_events','_step'))
        must(more or not guarded, 'the fit is still guarded')
        odd = set(vars(learn))-usual()-({'fit','export','mask'} if more else set())
        must(not odd, f'the learner has got {odd}')
        hooks = [n for n,o in m.named_modules() for d in (o._forward_hooks,o._forward_pre_hooks,o._backward_hooks) if d]
        must(not hooks, f'hooks are left on {hooks}')
        now = {n: (id(t), t.dtype, t.shape, t.requires_grad) for n,t in model_tensors(m).items()}
        must(now==self.params, f'{[n for n in {**now, **self.params} if now.get(n)!=self.params.get(n)]} are others')
        must([id(o) for o in m.modules()]==self.modules, 'modules are others')
        parts = learn.loss_func,learn.dls,learn.opt_func
        must(parts==(self.loss_func,self.dls,self.opt_func), 'loss, data or optimizer are others')

# The three ways

def new_learner(p, net, folder):
    "Make the learner of a plan."
    set_seed(p.seed)
    dls = digits_dls(size=8, bs=64, n=256, device=torch.device('cpu'))
    splitter = lambda m: [o for o in map(params, (m[0],m[1]))]
    return Learner(dls, net, metrics=accuracy, lr=3e-3, opt_func=_optimizers[p.opt], splitter=splitter, path=folder)

def callbacks(p): return [_callbacks[k]() for k in p.cbs]

def finite(learn):
    must(all(torch.isfinite(t).all() for t in model_tensors(learn.model).values()), 'there are infinite weights')

def by_callback(p, learn, layers):
    "Prune in a fit."
    left = Left(learn)
    sparse = sparsify(p.sparsity, p.granularity, p.context, p.criterion, p.schedule, lth=p.lth, reset_end=p.reset_end,
                      start_epoch=p.start_epoch, rewind_epoch=p.rewind if p.lth or p.reset_end else 0,
                      round_to=p.round_to, min_keep=p.min_keep, layer_type=p.layer_type, frozen=True, kernels=p.kernels)
    look = Look(learn, p.schedule is not dsd, lambda: sparse.ticket.weights if p.lth and sparse._moment else None,
                at_rewind(p) if p.lth or p.reset_end else None)
    cbs = callbacks(p)
    quiet(learn, 2, cbs=[sparse,*cbs])
    look.hook.remove()
    left.check()
    must(look.n, 'nothing was looked at')
    t = sparse.ticket
    assert_masked(learn.model, t.masks)
    check_groups(layers, t.masks)
    if p.schedule is dsd: must(t.sparsity<1 or p.round_to, f'{t.sparsity:.2f}% are pruned after dense-sparse-dense')
    else: check_counts(p, layers, t.masks)
    if look.saved:
        must(all(bool(((w==t.weights[n])|w.isnan()).all()) for n,w in look.saved.items()), 'another moment was saved')
    else: must(not p.lth and not p.reset_end, 'the moment was not seen')
    if p.reset_end:
        must(has(learn.model, t.start()), 'the fit does not end with the ticket')
    finite(learn)
    t.apply(learn)    # and prune on
    again = sparsify(p.sparsity, p.granularity, p.context, l1_norm, one_shot, round_to=p.round_to, min_keep=p.min_keep,
                     layer_type=p.layer_type, frozen=True)
    quiet(learn, 1, cbs=[again])
    must(all(not (again.masks[n]&~t.masks[n]).any() for n in layers), 'a second fit brings weights back')
    if p.schedule is not dsd: check_counts(p, layers, again.masks)
    assert_masked(learn.model, t.masks)

def by_finder(p, learn, layers):
    "Prune in rounds."
    left = Left(learn)
    rewind = 'weights' if p.lth else ('lr','finetune')[p.seed%2]
    f = LotteryTicketFinder(learn, p.sparsity, 2, p.granularity, p.context, p.criterion, rewind, p.rewind, p.seed%1000,
                            round_to=p.round_to, min_keep=p.min_keep, layer_type=p.layer_type, verbose=False,
                            kernels=p.kernels)
    look = Look(learn, True)
    cbs = callbacks(p)
    def train(l): l.fit(2, cbs=cbs)
    t = f.find_winning_ticket(train)
    look.hook.remove()
    left.check()
    for r,m in enumerate(f.masks[1:]):
        check_groups(layers, m)
        check_counts(p, layers, m, f.targets[r])
        must(all(not (m[n]&~f.masks[r][n]).any() for n in m), 'the masks are not nested')
    begun = [o for o in look.first if o][-1]
    start = f.tickets[-1].start()
    if not p.rewind: must(same(begun, start), 'the last round does not begin with its ticket')
    must(has(learn.model, f.trained[2]), 'the learner has other weights')
    assert_masked(learn.model, t.masks)
    finite(learn)

def by_ticket(p, learn, layers):
    "Train a ticket that comes from a file, and was saved with infinities under its masks."
    masks = make_masks(layers, p.sparsity, context=p.context, min_keep=p.min_keep, round_to=p.round_to)
    check_counts(p, layers, masks)
    check_groups(layers, masks)
    ps = parameters_by_name(learn.model)
    if p.seed%2:
        with torch.no_grad():
            for n,m in masks.items(): ps[n][~m] = float('inf')
    t = Ticket.of(learn.model, masks)
    loaded = Ticket.load(t.save(Path(learn.path)/'t.safetensors'))
    must(list(loaded.weights)==list(t.weights) and list(loaded.masks)==list(t.masks), 'a file changes the order')
    left = Left(learn)
    loaded.apply(learn, p.kernels)
    must(has(learn.model, t.start()), 'the ticket is not loaded exactly')
    look = Look(learn, True)
    for n in (2,1): quiet(learn, n, cbs=callbacks(p))
    losses = [float(v) for row in learn.recorder.values for v in row]
    must(all(map(math.isfinite, losses)), f'losses are {losses}')
    look.hook.remove()
    left.check([cb for cb in learn.cbs if isinstance(cb, MaskCallback)])
    assert_masked(learn.model, masks)
    learn.remove_cbs(MaskCallback)
    left.check()
    finite(learn)

_expected_warnings = (
    'these layers would have', 'left dense', 'criterion .* gives all groups', '.* whole outputs', 'pruned as a whole',
    '(?s).*CUDA is not available', 'LSTM with projections', "kernels='sparse' has no effect")

def attempt(seed):
    "Make a trial. Return what is wrong."
    p,net = plan(seed)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        for says in _expected_warnings: warnings.filterwarnings('ignore', says)
        learn = new_learner(p, net, folder)
        layers = prunable(net, p.granularity, p.layer_type)
        try: dict(callback=by_callback, finder=by_finder, apply=by_ticket)[p.way](p, learn, layers)
        except (Wrong,AssertionError) as e: return wrong(str(e).replace('\n', ' '))

def _feasible(seed):
    "Return the plan of a seed, None if its groups can't reach its sparsity."
    p,net = plan(seed)
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        try:
            pruner = Pruner(p.granularity, p.context, p.criterion, p.layer_type, p.round_to, p.min_keep)
            pruner.targets(prunable(net, p.granularity, p.layer_type), p.sparsity)
        except ValueError: return None
    return p

def trials(rng):
    "Yield random fits."
    for _ in count():
        seed = rng.randrange(2**31)
        if p := _feasible(seed): yield Trial('fit', str(p), partial(attempt, seed))
