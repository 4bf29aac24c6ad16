# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable
from types import CodeType


any_item: tuple

class _Constant:
    """A constant on the stack."""
    value: Any
    def __init__(self, value) -> None:
        ...

class _Trace:
    """A stack of where values come from, and what is read, written and called: sets of paths."""
    read: set
    written: set
    calls: set
    stack: list
    local: dict
    cells: set
    named: tuple
    arguments: Any
    def __init__(self, code: CodeType) -> None:
        ...
    def pop(self):
        ...
    def use(self, o) -> None:
        """Note that a value is read."""
        ...
    def change(self, o) -> None:
        """Note that a container is written to."""
        ...
    def load(self, n) -> None:
        """Put a local variable on the stack."""
        ...
    def push(self, step, o) -> None:
        """Put a value on the stack, above what a call needs beside it."""
        ...
    def attribute(self, step, k) -> None:
        """Replace the top of the stack by its attribute."""
        ...
    def item(self, key, o):
        """Return where an item is."""
        ...
    def swap(self, n) -> None:
        """Swap the top of the stack with the value at depth `n`."""
        ...
    def name(self, op, k) -> None:
        """Take what is on the stack as the value of a local variable. Some instructions do that twice, or also load one."""
        ...
    def call(self, taken, n, has_names) -> None:
        """Note what is called with which paths. The last of the `n` arguments was taken first, the function last."""
        ...

class _Paths(_Trace):
    """What code reads and writes, as paths like `(('outside','cfg'), ('item','lr'))`."""
    named: Any
    def __init__(self, code: CodeType) -> None:
        ...
    def step(self, step, op, k) -> None:
        """Follow an instruction."""
        ...
    def store(self, op, k) -> None:
        """Note what an instruction writes to. It takes a value, except to delete, and what tells the place."""
        ...
    def other(self, step, op) -> None:
        """Use what an instruction takes from the stack. Of what it puts there, nothing is known."""
        ...
    def add(self, inner) -> None:
        """Add what a function within reads and writes outside it."""
        ...

def paths_of(code: CodeType) -> _Paths:
    """Return what code reads and writes."""
    ...

def is_own(f: Callable) -> bool:
    """Return whether a function or a class is the user's, and not a library's."""
    ...

def is_mapping(o) -> bool:
    """Return whether an object is a mapping whose items can be looked up without running code of the user's."""
    ...

makers: tuple

def state_of(cls: type) -> frozenset:
    """Return the attributes that methods of a class write, except those that make an object."""
    ...

def slots_of(cls: type) -> tuple:
    """Return the slots that a class adds."""
    ...

def closure_of(f: Callable) -> dict:
    """Return the variables of a function's closure that have a value."""
    ...

def reads(f: Callable, others: tuple = ()) -> dict:
    """Return what a function reads of variables outside it, of defaults and of its object, unless it is written to."""
    ...
