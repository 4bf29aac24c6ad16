"Properties of selection: exact, nested, deterministic, compared with the simplest implementation."
import pytest
from hypothesis import given, settings, strategies as st
from helpers import *
from fasterlth.core.ranking import kth_lowest, lowest


def by_sorting(scores, alive, k):
    "Sort everything and take the first k. The sort is stable, so of equal scores the first are taken."
    flat,ok = torch.cat(scores),torch.cat(alive)
    order = flat.argsort(stable=True)
    order = order[ok[order]][:k]
    res = torch.zeros_like(ok); res[order] = True
    return list(res.split([len(s) for s in scores]))

@st.composite
def rankings(draw):
    n_parts,seed = draw(st.integers(1, 4)),draw(st.integers(0, 10**6))
    levels,share = draw(st.sampled_from([2,7,10**9])),draw(st.floats(0, 1))
    gen = torch.Generator().manual_seed(seed)
    sizes = [draw(st.integers(1, 300)) for _ in range(n_parts)]
    scores = [(torch.randint(levels, (n,), generator=gen)-levels//2).float() for n in sizes]
    alive = [torch.rand(n, generator=gen)<=share for n in sizes]
    return scores,alive

@settings(deadline=None, max_examples=200)
@given(rankings(), st.floats(0, 1))
def test_lowest_is_what_a_sort_gives(ranking, share):
    scores,alive = ranking
    k = int(share*sum(int(a.sum()) for a in alive))
    for a,b in zip(lowest(scores, alive, k), by_sorting(scores, alive, k)): assert torch.equal(a, b)

@pytest.mark.parametrize('make', ['normal','ties','sorted','reversed','one outlier','infinite','periodic'])
@pytest.mark.parametrize('share', [1e-6,.01,.5,.99,1.])
def test_the_kth_of_many(make, share):
    "Also for data of which a sample is misleading."
    n,gen = 400_000,torch.Generator().manual_seed(0)
    normal = torch.randn(n, generator=gen)
    ties = torch.randint(3, (n,), generator=gen).float()
    infinite = torch.where(torch.rand(n, generator=gen)<.4, -torch.inf, torch.randn(n, generator=gen))
    periodic = (torch.arange(n)%6).float()*torch.rand(n, generator=gen)
    outlier = normal.clone(); outlier[7] = -1e30
    x = {'normal': normal, 'ties': ties, 'sorted': torch.arange(n).float(), 'reversed': -torch.arange(n).float(),
         'infinite': infinite, 'periodic': periodic, 'one outlier': outlier}
    x,ok = x[make],torch.rand(n, generator=gen)<.6
    k = max(1, int(share*int(ok.sum())))
    want = x[ok].sort().values[k-1]
    assert kth_lowest([x[:100],x[100:]], [ok[:100],ok[100:]], k)==want

nets = dict(
    linear=lambda: nn.Sequential(nn.Linear(12, 9), nn.Linear(9, 5)),
    conv=lambda: nn.Sequential(nn.Conv2d(4, 6, 3), nn.ConvTranspose2d(6, 4, 2), nn.Conv1d(4, 8, 5), nn.Conv3d(2, 4, 2)),
    grouped=lambda: nn.Sequential(nn.Conv2d(8, 8, 3, groups=4), nn.Conv2d(8, 8, 3, groups=8),
                                  nn.ConvTranspose2d(8, 8, 3, groups=2)),
    other=lambda: nn.Sequential(nn.LSTM(6, 5), nn.Embedding(11, 4), nn.MultiheadAttention(8, 4)))
several = ['weight','row','column','kernel','filter','shared_kernel','channel','shared_weight','vertical_slice']

@settings(deadline=None, max_examples=150)
@given(net=st.sampled_from(sorted(nets)), granularity=st.sampled_from(several),
       context=st.sampled_from(['local','global']), seed=st.integers(0, 99),
       steps=st.lists(st.floats(0, 95), min_size=1, max_size=4).map(sorted))
@pytest.mark.filterwarnings('ignore:these layers would have lost everything')
def test_masks_are_exact_nested_and_whole(net, granularity, context, steps, seed):
    torch.manual_seed(seed)
    net = nets[net]()
    layers,masks = prunable(net, granularity),None
    total,biggest = sum(o.weight.numel() for o in layers.values()),max(o.groups.size for o in layers.values())
    def step(target, masks, seed):
        return Pruner(context=context, criterion=partial(random_score, seed=seed)).step(net, target, masks, layers)
    for i,s in enumerate(steps):
        new = step(s, masks, i)
        for n,(w,_,gs,_) in layers.items():
            assert new[n].shape==w.shape and new[n].any()
            assert masks is None or not (new[n]&~masks[n]).any()
            assert torch.equal(gs.expand(gs.contract(new[n])), new[n])    # groups are kept or pruned whole
            if context=='local':
                want = min(math.floor(s/100*gs.n+.5), gs.n-1)
                assert int((~gs.contract(new[n])).sum())==want
        if context=='global' and s/100*total<=total-2*biggest*len(layers):
            assert abs(sum(int((~m).sum()) for m in new.values())-s/100*total)<=biggest
        masks = new
    # the same target changes nothing, unless groups differ in size and another criterion can come nearer to it
    again = step(steps[-1], masks, len(steps)-1 if context=='global' else 77)
    assert all(torch.equal(masks[n], again[n]) for n in masks)

@pytest.mark.parametrize('nm', ['2:4','1:4','1:2','3:4','4:8'])
@pytest.mark.parametrize('layer', [nn.Linear(16, 6), nn.Conv2d(16, 4, 3), nn.ConvTranspose2d(16, 4, 3),
                                   nn.Conv1d(16, 4, 3), nn.LSTM(16, 8), nn.Conv2d(32, 4, 1, groups=2)])
def test_n_of_m_along_the_inputs(nm, layer):
    n,m = map(int, nm.split(':'))
    layers = prunable(layer, nm)
    masks = make_masks(layers, 100*(1-n/m))
    for k,(w,_,gs,_) in layers.items():
        blocks = gs.to_blocks(masks[k])
        assert (blocks.sum(1)==n).all()
        s = gs.to_blocks(w.detach().abs())
        worst_kept,best_pruned = s.masked_fill(~blocks, torch.inf).amin(1),s.masked_fill(blocks, -torch.inf).amax(1)
        assert (worst_kept>=best_pruned).all()
    if isinstance(layer, nn.Conv2d) and layer.groups==1:    # neighbours are inputs at one position of the kernel
        assert (masks['weight'].permute(0,2,3,1).reshape(-1, m).sum(1)==n).all()

def test_mixed_granularities_in_one_ranking():
    "Filters and single weights are compared by their mean magnitude."
    net = nn.Sequential(nn.Conv2d(1, 4, 3, bias=False), nn.Linear(10, 10, bias=False))
    with torch.no_grad():
        net[0].weight.copy_(torch.tensor([.1,.2,5,6]).view(4,1,1,1).expand(4,1,3,3))
        net[1].weight.copy_(torch.linspace(1, 4, 100).view(10,10))
    masks = make_masks(prunable(net, {nn.Conv2d: 'filter', nn.Linear: 'weight'}), 100*28/136, context='global')
    assert masks['0.weight'].any((1,2,3)).tolist()==[False,False,True,True]
    assert int((~masks['1.weight']).sum())==10

def test_layers_of_one_sparsity_share_a_pool():
    net = nn.Sequential(nn.Linear(10, 10), nn.Linear(10, 10), nn.Linear(10, 10))
    net[0].weight.data.mul_(1e-6)
    masks = make_masks(prunable(net), {'*': 40, '2': 10}, context='global')
    assert [int((~m).sum()) for m in masks.values()]==[80,0,10]

def test_heads_are_pruned_whole():
    att = nn.MultiheadAttention(16, 4)
    with torch.no_grad(): att.in_proj_weight.view(3,4,4,16)[:,2] *= .01
    masks = make_masks(prunable(att, 'head'), 25)
    assert masks['in_proj_weight'].view(3,4,4,16).any((0,2,3)).tolist()==[True,True,False,True]
    assert int(masks['out_proj.weight'].view(16,4,4).any((0,2)).sum())==3

def test_separate_projections_of_attention():
    att = nn.MultiheadAttention(8, 2, kdim=6, vdim=4)
    assert set(prunable(att, 'head'))=={'q_proj_weight','k_proj_weight','v_proj_weight','out_proj.weight'}

@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=4), st.integers(0, 99))
def test_packed_masks_are_restored(shape, seed):
    m = torch.rand(shape, generator=torch.Generator().manual_seed(seed))<.4
    assert torch.equal(unpack_mask(pack_mask(m), m.shape), m)

