# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
import torch
from torch import nn
from torch.overrides import TorchFunctionMode
import pandas

__all__ = ['effective_sparsity', 'path_masks', 'path_table']

class _Arrives(torch.autograd.Function):
    """Pass on 1 where anything arrives, in both directions."""
    @staticmethod
    def forward(ctx, x):
        ...
    @staticmethod
    def backward(ctx, g):
        ...

class _Paths(TorchFunctionMode):
    """Call functions by the rules of paths, while any signal is among their arguments."""
    rules: Any
    def __torch_function__(self, func, types, args=(), kwargs=None):
        ...

def path_masks(model: nn.Module, masks: dict, xb) -> dict:
    """Return which of the weights that are kept lie on a path from an input to an output.

    Parameters
    ----------
    model : nn.Module
        Any model; it isn't changed.
    masks : dict
        Parameter name → bool mask.
    xb
        A batch of inputs, a tuple of several, or a dict; only their shapes matter.

    Returns
    -------
    dict
        Parameter name → bool mask, on its mask's device.
    """
    ...

def warn_collapsed(found: dict) -> dict:
    """Warn of layers through which no path leads."""
    ...

def path_table(model: nn.Module, masks: dict, xb) -> pandas.DataFrame:
    """Return weights, sparsity and effective sparsity by layer. Warn of layers through which no path leads.

    The paper is [Vysogorets & Kempe 2021](https://arxiv.org/abs/2107.02306).

    Parameters
    ----------
    model : nn.Module
        Any model; it isn't changed.
    masks : dict
        Parameter name → bool mask.
    xb
        A batch of inputs, a tuple of several, or a dict; only their shapes matter.

    Returns
    -------
    'pandas.DataFrame'
        A row for each parameter, and a last one for all of them.
    """
    ...

def effective_sparsity(model: nn.Module, masks: dict, xb) -> float:
    """Return the share of weights that are pruned or lie on no path. Warn of layers through which no path leads.

    Parameters
    ----------
    model : nn.Module
        Any model; it isn't changed.
    masks : dict
        Parameter name → bool mask.
    xb
        A batch of inputs, a tuple of several, or a dict; only their shapes matter.

    Returns
    -------
    float
        Percent.
    """
    ...
