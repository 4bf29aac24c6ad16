# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
import torch
from torch import nn

__all__ = ['to_sparse']

part_names: tuple

def parts_of(layer: nn.Module, mask: torch.Tensor) -> list:
    """Return the weights of a layer that are left."""
    ...

class _Left(nn.Module):
    """The weights of a layer that are left, as parameters that aren't trained, and where they are."""
    at: Any
    shape: tuple
    form: Any
    n: Any
    matrix: Any
    def __init__(self, layer: nn.Module, parts: list) -> None:
        ...
    def parts(self) -> list:
        """Return the weights that are left, and where they are."""
        ...
    def weights(self) -> list:
        """Return the weights that are left."""
        ...
    @property
    def weight(self) -> torch.Tensor:
        """Return the dense weight, for code that asks for it."""
        ...
    def __setattr__(self, name, value) -> None:
        ...
    def __getstate__(self):
        ...
    def extra_repr(self):
        ...

class SparseLayer(_Left):
    """A linear layer or a convolution that holds only the weights that are left. It has no gradients."""
    columns: Any
    def __init__(self, layer: nn.Module, parts: list, columns: bool = False) -> None:
        ...
    def operations_of_output(self, y: torch.Tensor) -> int:
        """Return how many operations its output took, for `forward_flops`."""
        ...
    def forward(self, input):
        ...
    def __prepare_scriptable__(self) -> None:
        ...

def replace_layers(model: nn.Module, new: dict) -> None:
    """Put other layers into the places of some, wherever they are used."""
    ...

def call_layers(model: nn.Module, kind: type) -> None:
    """Keep torch's encoders from their fast path, which would ask layers of a kind for dense weights."""
    ...

def split_attentions(model: nn.Module, names: list) -> None:
    """Put attentions in parts into the places of those that are packed."""
    ...

def to_sparse(model: nn.Module, masks: dict, xb, repeats: int = 7, threads: int | None = None) -> tuple:
    """Copy a network, and let the layers hold only the weights that are left where that is faster on these inputs.

    Parameters
    ----------
    model : nn.Module
        The trained network, on the CPU; wrapped or not.
    masks : dict
        Parameter name → bool mask.
    xb
        A batch of inputs to measure on: a tensor, a tuple, or a dict of named ones.
    repeats : int
        How often each layer is timed; the median counts. Default: `7`.
    threads : int
        CPU threads to measure with, default as many as torch uses now.

    Returns
    -------
    tuple
        `(network, table)`: for inference; a row for each masked layer, as from `measure_kernels`.
    """
    ...
