# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from contextlib import contextmanager
from fastai.callback.core import Callback
from fastai.learner import Learner
from torch import nn


def check_learner(learn, instead: str = '') -> Learner:
    """Raise unless `learn` is a Learner."""
    ...

def check_train(train):
    """Raise unless `train` is a function of a learner."""
    ...

def loader_length(dl) -> int:
    """Return how many batches a loader has. Raise if it doesn't know."""
    ...

def has_validation(learn: Learner) -> bool:
    """Return whether there is anything to validate on."""
    ...

def check_validation(learn: Learner, why: str) -> None:
    """Raise unless the learner has validation data."""
    ...

def one_batch(learn: Learner) -> tuple:
    """Return the first batch of the training loader, fastai's or torch's, on the model's device."""
    ...

def split_batch(learn: Learner, batch: tuple) -> tuple:
    """Split a batch into inputs and targets, as a fit does."""
    ...

def examples(dls, n: int = 10) -> list:
    """Return `n` examples of each class from the training set; its first batch if the targets aren't classes."""
    ...

def metric_names(learn: Learner) -> list:
    """Return the names of what validation measures, in order."""
    ...

events: list

def is_validating(learn: Learner) -> bool:
    """Return whether this is `validate` or `get_preds`, even in the middle of a fit."""
    ...

def is_lr_find(learn: Learner) -> bool:
    """Return whether this fit belongs to `lr_find`."""
    ...

def fine_tune_epochs(learn: Learner) -> int:
    """Return the epochs of both fits of a `fine_tune` that is running, None if none is."""
    ...

def is_foreign(cb: Callback) -> bool:
    """Return whether a callback is neither fastai's nor ours."""
    ...

def context_state() -> dict:
    """Return the modes of torch that code may leave on: autocast, gradients, default device and type."""
    ...

def without_autocast(state: dict) -> dict:
    """Return the same modes of torch, but without autocast."""
    ...

def set_context(state: dict) -> None:
    """Set the modes of torch that code may leave on."""
    ...

def check_precision(learn: Learner, cbs=None) -> None:
    """Raise if a fit would have two `MixedPrecision` callbacks."""
    ...

def free_lock(learn: Learner) -> None:
    """Unlock a learner that a failed validation left locked; for moments at which none can be under way."""
    ...

@contextmanager
def fit_context(learn: Learner, stated: bool = False):
    """Restore what a fit may leave on, however it ends: torch's modes, and the learner's loss function, logger and lock."""
    ...

def unbegun(learn: Learner) -> dict:
    """Return what a fit changes of a learner before its first batch."""
    ...

def set_unbegun(learn: Learner, state: dict) -> None:
    """Restore what a fit has changed of a learner before its first batch."""
    ...

class _Held:
    """Remember the attributes of objects, what lists, dicts and sets among these hold, and tensors that are written to."""
    attributes: list
    items: list
    tensors: list
    seen: Any
    def __init__(self, objects, but=()) -> None:
        ...
    def note(self, v) -> None:
        ...
    def restore(self) -> None:
        ...

@contextmanager
def own_passes(learn: Learner, model: nn.Module):
    """Compute what the learner would compute for batches, and undo afterwards what this changes.

    The function raises a `ValueError` if a callback cancels the batch, or if there is no loss."""
    ...

def learner_forward(learn: Learner, n_inp: int | None = None):
    """Return the `forward` of a `Scoring` that computes what the learner would compute for a batch."""
    ...

def scored_by(learn: Learner, batches: list | None = None) -> dict:
    """Return what criteria need of a learner: batches, and its own forward pass and loss."""
    ...

@contextmanager
def like_validation(learn: Learner):
    """Let others' callbacks prepare for passes over the validation set, and undo afterwards what this changes."""
    ...
