# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable
from contextlib import contextmanager
from fastai.learner import Learner


def check_alike(learners: list) -> None:
    """Raise unless learners differ only in their weights, data and random states."""
    ...

def check_stackable_opt(opt_func: Callable) -> None:
    """Raise unless an optimizer does the same to stacked parameters as to each of them."""
    ...

def check_stackable_cbs(cbs) -> None:
    """Raise if a callback can't be part of a stack."""
    ...

@contextmanager
def as_each_alone(stack: Learner, cbs: list):
    """Let callbacks do to each replica what they do to one alone. Raise if they can't, or turn out not to."""
    ...
