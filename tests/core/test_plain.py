"Masks, tickets and comparisons without a Learner."
import random
import numpy as np, pytest
from helpers import *
from torch.nn.utils import prune
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
X = torch.randn(96, 6)
Y = (X[:,0]>0).long()

def net(): return nn.Sequential(nn.Linear(6, 12), nn.BatchNorm1d(12), nn.ReLU(), nn.Dropout(.2), nn.Linear(12, 2))
def train(model, make_opt=torch.optim.Adam, steps=8, **kwargs):
    opt = make_opt(model.parameters(), **kwargs)
    def loss():
        opt.zero_grad()
        l = F.cross_entropy(model(X), Y)
        l.backward()
        return l
    for _ in range(steps): opt.step(loss)
def acc(model): return float((model(X).argmax(1)==Y).float().mean())

def test_masks_hold_in_plain_pytorch():
    net = nn.Linear(4, 4)
    masks = {'weight': torch.eye(4, dtype=torch.bool)}
    with masks_on(net, masks):
        opt = torch.optim.Adam(net.parameters(), .1)
        for _ in range(3):
            net(torch.randn(8, 4)).square().mean().backward()
            opt.step()
            assert not net.weight.detach()[~masks['weight']].any()
    net(torch.randn(8, 4)).square().mean().backward()
    opt.step()
    assert net.weight.detach()[~masks['weight']].any()    # the hooks are removed

optimizers = [o for o in vars(torch.optim).values() if isinstance(o, type) and issubclass(o, torch.optim.Optimizer)
              and o not in (torch.optim.Optimizer,torch.optim.SparseAdam) and o.__name__!='Muon']    # for sparse gradients; for matrices only

@pytest.mark.parametrize('make_opt', optimizers, ids=lambda o: o.__name__)
def test_masks_hold_with_any_of_torchs_optimizers(make_opt):
    search = find_winning_ticket(net, lambda m: train(m, make_opt, 3, lr=.01), acc, 80, 1)
    w = parameters(search.model)
    assert all(not w[n][~m].any() for n,m in search.ticket.masks.items())

def parameters(model): return {n: p.detach() for n,p in model.named_parameters()}

def test_gradients_under_the_mask_dont_count_when_clipping():
    model,masks = nn.Linear(4, 4),{'weight': torch.eye(4, dtype=torch.bool)}
    with masks_on(model, masks):
        model(torch.randn(8, 4)).square().mean().backward()
        assert not model.weight.grad[~masks['weight']].any()

# In rounds

def test_the_rounds_are_the_papers():
    "Each round begins with the start under its masks, which are those of the largest trained weights, and nested."
    begun,model = [],net()
    def noted(m):
        begun.append(parameters(m)|{})
        begun[-1] = {n: t.clone() for n,t in begun[-1].items()}
        train(m)
    before = {n: t.clone() for n,t in model.state_dict().items()}
    search = find_winning_ticket(model, noted, acc, [50,75])
    assert all(torch.equal(t, before[n]) for n,t in model.state_dict().items())
    for t,b in zip(search.tickets, begun, strict=True):
        assert all(torch.equal(w, before[n]*t.masks[n] if n in t.masks else before[n]) for n,w in b.items())
    one,two = search.tickets[1].masks,search.tickets[2].masks
    assert all((one[n]|~two[n]).all() for n in two)
    w = search.dense.get_parameter('0.weight').detach().abs()
    assert w[one['0.weight']].min()>=w[~one['0.weight']].max()
    assert search.history.sparsity.round(3).tolist()==[0,50,75] and search.history.score.between(0, 1).all()
    assert [t.about['round'] for t in search.tickets]==[0,1,2]

def test_seeds_may_be_a_list():
    found = compare_tickets(net, train, acc, 50, seeds=[3,1], conditions=['random_reinit'], verbose=False)
    assert found.results.seed.tolist()==[3,3,3,1,1,1]
    other = compare_tickets(net, train, acc, 50, seeds=2, conditions=['random_reinit'], verbose=False)
    def of_one(f): return f.results[f.results.seed==1].score.tolist()
    assert of_one(found)==of_one(other)

def test_whole_outputs_are_named():
    "A last layer without some of its outputs can't tell all classes."
    with pytest.warns(UserWarning, match=r"4.weight produces the \d+ outputs, and granularity 'filter' would prune whole outputs"):
        find_winning_ticket(net, train, acc, 50, 1, granularity='filter', verbose=False)
    with pytest.warns(UserWarning, match='would prune whole outputs'): compare_tickets(net, train, acc, 50, granularity='filter', conditions=[], verbose=False)

