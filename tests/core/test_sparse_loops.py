"Loops of plain PyTorch whose layers compute with what is left: the same results within rounding, no trace afterwards."
import warnings
import pytest
from helpers import *
from fasterlth.core.sparse_kernels import Kernel
from fasterlth.core.tensors import clone_tree

torch.manual_seed(0)
X = torch.randn(64, 6)
Y = (X[:,0]>0).long()

def net(): return nn.Sequential(nn.Linear(6, 12, bias=False), nn.BatchNorm1d(12), nn.ReLU(), nn.Dropout(.2), nn.Linear(12, 2))
def pruned(model): return make_masks(prunable(model), 75)
def is_dense(model): return not any(isinstance(vars(m).get('forward'), Kernel) for m in model.modules())
def acc(model): return float((model(X).argmax(1)==Y).float().mean())
def loss_of(model): return F.cross_entropy(model(X), Y)
def train(model, make_opt=torch.optim.Adam, steps=6, during=lambda model: None, **kwargs):
    opt = make_opt(model.parameters(), **kwargs)
    def loss():
        opt.zero_grad()
        l = loss_of(model)
        l.backward()
        return l
    for _ in range(steps):
        opt.step(loss)
        during(model)

def both(train):
    "Train the same network under the same masks with dense and with sparse kernels, and compare."
    torch.manual_seed(1)
    dense = net()
    models,start = (dense,deepcopy(dense)),pruned(dense)
    for m,kernels in zip(models, ('dense','sparse')):
        torch.manual_seed(2)
        masks = clone_tree(start)
        with masks_on(m, masks, kernels):
            train(m)
            assert is_dense(m)==(kernels=='dense')
    a,b = (dict(m.named_parameters()) for m in models)
    assert all(torch.allclose(a[n], b[n], 1e-3, 1e-4) for n in a)
    assert not any(b[n].detach()[~m].any() for n,m in masks.items()) and is_dense(models[1])

@pytest.mark.parametrize('make_opt,kwargs', [(torch.optim.SGD,dict(lr=.1, momentum=.9, weight_decay=.1)),
    (torch.optim.Adam,dict(lr=.01)), (torch.optim.LBFGS,dict(lr=.1, line_search_fn='strong_wolfe'))])
def test_optimizers(make_opt, kwargs): both(lambda m: train(m, make_opt, **kwargs))

def test_kernels_are_chosen_at_the_first_call_in_training():
    seen,model = [],net()
    def look(m): seen.append(is_dense(m))
    def after_a_score(m):
        with torch.no_grad(): m(X)
        look(m)
        train(m, during=look)
    with masks_on(model, pruned(model), 'sparse'): after_a_score(model)
    assert seen==[True]+[False]*6 and is_dense(model)
    both(after_a_score)

class Named(nn.Module):
    "Takes inputs of both kinds, one of them with a graph behind it."
    def __init__(self): super().__init__(); self.a,self.b = nn.Linear(6, 12),nn.Linear(12, 2)
    def forward(self, x, *more, scale=None): return self.b((self.a(x)*scale).relu())+sum(more)

def test_inputs_with_names_and_with_a_graph():
    model,before = Named(),nn.Linear(6, 6)
    with masks_on(model, masks := pruned(model), 'sparse'):
        out = model(before(X), 1, scale=torch.ones(12))
        assert not is_dense(model)
        out.sum().backward()
    grads = before.weight.grad.clone()
    before.weight.grad = None
    model(before(X), 1, scale=torch.ones(12)).sum().backward()
    assert torch.allclose(before.weight.grad, grads, 1e-4, 1e-5)

def test_copies_and_files_are_dense(tmp_path):
    model = net()
    def keep(m):
        copy,file = deepcopy(m),tmp_path/'m.pt'
        torch.save(m, file)
        loaded = torch.load(file, weights_only=False)
        for o in (copy,loaded):
            assert o.state_dict().keys()==m.state_dict().keys()
            loss_of(o).backward()
            assert is_dense(o)
    with masks_on(model, pruned(model), 'sparse'):
        keep(model)    # before the first call
        train(model, during=keep)
        assert not is_dense(model)

