"""Speed and memory as ratios, from one interleaved run: python benchmarks/run.py [NAME ...] [--repeats N]

One thread. Every variant of a row is timed in turn, again and again, and a row is the median of the ratios of all
turns, which a machine that changes its speed between turns changes little. Needs the extra `bench` for the rows that
compare with fasterai."""
import argparse, contextlib, gc, io, os, statistics, time, warnings

warnings.filterwarnings('ignore')
import torch
torch.set_num_threads(1)
from fastai.vision.all import *
from fasterlth.all import *
from fastai.optimizer import OptimWrapper
from torchvision.models import resnet18
from fasterlth.core.layer_kernels import drop_kernels, put_kernels
from fasterlth.core.masks import as_bits, bit_mask

ROWS = []

class Turns(list):
    "The seconds of a variant in each turn. The quotient with another is the median of their ratios."
    def __truediv__(self, other):
        if not isinstance(other, Turns): return statistics.median(self)/other
        return statistics.median(a/b for a,b in zip(self, other, strict=True))

def interleave(variants, repeats, warmup=1, collect=True):
    "Return the seconds of each variant, as `Turns`, run in turn."
    times = {k: Turns() for k in variants}
    for i in range(repeats+warmup):
        for k,f in variants.items():
            if collect: gc.collect()
            start = time.perf_counter()
            f()
            if i>=warmup: times[k].append(time.perf_counter()-start)
    return times

def report(what, value, goal):
    ROWS.append((what, value, goal))
    against = f'  goal ≤ {goal:.3g}{"" if value<=goal else "   MISSED"}' if goal<float('inf') else ''
    print(f'{what:<84}{value:8.3f}', against, flush=True)

def enforce(repeats):
    """Keep pruned weights at zero, against copying the same parameters.

    Both are limited by memory, so it matters where the tensors happen to lie: hence the median over five networks."""
    for name,make in (('resnet18, 11.7M', resnet18), ('LeNet-300-100', lenet_300_100)):
        ratios = []
        for _ in range(5):
            net = make()
            cb = MaskCallback(make_masks(prunable(net), 80))
            Learner(digits_dls(n=128), net).add_cb(cb); cb.prepare()
            ps = cb.held[0]
            out,n = [torch.empty_like(p, requires_grad=False) for p in ps],20
            def copy():
                with torch.no_grad(): torch._foreach_copy_(out, ps)
            t = interleave(dict(mask=lambda: [cb.enforce() for _ in range(n)], copy=lambda: [copy() for _ in range(n)],
                clone=lambda: [[p.detach().clone() for p in ps] for _ in range(n)]), repeats)
            ratios.append((t['mask']/t['copy'], t['mask']/t['clone']))
        copies,clones = map(statistics.median, zip(*ratios))
        goal = 1.0 if '11.7' in name else float('inf')
        report(f'enforce: masks ÷ a copy of the same parameters, {name}', copies, goal)
        report(f'enforce: masks ÷ a clone (a copy with its allocation), {name}', clones, float('inf'))

