# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Iterable
from contextlib import contextmanager
import torch
from torch import nn


def unwrap(model: nn.Module) -> nn.Module:
    """Return the model inside the wrappers of `torch.compile` and data-parallel training."""
    ...

def is_compiled(module: nn.Module) -> bool:
    """Return whether `torch.compile` computes a module, as a wrapper or in its place."""
    ...

def model_tensors(model: nn.Module) -> dict:
    """Return all parameters and buffers of a model by name, including buffers that `state_dict` omits."""
    ...

def parameters_by_name(model: nn.Module) -> dict:
    """Return the parameters of a model by name, tied ones under each of their names."""
    ...

def clone_tree(x, device=None):
    """Copy every tensor in a tree."""
    ...

def check_values(tensors: dict, do: str = 'read') -> None:
    """Raise a `ValueError` if a tensor is on torch's device `meta`, where there are shapes without values."""
    ...

def cpu_copy(tensors: dict) -> dict:
    """Copy tensors to the CPU, even those that are already there. Raise a `ValueError` if one has no values."""
    ...

def shortened(items: list, n: int) -> str:
    """Join the first `n` items, and say how many more there are."""
    ...

def check_names(have: dict, want: dict, what: str) -> None:
    """Raise an error that lists the differences if names, shapes or kinds of numbers differ."""
    ...

def check_writable(tensors: dict) -> None:
    """Raise a `ValueError` if the elements of a tensor share memory, or if it has none."""
    ...

def copy_tensors(model: nn.Module, tensors: dict) -> nn.Module:
    """Copy values into a model's parameters and buffers. Nothing is changed if one can't be written."""
    ...

class _State:
    """Hold everything about a model that may change while it is lent out."""
    modes: list
    places: list
    tensors: list
    grads: list
    values: list
    def __init__(self, model, weights) -> None:
        ...
    def restore(self) -> None:
        """Put everything back."""
        ...

@contextmanager
def lend(model: nn.Module, training: bool | None = None, grad: bool = False, requires_grad: Iterable | tuple = (), dtype: torch.dtype | None = None, weights: bool = False, seed: int | None = None, hooks: Iterable | tuple = ()):
    """Lend a model out, and restore it afterwards."""
    ...

def evaluating(model: nn.Module, hooks: Iterable | tuple = ()):
    """Lend a model out in evaluation mode, without gradients."""
    ...

def tensors_within(o, seen: dict | None = None):
    """Yield every tensor that an object holds, however deep."""
    ...

def copy_model(model: nn.Module) -> nn.Module:
    """Copy a model, also one that holds results of an earlier forward pass."""
    ...
