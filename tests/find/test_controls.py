"Controls by budget, and masks that are moved to other weights."
import pytest
from helpers import *
from fasterlth.core.matching import permuted, unit_groups
from fasterlth.core.tensors import model_tensors
from fasterlth.find.trunk import new_learner

def train(l): quiet(l, 2)
def found(make, sparsity=80, **kwargs):
    f = LotteryTicketFinder(new_learner(make, 0), sparsity, 1, seed=0, verbose=False, **kwargs)
    f.find_winning_ticket(train)
    return Trunk.of(f, 1, make)

def count(masks): return sum(int(m.sum()) for m in masks.values())

@pytest.fixture(scope='module')
def trunk(): return found(make_learner)

@pytest.mark.parametrize('budget', [erk,smart_ratio,igq,balanced,uniform])
def test_random_masks_have_the_tickets_count_by_any_budget(trunk, budget):
    masks = random_by(budget)(trunk).masks
    assert count(masks)==count(trunk.start.masks)
    want = budget({n: tuple(m.shape) for n,m in masks.items()}, sparsity_of(trunk.start.masks))
    assert sparsity_by_layer(masks)==pytest.approx(want)
    assert same(masks, random_by(budget)(trunk).masks)

def test_a_finder_with_a_budget_keeps_it_in_each_round_and_its_controls_too():
    f = LotteryTicketFinder(make_learner(), 90, 2, budget=erk, seed=0, verbose=False)
    ticket = f.find_winning_ticket(train)
    for t in f.tickets[1:]:
        want = erk({n: tuple(m.shape) for n,m in t.masks.items()}, f.targets[t.about['round']-1])
        assert sparsity_by_layer(t.masks)==pytest.approx(want)
    assert ticket.about['budget']=='erk'
    t = Trunk.of(f, 2, make_learner)
    assert sparsity_by_layer(random_mask(t).masks)==sparsity_by_layer(ticket.masks)==sparsity_by_layer(one_shot_mask(t).masks)

def test_a_folder_belongs_to_its_budget(tmp_path):
    LotteryTicketFinder(make_learner(), 80, 1, budget=erk, seed=0, path=tmp_path, verbose=False).find_winning_ticket(train)
    for budget in (igq, None):
        with pytest.raises(ValueError, match='budget'):
            LotteryTicketFinder(make_learner(), 80, 1, budget=budget, seed=0, path=tmp_path, verbose=False).find_winning_ticket(train)

def test_the_callback_shares_its_sparsity_by_a_budget():
    cb = sparsify(90, budget=erk, lth=True)
    quiet(make_learner(), 3, cbs=cb)
    want = erk({n: tuple(m.shape) for n,m in cb.masks.items()}, 90)
    assert sparsity_by_layer(cb.masks)==pytest.approx(want) and cb.ticket.about['budget']=='erk'

def test_signs_stay_and_magnitudes_are_new(trunk):
    w = sign_only(trunk).weights
    for n in trunk.start.masks:
        assert torch.equal(w[n].sign(), trunk.init[n].sign()) and torch.equal(w[n].abs(), trunk.fresh()[n].abs())

def in_another_order(net, seed):
    "Put the units of a network into another order, which doesn't change what it computes."
    groups,g = unit_groups(net, torch.zeros(2, 1, 8, 8)),torch.Generator().manual_seed(seed)
    perms = [torch.randperm(len(p[0].index), generator=g) for p in groups]
    return groups,perms

@pytest.mark.parametrize('model', [lambda: SmallNet(0), lambda: lenet_300_100(64, seed=0)])
def test_a_mask_is_moved_to_the_same_units_in_another_order(model):
    "Where the new weights are the old ones in another order, the mask has to be the old one in that order, exactly."
    def make(seed):
        set_seed(0)
        learn = make_learner(0, model())
        if seed:
            groups,perms = in_another_order(learn.model, seed)
            learn.model.load_state_dict(permuted(learn.model.state_dict(), groups, perms))
        return learn
    t = found(make)
    groups,perms = in_another_order(make(0).model, t.number('fresh'))
    aligned = aligned_reinit(t)
    assert same(aligned.weights, permuted(t.init, groups, perms))
    for n,m in permuted(t.start.masks, groups, perms).items(): assert mask_overlap({n: m}, {n: aligned.masks[n]})>.95
    a,b = (t.finder.train_ticket(*o)['valid_loss'] for o in (t.start, aligned))
    assert abs(a-b)<.05

@pytest.mark.parametrize('criteria', [l1_norm,movement,large_init,magnitude_increase])
def test_one_shot_is_the_finders_only_round(criteria):
    "With a single round and a late rewind, both are one protocol: scores by the values that are rewound to."
    study = LotteryStudy(lambda seed: make_learner(seed), lambda l: l.fit(2, 1e-2), 80, 1, ['one_shot'], [0], rewind_epoch=1, criteria=criteria)
    study.run(verbose=False)
    assert not study.failures
    a,b = study.ticket('winning', 0),study.ticket('one_shot', 0)
    assert same(a.masks, b.masks) and same(a.weights, b.weights)
