"Fits whose layers compute with what is left: the same results within rounding, the same bits when resumed, no trace afterwards."
import pytest
from helpers import *
from fasterlth.core import layer_kernels, sparse_fit
from fasterlth.train import sparsify as sparsify_room
from fasterlth.train.training import Training

def dense_layers(learn): return not any('forward' in vars(m) for m in learn.model.modules())
def close(a, b, eps=1e-3): assert a.keys()==b.keys() and all(torch.allclose(a[n], b[n], rtol=eps, atol=eps) for n in a), max((a[n]-b[n]).abs().max() for n in a)

class Seen(Callback):
    "Note which layers compute with what is left, at each batch."
    order = MaskCallback.order+1
    def __init__(self): self.names = []
    def before_batch(self): self.names.append({n for n,m in self.model.named_modules() if 'forward' in vars(m)})

def ticket_of(learn, sparsity=90): return Ticket.of(learn.model, make_masks(prunable(learn.model), sparsity))

@pytest.mark.parametrize('opt', [Adam,SGD,partial(SGD, mom=.9),Lamb])
def test_a_ticket_trains_as_with_dense_kernels(opt):
    def fitted(kernels):
        learn = make_learner(opt_func=opt)
        ticket = ticket_of(learn)
        ticket.apply(learn, kernels=kernels)
        seen = Seen()
        quiet(learn, 2, cbs=seen)
        assert dense_layers(learn)
        assert_masked(learn.model, ticket.masks)
        return weights(learn.model),seen.names
    (a,none),(b,some) = fitted('dense'),fitted('sparse')
    close(a, b, 1e-2)
    assert not set().union(*none) and set().union(*some)=={'fc1','fc2'} and all(some)    # a 3×3 convolution has no gradients there

@pytest.mark.filterwarnings("ignore:kernels='sparse' has no effect:UserWarning")
@pytest.mark.parametrize('kernels', ['sparse','auto'])
@pytest.mark.parametrize('where', ['wrapped','in place','a layer'])
def test_compiled_layers_stay_dense_and_this_is_said(where, kernels):
    "torch.compile has made its own of them, so a kernel would be called by nobody. The wrapper is '', with a forward of its own."
    def fitted(kernels):
        learn,seen = make_learner(opt_func=SGD),Seen()
        net = learn.model
        ticket_of(learn).apply(learn, kernels=kernels)
        if where=='wrapped': learn.model = torch.compile(net, backend='eager')
        else: (net if where=='in place' else net.fc1).compile(backend='eager')
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter('always')
            quiet(learn, 1, cbs=seen)
        return weights(net),set().union(*seen.names)-{''},[str(o.message) for o in said if 'torch.compile computes it' in str(o.message)]
    (a,_,_),(b,some,said) = fitted('dense'),fitted(kernels)
    assert some<=(set() if where!='a layer' else {'fc2'})
    if kernels=='sparse': assert (some=={'fc2'})==(where=='a layer') and len(said)==(where!='a layer')
    if some: close(a, b)
    else: assert same(a, b)

@pytest.mark.parametrize('criteria', [l1_norm,snip,grasp,movement])
@pytest.mark.parametrize('schedule', [one_shot,iterative,dsd])
def test_a_schedule_prunes_as_with_dense_kernels(criteria, schedule):
    def fitted(kernels):
        learn = make_learner()
        cb = sparsify(80, criteria=criteria, schedule=schedule, kernels=kernels, lth=criteria is l1_norm, start_epoch=1)
        watch = Watch(cb)
        quiet(learn, 3, cbs=[cb,watch,seen := Seen()])
        assert dense_layers(learn) and watch.pruned
        return cb,seen.names
    (a,_),(b,some) = fitted('dense'),fitted('sparse')
    assert len(a.history)==len(b.history) and a.history.sparsity.equals(b.history.sparsity)
    if schedule is one_shot: assert same(a.masks, b.masks)
    assert {'fc1','fc2'} in some

@pytest.mark.parametrize('event', ['before_batch','after_pred','after_loss','after_backward','after_step','after_batch','after_epoch','before_validate'])
@pytest.mark.parametrize('error', [KeyboardInterrupt,ValueError,CancelFitException])
@pytest.mark.parametrize('added', [False,True])
def test_nothing_is_left_however_a_fit_ends(event, error, added):
    learn = make_learner(n=128)
    masks = make_masks(prunable(learn.model), 90)
    def stop(self): raise error('stop')
    cb = Callback(**{event: stop})
    cb.order = MaskCallback.order+1
    if added: learn.add_cb(MaskCallback(masks, 'sparse'))
    try: quiet(learn, 1, cbs=[cb] if added else [MaskCallback(masks, 'sparse'), cb])
    except error: pass
    assert dense_layers(learn)

