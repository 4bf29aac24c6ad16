"What people put into a Learner is shipped: images, segments, tables, ratings, texts and transformers, each tiny."
import pytest
from networks import *
from fastai.collab import CollabDataLoaders, collab_learner
from fastai.tabular.all import Categorify, Normalize, TabularDataLoaders, tabular_learner
from fastai.vision.models.unet import DynamicUnet
from fastai.text.all import (
    AWD_LSTM, TextDataLoaders, awd_lstm_clas_config, awd_lstm_lm_config, language_model_learner, text_classifier_learner)
from fasterlth.ship.compressed import load_compressed
from fasterlth.ship.measure import compare_models, largest_difference
from fasterlth.core.calls import call
from fasterlth.ship.shrink import shrink, shrink_learner

def n_zeros(masks): return sum(int((~m).sum()) for m in masks.values())

def pruned(learn, sparsity=50, granularity='weight', **kwargs):
    "Train for an epoch and prune; return the learner's ticket."
    with learn.no_bar(), learn.no_logging():
        learn.fit(1, 1e-3, cbs=(cb := sparsify(sparsity, granularity, schedule=one_shot, **kwargs)))
    return cb.ticket

def ships(learn, ticket, folder, hows=('compressed','onnx','int8'), tolerance=1e-3):
    "Ship a ticket in several ways, and check what comes out on validation data."
    before,res = weights(learn.model),{}
    for how in hows:
        made = res[how] = ticket.deploy(learn, how, **({} if how=='shrink' else dict(path=folder/how)))
        assert same(before, weights(learn.model)) and set(how.split('+'))<={*'+'.join(made.report.index).split('+')}
        if how in ('compressed','onnx'): assert made.report.difference[how]<tolerance
        if 'int8' in how:
            assert any(t.dtype==torch.int8 for t in made.model.weights.values()) and 'onnx' in made.report.index
        if how=='compressed': assert same(load_compressed(made.path).masks, ticket.masks)
    return res

class Pictures:
    loss_func = CrossEntropyLossFlat()
    def __init__(self, size=32, mask=False): self.size,self.mask = size,mask
    def __len__(self): return 16
    def __getitem__(self, i):
        g = torch.Generator().manual_seed(i)
        x = torch.rand(3, self.size, self.size, generator=g)
        return TensorImage(x),TensorMask((x[0]>.5).long()) if self.mask else TensorCategory(i%2)

def picture_dls(**kwargs):
    set_seed(0)
    dls = DataLoaders.from_dsets(Pictures(**kwargs), Pictures(**kwargs), bs=8, num_workers=0, device=torch.device('cpu'))
    dls.c = 2
    return dls

def test_vision_learner_is_cut_to_its_last_block(tmp_path):
    learn = vision_learner(picture_dls(size=64), resnet18, weights=None, pretrained=False, n_out=2, normalize=False,
                           metrics=accuracy, path=tmp_path)
    ticket = pruned(learn, {'*': 50, '1.8': 0}, 'filter')
    small,cut = shrink_learner(learn, ticket.masks, exact=True)
    last = ['0.7.1.conv2','0.7.0.conv2','0.7.0.downsample.0']
    assert (cut.cut[last]>20).all() and not cut.stayed.str.contains('reshaped').any()
    assert small.model[1][2].num_features==2*(512-cut.cut[last[0]])==small.model[1][4].in_features
    x = learn.dls.valid.one_batch()[0]
    assert largest_difference(learn.model.eval(), small.model.eval(), x)<1e-4*largest(learn.model, x)
    quiet(small, 1)

def small_unet():
    "fastai's U-Net on an encoder of three convolutions."
    def block(n_in, n_out, stride): return nn.Sequential(nn.Conv2d(n_in, n_out, 3, stride, 1), nn.BatchNorm2d(n_out), nn.ReLU())
    return DynamicUnet(nn.Sequential(block(3, 8, 2), block(8, 16, 2), block(16, 16, 2)), 2, (32,32))