def event(repeats):
    "Make one pruning event, with scores, selection, masks and weights; against fasterai and torch."
    from torch.nn.utils import prune as torch_prune
    try: from fasterai.sparse.all import Sparsifier; from fasterai.core.all import large_final as fasterai_l1
    except ImportError: Sparsifier = None
    net = resnet18()
    saved = {k: v.clone() for k,v in net.state_dict().items()}
    layers = prunable(net)
    n = sum(o.weight.numel() for o in layers.values())
    half = make_masks(layers, 40, context='global')
    def ours(context, masks=None): apply_masks(net, make_masks(layers, 80, context=context, masks=masks))
    twin = resnet18(); twin.load_state_dict(saved)
    targets = [(m,'weight') for m in twin.modules() if isinstance(m, (nn.Conv2d,nn.Linear))]
    def theirs():
        torch_prune.global_unstructured(targets, torch_prune.L1Unstructured, amount=.8)
    def undo():
        for m,_ in targets: torch_prune.remove(m, 'weight')
        twin.load_state_dict(saved)
    sparse = resnet18(); sparse.load_state_dict(saved); apply_masks(sparse, make_masks(prunable(sparse), 80))
    variants = dict(sparse=lambda: make_masks(prunable(sparse), 80), ours=lambda: ours('global'),
                    nested=lambda: ours('global', half), local=lambda: ours('local'), torch=theirs)
    if Sparsifier:
        third = resnet18(); third.load_state_dict(saved)
        sp = Sparsifier(third, 'weight', 'global', fasterai_l1, layer_type=(nn.Conv2d,nn.Linear))
        variants['fasterai'] = lambda: sp.sparsify_model(.8)
    t = {k: Turns() for k in variants}
    for i in range(repeats+1):
        for k,f in variants.items():
            net.load_state_dict(saved); gc.collect()
            start = time.perf_counter(); f(); took = time.perf_counter()-start
            if i: t[k].append(took)
            if k=='torch': undo()
            if k=='fasterai': third.load_state_dict(saved, strict=False)
    for k,what in (('ours','global, first step'), ('nested','global, a later step'), ('local','local, first step'),
                   ('sparse','local, weights that are sparse already')):
        report(f'event: ns a parameter, 11.7M, {what}', t[k]/n*1e9, 10)
    if Sparsifier: report("event: ours ÷ fasterai's, global", t['ours']/t['fasterai'], 1/3)
    else: print("event: fasterai isn't installed (the extra `bench`)")
    report("event: ours ÷ torch.nn.utils.prune.global_unstructured", t['ours']/t['torch'], .1)

def _fit_seconds(learn, cbs, n_epoch):
    with learn.no_bar(), learn.no_logging(), contextlib.redirect_stdout(io.StringIO()):
        start = time.perf_counter()
        learn.fit(n_epoch, cbs=cbs)
        return time.perf_counter()-start

def callback(repeats):
    "Train a default Learner with SparsifyCallback, against the same without."
    fashion = Path('/usr/share/datasets/fashion-mnist').exists()
    small = fashion_mnist_dls(n=12800) if fashion else digits_dls(n=1280)
    def images(n): return torch.rand(n, 3, 64, 64),torch.arange(n)%10
    large = memory_dls(images(768), images(32), bs=32)
    for name,dls,model,goal in (('LeNet-300-100, batch 64', small, lenet_300_100, 1.10),
                                ('resnet18, 64 px, batch 32', large, resnet18, 1.05)):
        t = {k: Turns() for k in ('none','callback','other') if k!='other' or 'LeNet' in name}
        start = model().state_dict()
        for i in range(repeats+1):
            for k in t:
                learn = Learner(dls, model(), metrics=accuracy)
                learn.model.load_state_dict(start)    # what is learnt affects the speed, through denormal numbers
                cbs = [SparsifyCallback(80, 'weight', 'local', l1_norm, one_shot, verbose=False)] if k!='none' else []
                if k=='other': cbs.append(Callback(after_batch=noop))
                took = _fit_seconds(learn, cbs, 1)
                if i: t[k].append(took)
        report(f'callback: with SparsifyCallback ÷ without, {name}', t['callback']/t['none'], goal)
        if 'other' not in t: continue
        what = 'the same beside a callback that may write weights'
        report(f'callback: {what}, {name}', t['other']/t['none'], float('inf'))

def _adamw(net, **kwargs):
    "Return torch's AdamW with the defaults of fastai's Adam."
    return torch.optim.AdamW(net.parameters(), lr=1.2e-3, betas=(.9,.99), eps=1e-5, weight_decay=.01, **kwargs)