def test_overlap_and_distance_refuse_masks_of_other_networks():
    a = {'w': torch.ones(3).bool()}
    with pytest.raises(ValueError, match='different parameters'): mask_overlap(a, {})
    with pytest.raises(ValueError, match='different shapes'): mask_distance(a, {'w': torch.ones(4).bool()})

def test_a_transformer_block_and_torchvision():
    from torchvision.models import mobilenet_v2, resnet18, vit_b_16
    block = nn.TransformerEncoderLayer(16, 4, 32)
    assert list(prunable(block))==['self_attn.in_proj_weight','self_attn.out_proj.weight',
                                   'linear1.weight','linear2.weight']
    assert len(prunable(resnet18(), 'filter'))==21
    net = mobilenet_v2()
    masks = make_masks(prunable(net, 'filter', nn.Conv2d), 30)
    assert abs(sparsity_of(masks)-30)<2
    net = vit_b_16()
    assert len(prunable(net))==50    # class token and position embedding are left out without a word
    assert {'class_token','encoder.pos_embedding'}<=set(survey(net).query('groups==0').index)

@settings(deadline=None, max_examples=100)
@given(start=st.floats(0, 100), end=st.floats(0, 100), p=st.floats(0, 1))
def test_schedules_stay_between_start_and_end(start, end, p):
    for f in (one_shot, iterative, geometric, lin, cos, agp, one_cycle, dsd):
        s = f(start, end, p)
        assert min(start,end)-1e-6<=s<=max(start,end)+1e-6, f
        if f is not dsd: assert abs(f(start, end, 1)-end)<1e-9 and abs(f(start, end, 0)-start)<1e-9

