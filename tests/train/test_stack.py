"Replicas that are trained as one, against the same replicas trained alone, in float64."
import functools
from collections import namedtuple
from helpers import *
from fastai.callback.core import FetchPredsCallback
from fastai.callback.channelslast import ChannelsLast
from fastai.callback.rnn import ModelResetter
from fasterlth.core.pruner import Pruner
from fasterlth.core.tensors import model_tensors
from fasterlth.find.protocol import Protocol

from fasterlth.train.stack import replicas_moments, stack_moments

K,bs,n = 3,32,192    # six batches an epoch

def wide(dls):
    "Give loaders their numbers in float64."
    for dl in dls.loaders: dl.dataset.x = dl.dataset.x.double()
    return dls

@functools.cache
def digits(**kwargs): return wide(digits_dls(size=8, bs=bs, n=n, device=torch.device('cpu'), **kwargs))
def loaders(**kwargs): return deepcopy(digits(**kwargs))    # reading the file takes longer

def conv_net():
    # without a bias: before BatchNorm its gradient is nothing but rounding, which Adam divides by itself
    return nn.Sequential(nn.Conv2d(1, 6, 3, stride=2, bias=False), nn.BatchNorm2d(6), nn.ReLU(), nn.Flatten(), nn.Linear(54, 10))
class Small(SmallNet):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 8, 3, stride=2, bias=False)
def dropping(): return nn.Sequential(nn.Flatten(), nn.Linear(64, 20), nn.Dropout(.3), nn.ReLU(), nn.Dropout(.1), nn.Linear(20, 10))
nets = dict(lenet=lambda: lenet_300_100(64), conv=conv_net, dropout=dropping, small=Small)
opts = dict(adam=Adam, sgd=partial(SGD, mom=.9), torchs=partial(OptimWrapper, opt=torch.optim.AdamW))

def one_of(k, net='lenet', opt='adam', dls=loaders, metrics=accuracy, **kwargs):
    set_seed(k)
    model = nets[net]().double() if isinstance(net, str) else net().double()
    loss_func = kwargs.pop('loss_func', F.cross_entropy)    # fastai's losses compute in float32
    return Learner(dls(), model, loss_func, opt_func=opts.get(opt, opt), metrics=metrics, lr=1e-2, **kwargs)

def steps(learn, n_epoch=9):
    "Make 54 steps."
    with learn.no_bar(), learn.no_logging(): learn.fit_one_cycle(n_epoch, 1e-2)

def few(learn): steps(learn, 3)
def constant(learn, n_epoch=4): quiet(learn, n_epoch)

class OwnRecorder(Recorder):
    "fastai's own begins with a float32 number, which float64 losses don't fit."
    name = 'recorder'
    def before_fit(self):
        super().before_fit()
        self.smooth_loss.val = torch.tensor(0., dtype=torch.float64)

def own_recorder(learn):
    own = OwnRecorder(train_metrics=learn.recorder.train_metrics)
    return learn.remove_cb(Recorder).add_cb(own)

def alone(make, k, train):
    "Train a replica by itself."
    learn = seed_learner(own_recorder(make(k)), 10+k)
    train(learn)
    return learn

def stack_of(make, n=K): return stack_learners([make(k) for k in range(n)], [10+k for k in range(n)])

def check(make, train, tolerance=1e-10):
    "Train replicas together and alone, and compare everything."
    stack = stack_of(make)
    train(stack)
    for k in range(K):
        learn = alone(make, k, train)
        for name,t in model_tensors(learn.model).items():
            got = stack.tensors_of(k)[name]
            assert got.dtype==t.dtype and (got-t).abs().max()<tolerance, (k, name, (got-t).abs().max())
        want = [list(map(float, v)) for v in learn.recorder.values]
        assert np.allclose(want, stack.recorder.replicas[k], atol=1e-6, rtol=1e-6)    # metrics are of float32
    return stack