@pytest.mark.weekly
def test_unet(tmp_path):
    dls = picture_dls(mask=True)
    learn = Learner(dls, small_unet(), loss_func=CrossEntropyLossFlat(axis=1), path=tmp_path)
    last = [n for n,m in learn.model.named_modules() if isinstance(m, nn.Conv2d)][-1]
    ticket = pruned(learn, {'*': 50, last: 0}, 'filter')
    learn.get_preds()    # its hooks hold results
    x = dls.valid.one_batch()[0].as_subclass(torch.Tensor)
    small,cut = shrink(learn.model, ticket.masks, x, exact=True)
    assert largest_difference(learn.model.eval(), small, x)<1e-4*largest(learn.model, x)
    assert (cut.cut[['layers.3.0.0','layers.3.1.0','layers.4.conv1.0']]>0).all()
    assert not cut.stayed.str.contains('deepcopy').any() and (cut.stayed[cut.cut<cut.dead]!='').all()
    ships(learn, ticket, tmp_path, ('shrink+int8',))

def table():
    set_seed(0)
    df = pd.DataFrame(dict(a=np.arange(64)%3, b=np.arange(64)%5, x=np.random.randn(64), y=np.arange(64)%2))
    return df

@pytest.mark.filterwarnings('ignore:The given NumPy array is not writable')    # fastai's, with pandas 3
@pytest.mark.parametrize('cats', [['a','b'], weekly([])])
def test_tabular_learner(tmp_path, cats):
    dls = TabularDataLoaders.from_df(table(), tmp_path, procs=[Categorify, Normalize], cat_names=cats, cont_names=['x'],
                                     y_names='y', y_block=CategoryBlock(), bs=16, device='cpu')
    learn = tabular_learner(dls, layers=[32,16], metrics=accuracy)
    ticket = pruned(learn, {nn.Linear: 50, 'layers.2.0': 0}, 'filter', layer_type=nn.Linear)
    made = ships(learn, ticket, tmp_path, ('compressed','shrink+int8') if cats else ('shrink+onnx',))
    made = made[[*made][-1]]
    assert made.layers.cut.sum()==24 and made.report.difference['shrink']<1e-4
    xb = learn.dls.valid.one_batch()[:2]
    assert torch.allclose(made(*xb), learn.model.eval()(*xb), atol=1e-4 if not cats else .3)
    small,_ = shrink_learner(learn, ticket.masks)
    quiet(small, 1)

@pytest.mark.filterwarnings('ignore:The given NumPy array is not writable')
@pytest.mark.parametrize('use_nn', [weekly(False),True])
def test_collab_learner(tmp_path, use_nn):
    set_seed(0)
    df = pd.DataFrame(dict(user=np.arange(64)%7, item=np.arange(64)%9, rating=np.random.rand(64)*5))
    dls = CollabDataLoaders.from_df(df, bs=16, path=tmp_path, device='cpu')
    learn = collab_learner(dls, n_factors=8, use_nn=use_nn, y_range=(0,5.5), **(dict(layers=[16]) if use_nn else {}))
    ticket = pruned(learn)
    ships(learn, ticket, tmp_path, ('compressed','int8' if use_nn else 'onnx'))
    if not use_nn:
        with pytest.raises(ValueError, match='there is nothing to quantise in EmbeddingDotBias'):
            ticket.deploy(learn, 'int8', tmp_path/'q')

def text_dls(folder, is_lm=False):
    set_seed(0)
    df = pd.DataFrame([('the film was '+'very '*(i%4)+('good' if i%2 else 'bad'), i%2) for i in range(60)],
                      columns=['text','label'])
    class Plain:
        def __init__(self, *args, **kwargs): pass
        def __call__(self, items): return (o.split() for o in items)
    return TextDataLoaders.from_df(df, folder, text_col='text', label_col='label', is_lm=is_lm, bs=8, seq_len=6,
                                   tok_tfm=None, device='cpu')

@pytest.mark.weekly
def test_text_classifier(tmp_path):
    config = dict(awd_lstm_clas_config, emb_sz=16, n_hid=24, n_layers=2)
    learn = text_classifier_learner(text_dls(tmp_path), AWD_LSTM, config=config, pretrained=False, metrics=accuracy,
                                    path=tmp_path)
    ticket = pruned(learn)
    made = ships(learn, ticket, tmp_path)
    assert any('one item at a time' in n for n in made['onnx'].notes)
    assert made['onnx'].report.accuracy['before']==pytest.approx(made['onnx'].report.accuracy['onnx'])
    with pytest.raises(ValueError, match=r"shrink can't cut recurrent layers, .*0.module.rnns.0 \(WeightDropout\)"):
        ticket.deploy(learn, 'shrink')

class Logits:
    "Make a Hugging Face network return its logits."
    def __call__(self, model, args, outputs): return outputs['logits']

