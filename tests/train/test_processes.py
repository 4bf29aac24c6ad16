"""Two processes that train together do what one does over the same batches; killed together, they go on together.

`python test_processes.py folder` runs all scenarios, and forks the processes, as `notebook_launcher` does: importing
fastai takes longer than they do. What they find is in files, which the tests read. One scenario is run by torchrun."""
import functools, json, os, signal, socket, subprocess, sys, tempfile
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

def finder_within(folder, two):
    return _find(make_learner(two), fit_within if two else fit, path=folder/'within')[1]

def unseeded(folder, two):
    "Each process begins with other weights and draws another seed."
    import torch
    rank = int(os.environ.get('RANK', 0))
    learn = make_learner(two, seed=rank)
    torch.manual_seed(rank)
    with learn.distrib_ctx(): f,res = _find(learn, fit, seed=None, n_rounds=1, rewind_epoch=0)
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
def logged(folder, learn):
    "The first process writes the log."
    from fastai.callback.progress import CSVLogger
    learn.path = folder
    learn.add_cb(CSVLogger('log.csv'))
    _find(learn, fit, path=folder/'logged', n_rounds=1, rewind_epoch=0)
    return dict(log=[o.split(',')[:-1] for o in (folder/'log.csv').read_text().splitlines()])

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
    return dict(whole=whole, again=one(), left=left)

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
    from fasterlth.find.jobs import check_jobs
    _find(learn, fit, path=folder/'own', n_rounds=1)
    res = []
    for kwargs in (dict(seed=1, path=folder/'own'), dict(rewind_epoch=9)):
        try: _find(learn, fit, **kwargs)
        except ValueError as e: res.append(str(e))
    try: check_jobs(2)
    except ValueError as e: res.append(str(e))
    return dict(errors=res)

@in_context
def rewinding(folder, learn):
    found = learn.rewind_find(fit, [0,'3it',1], points=3, path=folder/'rewind', show_plot=False, verbose=False)
    return as_values(learn, barriers=found.barriers.to_dict('list'), suggestion=found.suggestion)

def rewinding_within(folder, two):
    learn = make_learner(two)
    found = learn.rewind_find(fit_within if two else fit, [0,'3it',1], points=3, show_plot=False, verbose=False)
    return as_values(learn, barriers=found.barriers.to_dict('list'), suggestion=found.suggestion)

def studied(folder, two):
    from fasterlth.all import LotteryStudy
    make = functools.partial(_make_of_seed, two)
    s = LotteryStudy(make, fit_within if two else fit, 80, 1, ['random_mask'], 1, folder/'study')
    s.run(1, verbose=False)
    rows = s.results.drop(columns='seconds').to_dict('list')
    return dict(rows=rows, failures=list(s.failures.values()))

def _make_of_seed(two, seed): return make_learner(two, seed=seed)

alike = callback,gradients,ticket,finder,finder_within,rewinding,rewinding_within,studied    # with one process
both = unseeded,kept,logged,trained_alone,early_bird,early_bird_kept,refused

# Running them

def work(folder, scenarios, name, two):
    "What one process does."
    import torch
    torch.set_num_threads(1)
    if two: torch.Tensor.cuda = lambda self,*a,**k: self    # fastai asks for a GPU here even on the CPU
    own = folder/('two' if two else 'one')
    own.mkdir(exist_ok=True)
    torch.save({f.__name__: f(own, two) for f in scenarios}, folder/f"{name}_{os.environ.get('RANK', 0)}.pt")
    if two: torch.distributed.destroy_process_group()

def forked(rank, port, folder, scenarios, name, two):
    "What a process does that `launch` has started."
    if two: os.environ.update(RANK=str(rank), LOCAL_RANK=str(rank), WORLD_SIZE='2', MASTER_ADDR='127.0.0.1',
                              MASTER_PORT=str(port), ACCELERATE_USE_CPU='true')
    work(folder, scenarios, name, two)

def launch(folder, scenarios, name, two=True):
    "Run scenarios in one or two processes, and return how these ended."
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        port = s.getsockname()[1]
    ps = [get_context('fork').Process(target=forked, args=(i, port, folder, scenarios, name, two)) for i in range(1+two)]
    for p in ps: p.start()
    for p in ps: p.join()
    return [p.exitcode for p in ps]

def main(folder):
    import fastai.vision.all, fastai.distributed, fasterlth.all
    ends = dict(one=launch(folder, alike, 'one', False), two=launch(folder, alike+both, 'two'),
                killed=launch(folder, (killed,), 'killed'), resumed=launch(folder, (resumed,), 'resumed'))
    (folder/'ends.json').write_text(json.dumps(ends))

def launched_already(folder):
    "What a process does that torchrun has started."
    import fastai.vision.all, fastai.distributed, fasterlth.all
    work(folder, (finder_within,), 'torchrun', True)

# What they found

@pytest.fixture(scope='module')
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp('processes')
    env = {**os.environ, 'GLOO_SOCKET_IFNAME': 'lo', 'OMP_NUM_THREADS': '1'}
    subprocess.run([sys.executable, '-W', 'ignore', __file__, folder], env=env, check=True, timeout=1800)
    return folder