@pytest.mark.parametrize('net,opt', [(n,o) for n in ('lenet','conv','dropout') for o in ('adam','sgd')]+[('small','torchs')])
def test_one_cycle(net, opt): check(lambda k: one_of(k, net, opt), steps)

def test_constant_rate(): check(lambda k: one_of(k, 'small', 'sgd'), constant)
def test_weight_decay_spares_norms_and_biases(): check(lambda k: one_of(k, 'conv', 'sgd', wd=.5), constant)
def test_gradient_accumulation(): check(lambda k: one_of(k, cbs=GradientAccumulation(64)), few)
def test_clipping_is_by_each_replicas_norm(): check(lambda k: one_of(k, cbs=GradientClip(.05)), few)
def test_a_clip_of_the_fits_own(): check(one_of, lambda l: quiet(l, 3, cbs=GradientClip(.05)))

def test_a_clip_is_the_users_own_again(tmp_path):
    "Nothing of it is lost in a moment, and it clips an ordinary learner as ever."
    cb = GradientClip(.05)
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        t = Training(stack_of(one_of), on_epoch=lambda t: t.moment())
        t(lambda l: quiet(l, 1, cbs=cb))
    assert 'before_step' not in vars(cb)
    a,b = (alone(one_of, 0, lambda l, cb=cb: quiet(l, 1, cbs=cb)) for cb in (cb,GradientClip(.05)))
    assert same(weights(a.model), weights(b.model))

# Networks of other kinds

class Wide(nn.Module):
    "A linear layer in float64, with something before it in training."
    def __init__(self):
        super().__init__()
        self.fc,self.scale = nn.Linear(64, 10),1.
        self.register_buffer('mean', torch.zeros(64))
    def before(self, x): return x
    def forward(self, x): return self.fc(self.before(x.flatten(1)) if self.training else x.flatten(1)-self.mean)*self.scale
    def freeze_bias(self): self.fc.bias.requires_grad_(False)

class NewBuffer(Wide):
    "Puts a new tensor where the buffer was, instead of changing it."
    def before(self, x):
        self.mean = self.mean*.9+x.mean(0)*.1
        return x-self.mean
class DropsOfAll(Wide):
    "Draws by a tensor that is the same for all replicas."
    def before(self, x): return x*F.dropout(torch.ones(64, dtype=x.dtype), .3)*torch.bernoulli(torch.full((64,), .8, dtype=x.dtype))
class InPlace(Wide):
    def before(self, x): return F.dropout(x*1, .3, inplace=True)
class TwoNames(Wide):
    "Has a layer under two names."
    def __init__(self):
        super().__init__()
        self.first = self.again = nn.Linear(64, 64)
    def before(self, x): return self.again(F.relu(self.first(x)))
class Attentive(nn.Module):
    "Embeds whole numbers and attends; the embedding's weights are those of the last layer."
    def __init__(self):
        super().__init__()
        self.embed,self.attend,self.norm = nn.Embedding(17, 16),nn.MultiheadAttention(16, 2, batch_first=True),nn.LayerNorm(16)
        self.last = nn.Linear(16, 17, bias=False)
        self.last.weight = self.embed.weight
    def forward(self, x):
        h = self.embed((x.flatten(1)*4).round().long().clamp(0, 16))
        return self.last(self.norm(h+self.attend(h, h, h)[0]).mean(1))
others = [NewBuffer, DropsOfAll, InPlace, TwoNames, Attentive]

@pytest.mark.parametrize('net', others, ids=lambda o: o.__name__)
def test_other_networks(net): check(lambda k: one_of(k, net, wd=.1), lambda l: quiet(l, 3))

def test_what_is_set_on_the_network_is_read():
    class Rescale(Callback):
        def before_epoch(self): self.learn.model.scale = 1.+self.epoch
    check(lambda k: one_of(k, Wide, cbs=Rescale()), lambda l: quiet(l, 3))

