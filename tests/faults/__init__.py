"""What goes wrong from outside: kills, damaged files, bad arguments, full disks, random networks.

Each module with trials has `trials(rng)`, an endless stream of `Trial`s drawn from a `random.Random`, and the kinds of
them in `trial_kinds`. A test runs a share of them (`test_faults.py`); `python -m tests.faults --minutes 30` runs them
for as long as it is told to, and prints a table."""
import random, sys
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

if (tests := str(Path(__file__).parents[1])) not in sys.path: sys.path.insert(0, tests)    # for helpers


class Trial(NamedTuple):
    "Something to try."
    kind: str           # What it is one of, for the table: 'kill', 'file', 'argument', 'fit' …
    name: str           # What exactly, enough to find it again
    call: Callable      # Returns None if all went as it should, or one of the sentences below

def lost(what): return f'lost: {what}'      # work that had been done is gone
def raw(what): return f'raw: {what}'        # an error that doesn't name what was wrong, or none where one was due
def wrong(what): return f'wrong: {what}'    # other numbers, masks or states than an undisturbed run has

def outcomes(
    trials:Iterator,    # Of `Trial`s
    n:int,              # How many to try
) -> list:              # `(trial, outcome)`
    "Try the first `n`. An exception that a trial lets through is raw."
    res = []
    for t in islice(trials, n):
        try: res.append((t, t.call()))
        except Exception as e: res.append((t, raw(f'{type(e).__name__}: {e}')))
    return res

def failures(module, n, seed=0):
    "Return, in words, what went wrong in the first `n` trials of a module."
    return [f'{t.kind} {t.name}: {o}' for t,o in outcomes(module.trials(random.Random(seed)), n) if o]
