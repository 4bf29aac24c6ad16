# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from contextlib import contextmanager
from fastai.learner import Learner


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
