"""Record what everything that makes numbers gives, as checksums, and compare another version of the code with it.

    python tests/same_bits.py --record FILE
    python tests/same_bits.py --against FILE [CASE ...]

Items whose names begin with `=` are the same on any machine; the others only with the same processor and libraries."""
import argparse, contextlib, io, json, sys, tempfile, time, traceback, warnings
from zlib import crc32

import matplotlib
matplotlib.use('Agg')
with warnings.catch_warnings():
    warnings.simplefilter('ignore')
    from fastai.vision.all import *
from torch.utils.data import TensorDataset
import fasterlth
from fasterlth.all import *

# What may be called otherwise one day

def bird_ticket(learn, train, sparsity, path=None, **kwargs):
    "Search an early-bird ticket."
    return EarlyBirdFinder(learn, sparsity, path=path, seed=0, verbose=False, **kwargs).find_early_bird(train)

def score_gradients(model, batches, loss_func):
    "Return the gradients that criteria ask for, by kind."
    return dict(grad=gradients(model, batches, loss_func), hess_grad=hessian_gradients(model, batches, loss_func), flow=synaptic_flow(model, batches[0][0]))

def plain_results(*args, **kwargs):
    "Compare tickets in plain PyTorch. Return a row for each condition and seed."
    found = compare_tickets(*args, **kwargs)
    return getattr(found, 'results', found)

def every_condition():
    "Return all conditions of a study, by name."
    return dict(conditions)

def costs_of(finder):
    "Return the table of a finder's costs."
    return finder.costs()

# Bits of things

def crc(x):
    "Return a checksum of a tensor, of a dict of them in the order of their names, or of anything that its `repr` describes completely."
    if isinstance(x, torch.Tensor):
        x = x.detach().cpu().contiguous()
        return crc32(x.reshape(-1).view(torch.uint8).numpy().tobytes(), crc32(f'{x.dtype} {tuple(x.shape)}'.encode()))
    if isinstance(x, dict): return crc32(repr([(k, crc(x[k])) for k in sorted(x)]).encode())
    return crc32(repr(x).encode())

def under(name, bits):
    "Prefix the names of items."
    return {f"{'=' if k[0]=='=' else ''}{name}.{k.removeprefix('=')}": v for k,v in bits.items()}

def merged(parts):
    "Combine the items of several things: name → items."
    return {k: v for name,bits in parts.items() for k,v in under(name, bits).items()}

def state(model):
    "Return all parameters and buffers of a model, by name."
    return {**dict(model.named_parameters()), **dict(model.named_buffers())}

def mask_bits(masks, counts='layer'):
    "Sum masks up. Counts are those of each layer, of all together, or none, as far as they don't depend on the last bit of a weight."
    kept = {n: int(m.sum()) for n,m in masks.items()}
    return dict(masks=crc(masks)) | ({'=kept': kept} if counts=='layer' else {}) | ({'=sparsity': round(sparsity_of(masks), 6)} if counts else {})

def ticket_bits(t, counts='layer'):
    "Sum a ticket up."
    return mask_bits(t.masks, counts) | dict(weights=crc(t.weights), start=crc(t.start()))

def table_bits(df):
    "Sum a table up, column by column, without times."
    plain = lambda v: [o.item() if isinstance(o, np.generic) else tuple(o) if isinstance(o, torch.Size) else o for o in v]
    cols = [c for c in df.columns if c not in ('seconds','time','latency_ms')]
    return {str(c): crc(plain(df[c])) for c in cols} | {'index': crc(plain(df.index)), '=rows': len(df)}

def learner_bits(learn):
    "Sum up what training has left: weights, optimizer, losses, the next random number."
    states = [] if learn.opt is None else learn.opt.state_dict()['state']
    opt = {f'{i} {k}': v for i,s in (states.items() if isinstance(states, dict) else enumerate(states)) for k,v in s.items() if isinstance(v, torch.Tensor)}
    return dict(model=crc(state(learn.model)), opt=crc(opt), losses=crc([float(o) for o in learn.recorder.losses]), values=crc([list(map(float, o)) for o in learn.recorder.values]),
        random=crc(torch.get_rng_state()), order=crc([dl.rng.getstate() for dl in learn.dls.loaders if hasattr(dl, 'rng')])) | {'=losses': len(learn.recorder.losses)}

def finder_bits(f, counts='layer'):
    "Sum up what a finder has found."
    return (merged({f'ticket {r}': ticket_bits(t, counts) for r,t in enumerate(f.tickets)} | dict(history=table_bits(f.history), epochs=table_bits(f.epochs)))
        | dict(model=crc(state(f.learn.model))) | ({'=sparsities': [round(s, 6) for s in f.history.sparsity]} if counts else {}))

# Networks, learners, trainings

