"What arguments are made of: a learner, tickets, finders, tables, files; made once, and watched for changes."
import gzip, random, shutil, tempfile, warnings, weakref
from functools import cached_property
from pathlib import Path

import numpy as np, pandas as pd, torch, torch.nn.functional as F
from torch import nn

with warnings.catch_warnings():
    warnings.simplefilter('ignore')
    from fastai.vision.all import CrossEntropyLossFlat, Learner, accuracy
from fasterlth.all import *
from fasterlth.core import granularity, inputs
from fasterlth.train.randomness import loader_states


class Net(nn.Module):
    "Something of everything that can be pruned or rewound, for digits of 8×8 pixels."
    def __init__(self):
        super().__init__()
        self.conv,self.bn = nn.Conv2d(1, 8, 3, stride=2),nn.BatchNorm2d(8)
        self.fc1,self.fc2 = nn.Linear(8*3*3, 16),nn.Linear(16, 10)
    def forward(self, x): return self.fc2(F.relu(self.fc1(F.relu(self.bn(self.conv(x))).flatten(1))))

def make_net(seed=0):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Net()

data = digits_dls(size=8, n=64, bs=32, valid_pct=2, device='cpu')
def make_learner(seed): return Learner(data, make_net(seed), metrics=accuracy, lr=1e-2)
def train(learn):
    with learn.no_bar(), learn.no_logging(): learn.fit(2, 1e-2)
def plain_train(model):
    opt = torch.optim.SGD(model.parameters(), .01)
    for _ in range(3):
        opt.zero_grad()
        sum(p.square().sum() for p in model.parameters()).backward()
        opt.step()
def write_idx(path, a):
    with gzip.open(path, 'wb') as f: f.write(bytes([0,0,8,a.ndim])+np.array(a.shape, '>i4').tobytes()+a.tobytes())


