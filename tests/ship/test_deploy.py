"One call ships a trained ticket, measures what that brings, and leaves the learner as it was."
import warnings
import pytest
from networks import *
from fasterlth.train.randomness import random_states
from fasterlth.ship.measure import largest_difference
from fasterlth.ship.compressed import load_compressed
from fasterlth.ship.semi_structured import has_semi_structured
from fasterlth.ship.deploy import Deployed
from fasterlth.ship.onnx_model import OnnxModel
from fasterlth.core.sparse_files import load_sparse


def states_of(learn):
    states = random_states(learn.dls)
    return repr({k: v.tolist() if isinstance(v, torch.Tensor) else v for k,v in states.items()})

@pytest.mark.parametrize('how', ['shrink','compressed','int8','shrink+onnx'])
def test_deploy(tmp_path, how):
    learn,ticket = trained()
    before,states,cbs = weights(learn.model),states_of(learn),list(learn.cbs)
    learn.model.train()
    made = ticket.deploy(learn, how, **(dict(path=tmp_path/'a'/'f') if how!='shrink' else {}))
    assert isinstance(made, Deployed) and same(before, weights(learn.model)) and learn.model.training
    assert states==states_of(learn) and cbs==list(learn.cbs)
    r,steps = made.report,how.split('+')
    dense = ['onnx'] if how in ('int8','shrink+onnx') else []    # ONNX without the other steps, where it is on the way
    assert r.index.tolist()==['before', *dense, *('+'.join(steps[:i+1]) for i in range(len(steps)))]
    assert r.columns.tolist()==['parameters','nonzero','bytes','multiply_adds','latency_ms','difference','accuracy']
    assert r.accuracy['before']==learn.validate()[1] and r.difference['before']==0
    assert (r.latency_ms>0).all() and r.nonzero['before']<r.parameters['before']
    x,y = learn.dls.valid_ds.x,learn.dls.valid_ds.y
    assert abs(r.accuracy.iloc[-1]-(made(x).argmax(1)==y).float().mean())<1e-6    # the product's own
    assert r.difference.iloc[-1]==pytest.approx(largest_difference(learn.model.eval(), made, x[:64]), abs=1e-5)
    text = repr(made)+made._repr_html_()
    assert "zeros don't speed up dense kernels" in text and 'one thread' in text
    assert "isn't part of the product" in text and how in text
    if how!='shrink':
        assert made.path==tmp_path/'a'/'f' and r.bytes.iloc[-1]==made.path.stat().st_size
        assert files(made.path.parent)==['f']
    if 'shrink' in how:
        assert r.multiply_adds['shrink']<r.multiply_adds['before'] and r.parameters['shrink']<r.parameters['before']
        assert made.layers.cut.sum()==14
    if how=='shrink+onnx':
        assert abs(r.difference[how]-r.difference['shrink'])<1e-4 and r.accuracy[how]==r.accuracy['shrink']
    if how=='compressed':
        assert any('times smaller' in n for n in made.notes)
        assert r.difference[how]==0 and r.accuracy[how]==r.accuracy['before']
        assert isinstance(made.model, nn.Module) and same(load_compressed(made.path).start(), before)
        assert r.nonzero[how]==r.nonzero['before']

def test_deploy_takes_options_a_batch_and_the_loss(tmp_path):
    learn,ticket = trained(metrics=[])
    made = ticket.deploy(learn, 'shrink+int8', tmp_path/'q', xb=learn.dls.valid_ds.x[:1], threads=2,
                         exact=True, n_batches=1, reduce_range=True)
    assert made.report.columns[-1]=='valid_loss'
    assert made.report.valid_loss['before']==pytest.approx(learn.validate()[0])
    assert 'a batch of 1,' in made.notes[0] and '2 threads' in made.notes[0]
    assert max(int(t.abs().max()) for t in made.model.weights.values() if t.dtype==torch.int8)==64

def test_sparse_kernels_are_measured_with_one_thread_and_with_all(tmp_path):
    net = nn.Sequential(nn.Flatten(), nn.Linear(64, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10))
    learn,ticket = trained('weight', 95, model=net)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        made = ticket.deploy(learn, 'sparse', tmp_path/'net.safetensors')
        assert torch.get_num_threads()==2
    finally: torch.set_num_threads(before)
    assert made.report.columns.tolist()[4:6]==['latency_ms','latency_ms_2_threads']
    assert (made.report[['latency_ms','latency_ms_2_threads']]>0).all(axis=None)
    r = made.report
    assert r.parameters['sparse']<=r.parameters['before'] and r.multiply_adds['sparse']<=r.multiply_adds['before']
    assert {*made.layers.kernel}<={'sparse','dense'} and made.report.bytes['sparse']==made.path.stat().st_size
    loaded = load_sparse(made.path, learn.model)
    assert largest_difference(loaded, learn.model.eval(), learn.dls.valid_ds.x[:64])<1e-4

