"""Runs that are killed by SIGKILL, once or several times, and continued: they must end as if undisturbed.

Each run is a process forked from this one, which has fastai imported already. It is killed at a random instant, or at
one of its operations on files: before it, after it, or when half of the new file is written.

    python -m tests.faults.kills RUN at OPERATION ...            # at each such operation: replace, unlink, fsync ...
    python -m tests.faults.kills RUN every N at OPERATION ...    # at every N-th moment of these
    python -m tests.faults.kills RUN N                           # N times, each at three random instants in a row"""
import contextlib, json, os, random, signal, stat, sys, tempfile, time, traceback, warnings
from functools import cache, partial
from itertools import count, islice

import torch
from . import lost, raw, Trial, wrong
from .runs import all_runs, Path, Run

trial_kinds = 'kill',

limit = 120    # seconds; a run that takes longer hangs

# A run in a process of its own

def _work(run, folder, prepare):
    "Make or finish a run, in a process of its own."
    os.chdir(folder)
    signal.alarm(limit)
    torch.set_num_threads(1)
    warnings.simplefilter('ignore')
    for fd in (1,2): os.dup2(os.open(os.devnull, os.O_WRONLY), fd)    # for the processes that it starts as well
    since,ops = time.perf_counter(),prepare()
    try: res = dict(ended=run.call(Path('run')))
    except Exception as e: res = dict(error=f'{type(e).__name__}: {e}', trace=traceback.format_exc())
    Path('result').write_text(json.dumps(dict(res, seconds=time.perf_counter()-since, ops=ops)))

def start(run, folder, prepare=list):
    "Begin or continue a run in another process. Return its number."
    Path(folder, 'result').unlink(missing_ok=True)
    if pid := os.fork(): return pid
    try:
        os.setpgid(0, 0)
        _work(run, folder, prepare)
    finally: os._exit(0)

def kill(pid):
    "Kill a process and those that it has started."
    os.kill(pid, signal.SIGKILL)    # it may not have made its group yet
    kill_others(pid)

def kill_others(pid):
    "Kill what a process has started."
    with contextlib.suppress(ProcessLookupError,PermissionError): os.killpg(pid, signal.SIGKILL)

def wait(pid, folder):
    "Wait for the end of a run. Return its result, None if it was killed."
    _,status = os.waitpid(pid, 0)
    kill_others(pid)
    file = Path(folder, 'result')
    if os.WIFSIGNALED(status): return None
    return json.loads(file.read_text()) if file.exists() else dict(error='it ended without a word', trace='')

def finish(run, folder, prepare=list):
    "Make or finish a run. Return its result, None if it was killed."
    return wait(start(run, folder, prepare), folder)

# Operations on files

_operations = 'replace','rename','link','unlink','remove','rmdir','fsync'

