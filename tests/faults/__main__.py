"""Try what goes wrong from outside for as long as told, and print a table of what was tried, survived and lost.

    python -m tests.faults --minutes 30
    python -m tests.faults --counts kill=1000,file=3000,argument=1000,fit=300 --out tests/faults/results.txt
    python -m tests.faults --again kills/0/1/137"""
import argparse, datetime, importlib, multiprocessing, os, pkgutil, random, shlex, sys, time, warnings
from collections import Counter
from importlib.metadata import version
from functools import cache
from itertools import islice
from multiprocessing.connection import wait
from pathlib import Path
from typing import NamedTuple

import torch
from . import raw, Trial


class Outcome(NamedTuple):
    "How a trial went."
    kind: str
    name: str
    again: str      # `module/seed/worker/number`, to find it again
    what: str       # None if all went as it should

@cache
def modules():
    "Return the modules of this package that have trials, by name; each has the kinds of its trials in `trial_kinds`."
    names = [o.name for o in pkgutil.iter_modules(__import__(__package__, fromlist=['_']).__path__)]
    found = {n: importlib.import_module(f'.{n}', __package__) for n in names if not n.startswith(('_','test_'))}
    return {n: m for n,m in found.items() if hasattr(m, 'trials')}

def stream(module, seed, worker):
    "Return the trials of a module for one of several workers."
    return modules()[module].trials(random.Random(f'{module} {seed} {worker}'))

def attempt(trial):
    "Try it. An exception that a trial lets through is raw."
    try: return trial.call()
    except Exception as e: return raw(f'{type(e).__name__}: {e}')

class Stream:
    "The trials of one module, and how much was tried of them."
    def __init__(self, name, seed, worker, counts, workers):
        self.at,self.kinds = f'{name}/{seed}/{worker}',modules()[name].trial_kinds
        self.counts,self.worker,self.workers = counts,worker,workers
        self.trials,self.done,self.n,self.spent,self.over = stream(name, seed, worker),Counter(),-1,0,False

    def wants(self, kind):
        "Return whether more trials of a kind are wanted."
        return self.done[kind]*self.workers+self.worker<self.counts.get(kind, 0)
    def ready(self): return not self.over and any(map(self.wants, self.kinds))

    def next(self):
        "Return the next trial, None if it isn't wanted or there is none."
        self.n += 1
        try: trial = next(self.trials, None)
        except Exception as e:
            self.over = True
            error = raw(f'{type(e).__name__} while it was drawn: {e}')
            return Trial(self.kinds[0], self.at, lambda: error)
        self.over = trial is None
        if self.over or not self.wants(trial.kind): return None
        self.done[trial.kind] += 1
        return trial

def work(conn, seed, worker, names, counts, workers, until):
    "Try what is wanted, the module that has had the least time first, and tell of it."
    sys.stdout = sys.stderr = open(os.devnull, 'w')
    warnings.simplefilter('ignore')
    torch.set_num_threads(1)
    streams = [Stream(n, seed, worker, counts, workers) for n in names]
    while time.time()<until and (ready := [o for o in streams if o.ready()]):
        s = min(ready, key=lambda o: o.spent)
        if (trial := s.next()) is None: continue
        since,o = time.time(),Outcome(trial.kind, trial.name, f'{s.at}/{s.n}', None)
        conn.send(('begun', o))
        conn.send(('ended', o._replace(what=attempt(trial))))
        s.spent += time.time()-since

class Worker:
    "A process that tries things. If one of them ends it, another takes its place."
    def __init__(self, *args): self.args,self.begun,self.deaths,self.over = args,None,0,False

    def start(self):
        "Start a process."
        context = multiprocessing.get_context('fork')
        self.conn,there = context.Pipe(duplex=False)
        seed,*others = self.args
        self.process = context.Process(target=work, args=(there,f'{seed}{"+"*self.deaths}',*others))
        self.process.start()
        there.close()
        self.over = False

    def outcomes(self):
        "Return what it has told since."
        res,alive = [],self.process.is_alive()    # alive before it is read: nothing is told afterwards
        try:
            while self.conn.poll():
                what,o = self.conn.recv()
                self.begun = o if what=='begun' else None
                if what=='ended': res.append(o)
        except EOFError: alive = False
        if not alive: res += self._ended()
        return res

    def _ended(self):
        "Return the trial that the process died of, if it did, and start another."
        self.process.join()
        self.over = self.begun is None
        if self.over: return []
        died = self.begun._replace(what=raw(f'the process died of it: exit code {self.process.exitcode}'))
        self.begun,self.deaths = None,self.deaths+1
        self.start()
        return [died]

