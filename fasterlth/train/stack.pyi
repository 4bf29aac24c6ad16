# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
import pandas as pd
from fastai.callback.core import Callback
from fastai.learner import Learner
from torch import nn
from .snapshot import Snapshot

__all__ = ['stack_learners']

def split_as_alone(learn: Learner, model: nn.Module) -> list:
    """Split parameters as the splitter splits those of one network, where a bias has one axis."""
    ...

def stack_masks(masks: list, model: nn.Module) -> dict:
    """Stack the masks of replicas."""
    ...

class StackCallback(Callback):
    """Keep what replicas hold as part of a moment of training. `taken_rngs` are their random states in a snapshot."""
    order: Any
    begin: Any
    taken_rngs: Any
    at_epoch: list
    def begin_at(self, moments: list) -> None:
        """Set the replicas' random states when the fit has come to these moments."""
        ...
    def before_train(self) -> None:
        ...
    def after_batch(self) -> None:
        ...
    def state_dict(self) -> dict:
        """Return what replicas hold."""
        ...
    def load_state_dict(self, state: dict) -> None:
        """Restore what replicas held."""
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
    def fit(self, n_epoch, lr=None, wd=None, cbs=None, **kwargs) -> None:
        """Fit all replicas, with callbacks that do to each what they would do to it alone."""
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
    def hold(self, masks: list) -> StackedLearner:
        """Keep weights of each replica at zero in every later fit, instead of those so far."""
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
