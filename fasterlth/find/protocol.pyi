# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable
from contextlib import contextmanager
from fastai.learner import Learner
from torch import nn
from ..train.snapshot import Snapshot


def fresh_opt(opt: dict) -> dict:
    """Forget what an optimizer has learned."""
    ...

def fresh(moment: Snapshot) -> Snapshot:
    """Return a moment with an optimizer that has learned nothing, and without gradients."""
    ...

@contextmanager
def untouched_unless_trained(learn: Learner):
    """Put learner, callbacks, gradients and random states back if nothing was trained."""
    ...

def renewed_opt(learn):
    """Create a new optimizer of the same kind. Return None if the old one doesn't fit the model's layers."""
    ...

class Protocol:
    """One learner, trained again and again from the same start."""
    learn: Any
    model: Any
    dls: Any
    start: Any
    kernels: Any
    held: Any
    ended: bool
    warned: set
    inputs: Any
    follows_paths: bool
    def __init__(self, learn: Learner, kernels: str = 'dense') -> None:
        ...
    def take_start(self, seed: int) -> Snapshot:
        """Seed everything random, and take the learner as the start of all trainings."""
        ...
    def reset(self, weights: dict | None = None) -> nn.Module:
        """Reset weights, modes, frozen layers, random states and loaders to the start, with a fresh optimizer."""
        ...
    def begin_callbacks(self, held: dict | None = None) -> None:
        """Set callbacks to what they held when a training was interrupted, or `held` at its end in another process."""
        ...
    def beginning(self, moment: Snapshot, masks: dict, weights: dict | None = None, seed: int | None = None) -> Snapshot:
        """Make the snapshot that training begins with.

    Parameters
    ----------
    moment : Snapshot
        The place in the schedule, and the weights if none are given.
    masks : dict
        Parameter name → bool tensor.
    weights : dict
        Name → tensor, unmasked. Default: `None`.
    seed : int
        Seed for another order of the data, and everything else random; default the moment's random states.
    """
        ...
    def train(self, train: Callable, begin: Snapshot, masks: dict | None = None, cbs: list | tuple = (), resume: Snapshot | None = None, at: float | str | None = None, on_epoch: Callable = ..., held: dict | None = None) -> tuple:
        """Train once, and measure before and after.

    Both begin without autocast and with gradients, whatever is on outside.

    Parameters
    ----------
    train : Callable
        A function of the learner that fits it.
    begin : Snapshot
        From `beginning`, or the start.
    masks : dict
        Parameter name → bool tensor, applied throughout the training. Default: `None`.
    cbs : list
        More callbacks for this training. Default: `()`.
    resume : Snapshot
        Where to continue a killed training. Default: `None`.
    at : float | str
        When to take a snapshot, see `Training`. Default: `None`.
    on_epoch : Callable
        `(training, moment)` after epochs and fits; `moment()` returns a `resume`. Default: `_no_epoch`.
    held : dict
        What callbacks held at the end of the training before, if that was in another process. Default: `None`.

    Returns
    -------
    tuple
        `(row, training)`: the measurements, as a row of a results table, and the `Training`.
    """
        ...
    def effective(self, masks: dict) -> dict:
        """Measure how many weights are pruned or lie on no path from inputs to outputs."""
        ...
    def length(self, train: Callable) -> tuple:
        """Count the iterations and epochs of training, without training.

    Parameters
    ----------
    train : Callable
        A function of the learner that fits it.

    Returns
    -------
    tuple
        `(iterations, epochs)`.
    """
        ...

def training_batch(learn: Learner) -> tuple:
    """Return a batch of training data. Leave random states, and what data sets hold, as they were."""
    ...

def training_inputs(learn: Learner) -> tuple:
    """Return the inputs of a batch of training data."""
    ...
