# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from contextlib import contextmanager
from fastai.learner import Learner

__all__ = ['seed_learner']

def fastai_distributed():
    """Return fastai's module for distributed training, None if it isn't in use: importing it needs accelerate."""
    ...

def loader_states(dls) -> list:
    """Return the random states of the loaders, and the order of what they shuffle further in each epoch."""
    ...

def know_inputs(dls) -> None:
    """Let fastai count the inputs of a batch now. It would draw an item at the first batch, and random numbers with it."""
    ...

def set_loader_states(dls, states: list) -> None:
    """Restore the loaders' random states."""
    ...

def random_states(dls=None) -> dict:
    """Return the random states of Python, NumPy, torch, CUDA, and of the loaders."""
    ...

def set_random_states(states: dict, dls=None) -> None:
    """Restore the random states."""
    ...

def check_random_states(states: dict, dls=None) -> None:
    """Raise a `ValueError` unless these states can be set. Nothing is changed."""
    ...

@contextmanager
def random_states_kept(dls=None):
    """Restore the random states at the end, even after an exception."""
    ...

def saved_random_states(value, name) -> None:
    """Raise unless `value` has the form of `random_states` with the loaders' own."""
    ...

def seed_loaders(dls, seed: int) -> None:
    """Seed the loaders' shuffling."""
    ...

def seed_learner(learn: Learner, seed: int) -> Learner:
    """Seed everything random in training: Python, NumPy, torch, and the loaders' shuffling.

    Parameters
    ----------
    learn : Learner
        Its loaders are seeded as well, which fastai's `set_seed` doesn't do.
    seed : int
        From 0.

    Returns
    -------
    Learner
        The same learner.
    """
    ...
