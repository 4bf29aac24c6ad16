# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable
from types import CodeType


class _Paths:
    """What code reads and writes, as tuples like `(('outside','cfg'), ('item','lr'))`."""
    read: set
    written: set
    copied: set
    now: Any
    fills: bool
    cells: set
    def __init__(self, code: CodeType) -> None:
        ...
    def end(self, new=()) -> None:
        """End a path, and begin another."""
        ...
    def step(self, step, after) -> None:
        """Take one instruction into account."""
        ...
    def attribute(self, k) -> None:
        """Continue with an attribute."""
        ...
    def item(self, k) -> None:
        """Continue with an item. `cfg.get('lr')` and `os.getenv('LR')` read one, too."""
        ...
    def write(self, op, k) -> None:
        """Note what an instruction changes."""
        ...
    def add(self, inner) -> None:
        """Add the paths of a function within. Its arguments are its own."""
        ...

def state_of(cls: type) -> set:
    """Return the attributes that methods of a class write, except those that make an object."""
    ...

def closure_of(f: Callable) -> dict:
    """Return the variables of a function's closure that have a value."""
    ...

def reads(f: Callable) -> dict:
    """Return what a function reads of variables outside it, of defaults and of its object, unless it writes to it."""
    ...