def test_methods_and_layers_of_the_network():
    def train(learn):
        learn.model.freeze_bias()
        quiet(learn, 3)
    check(lambda k: one_of(k, Wide), train)
    def train(learn):
        learn.model[1].bias.requires_grad_(False)
        quiet(learn, 3)
    check(lambda k: one_of(k, 'dropout'), train)

def test_an_error_of_the_networks_own_is_raised_as_it_is():
    with pytest.raises(RuntimeError, match='shapes cannot be multiplied') as e:
        quiet(stack_of(lambda k: one_of(k, lambda: nn.Sequential(nn.Flatten(), nn.Linear(63, 10)))), 1)
    assert not isinstance(e.value, ValueError)

def test_frozen_layers_and_groups():
    def make(k): return one_of(k, 'conv', splitter=lambda m: [params(m[0])+params(m[1]), params(m[4])])
    def train(learn):
        with learn.no_bar(), learn.no_logging(): learn.fine_tune(2, 1e-2, freeze_epochs=2)
    check(make, train)

def test_a_callback_that_changes_rates():
    class Halve(Callback):
        def before_epoch(self):
            if self.epoch: self.opt.set_hyper('lr', self.opt.hypers[0]['lr']/2)
    check(lambda k: one_of(k, cbs=Halve()), constant)

def test_transforms_draw_as_alone():
    "A loader that doesn't only index is iterated beside the others."
    def noise(x:TensorImageBW): return (x+torch.randn_like(x)*random.random()+np.random.rand()).double()
    stack = check(lambda k: one_of(k, 'dropout', dls=lambda: loaders(after_batch=noise)), few)
    assert not stack.dls.train.shared

def test_torchs_own_loaders():
    def dls():
        x,y = (t.clone() for t in loaders().train.indexed_tensors())
        one = lambda **kwargs: torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, y), bs, **kwargs)
        return DataLoaders(one(shuffle=True), one())
    check(lambda k: one_of(k, dls=dls), few)

def test_learners_with_the_same_loaders():
    shared = loaders()
    check(lambda k: one_of(k, 'dropout', dls=lambda: shared), few)

def test_data_of_their_own():
    "Each replica has other images."
    stack = check(lambda k: one_of(k, dls=lambda: loaders(seed=int(torch.initial_seed()))), few)
    assert not stack.dls.train.shared

def test_all_kinds_of_metrics():
    def share(inp, targ): return (inp.argmax(-1)==targ).double().mean().item()    # vmap can't follow item()
    check(lambda k: one_of(k, 'small', metrics=[accuracy, share, F1Score(average='macro'), Perplexity()]), few)

def test_metrics_in_training():
    def make(k):
        learn = one_of(k)
        learn.recorder.train_metrics = True
        return learn
    check(make, lambda l: quiet(l, 3))

def test_losses_that_vmap_cant_follow():
    class Picky(nn.Module):
        def forward(self, p, y): return F.cross_entropy(p, y)*(2 if p.mean().item()>0 else 1)
    stack = check(lambda k: one_of(k, loss_func=Picky()), few)
    assert stack.loss_func.each.together is False

def masks_of(learn, k): return Pruner(context='global').step(learn.model, 60+10*k)

def test_masks_of_their_own():
    def make(k):
        learn = one_of(k, 'small')
        return Ticket.of(learn.model, masks_of(learn, k)).apply(learn)
    stack = check(make, few)
    for k in range(K):
        masks = stack.mask.masks
        assert all((stack.tensors_of(k)[m][~masks[m][k]]==0).all() for m in masks)
        assert sparsity_of({m: t[k] for m,t in masks.items()})==sparsity_of(masks_of(make(k), k))

