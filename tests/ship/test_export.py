"A file gives back what went in: exactly when compressed, as torch computes it in ONNX, with its zeros in int8."
import gc, logging, sys, time, warnings
from multiprocessing import get_context
import pytest
from networks import *
from fasterlth.ship.measure import compare_models, figures, largest_difference
from fasterlth.ship.shrink import shrink
from fasterlth.ship.compressed import load_compressed, save_compressed
from fasterlth.ship.export import OnnxModel, to_int8, to_onnx

kinds = {0: SmallNet, 50: lambda: SmallNet().half(), 100: SmallNet,
         99: lambda: torchvision.models.mobilenet_v2(num_classes=10)}

@pytest.mark.parametrize('sparsity', [0,50,99,100])
def test_compressed_files_are_exact_and_small(tmp_path, sparsity):
    torch.manual_seed(0)
    model = kinds[sparsity]()
    if sparsity<100: masks = make_masks(prunable(model, 'weight'), sparsity, l1_norm, min_keep=0)
    else: masks = {n: torch.zeros_like(p, dtype=torch.bool) for n,p in model.named_parameters() if p.ndim>1}
    t = Ticket.of(model, masks, seed=3)
    f = save_compressed(t, tmp_path/'a'/'t.safetensors')
    back = load_compressed(f)
    assert same(back.start(), t.start()) and same(back.masks, t.masks) and back.about==t.about
    assert list(back.weights)!=[]
    back.load_into(model)
    if sparsity==99: assert t.save(tmp_path/'full').stat().st_size/f.stat().st_size>8
    data = f.read_bytes()
    f.write_bytes(data[:-20])
    with pytest.raises(ValueError, match='t.safetensors'): load_compressed(f)
    with pytest.raises(ValueError, match='not a fasterlth compressed ticket'): load_compressed(t.save(tmp_path/'other'))

@pytest.mark.parametrize('name', ['resnet18','block'])
def test_onnx_gives_the_same_for_any_batch(tmp_path, name):
    make,xb,last = cases[name]
    model,masks = masked(make, last=last)
    small,_ = shrink(model, masks, x := xb(), exact=True)
    run,difference = to_onnx(small, x, tmp_path/'m.onnx')
    assert difference<1e-3
    for n in (1,2,5): assert torch.allclose(run(y := torch.cat([x]*3)[:n]), small(y), atol=1e-3)
    with pytest.raises(ValueError, match='at least 2 items'): to_onnx(small, x[:1], tmp_path/'n.onnx')

def test_onnx_figures_and_threads(tmp_path):
    net = SmallNet().eval()
    run,_ = to_onnx(net, x := digit(), tmp_path/'m.onnx')
    f = run.figures
    assert f['parameters']==n_params(net)-2*8    # BatchNorm is in the convolution
    assert f['bytes']==(tmp_path/'m.onnx').stat().st_size and f['multiply_adds']==8*9*9+8*9*20+20*10
    table = compare_models({'torch': net, 'onnx': run}, x)
    options = run.with_threads(1).session.get_session_options()
    assert table.difference['onnx']<1e-4 and options.intra_op_num_threads==1
    assert torch.equal(OnnxModel(run.path)(x), run(x))
    assert compare_models({'onnx': OnnxModel(run.path)}, x).multiply_adds.isna().all()

int8_cases = dict(block=cases['block'], conv=(SmallNet, lambda: torch.randn(8, 1, 8, 8), 'fc2'),
                  skips=(lambda: small_resnet(8, n_ch=1, width=16), lambda: torch.randn(8, 1, 12, 12), 'fc'))

def logging_state(): return logging.root.level,list(logging.root.handlers),logging.root.manager.disable

def zero_points(path):
    import onnx
    arrays = {o.name: onnx.numpy_helper.to_array(o) for o in onnx.load(path).graph.initializer}
    return {n.removesuffix('_zero_point'): a for n,a in arrays.items() if n.endswith('_zero_point')}

@pytest.mark.parametrize('name,kind', [('skips','shrunk'),('conv','sparse'),('conv','masked filters'),
                                       ('block','sparse'),('block','dynamic')])