def _searches(n_rounds):
    """Return a plain PyTorch loop and the finder, as functions.

    Both prune a fifth of LeNet-300-100's weights in each round, train it from the same start, and return the last
    masks."""
    dls = fashion_mnist_dls(bs=128) if Path('/usr/share/datasets/fashion-mnist').exists() else digits_dls(bs=128)
    (x,y),(vx,vy),n = (dls.train_ds.x,dls.train_ds.y),(dls.valid_ds.x,dls.valid_ds.y),len(dls.train)
    def measure(net):
        with torch.no_grad():
            out = [(F.cross_entropy(o := net(vx[i]), vy[i], reduction='sum'),(o.argmax(1)==vy[i]).sum())
                   for i in torch.arange(len(vx)).split(256)]
        return [sum(o).item()/len(vx) for o in zip(*out)]
    def bare(fused=False):
        net,masks = lenet_300_100(seed=0),{}
        start,ps = deepcopy(net.state_dict()),dict(net.named_parameters())
        def apply():
            with torch.no_grad():
                for k,m in masks.items(): ps[k].mul_(m)
        for r in range(n_rounds+1):
            net.load_state_dict(start)
            apply()
            opt = _adamw(net, fused=fused)
            for i in torch.randperm(len(x))[:n*128].split(128):
                F.cross_entropy(net(x[i]), y[i]).backward()
                opt.step(); opt.zero_grad()
                apply()
            measure(net)
            if r==n_rounds: return masks
            for k,p in ps.items():
                if p.ndim<2: continue
                n_pruned = p.numel()-round(p.numel()*.8**(r+1))
                masks[k] = (p.abs()>p.detach().abs().flatten().kthvalue(n_pruned).values).float()
    def finder(opt_func=Adam, kernels='dense'):
        learn = Learner(dls, lenet_300_100(seed=0), metrics=accuracy, opt_func=opt_func)
        f = LotteryTicketFinder(learn, 100*(1-.8**n_rounds), n_rounds=n_rounds, seed=0, kernels=kernels, verbose=False)
        f.find_winning_ticket(lambda learn: learn.fit(1, 1.2e-3))
        return f.masks[n_rounds]
    return bare,finder

def imp_round(repeats):
    "Train, prune, rewind, train the ticket: the finder, against a plain PyTorch loop of the same steps and masks."
    bare,finder = _searches(1)
    fused = partial(OptimWrapper, opt=partial(torch.optim.AdamW, fused=True))
    kept = [[int(m.count_nonzero()) for m in f().values()] for f in (finder,bare)]
    assert all(abs(a-b)<=1 for a,b in zip(*kept)), 'the densities differ'
    t = interleave(dict(bare=bare, bare_fused=lambda: bare(True), finder=finder, fused=lambda: finder(fused)), repeats)
    report("round: LotteryTicketFinder ÷ a bare PyTorch loop, LeNet-300-100, batch 128", t['finder']/t['bare'], 1.4)
    report("round: the same with torch's fused AdamW in the learner", t['fused']/t['bare'], 1.4)
    report("round: the same with it in both", t['fused']/t['bare_fused'], float('inf'))

def loop(repeats):
    "Train an epoch in the loop of finders, against a plain PyTorch loop: the same batches, defaults and masks."
    from fasterlth.train.training import Training
    x,y = torch.rand(12800, 1, 28, 28),torch.randint(0, 10, (12800,))
    for bs in (64,128):
        dls = memory_dls((x,y), (x[:bs],y[:bs]), bs=bs)
        masks = make_masks(prunable(lenet_300_100(seed=0)), 80)
        def bare(masks):
            net = lenet_300_100(seed=0)
            opt,ps = _adamw(net),dict(net.named_parameters())
            masks = {k: m.float() for k,m in masks.items()}
            for i in torch.randperm(len(x)).split(bs):
                F.cross_entropy(net(x[i]), y[i]).backward()
                opt.step(); opt.zero_grad()
                with torch.no_grad():
                    for k,m in masks.items(): ps[k].mul_(m)
        def ours(masks, lean=True):
            learn = Learner(dls, lenet_300_100(seed=0), cbs=[MaskCallback(masks)] if masks else [])
            def train(l): l.fit(1, 1.2e-3)
            with learn.no_bar(), learn.no_logging(): Training(learn)(train) if lean else train(learn)
        t = interleave(dict(bare=lambda: bare({}), ours=lambda: ours({}), fastai=lambda: ours({}, False),
                            bare_masked=lambda: bare(masks), masked=lambda: ours(masks)), repeats)
        report(f"loop: a finder's training ÷ a bare PyTorch loop, LeNet-300-100, batch {bs}", t['ours']/t['bare'], 1.1)
        report(f'loop: the same with masks in both, batch {bs}', t['masked']/t['bare_masked'], 1.1)
        report(f"loop: fastai's own loop ÷ the bare one, batch {bs}", t['fastai']/t['bare'], float('inf'))

