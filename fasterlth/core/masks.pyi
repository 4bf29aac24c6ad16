# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
import torch
from torch import nn
import pandas

__all__ = ['apply_masks', 'mask_distance', 'mask_overlap', 'mask_table', 'pack_mask', 'plot_masks', 'sparsity_by_layer', 'sparsity_of', 'unpack_mask']

def check_masks(masks, params: dict | None = None, name: str = 'masks') -> dict:
    """Raise an error that names the first mask that isn't one, or doesn't fit."""
    ...

def as_bits(t: torch.Tensor) -> torch.Tensor:
    """View the bits of a tensor as whole numbers."""
    ...

def bit_mask(mask: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
    """Convert a mask to what the bits of a tensor are multiplied by."""
    ...

def zero_pruned(t: torch.Tensor, mask: torch.Tensor) -> None:
    """Set what is pruned to zero, even if it is infinite or NaN."""
    ...

def apply_masks(model: nn.Module, masks: dict) -> nn.Module:
    """Set the pruned weights to zero.

    Parameters
    ----------
    model : nn.Module
        Changed in place.
    masks : dict
        Parameter name → bool mask.

    Returns
    -------
    nn.Module
        The same model.
    """
    ...

def revived(params: dict, masks: dict):
    """Yield each parameter that has pruned weights which aren't zero, and where they are."""
    ...

def dense_masks(layers: dict, within: dict | None = None) -> dict:
    """Return masks that keep everything, or everything that is still kept."""
    ...

def nest_masks(masks: dict, within: dict) -> dict:
    """Return masks that keep only what both keep."""
    ...

def sparsity_of(masks: dict) -> float:
    """Return the share of pruned weights, over all masks together.

    Parameters
    ----------
    masks : dict
        Parameter name → bool mask.

    Returns
    -------
    float
        Percent.
    """
    ...

def sparsity_by_layer(masks: dict) -> dict:
    """Return the share of pruned weights of each mask.

    Parameters
    ----------
    masks : dict
        Parameter name → bool mask.

    Returns
    -------
    dict
        Parameter name → percent.
    """
    ...

def mask_overlap(a: dict, b: dict) -> float:
    """Return weights kept by both ÷ weights kept by either.

    Parameters
    ----------
    a : dict
        Parameter name → bool mask.
    b : dict
        Masks of the same parameters.

    Returns
    -------
    float
        In [0, 1].
    """
    ...

def mask_distance(a: dict, b: dict) -> float:
    """Return weights on which the masks differ ÷ all weights.

    Parameters
    ----------
    a : dict
        Parameter name → bool mask.
    b : dict
        Masks of the same parameters.

    Returns
    -------
    float
        In [0, 1].
    """
    ...

def mask_table(masks: dict) -> pandas.DataFrame:
    """Return weights and sparsity by layer, counted from the masks.

    Parameters
    ----------
    masks : dict
        Parameter name → bool mask.

    Returns
    -------
    'pandas.DataFrame'
        A row for each parameter, and a last one for all of them.
    """
    ...

def plot_masks(masks: dict, ax=None):
    """Draw a bar for each layer: the percent of its weights that remain, and their number.

    Parameters
    ----------
    masks : dict
        Parameter name → bool mask.
    ax
        Matplotlib axes. Default: `None`.
    """
    ...

def pack_mask(mask: torch.Tensor) -> torch.Tensor:
    """Pack eight weights into a byte.

    Parameters
    ----------
    mask : torch.Tensor
        Bool tensor of any shape.

    Returns
    -------
    torch.Tensor
        uint8 of `(⌈n/8⌉,)`.
    """
    ...

def unpack_mask(bits: torch.Tensor, shape: tuple) -> torch.Tensor:
    """Invert `pack_mask`. Raise if the bits aren't those of a mask of this shape.

    Parameters
    ----------
    bits : torch.Tensor
        From `pack_mask`.
    shape : tuple
        Of the mask.

    Returns
    -------
    torch.Tensor
        Bool tensor of `shape`.
    """
    ...

def broadcast_masks(masks: dict) -> dict:
    """Give every process the masks of the first. Do nothing outside of distributed training."""
    ...
