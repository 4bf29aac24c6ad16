"Optimizers that step only what is left: the same training within rounding, no trace between epochs, however a fit ends."
from copy import deepcopy
import pytest
from fastai.callback.all import GradientAccumulation, SaveModelCallback
from fastai.optimizer import QHAdam, RAdam, RMSProp
from helpers import *
from fasterlth.core.sparse_kernels import Kernel
from fasterlth.train import mask_callback, vectors
from fasterlth.train.training import Training
from torch.nn import functional as F

def mlp(): return nn.Sequential(nn.Flatten(), nn.Linear(64, 40), nn.ReLU(), nn.Linear(40, 40), nn.ReLU(), nn.Linear(40, 10))

def mlp_learner(model=None, **kwargs):
    torch.manual_seed(3)
    return make_learner(model=model or mlp(), **kwargs)

@pytest.fixture
def begun(monkeypatch):
    "How many parameters vectors stood for, each time that they began."
    counts,real = [],vectors.Vectors.begin
    def begin(self, opt, layers):
        real(self, opt, layers)
        counts.append(len(self.params))
    monkeypatch.setattr(vectors.Vectors, 'begin', begin)
    return counts

def dense_opt(learn):
    "Whether the optimizer has the model's parameters, with states of their shapes, and no layer has another forward."
    ps = [p for ps in learn.opt.param_lists for p in ps]
    own = [p for p in learn.model.parameters()]
    assert {id(p) for p in ps}=={id(p) for p in own} and set(learn.opt.state)<=set(own)
    assert all(t.shape==p.shape for p,s in learn.opt.state.items() for t in s.values() if isinstance(t, torch.Tensor) and t.ndim)
    assert not any(p._post_accumulate_grad_hooks for p in own if getattr(p, '_post_accumulate_grad_hooks', None))
    return not any('forward' in vars(m) for m in learn.model.modules())

def fitted(kernels, n=2, cbs=(), learn=None, sparsity=90, masks=None, lr=None, **kwargs):
    learn = learn or mlp_learner(**kwargs)
    masks = masks or make_masks(prunable(learn.model), sparsity)
    Training(learn)(lambda l: quiet(l, n, cbs=[MaskCallback(masks, kernels), *cbs]))
    assert dense_opt(learn)
    assert_masked(learn.model, masks)
    return learn

def close(a, b, eps=1e-4):
    "Weights and averages agree where weights are left."
    for (n,p),q in zip(a.model.state_dict().items(), b.model.state_dict().values()): assert torch.allclose(p, q, rtol=eps, atol=eps), n
    for p,q in zip(a.model.parameters(), b.model.parameters()):
        s,t = a.opt.state[p],b.opt.state[q]
        assert s.keys()==t.keys()
        for k in s:
            if isinstance(s[k], torch.Tensor): assert torch.allclose((s[k]*(q!=0)), t[k]*(q!=0), rtol=eps, atol=eps), k
            else: assert s[k]==t[k]

@pytest.mark.parametrize('opt', [SGD,partial(SGD, mom=.9),Adam,RMSProp,RAdam,QHAdam,partial(Adam, decouple_wd=False)])
def test_the_same_training(opt, begun):
    a,b = fitted('dense', opt_func=opt),fitted('sparse', opt_func=opt)
    assert begun==[3,3]
    close(a, b)

@pytest.mark.parametrize('opt', [Lamb,Larc,ranger])
def test_optimizers_with_norms_or_memory_of_their_own_step_parameters(opt, begun):
    a,b = [fitted(k, opt_func=opt) for k in ('dense','sparse')]
    assert not begun
    for p,q in zip(a.model.parameters(), b.model.parameters()): assert torch.allclose(p, q, atol=1e-5)    # norms are of what is left

class Looks(Callback):
    def after_backward(self): self.seen = [p.grad is not None for p in self.model.parameters()]

def test_callbacks_that_look_get_parameters(begun):
    fitted('sparse', cbs=[cb := Looks()])
    assert not begun and all(cb.seen)