def test_deploy_says_what_stayed():
    skip,t = trained(model=small_resnet(8, n_ch=1, width=8, seed=0), sparsity={'*': 50, 'fc': 0})
    notes = t.deploy(skip, 'shrink').notes
    assert any('dead filters stayed' in n and 'added to a live one' in n for n in notes)

def found_ticket(learn):
    finder = LotteryTicketFinder(learn, {'*': 50, 'fc2': 0}, n_rounds=1, granularity='filter', seed=0, verbose=False)
    return finder.find_winning_ticket(lambda l: l.fit(1))

def test_deploy_takes_what_a_finder_has_found():
    learn = make_learner()
    assert found_ticket(learn).deploy(learn, 'shrink').layers.cut.sum()==14

def test_deploy_warns_of_what_is_not_trained(tmp_path):
    learn = make_learner()
    ticket = found_ticket(learn)
    ticket.apply(learn)
    with pytest.warns(UserWarning, match='learn holds the weights that the ticket begins with'):
        ticket.deploy(learn, 'compressed', tmp_path/'f')
    quiet(learn, 1)
    made = ticket.deploy(learn, 'shrink')    # a warning would be an error here
    assert any('padded borders' in n for n in made.notes)==(made.report.difference['shrink']>1e-3)

@pytest.mark.parametrize('how,kwargs,error,text', [
    ('prune', {}, ValueError, "how must be one of 'shrink', .*'shrink\\+int8', not 'prune'"),
    ('onnx+int8', {}, ValueError, 'how must be one of'),
    (None, {}, ValueError, 'how must be one of'),
    (['shrink'], {}, ValueError, 'how must be one of'),
    ('onnx', {}, ValueError, "path must name the file that 'onnx' makes"),
    ('shrink', dict(path='x'), ValueError, "path must be None: 'shrink' makes a network"),
    ('shrink', dict(dynamic=True), TypeError, "'shrink' takes exact, not dynamic"),
    ('compressed', dict(path='x', exact=True), TypeError, 'takes no options, not exact'),
    ('int8', dict(path='x', n_batches=0), ValueError, 'n_batches must be .* not 0'),
    ('2:4', {}, ValueError, "can't be 2:4|isn't 2:4")])
def test_deploy_refuses(tmp_path, monkeypatch, how, kwargs, error, text):
    monkeypatch.chdir(tmp_path)
    learn,ticket = trained()
    with pytest.raises(error, match=text): ticket.deploy(learn, how, **kwargs)
    assert not files(tmp_path)

def test_deploy_refuses_what_does_not_fit(tmp_path):
    learn,ticket = trained('weight')
    with pytest.raises(ValueError, match='prune no whole filter.*save_compressed'): ticket.deploy(learn, 'shrink')
    with pytest.raises(ValueError, match="conv.weight of shape .8, 1, 3, 3. is pruned, and can't be 2:4"):
        ticket.deploy(learn, '2:4')
    with pytest.raises(TypeError, match='learn must be a Learner, not SmallNet'): ticket.deploy(learn.model, 'shrink')
    with pytest.raises(ValueError, match='ticket'): ticket.deploy(make_learner(model=lenet_300_100()), 'shrink')
    untrained = (r"learn doesn't hold the trained ticket: \d+ of the 36 weights that it prunes in conv.weight "
                 r"aren't zero.*ticket.apply")
    with pytest.raises(ValueError, match=untrained): ticket.deploy(make_learner(), 'compressed', tmp_path/'f')
    learn,ticket = trained({'fc1': '2:4'}, 50)
    text = r"no layer can be converted to 2:4: fc1.weight .shape: must be multiples of .16, 16"
    with pytest.raises(ValueError, match=text): ticket.deploy(learn, '2:4')
    assert not files(tmp_path)

@pytest.mark.skipif(has_semi_structured(), reason='there is a GPU that has it')
def test_deploy_says_that_the_hardware_is_missing():
    learn,t = trained({'1': '2:4'}, 50, model=linear())
    with pytest.raises(RuntimeError, match='2:4 needs an NVIDIA GPU.* 1 of 1 layers would be converted'):
        t.deploy(learn, '2:4')

