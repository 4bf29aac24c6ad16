"Traps that other pruning libraries fell into: a numbered test for each."
import pickletools
import pytest
from helpers import *
from fastai.callback.fp16 import MixedPrecision


def counts(masks): return {n: int((~m).sum()) for n,m in masks.items()}

def test_01_ties_prune_exactly_k_and_always_the_same():
    net = nn.Sequential(nn.Linear(10, 10, bias=False), nn.Linear(10, 10, bias=False))
    for w in net.parameters(): nn.init.constant_(w, .5)
    for context in ('local','global'):
        with pytest.warns(UserWarning, match="'l1_norm' gives all groups of 0.weight, 1.weight the same score"):
            masks = make_masks(prunable(net), 37, context=context)
        assert sum(counts(masks).values())==74
        with pytest.warns(UserWarning, match='ties are pruned in index order'):
            again = make_masks(prunable(net), 37, context=context)
        assert all(torch.equal(masks[n], again[n]) for n in masks)

@pytest.mark.parametrize('dtype', [torch.bfloat16,torch.float16])
def test_01b_half_precision_does_not_drift(dtype):
    net = nn.Linear(300, 300).to(dtype)
    assert counts(make_masks(prunable(net), 33.33))=={'weight': 29997}

def test_02_more_elements_than_torch_quantile_accepts():
    net = nn.Linear(4200, 4100, bias=False)
    assert net.weight.numel()>2**24
    assert counts(make_masks(prunable(net), 90, context='global'))=={'weight': 15_498_000}

def test_03_the_same_target_twice_changes_nothing():
    net = SmallNet()
    layers = prunable(net)
    one = make_masks(layers, 40, random_score)
    for criterion in (l1_norm, random_score, partial(random_score, seed=5), small_final):
        two = make_masks(layers, 40, criterion, masks=one)
        assert all(torch.equal(one[n], two[n]) for n in one)

def test_03b_a_tied_parameter_is_one():
    class Tied(nn.Module):
        def __init__(self):
            super().__init__()
            self.emb,self.out = nn.Embedding(50, 8),nn.Linear(8, 50)
            self.out.weight = self.emb.weight
        def forward(self, x): return self.out(self.emb(x))
    net = Tied()
    masks = make_masks(prunable(net), 25)
    assert list(masks)==['emb.weight'] and counts(masks)=={'emb.weight': 100}
    apply_masks(net, masks)
    assert int((net.out.weight==0).sum())==100
    t = Ticket.of(net, masks)
    other = t.load_into(Tied())
    assert torch.equal(other.out.weight, net.out.weight)

def test_04_global_ranking_of_signed_scores_has_one_scale():
    net = nn.Sequential(nn.Linear(20, 20, bias=False), nn.Linear(20, 20, bias=False))
    init = {'0.weight': net[0].weight.detach()*3, '1.weight': net[1].weight.detach()/3}
    with pytest.warns(UserWarning, match='pruned as a whole: 0.weight'):
        masks = make_masks(prunable(net), 50, magnitude_increase, 'global', init=init, min_keep=0)
    assert counts(masks)=={'0.weight': 400, '1.weight': 0}    # what shrank is pruned before what grew

def test_04b_random_is_drawn_once():
    net,score = SmallNet(),random_score
    layers = prunable(net)
    masks = make_masks(layers, 50, score, 'global')
    flat = torch.cat([score(o.weight, n).flatten() for n,o in layers.items()])
    kept = torch.cat([masks[n].flatten() for n in layers])
    assert flat[kept].min()>flat[~kept].max()

def test_05_what_is_reported_is_what_the_masks_hold(learn, capsys):
    "8 filters can't be pruned by 30 %. 25 % is reported, everywhere."
    cb = sparsify(30, 'filter', layer_type=nn.Conv2d, schedule=one_shot, verbose=True)
    quiet(learn, 1, cbs=cb)
    assert cb.ticket.sparsity==cb.history.sparsity[0]==25
    assert learn.recorder.values[-1][-1]==25
    out = capsys.readouterr().out
    assert 'until a sparsity of 30%' in out
    assert 'Final Sparsity: 25.00%' in out and 'Sparsity at the end of epoch 0: 25.00%' in out

