"""Folders under a run: full disks, two runs at once, and folders that vanish.

Each run is a process forked from this one. A run on a full disk must say which file it couldn't write; of two runs both
must end well, or one be refused by name; a folder that is deleted, moved or replaced must be an error at the next write,
and nothing may appear where it was. Afterwards the run continues, and must end as an undisturbed one."""
import contextlib, hashlib, io, json, os, resource, shutil, signal, tempfile, time, warnings
from functools import cache

from helpers import *
from fasterlth.find import trial as trial_room
from fasterlth.find.folder import RunFolder
from fasterlth.find.copies import RewindSearch
from . import Trial, lost, raw, wrong

# Runs

def left(file):
    "Read what a run has left. Its folder may vanish just after its end."
    try: return file.read_bytes()
    except FileNotFoundError: raise FileNotFoundError(f'{file.parent} was deleted, moved or replaced after the run, without {file.name}') from None

def small(seed=0): return Learner(digits_dls(size=8, n=128, bs=32, device=torch.device('cpu')), lenet_300_100(64, seed=seed), metrics=accuracy)
def short(l): l.fit_one_cycle(2, 1e-2)
def longer(l): l.fit(3, 1e-2)

def finder(path=None, learn=None): return LotteryTicketFinder(learn or make_learner(n=128), 80, 2, rewind_epoch='2it', seed=0, path=path, verbose=False)

def tensors_of(*dicts): return [k.encode()+v.numpy().tobytes() for d in dicts for k,v in sorted(d.items())]

def run_finder(path):
    f = finder(path)
    t = f.find_winning_ticket(short)
    return tensors_of(weights(f.learn.model), t.masks, t.weights)+[f.history.to_csv().encode(), left(path/'history.csv')]

def run_study(path):
    s = LotteryStudy(small, short, 80, 1, ['random_reinit'], 1, path).run(verbose=False)
    if s.failures: raise RuntimeError('; '.join(o.strip().splitlines()[-1] for o in s.failures.values()))
    df = s.results
    try: t = s.ticket('random_reinit', 0)
    except ValueError as e:
        if "isn't trained yet: call run()" not in str(e): raise
        t = None
    if len(df)<3 or t is None: raise FileNotFoundError(f'{path} was deleted, moved or replaced after the run')
    return tensors_of(t.masks, t.weights)+[df.drop(columns='seconds').to_csv().encode()]

def run_bird(path):
    f = EarlyBirdFinder(make_learner(n=128), 50, 'weight', n_masks=2, threshold=1., seed=0, path=path, verbose=False)
    t = f.find_early_bird(longer)
    return tensors_of(t.masks, t.weights, *f.callback.masks)

def run_rewind(path):
    found = small().rewind_find(short, [0,1], path=path, points=3, bn_batches=1, show_plot=False, verbose=False)
    return [found.barriers.to_csv().encode(), found.lines.to_csv().encode(), left(path/'lines.csv')]

@cache
def trunk():
    f = finder()
    f.find_winning_ticket(short)
    return f

def run_ticket(path):
    row = trunk().train_ticket(trunk().ticket.masks, path=path/'training.safetensors')
    return [json.dumps({k: v for k,v in row.items() if k!='seconds'}).encode()]+tensors_of(weights(trunk().learn.model))

runs = dict(finder=run_finder, study=run_study, bird=run_bird, rewind=run_rewind, ticket=run_ticket)

def ended(kind, path):
    "Run it, or finish it. Return a digest of everything that it ends with, and the names of its files."
    digest = hashlib.sha256(b''.join(runs[kind](path))).hexdigest()
    return [digest, sorted(str(o.relative_to(path)) for o in path.rglob('*')) if path.exists() else []]

# Processes

def fork(f):
    "Run `f` in a process of its own. Return its number, and where it writes what `f` returns or raises."
    r,w = os.pipe()
    if pid := os.fork():
        os.close(w)
        return pid,r
    try:
        os.close(r)
        signal.alarm(100)
        warnings.simplefilter('ignore')
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            try: res = dict(ended=f())
            except Exception as e: res = dict(error=f'{type(e).__name__}: {e}')
        os.write(w, json.dumps(res).encode())
    finally: os._exit(0)

def result(pid, r):
    "Return what it returned, `dict(error=…)` if it raised."
    with os.fdopen(r) as f: text = f.read()
    os.waitpid(pid, 0)
    return json.loads(text) if text else dict(error='it was killed, or took too long')

@cache
def whole(kind):
    "Return what an undisturbed run ends with, the seconds that it takes, how often it replaces a file, and its largest file."
    torch.set_num_threads(1)
    if kind=='ticket': trunk()
    with tempfile.TemporaryDirectory() as d:
        since = time.time()
        def f():
            sizes = []
            def seen(src, *args): sizes.append(os.stat(src).st_size)
            watch(seen)
            return ended(kind, Path(d)/'run'),len(sizes),max(sizes)
        digest,n,size = result(*fork(f))['ended']
    return digest,time.time()-since,n,size

def watch(see):
    "Call `see` with the arguments of each replacement of a file from now on, before it is made."
    replace = os.replace
    def _replace(*args):
        see(*args)
        replace(*args)
    os.replace = _replace