def optimizer(repeats):
    """Step only the weights that are left, held together in vectors, against all weights with one call for all tensors.

    The gradients are gathered and the weights scattered at each step."""
    from fasterlth.train.steppers import foreach, roots_
    mul_,add_,addcmul_,addcdiv_,div = map(foreach, ('mul_','add_','addcmul_','addcdiv_','div'))
    def adam(ps, gs, avgs, sqrs):
        mul_(ps, .999)
        mul_(avgs, .9); add_(avgs, gs, alpha=.1)
        mul_(sqrs, .99); addcmul_(sqrs, gs, gs, value=.01)
        denoms = div(sqrs, .3); roots_(denoms, 1e-5); add_(denoms, 1e-5)
        addcdiv_(ps, avgs, denoms, value=-1e-3)
    def momentum(ps, gs, avgs, sqrs):
        mul_(ps, .999)
        mul_(avgs, .9); add_(avgs, gs)
        add_(ps, avgs, alpha=-1e-3)
    for name,shapes in (('LeNet-300-100', [(300,784),(100,300),(10,100)]), ('MLP 4 × 1024', [(1024,1024)]*4)):
        for what,step in (('Adam', adam), ('SGD with momentum', momentum)):
            for s in (80,90,95,98):
                torch.manual_seed(0)
                keep = [torch.rand(o)>=s/100 for o in shapes]
                at,bits = [m.flatten().nonzero()[:,0] for m in keep],[m.int() for m in keep]
                ps,gs,avgs,sqrs = [[torch.rand(o)*.01*m for o,m in zip(shapes, keep)] for _ in range(4)]
                def gather(ts): return [t.view(-1).index_select(0, i) for t,i in zip(ts, at)]
                def scatter(ts, vs): [t.view(-1).index_copy_(0, i, v) for t,v,i in zip(ts, vs, at)]
                held = [gather(ts) for ts in (ps,avgs,sqrs)]
                def dense():
                    step(ps, gs, avgs, sqrs)
                    mul_([p.view(torch.int32) for p in ps], bits)
                def compact(): step(held[0], gather(gs), *held[1:]); scatter(ps, held[0])
                def gathered():
                    now = [gather(ts) for ts in ((ps,gs,avgs,sqrs) if step is adam else (ps,gs,avgs))]
                    step(*now, *([] if step is adam else [None]))
                    for ts,vs in zip((ps,avgs,sqrs), (now[0],*now[2:])): scatter(ts, vs)
                variants = dict(dense=dense, compact=compact, gathered=gathered)    # a step each: what is cached counts
                t = interleave(variants, 9*repeats, warmup=3, collect=False)
                left,all_gathered = t['compact']/t['dense'],t['gathered']/t['dense']
                report(f'optimizer: what is left at {s} % ÷ all weights, {what}, {name}', left, float('inf'))
                report('optimizer: the same with its state gathered and scattered as well', all_gathered, float('inf'))

def loader(repeats):
    "Make a batch by indexing, against fastai's loading of one item after another."
    dls = digits_dls(bs=64)
    ours,theirs = dls.train,TfmdDL(dls.train_ds, bs=64, shuffle=True, drop_last=True, num_workers=0)
    t = interleave(dict(ours=lambda: [None for _ in ours], theirs=lambda: [None for _ in theirs]), repeats)
    report('loader: MemoryDL ÷ fastai per item, a batch of 64', t['ours']/t['theirs'], .33)