@pytest.mark.parametrize('dtype', [torch.float16,torch.bfloat16,torch.float64])
def test_06_masks_do_not_promote_weights(dtype):
    net = nn.Sequential(nn.Flatten(), nn.Linear(64, 10)).to(dtype)
    masks = make_masks(prunable(net), 50)
    apply_masks(net, masks)
    assert net[1].weight.dtype==dtype and masks['1.weight'].dtype==torch.bool
    learn = make_learner(model=net)
    cb = MaskCallback(masks)
    learn.add_cb(cb)
    cb.before_train()
    cb.after_step()
    held = {id(t): t for v in vars(cb).values() if isinstance(v, (tuple,list)) for ts in v for t in ts}
    weight,mask = held.values()    # as whole numbers of the weight's size, once
    assert weight.dtype==dtype and not mask.is_floating_point() and mask.element_size()==weight.element_size()

optimizers = dict(
    sgd=partial(SGD, mom=.9, wd=.1), adam=partial(Adam, wd=.1), rmsprop=partial(RMSProp, mom=.9),
    lamb=Lamb, radam=RAdam, ranger=ranger,
    wrap_sgd=partial(OptimWrapper, opt=torch.optim.SGD, momentum=.9, weight_decay=.1),
    wrap_adamw=partial(OptimWrapper, opt=torch.optim.AdamW),
    wrap_fused=partial(OptimWrapper, opt=torch.optim.AdamW, fused=True),
    wrap_foreach=partial(OptimWrapper, opt=torch.optim.Adam, foreach=True))

@pytest.mark.parametrize('name', optimizers)
@pytest.mark.parametrize('lth', [False,True])
def test_07_no_optimizer_revives_a_weight(name, lth):
    learn = make_learner(opt_func=optimizers[name])
    cb = sparsify(80, lth=lth, schedule=partial(iterative, n_steps=4))
    watch = Watch(cb)
    quiet(learn, 2, cbs=[cb, watch, GradientClip(.1)])
    assert watch.n==16 and watch.pruned
    assert_masked(learn.model, cb.masks)

@pytest.mark.parametrize('name', ['adam','wrap_adamw','sgd'])
def test_07b_the_state_under_the_mask_is_zero_after_a_rewind(name):
    learn,seen = make_learner(opt_func=optimizers[name]),[]
    cb = sparsify(70, lth=True, rewind_epoch=1, start_epoch=1, schedule=one_shot)
    class Look(Callback):
        def after_pred(self):
            if self.training and self.learn.epoch==1 and self.learn.iter==0:
                states = getattr(self.learn.opt, 'opt', self.learn.opt).state
                for n,m in cb.masks.items():
                    for t in states[self.learn.model.get_parameter(n)].values():
                        if isinstance(t, torch.Tensor) and t.shape==m.shape:
                            seen.append((bool(t[~m].any()),bool(t[m].any())))
    quiet(learn, 2, cbs=[cb, Look()])
    assert seen and not any(a for a,_ in seen) and all(b for _,b in seen)

def test_07c_norms_of_gradients_leave_pruned_weights_out():
    "Clipping scales by the norm of the sparse network's gradients only."
    learn,norms = make_learner(),[]
    cb = sparsify(90, schedule=one_shot)
    class Norm(Callback):
        order = GradientClip.order-1
        def before_step(self):
            ps = dict(self.learn.model.named_parameters())
            norms.append(any(bool(ps[n].grad[~m].any()) for n,m in cb.masks.items()))
    quiet(learn, 1, cbs=[cb, GradientClip(.1), Norm()])
    assert norms and not any(norms)

class HfConv1D(nn.Module):
    "Like Hugging Face's, whose weight is transposed."
    __module__,__qualname__ = 'transformers.pytorch_utils','Conv1D'
    def __init__(self, n_in, n_out):
        super().__init__()
        self.weight,self.bias = nn.Parameter(torch.randn(n_in, n_out)),nn.Parameter(torch.zeros(n_out))
    def forward(self, x): return x@self.weight+self.bias

class RMS(nn.Module):
    def __init__(self, n): super().__init__(); self.weight = nn.Parameter(torch.ones(n))
    def forward(self, x): return x*x.pow(2).mean(-1, keepdim=True).add(1e-6).rsqrt()*self.weight

def _flat(*layers): return nn.Sequential(nn.Flatten(), *layers)

class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.att,self.fc = nn.MultiheadAttention(8, 2, batch_first=True),nn.Linear(64, 10)
    def forward(self, x):
        x = x.view(-1,8,8)
        return self.fc(self.att(x, x, x, need_weights=False)[0].flatten(1))