def test_a_learner_is_refused_by_name():
    class Held: model = net()
    with pytest.raises(TypeError, match='model must be an nn.Module, or a function that makes one, not Held: pass its .model'): find_winning_ticket(Held(), train, acc)

@pytest.mark.parametrize('sparsity', [[.5,.9], [.2,.5,1], {'*': [.5,.9]}, (.5,)])
def test_shares_in_a_list_are_no_percents(sparsity):
    with pytest.raises(ValueError, match=r"is in percent: .* Did you mean \[(50, 90|20, 50, 100|50)\]\?"): find_winning_ticket(net, train, acc, sparsity)
    if sparsity==[.5,.9]: assert len(find_winning_ticket(net, train, acc, [.5,2], verbose=False).tickets)==3    # a first round may prune little

def test_a_line_says_what_each_training_has_come_to(capsys):
    search = find_winning_ticket(net, train, acc, [50,75])
    score = [f'{s:.4g}' for s in search.history.score]
    assert capsys.readouterr().out.splitlines()==[f'seed 0, the dense training: score {score[0]}, 100% of the weights',
        f'seed 0, round 1: score {score[1]}, 50% of the weights', f'seed 0, round 2: score {score[2]}, 25% of the weights']
    compare_tickets(net, train, acc, 50, seeds=2, conditions=['random_mask'])
    assert [l.split(':')[0] for l in capsys.readouterr().out.splitlines()]==[f'seed {s}, {w}' for s in (0,1) for w in ('the dense training','round 1','random_mask')]
    find_winning_ticket(net, train, acc, 50, 1, verbose=False)
    assert not capsys.readouterr().out

def test_random_numbers_of_all_kinds_are_seeded_and_left_alone():
    dl = DataLoader(TensorDataset(X, Y), 32, shuffle=True)
    def noisy(m):
        opt = torch.optim.SGD(m.parameters(), np.random.uniform(.01, .1)*random.uniform(.5, 1))
        for x,y in dl:
            opt.zero_grad()
            F.cross_entropy(m(x), y).backward()
            opt.step()
    before = random.getstate(),np.random.get_state()[1].tolist(),torch.get_rng_state()
    a,b = (find_winning_ticket(net, noisy, acc, 50, 1, seed=7) for _ in range(2))
    assert all(torch.equal(t, parameters(b.model)[n]) for n,t in parameters(a.model).items())
    assert random.getstate()==before[0] and np.random.get_state()[1].tolist()==before[1]
    assert torch.equal(torch.get_rng_state(), before[2])

def test_scores_are_taken_in_evaluation_mode_and_modes_stay():
    modes = []
    search = find_winning_ticket(net, train, lambda m: modes.append(m.training) or 1., 50, 1)
    assert modes==[False]*4 and search.model.training and search.dense[1].training

def test_a_ticket_goes_on_as_any_other(tmp_path):
    search = find_winning_ticket(net, train, acc, 80, 2)
    again = Ticket.load(search.ticket.save(tmp_path/'t.safetensors'))
    model = again.load_into(net())
    with masks_on(model, again.masks): train(model)
    assert not model[0].weight.detach()[~again.masks['0.weight']].any()

def test_a_frozen_part_stays():
    model = net()
    model[0].requires_grad_(False)
    search = find_winning_ticket(model, lambda m: train(m), acc, {'4': 50}, 1)
    assert torch.equal(search.model[0].weight, model[0].weight)

# What goes wrong

def trains_another(m):
    other = net()
    train(other)
    return other
def replaces(m):
    m[4] = nn.Linear(12, 2)
    train(m)
def prunes(m):
    prune.l1_unstructured(m[0], 'weight', .5)
    train(m)
def diverges(m):
    train(m)
    m[4].bias.data[0] = float('nan')
def loads_others(m):
    train(m)
    m.load_state_dict(net().state_dict())
def catches(m):
    try: train(m)
    except Exception: pass

wrong_trainings = {
    lambda m: None: 'made no step', lambda m: train(net()): 'made no step', trains_another: 'returned another',
    replaces: 'replaced, added or removed 4.weight', prunes: 'replaced, added or removed 0', diverges: 'left NaN or infinity in 4.bias',
    loads_others: r'moved pruned weights of 0.weight; 4.weight \(round 1\)'}