def run_all(workers, show):
    "Run all workers to their ends, tell of failures as they come, and return the outcomes."
    res = []
    for o in workers: o.start()
    while alive := [o for o in workers if not o.over]:
        wait([p for o in alive for p in (o.conn,o.process.sentinel)], timeout=1)
        new = [o for w in alive for o in w.outcomes()]
        for o in new:
            if o.what: print(f'\r{line(o)}', file=sys.stderr, flush=True)
        res += new
        show(res)
    return res

def bar(until, counts):
    "Return a function that shows how far it is: on one line of a terminal, else every minute."
    began,last,tty = time.time(),[time.time()],sys.stderr.isatty()
    def show(outcomes):
        now = time.time()
        if now-last[0]<(1 if tty else 60): return
        last[0] = now
        share = [(now-began)/(until-began)]
        if counts: share.append(len(outcomes)/sum(counts.values()))
        n = int(30*min(max(share), 1))
        each,bad = Counter(o.kind for o in outcomes),sum(bool(o.what) for o in outcomes)
        tried = ', '.join(f'{v} {k}' for k,v in each.items())
        text = f"{'█'*n}{'·'*(30-n)} {(now-began)/60:.1f} min: {tried}; {bad} failed"
        print(f'\r{text}' if tty else text, end='' if tty else '\n', file=sys.stderr, flush=True)
    return show

def line(o): return f'{o.kind} {o.name}: {o.what} (--again {o.again})'

def report(outcomes):
    "Return the table, and the list of failures."
    kinds = sorted({o.kind for o in outcomes})
    rows = [('kind','tried','survived','lost','raw','wrong')]
    for k in kinds:
        n = Counter((o.what or 'survived').partition(':')[0] for o in outcomes if o.kind==k)
        rows.append((k, n.total(), *(n[o] for o in rows[0][2:])))
    lines = [f'{r[0]:12}'+''.join(f'{v:>10}' for v in r[1:]) for r in rows]
    failed = [line(o) for o in outcomes if o.what]
    return '\n'.join(lines+['']*bool(failed)+failed)

def about():
    "Return the versions and the command of this run."
    versions = ', '.join(f'{n} {version(n)}' for n in ('torch','fastai','fasterlth'))
    return (f"{datetime.date.today()}, Python {sys.version.split()[0]}, {versions}\n"
            f"python -m tests.faults {shlex.join(sys.argv[1:])}\n\n")

def _counts(text): return {k: int(n) for k,n in (o.split('=') for o in text.split(','))}

def _wanted(p, args):
    "Return how many trials of each kind are wanted."
    known = [k for m in modules().values() for k in m.trial_kinds]
    counts = args.counts or dict.fromkeys(args.kinds.split(',') if args.kinds else known, 10**9)
    if odd := set(counts)-set(known): p.error(f"there are no trials of {', '.join(odd)}: there are {', '.join(known)}")
    return counts

def main():
    p = argparse.ArgumentParser(prog='python -m tests.faults')
    p.add_argument('--minutes', type=float, help='how long at most, in all')
    p.add_argument('--counts', type=_counts, help='how many of which kind, like kill=1000,fit=300')
    p.add_argument('--kinds', help='only these kinds, like kill,file')
    p.add_argument('--seed', default='0')
    p.add_argument('--workers', type=int, default=2)
    p.add_argument('--out', type=Path, help='file to write the table to as well')
    p.add_argument('--again', help='try one trial again, by what the list of failures says')
    args = p.parse_args()
    if args.again: return again(args.again)
    if not args.minutes and not args.counts: p.error('say --minutes or --counts')
    counts = _wanted(p, args)
    names = [n for n,m in modules().items() if set(m.trial_kinds)&set(counts)]
    until = time.time()+60*(args.minutes or 10**6)
    workers = [Worker(args.seed, i, names, counts, args.workers, until) for i in range(args.workers)]
    outcomes = run_all(workers, bar(until, args.counts))
    text = report(outcomes)
    print(text)
    if args.out: args.out.write_text(about()+text+'\n')
    return int(any(o.what for o in outcomes))

def again(at):
    "Try one trial again."
    module,seed,worker,n = at.rsplit('/', 3)
    trial = next(islice(stream(module, seed, worker), int(n), None))
    what = attempt(trial)
    print(f'{trial.kind} {trial.name}: {what or "survived"}')
    return int(bool(what))

if __name__=='__main__': sys.exit(main())
