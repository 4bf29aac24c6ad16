"""Two processes that train together do what one does over the same batches; killed together, they go on together.

`python test_processes.py folder` runs all scenarios, and forks the processes, as `notebook_launcher` does: importing
fastai takes longer than they do. What they find is in files, which the tests read."""
import functools, json, os, signal, socket, subprocess, sys, tempfile, warnings
from multiprocessing import get_context
from pathlib import Path
import pytest

bs,per_epoch = 16,6    # of each process

# Networks and data

def make_dls(two=True):
    "Return loaders: of two processes, or of one that makes the same batches of both of their shares."
    from fastai.data.all import DataLoader, DataLoaders
    import torch
    class Whole(DataLoader):
        def get_idxs(self):
            idxs,res = list(super().get_idxs()),[]
            half = len(idxs)//2
            for i in range(0, half, bs): res += idxs[i:i+bs]+idxs[half+i:half+i+bs]
            return res
    torch.manual_seed(0)
    x = torch.randn(256, 36)
    items = list(zip(x, (x[:,:6].sum(1)>0).long()+2*(x[:,6:9].sum(1)>0).long()))
    cls,n = (DataLoader,bs) if two else (Whole,2*bs)
    return DataLoaders(cls(items[:192], bs=n, shuffle=True, num_workers=0), cls(items[192:], bs=n, num_workers=0))

def make_learner(two=True, norm=False, seed=0, **kwargs):
    "Return a learner. With `norm`, its network has statistics and randomness that differ between processes."
    from fastai.learner import Learner
    from fastai.metrics import accuracy
    from fasterlth.train.randomness import seed_learner
    from torch import nn
    import torch
    torch.manual_seed(seed)
    more = [nn.BatchNorm1d(24)] if norm else []
    drop = [nn.Dropout(.2)] if norm else []
    net = nn.Sequential(nn.Linear(36, 24), *more, nn.ReLU(), *drop, nn.Linear(24, 4))
    path = Path(tempfile.gettempdir())
    learn = Learner(make_dls(two), net, nn.CrossEntropyLoss(), metrics=accuracy, path=path, default_cbs=True, **kwargs)
    learn.remove_cb(learn.progress)
    learn.logger = lambda *a: None
    return seed_learner(learn, seed)

batches_left = [10**9]    # until the process is killed

def drifting():
    "Return a callback that draws more random numbers in one process than in the other, and may kill both."
    from fastai.callback.core import Callback
    import torch
    class Drifting(Callback):
        def before_batch(self):
            torch.rand(1+int(os.environ.get('RANK', 0)))
            batches_left[0] -= self.training
            if not batches_left[0]: os.kill(os.getpid(), signal.SIGKILL)
    return Drifting()

def fit(learn): learn.fit_one_cycle(3, 1e-2)

def fit_within(learn):
    with learn.distrib_ctx(sync_bn=False): fit(learn)

# Scenarios: each returns tensors and plain values, in one process or in two

def as_values(learn, ticket=None, **more):
    "Return what a scenario leaves."
    from fasterlth.core.tensors import cpu_copy, model_tensors
    import torch
    res = dict(weights=cpu_copy(model_tensors(learn.model)), drawn=torch.rand(1).item(), **more)
    return res if ticket is None else dict(res, masks=ticket.masks, start=ticket.weights)

def in_context(f):
    "Return a scenario that runs within `distrib_ctx`, if there are several processes."
    @functools.wraps(f)
    def run(folder, two):
        learn = make_learner(two, norm=getattr(f, 'norm', False))
        if not two: return f(folder, learn)
        with learn.distrib_ctx(sync_bn=False): return f(folder, learn)
    return run

def with_norm(f):
    f.norm = True
    return f

@in_context
def callback(folder, learn):
    from fasterlth.all import SparsifyCallback, iterative, l1_norm
    cb = SparsifyCallback(60, 'weight', 'global', l1_norm, iterative, start_epoch=1, lth=True, rewind_epoch=1,
                          save_tickets=folder/'steps', verbose=False)
    learn.fit(3, 1e-2, cbs=cb)
    return as_values(learn, cb.ticket, steps=cb.history.to_dict('records'))

@in_context
def gradients(folder, learn):
    from fasterlth.all import SparsifyCallback, one_shot, snip
    cb = SparsifyCallback(60, 'weight', 'global', snip, one_shot, end_epoch=1, verbose=False)
    learn.fit(2, 1e-2, cbs=cb)
    return as_values(learn, cb.ticket)

@in_context
def ticket(folder, learn):
    from fasterlth.all import Ticket, make_masks
    t = Ticket.of(learn.model, make_masks(learn.model, 50))
    t.save(folder/'ticket.safetensors')
    Ticket.load(folder/'ticket.safetensors').apply(learn)
    learn.fit(2, 1e-2)
    return as_values(learn, t)

def _found(f, t): return dict(rewound=(f.rewound.epoch,f.rewound.batch), history=f.history.to_dict('list'))

def _find(learn, train, **kwargs):
    from fasterlth.all import LotteryTicketFinder
    kwargs = dict(dict(sparsity=80, n_rounds=2, rewind_epoch=1, seed=0, verbose=False), **kwargs)
    f = LotteryTicketFinder(learn, **kwargs)
    t = f.find_winning_ticket(train)
    return f,as_values(learn, t, **_found(f, t))

