# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable
from contextlib import contextmanager
import pandas as pd, torch
from fastai.callback.core import Callback
from fastai.data.core import DataLoaders
from fastai.learner import Learner, Recorder
from torch import nn
from torch.overrides import TorchFunctionMode
from .snapshot import Snapshot
import torch

__all__ = ['stack_learners']

class Unstackable(ValueError):
    """Raised for what can't be trained in a stack."""
    ...

def replica_randomness(learn: Learner, seed: int | None = None) -> dict:
    """Return the random states that a replica begins with, and leave them as they were."""
    ...

@contextmanager
def drawing_for(rng: dict, dls: DataLoaders | None = None):
    """Draw random numbers for a replica."""
    ...

class _EachAlone(torch.autograd.Function):
    """Call a function of all replicas' tensors where `vmap` has come to a function of one."""
    @staticmethod
    def forward(f, x, like):
        ...
    @staticmethod
    def setup_context(ctx, inputs, output) -> None:
        ...
    @staticmethod
    def vmap(info, in_dims, f, x, like):
        ...

class _AsAlone(TorchFunctionMode):
    """Let functions do to each replica what they would do to it alone."""
    draw: Any
    like: Any
    def __init__(self, draw) -> None:
        ...
    def __torch_function__(self, func, types, args=(), kwargs=None):
        ...

def of_replica(o, k: int):
    """Return a replica's part of inputs, outputs or targets."""
    ...

class StackedModel(nn.Module):
    """Several networks of one architecture as one, whose tensors have the replicas along a new first axis."""
    training: Any
    def __init__(self, models: list, rngs: list | None = None) -> None:
        ...
    def __getattr__(self, k):
        ...
    def __setattr__(self, k, v) -> None:
        """Set what a network reads in its forward pass where it reads it."""
        ...
    def __getitem__(self, i):
        ...
    def forward(self, *xb):
        ...

class Each:
    """Call a function for each replica: together, if that is possible and gives the same, or else one by one."""
    funcs: list
    together: Any
    def __init__(self, funcs: list) -> None:
        ...
    def one_by_one(self, *args) -> torch.Tensor:
        """Return the values of all replicas, each computed alone."""
        ...
    def __call__(self, *args) -> torch.Tensor:
        ...

class StackedLoss:
    """Sum a loss over replicas. `losses` has those of the last batch."""
    def __init__(self, funcs: list) -> None:
        ...
    def __call__(self, *args) -> torch.Tensor:
        ...
    def __getattr__(self, k):
        ...
    def __setattr__(self, k, v) -> None:
        """Set what a schedule changes in the loss of each replica."""
        ...

class StackedDL:
    """Yield batches of all replicas, along the second axis, as each would see them alone."""
    dls: list
    which: Any
    rngs: Any
    shared: Any
    bs: Any
    dataset: Any
    device: Any
    def __init__(self, dls: list, which: int, rngs: list) -> None:
        ...
    def __getattr__(self, k):
        """Return what the replicas' loaders have, such as `n_inp`, but nothing that would yield one replica's items."""
        ...
    @property
    def loaders(self) -> list:
        """Return each replica's own loader."""
        ...
    def __len__(self):
        ...
    def to(self, device) -> Self:
        ...
    def __iter__(self):
        ...

def check_stackable_opt(opt_func: Callable) -> None:
    """Raise unless an optimizer does the same to stacked parameters as to each of them."""
    ...

def check_stackable_cbs(cbs) -> None:
    """Raise if a callback can't be part of a stack."""
    ...

class StackCallback(Callback):
    """Check what joins a fit, and keep what replicas hold as part of a moment of training."""
    order: Any
    begin: Any
    place: Any
    def begin_at(self, moments: list) -> None:
        """Set the replicas' random states when the fit has come to these moments."""
        ...
    def before_fit(self) -> None:
        ...
    def after_fit(self) -> None:
        ...
    def before_train(self) -> None:
        ...
    def after_batch(self) -> None:
        ...
    def state_dict(self) -> dict:
        """Return what replicas hold."""
        ...
    def load_state_dict(self, state: dict) -> None:
        """Take back what replicas held, from `state_dict`."""
        ...

class StackTaken(Callback):
    """Note the replicas' random states when a `SnapshotCallback` takes a snapshot."""
    order: Any
    taken_rngs: Any
    at_epoch: list
    def before_train(self) -> None:
        ...
    def after_batch(self) -> None:
        ...
    def state_dict(self) -> dict:
        """Return nothing: a snapshot is kept by who wanted it."""
        ...
    def load_state_dict(self, state: dict) -> None:
        """Take back nothing."""
        ...