class Things:
    "Whatever public functions take. Nothing is made before it is asked for."
    def __init__(self):
        self.path = Path(tempfile.mkdtemp())
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)
        self.learn = make_learner(0)
        train(self.learn)    # with an optimizer that has a state
        self.model,self.number = self.learn.model,0

    def new(self, suffix=''):
        "Return a path that doesn't exist yet."
        self.number += 1
        return self.path/f'new{self.number}{suffix}'

    train,make_learner,net = staticmethod(train),staticmethod(make_learner),staticmethod(Net)
    plain_train = staticmethod(plain_train)
    @cached_property
    def layers(self): return prunable(self.model)
    @cached_property
    def pruner(self): return Pruner()
    @cached_property
    def masks(self): return make_masks(self.model, 50)
    @cached_property
    def scores(self): return {n: torch.rand(o.groups.n) for n,o in self.layers.items()}
    @cached_property
    def filters(self): return make_masks(prunable(self.model, 'filter', nn.Conv2d), 50)
    @cached_property
    def mask(self): return next(iter(self.masks.values()))
    @cached_property
    def in_blocks(self): return make_masks(prunable(self.model, '2:4', nn.Linear), 50)
    @cached_property
    def weights(self): return {n: t.detach().clone() for n,t in self.ticket.weights.items()}
    @cached_property
    def ticket(self): return Ticket.of(self.model, self.masks)
    @cached_property
    def shrinkable(self): return Ticket.of(make_net(), self.filters)
    @cached_property
    def trained(self):
        learn = self.shrinkable.apply(make_learner(0))
        train(learn)
        return learn
    @cached_property
    def snapshot(self): return Snapshot.take(self.learn)
    @cached_property
    def training(self): return Training(self.learn)
    @cached_property
    def x(self): return torch.rand(4, 1, 8, 8)
    @cached_property
    def batches(self): return [(self.x,torch.arange(4))]
    @cached_property
    def layer(self): return nn.Conv2d(4, 8, 3)
    @cached_property
    def w(self): return torch.rand(4, 6)
    @cached_property
    def groups(self): return Groups((4,6), (4,6), (1,))
    @cached_property
    def blocks(self): return layer_groups(nn.Linear(8, 4), '2:4')
    @cached_property
    def images(self): return torch.rand(20, 1, 8, 8)
    @cached_property
    def labels(self): return torch.arange(20)%10
    @cached_property
    def stat(self): return torch.ones(1, 1, 1)
    @cached_property
    def dataset(self): return data.train_ds
    @cached_property
    def arrays(self): return self.images,self.labels
    @cached_property
    def finder(self):
        f = LotteryTicketFinder(make_learner(1), 50, 1, seed=0, verbose=False)
        f.find_winning_ticket(train)
        return f
    @cached_property
    def other_finder(self): return LotteryTicketFinder(make_learner(1), 50, 1, seed=0, verbose=False)
    @cached_property
    def trunk(self): return Trunk.of(self.finder, 1, make_learner)
    @cached_property
    def early_finder(self):
        f = EarlyBirdFinder(make_learner(1), 50, n_masks=2, threshold=1, seed=0, verbose=False)
        f.find_early_bird(train)
        return f
    @cached_property
    def study(self):
        s = LotteryStudy(make_learner, train, 50, 1, ['random_reinit'], seeds=1, path=self.new())
        return s.run(n_jobs=1, verbose=False)
    @cached_property
    def callback(self): return SparsifyCallback(50, 'weight', 'local', l1_norm, one_shot, verbose=False)
    @cached_property
    def bird(self): return self.early_finder.callback
    @cached_property
    def df(self):
        rows = [dict(condition=c, seed=s, round=r, sparsity=50*r, remaining=100-50*r, valid_loss=1., start_valid_loss=2.,
                     accuracy=.5+.1*s+.01*r, start_accuracy=.1, best_iteration=3)
                for c,r in (('dense',0),('winning',1),('random_reinit',1)) for s in (0,1,2)]
        return pd.DataFrame(rows)
    @cached_property
    def line(self): return linear_interpolation(self.learn, self.ticket, self.snapshot.model, 3, 1)
    @cached_property
    def found(self):
        quick = dict(points=3, bn_batches=1, show_plot=False, verbose=False)
        return make_learner(1).rewind_find(train, [0], **quick)
    @cached_property
    def ticket_file(self): return self.ticket.save(self.new('.safetensors'))
    @cached_property
    def compressed_file(self): return save_compressed(self.ticket, self.new('.safetensors'))
    @cached_property
    def sparse_file(self): return save_sparse(self.model, self.new('.safetensors'))
    @cached_property
    def snapshot_file(self): return self.snapshot.save(self.new('.safetensors'))
    @cached_property
    def text_file(self):
        path = self.new('.txt')
        path.write_text('nothing of ours')
        return path
    @cached_property
    def idx(self):
        path = self.new()
        path.mkdir()
        for s,n in (('train',50),('t10k',20)):
            images = np.random.default_rng(0).integers(0, 256, (n,8,8), dtype=np.uint8)
            write_idx(path/f'{s}-images-idx3-ubyte.gz', images)
            write_idx(path/f'{s}-labels-idx1-ubyte.gz', np.arange(n, dtype=np.uint8)%10)
        return path
    @cached_property
    def cifar(self):
        path = self.new()
        path.mkdir()
        for name in ('data_batch_1','test_batch'):
            np.random.default_rng(0).integers(0, 10, (20,3073), dtype=np.uint8).tofile(path/f'{name}.bin')
        return path
    @cached_property
    def onnx(self): return to_onnx(self.model, self.x, self.new('.onnx'))[0]
    @cached_property
    def onnx_file(self): return self.onnx.path
    @cached_property
    def axes(self):
        from matplotlib.figure import Figure
        return Figure().subplots(1, 2)
    @cached_property
    def ax(self): return self.axes[0]

    def state(self):
        "Return all that a refused call must leave alone."
        import matplotlib.pyplot as plt
        l,name = self.learn,lambda o: f'{type(o).__name__} {id(o)}'
        res = {f'model.{n}': t.detach().clone() for n,t in [*self.model.named_parameters(), *self.model.named_buffers()]}
        res |= {f'mode of {n}': (m.training,len(m._forward_hooks),len(m._forward_pre_hooks))
                for n,m in self.model.named_modules()}
        res |= {f'grad of {n}': (p.requires_grad,p.grad is None) for n,p in self.model.named_parameters()}
        res |= {f'learn.{k}': name(v) for k,v in vars(l).items() if k not in ('cbs','metrics','lock','_metrics')}
        res |= dict(callbacks=list(map(name, l.cbs)), metrics=list(map(name, l.metrics)), python=random.getstate(),
                    numpy=np.random.get_state()[1].tobytes(), torch=torch.get_rng_state(), loaders=loader_states(l.dls),
                    threads=torch.get_num_threads(), grad=torch.is_grad_enabled(), figures=plt.get_fignums(),
                    files=sorted((str(o),o.stat().st_mtime_ns) for o in self.path.rglob('*') if o.is_file()),
                    granularities=list(granularity._granularities), layers=list(granularity._layers),
                    inputs=list(inputs._inputs))
        for i,s in enumerate(l.opt.state_dict()['state'] if l.opt else []):
            res |= {f'optimizer {i} {k}': v.clone() if isinstance(v, torch.Tensor) else v for k,v in s.items()}
        return res

def changes(before, after):
    "Name what differs between two states."
    def same(a, b): return torch.equal(a, b) if isinstance(a, torch.Tensor) and isinstance(b, torch.Tensor) else a==b
    return [k for k in {**before, **after} if k not in before or k not in after or not same(before[k], after[k])]
