"""What pruning costs on a GPU, in time and memory, as ratios: python benchmarks/gpu.py [--device cuda] [--repeats N]

Synthetic data, under three minutes. Variants are timed in turn, and their medians divided. `--device cpu` runs the same
code on a tiny network, to test the script: its figures mean nothing."""
import argparse, gc, statistics, time, warnings

warnings.filterwarnings('ignore')
import torch
from torch import nn
from torch.nn.utils import prune as torch_prune
from torchvision.models import resnet18, resnet50
from fastai.learner import Learner
from fastai.optimizer import Adam
from fasterlth.all import *

ROWS = []

def report(what, value, goal=float('inf')):
    ROWS.append((what,value,goal))
    print(f'{what:<88}{value:8.3f}', f'  goal ≤ {goal:.3g}{"" if value<=goal else "   MISSED"}' if goal<float('inf') else '', flush=True)

def tiny(): return nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 10))

class Device:
    "Clocks and memory of a device."
    def __init__(self, name): self.name,self.cuda = name,name.startswith('cuda')
    def wait(self):
        if self.cuda: torch.cuda.synchronize()
    def peak(self): return torch.cuda.max_memory_allocated() if self.cuda else 0
    def reset(self):
        gc.collect()
        if self.cuda: torch.cuda.empty_cache(); torch.cuda.reset_peak_memory_stats()
    def times(self, variants, repeats, warmup=2):
        "Return the median seconds of each variant, run in turn; each is a function, or one to time and one to tidy up."
        times = {k: [] for k in variants}
        for i in range(repeats+warmup):
            for k,f in variants.items():
                f,tidy = f if isinstance(f, tuple) else (f,lambda: None)
                self.wait()
                start = time.perf_counter(); f(); self.wait()
                if i>=warmup: times[k].append(time.perf_counter()-start)
                tidy()
        return {k: statistics.median(v) for k,v in times.items()}

    def waits(self, f):
        "Return how often a function waits for the GPU."
        if not self.cuda: return 0
        mode = torch.cuda.get_sync_debug_mode()
        torch.cuda.set_sync_debug_mode('warn')
        try:
            with warnings.catch_warnings(record=True) as said:
                warnings.simplefilter('always')
                f()
        finally: torch.cuda.set_sync_debug_mode(mode)
        return len([o for o in said if 'synchroniz' in str(o.message)])

def event(d, name, make, repeats):
    "Make a pruning event, with scores, selection, masks and weights, against torch's."
    net,twin = make().to(d.name),make().to(d.name)
    twin.load_state_dict(net.state_dict())
    saved = {k: v.clone() for k,v in net.state_dict().items()}
    layers,targets = prunable(net),[(m,'weight') for m in twin.modules() if isinstance(m, (nn.Conv2d,nn.Linear))]
    half = make_masks(layers, 40, context='global')
    def ours(context, masks=None): return lambda: apply_masks(net, make_masks(layers, 80, context=context, masks=masks))
    def theirs(): torch_prune.global_unstructured(targets, torch_prune.L1Unstructured, amount=.8)
    def undo():
        for m,_ in targets: torch_prune.remove(m, 'weight')
        twin.load_state_dict(saved)
    def again(): net.load_state_dict(saved)
    t = d.times(dict(first=(ours('global'),again), later=(ours('global', half),again), local=(ours('local'),again),
                     torch=(theirs,undo)), repeats)
    for k,what in (('first','global'), ('later','global, a later step'), ('local','local')):
        report(f'event: ours ÷ torch.nn.utils.prune.global_unstructured, {name}, {what}', t[k]/t['torch'], 1)
    print(f"    that is {', '.join(f'{k} {1e3*v:.2f} ms' for k,v in t.items())}")
    for context in ('global','local'):
        again()
        report(f'event: times that Python waits for the GPU, {name}, {context}', d.waits(ours(context, half)), 1)
    report(f'event: peak memory beside the model ÷ its parameters, {name}, global', beside(d, net, ours('global', half)), 2.5)

def beside(d, net, f):
    "Return the peak of the memory that a function takes, in multiples of the parameters."
    d.reset()
    before = d.peak()
    f()
    return (d.peak()-before)/sum(p.nbytes for p in net.parameters())

def enforce(d, name, make, repeats):
    "Keep pruned weights at zero, against copying the same parameters."
    net = make().to(d.name)
    cb = MaskCallback(make_masks(prunable(net), 80))
    Learner(loaders(d, 4, 4), net).add_cb(cb); cb.prepare()
    out = [torch.empty_like(p, requires_grad=False) for p in cb.held[0]]
    @torch.no_grad()
    def copy():
        for _ in range(20): torch._foreach_copy_(out, cb.held[0])
    t = d.times(dict(mask=lambda: [cb.enforce() for _ in range(20)], copy=copy), repeats)
    report(f'enforce: masks ÷ a copy of the same parameters, {name}', t['mask']/t['copy'])

