"The table of arguments: each bad one is refused by name, and nothing changes; each valid one is taken, NumPy's too."
import random
from itertools import islice
import numpy as np, pytest
from helpers import *
from faults import arguments, table
from faults.arguments import call, callables, cases, kind_of, lacking, refused, show, value_of, waiting
from faults.things import Things

things = pytest.fixture(scope='module')(lambda: Things())

def test_the_table_has_all_that_is_public(): assert not lacking()

@pytest.mark.parametrize('name', callables())
def test_bad_arguments_are_refused(name, things):
    problems = [f'{name}({arg}={show(v)}): {o}' for arg,v in cases(name) if (o := refused(things, name, {arg: v}))]
    if problems and name in waiting: pytest.xfail(problems[0])
    assert not problems, '\n'.join(problems)

def test_several_bad_arguments_at_once(things):
    trials = islice(arguments.trials(random.Random(0)), 300)
    problems = [f'{t.name}: {o}' for t in trials if (o := t.call())]
    assert not problems, '\n'.join(problems)

# Valid ones

slow = {'find','study','OnnxModel','OnnxModel.feeds','OnnxModel.with_threads','Ticket.deploy','compare_models','to_int8','to_onnx'}
needs_gpu = {'to_semi_structured'}
needs_network = {'Ticket.push_to_hub'}    # tests/ship/test_hub.py has a small server for it
library = [k for k,row in table.tables.items() if row in ('record','fastai')]    # called by libraries, or not at all
quickly = [n for n in callables() if n not in slow|needs_gpu|needs_network|set(library)]

def tried(things, name, given):
    try: call(things, name, {k: value_of(v, things) for k,v in given.items()})()
    except Exception as e: return f"{name}({', '.join(f'{k}={show(v)}' for k,v in given.items())}): {type(e).__name__}: {e}"

def test_valid_arguments_are_taken(things):
    "Otherwise an error would say nothing about the bad ones."
    optional = [(n,p.name) for n in quickly for p in callables()[n][1] if p.default is not p.empty]
    given = [(n,{}) for n in [*quickly,*slow]]+[(n,{a: kind_of(n, a).good}) for n,a in optional]
    assert not (odd := list(filter(None, (tried(things, *o) for o in given)))), '\n'.join(odd)

def test_numpys_numbers_are_numbers(things):
    "Wherever a number or a flag is taken, NumPy's is."
    given = [(n,p.name,kind_of(n, p.name)) for n in quickly for p in callables()[n][1]]
    odd = [tried(things, n, {a: k.numpy(k.good)}) for n,a,k in given if k.numpy and n not in waiting]
    assert not (odd := list(filter(None, odd))), '\n'.join(odd)

def described(learn, sparsity, n_rounds, flag, path):
    f = LotteryTicketFinder(learn, sparsity, n_rounds, seed=n_rounds, rewind_epoch=n_rounds, reshuffle=flag, path=path, verbose=False)
    ticket = f.find_winning_ticket(lambda l: quiet(l, 2))
    about = {k: v for k,v in ticket.about.items() if k!='history'}
    return about,(path/'experiment.json').read_text()

def test_descriptions_are_the_same_with_numpys_numbers(tmp_path):
    a = described(make_learner(), {'fc1': 50., 'fc2': [30]}, 1, True, tmp_path/'a')
    b = described(make_learner(), {'fc1': np.float32(50), 'fc2': [np.int64(30)]}, np.int64(1), np.bool_(True), tmp_path/'b')
    assert a==b
