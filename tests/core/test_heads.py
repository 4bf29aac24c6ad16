"A head is one group over queries, keys, values and the output's columns, whoever built the attention."
import timm, transformers
from helpers import *

tiny = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48)

def vit(): return timm.create_model('vit_tiny_patch16_224', img_size=32, patch_size=8, embed_dim=32, depth=2, num_heads=4, num_classes=3)
def torchs(): return nn.TransformerEncoder(nn.TransformerEncoderLayer(32, 4, 48, batch_first=True), 2, enable_nested_tensor=False)
def bert(): return transformers.BertForSequenceClassification(transformers.BertConfig(vocab_size=50, **tiny))
def roberta(): return transformers.RobertaModel(transformers.RobertaConfig(vocab_size=50, **tiny))
def electra(): return transformers.ElectraModel(transformers.ElectraConfig(vocab_size=50, embedding_size=16, **tiny))
def distilbert(): return transformers.DistilBertModel(transformers.DistilBertConfig(vocab_size=50, dim=32, n_layers=2, n_heads=4, hidden_dim=48))
def hf_vit(): return transformers.ViTModel(transformers.ViTConfig(image_size=32, patch_size=8, **tiny))
def gpt2(): return transformers.GPT2LMHeadModel(transformers.GPT2Config(vocab_size=50, n_positions=16, n_embd=32, n_layer=2, n_head=4))
def llama(): return transformers.LlamaModel(transformers.LlamaConfig(vocab_size=50, num_key_value_heads=4, **{**tiny, 'num_attention_heads': 8}))

networks = {vit: 2, torchs: 2, bert: 4, roberta: 4, electra: 4, distilbert: 4, hf_vit: 4, gpt2: 2, llama: 4}    # → weights that attention lies in

def attentions(layers):
    "Return the names of the weights of each attention."
    res = {}
    for n,o in layers.items(): res.setdefault(o.joint, []).append(n)
    return res

@pytest.mark.filterwarnings('error')
@pytest.mark.parametrize('make', networks, ids=lambda f: f.__name__)
def test_heads_are_kept_or_pruned_in_all_weights_alike(make):
    torch.manual_seed(0)
    net = make(); layers = prunable(net, 'head')
    groups = attentions(layers)
    assert len(groups)==2 and all(len(ns)==networks[make] for ns in groups.values())
    assert all(layers[n].groups.n==4 for ns in groups.values() for n in ns)
    for context in ('local','global'):
        masks = make_masks(layers, 50, context=context)
        for names in groups.values():
            kept = [layers[n].groups.contract(masks[n]) for n in names]
            assert all(torch.equal(k, kept[0]) for k in kept) and kept[0].any()
        assert sparsity_of(masks)==50
        # the heads that stay are those of the largest mean over all weights of a head
        if context=='local':
            for names in groups.values():
                gs = [layers[n].groups for n in names]
                score = sum(g.reduce(layers[n].weight.detach().abs())*g.size for n,g in zip(names, gs))
                assert set(score.topk(2).indices.tolist())==set(gs[0].contract(masks[names[0]]).nonzero().flatten().tolist())

@pytest.mark.parametrize('make', [vit, torchs, hf_vit], ids=lambda f: f.__name__)
def test_a_pruned_head_of_random_biases_passes_nothing_on(make):
    "What the queries, keys and values of a pruned head compute doesn't matter: the output projection doesn't read it."
    torch.manual_seed(0)
    net = make().eval(); layers = prunable(net, 'head'); masks = make_masks(layers, 50)
    apply_masks(net, masks)
    x = torch.randn(2, 3, 32, 32) if make is not torchs else torch.randn(2, 5, 32)
    def out(): o = net(x); return o if isinstance(o, torch.Tensor) else o.last_hidden_state
    with torch.no_grad():
        before = out()
        for n,o in layers.items():
            if o.groups.dims and 'out' in [a.role for a in layer_axes(o.layer, 'head')[n.removeprefix(o.joint+'.')] if a.name=='head']:
                o.weight[~masks[n]] += 1.
        assert torch.allclose(out(), before, atol=1e-5)

def test_heads_nest_and_come_back_together():
    torch.manual_seed(0)
    net = vit(); pruner = Pruner('head', 'global')
    layers = pruner.layers(net)
    first = pruner.step(net, 25); second = pruner.step(net, 75, first); back = pruner.step(net, 25, second, regrow=True)
    assert not any((second[n]&~first[n]).any() for n in first)
    for masks in (first, second, back):
        for names in attentions(layers).values():
            assert len({tuple(layers[n].groups.contract(masks[n]).tolist()) for n in names})==1
    assert [sparsity_of(m) for m in (first,second,back)]==[25,75,25]

def test_other_granularities_see_linear_layers():
    layers = prunable(bert(), layer_type=nn.Linear)
    assert {type(o.layer) for o in layers.values()}=={nn.Linear} and all(o.joint is None for o in layers.values())
    assert 'bert.encoder.layer.0.attention.self.query.weight' in layers

def test_a_callback_prunes_heads_of_a_vision_transformer():
    learn = make_learner(model=nn.Sequential(nn.Upsample(size=32), nn.Conv2d(1, 3, 1), vit_of(10)))
    cb = sparsify(50, 'head', 'global', schedule=iterative)
    quiet(learn, 2, cbs=[cb, Watch(cb)])
    assert cb.measure()==50
    for names in attentions(prunable(learn.model, 'head')).values():
        gs = prunable(learn.model, 'head')
        assert len({tuple(gs[n].groups.contract(cb.masks[n]).tolist()) for n in names})==1

def vit_of(n): return timm.create_model('vit_tiny_patch16_224', img_size=32, patch_size=8, embed_dim=32, depth=2, num_heads=4, num_classes=n)

def test_a_single_weight_stays_dense():
    net = nn.Sequential(nn.Flatten(), nn.Linear(64, 20), nn.Linear(20, 1), nn.Linear(1, 1), nn.Linear(1, 10))
    for context in ('local','global'):
        masks = make_masks(net, 50, context=context)
        assert masks['3.weight'].all() and sparsity_of(masks)==pytest.approx(50, abs=.1)
    learn = make_learner(model=net)
    quiet(learn, 1, cbs=(cb := sparsify(80, schedule=one_shot)))
    assert cb.masks['3.weight'].all()

def test_nothing_to_prune_names_a_few():
    net = nn.Sequential(*[nn.BatchNorm1d(4) for _ in range(500)])
    with pytest.raises(ValueError, match='and 992 more') as e: prunable(net)
    assert len(str(e.value))<800