@pytest.mark.parametrize('kwargs,error,text', [
    (dict(threads=0), ValueError, 'threads must be a whole number from 1 to 1024, not 0'),
    (dict(threads=1.5), TypeError, 'threads must be a whole number from 1 to 1024, not 1.5'),
    (dict(threads=True), TypeError, 'threads must be a whole number from 1 to 1024, not True'),
    (dict(threads='2'), TypeError, "threads must be a whole number from 1 to 1024, not '2'"),
    (dict(xb=3), TypeError, 'xb must be a tensor, the inputs of a batch, or a tuple or dict of tensors, not int'),
    (dict(xb=torch.zeros(0, 1, 8, 8)), ValueError, 'xb must have at least 1 item')])
def test_deploy_checks_how_it_is_measured(kwargs, error, text):
    learn,ticket = trained()
    with pytest.raises(error, match=text): ticket.deploy(learn, 'shrink', **kwargs)

def test_deploy_needs_validation_data():
    learn,ticket = trained()
    only_train = Learner(DataLoaders(learn.dls.train), learn.model, loss_func=F.cross_entropy)
    with pytest.raises(ValueError, match='learn must have validation data'): ticket.deploy(only_train, 'shrink')

def test_deploy_says_what_is_slower_and_what_to_try(monkeypatch, tmp_path):
    from fasterlth.ship import measure
    times = {'before': 2., 'onnx': 1., 'shrink': 1.5, 'shrink+onnx': 1.2}
    monkeypatch.setattr(measure, 'latencies', lambda fs, *args: {k: times[k] for k in fs})
    learn,ticket = trained()
    notes = ticket.deploy(learn, 'shrink+onnx', tmp_path/'f').notes
    assert any('shrink+onnx takes longer than onnx here' in n and 'round_to=8' in n for n in notes)
    times['shrink+onnx'] = .9
    assert not any('takes longer' in n for n in ticket.deploy(learn, 'shrink+onnx', tmp_path/'f').notes)

class Negate(Callback):
    def before_fit(self): self.factor = -1
    def before_batch(self): self.learn.xb = (self.factor*self.xb[0],)

@pytest.mark.parametrize('how', ['shrink','compressed','sparse'])
def test_callbacks_prepare_what_is_measured(how, tmp_path):
    "The network learned from what they make of a batch."
    learn,ticket = trained()
    with learn.no_bar(), learn.no_logging(): want = learn.validate()[1]
    learn.add_cb(Negate())
    with torch.no_grad(): learn.model.get_submodule(next(iter(ticket.masks)).rpartition('.')[0]).weight.neg_()    # it sees the same as before
    was = vars(learn.negate).copy()
    made = ticket.deploy(learn, how, tmp_path/'f' if how=='compressed' else None)
    assert vars(learn.negate)==was
    with learn.no_bar(), learn.no_logging(): assert made.report.accuracy['before']==learn.validate()[1]==want

@pytest.mark.parametrize('how', ['onnx','int8','compressed','sparse'])
@pytest.mark.parametrize('was', [None,b'precious'])
def test_a_deployment_that_fails_leaves_the_file(how, was, tmp_path):
    learn,ticket = trained()
    path = tmp_path/'f'
    if was: path.write_bytes(was)
    with pytest.raises(ValueError, match='xb must be inputs that'): ticket.deploy(learn, how, path, xb=torch.randn(4, 5))
    def fails(out, y): raise RuntimeError('no metric')
    learn.metrics = fails
    with pytest.raises(RuntimeError, match='no metric'): ticket.deploy(learn, how, path)
    assert files(tmp_path)==(['f'] if was else []) and (not was or path.read_bytes()==was)

def test_batches_of_one_item(tmp_path):
    learn,ticket = trained()
    learn.dls = DataLoaders(learn.dls.train.new(bs=1), learn.dls.valid)
    made = ticket.deploy(learn, 'shrink+onnx', tmp_path/'f')
    assert made.report.accuracy['shrink']==made.report.accuracy['before']

def test_no_training_batch(tmp_path):
    learn,ticket = trained()
    learn.dls = DataLoaders(learn.dls.train.new(bs=100_000), learn.dls.valid)
    assert ticket.deploy(learn, 'shrink').report.shape[0]==2
    with pytest.raises(ValueError, match="training loader must give a batch to calibrate"): ticket.deploy(learn, 'int8', tmp_path/'f')