def test_masks_after_pruning():
    "Pruned are the same weights as alone."
    stack = stack_of(lambda k: one_of(k, 'small'))
    few(stack)
    for k,l in enumerate(stack.unstack()):
        want = masks_of(alone(lambda k: one_of(k, 'small'), k, few), k)
        assert same(masks_of(l, k), want)

def test_it_leaves_learners_alone_until_unstacked():
    learners = [one_of(k, 'small') for k in range(K)]
    before = [weights(l.model) for l in learners]
    state = torch.get_rng_state()
    stack = stack_learners(learners, [0,1,2])
    few(stack)
    assert all(same(b, weights(l.model)) for b,l in zip(before, learners))
    assert torch.equal(state, torch.get_rng_state())
    stack.unstack()
    for k,l in enumerate(learners): assert same(weights(l.model), stack.tensors_of(k))

# Moments

@pytest.mark.parametrize('at', [0, 1, '9it'])
def test_a_replicas_snapshot_is_its_own(at):
    "Taken in a stack, it is what the replica has alone; from there replicas continue, alone and together."
    make = lambda k: one_of(k, 'small')
    stack = stack_of(make)
    t = Training(stack, at=at)(constant)
    own = replicas_moments(t.taken, stack.stack.taken_rngs)
    again = stack_learners([make(k) for k in range(K)])
    begin = stack_moments(own)
    begin.restore(again)
    again.stack.begin_at(own)
    Training(again, begin)(constant)
    for k in range(K):
        learn = seed_learner(own_recorder(make(k)), 10+k)
        ta = Training(learn, at=at)(constant)
        want = ta.taken
        assert own[k].model.keys()==want.model.keys()
        assert all((own[k].model[n]-want.model[n]).abs().max()<1e-10 for n in want.model)
        assert own[k].rng['python']==want.rng['python'] and torch.equal(own[k].rng['torch'], want.rng['torch'])
        assert own[k].rng['loaders']==want.rng['loaders'] and own[k].opt_is==want.opt_is
        assert (own[k].fit,own[k].epoch,own[k].batch)==(want.fit,want.epoch,want.batch)
        for n,t_ in model_tensors(learn.model).items(): assert (again.tensors_of(k)[n]-t_).abs().max()<1e-10
        other = own_recorder(make(k))
        Training(other, own[k])(constant)
        for n,t_ in model_tensors(learn.model).items(): assert (model_tensors(other.model)[n]-t_).abs().max()<1e-10

@pytest.mark.parametrize('epoch', [1,3])
def test_a_killed_training_continues(epoch, tmp_path):
    make = lambda k: one_of(k, 'small')
    whole = stack_of(make)
    Training(whole)(constant)
    class Killed(Exception): pass
    def kill(t):
        if t.epoch!=epoch: return
        t.moment().save(tmp_path/'m')
        raise Killed
    with pytest.raises(Killed): Training(stack_of(make), on_epoch=kill)(constant)
    again = stack_of(make)
    Training(again, Snapshot.load(tmp_path/'m'))(constant)
    assert same(weights(whole.model), weights(again.model))
    assert np.allclose(np.array(whole.recorder.replicas, dtype=float), np.array(again.recorder.replicas, dtype=float), atol=1e-12)

# Splitters, loaders, losses and metrics that look closer

def test_splitters_see_one_network():
    "One that keeps biases apart by their one axis, with another rate for each group."
    def by_axes(m): return [[p for p in m.parameters() if p.ndim>1], [p for p in m.parameters() if p.ndim==1]]
    def train(learn):
        with learn.no_bar(), learn.no_logging(): learn.fit_one_cycle(3, slice(1e-4,1e-1))
    check(lambda k: one_of(k, splitter=by_axes), train)
    check(lambda k: one_of(k, splitter=trainable_params), train)

def test_a_splitter_must_split_what_it_is_given():
    kept = lenet_300_100(64)
    stack = stack_of(lambda k: one_of(k))
    for l in stack.learners: l.splitter = lambda m: [params(kept)]
    with pytest.raises(ValueError, match='splitter must return parameters of the network'): quiet(stack, 1)