def test_weights_pruned_at_another_granularity_stay_pruned():
    fc = nn.Linear(20, 10)
    fine = make_masks(prunable(fc), 30)
    both = make_masks(prunable(fc, 'filter'), 50, masks=fine)
    assert int(both['weight'].any(1).sum())==5 and not (both['weight']&~fine['weight']).any()
    assert torch.equal(both['weight'], fine['weight']&both['weight'].any(1)[:,None])

def test_small_numbers_in_half_precision_are_squared_in_full():
    fc = nn.Linear(1000, 10).half()
    fc.weight.data.uniform_(1e-5, 2e-4)
    assert torch.equal(make_masks(prunable(fc), 50, l2_norm)['weight'], make_masks(prunable(fc), 50)['weight'])

def test_a_tied_parameter_has_the_models_name_for_it():
    class Tied(nn.Module):
        def __init__(self):
            super().__init__()
            self.w,self.dec = nn.Parameter(torch.randn(6,4)),nn.Linear(4, 6)
            self.dec.weight = self.w
    net = Tied()
    t = Ticket.of(net, make_masks(prunable(net), 50))
    assert list(t.masks)==['w'] and 'w' in t.weights

def test_gates_of_a_subclass():
    class Encoder(nn.LSTM): pass
    assert layer_groups(Encoder(4, 5), 'unit', 'weight_hh_l0').n==5

def test_a_ticket_of_nothing():
    t = Ticket.of(nn.Linear(2, 2), {})
    assert t.sparsity==0 and t.summary().loc['all','sparsity (%)']==0

def test_warnings_point_at_the_caller():
    net = nn.Sequential(nn.Linear(10, 10), nn.Linear(10, 10))
    net[0].weight.data.fill_(1e-4)
    layers,whole = prunable(net),prunable(net, 'layer')
    calls = [lambda: make_masks(layers, 60, context='global'), lambda: make_masks(whole, 50, context='global'),
             lambda: Pruner(context='global').step(net, 60)]
    for call in calls:
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter('always')
            call()
        assert seen and {o.filename for o in seen}=={__file__}