class Recurrent(nn.Module):
    def __init__(self, cls=nn.LSTM):
        super().__init__()
        self.rnn,self.fc = cls(8, 12, num_layers=2, batch_first=True),nn.Linear(12, 10)
    def forward(self, x): return self.fc(self.rnn(x.view(-1,8,8))[0][:,-1])

class Embedded(nn.Module):
    def __init__(self): super().__init__(); self.emb,self.fc = nn.Embedding(64, 6),nn.Linear(6, 10)
    def forward(self, x): return self.fc(self.emb((x.flatten(1)>0).long()*torch.arange(64)).mean(1))

def _conv2d(norm, bias=True):
    return nn.Sequential(nn.Conv2d(1, 4, 3, bias=bias), norm, nn.Flatten(), nn.Linear(144, 10))

recurrent = ['rnn.weight_ih_l0','rnn.weight_hh_l0','rnn.weight_ih_l1','rnn.weight_hh_l1','fc.weight']
kinds = dict(
    linear=(lambda: _flat(nn.Linear(64, 20), nn.ReLU(), nn.Linear(20, 10)), ['1.weight','3.weight']),
    attention=(Attention, ['att.in_proj_weight','att.out_proj.weight','fc.weight']),
    lstm=(Recurrent, recurrent),
    gru=(partial(Recurrent, nn.GRU), recurrent),
    embedding=(Embedded, ['emb.weight','fc.weight']),
    rms=(lambda: _flat(nn.Linear(64, 20), RMS(20), nn.Linear(20, 10)), ['1.weight','3.weight']),
    hf=(lambda: _flat(HfConv1D(64, 20), nn.ReLU(), HfConv1D(20, 10)), ['1.weight','3.weight']),
    conv1d=(lambda: nn.Sequential(nn.Flatten(2), nn.Conv1d(1, 8, 5, stride=3), nn.Flatten(), nn.Linear(160, 10)),
            ['1.weight','3.weight']),
    conv3d=(lambda: nn.Sequential(nn.Unflatten(1, (1,1)), nn.Conv3d(1, 4, (1,3,3)), nn.Flatten(), nn.Linear(144, 10)),
            ['1.weight','3.weight']),
    transposed=(lambda: nn.Sequential(nn.ConvTranspose2d(1, 4, 3), nn.Flatten(), nn.Linear(400, 10)),
                ['0.weight','2.weight']),
    no_affine=(lambda: _conv2d(nn.BatchNorm2d(4, affine=False)), ['0.weight','3.weight']),
    no_stats=(lambda: _conv2d(nn.BatchNorm2d(4, track_running_stats=False), bias=False), ['0.weight','3.weight']))

@pytest.mark.parametrize('kind', kinds)
def test_08_layers_that_break_others(kind):
    make,names = kinds[kind]
    set_seed(0)
    learn = make_learner(model=make())
    keys = list(learn.model.state_dict())
    cb = sparsify(60, lth=True)
    watch = Watch(cb)
    quiet(learn, 3, cbs=[cb, watch])
    assert list(cb.masks)==names and watch.pruned and abs(cb.ticket.sparsity-60)<.1
    assert list(learn.model.state_dict())==keys
    assert_masked(learn.model, cb.masks)

def test_08b_weight_dropout_of_awd_lstm():
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        from fastai.text.models.awdlstm import AWD_LSTM
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn,self.fc = AWD_LSTM(16, 8, 12, 2, pad_token=0, weight_p=.3),nn.Linear(8, 10)
        def forward(self, x):
            self.rnn.reset()
            return self.fc(self.rnn((x.flatten(1)>0).long())[:,-1])
    learn = make_learner(model=Net())
    cb = sparsify(60, lth=True)
    quiet(learn, 3, cbs=cb)
    assert {'rnn.rnns.0.weight_hh_l0_raw','rnn.rnns.0.module.weight_ih_l0','rnn.encoder.weight'}<=set(cb.masks)
    assert_masked(learn.model, cb.masks)
    learn.model.eval()(learn.dls.one_batch()[0])
    used = learn.model.rnn.rnns[0].module.weight_hh_l0    # what the LSTM computed with
    assert not used[~cb.masks['rnn.rnns.0.weight_hh_l0_raw']].any()

