"Loops of plain PyTorch whose layers compute with what is left: the same results within rounding, no trace afterwards."
import warnings
import pytest
from helpers import *
from fasterlth.core.sparse_kernels import Kernel

torch.manual_seed(0)
X = torch.randn(64, 6)
Y = (X[:,0]>0).long()

def net(): return nn.Sequential(nn.Linear(6, 12, bias=False), nn.BatchNorm1d(12), nn.ReLU(), nn.Dropout(.2), nn.Linear(12, 2))
def half_pruned(model): return make_masks(prunable(model), 75)
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
    models,masks = (dense,deepcopy(dense)),half_pruned(dense)
    for m,kernels in zip(models, ('dense','sparse')):
        torch.manual_seed(2)
        with masks_on(m, masks, kernels): train(m)
    a,b = (dict(m.named_parameters()) for m in models)
    assert all(torch.allclose(a[n], b[n], 1e-3, 1e-4) for n in a)
    assert not any(b[n].detach()[~m].any() for n,m in masks.items()) and is_dense(models[1])

@pytest.mark.parametrize('make_opt,kwargs', [(torch.optim.SGD,dict(lr=.1, momentum=.9, weight_decay=.1)),
    (torch.optim.Adam,dict(lr=.01)), (torch.optim.LBFGS,dict(lr=.1, line_search_fn='strong_wolfe'))])
def test_optimizers(make_opt, kwargs): both(lambda m: train(m, make_opt, **kwargs))

def test_kernels_are_chosen_at_the_first_call_with_gradients():
    seen,model = [],net()
    def look(m): seen.append(is_dense(m))
    def after_a_score(m):
        with torch.no_grad(): m(X)
        look(m)
        train(m, during=look)
    with masks_on(model, half_pruned(model), 'sparse'): after_a_score(model)
    assert seen==[True]+[False]*6 and is_dense(model)
    both(after_a_score)

class Named(nn.Module):
    "Takes inputs of both kinds, one of them with a graph behind it."
    def __init__(self): super().__init__(); self.a,self.b = nn.Linear(6, 12),nn.Linear(12, 2)
    def forward(self, x, *more, scale=None): return self.b((self.a(x)*scale).relu())+sum(more)

def test_inputs_with_names_and_with_a_graph():
    model,before = Named(),nn.Linear(6, 6)
    with masks_on(model, masks := half_pruned(model), 'sparse'):
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
    with masks_on(model, half_pruned(model), 'sparse'):
        keep(model)    # before the first call
        train(model, during=keep)
        assert not is_dense(model)

def test_an_error_leaves_the_dense_model():
    model = net()
    def breaks(m): raise KeyError
    with pytest.raises(KeyError), masks_on(model, half_pruned(model), 'sparse'): train(model, during=breaks)
    assert is_dense(model) and not model._forward_pre_hooks

@pytest.mark.filterwarnings('ignore:.*torch.jit.trace')
def test_traces_are_dense():
    model = net().eval()
    with masks_on(model, half_pruned(model), 'sparse'):
        traced = torch.jit.trace(model, X)
        assert is_dense(model)
        train(model)
        assert torch.jit.trace(model, X)(X[:7]).shape==(7,2)
    assert traced(X[:9]).shape==(9,2)

def test_compiled_models_are_dense_and_it_is_said():
    model = net()
    with pytest.warns(UserWarning, match="kernels='sparse' has no effect, since the model"):
        with masks_on(model, half_pruned(model), 'sparse'): train(torch.compile(model, backend='eager'), steps=2)
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        with masks_on(model, half_pruned(model), 'auto'): pass

def test_choices_leave_random_numbers_alone():
    "Measuring calls the network, with dropout in it."
    states = []
    for kernels in ('dense','auto'):
        model = net()
        torch.manual_seed(3)
        with masks_on(model, half_pruned(model), kernels): train(model, steps=2)
        states.append(torch.get_rng_state())
    assert torch.equal(*states)

def test_nothing_is_changed_if_the_choice_is_wrong():
    model = net()
    before = deepcopy(model.state_dict())
    with pytest.raises(ValueError, match="kernels must be one of .*'fast'"):
        with masks_on(model, half_pruned(model), 'fast'): pass
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