def test_an_error_leaves_the_dense_model():
    model = net()
    def breaks(m): raise KeyError
    with pytest.raises(KeyError), masks_on(model, pruned(model), 'sparse'): train(model, during=breaks)
    assert is_dense(model) and not model._forward_pre_hooks

@pytest.mark.filterwarnings('ignore:.*torch.jit.trace')
def test_traces_are_dense():
    model = nn.Sequential(nn.Linear(6, 12), nn.ReLU(), nn.Linear(12, 2))
    with masks_on(model, pruned(model), 'sparse'):
        traced = torch.jit.trace(model, X)
        assert is_dense(model)
        train(model)
        assert torch.jit.trace(model, X)(X[:7]).shape==(7,2)
    assert traced(X[:9]).shape==(9,2)

def test_compiled_models_are_dense_and_it_is_said():
    model = net()
    with pytest.warns(UserWarning, match="kernels='sparse' has no effect, since the model"):
        with masks_on(model, pruned(model), 'sparse'): train(torch.compile(model, backend='eager'), steps=2)
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        with masks_on(model, pruned(model), 'auto'): pass

def test_choices_leave_random_numbers_alone():
    "Measuring calls the network, with dropout in it."
    states = []
    for kernels in ('dense','auto'):
        model = net()
        torch.manual_seed(3)
        with masks_on(model, pruned(model), kernels): train(model, steps=2)
        states.append(torch.get_rng_state())
    assert torch.equal(*states)

def test_measuring_leaves_gradients_and_buffers_alone(faster):
    "Also if a copy holds parts of the model, as closures do."
    class Timed(nn.Module):
        def __init__(self): super().__init__(); self.body,self.norm = net(),nn.LayerNorm(2)
        def forward(self, x): return self.norm(self.body(x))
    model = Timed()
    inner = model.norm.forward
    model.norm.forward = lambda x: inner(x)
    with masks_on(model, pruned(model), 'auto'):
        loss_of(model)
        assert not is_dense(model)
        assert all(p.grad is None for p in model.parameters()) and model.body[1].num_batches_tracked==1

@pytest.mark.parametrize('kernels', ['sparse','auto'])
@pytest.mark.parametrize('write', [lambda h: h.relu_(), lambda h: h.mul_(2), lambda h: h.masked_fill_(h<0, 0.), lambda h: F.dropout(h, .5, True, True)])
def test_outputs_may_be_written_to(write, kernels, faster):
    "As by an activation in place; also where a layer leaves its output as columns."
    class Writes(nn.Module):
        def __init__(self): super().__init__(); self.a,self.b,self.c = nn.Linear(6, 40),nn.Linear(40, 1),nn.Linear(40, 2)
        def forward(self, x): h = write(self.a(x)); return self.c(h)+write(self.b(h))
    torch.manual_seed(0)
    models = [Writes()]
    models.append(deepcopy(models[0]))
    masks,grads = pruned(models[0]),[]
    for m,k in zip(models, ('dense',kernels)):
        with masks_on(m, masks, k):
            torch.manual_seed(1)
            loss_of(m).backward()
            assert is_dense(m)==(k=='dense')
        grads.append([p.grad for p in m.parameters()])
    for a,b in zip(*grads): assert torch.allclose(a, b, 1e-4, 1e-6)

@pytest.mark.parametrize('kernels', ['dense','sparse'])
def test_steps_of_another_model_change_nothing(kernels):
    "Two models in turn, one with a backward pass to come: writing its weights would spoil it."
    models = net(),net()
    a,b = models
    a[1],a[3] = nn.Identity(),nn.Identity()
    opts,masks = [torch.optim.SGD(m.parameters(), .1) for m in models],[pruned(m) for m in models]
    with masks_on(a, masks[0], kernels), masks_on(b, masks[1], kernels):
        loss = a(X).square().mean()
        b(X).sum().backward()
        opts[1].step()
        loss.backward()
        opts[0].step()
    for m,o in zip(models, masks): assert_masked(m, o)