def test_int8_keeps_zeros(tmp_path, name, kind):
    make,xb,last = int8_cases[name]
    torch.manual_seed(0)
    if kind in ('shrunk','masked filters'): model,masks = masked(make, last=last)
    else:
        model = make().eval()
        apply_masks(model, masks := make_masks(prunable(model), 80, l1_norm))
    if kind=='shrunk': (model,_),masks = shrink(model, masks, xb(), exact=True),{}
    batches,logs,before = [xb() for _ in range(3)],logging_state(),weights(model)
    small,difference = to_int8(model, iter(batches), tmp_path/'q.onnx', dynamic=kind=='dynamic')
    assert same(before, weights(model)) and logs==logging_state()
    whole = {n: t for n,t in small.weights.items() if t.dtype==torch.int8}
    matrices = [p for p in model.parameters() if p.ndim>1]
    assert len(whole)==len(matrices) and sum(t.numel() for t in whole.values())==sum(p.numel() for p in matrices)
    assert max(int(t.abs().max()) for t in whole.values())==127
    assert sum(int((t==0).sum()) for t in whole.values())>=sum(int((~m).sum()) for m in masks.values())
    for n,m in masks.items():
        if n in whole and whole[n].shape==m.shape: assert not whole[n][~m].count_nonzero()
    zero = zero_points(small.path)
    assert all(not zero[n].any() for n in whole)
    assert 0<difference<.25*largest(model, batches[0])
    for n in (1,5): assert small(x := torch.cat(batches*2)[:n]).shape==model(x).shape
    if name=='skips': assert small.path.stat().st_size<.5*figures(model, batches[0])['bytes']

def test_int8_refusals(tmp_path, capfd, recwarn):
    net = SmallNet().eval()
    for bad in ([], [torch.randn(1, 1, 8, 8)]):
        with pytest.raises(ValueError, match='at least one batch'): to_int8(net, bad, tmp_path/'q.onnx')
    with pytest.raises(ValueError, match='it multiplies no matrices'):
        to_int8(nn.Sequential(net.conv, nn.ReLU()), [digit()], tmp_path/'q.onnx', dynamic=True)
    dense,_ = to_int8(net, [digit()], tmp_path/'q.onnx')
    assert {n for n,t in dense.weights.items() if t.dtype==torch.int8}=={'conv.weight','fc1.weight','fc2.weight'}
    assert capfd.readouterr()==('','') and not [w for w in recwarn if 'torch.jit' not in str(w.message)]
    assert files(tmp_path)==['q.onnx']

def test_networks_need_one_output(tmp_path):
    net,x = Pair().eval(),digit()
    for f in (lambda: to_onnx(net, x, tmp_path/'f'), lambda: to_int8(net, [x], tmp_path/'f')):
        with pytest.raises(TypeError, match='model must return one tensor, but Pair returns tuple'): f()
    with pytest.raises(TypeError, match='xb must be a tensor, the inputs of a batch, or a tuple or dict of tensors, not list'):
        to_onnx(net.net, [x], tmp_path/'f')
    with pytest.raises(TypeError, match='batches must be a list of tensors'): to_int8(net.net, x, tmp_path/'f')
    with pytest.raises(ValueError, match='xb must be inputs that SmallNet can take'):
        to_int8(net.net, [(x,x)], tmp_path/'f')
    with pytest.raises(TypeError, match='ticket must be a Ticket, not SmallNet'): save_compressed(net.net, tmp_path/'f')
    assert not files(tmp_path)

class Nan(nn.Module):
    def forward(self, x): return x/0*0

def test_a_refused_file_leaves_what_was_there(tmp_path):
    x = digit()
    (f := tmp_path/'f').write_bytes(b'a good one')
    with pytest.raises(ValueError, match='there is nothing to quantise in Sequential: nothing is written'):
        to_int8(nn.Sequential(nn.ReLU()), [x], f)
    with pytest.raises(ValueError, match="differ from torch.* more than tolerance 0.001: nothing is written to '.*f'"):
        to_onnx(Nan(), x, f)
    assert f.read_bytes()==b'a good one' and files(tmp_path)==['f']
    run,_ = to_onnx(SmallNet().eval(), x, f)
    assert run.path==f and run.figures['bytes']==f.stat().st_size>10
    assert torch.equal(run.with_threads(1)(x), OnnxModel(f)(x))

uses = dict(onnx=lambda m,x,f: to_onnx(m, x, f), int8=lambda m,x,f: to_int8(m, [x], f), run=lambda m,x,f: OnnxModel(f))

@pytest.mark.parametrize('library,use', [('onnx','onnx'),('onnxscript','onnx'),('onnxruntime','onnx'),
                                         ('onnxruntime','int8'),('onnxruntime','run')])