def test_callbacks_that_look_after_epochs(begun):
    class AfterEpoch(Callback):
        def after_epoch(self):
            self.shapes = [s['grad_avg'].shape for s in self.opt.state_dict()['state']]
            assert all(p.shape==s for p,s in zip(self.model.parameters(), self.shapes))
    fitted('sparse', cbs=[cb := AfterEpoch()])
    assert begun==[3,3] and len(cb.shapes)==6

def test_the_model_has_the_weights_of_the_last_step():
    "After each step its weights are what the layers compute with."
    seen = []
    class Net(nn.Module):
        def __init__(self): super().__init__(); self.fc1,self.fc2 = nn.Linear(64, 30),nn.Linear(30, 10)
        def forward(self, x):
            y = self.fc1(x.flatten(1))
            seen.append(torch.allclose(y, F.linear(x.flatten(1), self.fc1.weight, self.fc1.bias), atol=1e-5))
            return self.fc2(y.relu())
    fitted('sparse', model=Net())
    assert len(seen)>12 and all(seen)

class Shared(nn.Module):
    "A weight that two layers share, and that the forward pass uses by itself."
    def __init__(self):
        super().__init__()
        self.one,self.two,self.out = nn.Linear(64, 64),nn.Linear(64, 64),nn.Linear(64, 10)
        self.two.weight = self.one.weight
    def forward(self, x): return self.out(self.two(self.one(x.flatten(1)).relu()).relu())+self.out.weight.square().sum()*self.one.weight.mean()

def test_shared_and_used_elsewhere(begun):
    torch.manual_seed(1)
    nets = Shared(),Shared()
    nets[1].load_state_dict(nets[0].state_dict())
    a,b = [fitted(k, model=net) for k,net in zip(('dense','sparse'), nets)]
    assert begun[0]==2
    close(a, b)

def test_weights_that_dont_lie_row_by_row_are_stepped_as_parameters(begun):
    def net():
        torch.manual_seed(1)
        res = mlp()
        res[1].weight = nn.Parameter(res[1].weight.detach().t().contiguous().t())
        return res
    a,b = [fitted(k, model=net()) for k in ('dense','sparse')]
    assert begun[0]==2 and not b.model[1].weight.is_contiguous()
    close(a, b)

def test_frozen_layers_keep_their_parameters(begun):
    def learner():
        torch.manual_seed(3)
        learn = mlp_learner(splitter=lambda m: [list(m[:2].parameters()), list(m[2:].parameters())])
        learn.freeze()
        return learn
    a,b = fitted('dense', learn=learner()),fitted('sparse', learn=learner())
    assert begun==[2,2]
    close(a, b)

def test_gradients_that_accumulate(begun):
    a,b = [fitted(k, cbs=[GradientAccumulation(100)]) for k in ('dense','sparse')]
    assert begun==[3,3]
    close(a, b)
    grads = [[p.grad for p in o.model.parameters()] for o in (a,b)]
    assert all(torch.allclose(g*(p!=0), h*(p!=0), atol=1e-4) for p,g,h in zip(b.model.parameters(), *grads))

@pytest.mark.parametrize('kind', ['hook','after'])
def test_parameters_with_hooks_keep_their_place(kind, begun):
    "A hook that clips the gradient does so."
    def clip(p): p.grad.clamp_(-1e-3, 1e-3)
    def fit(kernels):
        learn = mlp_learner(opt_func=SGD)
        w,masks = learn.model[3].weight,make_masks(prunable(learn.model), 90)
        hook = w.register_hook(lambda g: g.clamp(-1e-3, 1e-3)) if kind=='hook' else w.register_post_accumulate_grad_hook(clip)
        quiet(learn, 2, cbs=MaskCallback(masks, kernels))
        hook.remove()
        assert dense_opt(learn)
        return learn
    a,b = fit('dense'),fit('sparse')
    assert begun==[2,2]
    close(a, b)

class Clips(Learner):
    "Clips gradients in a method that it overrides."
    def _backward(self):
        super()._backward()
        nn.utils.clip_grad_value_(self.model.parameters(), 1e-3)

