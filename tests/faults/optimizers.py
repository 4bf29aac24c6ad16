"""Snapshots restored into other optimizers: either the learner trains on as the original one does, bit for bit, or it
is refused and everything is as it was."""
import dataclasses, tempfile, warnings

import torch
from fastai.vision.all import *
from torch import optim
from fasterlth.core.tensors import clone_tree, model_tensors
from fasterlth.train.randomness import random_states, seed_learner
from fasterlth.train.snapshot import Snapshot

from . import Trial, wrong

trial_kinds = 'optimizer',

def wrapped(cls, **kwargs): return partial(OptimWrapper, opt=cls, **kwargs)
def lookahead(ps, lr, k=6): return Lookahead(SGD(ps, lr, mom=.9), k=k)

optimizers = dict(
    adam=Adam, adam_l2=partial(Adam, decouple_wd=False), sgd=SGD, momentum=partial(SGD, mom=.9), rms=RMSProp,
    rms_momentum=partial(RMSProp, mom=.9), radam=RAdam, qhadam=QHAdam, larc=Larc, lars=partial(Larc, clip=False), lamb=Lamb,
    ranger=ranger, lookahead=lookahead, lookahead3=partial(lookahead, k=3), torch_sgd=wrapped(optim.SGD),
    torch_momentum=wrapped(optim.SGD, momentum=.9), torch_adamw=wrapped(optim.AdamW), torch_adam=wrapped(optim.Adam),
    torch_amsgrad=wrapped(optim.Adam, amsgrad=True), torch_rms=wrapped(optim.RMSprop), torch_adagrad=wrapped(optim.Adagrad),
    torch_adafactor=wrapped(optim.Adafactor))
states = 'none','created','fitted'    # is there an optimizer, and has it learned anything?

def one(m): return list(m.parameters())
def two(m): return [list(m[:2].parameters()), list(m[2:].parameters())]
def shifted(m): return [list(m[:1].parameters()), list(m[1:].parameters())]
groupings = dict(one=one, two=two, shifted=shifted, frozen=two)

def learner(opt, grouping, seed):
    torch.manual_seed(0)
    x = torch.randn(24, 4)
    ds = list(zip(x, (x[:,0]>0).long()))
    dls = DataLoaders.from_dsets(ds, ds[:8], bs=8, num_workers=0, shuffle=(True,False), device=torch.device('cpu'))
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.Linear(6, 2))
    learn = Learner(dls, net, CrossEntropyLossFlat(), opt_func=optimizers[opt], lr=1e-2, splitter=groupings[grouping])
    return seed_learner(learn, seed)

def fit(learn, n=1, lr=1e-2):
    with learn.no_bar(), learn.no_logging(): learn.fit(n, lr)
    return learn

def prepared(opt, grouping, state, seed):
    learn = learner(opt, grouping, seed)
    if state=='fitted': fit(learn, 1, slice(1e-3, 1e-2))
    if grouping=='frozen': learn.freeze()
    elif state=='created': learn.create_opt()
    if state=='none': learn.opt = None
    return learn

def everything(learn):
    "Return all that a refused call must not change, and that a training ends with."
    opt = None if learn.opt is None else (type(learn.opt), clone_tree(learn.opt.state_dict()))
    params = dict(learn.model.named_parameters())
    grads = {n: None if p.grad is None else p.grad.clone() for n,p in params.items()}
    return repr((clone_tree(model_tensors(learn.model)), opt, random_states(learn.dls), grads,
                 {n: p.requires_grad for n,p in params.items()}, learn.lr))

def tried(a, b, saved):
    "Restore `a`'s moment into `b`: None if all is as it should be, or what is wrong."
    snap = Snapshot.take(a)
    if saved:
        with tempfile.TemporaryDirectory() as d: snap = Snapshot.load(snap.save(Path(d)/'s'))
    before = everything(b)
    try: snap.restore(b)
    except ValueError as e:
        if "the snapshot's optimizer doesn't fit the learner's" not in str(e): return wrong(f'an unclear error: {e}')
        return None if everything(b)==before else wrong('refused, but changed')
    return None if everything(fit(a))==everything(fit(b)) else wrong('accepted, and trains on otherwise')

trial_kinds = 'optimizer',

def trials(rng):
    "Try pairs of optimizers, in all states and groupings."
    while True:
        names,ss,gs = rng.choices(list(optimizers), k=2),rng.choices(states, k=2),rng.choices(list(groupings), k=2)
        if rng.random()<.3: names[1] = names[0]    # otherwise hardly any would fit
        if rng.random()<.6: gs[1] = gs[0]
        saved = rng.random()<.5
        def call(names=names, ss=ss, gs=gs, saved=saved):
            with warnings.catch_warnings():
                warnings.simplefilter('ignore')
                return tried(*[prepared(*o) for o in zip(names, gs, ss, (0,1))], saved)
        yield Trial('optimizer', ' → '.join(map('/'.join, zip(names, gs, ss)))+(' from a file' if saved else ''), call)
