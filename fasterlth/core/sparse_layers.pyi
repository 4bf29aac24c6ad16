# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from pathlib import Path
import torch
from torch import nn

__all__ = ['load_sparse', 'quantize_rest', 'save_sparse', 'to_sparse']

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

def call_layers(model: nn.Module, kind: type) -> None:
    """Keep torch's encoders from their fast path, which would ask layers of a kind for dense weights."""
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

def quantize_rest(model: nn.Module, xb, repeats: int = 7, threads: int | None = None) -> tuple:
    """Let linear layers that are still dense compute in int8, if that makes the network faster on these inputs.

    Outputs differ by the rounding: compare a metric. `save_sparse` can't write such a network, so save it before,
    and call this after loading. Raise an `ImportError` if torch has no dynamic quantization any more.

    Parameters
    ----------
    model : nn.Module
        For inference, on the CPU, as from `to_sparse`; it isn't changed.
    xb
        A batch of inputs to measure on: a tensor, a tuple, or a dict of named ones.
    repeats : int
        How often the network is timed; the median counts. Default: `7`.
    threads : int
        CPU threads to measure with, default as many as torch uses now.

    Returns
    -------
    tuple
        `(network, names)`: a copy, and its layers that compute in int8, none if the network is no faster.
    """
    ...

def save_sparse(model: nn.Module, path: str | Path) -> Path:
    """Write a network with sparse layers to a file.

    Parameters
    ----------
    model : nn.Module
        From `to_sparse`.
    path : str | Path
        The file to write.

    Returns
    -------
    Path
        The path.
    """
    ...

def load_sparse(path: str | Path, model: nn.Module) -> nn.Module:
    """Read a network with sparse layers. Raise a `ValueError` that names what doesn't fit.

    Parameters
    ----------
    path : str | Path
        A file from `save_sparse`.
    model : nn.Module
        A network of the same architecture, with any weights, or on `meta`; it isn't changed.

    Returns
    -------
    nn.Module
        For inference.
    """
    ...
