# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable
from contextlib import contextmanager
from fastai.learner import Learner


class _Events:
    """Send events to the callbacks that handle them."""
    cbs: list
    orders: Any
    by_event: dict
    def __init__(self) -> None:
        ...
    def handlers(self, learn, event_name):
        """Return all callbacks in their order, each with its handler and whether its class has one."""
        ...
    def call_one(self, learn, event_name) -> None:
        """Send an event."""
        ...

class _Zeros:
    """Gradients of zero, which take no time to write, and which the next backward pass need not add to."""
    own: dict
    held: Any
    def __init__(self) -> None:
        ...
    def of(self, p):
        """Return a parameter's zeros: those of the last step, unless they don't fit, or have been written to."""
        ...
    def is_written(self, z):
        ...
    def zero(self, learn):
        """Set the gradients to zero, as the optimizer does."""
        ...
    def take(self) -> None:
        """Take the zeros away."""
        ...
    def give(self) -> None:
        """Give gradients of full size, as fastai's are, to parameters that have got none."""
        ...

def can_validate(learn: Learner) -> bool:
    """Return whether there is a loader to validate with after an epoch, or no need of one."""
    ...

def lean_loop(learn: Learner) -> dict:
    """Return replacements for those of this learner's methods that are fastai's own."""
    ...

@contextmanager
def own_methods(learn: Learner, **methods):
    """Give a learner methods of its own, and restore what was there before."""
    ...

def in_charge(learn: Learner, fit: Callable, epochs: Callable):
    """Let other functions run a learner's fits, in the lean loop, for as long as the context lasts."""
    ...

def run_epoch(learn: Learner, epoch: int) -> None:
    """Train and validate for one epoch of a fit."""
    ...

def run_all_epochs(learn: Learner) -> None:
    """Run all epochs of a fit, as the learner's class does."""
    ...