def loaders(d, n, bs, size=64):
    "Return loaders of random images."
    x,y = torch.rand(n, 3, size, size),torch.arange(n)%10
    return memory_dls((x,y), (x[:bs],y[:bs]), bs=bs, device=torch.device(d.name))

def fit(d, make, dls, cbs):
    "Return the peak of a fit of three epochs, in bytes, and its seconds."
    torch.manual_seed(0)
    d.reset()
    learn = Learner(dls, make().to(d.name), nn.CrossEntropyLoss(), opt_func=Adam)
    with learn.no_bar(), learn.no_logging():
        start = time.perf_counter(); learn.fit(3, cbs=cbs); d.wait()
    return d.peak(),time.perf_counter()-start

def memory(d, name, make, n, bs, size):
    "Train with Adam: plain, with the callback, and with rewinds."
    dls,params = loaders(d, n, bs, size),sum(p.nbytes for p in make().parameters())
    def cb(lth): return SparsifyCallback(80, 'weight', 'global', l1_norm, iterative, start_epoch=1, lth=lth, verbose=False)
    fit(d, make, dls, [])    # libraries take memory at their first use
    (plain,t),(with_cb,t1),(with_lth,t2) = fit(d, make, dls, []),fit(d, make, dls, cb(False)),fit(d, make, dls, cb(True))
    what = f'{name}, {size} px, batch {bs}, Adam'
    print(f'    peaks: plain {plain/2**20:.0f} MB, with the callback {with_cb/2**20:.0f}, with lth {with_lth/2**20:.0f}')
    report(f'memory: SparsifyCallback above plain ÷ parameters, {what}', (with_cb-plain)/params, 2.5)
    report(f'memory: with lth above plain ÷ parameters, {what}', (with_lth-plain)/params, 4.5)
    report(f'fit: SparsifyCallback ÷ none, {3*(n//bs)} steps and three events', t1/t)
    report('fit: the same with lth', t2/t)

def loop(d, name, make, shape, n, bs, repeats):
    "Train an epoch in the loop of finders, against a plain PyTorch loop with the same batches and defaults."
    g = torch.Generator().manual_seed(0)
    x,y = torch.rand(n, *shape, generator=g).to(d.name),(torch.arange(n)%10).to(d.name)
    dls = memory_dls((x,y), (x[:bs],y[:bs]), bs=bs, device=torch.device(d.name))
    def bare():
        net = make(seed=0).to(d.name)
        opt = torch.optim.AdamW(net.parameters(), lr=1.2e-3, betas=(.9,.99), eps=1e-5, weight_decay=.01)
        for i in torch.randperm(n, device=d.name).split(bs):
            nn.functional.cross_entropy(net(x[i]), y[i]).backward()
            opt.step()
            opt.zero_grad()
    def ours(lean=True):
        learn = Learner(dls, make(seed=0).to(d.name))
        def train(l): l.fit(1, 1.2e-3)
        with learn.no_bar(), learn.no_logging(): Training(learn)(train) if lean else train(learn)
    t = d.times(dict(bare=bare, ours=ours, fastai=lambda: ours(False)), repeats)
    report(f"loop: a finder's training ÷ a bare PyTorch loop, {name}, batch {bs}", t['ours']/t['bare'], 1.3)
    report(f"loop: fastai's own loop ÷ the bare one, {name}, batch {bs}", t['fastai']/t['bare'])
    print(f"    that is {', '.join(f'{k} {1e3*v/(n//bs):.2f} ms a step' for k,v in t.items())}")

def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument('--device', default='cuda'); p.add_argument('--repeats', type=int, default=9)
    args = p.parse_args()
    if args.device.startswith('cuda') and not torch.cuda.is_available(): return print('there is no GPU that torch can use: nothing was measured')
    d = Device(args.device)
    print(f"{torch.cuda.get_device_name() if d.cuda else 'CPU, a trial of the script only'}, torch {torch.__version__}, medians of {args.repeats}", flush=True)
    nets = dict(resnet18=resnet18, resnet50=resnet50) if d.cuda else dict(tiny=tiny)
    for name,make in nets.items(): event(d, name, make, args.repeats)
    name,make = next(iter(nets.items()))
    enforce(d, name, make, args.repeats)
    for n,bs,size in ((2048,64,64), (64,2,32)) if d.cuda else ((8,4,8),): memory(d, name, make, n, bs, size)
    if d.cuda: loops = ('LeNet-300-100', lenet_300_100, (1,28,28), 12800),('ResNet-20', resnet20, (3,32,32), 3840)
    else: loops = ('LeNet-300-100', lenet_300_100, (1,28,28), 256),
    for what,make,shape,n in loops: loop(d, what, make, shape, n, 128, args.repeats)
    missed = [r for r in ROWS if r[1]>r[2]]
    print(f'{len(ROWS)-len(missed)} of {len(ROWS)} within their goals')

if __name__=='__main__': main()
