"Filters whose outputs are added are pruned together, so that what is pruned can be cut out."
import pytest
from helpers import *
from fasterlth.core.joint_filters import filters_to_cut

def resnet(seed=0): return resnet20(1, seed=seed)
xb = torch.randn(2, 1, 8, 8)
conv = dict(layer_type=nn.Conv2d)

def pruned(context='local', sparsity=50, model=None, **kwargs):
    model = model or resnet()
    return model,Pruner('filter', context, **conv, **kwargs).step(model, sparsity)

@pytest.mark.parametrize('context', ['local','global'])
def test_a_residual_network_loses_all_filters_that_are_pruned(context):
    model,masks = pruned(context, joint=joint_filters(resnet(), xb))
    alone = pruned(context)[1]
    small,table = shrink(model.eval(), masks, xb)
    assert table.cut.sum()==table.dead.sum() and (table.stayed=='').all()
    assert shrink(model, alone, xb)[1].cut.sum()<shrink(model, alone, xb)[1].dead.sum()
    if context=='local':
        for n,m in masks.items(): assert count(m)*2==len(m), n
        for n,p in small.named_parameters():
            if n in masks: assert len(p)*2==len(masks[n]), n

def count(m): return int((~m.flatten(1).any(1)).sum())

def test_the_share_that_can_be_cut():
    joint = joint_filters(resnet(), xb)
    together,alone = filters_to_cut(pruned(joint=joint)[1], joint),filters_to_cut(pruned()[1], joint)
    assert (together.pruned==together['can be cut']).all() and together.loc['all','pruned']==alone.loc['all','pruned']
    assert alone.loc['all','can be cut']<alone.loc['all','pruned']

def test_a_callback_and_its_ticket(tmp_path):
    learn = make_learner(model=resnet())
    joint = joint_filters(learn.model, xb)
    quiet(learn, 1, cbs=(cb := sparsify(50, 'filter', schedule=agp, joint=joint, **conv)))
    assert cb.ticket.summary().loc['all',['pruned','can be cut']].nunique()==1
    cb.ticket.save(tmp_path/'t.safetensors')
    assert Ticket.load(tmp_path/'t.safetensors').summary().equals(cb.ticket.summary())
    assert 'can be cut' not in Ticket.of(learn.model, cb.masks).summary()
    inside = next(m for m in learn.model.children() if len(list(m.modules()))>9)
    part = sparsify(60, 'filter', schedule=one_shot, joint=joint, model=inside, **conv)
    quiet(learn, 1, cbs=part)
    assert part.masks.keys()<=cb.masks.keys()

def test_a_finder():
    learn = make_learner(model=resnet())
    ticket = learn.find_ticket(lambda l: l.fit(1), 50, 2, granularity='filter', joint=joint_filters(learn.model, xb), verbose=False, **conv)
    assert ticket.summary().loc['all',['pruned','can be cut']].nunique()==1

def test_frozen_filters_that_are_added_wait_for_each_other():
    learn = make_learner(model=resnet())
    joint = joint_filters(learn.model, xb)
    frozen = next(iter(joint))
    learn.model.get_parameter(frozen).requires_grad_(False)
    quiet(learn, 1, cbs=(cb := sparsify(50, 'filter', schedule=one_shot, joint=joint, **conv)))
    for n,m in cb.masks.items(): assert (count(m)==0)==(joint.get(n)==joint[frozen]), n

class Mobile(nn.Module):
    "Depthwise convolutions, a concatenation, an output."
    def __init__(self):
        super().__init__()
        self.a,self.deep,self.b,self.c = nn.Conv2d(1, 4, 1),nn.Conv2d(4, 4, 3, groups=4),nn.Conv2d(4, 6, 1),nn.Conv2d(4, 6, 1)
        self.fc = nn.Linear(12, 10)
    def forward(self, x):
        x = self.deep(self.a(x).relu()).relu()
        return self.fc(torch.cat([self.b(x), self.c(x)], 1).relu().mean((2,3)))

def test_depthwise_filters_belong_to_those_before_them():
    assert joint_filters(Mobile(), xb)=={'a.weight': 'a.weight', 'deep.weight': 'a.weight'}

def test_errors():
    with pytest.raises(ValueError, match="joint needs granularity 'filter'"): Pruner(joint={})
    with pytest.raises(TypeError, match='joint must be a dict from parameter name to a key'): Pruner('filter', joint={'a': 3})
    model,joint = resnet(),joint_filters(resnet(), xb)
    one = next(iter(joint))
    with pytest.raises(ValueError, match='are pruned together, so they need the same sparsity'):
        Pruner('filter', joint=joint, **conv).step(model, {'*': 50, one: 20})

def test_embeddings_are_pruned_by_default_and_left_out_by_layer():
    model = nn.Sequential(nn.Embedding(12, 5), nn.Flatten(), nn.Linear(20, 3))
    assert sparsity_by_layer(make_masks(model, 40))=={'0.weight': 40., '2.weight': 40.}
    for pruner in (Pruner(layer_type=nn.Linear), Pruner({nn.Linear: 'weight'})): assert list(pruner.layers(model))==['2.weight']
    masks = make_masks(model, {'2': 40})
    assert masks['0.weight'].all() and sparsity_by_layer(masks)['2.weight']==40

@pytest.mark.parametrize('sparsity,text', [(50, 'the same groups'), ({'conv': 50}, 'the same sparsity'), ({'conv': 50, 'fc1': 75}, 'the same')])
def test_what_cannot_be_pruned_together_is_refused_before_the_training(sparsity, text):
    joint = {'conv.weight': 'together', 'fc1.weight': 'together'} if isinstance(sparsity, int) else {'conv.weight': 'together', 'fc8.weight': 'together'}
    learn = make_learner(n=128)
    if not isinstance(sparsity, int): learn.model.fc8,sparsity = nn.Linear(8, 8),{k.replace('fc1', 'fc8'): v for k,v in sparsity.items()}
    with pytest.raises(ValueError, match=text): LotteryTicketFinder(learn, sparsity, 1, granularity='filter', joint=joint, verbose=False)

def test_names_of_another_model_are_refused():
    net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.Conv2d(4, 4, 3))
    with pytest.raises(ValueError, match="joint must name weights of the model, .* 'nope' isn't one"): Pruner('filter', joint={'0.weight': 'a', 'nope': 'a'}).layers(net)
