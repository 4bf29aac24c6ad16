# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from typing import NamedTuple
import torch
from torch import nn


class Place(NamedTuple):
    """Where a tensor has the units of a group."""
    name: str
    dim: int
    index: torch.Tensor

def unit_groups(model: nn.Module, xb) -> list:
    """Return the groups of units whose order is free. Raise if the function doesn't stay the same under another order."""
    ...

def permuted(tensors: dict, groups: list, perms: list, back: bool = False) -> dict:
    """Put units into another order."""
    ...

def match_units(a: dict, b: dict, groups: list, params: list, sweeps: int = 50) -> list:
    """Match the units of two networks by their weights ([Ainsworth et al. 2023](https://arxiv.org/abs/2209.04836))."""
    ...
