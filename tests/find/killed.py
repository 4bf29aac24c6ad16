"""Runs of the finder that are killed by SIGKILL, and go on: `python killed.py FOLDER MODE N`.

Each run is a process forked from this one, which has fastai imported already and uses one thread. MODE `windows` kills
before and after each replacing of a file, one run each; `bird` does so to a search for an early-bird ticket; `half` when a file is half-written; `instants` kills N times at
random instants, `tuned` does so with another order of data in each round, a frozen layer and fine-tuning, `study` does so
to a study. Prints a line for each run that ended otherwise than an undisturbed one, and `ok` with the number of runs at the end."""
import contextlib, hashlib, io, json, os, random, signal, sys, time, warnings
from pathlib import Path

warnings.filterwarnings('ignore')
import torch
torch.set_num_threads(1)
sys.path.insert(0, str(Path(__file__).parents[1]))
from helpers import *
from fasterlth.find.finder import LotteryTicketFinder
from fasterlth.find.study import LotteryStudy

def train(l):
    l.fit_one_cycle(3, 1e-2, cbs=[SaveModelCallback(monitor='accuracy'), ReduceLROnPlateau(patience=1, min_delta=.5)])
    l.fit_one_cycle(1, 3e-3)

def run(path, rewind, at, reshuffle=False, frozen=False):
    "Make a whole run, or finish one. Return a digest of everything that it ends with."
    learn = make_learner(path=path)
    if frozen: learn.model.conv.requires_grad_(False)
    finder = LotteryTicketFinder(learn, 80, 2, rewind=rewind, rewind_epoch=at, seed=0, reshuffle=reshuffle, path=path, verbose=False)
    with contextlib.redirect_stdout(io.StringIO()): finder.find_winning_ticket(train)
    h = hashlib.sha256()
    for d in (weights(learn.model), *finder.masks, *[t.weights for t in finder.tickets]):
        for k,v in d.items(): h.update(k.encode()+v.numpy().tobytes())
    h.update(json.dumps([finder.history.to_json(), finder.epochs.to_json()]).encode())
    h.update(Path(path/'history.csv').read_bytes())
    h.update(repr(sorted(p.name for p in path.iterdir())).encode())
    return h.hexdigest()

def fork(f):
    "Run `f` in a process of its own. Return its number, and where it writes what `f` returns."
    r,w = os.pipe()
    pid = os.fork()
    if pid: os.close(w); return pid,r
    try:
        os.close(r)
        os.write(w, json.dumps(f()).encode())
    except BaseException as e: os.write(w, json.dumps(repr(e)).encode())
    finally: os._exit(0)

def result(pid, r):
    "Return what it returned, None if it was killed."
    with os.fdopen(r) as f: text = f.read()
    os.waitpid(pid, 0)
    return json.loads(text) if text else None

def learner(seed): return Learner(digits_dls(size=8, n=256), lenet_300_100(64, seed=seed), metrics=accuracy)
def short(l): l.fit(3, 1e-2)

def run_study(path):
    "Run a whole study, or finish one."
    s = LotteryStudy(learner, short, 80, 2, ['random_reinit'], 1, path, rewind_epoch='2it').run(verbose=False)
    ts = [s.ticket(k, 0) for k in ('winning','random_reinit')]
    h = hashlib.sha256(s.results.drop(columns='seconds').to_csv().encode())
    for t in ts:
        for d in (t.weights, t.masks):
            for k,v in d.items(): h.update(k.encode()+v.numpy().tobytes())
    return h.hexdigest()

def run_bird(path):
    "Run a whole search for an early-bird ticket, or finish one."
    l = make_learner(path=path)
    finder = EarlyBirdFinder(l, 50, 'weight', criteria=movement, n_masks=3, threshold=.5, seed=0, path=path, verbose=False)
    with contextlib.redirect_stdout(io.StringIO()): t = finder.find_early_bird(train)
    h = hashlib.sha256(repr([sorted(p.name for p in path.iterdir()), finder.found]).encode())
    for d in (weights(l.model), t.weights, t.masks, *finder.callback.masks):
        for k,v in sorted(d.items()): h.update(k.encode()+v.numpy().tobytes())
    return h.hexdigest()

def halved(kill_at=None):
    "Count the files that are synced from now on, and be killed when half of one is written."
    n,fsync = [0],os.fsync
    def _fsync(fd):
        if os.path.isdir(f'/proc/self/fd/{fd}'): return fsync(fd)
        if n[0]==kill_at:
            os.ftruncate(fd, os.fstat(fd).st_size//2)
            os.kill(os.getpid(), signal.SIGKILL)
        fsync(fd)
        n[0] += 1
    os.fsync = _fsync
    return n

def counting(kill_at=None, after=False):
    "Count the replacements of files from now on, and be killed at one."
    n,replace = [0],os.replace
    def _replace(*args):
        if n[0]==kill_at and not after: os.kill(os.getpid(), signal.SIGKILL)
        replace(*args)
        if n[0]==kill_at: os.kill(os.getpid(), signal.SIGKILL)
        n[0] += 1
    os.replace = _replace
    return n

def main(folder, mode, n):
    folder,bad,runs = Path(folder),0,0
    run = partial(globals()['run'], rewind='weights', at='7it') if mode in ('windows','half') else partial(globals()['run'], rewind='lr', at=1)
    if mode=='tuned': run = partial(globals()['run'], rewind='finetune', at=0, reshuffle=True, frozen=True)
    if mode in ('study','bird'): run = dict(study=run_study, bird=run_bird)[mode]
    def whole():
        count = (halved if mode=='half' else counting)()
        return run(folder/'whole'),count[0]
    start = time.time()
    want,n_files = result(*fork(whole))
    took = time.time()-start
    def check(path, what):
        nonlocal bad,runs
        got = result(*fork(lambda: run(path)))
        runs += 1
        if got!=want: bad += 1; print(what, got)
    if mode in ('windows','bird'):
        for i in range(n_files):
            for after in (False,True):
                path = folder/f'{i}{after}'
                def child(): counting(i, after); return run(path)
                if result(*fork(child)) is not None: print('not killed', i, after); bad += 1
                check(path, f'window {i} after={after}')
    elif mode=='half':
        for i in range(n_files):
            path = folder/f'half{i}'
            def child(): halved(i); return run(path)
            if result(*fork(child)) is not None: print('not killed', i); bad += 1
            check(path, f'half {i}')
    else:
        rng,all_kills = random.Random(0),0
        for i in range(n):
            path,kills = folder/f'instant{i}',0
            for _ in range(3):    # three in a row
                pid,r = fork(lambda: run(path))
                time.sleep(rng.uniform(.02, took/2))
                os.kill(pid, signal.SIGKILL)
                kills += result(pid, r) is None
            check(path, f'instant {i}, {kills} kills')
            all_kills += kills
        if all_kills<n: print(f'only {all_kills} kills'); bad += 1
    print('ok' if not bad else f'{bad} wrong', runs)

if __name__=='__main__': main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