def test_an_error_within_the_model():
    learn = make_learner(n=128)
    learn.add_cb(MaskCallback(make_masks(prunable(learn.model), 90), 'sparse'))
    calls = []
    def fails(*args):
        calls.append(1)
        if len(calls)==7: raise RuntimeError('out of luck')    # the first five are trials
    hook = learn.model.fc2.register_forward_hook(fails)
    with pytest.raises(RuntimeError, match='out of luck'): quiet(learn, 1)
    hook.remove()
    assert dense_layers(learn)

@pytest.mark.parametrize('kernels', ['sparse','auto'])
def test_a_forward_that_a_user_sets_within_a_fit_stays(kernels, by_chance):
    learn = make_learner(n=128, opt_func=SGD)
    ticket_of(learn).apply(learn, kernels)
    def mine(x): return F.linear(x, learn.model.fc1.weight, learn.model.fc1.bias)
    class Set(Callback):
        run_valid = False
        def after_batch(self): self.model.fc1.forward = mine
    quiet(learn, 1, cbs=Set())
    assert learn.model.fc1.forward is mine
    del learn.model.fc1.forward
    assert dense_layers(learn)

def test_validation_and_predictions():
    learn = make_learner(n=128)
    ticket_of(learn).apply(learn, 'sparse')
    quiet(learn, 1)
    with learn.no_bar(), learn.no_logging(): a,(b,_) = learn.validate(),learn.get_preds()
    assert dense_layers(learn)

@pytest.fixture
def by_chance(monkeypatch):
    "Measuring says now this, now that."
    said,real = [],sparse_fit.measure_kernels
    def measured(model, masks, xb, training, step):
        kernels = {n: k for n,k in layer_kernels.layer_kernels(model, masks).items() if not isinstance(k, str) and k.trains}
        chosen = dict([list(kernels.items())[len(said)%2]])
        said.append(list(chosen))
        return chosen,None
    monkeypatch.setattr(sparse_fit, 'measure_kernels', measured)
    return said

@pytest.mark.parametrize('kind', ['ticket','schedule','dynamic'])
def test_resumed_with_the_same_kernels(kind, by_chance, tmp_path, monkeypatch):
    "What was chosen before a training was killed is chosen again, whatever measuring says by then."
    monkeypatch.setattr(sparsify_room, '_few_batches', 0)
    def fit(moment=None, moments=None):
        learn = make_learner()
        cb = dict(ticket=lambda: MaskCallback(make_masks(prunable(learn.model), 90), 'auto'), dynamic=lambda: DynamicCallback(90, every=1., kernels='auto'),
                  schedule=lambda: sparsify(80, kernels='auto', start_epoch=1, end_epoch=2))[kind]()
        def keep(t):
            if moments is not None: moments.append((Snapshot.load(t.moment().save(tmp_path/str(len(moments)))),len(by_chance)))
        Training(learn, moment, on_epoch=keep)(lambda l: quiet(l, 4, cbs=cb))
        return weights(learn.model)
    moments = []
    want = fit(moments=moments)
    for m,n in moments[:-1]:
        pruned = kind!='schedule' or m.epoch>2    # for the last time
        by_chance[:] = [None]*(n+pruned)    # then measuring would say something else
        assert same(want, fit(m)), m

def test_masks_that_last_a_few_batches_stay_dense(by_chance):
    "Measuring for each would take longer than the training itself."
    quiet(make_learner(), 4, cbs=[cb := sparsify(95, kernels='auto', end_epoch=3)])
    assert len(by_chance)==1 and len(cb.history)>2 and cb.sparse.chosen

def test_measured_once_for_each_mask(by_chance, monkeypatch):
    monkeypatch.setattr(sparsify_room, '_few_batches', 0)
    learn = make_learner()
    ticket_of(learn).apply(learn, 'auto')
    quiet(learn, 3)
    assert len(by_chance)==1
    quiet(learn, 1)
    assert len(by_chance)==2
    by_chance.clear()
    quiet(make_learner(), 4, cbs=[cb := sparsify(95, kernels='auto')])
    assert len(by_chance)==sum(cb.history.sparsity>50)<len(cb.history)    # with more weights nothing would be gained

def test_moved_connections_are_not_measured_again(by_chance):
    "As many are left in each layer, so what was faster is faster."
    learn = make_learner()
    cb = DynamicCallback(90, every=1., kernels='auto')
    chosen = []
    class Look(Callback):
        order = DynamicCallback.order+1
        def after_batch(self): chosen.append(tuple(cb.sparse.names or ()))
    quiet(learn, 4, cbs=[cb,Look()])
    assert len(cb.history)>1 and len(by_chance)==1
    assert set(chosen)-{()}=={tuple(by_chance[0])}
    quiet(learn, 2, cbs=cb)    # of other batches, perhaps
    assert len(by_chance)==2

