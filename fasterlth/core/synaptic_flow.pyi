# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable, Iterable
import torch
from torch import nn
from torch.overrides import TorchFunctionMode

__all__ = ['synaptic_flow']

class _AllRows(TorchFunctionMode):
    """Look up the sum of an embedding's rows, whatever the index."""
    used: bool
    def __torch_function__(self, func, types, args=(), kwargs=None):
        ...

def flow_of(model: nn.Module, batch, outputs: Callable, names: Iterable) -> dict:
    """Return the gradient of the sum of `outputs(model, ones)`, for one item of ones like those of a batch."""
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