@pytest.mark.parametrize('how', ['subclass','attribute'])
@pytest.mark.parametrize('lean', [False,True])
def test_learners_with_methods_of_their_own_step_parameters(how, lean, begun):
    def fit(kernels):
        learn = mlp_learner(opt_func=SGD)
        if how=='subclass': learn.__class__ = Clips
        else: learn._backward = lambda: (type(learn)._backward(learn), nn.utils.clip_grad_value_(learn.model.parameters(), 1e-3))
        masks = make_masks(prunable(learn.model), 90)
        def run(l): quiet(l, 2, cbs=MaskCallback(masks, kernels))
        Training(learn)(run) if lean else run(learn)
        return learn
    a,b = fit('dense'),fit('sparse')
    assert not begun
    close(a, b)

@pytest.mark.parametrize('lean', [False,True])
def test_dropout_draws_what_it_draws_with_dense_kernels(lean):
    def fit(kernels):
        torch.manual_seed(1)
        learn = mlp_learner(model=nn.Sequential(*mlp()[:3], nn.Dropout(.3), *mlp()[3:5], nn.Dropout(.3), nn.Linear(40, 10)))
        masks = make_masks(prunable(learn.model), 80)
        def run(l): quiet(l, 2, cbs=MaskCallback(masks, kernels))
        Training(learn)(run) if lean else run(learn)
        return learn
    close(fit('dense'), fit('sparse'))

def test_a_learner_copied_in_a_fit_trains_on():
    class Copies(Callback):
        def after_epoch(self): self.copy = deepcopy(self.learn)
    learn = fitted('sparse', cbs=[cb := Copies()])
    assert not any('forward' in vars(m) and isinstance(vars(m)['forward'], Kernel) for m in cb.copy.model.modules())
    quiet(cb.copy, 1)
    assert dense_opt(cb.copy)

@pytest.mark.parametrize('kernels', [('sparse','dense'),('dense','sparse'),('sparse','sparse')])
def test_masks_that_prune_more(kernels):
    "What another callback prunes is zero at every batch."
    def fit(kernels):
        learn = mlp_learner()
        some,more = [make_masks(prunable(learn.model), s) for s in (50,90)]
        quiet(learn, 2, cbs=[MaskCallback(some, kernels[0]), MaskCallback(more, kernels[1])])
        assert dense_opt(learn)
        return learn
    close(fit(('dense','dense')), fit(kernels))

def test_a_network_that_writes_its_weights_is_refused():
    class Net(nn.Module):
        def __init__(self): super().__init__(); self.one,self.two = nn.Linear(64, 64),nn.Linear(64, 10)
        def forward(self, x):
            if self.training: self.one.weight.data.clamp_(-.05, .05)
            return self.two(self.one(x.flatten(1)).relu())
    learn = mlp_learner(model=Net())
    with pytest.raises(Exception, match="kernels must be 'dense'"): fitted('sparse', learn=learn)
    assert dense_opt(learn)
    fitted('dense', learn=learn)

@pytest.mark.parametrize('error', [KeyboardInterrupt,ValueError,CancelFitException,CancelTrainException,CancelEpochException])
@pytest.mark.parametrize('at', ['forward','loss','backward','loader'])
@pytest.mark.parametrize('lean', [False,True])
def test_nothing_is_left_however_an_epoch_ends(error, at, lean, begun):
    calls,last = [],3
    def fails(*args):
        calls.append(1)
        if len(calls)==last: raise error('stop')
        return args[-1] if args else None
    learn = mlp_learner(n=256)
    masks = make_masks(prunable(learn.model), 90)
    if at=='forward':
        learn.model[3].register_forward_hook(lambda *args: fails())
        last = 7    # the first five calls are trials
    elif at=='loader':
        dl,make = learn.dls.train,learn.dls.train.create_batches
        dl.create_batches = lambda idxs: map(fails, make(idxs))
    elif at=='loss':
        f = learn.loss_func
        learn.loss_func = lambda *args: fails(f(*args))
    else: learn.model[5].bias.register_hook(fails)
    def fit(l): quiet(l, 1, cbs=MaskCallback(masks, 'sparse'))
    try: Training(learn)(fit) if lean else fit(learn)
    except BaseException as e: assert isinstance(e, (error,ValueError))
    assert len(calls)>=last and begun
    assert dense_opt(learn)
    assert_masked(learn.model, masks)
    quiet(learn, 1, cbs=MaskCallback(masks, 'sparse'))    # and it can go on
    assert dense_opt(learn)

