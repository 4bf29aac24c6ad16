"Connections that move: exact counts at every step, the right ones, and a fit that can be resumed."
import math
import pytest
from helpers import *
from fasterlth.train.training import Training
from fasterlth.train.dynamic import moved

class CountAtEachStep(Callback):
    "Note at every forward pass and after every step how many weights each layer keeps, and check the others."
    order = 10**7
    def __init__(self, cb): self.cb,self.seen = cb,[]
    def _look(self):
        ps = dict(self.learn.model.named_parameters())
        for n,m in self.cb.masks.items(): assert not ps[n].detach()[~m].count_nonzero()
        self.seen.append({n: int(m.sum()) for n,m in self.cb.masks.items()})
    def before_batch(self):
        if self.training: self._look()
    def after_step(self): self._look()

optimizers = dict(sgd=partial(SGD, mom=.9), adam=Adam, torch_adamw=partial(OptimWrapper, opt=torch.optim.AdamW))

@pytest.mark.parametrize('grow', [rigl, set_])
@pytest.mark.parametrize('opt', optimizers)
def test_counts_are_exact_at_every_step(grow, opt):
    cb = DynamicCallback(80, grow, every='2it', drop=50, end_epoch=3)
    watch = CountAtEachStep(cb)
    learn = quiet(make_learner(opt_func=optimizers[opt]), 3, cbs=[cb, watch])
    shapes = {n: tuple(m.shape) for n,m in cb.masks.items()}
    want = {n: round(math.prod(s)*(1-p/100)) for (n,s),p in zip(shapes.items(), erk(shapes, 80).values())}
    n = sum(map(math.prod, shapes.values()))
    assert sum(want.values())==n-math.floor(.8*n+.5)
    assert len(watch.seen)==30 and all(o==want for o in watch.seen)
    assert list(cb.history.iteration)==[2,4,6,8,10,12,14] and (cb.history.moved>0).all()
    assert_masked(learn.model, cb.masks)

def test_the_share_that_moves_is_a_cosine():
    cb = DynamicCallback(80, set_, every='1it', drop=30, end_epoch=3, budget=None)
    quiet(make_learner(), 3, cbs=cb)
    assert list(cb.history.iteration)==list(range(1, 15))
    assert np.allclose(cb.history.share, [15*(1+math.cos(math.pi*t/15)) for t in range(1, 15)])
    assert cb.history.moved.iloc[0]>cb.history.moved.iloc[-1]

def test_a_callback_that_looks_at_gradients_changes_nothing():
    "Those of pruned weights say where to grow."
    def masks(*cbs):
        cb = DynamicCallback(70, rigl, every='3it', end_epoch=1)
        quiet(make_learner(), 1, cbs=[cb,*cbs])
        return cb.masks
    assert same(masks(), masks(Callback(after_backward=noop)))

def test_rigl_drops_the_smallest_and_grows_the_largest_gradients():
    "Against masks worked out beside the callback, in a layer of which the gradient is known."
    cb = DynamicCallback(70, rigl, every='3it', drop=40, end_epoch=1, budget=None)
    class Look(Callback):
        order = 10**6-1    # just before
        def after_backward(self):
            if self.iter!=3: return
            self.w,self.g,self.old = (o.clone() for o in (ps(self).data, ps(self).grad, cb.masks['fc1.weight']))
    class After(Callback):
        order = 10**6+1
        def after_backward(self):
            if self.iter==3: self.new,self.grad = cb.masks['fc1.weight'].clone(),ps(self).grad.clone()
    def ps(cb): return dict(cb.learn.model.named_parameters())['fc1.weight']
    look,after = Look(),After()
    learn = make_learner()
    learn.add_cb(GradientClip(1.))    # so that the gradients of pruned weights are zeroed, but only afterwards
    quiet(learn, 1, cbs=[cb, look, after])
    k = math.floor(.4*(1+math.cos(math.pi*3/5))/2*int(look.old.sum())+.5)
    order = look.w.abs().masked_fill(~look.old, math.inf).flatten().argsort()
    stay = look.old.flatten().clone()
    stay[order[:k]] = False
    grown = look.g.abs().flatten().masked_fill(stay, -1).argsort(descending=True)[:k]
    stay[grown] = True
    assert torch.equal(after.new.flatten(), stay) and not torch.equal(after.new, look.old)
    assert not after.grad[~after.new].any() and look.g[~look.old].any()

def test_any_mask_and_any_number_of_moves_keep_the_count():
    for i in range(200):
        torch.manual_seed(i)
        mask = torch.rand(5, 7)<torch.rand(())
        n = int(torch.randint(int(mask.sum())+1, ()))
        new = moved(mask, torch.randn(5, 7)*mask, torch.randn(5, 7).round(), n)
        assert new.sum()==mask.sum() and int((mask&~new).sum())<=n