def transformer(name):
    "Return a tiny network, and the inputs of a batch."
    torch.manual_seed(0)
    tokens = torch.randint(0, 40, (4, 8))
    if name=='timm':
        timm = pytest.importorskip('timm')
        kwargs = dict(img_size=32, patch_size=8, embed_dim=32, depth=2, num_heads=4, num_classes=3)
        return timm.create_model('vit_tiny_patch16_224', **kwargs).eval(),torch.rand(4, 3, 32, 32)
    hf = pytest.importorskip('transformers')
    if name=='bert':
        config = hf.BertConfig(vocab_size=40, hidden_size=32, num_hidden_layers=2, num_attention_heads=4,
                               intermediate_size=64, max_position_embeddings=16)
        model,xb = hf.BertForSequenceClassification(config),dict(input_ids=tokens, attention_mask=(tokens>5).long())
        xb['attention_mask'][:,0] = 1
    else:
        config = hf.GPT2Config(vocab_size=40, n_embd=32, n_layer=2, n_head=4, n_positions=16, use_cache=False,
                               bos_token_id=0, eos_token_id=0)
        model,xb = hf.GPT2LMHeadModel(config),dict(input_ids=tokens)
    model.register_forward_hook(Logits())
    return model.eval(),xb

heads = dict(timm='blocks.0.attn', bert='bert.encoder.layer.0.attention', gpt2='transformer.h.0.attn')

@pytest.mark.parametrize('name', heads)
def test_heads_of_transformers_are_cut(tmp_path, name):
    model,xb = transformer(name)
    masks = make_masks(prunable(model, 'head'), 50, l1_norm)
    apply_masks(model, masks)
    small,cut = shrink(model, masks, xb)
    assert cut.cut[heads[name]]==2 and cut.cut.sum()==4 and not cut.stayed.any()
    assert largest_difference(model, small, xb)<1e-5 and n_params(small)<=n_params(model)-2*2*4*8*32
    table = compare_models(dict(dense=model, small=small), xb)
    assert table.multiply_adds['small']<table.multiply_adds['dense']

class Both(nn.Module):
    "A network of Hugging Face as fastai calls it, with one dict for all inputs."
    def __init__(self, net):
        super().__init__()
        self.net = net
    def forward(self, xb): return self.net(**xb) if isinstance(xb, dict) else self.net(xb)

@pytest.mark.parametrize('name', ['timm',weekly('bert'),weekly('gpt2')])
def test_transformers_in_a_learner(tmp_path, name):
    "Found or pruned, applied, saved, compressed, exported."
    model,xb = transformer(name)
    net = model if name=='timm' else Both(model)
    y = torch.arange(4)%2 if name!='gpt2' else xb['input_ids']
    batch = xb,y
    dls = DataLoaders(torch.utils.data.DataLoader([0]*2, batch_size=1, collate_fn=lambda o: batch),
                      torch.utils.data.DataLoader([0], batch_size=1, collate_fn=lambda o: batch))
    learn = Learner(dls, net, loss_func=CrossEntropyLossFlat(), path=tmp_path)
    ticket = pruned(learn, {'*': 50}, 'head')
    assert n_zeros(ticket.masks)==2*2*4*8*32
    back = Ticket.load(ticket.save(tmp_path/'t.safetensors'))
    back.apply(learn)
    assert_masked(learn.model, back.masks)
    quiet(learn, 1)
    ticket = Ticket.of(learn.model, back.masks)
    made = ships(learn, ticket, tmp_path, ('compressed','shrink+int8'))['shrink+int8']
    assert made.layers.cut.sum()==4 and made.report.difference['shrink']<1e-5

def test_transposed_convolutions_on_both_sides():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.ConvTranspose2d(8, 8, 2, 2), nn.ReLU(),
                        nn.Conv2d(8, 3, 1)).eval()
    masks = make_masks(prunable(net, 'filter'), {'*': 50, '4': 0})
    for k in ('0','2'): net.get_submodule(k).bias.data.abs_().neg_()    # what is dead gives zeros
    apply_masks(net, masks)
    x = torch.randn(2, 3, 8, 8)
    for exact in (False,True):
        small,cut = shrink(net, masks, x, exact)
        assert cut.cut.tolist()==[4,4] and small[2].weight.shape==(4,4,2,2)
        assert largest_difference(net, small, x)<1e-6
    net[0].bias.data.abs_()    # a constant that comes out differently between the strides
    assert shrink(net, masks, x, exact=True)[1].cut['0']==0
    small,cut = shrink(net, masks, x)
    assert cut.cut['0']==4 and 0<largest_difference(net, small, x)<.2*largest(net, x)

