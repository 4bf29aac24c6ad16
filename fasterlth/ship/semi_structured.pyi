# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
import pandas as pd, torch
from torch import nn
from .measure import figures
import torch

__all__ = ['check_semi_structured', 'semi_structured_layers', 'to_semi_structured']

def check_semi_structured(model: nn.Module, masks: dict) -> None:
    """Raise a `ValueError` that names the first layer with more than two weights in a block of four neighbours.

    Parameters
    ----------
    model : nn.Module
        Any model.
    masks : dict
        Parameter name → bool tensor.
    """
    ...

def semi_structured_layers(model: nn.Module, masks: dict, dtype: torch.dtype = torch.float16) -> pd.DataFrame:
    """Return which weights torch can hold as 2:4.

    Parameters
    ----------
    model : nn.Module
        Any model.
    masks : dict
        Parameter name → bool tensor, accepted by `check_semi_structured`.
    dtype : torch.dtype
        The type to convert to: `torch.float16` or `torch.bfloat16`. Default: `torch.float16`.

    Returns
    -------
    pd.DataFrame
        A row for each mask: its layer's type, shape, whether it converts, and why not.
    """
    ...

def has_semi_structured() -> bool:
    """Return whether there is a GPU with 2:4 tensor cores."""
    ...

def to_type(xb, dtype: torch.dtype, device):
    """Move the inputs of a batch, and change the type of real numbers."""
    ...

class SemiStructured:
    """A 16-bit network with 2:4 weights, as a function of a batch with outputs in float32."""
    model: Any
    dtype: Any
    figures: Any
    def __init__(self, model: nn.Module, dtype: torch.dtype, figures: dict) -> None:
        ...
    def __call__(self, *xb, **named):
        ...

def to_semi_structured(model: nn.Module, masks: dict, xb: torch.Tensor | tuple | dict, dtype: torch.dtype = torch.float16) -> tuple:
    """Convert to torch's 2:4 tensors, whose zeros tensor cores skip.

    Parameters
    ----------
    model : nn.Module
        Trained with the masks; it is left as it is.
    masks : dict
        Parameter name → bool tensor, of granularity `'2:4'`.
    xb : torch.Tensor | tuple | dict
        A batch of inputs.
    dtype : torch.dtype
        `torch.float16` or `torch.bfloat16`. Default: `torch.float16`.

    Returns
    -------
    tuple
        `(SemiStructured, the table of semi_structured_layers)`.
    """
    ...
