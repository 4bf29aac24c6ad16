# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple
from torch import nn

__all__ = ['Scoring', 'list_inputs', 'register_input']

@dataclass(frozen=True)
class Scoring:
    """Hold what the inputs of a criterion are made from.

    Parameters
    ----------
    model : nn.Module
        As it is now.
    names : list
        Parameters to score.
    batches : list
        Batches `(x, y)`, on the model's device. Default: `()`.
    loss_func : Callable
        `(pred, y)` → scalar loss. Default: `None`.
    init : dict
        Name → weights at the start. Default: `None`.
    prev : dict
        Name → weights right after the previous pruning step. Default: `None`.
    forward : Callable
        `(model, batch, targets)` → `(outputs, loss)`, default `model(*xb)` and `loss_func`.
    """
    model: nn.Module
    names: list
    batches: list | tuple = ...
    loss_func: Callable | None = ...
    init: dict | None = ...
    prev: dict | None = ...
    forward: Callable | None = ...

class _Input(NamedTuple):
    """One entry of the table."""
    make: Callable
    needs: tuple
    cost: str

def register_input(name: str, make: Callable, needs: tuple = (), cost: str = 'nothing') -> None:
    """Add an input that criteria may ask for by name.

    Parameters
    ----------
    name : str
        The name of the argument by which criteria ask for it.
    make : Callable
        `Scoring` → dict from parameter name to tensor.
    needs : tuple
        Fields that it needs: `'batches'`, `'loss_func'`, `'init'`, `'prev'`. Default: `()`.
    cost : str
        What it costs to make, in words. Default: `'nothing'`.
    """
    ...

def list_inputs() -> dict:
    """List the inputs that criteria may ask for.

    Returns
    -------
    dict
        Name → `(needs, cost)`.
    """
    ...

def input_table() -> dict:
    """Return all inputs, to hand them to another process, which doesn't know what was registered here."""
    ...

def add_inputs(table: dict) -> None:
    """Take over the inputs of another process."""
    ...

def criterion_inputs(criterion: Callable, arg: str = 'criterion') -> list:
    """Return the inputs that a criterion asks for. Raise if it asks for an unknown one."""
    ...

def criterion_needs(criterion: Callable) -> set:
    """Return what the caller has to keep or supply for a criterion."""
    ...

def make_inputs(criterion: Callable, at: Scoring) -> dict:
    """Make every input that a criterion asks for. Raise if something it needs is missing."""
    ...

def stand_ins(criterion: Callable, model: nn.Module, name: str) -> dict:
    """Return values of the right type for all inputs of a criterion."""
    ...