@pytest.mark.parametrize('rewind', [0,'3it',1])
def test_a_schedule_that_rewinds(rewind, begun):
    def fit(kernels):
        learn = mlp_learner()
        cb = sparsify(90, kernels=kernels, lth=True, rewind_epoch=rewind, start_epoch=1, end_epoch=3)
        quiet(learn, 4, cbs=cb)
        assert dense_opt(learn)
        return learn,cb
    (a,_),(b,cb) = fit('dense'),fit('sparse')
    assert 3 in begun and cb.history.sparsity.iloc[-1]>89
    for p,q in zip(a.model.parameters(), b.model.parameters()): assert torch.allclose(p, q, rtol=1e-2, atol=1e-2)

def test_a_finder_resumed_after_each_epoch_has_the_same_bits(tmp_path, begun, monkeypatch):
    write,left = vectors.Vectors.write,[0]
    def stops(self):
        left[0] -= 1
        if left[0]==0: raise KeyboardInterrupt
        write(self)
    monkeypatch.setattr(vectors.Vectors, 'write', stops)
    def find(path, at=None):
        left[0] = at or 0
        f = LotteryTicketFinder(mlp_learner(n=128), 90, 2, seed=0, path=path, verbose=False, kernels='sparse')
        f.find_winning_ticket(lambda l: l.fit(2))
        return f
    want = find(tmp_path/'whole')
    assert begun.count(3)>=4
    for at in range(6):
        for _ in range(8):
            try: got = find(tmp_path/f'{at}', at)
            except KeyboardInterrupt: at = None
            else: break
        assert same(want.ticket.masks, got.ticket.masks) and all(same(want.trained[r], got.trained[r]) for r in want.trained)
        assert want.history.drop(columns='time', errors='ignore').equals(got.history.drop(columns='time', errors='ignore'))

def test_saved_and_loaded_between_epochs(tmp_path, begun):
    "The best epoch is loaded at the end, with its optimizer."
    a,b = [fitted(k, n=3, path=tmp_path, cbs=[SaveModelCallback(fname=k, with_opt=True)]) for k in ('dense','sparse')]
    assert begun==[3,3,3]
    close(a, b)

def test_what_is_loaded_after_a_cancelled_fit_stays(tmp_path, begun):
    "SaveModelCallback loads the best epoch's weights and optimizer before the masks are enforced for the last time."
    def fit(kernels):
        learn,f = mlp_learner(path=tmp_path),F.cross_entropy
        def loss(pred, y):
            if learn.training and (learn.epoch,learn.iter)==(2,2): raise CancelFitException()
            return f(pred, y)
        learn.loss_func = loss
        return fitted(kernels, n=3, learn=learn, cbs=[SaveModelCallback(monitor='train_loss', fname=kernels, with_opt=True)])
    a,b = fit('dense'),fit('sparse')
    assert len(begun)==3
    close(a, b)

@pytest.mark.parametrize('opt', [Adam,SGD])
def test_auto_in_one_cycle(opt, faster, begun):
    "Schedules set NumPy's numbers as hyper-parameters."
    learn = mlp_learner(opt_func=opt)
    masks = make_masks(prunable(learn.model), 95)
    learn.add_cb(MaskCallback(masks, 'auto'))
    with learn.no_bar(), learn.no_logging(): learn.fit_one_cycle(2, 1e-2)
    assert dense_opt(learn) and begun==[3,3]
    assert_masked(learn.model, masks)