def test_an_optimizer_may_hold_copies():
    "It writes to the model in its step, as mixed precision by hand does."
    class Copies(torch.optim.SGD):
        def __init__(self, model):
            self.model = model
            super().__init__([p.detach().clone().requires_grad_() for p in model.parameters()], .1)
        def step(self, closure=None):
            for c,p in zip(self.param_groups[0]['params'], self.model.parameters()): c.grad = p.grad
            super().step()
            with torch.no_grad():
                for c,p in zip(self.param_groups[0]['params'], self.model.parameters()): p.copy_(c)
    model = net()
    opt,masks = Copies(model),pruned(model)
    with masks_on(model, masks):
        loss_of(model).backward()
        opt.step()
        assert_masked(model, masks)

def test_masks_may_change():
    "Weights that grow back count from then on."
    def grow(m, masks):
        for o in masks.values(): o[:,0] = True
        with torch.no_grad(): m[4].weight[:,0] = .5
    model = net()
    model[3].p = 0.
    with masks_on(model, masks := pruned(model), 'sparse'):
        train(model)
        grow(model, masks)
        sparse = model(X)
        assert not is_dense(model)
    assert torch.allclose(model(X), sparse, 1e-4, 1e-5)

def test_evaluation_with_gradients_doesnt_choose():
    "Nor does it change what dropout draws afterwards."
    def scored(m):
        m.eval()
        m(X)
        assert is_dense(m)
        m.train()
        train(m)
    both(scored)

def test_gradient_checkpointing(faster):
    from torch.utils.checkpoint import checkpoint
    for kernels in ('sparse','auto'):
        model = net()
        model[3].p = 0.
        with masks_on(model, pruned(model), kernels):
            checkpoint(model, X, use_reentrant=False).sum().backward()
            assert not is_dense(model)
            grads = [p.grad.clone() for p in model.parameters()]
            model.zero_grad()
            model(X).sum().backward()
            assert all(torch.allclose(p.grad, g, 1e-3, 1e-4) for p,g in zip(model.parameters(), grads, strict=True))

class Takes(nn.Module):
    "Takes a batch of some kind."
    def __init__(self, take): super().__init__(); self.body,self.take = net(),take
    def forward(self, batch): return self.body(self.take(batch))

@pytest.mark.parametrize('take,batch', [(next,lambda: iter([X])), (lambda b: b.pop('x'),lambda: type('Batch', (dict,), {})(x=X)),
    (lambda g: X+torch.rand(1, generator=g),lambda: torch.Generator().manual_seed(0))], ids=['iterator','batch','generator'])
@pytest.mark.parametrize('kernels', ['sparse','auto'])
def test_calls_that_cant_be_repeated_are_dense_and_it_is_said(take, batch, kernels):
    model = Takes(take)
    model.body[3].p = 0.
    dense = deepcopy(model)
    apply_masks(dense, masks := pruned(model))
    with pytest.warns(UserWarning, match='has no effect, since layers couldn.t be tried: TypeError: its inputs hold a'):
        with masks_on(model, masks, kernels): out = model(batch())
    assert torch.equal(out, dense(batch()))

def test_a_model_whose_reset_takes_arguments_is_dense_and_it_is_said():
    class Resets(nn.Sequential):
        def reset(self, batch_size): pass
    model = Resets(nn.Linear(6, 2))
    with pytest.warns(UserWarning, match='missing 1 required'), masks_on(model, pruned(model), 'auto'): train(model)

def test_a_users_own_errors_stay():
    model = net()
    with pytest.warns(UserWarning, match="couldn't be tried"), pytest.raises(RuntimeError, match='shapes'):
        with masks_on(model, pruned(model), 'auto'): model(X[:, :5])

def test_a_hook_of_the_users_is_called_on_inputs_once():
    model = net()
    model.register_forward_pre_hook(lambda m, args: (F.one_hot(args[0], 6).float(),))
    with masks_on(model, pruned(model), 'sparse'):
        model(torch.arange(6)).sum().backward()
        assert not is_dense(model)