def memory(repeats):
    "Count bytes held beside the model while training without lth."
    data = torch.rand(4, 3, 32, 32),torch.arange(4)
    learn = Learner(memory_dls(data, data, bs=4), resnet18())
    cb,seen = SparsifyCallback(80, 'weight', 'local', l1_norm, one_shot, verbose=False),[]
    class Held(Callback):
        order = 2000
        def after_batch(self):
            held = {t.data_ptr(): t for t in [*cb.masks.values(), *cb.held[1]]}
            seen.append(sum(t.untyped_storage().nbytes() for t in held.values()))
    _fit_seconds(learn, [cb,Held()], 1)
    own = sum(p.nbytes for p in learn.model.parameters())
    report('memory: beside the model ÷ its parameters, resnet18', max(seen)/own, 1.25)

def deploy(repeats):
    """Run a network cut down to a tenth of its parameters, against the whole one: in torch, in onnxruntime, in int8.

    Beside them, one with nine tenths of its weights at zero, which saves nothing."""
    import tempfile
    x,net = torch.randn(8,3,64,64),resnet18(num_classes=10).eval()
    filters = {n: torch.ones_like(p, dtype=torch.bool) for n,p in net.named_parameters() if p.ndim==4}
    for m in filters.values(): m[round(.31*len(m)):] = False    # the same everywhere, so skip connections keep none
    zeros,pruned = (apply_masks(deepcopy(net), m) for m in (make_masks(prunable(net), 90), filters))
    small,_ = shrink(pruned, filters, x)
    n = lambda m: sum(p.numel() for p in m.parameters())
    assert .09<n(small)/n(net)<.11, n(small)/n(net)
    with tempfile.TemporaryDirectory() as d:
        on = {k: to_onnx(m, x, Path(d)/k)[0].with_threads(1) for k,m in dict(dense=net, small=small).items()}
        q = {k: to_int8(m, [x], Path(d)/f'{k}8')[0].with_threads(1) for k,m in dict(dense=net, small=small).items()}
        nets = dict(dense=net, zeros=zeros, small=small, onnx=on['dense'], small_onnx=on['small'], int8=q['dense'],
                    small_int8=q['small'])
        with torch.no_grad(): t = interleave({k: lambda f=f: f(x) for k,f in nets.items()}, 3*repeats, warmup=3)
    what = '90 % zeros ÷ dense, torch, resnet18, 64 px, batch 8 (zeros save nothing)'
    report(f'deploy: {what}', t['zeros']/t['dense'], float('inf'))
    report('deploy: shrunk to a tenth of the parameters ÷ dense, torch', t['small']/t['dense'], .25)
    report('deploy: the same in onnxruntime', t['small_onnx']/t['onnx'], .25)
    report('deploy: int8 ÷ float, dense, onnxruntime', t['int8']/t['onnx'], .7)
    report('deploy: shrunk, int8, onnxruntime ÷ dense, float, torch', t['small_int8']/t['dense'], .1)

class _Block(nn.Module):
    "A transformer's block, as GPT and ViT have it."
    def __init__(self, width, heads=6):
        super().__init__()
        self.heads,self.norm1,self.norm2 = heads,nn.LayerNorm(width),nn.LayerNorm(width)
        self.qkv,self.out = nn.Linear(width, 3*width),nn.Linear(width, width)
        self.up,self.down = nn.Linear(width, 4*width),nn.Linear(4*width, width)
    def forward(self, x):
        q,k,v = self.qkv(self.norm1(x)).unflatten(-1, (3,self.heads,-1)).permute(2, 0, 3, 1, 4)
        x = x+self.out(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))
        return x+self.down(F.gelu(self.up(self.norm2(x))))

def _often(f, n):
    def run():
        for _ in range(n): f()
    return run

