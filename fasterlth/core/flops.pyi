# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from torch import nn

__all__ = ['forward_flops']

def forward_flops(model: nn.Module, xb: tuple | dict, masks: dict | None = None) -> float:
    """Count the operations of a forward pass.

    Parameters
    ----------
    model : nn.Module
        Any model.
    xb : tuple | dict
        A batch of inputs: positional or named arguments of the model.
    masks : dict
        Parameter name → bool tensor: operations of pruned weights aren't counted. Default: `None`.

    Returns
    -------
    float
        Operations for one item; a multiplication and an addition are two.
    """
    ...