def test_functional_transforms_are_dense():
    from torch.func import functional_call, grad, jacrev, vmap
    model = nn.Sequential(nn.Linear(6, 4), nn.Tanh(), nn.Linear(4, 2))
    with masks_on(model, pruned(model), 'sparse'):
        params = {n: p.detach().clone() for n,p in model.named_parameters()}
        def loss(ps, x): return functional_call(model, ps, (x[None],)).sum()
        before = vmap(grad(loss), (None,0))(params, X)
        functional_call(model, {n: p*2 for n,p in model.named_parameters()}, (X,)).sum().backward()
        assert is_dense(model)
        model(X).sum().backward()
        assert not is_dense(model)
        after,jacobian = vmap(grad(loss), (None,0))(params, X),jacrev(model)(X[0])
    assert all(torch.equal(before[n], after[n]) for n in before) and jacobian.shape==(2,6)

@pytest.mark.parametrize('use', [lambda h: h.view(-1), lambda h: h])
def test_a_branch_that_only_evaluation_takes(use):
    class Branch(nn.Module):
        def __init__(self): super().__init__(); self.a,self.b = nn.Linear(6, 12),nn.Linear(12, 2)
        def forward(self, x):
            h = self.a(x)
            if not self.training: self.features = use(h)
            return self.b(h.relu()) if self.training else (self.b(h.relu()),self.features)
    model = Branch()
    with masks_on(model, pruned(model), 'sparse'):
        train(model)
        assert not is_dense(model)
        y,h = model.eval()(X)
        assert y.shape==(64,2) and h.is_contiguous()

@pytest.mark.filterwarnings('ignore:Initializing zero-element tensors')
def test_a_layer_without_weights():
    model = nn.Sequential(nn.Linear(6, 4), nn.ReLU())
    model[1].empty = nn.Linear(0, 3)
    masks = pruned(model[:1])|{'1.empty.weight': torch.ones(3, 0, dtype=torch.bool)}
    with masks_on(model, masks, 'sparse'):
        model(X).sum().backward()
        assert not is_dense(model)

def test_autocast_leaves_doubles():
    model = nn.Linear(6, 4).double()
    with masks_on(model, pruned(model), 'sparse'), torch.autocast('cpu'):
        assert model(X.double()).dtype==torch.float64 and not is_dense(model)

def test_warnings_name_the_users_line():
    model = Takes(next)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter('always')
        with masks_on(model, pruned(model), 'sparse'): model(iter([X]))
        with masks_on(model, pruned(model), 'sparse'): pass
    assert [w.filename for w in seen]==[__file__]*2

def test_nothing_is_changed_if_the_choice_is_wrong():
    model = net()
    before = deepcopy(model.state_dict())
    with pytest.raises(ValueError, match="kernels must be one of .*'fast'"):
        with masks_on(model, pruned(model), 'fast'): pass
    with pytest.raises(ValueError, match="kernels must be one of .*'fast'"): find_winning_ticket(net, train, acc, kernels='fast')
    assert all(torch.equal(t, before[n]) for n,t in model.state_dict().items())

def test_searches_and_comparisons_name_the_layers():
    search = find_winning_ticket(net, train, acc, 75, 2, kernels='sparse')
    assert search.history.sparse_layers.tolist()==['','0 4','0 4'] and is_dense(search.model)
    assert search.ticket.about['kernels']=='sparse' and 'kernels' not in find_winning_ticket(net, train, acc, 75, 1).ticket.about
    found = compare_tickets(net, train, acc, 75, conditions=['random_mask'], kernels='sparse')
    assert found.results.sparse_layers.tolist()==['','0 4','0 4']
    again = find_winning_ticket(net, train, acc, 75, 2, kernels='sparse')
    assert all(torch.equal(a, b) for a,b in zip(search.model.parameters(), again.model.parameters(), strict=True))