def test_what_grows_begins_at_zero_without_momentum():
    cb = DynamicCallback(80, set_, every='2it', drop=50, end_epoch=3)
    class Look(Callback):
        order = 10**6+1
        def after_backward(self):
            for n,m in cb.masks.items():
                p = dict(self.learn.model.named_parameters())[n]
                new = m&~self.old[n] if hasattr(self, 'old') else m&False
                state = self.opt.state.get(p, {}).values()
                beside = [t for t in state if torch.is_tensor(t) and t.shape==p.shape]
                assert not p.detach()[new].any() and not any(t[new].any() for t in beside)
            self.old = {n: m.clone() for n,m in cb.masks.items()}
    quiet(make_learner(), 3, cbs=[cb, Look()])

@pytest.mark.parametrize('grow', [rigl, set_])
def test_the_same_seed_moves_the_same_connections(grow):
    runs = []
    for seed in (0,0,1):
        cb = DynamicCallback(80, grow, every='2it', seed=seed)
        quiet(make_learner(), 2, cbs=cb)
        runs.append(cb.masks)
    assert same(runs[0], runs[1]) and not same(runs[0], runs[2])

@pytest.mark.parametrize('at', [7,12])
def test_a_killed_fit_continues_with_the_same_bits(at):
    def train(l): quiet(l, 3)
    def ready(): return make_learner(cbs=DynamicCallback(80, rigl, every='2it'))
    whole = ready()
    Training(whole)(train)
    killed,moments = ready(),[]
    def keep(t): moments.append(t.moment())
    with pytest.raises(KeyboardInterrupt): Training(stop(killed, at), on_epoch=keep)(train)
    learn = ready()
    Training(learn, moments[-1])(train)
    assert same(weights(learn.model), weights(whole.model)) and same(learn.dynamic.masks, whole.dynamic.masks)
    assert learn.dynamic.history.equals(whole.dynamic.history)

def test_frozen_layers_stay_dense():
    learn = make_learner()
    for p in learn.model.conv.parameters(): p.requires_grad_(False)
    cb = DynamicCallback(80, every='2it')
    quiet(learn, 1, cbs=cb)
    assert 'conv.weight' not in cb.masks and abs(cb.ticket.sparsity-80)<.1
    for p in learn.model.parameters(): p.requires_grad_(False)
    with pytest.raises(ValueError, match='frozen'): quiet(learn, 1, cbs=cb)

def test_lr_find_and_validation_change_nothing():
    cb = DynamicCallback(80, every='2it')
    learn = make_learner(cbs=cb)
    before = weights(learn.model)
    with learn.no_bar(): learn.lr_find(show_plot=False, num_it=5)
    learn.validate()
    assert same(before, weights(learn.model)) and not cb.masks
    quiet(learn, 1)
    after = weights(learn.model)
    learn.validate()
    assert same(after, weights(learn.model))

def test_sparse_kernels_are_given_all_gradients_when_connections_move():
    cbs = [DynamicCallback(90, rigl, every='2it', kernels=k) for k in ('dense','sparse')]
    for cb in cbs: quiet(make_learner(model=lenet_300_100(64, seed=0)), 2, cbs=cb)
    assert list(cbs[0].history.iteration)==list(cbs[1].history.iteration)
    for n,m in cbs[0].masks.items(): assert mask_overlap({n: m}, {n: cbs[1].masks[n]})>.8    # last bits may differ

def test_accumulated_gradients_move_connections_once_they_are_there():
    cb = DynamicCallback(80, rigl, every='1it', end_epoch=3)
    quiet(make_learner(bs=32), 3, cbs=[cb, GradientAccumulation(64)])
    assert len(cb.history)==29 and set(cb.history.sparsity)=={cb.ticket.sparsity} and abs(cb.ticket.sparsity-80)<.1

def test_ac_dc_is_exactly_dense_or_sparse_and_ranks_all_weights_anew():
    cb = sparsify(80, schedule=partial(ac_dc, n_cycles=3), context='global')
    watch = CountAtEachStep(cb)
    quiet(make_learner(), 6, cbs=[cb, watch])
    n = sum(m.numel() for m in cb.masks.values())
    kept = [sum(o.values()) for o in watch.seen]
    assert set(kept)=={n,n-math.floor(.8*n+.5)} and kept[-1]<n
    assert len(cb.history)==5 and list(cb.history.target)==[80,0,80,0,80]