def test_missing_libraries_are_named(monkeypatch, tmp_path, library, use):
    monkeypatch.setitem(sys.modules, library, None)
    f = tmp_path/'f'
    if use=='run': f.touch()
    before = files(tmp_path)
    with pytest.raises(ImportError, match=rf"{library} is needed here: pip install 'fasterlth\[deploy\]'"):
        uses[use](SmallNet().eval(), digit(), f)
    assert files(tmp_path)==before

class Unknown(nn.Module):
    "An operation that ONNX doesn't have."
    def forward(self, x): return torch.linalg.svdvals(x[...,None])

def test_errors_of_exporters_are_told_in_a_line(tmp_path, recwarn, capfd):
    with pytest.raises(ValueError, match="Unknown can't be exported to ONNX by any of torch's exporters") as e:
        to_onnx(Unknown(), torch.randn(4, 3), tmp_path/'f')
    text = str(e.value)
    assert '\x1b' not in text and '\n' not in text and 'torch.export: ' in text and 'TorchScript: ' in text
    assert not files(tmp_path) and 'Traceback' not in ''.join(capfd.readouterr())

class Stateful(nn.Module):
    "A network whose state depends on the number of items."
    def __init__(self):
        super().__init__()
        self.rnn,self.bs = nn.LSTM(4, 6, batch_first=True),0
    def forward(self, x):
        if len(x)!=self.bs: self.bs,self.h = len(x),x.new_zeros(1, len(x), 6)
        return self.rnn(x, (self.h,self.h))[0][:,-1]

def test_a_file_may_take_one_item_at_a_time(tmp_path):
    torch.manual_seed(0)
    net,x = Stateful().eval(),torch.randn(3, 5, 4)
    net(x[:2])
    run,_ = to_onnx(net, x, tmp_path/'f')
    for n in (1,3): assert torch.allclose(run(x[:n]), net(x[:n]), atol=1e-5)
    with pytest.raises(ValueError, match="xb must be inputs that '.*f' can take, like "): run(torch.randn(2, 5, 3))

@pytest.mark.parametrize('layer', [nn.ConvTranspose1d,nn.ConvTranspose2d,nn.ConvTranspose3d])
def test_grouped_transposed_convolutions_stay_unquantised(tmp_path, layer):
    x = torch.randn(8, 4, *[5]*int(layer.__name__[-2]))
    conv = getattr(nn, layer.__name__.replace('Transpose', ''))
    net = nn.Sequential(conv(4, 4, 2), layer(4, 4, 2, groups=2)).eval()
    run,difference = to_int8(net, [x], tmp_path/'f')
    assert difference<.1 and [run.weights[f'{i}.weight'].dtype for i in (0,1)]==[torch.int8,torch.float32]
    with pytest.raises(ValueError, match='there is nothing to quantise'): to_int8(net[1:], [x], tmp_path/'g')

class Counting(nn.Linear):
    "A network that adds its last output to the next one."
    last = 0
    def forward(self, x):
        self.last = super().forward(x).detach().mean()+1+self.last
        return super().forward(x)+self.last

class Resettable(Counting):
    def reset(self): self.last = 0

def test_a_state_that_no_file_can_carry_is_named(tmp_path):
    x = torch.randn(4, 3)
    with pytest.raises(ValueError, match='outputs of Counting change from call to call.*method reset') as e:
        to_onnx(Counting(3, 2), x, tmp_path/'f')
    assert type(e.value) is ValueError and not files(tmp_path)
    net = Resettable(3, 2)
    run,_ = to_onnx(net, x, tmp_path/'f')
    net.reset()
    assert torch.allclose(run(x), net(x), atol=1e-4) and torch.equal(run(x), run(x))

@pytest.mark.parametrize('how', ['onnx','int8','shrink+onnx'])
def test_a_file_says_nothing_of_the_machine(how, tmp_path):
    "torch.export notes for each operation in which file on this machine it was called."
    learn,ticket = trained()
    ticket.deploy(learn, how, tmp_path/'f')
    data = (tmp_path/'f').read_bytes()
    assert not [w for w in (b'site-packages', b'.py"', str(Path(__file__).parent).encode(), b'stack_trace') if w in data]

# Networks whose code depends on lengths or values

