# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable, Iterable
from pathlib import Path
from torch import nn

__all__ = ['to_int8', 'to_onnx']

class _Differs(ValueError):
    """Signal that a file computes something else."""
    ...

class _Frozen(_Differs):
    """Signal that an export has recorded one way through a network's code."""
    ...

class _Limited(ValueError):
    """Signal that a file isn't right for sequences of any length."""
    ...

def onnx_file(model: nn.Module, xb, path: str | Path, tolerance: float = 0.001, named: str | Path | None = None, batches: Callable = tuple) -> tuple:
    """Export a network as `to_onnx` does, without warnings."""
    ...

def to_onnx(model: nn.Module, xb, path: str | Path, tolerance: float = 0.001) -> tuple:
    """Export a network to ONNX for batches of any size, and check the file against torch in onnxruntime.

    What happens to inputs before the network, like normalisation, isn't part of the file. A network that carries a
    state from call to call, as RNNs do, is reset before: each call of the file begins in that state. Warn if the file
    is right for some lengths of sequences only, or may be wrong for some values, as the network's code depends on
    them; `OnnxModel.notes` has the same.

    Parameters
    ----------
    model : nn.Module
        Any network that returns one tensor.
    xb
        A batch of inputs, 2 items or more: a tensor, a tuple, or a dict of named ones.
    path : str | Path
        The file to write.
    tolerance : float
        Largest difference to accept; times how much an output varies in the batch, if above 1. Default: `0.001`.

    Returns
    -------
    tuple
        `(OnnxModel, largest difference from torch)`.
    """
    ...

def int8_file(model: nn.Module, batches: Iterable, path: str | Path, dynamic: bool = False, reduce_range: bool = False, tolerance: float = 0.001, more: Callable = tuple) -> tuple:
    """Quantise a network as `to_int8` does, without warnings."""
    ...

def to_int8(model: nn.Module, batches: Iterable, path: str | Path, dynamic: bool = False, reduce_range: bool = False, tolerance: float = 0.001) -> tuple:
    """Quantise a trained network to int8 in onnxruntime, with a symmetric scale for each output channel.

    Zeros stay zeros. The difference from torch is more than rounding: judge it by the accuracy. Warn as `to_onnx`.

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
    tolerance : float
        As for `to_onnx`, whose file is quantised. Default: `0.001`.

    Returns
    -------
    tuple
        `(OnnxModel, largest difference from torch on the first batch)`.
    """
    ...