@pytest.mark.parametrize('name', ['bytes','difference','parameters','latency_ms'])
def test_a_metric_with_a_columns_name(name):
    learn,ticket = trained()
    metric = lambda out, y: accuracy(out, y)
    metric.__name__ = name
    learn.metrics = metric
    r = ticket.deploy(learn, 'shrink').report
    assert r.columns.is_unique and r.columns[-1]==f'metric {name}' and r.iloc[0, -1]==pytest.approx(learn.validate()[1])

def test_wrapped_networks_can_be_quantised():
    net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 8)).eval()
    for wrapped in (torch.compile(net, backend='eager'), nn.DataParallel(net)): quantize_rest(wrapped, torch.randn(8, 64), repeats=1)

@pytest.mark.parametrize('how', ['onnx','int8','shrink+onnx'])
def test_validation_images_of_another_size(how, tmp_path):
    "The file takes those that it is measured on."
    class Net(nn.Module):
        def __init__(self): super().__init__(); self.c,self.o = nn.Conv2d(1, 8, 3),nn.Linear(8, 10)
        def forward(self, x): return self.o(F.relu(self.c(x)).mean((2,3)))
    learn = make_learner(model=Net())
    learn.dls = DataLoaders(digits_dls(size=8, n=320).train, digits_dls(size=16, n=320).valid)
    cb = sparsify({'c': 50, 'o': 0}, 'filter')
    quiet(learn, 1, cbs=cb)
    made = cb.ticket.deploy(learn, how, tmp_path/'net.onnx')
    assert "the file takes inputs of the validation data's size only, [(1, 16, 16)]" in made.notes and made.report.difference.iloc[1]<1e-2
    assert made(learn.dls.valid.one_batch()[0][:3].as_subclass(torch.Tensor)).shape==(3,10)
    with pytest.raises(ValueError, match=r"xb must have items of the validation data's size \[\(1, 16, 16\)\]"): cb.ticket.deploy(learn, how, tmp_path/'other.onnx', torch.randn(4, 1, 8, 8))
    assert not (tmp_path/'other.onnx').exists()

# Scores are those of the learner

class Prior(Callback):
    "Logit adjustment for classes of unequal size."
    def after_pred(self): self.learn.pred = self.pred-torch.linspace(0, 3, self.pred.shape[1])

class Penalty(Callback):
    def after_loss(self):
        self.learn.loss_grad = self.loss_grad+1
        self.learn.loss = self.learn.loss_grad.clone()

class Squeeze(Callback):
    def after_pred(self): self.learn.pred = self.pred.squeeze(-1)

def regressor(squeezed=False):
    torch.manual_seed(0)
    x = torch.randn(256, 8)
    items = list(zip(x, 3*(x[:,0] if squeezed else x[:,:1])))
    net = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 1))
    dls = DataLoaders.from_dsets(items[:128], items[128:], bs=32, device='cpu', num_workers=0)
    return Learner(dls, net, loss_func=nn.MSELoss(), lr=1e-2, cbs=[Squeeze()]*squeezed)

@pytest.mark.parametrize('cb,metrics', [(Prior,accuracy), (Prior,None), (Penalty,None), (Squeeze,None)])
def test_scores_have_what_callbacks_make_of_outputs_and_loss(cb, metrics, tmp_path):
    learn = regressor(squeezed=True) if cb is Squeeze else make_learner(metrics=metrics, cbs=cb())
    prune = sparsify(50)
    quiet(learn, 2, cbs=prune)
    with learn.no_bar(), learn.no_logging(): want = learn.validate()[1 if metrics else 0]
    made = prune.ticket.deploy(learn, 'compressed', tmp_path/'f')
    assert made.report.iloc[:,-1].tolist()==[want,want]
    assert any(f'what {cb.__name__} make of outputs and loss' in n for n in made.notes)
    with learn.no_bar(), learn.no_logging(): assert learn.validate()[1 if metrics else 0]==want

# Files

def test_large_outputs_have_a_relative_tolerance(tmp_path):
    class Prices(nn.Sequential):
        def forward(self, x): return super().forward(x)*1e5+2e5
    learn = regressor()
    learn.model = Prices(*learn.model)
    prune = sparsify({'0': 50, '2': 0}, 'filter')
    quiet(learn, 1, cbs=prune)
    for how in ('onnx','shrink+int8'):
        made = prune.ticket.deploy(learn, how, tmp_path/'f')
        assert OnnxModel(made.path).input_names
        with pytest.raises(ValueError, match=f"more than tolerance 1e-13: nothing is written to '{tmp_path}/a/b/f'"):
            prune.ticket.deploy(learn, how, tmp_path/'a'/'b'/'f', tolerance=1e-13)
        assert files(tmp_path)==['f'], 'no new folders either'