def test_files_know_the_lengths_they_are_right_for(tmp_path):
    torch.manual_seed(0)
    net,x = Parts().eval(),torch.randint(50, (4, 20))
    with pytest.warns(UserWarning, match='sequences of length .*, as the network.s code depends on their length'):
        run,difference = to_onnx(net, x, tmp_path/'m.onnx')
    again = OnnxModel(run.path)
    assert difference<1e-5 and again.lengths==run.lengths!=(None,None) and again.with_threads(1).lengths==run.lengths
    for n in range(1, 60):
        y = torch.randint(50, (3, n))
        try: out = again(y)
        except ValueError as e: assert 'xb must have sequences of length' in str(e) and f'not {n}' in str(e)
        else: assert torch.allclose(out, net(y), atol=1e-4), n
    for o in (x,x[:1]): assert torch.allclose(again(o), net(o), atol=1e-4)

def test_files_of_plain_sequences_take_any_length(tmp_path, recwarn):
    net = nn.Sequential(nn.Embedding(50, 8), nn.Linear(8, 4)).eval()
    run,_ = to_onnx(net, torch.randint(50, (4, 20)), tmp_path/'m.onnx')
    assert run.lengths==(None,None) and not run.notes
    for n in (1,7,300): assert torch.allclose(run(y := torch.randint(50, (2, n))), net(y), atol=1e-4)
    assert not [w for w in recwarn if issubclass(w.category, UserWarning)]

class Guarded(nn.Linear):
    def forward(self, x):
        if x.abs().max()>6: x = x.clamp(-3, 3)
        return super().forward(x)

@pytest.mark.parametrize('f', [to_onnx, lambda net, x, path: to_int8(net, [x, x], path)])
def test_a_branch_that_was_not_recorded_is_told(tmp_path, f):
    with pytest.warns(UserWarning, match=r'followed one branch of the network.s code.*if x.abs\(\).max\(\)>6') as told:
        run,_ = f(Guarded(8, 4).eval(), torch.rand(16, 8), tmp_path/'m.onnx')
    assert run.notes==[str(told[0].message)] and told[0].filename==__file__

def test_inputs_that_a_file_must_be_right_for_are_tried(tmp_path):
    from fasterlth.ship.export import onnx_file
    net,x = Guarded(8, 4).eval(),torch.rand(16, 8)
    with pytest.raises(ValueError, match=r'Guarded takes another way for some inputs.* nothing is written to .*m.onnx'):
        onnx_file(net, x, tmp_path/'m.onnx', batches=lambda: [x, 50*x])
    assert not list(tmp_path.iterdir())

@pytest.mark.parametrize('how', [to_onnx, lambda net, x, path, **kw: to_int8(net, [x], path, **kw)], ids=['onnx','int8'])
def test_large_outputs_have_a_relative_tolerance(tmp_path, how):
    class Prices(nn.Linear):
        def forward(self, x): return super().forward(x)*1e5+2e5
    torch.manual_seed(0)
    net,x = Prices(8, 1).eval(),torch.randn(16, 8)
    how(net, x, tmp_path/'m.onnx')
    with pytest.raises(ValueError, match=r"more than tolerance 1e-12: nothing is written to '.*m2.onnx'"):
        how(net, x, tmp_path/'m2.onnx', tolerance=1e-12)
    assert not (tmp_path/'m2.onnx').exists()

def test_outputs_may_be_infinite_or_true_and_false(tmp_path):
    class Masked(nn.Linear):
        def forward(self, x): return super().forward(x).masked_fill(torch.tensor([False,False,False,True]), -torch.inf)
    class Signs(nn.Linear):
        def forward(self, x): return super().forward(x)>0
    x = torch.randn(8, 8)
    for cls in (Masked,Signs):
        net = cls(8, 4).eval()
        run,difference = to_onnx(net, x, tmp_path/'m.onnx')
        assert difference<1e-5 and torch.allclose(run(x).float(), net(x).float())
        assert compare_models({'torch': net, 'onnx': run}, x).difference['onnx']<1e-5
    other = Signs(8, 4).eval()
    assert largest_difference(net, other, x)==1.

# Processes

def test_a_forked_process_leaves_the_files_of_its_parent_open(tmp_path):
    "Closing one would wait forever for threads that a fork doesn't copy."
    run,_ = to_onnx(nn.Linear(64, 64).eval(), torch.randn(8, 64), tmp_path/'m.onnx')
    gc.collect()
    gc.disable()
    try:
        run = run.with_threads(2)
        run(torch.randn(8, 64))
        time.sleep(1)    # until its threads wait
        run.itself = run    # nothing but the collector finds it
        del run
        with warnings.catch_warnings():
            warnings.simplefilter('ignore', DeprecationWarning)    # of forks beside threads: it is what loaders do
            child = get_context('fork').Process(target=gc.collect)
            child.start()
        child.join(120)
        ended = child.exitcode
        child.kill()
    finally: gc.enable()
    assert ended==0