class Sums(nn.Module):
    "Of two inputs."
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(64, 10)
    def forward(self, a, b): return self.fc(a.flatten(1)+b.flatten(1))

def test_two_inputs_from_loaders_that_dont_say_how_many():
    def dls():
        x,y = (t.clone() for t in loaders().train.indexed_tensors())
        data = torch.utils.data.TensorDataset(x, x.flip(-1), y)
        return DataLoaders(DataLoader(data, bs=bs, shuffle=True), DataLoader(data, bs=bs))
    stack = check(lambda k: one_of(k, Sums, dls=dls), lambda l: quiet(l, 2))
    assert stack.dls.train.shuffle and stack.dls.train.n==n and not hasattr(stack.dls.train, 'one_batch')

def test_outputs_with_names_and_numbers():
    Out = namedtuple('Out', 'logits aux')
    class Named(Wide):
        def forward(self, x): return Out(super().forward(x), self.fc.weight.pow(2).mean())
    def loss(out, y): return F.cross_entropy(out.logits, y)+out.aux
    def acc(out, y): return accuracy(out.logits, y)
    check(lambda k: one_of(k, Named, loss_func=loss, metrics=acc), lambda l: quiet(l, 2))

class Notes(nn.Module):
    "A loss that counts its calls, and notes its parts for `LossMetrics`."
    def __init__(self): super().__init__(); self.n = 0
    def forward(self, p, y):
        self.n += 1
        self.fit,self.size = F.cross_entropy(p, y),p.pow(2).mean()
        return self.fit+.1*self.size*self.n

@pytest.mark.parametrize('own', [True,False])
def test_losses_that_note_something(own):
    "Also if the learners have one function."
    shared = Notes()
    def make(k): return one_of(k, loss_func=Notes() if own else shared, metrics=LossMetrics('fit,size'))
    stack = stack_of(make)
    constant(stack)
    for k in range(K):
        learn = alone(lambda k: one_of(k, loss_func=Notes(), metrics=LossMetrics('fit,size')), k, constant)
        assert np.allclose(learn.recorder.values, stack.recorder.replicas[k], atol=1e-6)

def test_losses_that_change():
    "A callback sets a loss's settings, and then another loss."
    class Change(Callback):
        def before_epoch(self):
            if self.epoch==2: self.learn.loss_func = F.cross_entropy
            else: self.learn.loss_func.label_smoothing = .1*(self.epoch+1)
    check(lambda k: one_of(k, loss_func=nn.CrossEntropyLoss(), cbs=Change()), lambda l: quiet(l, 3))

class Reads(Metric):
    "What a metric can read of a learner."
    def reset(self): self.vs = []
    def accumulate(self, learn):
        size = sum(p.detach().norm().item() for p in learn.model.parameters())
        self.vs.append([size, learn.epoch, learn.iter, learn.n_epoch, learn.loss.item(), learn.x.mean().item(), len(learn.y),
                        learn.opt.hypers[-1]['lr'], learn.dls.train.bs, learn.recorder.lrs[-1], float(learn.smooth_loss)])
    @property
    def value(self): return sum((i+1)*v for i,v in enumerate(np.mean(self.vs, 0)))

def test_metrics_that_read_the_learner(): check(lambda k: one_of(k, 'small', metrics=Reads()), lambda l: quiet(l, 2))

# What can't be stacked

refused = dict(
    EarlyStoppingCallback=lambda: EarlyStoppingCallback(), SaveModelCallback=lambda: SaveModelCallback(),
    ReduceLROnPlateau=lambda: ReduceLROnPlateau(), MixUp=lambda: MixUp(), SparsifyCallback=lambda: sparsify(),
    MixedPrecision=lambda: MixedPrecision(), ModelResetter=lambda: ModelResetter(), ChannelsLast=lambda: ChannelsLast(),
    TerminateOnNaNCallback=lambda: TerminateOnNaNCallback(), ActivationStats=lambda: ActivationStats(),
    FetchPredsCallback=lambda: FetchPredsCallback())

