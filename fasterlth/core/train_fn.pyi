# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager
from typing import NamedTuple
from torch import nn

__all__ = ['masks_on']

class _Within(AbstractContextManager):
    """A context that warns if it is never entered."""
    entered: bool
    context: Any
    def __init__(self, context) -> None:
        ...
    def __enter__(self):
        ...
    def __exit__(self, *error):
        ...
    def __del__(self) -> None:
        ...

def masks_on(model: nn.Module, masks: dict, kernels: str = 'dense') -> AbstractContextManager:
    """Keep pruned weights at zero through every step of any PyTorch optimizer.

    Which layers get sparse kernels is chosen when the model is first called in training mode with gradients, and
    again if masks have changed. These have no second derivatives.

    Parameters
    ----------
    model : nn.Module
        Any module; its weights are masked at once.
    masks : dict
        Parameter name → bool tensor.
    kernels : str
        `'sparse'`: compute with the weights that are left; `'auto'`: where that is faster. Default: `'dense'`.

    Returns
    -------
    AbstractContextManager
        For `with`; it gives the model.
    """
    ...

@contextmanager
def own_random_states():
    """Leave the random states of Python, NumPy and torch as they were."""
    ...

def seed_all(seed: int) -> None:
    """Seed the random numbers of Python, NumPy and torch."""
    ...

def say(seed: int, when: str, masks: dict, score: float, more: str = '') -> None:
    """Print what a training has come to."""
    ...

class Trainer(NamedTuple):
    """What makes a model, trains it and scores it."""
    make: Callable
    train_fn: Callable
    eval_fn: Callable
    kernels: str = ...
    verbose: bool = ...
    def start(self, seed: int) -> dict:
        """Return the tensors of a new model made from a seed."""
        ...
    def train(self, seed: int, start: dict, masks: dict, when: str, on_step: Callable | None = None) -> tuple:
        """Train a model from these weights under these masks. Raise if it wasn't trained."""
        ...
    def measure(self, seed: int, start: dict, masks: dict, when: str) -> tuple:
        """Train and score. Return the model, and the scores before and after as columns of a table."""
        ...

def trainer_of(model: nn.Module | Callable, name: str, train_fn: Callable, eval_fn: Callable, kernels: str = 'dense', verbose: bool = False) -> Trainer:
    """Return a trainer. Raise if an argument isn't valid."""
    ...
