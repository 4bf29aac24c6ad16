"Criteria and their inputs, compared with scores worked out by hand."
import pytest
from helpers import *
from fasterlth.core.inputs import make_inputs
from fasterlth.core.scores import group_scores, try_criterion


def scored(criterion, net, x, loss_func):
    "Return the scores of all weights of a network, for one batch whose target is zero."
    layers = prunable(net)
    inputs = make_inputs(criterion, Scoring(net, list(layers), [(x,torch.zeros(1))], loss_func))
    return {n: s.view_as(layers[n].weight) for n,s in group_scores(layers, criterion, **inputs).items()}

def total(out, y): return out.sum()
def half_square(out, y): return out.square().sum()/2

def test_scores_at_initialisation_by_hand():
    "A linear network of two by two weights, for a batch with known gradients."
    net,x = nn.Sequential(nn.Linear(2, 2, bias=False)),torch.tensor([[1.,1]])
    with torch.no_grad(): net[0].weight.copy_(torch.tensor([[1.,2],[3,-4]]))
    for criterion in (snip,synflow):    # every gradient is 1, and so is ∂R/∂|w| for an input of ones
        assert torch.equal(scored(criterion, net, x, total)['0.weight'], torch.tensor([[1.,2],[3,4]]))
    # g = out⊗x = (3,3;-1,-1) and Hg = (6,6;-2,-2): lowest is the weight without which the gradient is largest
    assert torch.equal(scored(grasp, net, x, half_square)['0.weight'], torch.tensor([[6.,12],[-6,8]]))

def test_scores_of_two_layers_at_initialisation_by_hand():
    net,x = nn.Sequential(nn.Linear(2, 2, bias=False), nn.ReLU(), nn.Linear(2, 1, bias=False)),torch.tensor([[2.,1]])
    with torch.no_grad():
        net[0].weight.copy_(torch.tensor([[1.,2],[-3,1]]))
        net[2].weight.copy_(torch.tensor([[5.,-2]]))
    # hidden (4,-5) → (4,0), out 20; ∂L/∂W2 = 20(4,0), ∂L/∂W1 = 20·5·(2,1;0,0)
    s = scored(snip, net, x, half_square)
    assert torch.equal(s['0.weight'], torch.tensor([[200.,200],[0,0]]))
    assert torch.equal(s['2.weight'], torch.tensor([[400.,0]]))
    # R = |W2||W1|1, and the score of a weight is the part of R that flows through it
    s = scored(synflow, net, x, half_square)
    assert torch.equal(s['0.weight'].float(), torch.tensor([[5.,10],[6,2]]))
    assert torch.equal(s['2.weight'].float(), torch.tensor([[15.,8]]))

def test_gradients_of_a_compiled_model():
    net = nn.Linear(4, 3)
    b = torch.randn(5,4),torch.randint(3, (5,))
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        got = gradients(torch.compile(net, backend='eager'), [b], F.cross_entropy, ['weight'])
    assert torch.allclose(got['weight'], gradients(net, [b], F.cross_entropy)['weight'])

def test_synaptic_flow_refuses_inputs_of_integers():
    class Onehot(nn.Module):
        def __init__(self): super().__init__(); self.fc = nn.Linear(4, 3)
        def forward(self, x): return self.fc(F.one_hot(x, 4).to(self.fc.weight))
    with pytest.raises(ValueError, match="must be floating point, or indices of an embedding's rows, not torch.int64"):
        synaptic_flow(Onehot(), torch.tensor([1,2]))

def test_synaptic_flow_of_an_embedding_is_the_same_for_each_row():
    assert torch.equal(synaptic_flow(nn.Embedding(4, 3), torch.tensor([1,2]))['weight'], torch.ones(4, 3, dtype=torch.float64))

def absolute(weight): return weight.abs_()
def by_data(weight): return weight.data.abs_()
def of_half(weight, init): return init.mul_(0).add_(weight.neg_())

@pytest.mark.parametrize('criterion', [absolute,by_data,of_half,torch.Tensor.abs_,lambda weight, grad: grad.mul_(weight),
                                       partial(lambda weight, init, k: init.mul_(k).add_(weight), k=2)])
@pytest.mark.parametrize('dtype', [torch.float32,torch.float64,torch.float16])
def test_a_criterion_that_works_in_place_changes_neither_weights_nor_inputs(criterion, dtype):
    net = nn.Linear(6, 5).to(dtype)
    layers = prunable(net)
    inputs = {k: {'weight': torch.randn(5, 6).to(dtype)} for k in ('init','grad')}
    before = {k: v.clone() for k,v in (('weight',net.weight),*((k,v['weight']) for k,v in inputs.items()))}
    make_masks(layers, 50, criterion, **inputs)
    try_criterion(net, layers, criterion)
    for k,v in (('weight',net.weight),*((k,v['weight']) for k,v in inputs.items())): assert torch.equal(v, before[k]), k

def test_the_packages_own_criteria_get_no_copies():
    net,seen = nn.Linear(6, 5),[]
    def watched(weight, seed=0): seen.append(weight.data_ptr()); return weight.abs()
    watched.__module__ = 'fasterlth.core.criteria'
    for f in (watched,partial(watched, seed=1)): make_masks(net, 50, f)
    assert seen==[net.weight.data_ptr()]*2

def test_scores_must_be_a_tensor():
    with pytest.raises(ValueError, match=r"for weight, as a tensor, not ndarray of float32 \(5, 6\)"):
        make_masks(nn.Linear(6, 5), 50, lambda w: w.numpy())
    with pytest.raises(ValueError, match="as a tensor, not 3"): make_masks(nn.Linear(6, 5), 50, lambda w: 3)
