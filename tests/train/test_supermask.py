"Supermasks: weights never change, counts are exact, and scores are trained as in the paper."
import math
import pytest
from helpers import *
from fasterlth.train.training import Training

class WatchWeights(Callback):
    "Check at every forward pass that each weight is what was drawn, or zero, and note the counts."
    order = 10**7
    def __init__(self, cb): self.cb,self.seen = cb,[]
    def before_batch(self):
        ps = dict(self.learn.model.named_parameters())
        for n,m in self.cb.masks.items(): assert torch.equal(ps[n].detach(), self.cb.drawn[n]*m)
        self.seen.append([int(m.sum()) for m in self.cb.masks.values()])

@pytest.mark.parametrize('opt', [partial(SGD, mom=.9), Adam, partial(OptimWrapper, opt=torch.optim.SGD)])
def test_no_weight_is_trained_and_counts_are_exact(opt):
    cb = SupermaskCallback(70)
    watch = WatchWeights(cb)
    learn = make_learner(opt_func=opt)
    before = weights(learn.model)
    quiet(learn, 3, cbs=[cb, watch])
    assert {tuple(o) for o in watch.seen}=={(22,432,60)}
    for n,p in learn.model.named_parameters():
        if n in cb.masks: assert torch.equal(p.detach(), before[n]*cb.masks[n])
        else: assert torch.equal(p.detach(), before[n])
    assert same(learn.model.state_dict(), cb.ticket.start())

class EdgePopup(nn.Module):
    "A linear layer with trained scores, as the paper's code has it: the reference."
    def __init__(self, weight, scores, k):
        super().__init__()
        self.w,self.k,self.scores = weight,k,nn.Parameter(scores)
    def forward(self, x):
        s = self.scores.abs()
        mask = torch.zeros_like(s).view(-1).index_fill(0, s.view(-1).argsort(descending=True)[:self.k], 1.).view_as(s)
        return F.linear(x, self.w*(s+(mask-s).detach()))    # straight through

def test_scores_are_those_of_an_independent_implementation():
    torch.manual_seed(0)
    x,y = torch.randn(64, 6),torch.randint(0, 4, (64,))
    dls = DataLoaders.from_dsets(list(zip(x, y)), list(zip(x, y)), bs=16, shuffle=False, device='cpu')
    net = nn.Sequential(nn.Linear(6, 4, bias=False))
    learn = Learner(dls, net, CrossEntropyLossFlat(), opt_func=partial(OptimWrapper, opt=torch.optim.SGD), lr=.1, wd=0.)
    cb,w = SupermaskCallback(50),net[0].weight.detach().clone()
    first = AtFirst(lambda: cb.scores)
    quiet(learn, 2, cbs=[cb, first])
    ref = EdgePopup(w, first.seen['0.weight'], 12)
    opt = torch.optim.SGD(ref.parameters(), .1)
    for _ in range(2):
        for xb,yb in dls.valid:
            F.cross_entropy(ref(xb), yb).backward()
            opt.step()
            opt.zero_grad()
    assert torch.allclose(cb.scores['0.weight'], ref.scores.detach(), atol=1e-6)

def test_a_killed_fit_continues_with_the_same_bits():
    def train(l): quiet(l, 3)
    def ready(): return make_learner(cbs=SupermaskCallback(70))
    whole = ready()
    Training(whole)(train)
    killed,moments = ready(),[]
    training = Training(stop(killed, 12), on_epoch=lambda t: moments.append(t.moment()))
    with pytest.raises(KeyboardInterrupt): training(train)
    learn = ready()
    Training(learn, moments[-1])(train)
    assert same(weights(learn.model), weights(whole.model)) and same(learn.supermask.scores, whole.supermask.scores)

def test_a_failing_step_leaves_masked_weights():
    class Fail(Callback):
        order = 10**6+1
        def before_step(self):
            if self.iter==2: raise ValueError('stop')
    learn = make_learner()
    before,cb = weights(learn.model),SupermaskCallback(70)
    with pytest.raises(ValueError, match='stop'): quiet(learn, 1, cbs=[cb, Fail()])
    for n,m in cb.masks.items(): assert torch.equal(dict(learn.model.named_parameters())[n].detach(), before[n]*m)

def test_accumulated_gradients_make_one_step():
    cb = SupermaskCallback(70)
    watch = WatchWeights(cb)
    quiet(make_learner(bs=32), 2, cbs=[cb, watch, GradientAccumulation(64)])
    assert len({tuple(o) for o in watch.seen})==1

def test_budgets_and_layers_by_name():
    cb = SupermaskCallback(80, budget=erk)
    quiet(make_learner(), 1, cbs=cb)
    shapes = {n: tuple(m.shape) for n,m in cb.masks.items()}
    def rounded(by_layer): return {n: round(s, 4) for n,s in by_layer.items()}
    assert rounded(sparsity_by_layer(cb.masks))==rounded(erk(shapes, 80))
    cb = SupermaskCallback({'fc1': 80})
    quiet(make_learner(), 1, cbs=cb)
    assert [round(s) for s in sparsity_by_layer(cb.masks).values()]==[0,80,0]

def test_lr_find_and_validation_change_nothing():
    learn = make_learner(cbs=SupermaskCallback(50))
    before = weights(learn.model)
    with learn.no_bar(): learn.lr_find(show_plot=False, num_it=5)
    learn.validate()
    assert same(before, weights(learn.model))