def test_recurrent_layers_are_refused_by_name():
    net = nn.Sequential(nn.LSTM(4, 8, batch_first=True))
    masks = make_masks(prunable(net, 'unit'), 50)
    with pytest.raises(ValueError, match=r"shrink can't cut recurrent layers, .*0 \(LSTM\)"):
        shrink(net, masks, torch.randn(2, 3, 4))
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn,self.fc1,self.fc2 = nn.GRU(4, 8, batch_first=True),nn.Linear(8, 8),nn.Linear(8, 2)
        def forward(self, x): return self.fc2(self.fc1(self.rnn(x)[0][:,-1]).relu())
    net = Net().eval()
    masks = {f'fc1.{n}': m for n,m in make_masks(prunable(net.fc1, 'filter'), 50).items()}
    masks |= {f'rnn.{n}': m for n,m in make_masks(prunable(net.rnn, 'unit'), 50).items()}
    apply_masks(net, masks)
    small,cut = shrink(net, masks, x := torch.randn(4, 3, 4))
    assert cut.stayed['rnn']=='a recurrent layer' and cut.cut['fc1']==4
    assert largest_difference(net, small, x)<1e-6

def test_inputs_by_name():
    net = nn.Linear(4, 2)
    both = nn.Bilinear(3, 4, 2)
    a,b = torch.randn(5, 3),torch.randn(5, 4)
    assert torch.equal(call(both, dict(input2=b, input1=a)), call(both, (a,b)))
    assert largest_difference(both, both, (a,b))==0
    with pytest.raises(ValueError, match='tensors with the same number of items'): compare_models({'a': both}, (a,b[:2]))

def test_a_siamese_network(tmp_path):
    "One encoder for two inputs, whose outputs are joined: nothing is cut wrongly, and what stays is named."
    class Siamese(nn.Module):
        def __init__(self):
            super().__init__()
            self.encoder = nn.Sequential(nn.Conv2d(3, 8, 3, 2), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 16, 3, 2), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
            self.head = nn.Sequential(nn.Linear(32, 16), nn.ReLU(), nn.Linear(16, 2))
        def forward(self, a, b): return self.head(torch.cat([self.encoder(a),self.encoder(b)], 1))
    torch.manual_seed(0)
    model,xb = Siamese().eval(),(torch.randn(4, 3, 16, 16),torch.randn(4, 3, 16, 16))
    masks = make_masks(prunable(model, 'filter'), {'*': 50, 'head.2': 0})
    apply_masks(model, masks)
    small,table = shrink(model, masks, xb)
    assert table.cut['encoder.0']==4 and table.cut['head.0']==8 and torch.allclose(small(*xb), model(*xb), atol=1e-5)
    assert table.cut['encoder.3']==8 or table.stayed['encoder.3']=='joined with outputs of the same layer'

@pytest.fixture(scope='module')
def language_model(tmp_path_factory):
    "A language model, which carries its hidden state from call to call, with its ticket."
    texts = pd.DataFrame(dict(text=[f'the film was {w} and so on' for w in ('good','bad','dull','fine')]*30))
    dls = TextDataLoaders.from_df(texts, path=tmp_path_factory.mktemp('lm'), text_col='text', is_lm=True, bs=8, seq_len=6)
    config = {**awd_lstm_lm_config,'emb_sz':16,'n_hid':24,'n_layers':2}
    learn = language_model_learner(dls, AWD_LSTM, config=config, pretrained=False)
    with learn.no_bar(), learn.no_logging(): ticket = learn.find_ticket(lambda l: l.fit(1, 3e-2), 50, n_rounds=1, seed=0)
    return learn,ticket

@pytest.mark.parametrize('how', ['compressed','sparse',weekly('onnx'),weekly('int8')])
def test_a_language_model_is_compared_from_the_same_state(tmp_path, language_model, how):
    learn,ticket = language_model
    made = ticket.deploy(learn, how, tmp_path/'f')
    with learn.no_bar(), learn.no_logging(): loss = float(learn.validate()[0])
    assert made.report.valid_loss['before']==pytest.approx(loss, rel=1e-5)
    if how in ('compressed','sparse'):
        assert made.report.difference[how]==0 and made.report.valid_loss[how]==pytest.approx(loss, rel=1e-5)
    else: assert made.report.difference[how]<(1e-3 if how=='onnx' else .5)
    assert any('begins as after model.reset()' in n for n in made.notes)==(how in ('onnx','int8'))
