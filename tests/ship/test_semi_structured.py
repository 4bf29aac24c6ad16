"Masks of 2:4 are checked anywhere, and converted where the hardware is."
import pytest
from networks import *
from fasterlth.ship.measure import compare_models, figures, largest_difference
from fasterlth.ship.semi_structured import (SemiStructured, check_semi_structured, has_semi_structured,
                                            semi_structured_layers, to_semi_structured)


def test_masks_are_checked_anywhere():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(4, 32, 3), nn.Flatten(), nn.Linear(64, 32), nn.Linear(32, 10),
                        nn.LSTM(8, 4), nn.Embedding(8, 4))
    masks = make_masks(prunable(net, '2:4'), 50, l1_norm)
    check_semi_structured(net, masks)
    for n,m in masks.items(): assert m.movedim(1 if n!='5.weight' else 0, -1).reshape(-1, 4).sum(1).max()==2
    dense = torch.ones(32, 64, dtype=torch.bool)
    check_semi_structured(net, {'2.weight': dense, '3.weight': masks['3.weight']})    # dense by choice
    bad = {n: m.clone() for n,m in masks.items()}
    for n in ('2.weight','3.weight'): bad[n][3,4:8] = True
    with pytest.raises(ValueError, match="2.weight isn't 2:4: 1 of 512 blocks .* the first 4"):
        check_semi_structured(net, bad)
    shifted = masks['2.weight'].roll(2, 1)    # two of four, but not in blocks of their own
    assert shifted.sum()==masks['2.weight'].sum()
    with pytest.raises(ValueError, match="2.weight isn't 2:4"): check_semi_structured(net, {'2.weight': shifted})
    with pytest.raises(ValueError, match="masks prune nothing"): check_semi_structured(net, {'2.weight': dense})
    with pytest.raises(ValueError, match="there is a mask for 'x'"):
        check_semi_structured(net, {'x': masks['2.weight']})

def test_inputs_must_be_a_multiple_of_four():
    odd = nn.Linear(6, 16)
    with pytest.raises(ValueError, match=r"weight of shape \(16, 6\) is pruned, and can't be 2:4: .* multiple of four"):
        check_semi_structured(odd, make_masks(prunable(odd), 60, l1_norm))

def test_what_converts_and_why_not():
    net = nn.Sequential(nn.Conv2d(4, 32, 3), nn.Linear(64, 32), nn.Linear(32, 10), nn.MultiheadAttention(16, 2),
                        nn.Linear(16, 16), nn.Embedding(8, 4), nn.Linear(32, 24))
    masks = make_masks(prunable(net, '2:4'), 50, l1_norm)
    masks['4.weight'][:] = True
    table = semi_structured_layers(net, masks)
    assert table.why.to_dict()=={
        '0.weight': 'a convolution: torch has 2:4 for matrix products', '1.weight': '',
        '2.weight': 'shape: must be multiples of (16, 16)', '3.in_proj_weight': 'within attention',
        '3.out_proj.weight': 'within attention', '4.weight': 'dense', '5.weight': 'not a linear layer',
        '6.weight': 'shape: must be multiples of (16, 16)'}
    assert table.index[table.converts.astype(bool)].tolist()==['1.weight']
    for dtype in (torch.float32, torch.float64, 'half'):
        with pytest.raises(ValueError, match='dtype must be torch.float16 or torch.bfloat16'):
            semi_structured_layers(net, masks, dtype)

def test_conversion_needs_its_hardware():
    net,x = linear(),digit()
    masks = make_masks(prunable(net, '2:4'), 50, l1_norm)
    with pytest.raises(ValueError, match=r'no layer can be converted to 2:4: 3.weight \(shape'):
        to_semi_structured(net, {'3.weight': masks['3.weight']}, x)
    with pytest.raises(ValueError, match="1.weight isn't 2:4"):
        to_semi_structured(net, make_masks(prunable(net), 50, l1_norm), x)
    if has_semi_structured(): pytest.skip('there is a GPU that has it')
    text = r'2:4 needs an NVIDIA GPU of compute capability 8.0 .* there is .*1 of 2 layers would be converted'
    with pytest.raises(RuntimeError, match=text): to_semi_structured(net, masks, x)
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')    # a prototype
        with pytest.raises(RuntimeError, match='Only CUDA tensors are currently supported'):
            torch.sparse.to_sparse_semi_structured(torch.zeros(32, 64, dtype=torch.float16))

def test_sixteen_bits_take_and_give_float32():
    net,x = linear(),digit()
    half = SemiStructured(deepcopy(net).bfloat16(), torch.bfloat16, figures(net, x))
    assert half(x).dtype==torch.float32 and 0<largest_difference(net, half, x)<5e-2
    assert compare_models({'a': net, 'b': half}, x).parameters['b']==n_params(net)

@pytest.mark.skipif(not has_semi_structured(), reason='needs a GPU with 2:4 tensor cores')
@pytest.mark.parametrize('dtype', [torch.float16,torch.bfloat16])
def test_conversion_on_a_gpu(dtype):
    net = linear().cuda()
    apply_masks(net, masks := make_masks(prunable(net, '2:4'), 50, l1_norm))
    x = torch.randn(8, 1, 8, 8, device='cuda')
    sparse,table = to_semi_structured(net, masks, x, dtype)
    assert isinstance(sparse.model[1].weight, torch.sparse.SparseSemiStructuredTensor)
    assert table.converts.tolist()==[True,False]
    assert largest_difference(net.eval(), sparse, x)<(1e-2 if dtype==torch.float16 else 5e-2)
    assert sparse.figures['bytes']<figures(net.to(dtype), x.to(dtype))['bytes']