@pytest.mark.parametrize('name', refused)
def test_callbacks_are_refused_by_name(name):
    with pytest.raises(ValueError, match=name): stack_of(lambda k: one_of(k, cbs=refused[name]()))
    stack = stack_of(one_of)
    before = weights(stack.model)
    with pytest.raises(ValueError, match=name): quiet(stack, 1, cbs=refused[name]())
    assert same(before, weights(stack.model))

class Flips(Callback):
    "Would flip the replicas: they have the second axis."
    def before_batch(self): self.learn.xb = (self.xb[0].flip(1),)
class FlipsInPlace(Callback):
    def before_batch(self): self.xb[0].copy_(self.xb[0].flip(2))
class Softens(Callback):
    def after_pred(self): self.learn.pred = self.pred.softmax(1)
class Penalty(Callback):
    "Is the norm of all replicas' weights, and next to nothing beside the loss."
    def after_loss(self):
        if self.training: self.learn.loss_grad = self.loss_grad+1e-6*sum(p.norm() for p in self.model.parameters())
class Noise(Callback):
    def before_batch(self): self.learn.xb = (self.xb[0]+torch.randn_like(self.xb[0]),)
class Scales(Callback):
    "Draws one number for all replicas."
    def before_batch(self): self.learn.xb = (self.xb[0]*random.random(),)
class Normalizes(Callback):
    "By the norm of a gradient, the optimizer's way."
    def after_backward(self):
        for p,*_ in self.opt.all_params(with_grad=True): p.grad /= p.grad.norm()
class Centers(Callback):
    def before_step(self):
        for p in self.learn.model.parameters(): p.grad -= p.grad.mean(0)
class Rescales(Callback):
    def after_step(self):
        with torch.no_grad():
            for p in self.learn.model.parameters(): p /= p.norm()
class Late(Callback):
    "Doesn't know what to do with one replica, whose items have three axes."
    def before_batch(self): self.learn.xb = (self.xb[0].permute(0, 1, 2, 3, 4)*2,)
changing = dict(xb=[Flips,FlipsInPlace,Noise,Scales], pred=[Softens], loss_grad=[Penalty], gradients=[Normalizes,Centers],
                weights=[Rescales], alone=[Late])

@pytest.mark.parametrize('what,cb', [(k,cb) for k,cbs in changing.items() for cb in cbs])
def test_callbacks_that_do_otherwise_than_alone_are_refused_by_name(what, cb):
    stack = stack_of(lambda k: one_of(k, cbs=[BnFreeze(), cb()]))
    before,state = weights(stack.model),torch.get_rng_state()
    with pytest.raises(ValueError, match=f"can't have {cb.__name__} in a stack .*{what}"): quiet(stack, 1)
    assert what=='weights' or same(before, weights(stack.model))
    assert cb is Noise or torch.equal(state, torch.get_rng_state())
    assert '_call_one' not in vars(stack)

def test_a_callback_given_as_functions_is_refused():
    def flip(self): self.learn.xb = (self.xb[0].flip(1),)
    with pytest.raises(ValueError, match="can't have Callback in a stack of replicas, as its before_batch changes xb"):
        quiet(stack_of(one_of), 1, cbs=Callback(before_batch=flip))

