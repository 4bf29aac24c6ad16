# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable
import torch
from torch import nn
from torch.overrides import TorchFunctionMode


class _Asked(TorchFunctionMode):
    """Collect the lines of code that ask for values that depend on inputs, or for how many there are."""
    asking: Any
    sizes: set
    picking: tuple
    lines: list
    known: dict
    picked: dict
    def __init__(self, xb) -> None:
        ...
    def __torch_function__(self, func, types, args=(), kwargs=None):
        ...

def branches(model: nn.Module, xb) -> list:
    """Return the lines of a network's code that go by values of its inputs."""
    ...

def within(want: torch.Tensor, got: torch.Tensor, tolerance: float) -> bool:
    """Return whether outputs are the same up to a tolerance."""
    ...

def agrees(model: nn.Module, program: Callable, xb, tolerance: float) -> bool:
    """Return whether a program computes what a network does; NaN counts as 0."""
    ...

def stretched(xb, by: int, which: set | None = None):
    """Return inputs with longer sequences, which go on from their beginning."""
    ...

def right_lengths(model: nn.Module, program: Callable, xb, tolerance: float) -> tuple:
    """Return for which lengths of sequences a program is right.

    Tried are some from 1 to 512, or to twice those of `xb`: of all sequences of a length, and of each alone. Where
    have lengths of their own, and one has a limit, only the lengths of `xb` count as right."""
    ...