def test_frozen_layers_are_measured_as_they_train():
    learn = make_learner(model=nn.Sequential(nn.Sequential(nn.Flatten(), nn.Linear(64, 20), nn.ReLU()), nn.Linear(20, 10)), n=128)
    ticket = ticket_of(learn)
    ticket.apply(learn, 'auto')
    learn.model[0].requires_grad_(False)    # nothing in it has a gradient: neither weights nor inputs
    quiet(learn, 1)
    assert dense_layers(learn)
    assert_masked(learn.model, ticket.masks)

def test_wrong_names():
    learn = make_learner()
    for f in (lambda: MaskCallback({}, 'fast'), lambda: sparsify(kernels='fast'), lambda: ticket_of(learn).apply(learn, 'fast')):
        with pytest.raises(ValueError, match="kernels must be one of 'dense', 'sparse', 'auto'"): f()
    assert not any(isinstance(cb, MaskCallback) for cb in learn.cbs)

def test_exported_after_a_fit(tmp_path):
    learn = make_learner(n=128, path=tmp_path)
    ticket_of(learn).apply(learn, 'auto')
    quiet(learn, 1)
    with pytest.warns(UserWarning, match='keeps its MaskCallback'): learn.export('learner.pkl')

def two_epochs(l): l.fit(2)

@pytest.mark.parametrize('kernels', ['sparse','auto'])
def test_a_finder_goes_on_with_the_same_kernels(kernels, by_chance, tmp_path):
    "Killed after each epoch in turn; its history says what was chosen."
    def find(path=None, at=None):
        learn = stop(make_learner(n=128), at)
        f = LotteryTicketFinder(learn, 80, 2, seed=0, path=path, verbose=False, kernels=kernels)
        return f,f.find_winning_ticket(two_epochs)
    f,want = find()
    assert list(f.history.sparse_layers)==dict(sparse=['','fc1 fc2','fc1 fc2'], auto=['','fc1','fc2'])[kernels]
    assert want.about['kernels']==kernels
    for at in (1,3,5,7,9,11):    # of 12 batches
        by_chance[:] = [None]*(kernels=='sparse')
        with pytest.raises(KeyboardInterrupt): find(tmp_path/str(at), at)
        if at==11: by_chance.append(None)    # measuring would say something else now
        if at in (5,9) and kernels=='auto': by_chance.pop()    # in a round's first epoch, of which nothing is kept: measured again
        g,found = find(tmp_path/str(at))
        assert same(found.masks, want.masks) and same(weights(g.learn.model), weights(f.learn.model)) and g.history.equals(f.history), at
    with pytest.raises(ValueError, match='belongs to another experiment'): LotteryTicketFinder(make_learner(n=128), 80, 2, seed=0, path=tmp_path/'1', verbose=False).find_winning_ticket(two_epochs)

def test_a_study_with_sparse_kernels(tmp_path):
    def make(seed): return make_learner(seed, n=128)
    a,b = [LotteryStudy(make, lambda l: l.fit(2, 1e-2), 80, 1, ['random_mask'], 2, tmp_path/k, kernels=k).run(verbose=False).results for k in ('dense','sparse')]
    assert list(b.sparse_layers.fillna('').unique())==['','fc1 fc2'] and 'sparse_layers' not in a
    assert (a.valid_loss-b.valid_loss).abs().max()<1e-3

@pytest.mark.parametrize('room', ['measure_kernels','arranged'])
def test_what_to_do_where_layers_cannot_be_tried(room, monkeypatch):
    "The model's own error doesn't say it."
    def fails(*args, **kwargs): raise RuntimeError('the schedule is over')
    monkeypatch.setattr(sparse_fit, room, fails)
    learn,kernels = make_learner(),'auto' if room=='measure_kernels' else 'sparse'
    with pytest.raises(ValueError, match=f"kernels must be 'dense' for SmallNet, as '{kernels}' couldn't be tried on a batch: RuntimeError: the schedule"):
        quiet(learn, 2, cbs=MaskCallback(make_masks(learn.model, 95), kernels))
    assert dense_layers(learn)

@pytest.mark.parametrize('kernels', ['sparse','auto'])
def test_torchs_own_loaders(kernels):
    "They give lists."
    ds = [(torch.rand(1, 8, 8), i%10) for i in range(40)]
    loaders = [torch.utils.data.DataLoader(ds, 8) for _ in range(2)]
    learn = Learner(DataLoaders(*loaders), lenet_300_100(64, seed=0), CrossEntropyLossFlat())
    cb = MaskCallback(make_masks(learn.model, 95), kernels)
    quiet(learn, 1, cbs=cb)
    assert sparsity_of({n: p!=0 for n,p in learn.model.named_parameters() if n in cb.masks})>94.9