class Counts(Callback):
    "Acts by what it has counted, sets rates, and does everything by elements."
    def __init__(self): self.n,self.seen = 0,[]
    def before_batch(self):
        self.n += 1
        self.seen.append(self.n)
        self.learn.xb = (self.xb[0]*(1+1/self.n),)
    def after_pred(self): self.learn.pred = self.pred.clamp(-5, 5)
    def after_loss(self):
        if self.training: self.learn.loss_grad = 2*self.loss_grad+.1*sum(p.pow(2).sum() for p in self.model.parameters())
    def after_backward(self):
        for p in self.learn.model.parameters(): p.grad.clamp_(-.1, .1)
    def before_step(self):
        for p,*_ in self.opt.all_params(with_grad=True): p.grad.mul_(.9)
        self.opt.set_hyper('lr', self.opt.hypers[0]['lr']*.95)
    def after_step(self):
        with torch.no_grad():
            for p in self.learn.model.parameters(): p.clamp_(-1, 1)

@pytest.mark.parametrize('opt', ['sgd','torchs'])
def test_callbacks_that_do_what_they_do_alone_stay(opt):
    "They are called as often as alone, and steps are the same."
    stack = check(lambda k: one_of(k, 'conv', opt, cbs=[Counts(), GradientAccumulation(64)]), lambda l: quiet(l, 2))
    assert stack.counts.n==len(stack.counts.seen)==2*(len(stack.dls.train)+len(stack.dls.valid))

def test_callbacks_that_say_they_may():
    class Doubles(Callback):
        in_stacks = True
        def before_batch(self): self.learn.xb = (self.xb[0]*torch.tensor([1.,2.,3.]).view(1, 3, 1, 1, 1).double(),)
    quiet(stack_of(lambda k: one_of(k, cbs=Doubles())), 1)

def test_lr_find_is_refused():
    with pytest.raises(ValueError, match='LRFinder'), stack_of(one_of).no_bar() as stack: stack.lr_find(show_plot=False)

@pytest.mark.parametrize('opt', [Lamb, Larc, partial(OptimWrapper, opt=torch.optim.LBFGS)])
def test_optimizers_are_refused_by_name(opt):
    with pytest.raises(ValueError, match="opt_func can't train a stack"): stack_of(lambda k: one_of(k, opt=opt))