def _sparse_inference(repeats, threads):
    def mlp(): return nn.Sequential(*[o for _ in range(4) for o in (nn.Linear(1024, 1024), nn.ReLU())])
    def blocks(n, width): return nn.Sequential(*[_Block(width) for _ in range(n)])
    def encoder(): return nn.TransformerEncoder(nn.TransformerEncoderLayer(384, 6, 4*384, batch_first=True), 6)
    def conv(): return nn.Sequential(nn.Conv2d(512, 128, 1))
    goals = {('mlp',90): 1/3, ('mlp',95): 1/5.5, ('blocks',90): 1/2.3, ('blocks',95): 1/3.3}
    def narrow(): return blocks(6, 384)
    def wide(): return blocks(4, 768)
    for name,what,make,x,sparsities in (
        ('mlp', 'MLP 4 × 1024, batch 64', mlp, torch.randn(64, 1024), (50,80,90,95,98)),
        ('blocks', 'transformer of 6 blocks, width 384, 64 tokens', narrow, torch.randn(1, 64, 384), (80,90,95,98)),
        ('batch', 'the same, batch of 8', narrow, torch.randn(8, 64, 384), (90,95)),
        ('encoder', "torch's own encoder of the same size, its fast path", encoder, torch.randn(1, 64, 384), (90,95)),
        ('wide', 'transformer of 4 blocks, width 768, 128 tokens', wide, torch.randn(1, 128, 768), (90,95)),
        ('conv', '1×1 convolution 512 → 128, 14 px, batch 8', conv, torch.randn(8, 512, 14, 14), (90,95)),
    ):
        torch.manual_seed(0)
        nets = {0: make().eval()}
        for s in sparsities: nets[s],_ = to_sparse(nets[0], make_masks(prunable(nets[0]), s), x)
        with torch.no_grad(): t = interleave({s: _often(lambda f=f: f(x), 5) for s,f in nets.items()}, repeats)
        for s in sparsities:
            report(f'sparse: {s} % pruned ÷ dense, {what}{threads}', t[s]/t[0], goals.get((name,s), 1.03))

def _sparse_int8(repeats, threads):
    "A transformer whose attention isn't pruned: what stays dense as it is, or in int8."
    torch.manual_seed(0)
    net,x = nn.Sequential(*[_Block(384) for _ in range(6)]).eval(),torch.randn(1, 64, 384)
    mlps = {n: o for n,o in prunable(net).items() if 'up' in n or 'down' in n}
    some = to_sparse(net, make_masks(mlps, 95), x)[0]
    variants = dict(dense=net, sparse=some, both=quantize_rest(some, x)[0], int8=quantize_rest(net, x)[0])
    with torch.no_grad(): t = interleave({k: _often(lambda f=f: f(x), 5) for k,f in variants.items()}, repeats)
    named = dict(sparse='MLPs 95 % pruned', both='the same, and attention in int8', int8='all in int8, nothing sparse')
    for k,what in named.items():
        what = f'{what} ÷ dense, transformer of 6 blocks, width 384, 64 tokens{threads}'
        report(f'sparse: {what}', t[k]/t['dense'], float('inf'))

def _step(net, masks, opt_func, x, y, kernels='auto'):
    """Return a function that makes 100 training steps as an epoch of a fit makes them, with masks.

    With dense kernels, or with what is left computed and stepped where that is faster."""
    from fasterlth.train.steppers import foreach, step_together, trial_step
    from fasterlth.train.vectors import Vectors
    opt,vectors,mul_ = opt_func(list(net.parameters()), lr=1e-3),Vectors(),foreach('mul_')
    pruned = {n: p for n,p in net.named_parameters() if n in masks}
    bits = [*pruned.values()],[bit_mask(masks[n], p) for n,p in pruned.items()]
    chosen = {}
    if kernels=='auto': chosen,_ = measure_kernels(net, masks, x, training=True, step=partial(trial_step, opt))
    def run():
        layers = put_kernels(net, chosen)
        vectors.begin(opt, layers)
        rest = [(p,m) for p,m in zip(*bits) if not any(p is o for o in vectors.params)]
        for _ in range(100):
            F.cross_entropy(net(x), y).backward()
            step_together(opt)
            vectors.write()
            if rest: mul_([as_bits(p.data) for p,_ in rest], [m for _,m in rest])
            for ps in opt.param_lists:
                for p in ps: p.grad = None
        vectors.end()
        drop_kernels(layers)
    return run

