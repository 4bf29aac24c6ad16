# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable
from torch import nn


def n_processes() -> int:
    """Return how many processes are connected, 1 if there is only this one."""
    ...

def launched() -> int:
    """Return how many processes a launcher has started, connected or not."""
    ...

def process_number() -> int:
    """Return the number of this process, from 0."""
    ...

def join_processes() -> bool:
    """Connect the processes that a launcher has started, unless they are connected."""
    ...

def from_first(f: Callable):
    """Call a function in the first process, and return in all of them what it returned, or raise what it raised."""
    ...

def share_tensors(tensors: dict) -> dict:
    """Give tensors the values that they have in the first process, bit for bit."""
    ...

def share_buffers(model: nn.Module) -> None:
    """Give buffers the values of the first process, as the next forward pass would."""
    ...

def from_all(x, device='cpu') -> list:
    """Return what each process has, in order."""
    ...

def differences_from_first(tree: dict) -> list:
    """Collect what differs in other processes from the tree that the first one has."""
    ...

def with_differences(tree: dict, differing: list) -> dict:
    """Return the tree that another process had."""
    ...
