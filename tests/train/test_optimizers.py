"A snapshot fits an optimizer, and trains on as the original does, or it is refused and nothing is changed."
import dataclasses
import pytest
from helpers import *
from faults.optimizers import everything, fit, learner, optimizers, prepared, tried
from fasterlth.train.opt_state import opt_kind

few = 'adam','momentum','sgd','rms','radam','larc','lamb','ranger','lookahead','torch_sgd','torch_momentum','torch_adamw'

@pytest.mark.parametrize('a', few)
def test_ordered_pairs(a):
    wrong = {b: tried(prepared(a, 'one', 'fitted', 0), prepared(b, 'one', 'fitted', 1), False) for b in few}
    assert not {b: w for b,w in wrong.items() if w}

@pytest.mark.parametrize('states', [('none','fitted'), ('created','fitted'), ('fitted','created'), ('fitted','none')])
@pytest.mark.parametrize('groupings', [('one','one'), ('two','two'), ('frozen','frozen'), ('frozen','two'), ('two','frozen'), ('two','shifted')])
def test_states_and_groups(states, groupings):
    for opt in ('adam','torch_momentum','ranger'):
        a,b = [prepared(opt, g, s, i) for i,(g,s) in enumerate(zip(groupings, states))]
        assert tried(a, b, True) is None

def damaged(state, **changes): return [{**s, **changes} for s in state]

def test_lookaheads_slow_weights_are_looked_at():
    snap = Snapshot.take(prepared('lookahead', 'one', 'fitted', 0))
    other = prepared('lookahead', 'one', 'created', 1)
    before = everything(other)
    bad = dataclasses.replace(snap, opt={**snap.opt, 'slow_weights': [[torch.zeros(2)]]})
    with pytest.raises(ValueError, match='slow weights'): bad.restore(other)
    assert everything(other)==before

@pytest.mark.parametrize('rng', [dict(numpy=('MT19937',[1,2],0,0,0.)), dict(torch=torch.zeros(3)), dict(python=(3,(1,),None)), dict(loaders=[(3,(1,),None)])])
def test_random_states_are_tried_before_anything_is_changed(rng):
    snap = Snapshot.take(prepared('adam', 'one', 'fitted', 0))
    other = prepared('adam', 'one', 'fitted', 1)
    before = everything(other)
    with pytest.raises(ValueError, match='the random state of'): dataclasses.replace(snap, rng={**snap.rng, **rng}).restore(other)
    assert everything(other)==before

def test_hypers_of_the_fit_are_kept_if_wanted():
    "A rewind within a fit keeps the schedule's rates, and what is frozen now."
    learn = prepared('adam', 'two', 'fitted', 0)
    snap = Snapshot.take(learn)
    learn.opt.set_hyper('lr', .5)
    learn.freeze()
    snap.restore(learn, hypers=False)
    assert learn.opt.hypers[0]['lr']==.5 and not learn.model[0].weight.requires_grad
    snap.restore(learn)
    assert learn.opt.hypers[0]['lr']<.5 and learn.model[0].weight.requires_grad and learn.opt.frozen_idx==0

def test_an_optimizer_of_ones_own():
    class Mine(Optimizer):
        def step(self, closure=None):
            for p,_,state,hyper in self.all_params(with_grad=True):
                state['seen'] = state.get('seen', torch.zeros(3))+1
                p.data.add_(p.grad, alpha=-hyper['lr'])
                self.state[p] = state
    def fitted(seed):
        learn = learner('adam', 'one', seed)
        learn.opt_func = lambda ps, lr: Mine(ps, [lambda p, lr, **kwargs: None], lr=lr)
        return fit(learn)
    a,b = fitted(0),fitted(1)
    Snapshot.take(a).restore(b)
    assert opt_kind(b.opt).startswith('Mine of') and everything(fit(a))==everything(fit(b))
    with pytest.raises(ValueError, match='Mine of .* in the snapshot'): Snapshot.take(a).restore(prepared('sgd', 'one', 'fitted', 1))

class ZeroGradients(Callback):
    "Zero the gradients of pruned weights, whatever MaskCallback does."
    order = 10**6+5
    def __init__(self, masks): self.masks = masks
    def after_backward(self):
        for n,p in self.learn.model.named_parameters():
            if n in self.masks: p.grad.mul_(self.masks[n])

wrapped = [o for o in vars(torch.optim).values() if isinstance(o, type) and issubclass(o, torch.optim.Optimizer)
           and o not in (torch.optim.Optimizer,torch.optim.SparseAdam,torch.optim.LBFGS)]

@pytest.mark.parametrize('opt_func', [SGD,RMSProp,Adam,RAdam,QHAdam,Larc,Lamb,ranger,*[partial(OptimWrapper, opt=o) for o in wrapped]],
                         ids=lambda o: o.keywords['opt'].__name__ if isinstance(o, partial) and 'opt' in o.keywords else getattr(o, '__name__', 'partial'))
def test_gradients_of_pruned_weights_change_no_other(opt_func):
    "Some optimizers take norms, or means over rows: a weight that isn't there has no gradient in them."
    def fitted(*cbs):
        net = nn.Sequential(nn.Flatten(), nn.Linear(64, 20, bias=False), nn.ReLU(), nn.Linear(20, 10, bias=False))
        learn = seed_learner(make_learner(model=net, opt_func=opt_func), 0)
        net.load_state_dict({n: torch.linspace(-.3, .3, p.numel()).sin().view_as(p)*(i+1) for i,(n,p) in enumerate(net.named_parameters())})
        quiet(learn, 2, cbs=[MaskCallback(masks), *[o(masks) for o in cbs]])
        return weights(learn.model)
    masks = {'1.weight': torch.arange(20*64).view(20, 64)%5==0, '3.weight': torch.arange(200).view(10, 20)%3==0}
    assert same(fitted(), fitted(ZeroGradients))