def read(out, name, rank=0):
    import torch
    return torch.load(out/f'{name}_{rank}.pt', weights_only=False)

def leaves(x, at=''):
    if isinstance(x, dict): return {k: v for n,o in x.items() for k,v in leaves(o, f'{at}.{n}').items()}
    if isinstance(x, (list,tuple)): return {k: v for n,o in enumerate(x) for k,v in leaves(o, f'{at}.{n}').items()}
    return {at: x}

def same(a, b, close=0.):
    "Return the places at which two results differ: by more than `close`, for numbers that aren't whole."
    import numpy as np
    a,b = leaves(a),leaves(b)
    assert a.keys()==b.keys()
    def differ(x, y):
        if isinstance(x, str) or x is None: return x!=y
        x,y = np.asarray(x),np.asarray(y)
        return x.shape!=y.shape or not np.allclose(x, y, 0, close if x.dtype.kind=='f' else 0, equal_nan=True)
    return [k for k in a if differ(a[k], b[k])]

names = [f.__name__ for f in alike]

@pytest.mark.parametrize('name', names)
def test_two_processes_do_what_one_does(out, name):
    assert not same(read(out, 'one')[name], read(out, 'two')[name], 2e-6)

@pytest.mark.parametrize('name', names+[f.__name__ for f in both])
def test_processes_agree_bit_for_bit(out, name):
    "But each may draw other random numbers."
    first,second = [read(out, 'two', i)[name] for i in (0,1)]
    assert [k for k in same(first, second) if not k.endswith('.drawn')]==[]

def test_killed_processes_go_on_bit_for_bit(out):
    "Each with its own random numbers."
    assert json.loads((out/'ends.json').read_text())==dict(one=[0], two=[0,0], killed=[-9,-9], resumed=[0,0])
    for i in (0,1): assert not same(read(out, 'two', i)['kept'], read(out, 'resumed', i)['resumed'])
    drawn = [read(out, 'two', i)['kept']['drawn'] for i in (0,1)]
    assert drawn[0]!=drawn[1]

def test_a_ticket_trained_alone_goes_on(out):
    found = read(out, 'two')['trained_alone']
    assert found['left'] and not same(found['whole'], found['again'])

def test_the_moment_to_rewind_to_is_counted_as_in_the_fit(out):
    two = read(out, 'two')
    assert two['finder']['rewound']==two['finder_within']['rewound']==(1,0) and two['kept']['rewound']==(1,2)
    assert two['studied']['rows']['best_iteration']==[18]*3

def test_the_first_process_writes(out):
    "No file twice, none left over: no part, and no lock."
    assert not [o for o in out.rglob('.*')]
    assert sorted(o.name for o in (out/'two'/'kept').iterdir())==[
        'experiment.json', 'history.csv', 'rewind.safetensors', 'round_00.safetensors', 'round_01.safetensors',
        'round_02.safetensors', 'start.safetensors', 'ticket.safetensors']
    assert len(list((out/'two'/'steps').iterdir()))==3

def test_a_log_has_all_rounds(out):
    log = read(out, 'two')['logged']['log']
    assert [o[:3] for o in log[1:]]==[[str(r),s,str(e)] for r,s in ((0,'0.0'),(1,'80.0')) for e in (0,1,2)]

def test_an_early_bird_is_found_by_both(out):
    assert read(out, 'two')['early_bird']['found']

def test_what_is_refused_is_refused_by_both(out):
    seed,epoch,jobs = read(out, 'two')['refused']['errors']
    assert 'belongs to another experiment' in seed and 'seed is 0 in the folder, 1 now' in seed
    assert 'has 3 epochs of 6 iterations: 9' in epoch
    assert 'n_jobs must be 1 in distributed training, not 2' in jobs

def test_one_process_reads_what_two_have_finished(out):
    "But doesn't go on with it, as its batches would be others."
    from fasterlth.all import LotteryStudy
    s = LotteryStudy(functools.partial(_make_of_seed, True), fit_within, 80, 1, ['random_mask'], 1, out/'two'/'study')
    s.run(1, verbose=False)
    assert len(s.results)==3
    (out/'two'/'study'/'results.csv').unlink()
    with pytest.raises(ValueError, match='processes is 2 in the folder'): s.run(1, verbose=False)

@pytest.mark.weekly
def test_torchrun_does_the_same(out, tmp_path):
    command = [sys.executable, '-W', 'ignore', '-m', 'torch.distributed.run', '--nproc_per_node', '2', __file__]
    env = {**os.environ, 'OMP_NUM_THREADS': '1', 'ACCELERATE_USE_CPU': 'true', 'PYTHONWARNINGS': 'ignore'}
    subprocess.run([*command, tmp_path], env=env, check=True, timeout=1800)
    for i in (0,1): assert not same(read(tmp_path, 'torchrun', i)['finder_within'], read(out, 'two', i)['finder_within'])

if __name__=='__main__':
    if 'RANK' in os.environ: launched_already(Path(sys.argv[1]))
    else: main(Path(sys.argv[1]))
