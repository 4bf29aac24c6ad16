# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable
from contextlib import contextmanager
from torch import nn

__all__ = ['measure_kernels']

def kernels_of(copy: nn.Module, kernels: dict) -> dict:
    """Return kernels of a copy of a network."""
    ...

def arrange(model: nn.Module, xb, kernels: dict) -> dict:
    """Let each layer leave its output in the order that the next one needs, if nothing depends on it."""
    ...

def arranged(model: nn.Module, xb, kernels: dict) -> dict:
    """Let each layer leave its output in the order that the next one needs."""
    ...

@contextmanager
def threads_set(n: int):
    """Use `n` CPU threads."""
    ...

def compare(dense: Callable, sparse: Callable, repeats: int) -> dict:
    """Return the times of two functions, in microseconds, and which kernels to use."""
    ...

def measure_kernels(model: nn.Module, masks: dict, xb, training: bool = False, repeats: int = 7, threads: int | None = None, step: Callable | None = None) -> tuple:
    """Time each masked layer with a dense and a sparse kernel, on its own inputs of a batch, then the whole network.

    A sparse kernel is chosen if it takes less than 95 % of the dense one's time, and none if the network doesn't
    gain as much. Raise a `ValueError` if the masks don't fit, or if the model can't take the inputs.

    Parameters
    ----------
    model : nn.Module
        On the CPU; its weights are zero where they are pruned.
    masks : dict
        Parameter name → bool mask.
    xb
        A batch of inputs: a tensor, a tuple, or a dict of named ones.
    training : bool
        Time the backward pass as well, in training mode. Default: `False`.
    repeats : int
        How often each is timed; the median counts. Default: `7`.
    threads : int
        CPU threads, default as many as torch uses now.
    step : Callable
        Weights → a function that steps them once, timed as well: a sparse layer's as a vector. Default: `None`.

    Returns
    -------
    tuple
        `(kernels, table)`: the `Kernel`s of layers that are faster with them, and a row for each masked layer.
    """
    ...
