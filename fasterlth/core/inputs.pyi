# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple
import torch
from torch import nn
from torch.overrides import TorchFunctionMode

__all__ = ['Scoring', 'gradients', 'hessian_gradients', 'list_inputs', 'register_input', 'synaptic_flow']

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

def plain_forward(loss_func):
    """Return the `forward` of a `Scoring` that only calls the model and `loss_func`. Batches are `(*inputs, y)`."""
    ...

def gradients(model: nn.Module, batches: Iterable, loss_func: Callable, names: Iterable | None = None) -> dict:
    """Return ∂loss/∂weight in training mode, with the same random numbers each time.

    Parameters
    ----------
    model : nn.Module
        Any model.
    batches : Iterable
        Batches `(x, y)`, on the model's device.
    loss_func : Callable
        `(pred, y)` → scalar loss.
    names : Iterable
        Parameters, default all.

    Returns
    -------
    dict
        Name → gradient, the mean over the batches.
    """
    ...

def hessian_gradients(model: nn.Module, batches: Iterable, loss_func: Callable, names: Iterable | None = None) -> dict:
    """Return the Hessian of the loss times its gradient, in training mode, with the same random numbers each time.

    Parameters
    ----------
    model : nn.Module
        Any model.
    batches : Iterable
        Batches `(x, y)`, on the model's device.
    loss_func : Callable
        `(pred, y)` → scalar loss.
    names : Iterable
        Parameters of Hessian and gradient, default all; GraSP uses the prunable ones.

    Returns
    -------
    dict
        Name → $Hg$, with the Hessian and the gradient over the same batches.
    """
    ...

class _AllRows(TorchFunctionMode):
    """Look up the sum of an embedding's rows, whatever the index."""
    used: bool
    def __torch_function__(self, func, types, args=(), kwargs=None):
        ...

def synaptic_flow(model: nn.Module, x: torch.Tensor | tuple, names: Iterable | None = None) -> dict:
    """Return the gradient of the synaptic flow R, in evaluation mode.

    Parameters
    ----------
    model : nn.Module
        Any model.
    x : torch.Tensor | tuple
        A batch of inputs, or a tuple of several; only the shape of an item matters.
    names : Iterable
        Parameters, default all.

    Returns
    -------
    dict
        Name → ∂R/∂|weight|, in float64.
    """
    ...