def continued(kind, path, what=''):
    "Return what is wrong if the run doesn't continue to what an undisturbed one ends with."
    got = result(*fork(lambda: ended(kind, path)))
    if 'error' in got: return raw(f"the continued run raised {got['error']}{what}")
    if got['ended']!=whole(kind)[0]: return wrong(f'the continued run ended otherwise{what}')

# Full disks

def full_disk(kind, size):
    "Let no file grow beyond `size` bytes, as on a full disk."
    with tempfile.TemporaryDirectory() as d:
        path = Path(d)/'run'
        def f():
            resource.setrlimit(resource.RLIMIT_FSIZE, (size,size))
            return ended(kind, path)
        got = result(*fork(f))
        if 'ended' in got: return None if got['ended']==whole(kind)[0] else wrong('it ended otherwise')
        if str(path) not in got['error']: return raw(got['error'])
        if parts := [o.name for o in path.rglob('*.part')]: return raw(f'it left {parts}')
        return continued(kind, path)

# Two at once

def impatient(wait):
    "Wait for others only so long."
    held,hold_file = RunFolder.held,trial_room.hold_file
    def _held(self, read_only=lambda: False, seconds=6., new=True): return held(self, read_only, wait if seconds==6 else seconds, new)
    RunFolder.held = _held
    trial_room.hold_file = lambda path: hold_file(path, wait)

def two_at_once(kind, delay, wait):
    "Start two runs in one folder, one of them a little later."
    with tempfile.TemporaryDirectory() as d:
        path = Path(d)/'run'
        def f():
            impatient(wait)
            return ended(kind, path)
        first = fork(f)
        time.sleep(delay)
        both = result(*fork(f)),result(*first)
        refused = ['error' in got for got in both]
        for got in both:
            if 'error' in got and not (str(path) in got['error'] and 'is in use' in got['error']): return raw(got['error'])
        if all(refused): return lost('both were refused')
        # not the names: files of the one may still be there when the other one has ended
        if any('ended' in got and got['ended'][0]!=whole(kind)[0][0] for got in both): return wrong('one ended otherwise')
        return continued(kind, path)

# Folders that vanish

def vanish(path, how):
    "Delete, move or replace a folder."
    if how=='deleted':
        while path.exists(): shutil.rmtree(path, ignore_errors=True)    # a file may just have been written there
        return
    path.rename(path.with_name(f'{path.name} away'))
    if how=='replaced': path.mkdir()

def vanished(kind, how, at, within=''):
    "Let the folder, or one within, vanish at a write or, for a fraction, at that part of the time."
    _,took,n,_ = whole(kind)
    with tempfile.TemporaryDirectory() as d:
        path = Path(d)/'run'
        gone = path/within
        def f():
            left = [at]
            def see(*args):
                left[0] -= 1
                if left[0]==-1 and gone.exists(): vanish(gone, how)
            if isinstance(at, int): watch(see)
            return ended(kind, path)
        child = fork(f)
        if not isinstance(at, int):
            time.sleep(at*took)
            if not gone.exists():    # it hasn't begun to write, or has cleaned up
                result(*child)
                return None
            with contextlib.suppress(FileNotFoundError): vanish(gone, how)
        got = result(*child)
        if within: return named(got, path) or mended(gone, how) or continued(kind, path)
        found = sorted(o.name for o in path.rglob('*')) if path.exists() else None
        if found!=([] if how=='replaced' else None) and 'error' in got: return wrong(f"{found} appeared where it was, after {got['error']}")
        if bad := named(got, path): return bad
        return mended(path, how) or continued(kind, path)

def named(got, path):
    "Return what is wrong with an error, if there is one. What is being deleted may be read when half of it is gone."
    says = 'was deleted, moved or replaced','it is damaged','is missing'
    if 'error' in got and not (str(path) in got['error'] and any(o in got['error'] for o in says)): return raw(got['error'])

def mended(path, how):
    "Put the folder back."
    away = path.with_name(f'{path.name} away')
    if how=='replaced' and path.exists(): shutil.rmtree(path)
    if away.exists(): away.rename(path)

# All

trial_kinds = 'disk','two at once','vanish'

def trials(rng):
    "Yield trials of all kinds in turn."
    while True:
        kind = rng.choice(list(runs))
        size = int(10**rng.uniform(2, np.log10(whole(kind)[3])+.1))
        yield Trial('disk', f'{kind} with at most {size} bytes', partial(full_disk, kind, size))
        kind = rng.choice(list(runs))
        delay,wait = whole(kind)[1]*rng.uniform(0, 1.2),rng.choice([0.,.1,6.])
        yield Trial('two at once', f'{kind}, {delay:.2f} s later, waiting {wait:g} s', partial(two_at_once, kind, delay, wait))
        kind,how = rng.choice(list(runs)),rng.choice(['deleted','moved','replaced'])
        at = rng.choice([rng.randrange(whole(kind)[2]), rng.random()])
        within = rng.choice(['','seed_0','seed_0/winning']) if kind=='study' else ''
        yield Trial('vanish', f"{kind}, {within or 'all of it'} {how} at {at if isinstance(at, int) else f'{at:.0%}'}",
                    partial(vanished, kind, how, at, within))
