# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from torch import nn

__all__ = ['quantize_rest']

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
