# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable
from typing import NamedTuple


class Call(NamedTuple):
    """What a network is called with, of both kinds."""
    args: tuple
    named: dict

def arguments(xb) -> tuple:
    """Return the arguments to call a network with: copies, as it may write to them."""
    ...

def call(f: Callable, xb):
    """Call a model with the inputs of a batch."""
    ...

def outputs_of(model, *xb, name: str = 'xb', named: dict | None = None):
    """Return a model's outputs. Raise a `ValueError` if it can't compute them from these inputs."""
    ...

def outputs_with(model, xb):
    """Return a model's outputs for a copy of a batch, which it may write to. Raise a `ValueError` if it can't take it."""
    ...

def reset_state(f: Callable) -> Callable:
    """Reset what a network carries from call to call by its method `reset`, if it has one, as fastai does."""
    ...