def _halve(name, args):
    "Leave half of what was written to the file that an operation is about to make final, unless it is a folder."
    if not stat.S_ISREG(os.stat(args[0]).st_mode): return
    os.truncate(args[0], os.stat(args[0]).st_size//2)

def watch(at=None, when='before'):
    "List the operations on files from now on, and be killed at number `at`: before, after, or with half a file."
    done = []
    def die(): os.kill(os.getpid(), signal.SIGKILL)
    def watched(name, do):
        def operation(*args, **kwargs):
            here = len(done)==at
            done.append(name)
            if here and when=='half': _halve(name, args)
            if here and when!='after': die()
            try: return do(*args, **kwargs)
            finally:
                if here: die()
        return operation
    for name in _operations: setattr(os, name, watched(name, getattr(os, name)))
    return done

def moments(ops):
    "List the moments at which a run can be killed at its operations: `(number, when, name)`."
    return [(i, when, name) for i,name in enumerate(ops) for when in ('before','after','half')
            if when!='half' or name in ('replace','rename','link','fsync')]

# What must be the same

class Whole:
    "What an undisturbed run ends with."
    def __init__(self, run:Run):
        with tempfile.TemporaryDirectory() as folder:
            got = finish(run, folder, watch)
            if got is None or 'error' in got:
                raise RuntimeError(f"{run.name} fails undisturbed: {got and got['trace']}")
            self.ended,self.seconds,self.ops = got['ended'],got['seconds'],got['ops']
            self.epochs = epochs_in(folder)

@cache
def runs(): return {o.name: o for o in all_runs()}
@cache
def whole(name): return Whole(runs()[name])

def epochs_in(folder):
    "Count the epochs that were trained in a folder."
    file = Path(folder, 'epochs')
    return file.stat().st_size if file.exists() else 0

def verdict(run, got, folder, kills):
    "Return None if a run that was killed has ended as an undisturbed one, or else what is wrong."
    want = whole(run.name)
    if got is None: return raw('the continued run was killed, or took too long')
    if 'error' in got: return raw(got['error'])
    odd = [k for k in {**want.ended, **got['ended']} if want.ended.get(k)!=got['ended'].get(k)]
    odd = [k for k in odd if k[0]!='?' or k in got['ended']]    # what only a training leaves
    if odd: return wrong(f"{', '.join(odd)} differ")
    more = epochs_in(folder)-want.epochs
    if more>kills*run.spare: return lost(f'{more} epochs were trained again after {kills} kills')
    if more<0: return wrong(f'{-more} epochs are missing')

# Trials

def killed_at_moment(run, at, when):
    "Kill a run at one of its operations, continue it, and compare."
    with tempfile.TemporaryDirectory() as folder:
        if finish(run, folder, lambda: watch(at, when)) is not None: return raw('the run was not killed')
        return verdict(run, finish(run, folder), folder, 1)

def killed_at_instants(run, parts, again=False):
    "Kill a run after parts of its time, continue it, and compare; with `again` read the finished folder as well."
    took = whole(run.name).seconds
    while True:
        with tempfile.TemporaryDirectory() as folder:
            kills,got = 0,None
            for part in parts:
                pid = start(run, folder)
                time.sleep(part*took)
                kill(pid)
                got = wait(pid, folder)
                if got is not None: break
                kills += 1
            if not kills:    # too late
                parts = [part*.8 for part in parts]
                continue
            if bad := verdict(run, got or finish(run, folder), folder, kills): return bad
            kills += run.spare-1    # what a kill at the end costs, reading again costs
            if again and (bad := verdict(run, finish(run, folder), folder, kills)): return f'{bad}, when read again'
            return None

def at_moments(name, operations=_operations):
    "Yield a trial for each moment of a run's operations."
    run = runs()[name]
    for at,when,op in moments(whole(name).ops):
        if op not in operations: continue
        yield Trial('kill', f'{name}: {when} {op} {at}', partial(killed_at_moment, run, at, when))

def _moment_trial(run, rng):
    part,when = rng.random(),rng.choice(('before','after','after','half'))
    def call():
        ops = [o for o in moments(whole(run.name).ops) if o[1]==when]
        at,when_,op = ops[int(part*len(ops))]
        return killed_at_moment(run, at, when_)
    return Trial('kill', f'{run.name}: {when} the operation at {part:.4f}', call)

def _instant_trial(run, rng):
    parts = [rng.random() for _ in range(rng.choice((1,1,1,2,3)))]
    again = rng.random()<.3
    where = ', '.join(f'{p:.3f}' for p in parts)
    return Trial('kill', f'{run.name}: at {where}', lambda: killed_at_instants(run, parts, again))

def trials(rng):
    "Yield kills of all runs in turn, at instants and at operations on files."
    for _ in count():
        names = list(runs())
        rng.shuffle(names)
        for name in names:
            run = runs()[name]
            make = _instant_trial if run.jobs>1 or rng.random()<.6 else _moment_trial
            yield make(run, rng)

def in_a_row(name, n):
    "Yield trials that kill a run at three random instants in its first half."
    rng = random.Random(0)
    for _ in range(n):
        parts = [rng.uniform(.03, .5) for _ in range(3)]
        yield Trial('kill', f'{name}: at {parts}', partial(killed_at_instants, runs()[name], parts))

def main(name, *how):
    "Kill one run, print what went wrong, and how often it was tried."
    every,how = (int(how[1]),how[2:]) if how[0]=='every' else (1,how)
    trials = list(islice(at_moments(name, how[1:]), 0, None, every) if how[0]=='at' else in_a_row(name, int(how[0])))
    bad = [f'{t.name}: {o}' for t in trials if (o := t.call())]
    print(*bad, f"{len(bad) or 'none'} of {len(trials)} went wrong", sep='\n')
    return int(bool(bad))

if __name__=='__main__': sys.exit(main(*sys.argv[1:]))