def test_interrupted_while_the_scores_are_put_in_place():
    "The parameters never keep scores."
    learn,cb = make_learner(),SupermaskCallback(60)
    drawn = weights(learn.model)
    class Stops(dict):
        def __getitem__(self, k):
            if k=='fc2.weight': raise KeyboardInterrupt
            return super().__getitem__(k)
    class Swaps(Callback):
        def before_step(self): cb.scores = Stops(cb.scores)
    with pytest.raises(KeyboardInterrupt): quiet(learn, 1, cbs=[cb, Swaps()])
    for n,m in cb.masks.items(): assert torch.equal(learn.model.get_parameter(n), drawn[n]*m)

@pytest.mark.parametrize('cbs', [[],[GradientClip(.02)],[GradientAccumulation(128)],[GradientAccumulation(128),GradientClip(.02)]], ids=['plain','clip','accumulated','both'])
def test_the_norm_that_is_clipped_is_that_of_the_scores_gradients(cbs):
    "Against edge-popup in bare PyTorch, on the same batches."
    net = nn.Sequential(nn.Flatten(), nn.Linear(64, 30), nn.ReLU(), nn.Linear(30, 10))
    w,batches = weights(net),[]
    class Note(Callback):
        order = -5
        def before_batch(self):
            if self.training: batches.append((self.x.as_subclass(torch.Tensor).clone(),self.y.as_subclass(torch.Tensor).clone()))
    cb = SupermaskCallback(50)
    learn = make_learner(model=net, loss_func=nn.CrossEntropyLoss(), opt_func=partial(SGD, mom=.9))
    quiet(learn, 2, lr=.05, wd=0., cbs=[cb, Note(), *cbs])
    clip,n = any(isinstance(o, GradientClip) for o in cbs),2 if any(isinstance(o, GradientAccumulation) for o in cbs) else 1
    from fasterlth.train.supermask import initial_scores
    names = '1.weight','3.weight'
    scores = {k: initial_scores(w[k], k, 0) for k in names}
    first,sums,moms = dict(scores),{k: 0 for k in names},{k: 0 for k in names}
    for i,(x,y) in enumerate(batches):
        ss = {k: s.clone().requires_grad_() for k,s in scores.items()}
        def kept(k):
            a = ss[k].abs()
            mask = torch.zeros_like(a).view(-1).index_fill(0, a.detach().view(-1).argsort(descending=True)[:a.numel()//2], 1.).view_as(a)
            return w[k]*(a+(mask-a).detach())
        loss = F.cross_entropy(F.linear(F.relu(F.linear(x.flatten(1), kept('1.weight'), w['1.bias'])), kept('3.weight'), w['3.bias']), y)/n
        for k,g in zip(names, torch.autograd.grad(loss, list(ss.values()))): sums[k] = sums[k]+g
        if (i+1)%n: continue
        norm = torch.stack([g.norm() for g in sums.values()]).norm()
        for k in names:
            moms[k] = .9*moms[k]+sums[k]*(min(1., .02/float(norm+1e-6)) if clip else 1)
            scores[k] = scores[k]-.05*moms[k]
        sums = {k: 0 for k in names}
    for k in names:
        torch.testing.assert_close(cb.scores[k], scores[k], atol=1e-6, rtol=1e-4)
        assert (cb.scores[k]-first[k]).abs().max()>1e-4

def test_layers_that_are_frozen_in_the_middle_keep_their_scores():
    net = nn.Sequential(nn.Flatten(), nn.Linear(64, 30), nn.ReLU(), nn.Linear(30, 10))
    learn = make_learner(model=net, opt_func=partial(SGD, mom=0.), splitter=lambda m: [params(m[1]),params(m[3])])
    cb = SupermaskCallback(50)
    class Freeze(Callback):
        def before_epoch(self):
            if self.epoch==1: self.learn.freeze_to(1); self.first = {n: s.clone() for n,s in cb.scores.items()}
    freeze = Freeze()
    quiet(learn, 3, lr=.05, wd=0., cbs=[cb, freeze])
    assert {n: torch.equal(s, cb.scores[n]) for n,s in freeze.first.items()}=={'1.weight': True, '3.weight': False}

@pytest.mark.parametrize('constant', [False,True])
def test_a_second_fit_goes_on(constant):
    cb,learn = SupermaskCallback(70, constant=constant),make_learner()
    quiet(learn, 2, cbs=cb)
    drawn,scores = clone_tree(cb.drawn),clone_tree(cb.scores)
    first = AtFirst(lambda: cb.scores)
    quiet(learn, 1, cbs=[cb, WatchWeights(cb), first])
    assert same(cb.drawn, drawn) and same(first.seen, scores)
    for n,p in learn.model.named_parameters():
        if n in cb.masks: assert torch.equal(p!=0, cb.masks[n]&(drawn[n]!=0))
    quiet(make_learner(1), 1, cbs=[cb, first := AtFirst(lambda: cb.scores)])    # another network's are drawn anew
    assert not same(cb.drawn, drawn) and not same(first.seen, scores)

def test_a_diverged_fit_leaves_the_drawn_weights_and_a_callback_that_can_be_removed():
    learn,cb = make_learner(),SupermaskCallback(60)
    before,n = weights(learn.model),[0]
    def loss(pred, y):
        n[0] += 1
        return F.cross_entropy(pred, y)*(1 if n[0]<3 else math.nan)
    learn.loss_func = loss
    with pytest.raises(ValueError, match='supermask has diverged: .* NaN'): quiet(learn, 1, cbs=cb)
    assert cb not in learn.cbs and 'fit' not in vars(learn)
    for m,p in cb.masks.items(): assert torch.equal(dict(learn.model.named_parameters())[m], before[m]*p)
    learn.loss_func = F.cross_entropy
    quiet(learn, 1)