@pytest.mark.parametrize('every,n_moves', [('15it',2),('2it',20)])
@pytest.mark.parametrize('clip', [False,True])
def test_connections_move_by_the_gradient_of_a_whole_step(every, n_moves, clip):
    "Weights that are there and weights that may grow have gradients of the same batches, all of a step unless moves are closer than steps."
    class Net(nn.Module):
        def __init__(self): super().__init__(); self.a,self.b = nn.Linear(64, 20),nn.Linear(20, 10)
        def forward(self, x): return self.b(F.relu(self.a(x.flatten(1))))
    cb = DynamicCallback(80, rigl, every=every)
    class Total(Callback):
        "The gradients of all weights since the last step, made apart."
        order = -100
        def before_batch(self):
            if not self.training: return
            ps = dict(self.learn.model.named_parameters())
            gs = torch.autograd.grad(F.cross_entropy(self.learn.model(*self.xb), *self.yb)/4, list(ps.values()))
            if self.iter%4==0: self.n,self.sum = 0,{n: 0 for n in ps}
            self.n,self.sum = self.n+1,{n: self.sum[n]+g for n,g in zip(ps, gs)}
    total,seen = Total(),[]
    move = DynamicCallback._move
    def checked(self):
        for n in self.masks: torch.testing.assert_close(self._params()[n].grad.as_subclass(torch.Tensor), total.sum[n].as_subclass(torch.Tensor), atol=1e-6, rtol=1e-4)
        seen.append(total.n)
        move(self)
    learn = make_learner(model=Net(), bs=16, loss_func=nn.CrossEntropyLoss(), opt_func=SGD)
    with pytest.MonkeyPatch.context() as m:
        m.setattr(DynamicCallback, '_move', checked)
        quiet(learn, 3, cbs=[cb, GradientAccumulation(64), total, *[GradientClip(.5)]*clip])
    assert len(seen)>=n_moves and (set(seen)=={4})==(every=='15it')
    assert set(cb.history.sparsity)=={cb.ticket.sparsity}

@pytest.mark.parametrize('given', [False,True])
@pytest.mark.parametrize('grow', [rigl, set_])
def test_a_second_fit_goes_on(given, grow):
    learn = make_learner()
    masks = make_masks(learn.model, 80) if given else None
    cb = DynamicCallback(80, grow, every='2it', masks=masks)
    quiet(learn, 2, cbs=cb)
    ended,number,first = clone_tree(cb.masks),cb.number,AtFirst(lambda: cb.masks)
    quiet(learn, 2, cbs=[cb, first])
    assert same(first.seen, ended) and cb.number>number and not same(cb.masks, ended)
    quiet(make_learner(1), 1, cbs=[cb, first := AtFirst(lambda: cb.masks)])    # another network's begin anew
    assert not same(first.seen, ended) and (not given or same(first.seen, masks))

def test_both_phases_of_fine_tune():
    "Connections of the first go on, as far as layers share the sparsity otherwise in the second."
    learn = make_learner(splitter=lambda m: [[*m.conv.parameters(), *m.bn.parameters()], [*m.fc1.parameters(), *m.fc2.parameters()]])
    cb,begun,ended = DynamicCallback(80, every='2it'),[],[]
    class Ends(Callback):
        order = AtFirst.order
        def before_batch(self):
            if not self.train_iter: begun.append(clone_tree(cb.masks))
        def after_fit(self): ended.append(clone_tree(cb.masks))
    with learn.no_bar(), learn.no_logging(), learn.added_cbs([cb, Ends()]): learn.fine_tune(2, freeze_epochs=2)
    head,whole = ended[0],begun[1]
    assert set(head)=={'fc1.weight','fc2.weight'} and set(whole)=={*head,'conv.weight'}
    for n,m in head.items(): assert int((m&whole[n]).sum())==min(int(m.sum()), int(whole[n].sum()))

@pytest.mark.parametrize('wrap', [nn.DataParallel, partial(torch.compile, backend='eager')])
def test_wrapped_networks(wrap):
    torch.manual_seed(0)
    cbs = [DynamicCallback(80, every='2it') for _ in range(2)]
    for cb,model in zip(cbs, (SmallNet(), wrap(SmallNet()))):
        torch.manual_seed(1)
        for p in model.parameters(): nn.init.normal_(p, std=.1)
        learn = make_learner()
        learn.model = model
        quiet(learn, 2, cbs=cb)
    assert same(*[cb.masks for cb in cbs]) and len(cbs[1].history)

def test_a_fit_in_which_nothing_can_move_says_so():
    with pytest.warns(UserWarning, match=r"every='100it': no connection will move, as the first could at iteration 100, and they stay from iteration 11 of 15"):
        quiet(make_learner(), 3, cbs=DynamicCallback(80))
    quiet(make_learner(), 3, cbs=DynamicCallback(80, drop=0))    # as it is meant