def test_models_are_refused_with_vmaps_reason():
    class Picky(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(64, 10)
        def forward(self, x): return self.fc(x.flatten(1)*(2 if x.mean().item()>0 else 1))
    stack = stack_of(lambda k: one_of(k, Picky))
    before = weights(stack.model)
    with pytest.raises(ValueError, match=r"Picky can't be stacked, as torch.func.vmap can't follow it: .*item"): quiet(stack, 1)
    assert same(before, weights(stack.model))

def test_loaders_that_cant_be_indexed():
    class Stream(torch.utils.data.IterableDataset):
        def __iter__(self): yield from zip(*loaders().train.indexed_tensors())
    def dls(): return DataLoaders(DataLoader(Stream(), bs=bs, n=n), DataLoader(Stream(), bs=bs, n=n))
    with pytest.raises(ValueError, match='data that can be indexed'):
        stack_of(lambda k: one_of(k, dls=dls))

other = dict(
    wd=lambda: one_of(1, wd=.3), metrics=lambda: one_of(1, metrics=error_rate), model=lambda: one_of(1, 'conv'),
    callbacks=lambda: one_of(1, cbs=GradientClip()), bs=lambda: one_of(1, dls=lambda: wide(digits_dls(size=8, bs=16, n=n))),
    opt_func=lambda: one_of(1, opt=partial(SGD, mom=.5)), drop_last=lambda: one_of(1, dls=not_dropping),
    layers=lambda: one_of(1, tanh_net), groups=lambda: one_of(1, splitter=lambda m: [params(m.fc1), params(m)[2:]]),
    frozen=lambda: frozen(one_of(1)), dtype=lambda: single(one_of(1)))

def not_dropping():
    dls = loaders()
    dls.train.drop_last = not dls.train.drop_last
    return dls
def tanh_net():
    net = lenet_300_100(64)
    net.act1 = nn.Tanh()
    return net
def frozen(learn):
    learn.model.fc1.weight.requires_grad_(False)
    return learn
def single(learn):
    learn.model.float()
    return learn

@pytest.mark.parametrize('what', other)
def test_learners_must_be_alike(what):
    with pytest.raises(ValueError, match=what): stack_learners([one_of(0), other[what]()])

def test_callbacks_must_have_the_same_settings():
    with pytest.raises(ValueError, match='GradientClip'):
        stack_learners([one_of(k, cbs=GradientClip(.1*(k+1))) for k in range(2)])
    stack_learners([one_of(k, cbs=CSVLogger(f'{k}.csv')) for k in range(2)])

@pytest.mark.parametrize('what', ['get_preds','predict','show_results','summary','export'])
def test_what_is_for_one_network_says_so(what):
    with pytest.raises(ValueError, match=f'{what} is for one network: call unstack'): getattr(stack_of(one_of), what)()

def test_bfloat16_normalises_in_the_precision_of_the_statistics():
    "MixedPrecision is for GPUs: here is autocast as it would be."
    class Cast(Callback):
        order = 10
        def before_batch(self):
            self.lower = torch.autocast('cpu', torch.bfloat16)
            self.lower.__enter__()
        def after_pred(self): self.learn.pred = self.pred.float()
        def after_loss(self): self.lower.__exit__(None, None, None)
    def make(k):
        set_seed(k)
        return Learner(digits_dls(size=8, bs=bs, n=n, device=torch.device('cpu')), conv_net(), metrics=accuracy, cbs=Cast())
    stack = stack_of(make)
    quiet(stack, 3, lr=1e-2)
    for k in range(K):
        learn = quiet(seed_learner(make(k), 10+k), 3, lr=1e-2)
        assert abs(learn.recorder.values[-1][1]-stack.recorder.replicas[k][-1][1])<.05

class Tokens(nn.Module):
    "Dropout of tensors that don't lie in memory in the order of their axes."
    def __init__(self):
        super().__init__()
        self.conv,self.out = nn.Conv2d(1, 8, 4, 4),nn.Linear(8, 10)
    def forward(self, x):
        x = self.conv(x).flatten(2).transpose(1, 2)
        x = F.dropout(x, .3, self.training)
        return self.out((x+.1*torch.randn_like(input=x)).mean(1) if self.training else x.mean(1))
class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer,self.out = nn.TransformerEncoderLayer(16, 4, 32, .2, batch_first=True),nn.Linear(16, 10)
        self.layer.self_attn.dropout = 0.
    def forward(self, x): return self.out(self.layer(x.reshape(len(x), 4, 16)).mean(1))
class Scaled(nn.Module):
    "A parameter without axes."
    def __init__(self):
        super().__init__()
        self.layers,self.scale = lenet_300_100(64),nn.Parameter(torch.tensor(1.))
    def forward(self, x): return self.layers(x)*self.scale

@pytest.mark.filterwarnings('ignore:There is a performance drop')    # of torch, in attention
@pytest.mark.parametrize('net', [Tokens, Encoder])
def test_numbers_are_drawn_in_the_order_of_memory(net): check(lambda k: one_of(k, net, 'sgd'), few)
def test_clipping_with_a_parameter_without_axes(): check(lambda k: one_of(k, Scaled, cbs=GradientClip(.05)), few)

def test_loaders_that_look_at_an_item_at_their_first_batch():
    "fastai's own, over items in a list, with a random transform."
    class Noise(Transform):
        order = 0
        def encodes(self, x:torch.Tensor): return x+.1*torch.randn_like(x) if x.ndim>2 else x
    def own():
        items = [list(zip(*dl.dataset.tensors)) for dl in digits().loaders]
        return DataLoaders(TfmdDL(items[0], bs=bs, shuffle=True, after_item=[Noise()], device='cpu'), TfmdDL(items[1], bs=bs, device='cpu'))
    check(lambda k: one_of(k, 'lenet', 'sgd', dls=own), few)