# Lengths, one by one

class Several(nn.Module):
    "Two texts, of which the second is added up by parts, and a table that belongs to the network."
    def __init__(self):
        super().__init__()
        self.text,self.head,self.of_table = Parts(),nn.Linear(8, 2),nn.Linear(3, 2)
    def forward(self, x, y, table): return self.head(self.text.embed(x).mean(1))+self.text(y)+self.of_table(table.float())

def test_limits_of_one_of_several_sequences(tmp_path):
    torch.manual_seed(0)
    net,tokens = Several().eval(),lambda n: torch.randint(50, (4, n))
    xs = tokens(6),tokens(20),torch.randint(9, (4, 3))
    with pytest.warns(UserWarning, match='sequences of length 20 only'): run,_ = to_onnx(net, xs, tmp_path/'m.onnx')
    assert torch.allclose(run(*xs), net(*xs), atol=1e-4)
    for x,y in ((6,40), (9,20), (6,5), (20,20)):
        with pytest.raises(ValueError, match='xb must '): run(tokens(x), tokens(y), xs[2])

@pytest.mark.parametrize('make', [lambda: nn.Sequential(nn.Embedding(50, 8), nn.Linear(8, 4)), lambda: Cnn()])
def test_a_single_token(tmp_path, make, recwarn):
    net = make().eval()
    run,_ = to_onnx(net, torch.randint(50, (4, 20)), tmp_path/'m.onnx')
    assert run.lengths==(None,None) and not [w for w in recwarn if issubclass(w.category, UserWarning)]
    for n in (3 if isinstance(net, Cnn) else 1,300): assert torch.allclose(run(y := torch.randint(50, (2, n))), net(y), atol=1e-4)

class Cnn(nn.Module):
    "Of texts. The guards of torch.export know the largest length that it was made with, but the file takes any."
    def __init__(self):
        super().__init__()
        self.embed,self.conv,self.head = nn.Embedding(50, 8),nn.Conv1d(8, 8, 3, padding=1),nn.Linear(8, 2)
    def forward(self, x): return self.head(F.max_pool1d(self.conv(self.embed(x).mT).relu(), 2).amax(-1))

def test_another_way_for_a_single_token(tmp_path):
    class One(nn.Embedding):
        def forward(self, x):
            if x.shape[1]==1: return super().forward(x)[:,0]*2
            return super().forward(x).sum(1)
    with pytest.warns(UserWarning, match='sequences of length 2 or more'):
        run,_ = to_onnx(One(50, 4).eval(), torch.randint(50, (4, 6)), tmp_path/'m.onnx')
    with pytest.raises(ValueError, match='length 2 or more'): run(torch.randint(50, (4, 1)))

@pytest.mark.parametrize('ask', ['if 3. in x: h = -h', 'if len(x[x>2]): h = -h', 'if x[x>2].shape[0]: h = -h', 'if (x>2).nonzero().numel(): h = -h',
                                 "if float(f'{x.max():.1f}')>2: h = -h", 'if np.asarray(x).max()>2: h = -h', 'if x.unique().numel()<8: h = -h'])
def test_values_that_code_asks_for_are_told(tmp_path, ask):
    scope = dict(globals(), np=__import__('numpy'))
    exec(f'class Asks(nn.Linear):\n    def forward(self, x):\n        h = super().forward(x)\n        {ask}\n        return h', scope)
    from fasterlth.ship.recorded import branches
    assert branches(scope['Asks'](8, 4).eval(), torch.rand(6, 8))
    assert not branches(nn.Linear(8, 4).eval(), torch.rand(6, 8))

def test_a_small_signal_on_a_large_number(tmp_path):
    class Year(nn.Linear):
        def forward(self, x):
            if x.abs().max()>6: x = x.clamp(-3, 3)
            return super().forward(x)/10+2000
    from fasterlth.ship.export import onnx_file
    torch.manual_seed(0)
    net,x = Year(8, 1).eval(),torch.randn(32, 8)
    with pytest.raises(ValueError, match='takes another way'): onnx_file(net, x, tmp_path/'m.onnx', batches=lambda: [x*5])