def _sparse_steps(repeats, threads):
    x,y = torch.randn(128, 784),torch.randint(0, 10, (128,))
    for k,what in ((1,'LeNet-300-100'), (4,'LeNet four times as wide')):
        for name,opt_func in (('Adam',Adam), ('SGD',SGD)):
            variants = {}
            for s in (0,50,80,90,95,98):
                torch.manual_seed(0)
                net = nn.Sequential(nn.Linear(784, k*300), nn.ReLU(), nn.Linear(k*300, k*100), nn.ReLU(),
                                    nn.Linear(k*100, 10))
                masks = make_masks(prunable(net), max(s, 1))
                apply_masks(net, masks)
                variants[s] = _step(net, masks, opt_func, x, y, 'auto' if s else 'dense')
            t = interleave(variants, repeats)
            goals = {90: 1/1.4, 95: 1/2, 98: 1/2.7} if k==1 and name=='Adam' else {}
            for s in (50,80,90,95,98):
                report(f'sparse: a training step at {s} % ÷ dense, {what}, batch 128, {name}{threads}', t[s]/t[0],
                       goals.get(s, 1.03))

def sparse(repeats):
    """Compute with the weights that are left, against the same with dense kernels; with one thread and with all.

    Inference, where each layer is measured (`to_sparse`), and training steps."""
    for n in sorted({1, os.cpu_count()}):
        torch.set_num_threads(n)
        _sparse_inference(repeats, '' if n==1 else f', {n} threads')
        _sparse_int8(repeats, '' if n==1 else f', {n} threads')
        _sparse_steps(repeats, '' if n==1 else f', {n} threads')
    torch.set_num_threads(1)

def plain(repeats):
    "Train 200 steps with a loop of plain PyTorch, under masks and with sparse kernels, against masks alone and neither."
    x,y,sparsities = torch.randn(128, 784),torch.randint(0, 10, (128,)),(80,90,95,98)
    for what,fused in (('AdamW',False), ('fused AdamW',True)):
        def train(sparsity=0, kernels='dense'):
            net = lenet_300_100(seed=0)
            opt = _adamw(net, fused=fused)
            with masks_on(net, make_masks(prunable(net), sparsity) if sparsity else {}, kernels):
                for _ in range(200):
                    opt.zero_grad()
                    F.cross_entropy(net(x), y).backward()
                    opt.step()
        variants = {(s,k): partial(train, s, k) for s in sparsities for k in ('dense','auto')}
        t = interleave({0: train, **variants}, repeats)
        for s in sparsities:
            report(f"plain: kernels='auto' at {s} % ÷ dense kernels, LeNet-300-100, {what}", t[s,'auto']/t[s,'dense'], 1.03)
            report('plain: the same ÷ no masks at all', t[s,'auto']/t[0], float('inf'))

def imp(repeats):
    """Find a ticket of 1.2 % in 20 rounds, with sparse kernels where they are faster.

    The finder, against a plain PyTorch loop that makes the same trainings with dense kernels."""
    bare,finder = _searches(20)
    searches = dict(bare=bare, dense=finder, auto=lambda: finder(kernels='auto'))    # 21 trainings each
    t = interleave(searches, min(repeats, 3), warmup=0)
    what = 'LotteryTicketFinder with sparse kernels ÷ a bare dense loop, LeNet-300-100, 20 rounds to 1.2 %'
    report(f'imp: {what}', t['auto']/t['bare'], .85)
    report('imp: the same with dense kernels', t['dense']/t['bare'], float('inf'))

benchmarks = dict(enforce=enforce, event=event, callback=callback, round=imp_round, loop=loop, optimizer=optimizer,
                  loader=loader, memory=memory, deploy=deploy, sparse=sparse, plain=plain, imp=imp)

if __name__ == '__main__':
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument('names', nargs='*', help=', '.join(benchmarks)); p.add_argument('--repeats', type=int, default=9)
    args = p.parse_args()
    if wrong := set(args.names)-set(benchmarks):
        p.error(f"unknown: {', '.join(wrong)}; there are {', '.join(benchmarks)}")
    print(f'torch {torch.__version__}, {torch.get_num_threads()} thread, medians of {args.repeats} turns', flush=True)
    for n in args.names or benchmarks: benchmarks[n](args.repeats)
    missed = [r for r in ROWS if r[1]>r[2]]
    print(f'{len(ROWS)-len(missed)} of {len(ROWS)} within their goals')