@pytest.mark.parametrize('dtype', [torch.float32, torch.float64, torch.float16, torch.bfloat16])
def test_pruned_means_zero_whatever_was_there(dtype):
    net = nn.Linear(4, 2).to(dtype)
    masks = {'weight': torch.tensor([[True,False,False,False]]*2)}
    kept = net.weight.detach()[:,0].clone()
    with torch.no_grad(): net.weight[:,1:] = torch.tensor([float('inf'),-float('inf'),float('nan')]).to(dtype)
    apply_masks(net, masks)
    assert torch.equal(net.weight[:,0], kept) and not net.weight[:,1:].count_nonzero() and not net.weight[:,1:].signbit().any()

def test_masks_on_removes_infinities_that_a_step_makes():
    net = nn.Linear(4, 2); masks = {'weight': torch.tensor([[True,False,True,False]]*2)}
    opt = torch.optim.SGD(net.parameters(), 1.)
    with masks_on(net, masks):
        net.weight.grad = torch.tensor([[1,float('inf'),1,float('nan')]]*2); net.bias.grad = torch.zeros(2)
        opt.step()
        assert net.weight.isfinite().all() and not net.weight[:,[1,3]].count_nonzero()

@pytest.mark.parametrize('masked', [False,True])
def test_new_masks_have_memory_of_their_own(masked):
    "Also those of layers that stay as they are: saved alone, one is no larger than its weight."
    net = nn.Sequential(nn.Linear(8, 6), nn.Linear(6, 4), nn.Linear(4, 2))
    old = make_masks(prunable(net), 30) if masked else None
    new = make_masks(prunable(net), {'0': 50, '1': 0}, masks=old)
    for n,m in new.items():
        assert m.untyped_storage().nbytes()==m.numel()
        if old: assert m.data_ptr()!=old[n].data_ptr()

@pytest.mark.parametrize('sparsity', [0, {'*': 50, '2': 0}])
def test_layers_of_no_sparsity_stay_whole_however_counts_are_rounded(sparsity):
    net = nn.Sequential(nn.Linear(16, 24), nn.ReLU(), nn.Linear(24, 10))
    for joint in (None, {}):
        masks = Pruner('filter', round_to=8, joint=joint).step(net, sparsity)
        assert masks['2.weight'].all() and int(masks['0.weight'].any(1).sum())==(24 if sparsity==0 else 16)

@pytest.mark.parametrize('share,says', [(.5,r'Did you mean 50\?'), (.01,r'Did you mean 1\?'), (.005,'Use 0, or 1 or more$'),
                                        (1e-320,r'1e-320 would be less than 1 %. Use 0, or 1 or more$')])
def test_only_a_percent_that_would_be_taken_is_suggested(share, says):
    with pytest.raises(ValueError, match=says): make_masks(nn.Linear(4, 4), share)

# Weights without values or memory of their own

def expanded():
    net = nn.Sequential(nn.Linear(4, 4))
    net[0].weight = nn.Parameter(torch.randn(1, 4).expand(4, 4))
    return net

@pytest.mark.parametrize('make,says', [
    (expanded, "0.weight can't be written, as its elements share memory .* clone"),
    (lambda: nn.Sequential(nn.Linear(4, 4, device='meta')), "0.weight can't be .* on meta: give the model memory first, by to_empty")])
def test_weights_that_cannot_be_written_are_refused(make, says):
    net,mask = make(),torch.ones(4, 4, dtype=torch.bool)
    uses = [lambda: make_masks(net, 50), lambda: apply_masks(net, {'0.weight': mask}), lambda: make_masks(prunable(net), 50), lambda: Pruner().step(net, 50)]
    for use in uses:
        with pytest.raises(ValueError, match=says): use()
    assert list(prunable(net))==['0.weight'], 'a question, not a write'

def test_sparse_tensors_are_left_out_by_name():
    net = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4))
    net[0].weight = nn.Parameter(torch.eye(4).to_sparse())
    with pytest.warns(UserWarning, match=r'left dense: 0.weight \(4, 4\) \(a sparse tensor\)'): masks = make_masks(net, 50)
    assert list(masks)==['1.weight']
    with pytest.raises(ValueError, match=r'nothing to prune .*\(a sparse tensor\)'): make_masks(net[:1], 50)
