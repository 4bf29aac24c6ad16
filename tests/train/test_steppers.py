"Parameters stepped together end as fastai's optimizers leave them, bit for bit, whatever their groups hold."
from copy import deepcopy
import pytest
from helpers import *
from fastai.optimizer import Lookahead, Optimizer, average_grad, average_sqr_grad, sgd_step, step_stat
from fasterlth.train.steppers import _groups, step_together

kinds = dict(
    adam=Adam, l2=partial(Adam, decouple_wd=False), no_decay=partial(Adam, wd=0.), sgd=SGD, sgd_l2=partial(SGD, wd=.1, decouple_wd=False),
    momentum=partial(SGD, mom=.9, wd=.1), rms=RMSProp, rms_momentum=partial(RMSProp, mom=.9, wd=.1), radam=RAdam, sadam=partial(RAdam, beta=50.),
    qhadam=partial(QHAdam, wd=.1), larc=partial(Larc, wd=.1), lars=partial(Larc, clip=False), lamb=partial(Lamb, wd=.1), ranger=ranger,
    lookahead=lambda ps, lr: Lookahead(SGD(ps, lr, mom=.9), k=2),
    undamped=lambda ps, lr: Optimizer(ps, [average_grad,partial(average_sqr_grad, dampening=False),step_stat,sgd_step], lr=lr, sqr_mom=.99),
    damped=lambda ps, lr: Optimizer(ps, [average_grad,sgd_step], lr=lr, dampening=True))

def params(seed=0):
    torch.manual_seed(seed)
    ps = [torch.randn(40, 30), torch.randn(40), torch.randn(8, 3, 3, 3).contiguous(memory_format=torch.channels_last), torch.tensor(1.5),
          torch.randn(7, dtype=torch.float64), torch.randn(0), torch.randn(600, 500), torch.randn(9).half(), torch.randn(20, 6).t()]
    return [nn.Parameter(p) for p in ps]

def gradient(p, i):
    "Return a gradient with zeros of both signs, and now and then huge, tiny and none."
    g = torch.randn(p.shape, dtype=torch.float64)*(torch.rand(p.shape)<.7)
    if i==4: g = g*1e-30
    return g.to(p.dtype).as_strided(p.shape, p.stride()) if p.is_contiguous() else torch.empty_like(p).copy_(g).detach()

def stepped(opt_func, step, n=9, frozen=(), missing=()):
    ps = params()
    opt = opt_func([ps[:3],ps[3:6],ps[6:]], lr=1e-2)
    opt.set_hyper('lr', [1e-3,np.float64(2e-2),1e-2])
    opt.state[ps[1]]['do_wd'],opt.state[ps[4]]['force_train'] = False,True
    for i in range(n):
        for k,p in enumerate(ps):
            p.requires_grad_(k not in frozen)
            p.grad = None if (k,i) in missing else torch.zeros_like(p) if k in frozen else gradient(p, i)
        step(opt)
        if i==5: opt.load_state_dict(deepcopy(opt.state_dict()))    # aliases nothing, and its states are a plain dict
    return ps,opt

def bits(t): return t.detach().reshape(-1).contiguous().view(torch.uint8).tolist() if isinstance(t, torch.Tensor) else t

@pytest.mark.parametrize('kind', kinds)
@pytest.mark.parametrize('more', [{}, dict(frozen=(0,1,2)), dict(missing=[(0,0),(0,1),(4,3),(6,0),(6,5),(7,2)])])
def test_steps_are_fastais(kind, more):
    (ps,a),(qs,b) = [stepped(kinds[kind], step, **more) for step in (lambda opt: opt.step(), step_together)]
    assert _groups(getattr(b, 'opt', b))    # or both steps would be the same
    assert [bits(p) for p in ps]==[bits(q) for q in qs] and [bits(p.grad) for p in ps]==[bits(q.grad) for q in qs]
    for s,t in zip(a.state_dict()['state'], b.state_dict()['state']):
        assert list(s)==list(t) and all(bits(s[k])==bits(t[k]) and type(s[k]) is type(t[k]) for k in s)

def unusual():
    "Yield optimizers that have to be stepped as they step themselves, with what is unusual."
    def opt(cbs=None, **kwargs):
        res = Adam([nn.Parameter(torch.ones(3)),nn.Parameter(torch.ones(2))], .1)
        for p in res.param_lists[0]: p.grad = torch.ones_like(p)
        return res
    yield 'stepper', (o := opt()), o.cbs.append(lambda p, **kwargs: None)
    yield 'same parameter twice', (o := opt()), o.param_lists[0].append(o.param_lists[0][0])
    yield 'rate as a tensor', (o := opt()), o.hypers[0].update(lr=torch.tensor(.1))
    yield 'steps as a tensor', (o := opt()), [o.state[p].update(step=torch.tensor(3.)) for p in o.param_lists[0]]
    yield 'hyper-parameter that hides a state', (o := opt()), o.hypers[0].update(do_wd=False)
    o = opt(); a = torch.ones(6)
    for p,q in zip(o.param_lists[0], (a[:3],a[:2])): p.data = q
    yield 'shared memory', o, None
    o = opt(); p = o.param_lists[0][1]
    p.data,p.grad = p.data.to(torch.complex64),None
    p.grad = torch.ones_like(p)
    yield 'complex numbers', o, None
    o = opt(); o.state[o.param_lists[0][1]].update(grad_avg=torch.zeros(2, dtype=torch.float64), sqr_avg=torch.zeros(2), step=1)
    yield 'an average of another type', o, None

def test_what_is_unusual_is_stepped_as_ever(monkeypatch):
    calls,step = [],Optimizer.step
    def noted(self, closure=None): calls.append(1); return step(self, closure)
    noted.__module__ = 'fastai.optimizer'
    monkeypatch.setattr(Optimizer, 'step', noted)
    for what,opt,_ in unusual():
        calls.clear()
        step_together(opt)
        assert calls, what

@pytest.mark.parametrize('opt', [partial(Adam, eps=1e39), partial(SGD, wd=1e42), partial(SGD, mom=1e39), partial(RMSProp, wd=-1e39)])
def test_numbers_too_large_for_the_weights(opt):
    res = []
    for step in (lambda opt: opt.step(), step_together):
        p = nn.Parameter(torch.ones(3))
        o = opt([p], .1)
        for _ in range(2):
            p.grad = torch.ones(3)
            step(o)
        res.append(bits(p))
    assert res[0]==res[1] and _groups(o)

@pytest.mark.parametrize('wrap', [lambda opt: opt, Lookahead])
def test_an_optimizer_with_a_step_of_its_own_makes_it(wrap):
    calls = []
    opt = wrap(SGD([nn.Parameter(torch.ones(3))], .1))
    own = getattr(opt, 'opt', opt)
    own.step = lambda: calls.append(1)
    step_together(opt)
    assert calls==[1]

def test_an_error_names_the_missing_hyper_parameter():
    opt = Adam([p := nn.Parameter(torch.ones(3))], .1)
    p.grad = torch.ones(3)
    del opt.hypers[0]['eps']
    with pytest.raises(TypeError, match="eps"): step_together(opt)
