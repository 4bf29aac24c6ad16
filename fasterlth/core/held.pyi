# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable
from torch import nn
from .kinds import missing


left_alone: tuple

class Packer:
    """Pack what objects hold. Raise `NotKept` for what can't be packed."""
    model: Any
    tensors: Any
    alone: Any
    limit: Any
    names: dict
    layers: dict
    parts: Any
    lists: Any
    memory: Any
    device: Any
    seen: dict
    held: list
    within: Any
    libraries: Any
    def __init__(self, model: nn.Module, alone: tuple = (), parts: tuple = (), lists: dict | None = None, limit: int | None = None, libraries: tuple = ()) -> None:
        ...
    def is_alone(self, x):
        """Return whether something is left as it is."""
        ...
    def __call__(self, x):
        """Return the tree of a value."""
        ...
    def deeper(self, x):
        """Return the tree of something that contains other things."""
        ...
    def each(self, own: dict) -> tuple:
        """Pack several things, and leave out those that can't be packed."""
        ...

class Unpacker:
    """Unpack what a `Packer` has packed. Raise `NotKept` for an object that isn't there."""
    model: Any
    tensors: Any
    lists: Any
    made: dict
    used: Any
    memory: Any
    device: Any
    def __init__(self, model: nn.Module, lists: dict | None = None) -> None:
        ...
    def __call__(self, x, now=missing):
        """Return the value of a tree."""
        ...
    def each(self, held: dict, now: dict, failed: Callable) -> dict:
        """Unpack several things."""
        ...