class _Seen:
    """A replica as a metric sees a learner: with its own network, data and loss, in the stack's fit."""
    def __init__(self, stack, k, **now) -> None:
        ...
    @property
    def x(self):
        ...
    @property
    def y(self):
        ...
    @property
    def dls(self):
        ...
    @property
    def loss_func(self):
        ...
    @property
    def model(self):
        ...
    @property
    def smooth_loss(self):
        ...
    def __getattr__(self, k):
        ...

class _Averages:
    """An average over batches for each replica, as `AvgMetric` has it for one."""
    name: Any
    each: Any
    total: Any
    count: int
    def __init__(self, metrics) -> None:
        ...
    def reset(self) -> None:
        ...
    def accumulate(self, learn, losses) -> None:
        ...
    def add(self, values, bs) -> None:
        ...
    def values(self, n):
        ...

class _Metrics:
    """A metric of any kind for each replica."""
    name: Any
    metrics: Any
    def __init__(self, metrics) -> None:
        ...
    def reset(self) -> None:
        ...
    def accumulate(self, learn, losses) -> None:
        ...
    def values(self, n):
        ...

class StackRecorder(Recorder):
    """Record losses and metrics of each replica. As its own it shows their means."""
    name: str
    n: Any
    each: Any
    avg_loss: Any
    smooth: Any
    replicas: list
    rows: Any
    history: list
    def __init__(self, learners: list, like: Recorder) -> None:
        ...
    def before_fit(self) -> None:
        ...
    def before_epoch(self) -> None:
        ...
    def before_train(self) -> None:
        ...
    def before_validate(self) -> None:
        ...
    def after_batch(self) -> None:
        ...
    @property
    def smooth_losses(self):
        """Return the running average of each replica's losses."""
        ...
    def after_epoch(self) -> None:
        ...
    def after_train(self) -> None:
        ...
    def after_validate(self) -> None:
        ...
    def recorded(self) -> dict:
        """Return what was recorded of each replica."""
        ...
    def set_recorded(self, state: dict) -> None:
        """Take back what was recorded."""
        ...

def split_as_alone(learn: Learner, model: nn.Module) -> list:
    """Split parameters as the splitter splits those of one network, where a bias has one axis."""
    ...

def stack_masks(masks: list, model: nn.Module) -> dict:
    """Stack the masks of replicas."""
    ...

class StackedLearner(Learner):
    """Train several learners of one architecture as one.

    Each replica has its own start, masks, order of the data, dropout and running statistics, and sees what it would
    see alone with its seed. Losses and metrics are measured for each; `results` has them."""
    get_preds: Any
    predict: Any
    show_results: Any
    summary: Any
    export: Any
    learners: Any
    rngs: list
    def __init__(self, learners: list, seeds: list | None = None) -> None:
        ...
    def hold(self, masks: list) -> Learner:
        """Keep weights of each replica at zero in every later fit, instead of those so far."""
        ...
    @property
    def loss_func(self):
        ...
    @loss_func.setter
    def loss_func(self, f) -> None:
        """Take another loss function too, as from a callback, for each replica."""
        ...
    def __repr__(self):
        ...
    def tensors_of(self, k: int) -> dict:
        """Return a replica's parameters and buffers."""
        ...
    def unstack(self) -> list:
        """Copy weights and buffers back to the learners, and their random states."""
        ...
    @property
    def results(self) -> pd.DataFrame:
        """Return a row for each replica and epoch of the last fit."""
        ...

def stack_learners(learners: list, seeds: list | None = None) -> StackedLearner:
    """Make one learner of several, which are trained together and with each step as they would be alone.

    `unstack()` copies what was learned back to them.

    Parameters
    ----------
    learners : list
        Learners that differ in weights, masks, data and random states only. They aren't trained.
    seeds : list
        Seed for everything random in the training of each; default the learners' random states.

    Returns
    -------
    StackedLearner
        A Learner; after a fit, its `results` has a row for each replica and epoch.
    """
    ...

def replicas_moments(moment: Snapshot, rngs: list) -> list:
    """Return the moments of the replicas, each as it would be alone."""
    ...

def stack_moments(moments: list) -> Snapshot:
    """Stack moments of replicas."""
    ...

def replicas_within(one: int, two: int, free: int, most: int) -> int:
    """Return how many replicas fit in four fifths of the memory, at least one."""
    ...

def fitting_replicas(learn: Learner, most: int) -> int:
    """Return how many replicas fit the GPU's memory, as measured."""
    ...