class SmallNet(nn.Module):
    "Convolution, BatchNorm, dropout, linear layers."
    def __init__(self):
        super().__init__()
        self.conv,self.bn,self.drop = nn.Conv2d(1, 8, 3, stride=2),nn.BatchNorm2d(8),nn.Dropout(.2)
        self.fc1,self.fc2 = nn.Linear(8*3*3, 20),nn.Linear(20, 10)
    def forward(self, x): return self.fc2(F.relu(self.fc1(self.drop(F.relu(self.bn(self.conv(x)).flatten(1))))))

def data(): return digits_dls(size=8, n=320, bs=64, device=torch.device('cpu'))
def resnet(seed=0): return small_resnet(8, n_ch=1, width=8, seed=seed)

def new_learner(make=SmallNet, seed=0, **kwargs):
    "Make a learner with the weights of this seed, which also seeds everything random in its training."
    set_seed(seed)
    return Learner(data(), make(), metrics=accuracy, **{'lr': 1e-2, **kwargs})

def fitted(learn, n=2, **kwargs):
    "Train it, silently."
    with learn.no_bar(), learn.no_logging(): learn.fit(n, **kwargs)
    return learn

def lenet(seed=0): return lenet_300_100(64, seed=seed)
def of_seed(seed): return Learner(data(), lenet(seed), metrics=accuracy)
def of_seed_norms(seed): return Learner(data(), resnet(seed), metrics=accuracy)
def briefly(learn): learn.fit_one_cycle(1, 1e-2)
def two_epochs(learn): learn.fit_one_cycle(2, 1e-2)
def six_epochs(learn): learn.fit(6, 1e-3, cbs=Interrupt())

batches_left = []    # to be trained until the next interruption; empty for none

class Interrupt(Callback):
    "Interrupt training once, as Ctrl-C does."
    def before_batch(self):
        if not batches_left or not self.training: return
        batches_left[0] -= 1
        if not batches_left[0]:
            batches_left.clear()
            raise KeyboardInterrupt

def with_interrupt(learn): learn.fit_one_cycle(2, 1e-2, cbs=Interrupt())

def several_fits(learn):
    "Train in two fits, the first of which ends with its best epoch's weights."
    learn.fit_one_cycle(2, 1e-2, cbs=[SaveModelCallback(fname='best'), Interrupt()])
    learn.fit(1, 3e-3, cbs=Interrupt())

def interrupted(go, *at):
    "Call it again and again, each time but the last interrupted after so many batches."
    for n in at:
        batches_left[:] = [n]
        try: go()
        except KeyboardInterrupt: pass
        else: raise RuntimeError(f"it wasn't interrupted after {n} batches")
    return go()

def sparsified(sparsity=60, granularity='weight', context='local', criteria=l1_norm, schedule=iterative, n=2, learn=None, counts='layer', fit={}, **kwargs):
    "Train with a `SparsifyCallback`, and sum up the result."
    learn = learn or new_learner()
    cb = SparsifyCallback(sparsity, granularity, context, criteria, schedule, verbose=False, **kwargs)
    fitted(learn, n, cbs=cb, **fit)
    return under('ticket', ticket_bits(cb.ticket, counts)) | under('history', table_bits(cb.history)) | learner_bits(learn)

def found(learn=None, train=two_epochs, sparsity=60, n_rounds=2, counts='layer', **kwargs):
    "Find a ticket, and sum it up."
    f = LotteryTicketFinder(learn or new_learner(), sparsity, n_rounds, **{'seed': 0, 'verbose': False, **kwargs})
    f.find_winning_ticket(train)
    return finder_bits(f, counts) | learner_bits(f.learn)

def studied(folder, make=of_seed, train=briefly, sparsity=60, n_rounds=1, conditions=('random_reinit','random_mask'), seeds=1, interrupt_at=(), **kwargs):
    "Run a study, and return it."
    new = lambda: LotteryStudy(make, train, sparsity, n_rounds, conditions, seeds, folder, **kwargs)
    s = interrupted(lambda: new().run(n_jobs=1, verbose=False), *interrupt_at)
    if s.failures: raise RuntimeError(next(iter(s.failures.values())))
    return s

def study_bits(s, counts='layer'):
    "Sum a study up: each condition's rows and its last ticket, and the summary."
    df = s.results
    of = lambda k: 'all' if counts and k.startswith(('snip','grasp','synflow','magnitude')) else counts    # ranked over the whole network
    parts = {k: table_bits(g.reset_index(drop=True)) | under('ticket', ticket_bits(s.ticket(k, s.seeds[-1]), of(k))) for k,g in df.groupby('condition', sort=False)}
    return merged(parts | dict(summary=table_bits(s.summary()), losses=table_bits(s.summary('valid_loss', .9)))) | {'=conditions': list(parts)}

def filter_masks(model, sparsity=50): return make_masks(prunable(model, 'filter'), {'*': sparsity, 'fc': 0})

# The cases: each a function of an empty folder

cases = {}
def case(f):
    "Note a case."
    cases[f.__name__] = f
    return f

