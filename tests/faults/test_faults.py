"A seeded share of what `python -m tests.faults` tries."
import pytest
from apart import run_module
from helpers import weekly
from . import failures
from .__main__ import modules

# Module → parts, each a test of its own with its own seed, and how many trials each part has; others have one of 20
shares = dict(networks=(2,15), files=(1,300), arguments=(1,150), optimizers=(1,60), folders=(2,8))

def parts():
    "Return module, seed and number of trials for each test."
    here = {n: shares.get(n, (1,20)) for n in modules() if n!='kills'}
    return [(name, seed, n) for name,(k,n) in here.items() for seed in range(k)]

@pytest.mark.parametrize('name,seed,n', parts())
def test_nothing_lost_nothing_wrong(name, seed, n):
    assert not failures(modules()[name], n, seed)

@pytest.mark.parametrize('seed,n', [(0,8), weekly(1,30)])
def test_killed_runs(seed, n):
    "In another process, which has no threads when it forks."
    code,out,err = run_module('tests.faults', '--counts', f'kill={n}', '--workers', '1', '--seed', seed)
    assert code==0 and 'kill' in out, out+err