def test_08c_computed_weights_are_left_dense_and_named():
    net = _flat(nn.utils.parametrizations.weight_norm(nn.Linear(64, 20)), nn.Linear(20, 10))
    with pytest.warns(UserWarning, match=r'left dense: 1.parametrizations.weight.original0 .*original1 .*'
                                         r'remove_parametrizations'):
        assert list(prunable(net))==['2.weight']
    with pytest.raises(ValueError, match='nothing to prune in Sequential.*parametrized'):
        prunable(net[:2])

def test_09_a_rewind_restores_batchnorm_as_it_was_not_its_defaults():
    learn = make_learner()
    quiet(learn, 2)    # "pretrained"
    def stats(): return [t.detach().clone() for t in (*learn.model.bn.parameters(), *learn.model.bn.buffers())]
    before = stats()
    cb = sparsify(50, schedule=one_shot, start_epoch=1, lth=True, reset_end=True)
    quiet(learn, 2, cbs=cb)
    assert all(torch.equal(a, b) for a,b in zip(before, stats()))
    assert learn.model.bn.running_mean.any()

def test_10_checkpoints_hold_the_models_own_keys(learn, tmp_path):
    plain = [*learn.model.state_dict()]
    quiet(learn, 1, cbs=sparsify())
    learn.path = tmp_path
    torch.save(learn.model.state_dict(), tmp_path/'a.pth')
    fresh = SmallNet()
    fresh.load_state_dict(torch.load(tmp_path/'a.pth'), strict=True)
    assert [*learn.model.state_dict()]==plain and not [b for b in dict(learn.model.named_buffers()) if 'mask' in b]
    assert all(not m._forward_pre_hooks and not m._forward_hooks for m in learn.model.modules())

def test_11_schedules_hold_no_state():
    results = []
    class Stop(Callback):
        def after_epoch(self): raise CancelFitException()
    for _ in range(2):
        learn = make_learner()
        cb = sparsify(60, schedule=iterative)
        quiet(learn, 3, cbs=[cb, Stop()])
        quiet(learn, 3, cbs=cb)
        results.append(cb.history.sparsity.tolist())
    assert results[0]==results[1] and len(results[0])==3

def test_12_a_ticket_is_no_pickle(learn, tmp_path):
    quiet(learn, 1, cbs=(cb := sparsify()))
    p = cb.ticket.save(tmp_path/'t.safetensors')
    data = p.read_bytes()
    with pytest.raises(Exception): list(pickletools.genops(data))
    assert b'__reduce__' not in data and int.from_bytes(data[:8], 'little')<len(data)

def test_13_a_crash_while_writing_leaves_the_old_file(learn, tmp_path, monkeypatch):
    t = Ticket.of(learn.model, make_masks(prunable(learn.model), 50))
    p = t.save(tmp_path/'t.safetensors')
    whole = p.read_bytes()
    def fails(*args): raise OSError('power cut')
    monkeypatch.setattr('os.replace', fails)
    with pytest.raises(OSError, match='power cut'): Ticket.of(SmallNet(), {}).save(p)
    assert p.read_bytes()==whole and [o.name for o in tmp_path.iterdir()]==['t.safetensors']

def test_15_a_layer_that_would_collapse_keeps_a_minimum_and_is_named():
    net = nn.Sequential(nn.Linear(30, 30), nn.Linear(30, 30))
    net[0].weight.data.mul_(1e-4)
    with pytest.warns(UserWarning, match=r'would have lost everything, and were kept at the minimum of 1: '
                                         r'0.weight \(keeps 1 of 900 groups\)'):
        masks = make_masks(prunable(net), 60, context='global')
    assert counts(masks)=={'0.weight': 899, '1.weight': 181}    # 1,080 in all
    with pytest.warns(UserWarning, match='minimum of 5'):
        masks = make_masks(prunable(net), 60, context='global', min_keep=5)
    assert counts(masks)=={'0.weight': 895, '1.weight': 185}
    with pytest.warns(UserWarning, match='would have lost everything'): masks = make_masks(prunable(net[:1]), 100)
    assert counts(masks)=={'0.weight': 899}

def test_15b_whole_layers_only_if_asked_for():
    net = nn.Sequential(*[nn.Linear(10, 10) for _ in range(4)])
    for i,l in enumerate(net): l.weight.data.fill_(i+1)
    with pytest.warns(UserWarning, match='pruned as a whole: 0.weight, 1.weight'):
        masks = make_masks(prunable(net, 'layer'), 50, context='global')
    assert list(counts(masks).values())==[100,100,0,0]
    with pytest.raises(ValueError, match="single group.*context='global'"): make_masks(prunable(net, 'layer'), 50)