@case
def schedules_as_functions(folder):
    each = (one_shot, iterative, geometric, agp, one_cycle, cos, lin, dsd, partial(iterative, n_steps=10))
    return {f"{getattr(f, '__name__', 'ten_steps')} {a}": crc([f(a, 83, i/20) for i in range(21)]) for f in each for a in (0,15)} | {'=rounds': [round(o, 6) for o in geometric_rounds(20, 6)]}

@case
def targets_of_rounds(folder):
    given = dict(default=(90,), five=(80,5), listed=([20,50,75],), by_layer=({'conv': 40, 'fc1': 90},3), lists_by_layer=({'conv': [10,20], '*': 80},))
    return {f'={k}': json.loads(json.dumps(round_targets(*v)), parse_float=lambda o: round(float(o), 6)) for k,v in given.items()} | {k: crc(round_targets(*v)) for k,v in given.items()}

@case
def groups_of_layers(folder):
    layers = dict(linear=nn.Linear(8, 12), conv=nn.Conv2d(4, 8, 3), grouped=nn.Conv2d(8, 8, 3, groups=4), conv1=nn.Conv1d(4, 8, 5), conv3=nn.Conv3d(2, 4, 3),
        transposed=nn.ConvTranspose2d(4, 8, 3), embedding=nn.Embedding(16, 8), lstm=nn.LSTM(8, 12), gru=nn.GRUCell(8, 4), attention=nn.MultiheadAttention(16, 4))
    res,g = {},torch.Generator().manual_seed(0)
    for k,m in layers.items():
        res[f'={k}'] = granularities(m)
        for p in layer_axes(m):
            w = torch.randn(m.get_parameter(p).shape, generator=g)
            for name in [*granularities(m), '2:4']:
                try: gs = layer_groups(m, name, p)
                except ValueError: continue
                scores = gs.reduce(w)
                res[f'={k} {p} {name}'],res[f'{k} {p} {name}'] = [gs.n, gs.size],crc(scores)
                if not gs.nm: res[f'{k} {p} {name}'] = crc(dict(s=scores, e=gs.expand(scores>0), c=gs.contract(w>1)))
    return res

@case
def surveys(folder):
    net = nn.Sequential(resnet(), nn.LSTM(10, 8), nn.MultiheadAttention(8, 2))
    return merged({str(g): table_bits(survey(net, g)) for g in ('weight','filter','2:4',{'0.*': 'kernel', nn.LSTM: 'unit'})} | {'convolutions': table_bits(survey(net, layer_type=nn.Conv2d))})

@case
def masks_by_rank(folder):
    net = small_resnet(14, n_ch=1, width=8, seed=1)
    res,last = {},None
    for g,s,more in [('weight',70,{}), ('weight',70,dict(context='global')), ('filter',50,{}), ('filter',50,dict(context='global')), ('kernel',40,{}), ('2:4',50,dict(layer_type=nn.Linear)),
                     ('shared_kernel',30,dict(context='global')), ('layer',30,dict(context='global')), ('filter',{'stage1*': 60, 'fc': 0},{})]:
        layer_type = more.pop('layer_type', None)
        masks = make_masks(prunable(net, g, layer_type), s, l1_norm, **more)
        res[f'{g} {s} {more}'] = mask_bits(masks, None if more else 'layer') | under('table', table_bits(mask_table(masks)))
        if last and last.keys()==masks.keys(): res[f'{g} {s} {more}'] |= dict(overlap=mask_overlap(last, masks), distance=mask_distance(last, masks))
        last = masks
    packed = {n: pack_mask(m) for n,m in last.items()}
    return merged(res) | dict(packed=crc(packed)) | {'=unpacked': all(torch.equal(unpack_mask(packed[n], m.shape), m) for n,m in last.items())}

@case
def criteria_as_functions(folder):
    set_seed(0)
    w,init,prev = torch.randn(3, 6, 5)
    both = dict(init=init, prev=prev)
    plain = (l1_norm, l2_norm, small_final)
    to_init = (large_init, small_init, large_init_large_final, small_init_small_final, magnitude_increase, movement, movmag)
    to_prev = (updating_magnitude_increase, updating_movement, updating_movmag)
    res = {f.__name__: crc(f(w, *[both[k] for k in ks])) for fs,ks in ((plain,()), (to_init,['init']), (to_prev,['prev'])) for f in fs}
    return res | dict(random=crc(random_score(w, 'fc')), random_1=crc(random_score(w, 'fc', seed=1)), **{f.__name__: crc(f(w, init)) for f in (taylor, snip, grasp, synflow)})

@case
def gradients_of_a_model(folder):
    learn = fitted(new_learner(), 1)
    batches = [learn.dls.train.one_batch() for _ in range(2)]
    return {k: crc(g) for k,g in score_gradients(learn.model, batches, learn.loss_func).items()} | learner_bits(learn)

