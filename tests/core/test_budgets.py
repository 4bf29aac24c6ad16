"Budgets of any network at any sparsity: exact, within a layer's size, and nested."
import math
import pytest, torch
from hypothesis import given, settings, strategies as st
from torch import nn
from fasterlth.all import *

budgets = uniform,uniform_plus,erk,balanced,igq,smart_ratio
sizes = st.integers(1, 12)
shape = st.tuples(sizes, sizes) | st.tuples(sizes, sizes, st.integers(1, 3), st.integers(1, 3))
networks = st.lists(shape, min_size=1, max_size=8).map(lambda ss: {f'layer{i}': s for i,s in enumerate(ss)})
percents = st.one_of(st.floats(0, 100), st.sampled_from([0,50,80,90,99,100]))

def kept(budget, shapes, sparsity):
    "Return the number of weights that each layer keeps; None if the budget can't reach this sparsity."
    try: res = budget(shapes, sparsity)
    except ValueError as e:
        assert 'than this budget can reach' in str(e) and budget in (uniform_plus,smart_ratio)
        return None
    assert list(res)==list(shapes)
    n = {k: math.prod(s)*(100-res[k])/100 for k,s in shapes.items()}
    assert all(abs(v-round(v))<1e-6 for v in n.values())
    return {k: round(v) for k,v in n.items()}

@pytest.mark.parametrize('budget', budgets)
@settings(max_examples=60, deadline=None)
@given(shapes=networks, sparsity=percents)
def test_sums_are_exact_and_within_each_layer(budget, shapes, sparsity):
    if (n := kept(budget, shapes, sparsity)) is None: return
    total = sum(map(math.prod, shapes.values()))
    assert sum(n.values())==total-math.floor(total*sparsity/100+.5)
    assert all(0<=n[k]<=math.prod(s) for k,s in shapes.items())

@pytest.mark.parametrize('budget', budgets)
@settings(max_examples=60, deadline=None)
@given(shapes=networks, sparsities=st.tuples(percents, percents).map(sorted))
def test_no_layer_keeps_more_at_a_higher_sparsity(budget, shapes, sparsities):
    less,more = (kept(budget, shapes, s) for s in sparsities)
    if less is None: assert more is None
    if more is None: return
    assert all(more[k]<=less[k] for k in shapes)

def test_every_weight_counts():
    "From one sparsity to the next by a single weight, exactly one layer changes, by one."
    shapes = {'a': (3,3), 'b': (4,3,3,3), 'c': (10,4), 'd': (5,)}
    total = sum(map(math.prod, shapes.values()))
    for budget in (uniform,erk,balanced,igq):
        last = {k: math.prod(s) for k,s in shapes.items()}
        for i in range(1, total+1):
            n = kept(budget, shapes, 100*i/total)
            assert sorted(last[k]-n[k] for k in shapes)==[0,0,0,1]
            last = n

@settings(max_examples=60, deadline=None)
@given(sparsity=st.floats(1, 99), budget=st.sampled_from([erk,igq,balanced,uniform]))
def test_masks_have_exactly_the_budget(sparsity, budget):
    net = nn.Sequential(nn.Conv2d(2, 5, 3), nn.Conv2d(5, 7, 3), nn.Flatten(), nn.Linear(28, 9))
    masks = make_masks(net, sparsity, budget=budget, min_keep=0)
    want = kept(budget, {n: tuple(m.shape) for n,m in masks.items()}, sparsity)
    assert {n: int(m.sum()) for n,m in masks.items()}==want

def test_rounds_of_a_budget_are_nested():
    torch.manual_seed(0)
    net,masks = small_resnet(),None
    pruner = Pruner(budget=erk)
    for s in (50,80,90,95,99):
        new = pruner.step(net, s, masks)
        assert masks is None or not any((new[n]&~masks[n]).any() for n in new)
        want = kept(erk, {n: tuple(m.shape) for n,m in new.items()}, s)
        assert {n: int(m.sum()) for n,m in new.items()}==want
        masks = new

def test_what_a_budget_returns_is_checked():
    net = nn.Linear(4, 4)
    for wrong in (lambda shapes, s: None, lambda shapes, s: {}, lambda shapes, s: {'weight': 101},
                  lambda shapes, s: {'weight': 50, 'other': 50}, lambda shapes, s: {'weight': 'x'}):
        with pytest.raises((TypeError,ValueError), match='what budget'): make_masks(net, 50, budget=wrong)

def test_a_budget_that_misses_the_sparsity_is_warned_of():
    net = nn.Sequential(nn.Linear(8, 6), nn.Linear(6, 400))
    with pytest.warns(UserWarning, match="what budget '<lambda>' returns prunes 10 % of all weights, not 50 %: use share_out to be exact"):
        masks = make_masks(net, 50, budget=lambda shapes, s: {n: 10 for n in shapes})
    assert abs(sparsity_of(masks)-10)<.1
    make_masks(net, 50, budget=lambda shapes, s: {n: round(p, 2) for n,p in erk(shapes, s).items()})    # no warning

def test_what_a_budget_does_to_its_shapes_counts_for_nobody():
    def emptied(shapes, s): res = erk(shapes, s); shapes.clear(); return res
    net = nn.Sequential(nn.Linear(8, 6), nn.Linear(6, 4))
    for n,m in make_masks(net, 50, budget=emptied).items(): assert torch.equal(m, make_masks(net, 50, budget=erk)[n])

@pytest.mark.parametrize('budget', budgets)
@settings(max_examples=60, deadline=None)
@given(shapes=networks, sparsity=percents)
def test_our_budgets_are_never_warned_of(budget, shapes, sparsity):
    "Layers of a single weight are left out."
    net = nn.ModuleDict({k: nn.Linear(s[1], s[0], bias=False) if len(s)==2 else nn.Conv2d(s[1], s[0], s[2:], bias=False) for k,s in (shapes|{'last': (3,4)}).items()})
    try: Pruner(budget=budget).targets(prunable(net), sparsity)
    except ValueError as e: assert 'than this budget can reach' in str(e)
