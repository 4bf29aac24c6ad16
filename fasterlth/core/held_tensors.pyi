# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
import torch
from torch import nn
from .kinds import Kind


def memory_of(t: torch.Tensor) -> tuple:
    """Return where a tensor has its memory, the same for all views of it."""
    ...

class _Own(Kind):
    """A parameter or buffer of the model."""
    name: str
    def has(pack, x):
        ...
    def pack(pack, x):
        ...
    def unpack(unpack, n, now, name):
        ...

class _View(Kind):
    name: str
    def near(pack, x):
        ...
    def has(pack, x):
        ...
    def pack(pack, x):
        ...
    def unpack(unpack, n, now, name, where):
        ...

class _Array(Kind):
    name: str
    def has(pack, x):
        ...
    def pack(pack, x):
        ...
    def unpack(unpack, n, now, *packed):
        ...

class _Tensor(Kind):
    name: str
    def has(pack, x):
        ...
    def pack(pack, x):
        ...
    def unpack(unpack, n, now, copy, device, is_complex, is_parameter, requires_grad):
        ...

def held_by_modules(model: nn.Module) -> dict:
    """Return what the modules of a network hold besides tensors and other modules."""
    ...

def set_held_by_modules(model: nn.Module, new: dict) -> None:
    """Restore what the modules of a network hold."""
    ...

class _Layer(Kind):
    name: str
    def has(pack, x):
        ...
    def pack(pack, x):
        ...
    def unpack(unpack, n, now, name):
        ...

class _Net(Kind):
    """A network that isn't the model, nor in it."""
    name: str
    def has(pack, x):
        ...
    def pack(pack, x):
        ...
    def unpack(unpack, n, now, tensors, modes, like_model, more=None):
        ...

tensor_kinds: tuple