@pytest.mark.parametrize('f,text', wrong_trainings.items())
def test_wrong_trainings_are_named(f, text):
    with pytest.raises(ValueError, match=f'train_fn .*{text}'): find_winning_ticket(net, f, acc, 50, 1)
    with pytest.raises(ValueError, match=f'train_fn .*{text}'): compare_tickets(net, f, acc, 50, conditions=[])

def test_gradients_are_on_within_a_training_and_as_they_were_afterwards():
    def leaves_them_off(m):
        train(m)
        torch.set_grad_enabled(False)
    for before in (True,False):
        with torch.set_grad_enabled(before):
            assert find_winning_ticket(net(), leaves_them_off, acc, 50, 1).ticket.sparsity>40
            assert torch.is_grad_enabled()==before

def test_scores_must_be_numbers():
    for v,text in ((float('nan'),'not nan'),('x',"not 'x'"),('0.5',"not '0.5'"),(torch.ones(2),'not Tensor'),(None,'not None')):
        with pytest.raises((TypeError,ValueError), match=f'eval_fn returns must be a number, {text}'):
            find_winning_ticket(net, train, lambda m: v)
    assert find_winning_ticket(net, train, lambda m: torch.tensor(.5), 50, 1).history.score.tolist()==[.5,.5]

def test_finders_say_what_works_without_a_learner():
    for f in (net, lambda: 3, net(), lambda m: None):
        with pytest.raises(TypeError, match=r'learn must be a Learner, not .*call find_winning_ticket\(model, train_fn, eval_fn'):
            LotteryTicketFinder(f, lambda m: None)

# Early

def test_an_early_bird_is_drawn_from_the_training():
    steps = []
    def noted(m):
        catches(m)
        steps.append('the end')
    ticket = draw_early_bird(net, noted, every=2, n_masks=3, context='local')
    assert ticket.about['step']==6 and not steps
    model = net()
    def dense(m): train(m, steps=6)
    whole = find_winning_ticket(net, dense, acc, 50, 1)
    assert torch.equal(whole.dense[0].weight.detach(), ticket.weights['0.weight'])    # those of the moment
    assert all(torch.equal(m, whole.ticket.masks[n]) for n,m in ticket.masks.items())

def test_what_doesnt_settle_is_said():
    with pytest.raises(ValueError, match='in 8 steps, with a mask every 1: they differed by 0.* or more. Train longer'):
        draw_early_bird(net, lambda m: train(m, lr=1.), 1, threshold=0)
    with pytest.raises(ValueError, match='5 are needed'): draw_early_bird(net, train, 3)

# Compared

def test_comparison_refuses():
    def same_net():
        torch.manual_seed(0)
        return net()
    def compare(model_fn=net, eval_fn=lambda m: 0., **kwargs):
        return compare_tickets(model_fn, lambda m: None, eval_fn, 50, **kwargs)
    with pytest.raises(ValueError, match='model_fn must give other weights.*pretrained=model'): compare(same_net)
    with pytest.raises(ValueError, match="criteria 'snip' needs batches.*use LotteryStudy"): compare(criteria=snip)
    with pytest.raises(ValueError, match='seeds must be'): compare(seeds=0)
    with pytest.raises(TypeError, match='eval_fn must be'): compare(eval_fn=.5)
    with pytest.raises(TypeError, match='what model_fn returns must be an nn.Module, not 3'): compare(lambda: 3)
    with pytest.raises(ValueError, match='pretrained model'): compare(pretrained=nn.Linear(2, 2))
    with pytest.raises(TypeError, match='what conditions.*must be a Ticket, not dict'):
        compare_tickets(net, train, acc, 50, conditions={'a': lambda t: t.masks})

def test_a_comparison_has_tickets_models_and_a_table_that_reports_read():
    found = compare_tickets(net, train, acc, 80, n_rounds=2, seeds=2)
    names = ['dense','winning','random_reinit','random_mask']
    assert list(found.tickets)==list(found.models)==[(k,s) for s in (0,1) for k in names]
    win,fresh,other = (found.tickets[k,1] for k in ('winning','random_reinit','random_mask'))
    assert torch.equal(win.masks['0.weight'], fresh.masks['0.weight'])
    assert not torch.equal(win.weights['0.weight'], fresh.weights['0.weight'])
    assert torch.equal(win.weights['0.weight'], other.weights['0.weight'])
    assert sparsity_by_layer(win.masks)==sparsity_by_layer(other.masks)
    for k,t in found.tickets.items(): assert not found.models[k][0].weight.detach()[~t.masks['0.weight']].any()
    assert isinstance(verdict(found.results), str) and len(plot_results(found.results))==2
    assert len(found.searches[1].tickets)==3