def text_learner(lengths):
    "Return a learner whose loaders give batches of these lengths."
    torch.manual_seed(0)
    def batches(): return [(x := torch.randint(50, (16, n)), (x<25).sum(1)%2) for n in lengths]
    train,valid = ([list(zip(*b)) for b in batches()] for _ in range(2))
    dls = DataLoaders(*(DataLoader(sum(o, []), bs=16, num_workers=0) for o in (train,valid)))
    return Learner(dls, Parts(), loss_func=nn.CrossEntropyLoss(), metrics=accuracy)

def test_a_file_must_be_right_for_the_validation_data(tmp_path):
    for lengths,fits in (((24,24),True), ((24,64),False)):
        learn = text_learner(lengths)
        prune = sparsify(50)
        quiet(learn, 1, cbs=prune)
        if fits:
            made = prune.ticket.deploy(learn, 'onnx', tmp_path/'f')
            assert any('the file takes sequences of length 24 only' in n for n in made.notes)
            assert made.report.accuracy['onnx']==made.report.accuracy['before']
            continue
        with pytest.raises(ValueError, match=r'the code of Parts takes another way .* wrong for .* \(16, 64\): nothing is written'):
            prune.ticket.deploy(learn, 'onnx', tmp_path/'g')
    assert files(tmp_path)==['f']

def test_files_can_be_made_again_where_loaders_have_workers(tmp_path):
    "A worker is forked beside the sessions of the file before."
    learn = regressor()
    learn.dls = DataLoaders(*(dl.new(num_workers=2) for dl in learn.dls))
    prune = sparsify(50)
    quiet(learn, 1, cbs=prune)
    with warnings.catch_warnings():
        warnings.simplefilter('ignore', DeprecationWarning)    # of forks beside threads
        for _ in range(3): made = prune.ticket.deploy(learn, 'onnx', tmp_path/'f')
        quiet(learn, 1)
    assert made.report.shape[0]==2

class Weighted(Callback):
    "Errors of class 1 cost more: it looks at the targets."
    def after_loss(self):
        self.learn.loss_grad = F.cross_entropy(self.pred, self.y, weight=torch.linspace(1, 5, 10))
        self.learn.loss = self.loss_grad.clone()

class Relabel(Callback):
    def after_pred(self): self.learn.yb = (9-self.y,)

class ByInput(Callback):
    def after_pred(self): self.learn.pred = self.pred+self.x.flatten(1)[:,20:30]

class EveryOther(Callback):
    def after_pred(self):
        if self.iter%2 and not self.training: self.learn.pred = -self.pred
        assert 0<=self.iter<self.n_iter

@pytest.mark.parametrize('cb,metrics', [(Weighted,None), (Relabel,accuracy), (ByInput,accuracy), (EveryOther,accuracy)])
def test_scores_where_callbacks_look_at_the_batch(cb, metrics, tmp_path):
    "Also in a last batch that is smaller."
    learn = make_learner(metrics=metrics, cbs=cb())
    learn.dls = DataLoaders(learn.dls.train, learn.dls.valid.new(bs=50))
    prune = sparsify(50)
    quiet(learn, 1, cbs=prune)
    def validated():
        with learn.no_bar(), learn.no_logging(): return learn.validate()[1 if metrics else 0]
    want = validated()
    assert prune.ticket.deploy(learn, 'compressed', tmp_path/'f').report.iloc[:,-1].tolist()==[want,want] and validated()==want

def test_a_failed_deployment_leaves_links(tmp_path):
    learn,ticket = trained()
    def fails(out, y): raise RuntimeError('no metric')
    learn.metrics = fails
    (tmp_path/'there').mkdir()
    for to in ('there/f','nowhere/f'):
        (tmp_path/'link').unlink(missing_ok=True)
        (tmp_path/'link').symlink_to(to)
        with pytest.raises((RuntimeError,FileNotFoundError)): ticket.deploy(learn, 'compressed', tmp_path/'link')
        assert (tmp_path/'link').is_symlink() and not list((tmp_path/'there').iterdir())

def test_what_sparse_kernels_do_not_speed_up_is_told(monkeypatch):
    learn,ticket = trained('weight')
    from fasterlth.core import sparse_layers
    real = sparse_layers.measure_kernels
    def none(*args):
        table = real(*args)[1]
        table['kernel'] = 'dense'
        return {},table
    monkeypatch.setattr(sparse_layers, 'measure_kernels', none)
    assert any('no layer with only the weights that are left is faster' in n for n in ticket.deploy(learn, 'sparse').notes)