@in_context
def finder(folder, learn): return _find(learn, fit)[1]

def finder_within(folder, two): return _find(make_learner(two), fit_within if two else fit)[1]

def unseeded(folder, two):
    "Each process begins with other weights and draws another seed."
    import torch
    rank = int(os.environ.get('RANK', 0))
    learn = make_learner(two, seed=rank)
    torch.manual_seed(rank)
    with learn.distrib_ctx(): f,res = _find(learn, fit, seed=None, n_rounds=1)
    return dict(res, seed=f.seed)

def _kept(learn, path):
    learn.add_cb(drifting())
    return _find(learn, fit, path=path, rewind_epoch='8it')[1]

@in_context
@with_norm
def kept(folder, learn): return _kept(learn, folder/'kept')

@in_context
@with_norm
def killed(folder, learn):
    "Killed in the first round after the dense one, in its last epoch."
    batches_left[0] = 3*per_epoch+(per_epoch-2)+3
    _kept(learn, folder/'killed')

@in_context
@with_norm
def resumed(folder, learn): return _kept(learn, folder/'killed')

@in_context
@with_norm
def trained_alone(folder, learn):
    "A ticket is trained from a file that a killed training has left."
    f,_ = _find(learn, fit, n_rounds=1)
    class Stop(KeyboardInterrupt): pass
    def one(keep=None):
        row = f.train_ticket(f.masks[1], path=folder/'alone.safetensors')
        return as_values(learn, row={k: v for k,v in row.items() if k!='seconds'})
    whole,train,n = one(),f.train,[]
    def stopped(learn):
        from fastai.callback.core import Callback
        class Once(Callback):
            order = 200
            def before_batch(self):
                if self.epoch==2 and not n:
                    n.append(1)
                    raise Stop
        with learn.added_cbs(Once()): train(learn)
    f.train = stopped
    try: one()
    except Stop: left = (folder/'alone.safetensors').exists()
    return dict(whole=whole, again=one(), left=left, gone=not list(folder.glob('*alone*')))

@in_context
@with_norm
def early_bird(folder, learn):
    from fasterlth.all import EarlyBirdCallback
    cb = EarlyBirdCallback(50, threshold=.3, n_masks=2, l1=1e-3, verbose=False)
    learn.fit(3, 1e-2, cbs=cb)
    return as_values(learn, cb.ticket, found=cb.found, n=len(cb.masks))

@in_context
@with_norm
def early_bird_kept(folder, learn):
    t = learn.find_early_bird(fit, 50, threshold=.5, n_masks=3, path=folder/'bird', seed=0, verbose=False)
    return as_values(learn, t)

@in_context
def refused(folder, learn):
    "What one process refuses is refused in both."
    res = []
    for kwargs in (dict(seed=1), dict(rewind_epoch=9, path=None)):
        try: _find(learn, fit, **{**dict(path=folder/'kept'), **kwargs})
        except ValueError as e: res.append(str(e))
    return dict(errors=res)

def studied(folder, two):
    from fasterlth.all import LotteryStudy
    from fasterlth.find.jobs import check_jobs
    make = functools.partial(_make_of_seed, two)
    s = LotteryStudy(make, fit_within if two else fit, 80, 1, ['random_mask'], 1, folder/'study')
    try: s.run(2, verbose=False) if two else check_jobs(0)
    except ValueError as e: error = str(e)
    s.run(1, verbose=False)
    rows = s.results.drop(columns='seconds').to_dict('list')
    return dict(rows=rows, failures=list(s.failures.values()), error=error)

def _make_of_seed(two, seed): return make_learner(two, seed=seed)

alike = callback,gradients,ticket,finder,finder_within,studied    # with one process
both = unseeded,kept,trained_alone,early_bird,early_bird_kept,refused

# Running them

def work(rank, port, folder, scenarios, name, two):
    "What one process does."
    import torch
    torch.set_num_threads(1)
    if two:
        os.environ.update(RANK=str(rank), LOCAL_RANK=str(rank), WORLD_SIZE='2', MASTER_ADDR='127.0.0.1',
                          MASTER_PORT=str(port), ACCELERATE_USE_CPU='true')
        torch.Tensor.cuda = lambda self,*a,**k: self    # fastai asks for a GPU here even on the CPU
    own = folder/('two' if two else 'one')
    own.mkdir(exist_ok=True)
    torch.save({f.__name__: f(own, two) for f in scenarios}, folder/f'{name}_{rank}.pt')
    if two: torch.distributed.destroy_process_group()

def launch(folder, scenarios, name, two=True):
    "Run scenarios in one or two processes, and return how these ended."
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        port = s.getsockname()[1]
    ps = [get_context('fork').Process(target=work, args=(i, port, folder, scenarios, name, two)) for i in range(1+two)]
    for p in ps: p.start()
    for p in ps: p.join()
    return [p.exitcode for p in ps]

def main(folder):
    import fastai.vision.all, fastai.distributed, fasterlth.all
    ends = dict(one=launch(folder, alike, 'one', False), two=launch(folder, alike+both, 'two'),
                killed=launch(folder, (killed,), 'killed'), resumed=launch(folder, (resumed,), 'resumed'))
    (folder/'ends.json').write_text(json.dumps(ends))

if __name__=='__main__': main(Path(sys.argv[1]))