def test_a_pretrained_start_is_that_of_all_but_the_fresh_one():
    model = net()
    train(model)
    found = compare_tickets(net, train, acc, 50, pretrained=model)
    for (k,_),t in found.tickets.items():
        assert torch.equal(t.weights['0.weight'], model[0].weight)==(k!='random_reinit')
        assert torch.equal(t.weights['1.running_mean'], model[1].running_mean)==(k!='random_reinit')
    assert found.results.start_score[0]==compare_tickets(net, train, acc, 50, pretrained=model, conditions=[]).results.start_score[0]

# Filters that are added together

def test_filters_that_are_added_are_pruned_together():
    class Added(nn.Module):
        def __init__(self): super().__init__(); self.a,self.b,self.fc = nn.Conv2d(1, 8, 3, padding=1),nn.Conv2d(8, 8, 3, padding=1),nn.Linear(8, 2)
        def forward(self, x):
            x = self.a(x.view(-1, 1, 2, 3)).relu()
            return self.fc((x+self.b(x)).mean((2,3)))
    joint = joint_filters(Added(), (X[:2],))
    assert joint=={'a.weight': 'a.weight', 'b.weight': 'a.weight'}
    how = dict(sparsity={'*': 50, 'fc': 0}, granularity='filter', joint=joint)
    def together(t): return torch.equal(*(t.masks[n].flatten(1).any(1) for n in joint)) and t.about['joint']==joint
    alone = find_winning_ticket(Added, train, acc, {'*': 50, 'fc': 0}, 1, granularity='filter')
    assert not torch.equal(*(alone.ticket.masks[n].flatten(1).any(1) for n in joint))    # otherwise nothing is shown here
    search = find_winning_ticket(Added, train, acc, n_rounds=2, **how)
    assert all(together(t) for t in search.tickets) and (search.ticket.summary()['can be cut']==search.ticket.summary().pruned).all()
    assert together(draw_early_bird(Added, train, 1, n_masks=2, threshold=1., **how))
    found = compare_tickets(Added, train, acc, conditions=['random_reinit','random_mask'], **how)
    for (k,_),t in found.tickets.items(): assert k=='dense' or together(t), k
    for f in (lambda **k: find_winning_ticket(Added, train, acc, 50, 1, **k), lambda **k: draw_early_bird(Added, train, 1, **k), lambda **k: compare_tickets(Added, train, acc, 50, **k)):
        with pytest.raises(ValueError, match="joint needs granularity 'filter'"): f(joint=joint)
        with pytest.raises(ValueError, match='joint must name weights of the model'): f(granularity='filter', joint={'nothing': 'a'})

@pytest.mark.parametrize('model', ['resnet', 3, None, {}])
def test_a_model_that_is_none(model):
    with pytest.raises(TypeError, match='model must be an nn.Module, or a function that makes one, not '):
        find_winning_ticket(model, train, acc, 50, 1)

def test_a_score_that_needs_gradients():
    "A loss as it is."
    def loss(model): return F.cross_entropy(model(X), Y)
    with torch.enable_grad(): found = find_winning_ticket(net(), train, loss, 50, 1, verbose=False)
    assert found.rows[0]['score']==pytest.approx(loss(found.dense.eval()).item())

def test_arguments_that_make_masks_has_elsewhere():
    for k,v,says in (('criteria',random_score,'it takes criterion'), ('granularity','filter',r'pass prunable\(model, granularity='),
                     ('seed',1,r'partial\(random_score, seed=1\)'), ('layer_type',nn.Linear,r'prunable\(model, layer_type')):
        with pytest.raises(TypeError, match=f'make_masks has no argument {k!r}, and there is no input of that name: .*{says}'):
            make_masks(net(), 50, **{k: v})

def test_masks_on_by_itself_is_told():
    net = nn.Linear(4, 4)
    masks = make_masks(net, 50)
    with pytest.warns(UserWarning, match=r'masks_on\(…\) by itself does nothing: write `with masks_on') as told: masks_on(net, masks)
    assert told[0].filename==__file__ and bool((net.weight!=0).all())
    with pytest.raises(ValueError, match="there is a mask for 'x'"): masks_on(net, {'x': masks['weight']})
    with pytest.raises(TypeError, match='masks must be a dict, like ticket.masks, not Ticket'): masks_on(net, Ticket.of(net, masks))
    with masks_on(net, masks) as same_net: assert same_net is net and bool((net.weight[~masks['weight']]==0).all())