@case
def networks_by_seed(folder):
    nets = dict(lenet_300_100=lenet_300_100(64, seed=1), lenet5=lenet5(seed=1), conv2=conv2(1, 8, seed=1), conv4=conv4(1, 8, seed=1), conv6=conv6(1, 8, seed=1), resnet20=resnet20(1, width=4, seed=1),
        resnet18=small_resnet((2,2,2,2), 1, width=4, seed=1, stride=2))
    x = torch.randn(4, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    res = {k: crc(state(m)) for k,m in nets.items()} | {f'={k}': sum(p.numel() for p in m.parameters()) for k,m in nets.items()}
    for k in ('conv2','resnet20'):
        masks = make_masks(prunable(nets[k]), 75)
        res |= {f'={k} flops': [round(forward_flops(nets[k], (x,), m), 3) for m in ({},masks)]}
    return res

@case
def batches_of_data(folder):
    set_seed(0)
    dls = data()
    few = memory_dls((torch.rand(40, 8, 8),torch.arange(40)%4), (torch.rand(16, 8, 8),torch.arange(16)%4), bs=8, n=24, classes=[1,3,2], device=torch.device('cpu'))
    epoch = lambda dl: crc([[crc(o) for o in b] for b in dl])
    return {f'{k} {i}': epoch(dl) for k,ds in (('digits',dls), ('memory',few)) for i,dl in enumerate([ds.train, ds.train, ds.valid])} | {'=batches': [len(dl) for ds in (dls,few) for dl in ds.loaders]}

@case
def sparsify_schedules(folder):
    return merged({s.__name__: sparsified(schedule=s, start_epoch=.4, n=2) for s in (one_shot, iterative, geometric, agp, one_cycle, cos, lin)}
        | dict(dsd=sparsified(schedule=dsd, start_sparsity=10), ends=sparsified(schedule=agp, start_epoch='2it', end_epoch=1.5)))

@case
def sparsify_rewinding(folder):
    return merged(dict(at_0=sparsified(lth=True), at_1=sparsified(lth=True, start_epoch=1, rewind_epoch=1, n=3), at_7=sparsified(lth=True, start_epoch='8it', rewind_epoch='7it', n=3),
        reset=sparsified(lth=True, reset_end=True), reset_alone=sparsified(reset_end=True, rewind_epoch=.5, start_epoch=.5)))

@case
def sparsify_granularities(folder):
    no_head = {'*': 50, 'fc2': 0}
    return merged(dict(filter=sparsified(no_head, 'filter'), kernel=sparsified(50, 'kernel', layer_type=nn.Conv2d), two_of_four=sparsified(50, '2:4', layer_type=nn.Linear),
        each=sparsified(50, {'conv': 'filter', 'fc1': 'weight'}), lth=sparsified(no_head, 'filter', lth=True)))

@case
def sparsify_where(folder):
    learn = new_learner(resnet)
    return merged(dict(everywhere=sparsified(context='global', counts='all'), filters=sparsified(40, 'filter', 'global', counts=None, layer_type=nn.Conv2d, learn=new_learner(resnet)),
        by_layer=sparsified({'conv': 30, nn.Linear: 80, 'fc2': 50}), part=sparsified(50, model=learn.model[3:5], learn=learn), round_to=sparsified(55, 'filter', round_to=4, layer_type=nn.Conv2d),
        min_keep=sparsified(95, 'filter', min_keep=3, layer_type=nn.Conv2d), least=sparsified(99, context='global', min_keep=5, counts='all')))

@case
def sparsify_criteria(folder):
    simple = {c.__name__: sparsified(criteria=c, start_epoch=.6) for c in (movement, updating_movement, magnitude_increase, random_score)}
    of_batches = {c.__name__: sparsified(criteria=c, schedule=one_shot, context='global', counts='all') for c in (snip, grasp, synflow, taylor)}
    learn = new_learner()
    given = sparsified(criteria=snip, learn=learn, batches=[learn.dls.valid.one_batch()], lth=True)
    return merged(simple | of_batches | dict(given=given, rewound=sparsified(criteria=updating_movement, lth=True, start_epoch=1, rewind_epoch='3it')))

@case
def sparsify_optimizers(folder):
    opts = dict(momentum=partial(SGD, mom=.9), lamb=Lamb, ranger=ranger, torchs=partial(OptimWrapper, opt=torch.optim.AdamW))
    return merged({k: sparsified(lth=True, learn=new_learner(opt_func=o)) for k,o in opts.items()}
        | dict(clipped=sparsified(learn=new_learner(cbs=GradientClip(.1))), accumulated=sparsified(learn=new_learner(cbs=GradientAccumulation(128))), saved=sparsified(learn=new_learner(path=folder, cbs=SaveModelCallback(monitor='accuracy')))))

@case
def masks_kept_on(folder):
    res = {}
    for k,kwargs in dict(adam={}, momentum=dict(opt_func=partial(SGD, mom=.9)), clipped=dict(cbs=GradientClip(.1)), lamb=dict(opt_func=Lamb), mixup=dict(cbs=MixUp())).items():
        learn = new_learner(**kwargs)
        learn.add_cb(MaskCallback(make_masks(prunable(learn.model), 70)))
        fitted(learn, 2, wd=.1)
        with learn.no_bar(): loss = learn.validate()
        res[k] = learner_bits(learn) | dict(loss=crc(list(loss))) | {'=nonzero': {n: int(p.count_nonzero()) for n,p in learn.model.named_parameters() if p.ndim>1}}
    return merged(res)

@case
def tickets_on_learners(folder):
    learn = new_learner()
    t = Ticket.of(learn.model, make_masks(prunable(learn.model), 50))
    back = Ticket.load(t.save(folder/'ticket.safetensors'))
    fitted(back.apply(new_learner(seed=1)))
    again = back.apply(new_learner(seed=2))
    sparser = sparsified(80, learn=again)    # within what the ticket has left
    return merged(dict(ticket=ticket_bits(back), summary=table_bits(back.summary()), sparser=sparser, saved=sparsified(save_tickets=folder/'steps'))) | {'=files': sorted(o.name for o in (folder/'steps').iterdir())}

@case
def finder_rewinding(folder):
    return merged(dict(at_0=found(), at_1=found(rewind_epoch=1), at_7=found(rewind_epoch='7it'), part=found(rewind_epoch=.4)))

@case
def finder_without_rewinding(folder):
    return merged(dict(lr=found(rewind='lr'), lr_1=found(rewind='lr', rewind_epoch=1), finetune=found(rewind='finetune'), finetune_7=found(rewind='finetune', rewind_epoch='7it')))

@case
def finder_choices(folder):
    return merged(dict(everywhere=found(context='global', counts='all'), filters=found(sparsity={'*': 60, 'fc2': 0}, granularity='filter'), snip=found(criteria=snip), movement=found(criteria=movement, rewind_epoch='2it'),
        updating=found(criteria=updating_movement), reshuffled=found(reshuffle=True), round_to=found(sparsity=50, granularity='filter', layer_type=nn.Conv2d, round_to=2), synflow=found(criteria=synflow, n_rounds=1)))

@case
def finder_targets(folder):
    return merged(dict(listed=found(sparsity=[20,45,70], n_rounds=None, train=briefly), by_layer=found(sparsity={'conv': 20, 'fc1': 80}), lists=found(sparsity={'conv': [10,20], '*': [50,80]}), default=found(sparsity=40, n_rounds=None)))

@case
def finder_starts(folder):
    frozen,late = new_learner(),new_learner(resnet, splitter=lambda m: [params(m[:4]), params(m[4:])])
    frozen.model.conv.requires_grad_(False)
    late.freeze()
    masked = new_learner()
    Ticket.of(masked.model, make_masks(prunable(masked.model), 30)).apply(masked)
    return merged(dict(frozen=found(frozen), late=found(late), pretrained=found(fitted(new_learner())), masked=found(masked), momentum=found(new_learner(opt_func=partial(SGD, mom=.9)))))

@case
def finder_interrupted(folder):
    res = {}
    for k,kwargs in dict(plain=dict(rewind_epoch='7it'), finetune=dict(rewind='finetune', rewind_epoch=1, reshuffle=True)).items():
        new = lambda path: found(new_learner(path=folder), several_fits, path=folder/f'{k} {path}', **kwargs)
        whole,parts = new('whole'),interrupted(lambda: new('parts'), 8, 14, 10)
        res[k] = whole | {'=as whole': whole==parts}
    return merged(res)

def torch_loaders(seed=0):
    "Make PyTorch's own loaders, whose order has a generator of its own."
    g = torch.Generator().manual_seed(seed)
    ds = TensorDataset(torch.randn(200, 1, 8, 8, generator=g), torch.randint(10, (200,), generator=g))
    dl = partial(torch.utils.data.DataLoader, ds, batch_size=40)
    return DataLoaders(dl(shuffle=True, generator=g), dl(), device=torch.device('cpu'))

@case
def finder_with_torchs_loaders(folder):
    def new():
        set_seed(0)
        return Learner(torch_loaders(), SmallNet(), loss_func=nn.CrossEntropyLoss(), metrics=accuracy)
    def go(path): return found(new(), with_interrupt, path=folder/path, rewind_epoch=1, reshuffle=True)
    whole = go('whole')
    return whole | {'=as whole': whole==interrupted(lambda: go('parts'), 7, 6, 9)} | under('snip', found(new(), criteria=snip))

@case
def finder_more(folder):
    learn = new_learner()
    t = learn.find_ticket(two_epochs, 60, 2, seed=3, verbose=False)
    f = LotteryTicketFinder(new_learner(), 60, 2, seed=0, verbose=False)
    f.find_winning_ticket(two_epochs)
    rows = {f'{k} {rewound}': f.train_ticket(make_masks(prunable(new_learner(seed=5).model), 60), rewound=rewound, round=r) for k,r,rewound in (('first',1,True), ('second',2,False))}
    return merged(dict(ticket=ticket_bits(t), unseeded=found(seed=None), costs=table_bits(costs_of(f))) | {k: table_bits(pd.DataFrame([row])) for k,row in rows.items()}) | dict(model=crc(state(learn.model)), after=crc(state(f.learn.model)))

@case
def study_of_every_condition(folder):
    return study_bits(studied(folder, conditions=every_condition(), rewind_epoch='2it'))

@case
def study_of_rounds(folder):
    every = every_condition()
    c = {k: every[k] for k in ('random_reinit','shuffled','one_shot','finetune','lr_rewind')}
    c |= dict(controlled=control_of(every['random_mask'], every['shuffled']), sparser=dict(sparsity=80, n_rounds=3), everywhere=dict(context='global'))
    s = studied(folder, make=of_seed_norms, train=two_epochs, n_rounds=2, conditions=c, rewind_epoch=1)
    return study_bits(s, 'all') | under('first', ticket_bits(s.ticket('winning', 0, 1)))

@case
def study_of_filters(folder):
    names = ('random_mask','shuffled','inverted','random_reinit','snip')
    return study_bits(studied(folder, make=of_seed_norms, sparsity={'*': 50, 'fc': 0}, granularity='filter', conditions=list(names)), None)

@case
def study_verdicts(folder):
    s = studied(folder, train=two_epochs, seeds=2, n_rounds=2)
    return study_bits(s) | dict(verdict=s.verdict(), loose=s.verdict(margin=50., level=.5), losses=s.verdict('valid_loss'), mask=s.verdict(condition='random_mask')) | {'=rows': len(s.results)}

@case
def study_interrupted(folder):
    do = lambda name,*at: study_bits(studied(folder/name, train=with_interrupt, interrupt_at=at))
    whole = do('whole')
    return whole | {'=as whole': whole==do('parts', 8, 9, 17)}

def watched(n=3, make=resnet, ticket=None, **kwargs):
    "Train with an `EarlyBirdCallback`, and sum it up."
    learn,cb = new_learner(make),EarlyBirdCallback(**{'n_masks': 2, 'threshold': 1., 'verbose': False, **kwargs})
    if ticket: ticket.apply(learn)
    fitted(learn, n, cbs=cb)
    bits = merged({f'masks {i}': mask_bits(m, 'all' if cb.context=='global' and cb.granularity in (None,'weight') else None) for i,m in enumerate(cb.masks)})
    return bits | under('distances', table_bits(cb.distances)) | under('ticket', ticket_bits(cb.ticket, None)) | learner_bits(learn) | {'=found': cb.found}

@case
def early_bird_callback(folder):
    t = Ticket.of(SmallNet(), make_masks(prunable(SmallNet()), 30))
    return merged(dict(channels=watched(), within=watched(make=SmallNet, ticket=t, granularity='weight'), on=watched(4, stop=False), l1=watched(l1=1e-2), weights=watched(make=SmallNet, granularity='weight', context='local', sparsity=70), everywhere=watched(make=SmallNet, granularity='weight'),
        filters=watched(granularity='filter', sparsity=30), movement=watched(make=SmallNet, granularity='weight', criteria=movement), snip=watched(make=SmallNet, granularity='weight', criteria=snip)))

@case
def early_bird_search(folder):
    res = {}
    for k,kwargs in dict(channels={}, weights=dict(granularity='weight', context='local'), penalty=dict(l1=1e-3)).items():
        def go(path):
            learn = new_learner(resnet)
            t = bird_ticket(learn, six_epochs, 50, folder/f'{k} {path}', n_masks=3, threshold=.9, **kwargs)
            return ticket_bits(t, None) | dict(model=crc(state(learn.model))) | {'=epoch': t.about['epoch']}
        whole = go('whole')
        res[k] = whole | {'=as whole': whole==interrupted(lambda: go('parts'), 7, 6)}
    return merged(res)

def rewind_bits(learn, train=two_epochs, epochs=(0,'3it',1), **kwargs):
    "Look for a rewind point, and sum up what is found and the learner afterwards."
    r = learn.rewind_find(train, list(epochs), points=4, bn_batches=3, show_plot=False, verbose=False, **kwargs)
    return under('barriers', table_bits(r.barriers)) | under('lines', table_bits(r.lines)) | dict(suggestion=str(r.suggestion), model=crc(state(learn.model)), random=crc(torch.get_rng_state()))

@case
def rewind_points(folder):
    learn = new_learner()
    t = Ticket.of(learn.model, make_masks(prunable(learn.model), 60))
    return merged(dict(norms=rewind_bits(new_learner()), ticket=rewind_bits(new_learner(), ticket=t, seed=2), three=rewind_bits(new_learner(lenet), copies=3, epochs=(.4,)), trained=rewind_bits(fitted(new_learner(), 1), epochs=(0,))))

@case
def rewind_points_interrupted(folder):
    go = lambda path: rewind_bits(new_learner(path=folder), several_fits, (0,'7it',2), path=folder/path)
    whole = go('whole')
    return whole | {'=as whole': whole==interrupted(lambda: go('parts'), 9, 20, 27)}

@case
def lines_between(folder):
    a,b = fitted(new_learner()),fitted(new_learner(seed=1))
    t = Ticket.of(b.model, make_masks(prunable(b.model), 50))
    lines = {k: linear_interpolation(a, *ends, points=5, bn_batches=4) for k,ends in dict(learners=(a,b), ticket=(a,t), tensors=(state(a.model),t.start())).items()}
    plain = linear_interpolation(new_learner(lenet), state(lenet(0)), state(lenet(1)), points=5)
    return merged({k: table_bits(l) for k,l in lines.items()} | dict(plain=table_bits(plain), after=learner_bits(a))) | dict(barrier=barrier(plain), barrier_of_loss=barrier(plain, 'loss'))

@case
def snapshots(folder):
    res = {}
    for at in (0, 1, '7it', 1.8):
        learn,cb = new_learner(),SnapshotCallback(at)
        fitted(learn, 3, cbs=cb)
        s = Snapshot.load(cb.taken.save(folder/f'{at}.safetensors'))
        on = fitted(new_learner(seed=1), 3-s.epoch, cbs=ResumeCallback(s))
        part = fitted(s.restore(new_learner(seed=2), opt=False), 1)
        res[str(at)] = learner_bits(learn) | under('on', learner_bits(on)) | under('part', learner_bits(part)) | {'=when': [s.epoch, s.batch], '=as whole': crc(state(on.model))==crc(state(learn.model))}
    learn = fitted(new_learner(), 1)
    s = Snapshot.take(learn)
    first = learner_bits(fitted(learn, 1))
    return merged(res) | under('again', first) | {'=again': first==learner_bits(fitted(s.restore(learn), 1))}

def random_ticket(make, sparsity=80, granularity='weight', seed=0):
    "Make a ticket whose tensors are all different."
    torch.manual_seed(seed)
    model = make()
    with torch.no_grad():
        for t in state(model).values():
            if t.ndim: t.copy_(torch.randn(t.shape).abs()+.1 if t.ndim==1 else torch.randn(t.shape))
    return Ticket.of(model, make_masks(prunable(model, granularity), sparsity))

def moved(ticket, model, **kwargs):
    "Transfer a ticket, and sum it and the report up."
    res = ticket.transfer(model, **kwargs)
    return ticket_bits(res.ticket, None) | under('report', table_bits(res.report)) | {f'=share of {k}': round(v, 6) for k,v in res.shares.items()}

@case
def transfers(folder):
    net = lambda depth=14, width=4, n_out=10: small_resnet(depth, 1, n_out, width, seed=3)
    vgg = lambda *cs: init_weights(nn.Sequential(*[o for i,c in enumerate(cs) for o in (nn.Conv2d((1,*cs)[i], c, 3, padding=1), nn.BatchNorm2d(c), nn.ReLU())], nn.Flatten(), nn.Linear(64*cs[-1], 10)), 4)
    t,deep = random_ticket(net),random_ticket(lambda: net(20))
    order = computation_order(net(), torch.zeros(1, 1, 8, 8))
    return merged(dict(deeper=moved(t, net(26)), between=moved(t, net(26), blocks=interpolated), shallower=moved(deep, net()), squeezed=moved(deep, net(), blocks=interpolated), head=moved(t, net(n_out=4)),
        wider=moved(t, net(width=8)), narrower=moved(deep, net(20, 3)), both=moved(t, net(20, 8)), masks=moved(t, net(), what='masks'), weights=moved(t, net(), what='weights'), skip=moved(t, net(), skip=['fc','stage1*']),
        order=moved(t, net(20), order=computation_order(net(20), torch.zeros(1, 1, 8, 8)), source_order=order), filters=moved(random_ticket(net, 50, 'filter'), net(20, 8)),
        plain=moved(random_ticket(lambda: vgg(4, 8, 8)), vgg(4, 8, 8, 8)), lenet=moved(random_ticket(lenet), lenet_300_100(64, 4)))) | {'=order': order}

@case
def transferred_in_a_study(folder):
    t = random_ticket(lenet, 60)
    every = every_condition()
    return study_bits(studied(folder, conditions=dict(moved=transferred(t), masks=transferred(t, what='masks', rewound=False), random=control_of(transferred(t), every['random_mask']))))

@case
def shrunk_networks(folder):
    learn = new_learner(resnet)
    masks = filter_masks(learn.model)
    learn.add_cb(MaskCallback(masks))
    fitted(learn)
    x = learn.dls.valid.one_batch()[0]
    res = {}
    for k,(model,ms,exact) in dict(trained=(learn.model,masks,False), exact=(learn.model,masks,True), small=(fitted(new_learner()).model,None,False)).items():
        ms = ms or make_masks(prunable(model, 'filter'), {'*': 50, 'fc2': 0})
        small,table = shrink(model, ms, x, exact)
        with torch.no_grad(): res[k] = dict(model=crc(state(small)), outputs=crc(small(x))) | under('table', table_bits(table)) | {'=dead': [int(o) for o in table.dead]}
    on,table = shrink_learner(learn, masks)
    kept = next((cb.masks for cb in on.cbs if isinstance(cb, MaskCallback)), {})
    before = dict(model=crc(state(on.model)), masks=crc(kept))
    return merged(res | dict(learner=learner_bits(fitted(on)) | before, table=table_bits(table), costs=table_bits(compare_models({'trained': learn.model, 'cut': on.model}, x))))

@case
def compressed_files(folder):
    learn = fitted(new_learner())
    res = {}
    for s in (0,50,99):
        t = Ticket.of(learn.model, make_masks(prunable(learn.model), s))
        res[str(s)] = ticket_bits(load_compressed(save_compressed(t, folder/f'{s}.safetensors')))
    return merged(res)

def plain_model(): return nn.Sequential(nn.Flatten(), nn.Linear(64, 40), nn.ReLU(), nn.Linear(40, 10))
def plain_training(x, y, model):
    "Train a model as PyTorch does."
    opt = torch.optim.SGD(model.parameters(), .1, momentum=.9)
    for i in torch.randperm(len(x)).split(32)[:8]:
        opt.zero_grad()
        F.cross_entropy(model(x[i]), y[i]).backward()
        opt.step()

@case
def tickets_in_plain_pytorch(folder):
    x,y = data().valid.one_batch()
    score = lambda model: float(F.cross_entropy(model(x), y))
    res = {}
    for k,kwargs in dict(once=dict(sparsity=60, seeds=3), rounds=dict(sparsity=80, n_rounds=3), movement=dict(criteria=movement, sparsity=[30,50], n_rounds=2), filters=dict(granularity='filter', sparsity={'1': 50})).items():
        df = plain_results(plain_model, partial(plain_training, x, y), score, **kwargs)
        res[k] = table_bits(df) | {'=sparsities': [round(o, 6) for o in df.sparsity]}
    return merged(res)

# Recording and comparing

def run(name):
    "Return the items of a case as JSON holds them."
    with tempfile.TemporaryDirectory() as d, contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter('ignore')
        set_seed(0)
        batches_left.clear()
        return json.loads(json.dumps(cases[name](Path(d))))

def compare(name, known):
    "Print what differs in a case. Return whether anything does."
    try: now = run(name)
    except Exception:
        print(f'{name}: fails\n{traceback.format_exc()}')
        return True
    known = known or {}
    odd = [k for k in {**known, **now} if k not in known or k not in now or known[k]!=now[k]]
    say = lambda k: f'{k} (gone)' if k not in now else f'{k} (new)' if k not in known else f'{k}: {known[k]} → {now[k]}' if k[0]=='=' else k
    if odd: print(f"{name}: {len(odd)} of {len(known)} items differ: {'; '.join(map(say, odd[:12]))}{f'; and {len(odd)-12} more' if len(odd)>12 else ''}")
    return bool(odd)

def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--record', metavar='FILE', type=Path, help='write what the code at hand gives')
    p.add_argument('--against', metavar='FILE', type=Path, help='compare the code at hand with what was written')
    p.add_argument('--times', action='store_true', help='say how long each case takes')
    p.add_argument('names', metavar='CASE', nargs='*', help=f"default all: {', '.join(cases)}")
    args = p.parse_args()
    if bool(args.record)==bool(args.against): p.error('give --record FILE or --against FILE')
    if unknown := [k for k in args.names if k not in cases]: p.error(f"no such case: {', '.join(unknown)}")
    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    print(f'fasterlth of {Path(fasterlth.__file__).parent}')
    names,res,odd = args.names or list(cases),{},0
    known = json.loads(args.against.read_text()) if args.against else {}
    for k in names:
        start = time.perf_counter()
        if args.record: res[k] = run(k)
        else: odd += compare(k, known.get(k))
        if args.times: print(f'{time.perf_counter()-start:6.2f} s {k}', flush=True)
    if args.record: args.record.write_text(json.dumps(res, indent=1))
    if gone := [k for k in known if k not in cases and not args.names]: print(f"no longer there: {', '.join(gone)}")
    print(f"{len(names)} cases, {'recorded' if args.record else 'same bits' if not odd and not gone else f'{odd+len(gone)} differ'}")
    return int(bool(odd or gone))

if __name__=='__main__': sys.exit(main())
