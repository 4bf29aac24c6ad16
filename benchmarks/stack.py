"""What stacking trainings gains on a GPU, as ratios: python benchmarks/stack.py [--device cuda] [--repeats N]

Synthetic data, under three minutes. Separate and stacked trainings take turns in the finder's loop, and their medians
are divided; so does a whole study. On a GPU the figures are added to results.txt with the card's name. `--device cpu`
runs the same code on tiny networks, to test the script: its figures mean nothing."""
import argparse, statistics, time, warnings
from pathlib import Path

warnings.filterwarnings('ignore')
import torch
from fastai.learner import Learner
from fastai.metrics import accuracy
from fasterlth.all import *

ROWS = []

def report(what, value, goal=float('inf')):
    ROWS.append((what,value,goal))
    text = f'{what:<88}{value:8.3f}'
    if goal<float('inf'): text += f'  goal ≥ {goal:.3g}{"" if value>=goal else "   MISSED"}'
    print(text, flush=True)
    return text

class Made:
    "What is trained on random images."
    def __init__(self, name, make, n_ch, size, bs, n, device):
        self.name,self.make,self.bs,self.n,self.device = name,make,bs,n,torch.device(device)
        g = torch.Generator().manual_seed(0)
        x,y = torch.rand(n+bs, n_ch, size, size, generator=g),torch.arange(n+bs)%10
        self.dls = memory_dls((x[:n],y[:n]), (x[n:],y[n:]), bs=bs, device=self.device)
    def learner(self, seed, **kwargs):
        torch.manual_seed(seed)
        return Learner(self.dls, self.make(seed).to(self.device), metrics=accuracy, **kwargs)
    @property
    def steps(self): return self.n//self.bs

def wait(device):
    if device.type=='cuda': torch.cuda.synchronize()

def seconds(device, f):
    wait(device)
    start = time.perf_counter()
    f()
    wait(device)
    return time.perf_counter()-start

def fit(learn, n_epoch):
    "Train as finders do."
    with learn.no_bar(), learn.no_logging(): Training(learn)(lambda l: l.fit(n_epoch, 1e-3))

def training(made, k, repeats, goal, graphs):
    "Train a network alone, and several in a stack."
    def alone(**kwargs): return made.learner(0, **kwargs)
    def stack(**kwargs): return stack_learners([made.learner(i, **kwargs) for i in range(k)], list(range(k)))
    makers = dict(alone=alone, stack=stack)
    if graphs: makers |= {f'{n} as a graph': (lambda f=f: f(cbs=GraphCallback())) for n,f in dict(makers).items()}
    learners = {n: f() for n,f in makers.items()}
    for l in learners.values(): fit(l, 1)    # libraries warm up
    times = {n: [] for n in learners}
    for _ in range(repeats):
        for n,l in learners.items(): times[n].append(seconds(made.device, lambda: fit(l, 1)))
    t = {n: statistics.median(v) for n,v in times.items()}
    for n in t: print(f"    {n}: {1e3*t[n]/made.steps:.2f} ms a step" + (f', {1e6*t[n]/made.steps/k:.0f} µs a replica' if n.startswith('stack') else ''))
    yield report(f'stack: separate trainings ÷ a stack of {k}, {made.name}, batch {made.bs}', k*t['alone']/t['stack'], goal)
    if graphs: yield report('stack: the same, the stack as a CUDA graph', k*t['alone']/t['stack as a graph'])
    if graphs: yield report('stack: a single training ÷ the same as a CUDA graph', t['alone']/t['alone as a graph'])

def study(made, seeds, n_rounds, k, goal):
    "Run a study one training after the other, and in stacks."
    def run(stack):
        s = LotteryStudy(made.learner, lambda l: l.fit(2, 1e-3), 95, n_rounds, ['random_reinit','shuffled'], seeds)
        s.run(stack=stack, verbose=False)
        if s.failures: raise RuntimeError(next(iter(s.failures.values())))
    t = {n: seconds(made.device, lambda: run(n)) for n in (1,k)}
    what = f'{seeds} seeds × 3 conditions × {n_rounds} rounds'
    print(f"    a study of {what}: {t[1]:.1f} s, in stacks {t[k]:.1f} s")
    yield report(f'stack: a study one by one ÷ in stacks of {k}, {made.name}, {what}', t[1]/t[k], goal)

def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument('--device', default='cuda')
    p.add_argument('--repeats', type=int, default=3)
    args = p.parse_args()
    cuda = args.device.startswith('cuda')
    if cuda and not torch.cuda.is_available(): return print('there is no GPU that torch can use: nothing was measured')
    name = torch.cuda.get_device_name() if cuda else 'CPU, a trial of the script only'
    head = f'{name}, torch {torch.__version__}, stacked trainings, medians of {args.repeats}'
    print(head, flush=True)
    def tiny(seed): return lenet_300_100(64, seed=seed)
    if cuda:
        nets = [(Made('LeNet-300-100', lambda s: lenet_300_100(seed=s), 1, 28, 128, 6400, args.device), 32, 20),
                (Made('ResNet-20, 32 px', lambda s: resnet20(seed=s), 3, 32, 128, 3840, args.device), 16, 4)]
        sizes = 8,5,32
    else: nets,sizes = [(Made('tiny', tiny, 1, 8, 16, 64, args.device), 2, float('inf'))],(2,1,2)
    lines = [l for made,k,goal in nets for l in training(made, k, args.repeats, goal if cuda else float('inf'), cuda)]
    lines += study(nets[0][0], *sizes, 10 if cuda else float('inf'))
    if cuda:
        with open(Path(__file__).parent/'results.txt', 'a') as f: f.write('\n'.join(['', head, *lines, '']))
    print(f'{sum(v>=g for _,v,g in ROWS if g<float("inf"))} of {sum(g<float("inf") for *_,g in ROWS)} reach their goals')

if __name__=='__main__': main()
