# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Iterable
from pathlib import Path
from torch import nn
from .measure import multiply_adds

__all__ = ['OnnxModel', 'to_int8', 'to_onnx']

class OnnxModel:
    """An ONNX file as a function of a batch, run by onnxruntime on the CPU.

    Parameters
    ----------
    path : str | Path
        The file.
    threads : int
        CPU threads, default all cores.
    multiply_adds : int
        For one item, if known. Default: `None`.
    """
    path: Any
    multiply_adds: Any
    session: Any
    def __init__(self, path: str | Path, threads: int | None = None, multiply_adds: int | None = None) -> None:
        ...
    def __call__(self, *xb, **named):
        ...
    @property
    def input_names(self) -> list:
        """Return the names of the network's inputs in the file."""
        ...
    @property
    def item_by_item(self) -> bool:
        """Return whether the file takes one item at a time."""
        ...
    def with_threads(self, threads):
        """Return the same model with another number of CPU threads."""
        ...
    @property
    def weights(self) -> dict:
        """Return the network's weights as they are in the file, int8 where they are quantised.

        Returns
        -------
        dict
            Name → tensor.
        """
        ...
    @property
    def figures(self) -> dict:
        """Return what `compare_models` shows."""
        ...
    def feeds(self, xb) -> list:
        """Return the inputs as onnxruntime takes them.

    Parameters
    ----------
    xb
        The inputs of a batch.

    Returns
    -------
    list
        Input's name → array; for each item if the file takes one at a time.
    """
        ...

class _Differs(ValueError):
    """Signal that a file computes something else."""
    ...

def to_onnx(model: nn.Module, xb, path: str | Path, tolerance: float = 0.001) -> tuple:
    """Export a network to ONNX for batches of any size, and check the file against torch in onnxruntime.

    What happens to inputs before the network, like normalisation, isn't part of the file. A network that carries a
    state from call to call, as RNNs do, is reset before: each call of the file begins in that state.

    Parameters
    ----------
    model : nn.Module
        Any network that returns one tensor.
    xb
        A batch of inputs, 2 items or more: a tensor, a tuple, or a dict of named ones.
    path : str | Path
        The file to write.
    tolerance : float
        Largest difference of outputs to accept. Default: `0.001`.

    Returns
    -------
    tuple
        `(OnnxModel, largest difference from torch)`.
    """
    ...

def to_int8(model: nn.Module, batches: Iterable, path: str | Path, dynamic: bool = False, reduce_range: bool = False) -> tuple:
    """Quantise a trained network to int8 in onnxruntime, with a symmetric scale for each output channel.

    Zeros stay zeros. The difference from torch is more than rounding: judge it by the accuracy.

    Parameters
    ----------
    model : nn.Module
        Any network that returns one tensor: dense, shrunk or sparse.
    batches : Iterable
        A few batches of training inputs, which show the ranges of the layers' inputs.
    path : str | Path
        The ONNX file to write.
    dynamic : bool
        Quantise matrix products only, and find the ranges of inputs at run time. Default: `False`.
    reduce_range : bool
        7-bit weights, for x86 processors without VNNI, where sums of 8 bits may saturate. Default: `False`.

    Returns
    -------
    tuple
        `(OnnxModel, largest difference from torch on the first batch)`.
    """
    ...
