# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from contextlib import contextmanager
from fastai.callback.core import Callback
from fastai.learner import Learner
from torch import nn


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
def own_passes(learn: Learner, model: nn.Module, but: tuple = ()):
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

def prepares(cb: Callback, event_name: str = 'before_batch') -> bool:
    """Return whether a callback may change what the model gets in validation, its outputs, or the loss."""
    ...

def prepared(learn: Learner, batch: tuple) -> tuple:
    """Return the inputs and targets that the learner's callbacks make of a batch in validation."""
    ...
