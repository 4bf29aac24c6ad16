# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
import torch
from torch import nn
from torch.overrides import TorchFunctionMode


class Unstackable(ValueError):
    """Raised for what can't be trained in a stack."""
    ...

def for_tensors(f, o):
    """Call a function for each tensor in a tree."""
    ...

def of_replica(o, k: int):
    """Return a replica's part of a batch."""
    ...

class _Orders(TorchFunctionMode):
    """Note how the tensors of random functions lie in memory, as the order of their axes."""
    orders: list
    def __init__(self) -> None:
        ...
    def __torch_function__(self, func, types, args=(), kwargs=None):
        ...

class _EachAlone(torch.autograd.Function):
    """Call a function of all replicas' tensors where `vmap` has come to a function of one."""
    @staticmethod
    def forward(f, x, like):
        ...
    @staticmethod
    def setup_context(ctx, inputs, output) -> None:
        ...
    @staticmethod
    def vmap(info, in_dims, f, x, like):
        ...

class _AsAlone(TorchFunctionMode):
    """Let functions do to each replica what they would do to it alone."""
    draw: Any
    like: Any
    orders: Any
    def __init__(self, draw, orders=()) -> None:
        ...
    def __torch_function__(self, func, types, args=(), kwargs=None):
        ...

class StackedModel(nn.Module):
    """Several networks of one architecture as one, whose tensors have the replicas along a new first axis."""
    training: Any
    orders: Any
    def __init__(self, models: list, rngs: list | None = None) -> None:
        ...
    def __getattr__(self, k):
        ...
    def __setattr__(self, k, v) -> None:
        """Set what a network reads in its forward pass where it reads it."""
        ...
    def __getitem__(self, i):
        ...
    def forward(self, *xb):
        ...

class Each:
    """Call a function for each replica: together, if that is possible and gives the same, or else one by one."""
    funcs: list
    together: Any
    def __init__(self, funcs: list) -> None:
        ...
    def one_by_one(self, *args) -> torch.Tensor:
        """Return the values of all replicas, each computed alone."""
        ...
    def __call__(self, *args) -> torch.Tensor:
        ...

class StackedLoss:
    """Sum a loss over replicas. `losses` has those of the last batch."""
    def __init__(self, funcs: list) -> None:
        ...
    def __call__(self, *args) -> torch.Tensor:
        ...
    def __getattr__(self, k):
        ...
    def __setattr__(self, k, v) -> None:
        """Set what a schedule changes in the loss of each replica."""
        ...
