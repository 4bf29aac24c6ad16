# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable
from torch import nn


class NotKept(Exception):
    """Raised for what can't be packed, with the name of its type, or unpacked, with what is missing."""
    moves: Any
    needed: Any
    of_function: Any
    def __init__(self, what: str, moves: bool = False, needed: bool = True, of_function: bool = False) -> None:
        ...

plain: tuple

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
    lists: dict
    memory: dict
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

def pack_each(pack: Packer, own: dict) -> tuple:
    """Pack several things, and leave out those that can't be packed."""
    ...

class missing:
    """Stand for an attribute or an item that isn't there."""
    ...

class Unpacker:
    """Unpack what a `Packer` has packed. Raise `NotKept` for an object that isn't there."""
    model: Any
    tensors: Any
    lists: dict
    made: dict
    used: Any
    memory: Any
    device: Any
    def __init__(self, model: nn.Module, lists: dict | None = None) -> None:
        ...
    def __call__(self, x, now=missing):
        """Return the value of a tree."""
        ...

def there(now, cls: type = object, needed: bool = True):
    """Return what is there now. Raise `NotKept` unless it is of a class."""
    ...

def unpack_each(unpack: Unpacker, held: dict, now: dict, failed: Callable) -> dict:
    """Unpack several things."""
    ...

class _Tuple:
    name: str
    shared: bool
    def has(pack, x):
        ...
    def pack(pack, x):
        ...
    def unpack(unpack, n, now, items, kind='tuple'):
        ...

class _NamedTuple:
    name: str
    shared: bool
    def has(pack, x):
        ...
    def pack(pack, x):
        ...
    def unpack(unpack, n, now, items):
        ...

class _List:
    name: str
    shared: bool
    def has(pack, x):
        ...
    def pack(pack, x):
        ...
    def unpack(unpack, n, now, kind, maxlen, items):
        ...

class _Dict:
    name: str
    shared: bool
    def has(pack, x):
        ...
    def pack(pack, x):
        ...
    def unpack(unpack, n, now, kind, factory, items):
        ...

class _Own:
    """A parameter or buffer of the model."""
    name: str
    shared: bool
    def has(pack, x):
        ...
    def pack(pack, x):
        ...
    def unpack(unpack, n, now, name):
        ...

class _View:
    name: str
    shared: bool
    def near(pack, x):
        ...
    def has(pack, x):
        ...
    def pack(pack, x):
        ...
    def unpack(unpack, n, now, name, where):
        ...

class _Array:
    name: str
    shared: bool
    def has(pack, x):
        ...
    def pack(pack, x):
        ...
    def unpack(unpack, n, now, *packed):
        ...

class _Tensor:
    name: str
    shared: bool
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

class _Layer:
    name: str
    shared: bool
    def has(pack, x):
        ...
    def pack(pack, x):
        ...
    def unpack(unpack, n, now, name):
        ...

class _Net:
    """A network that isn't the model, nor in it."""
    name: str
    shared: bool
    def has(pack, x):
        ...
    def pack(pack, x):
        ...
    def unpack(unpack, n, now, tensors, modes, like_model, more=None):
        ...

class _Generator:
    name: str
    shared: bool
    def which(x):
        ...
    def has(pack, x):
        ...
    def pack(pack, x):
        ...
    def unpack(unpack, n, now, kind, state):
        ...

def with_state(x) -> bool:
    """Return whether an object says itself what it holds."""
    ...

class _Stateful:
    name: str
    shared: bool
    def has(pack, x):
        ...
    def pack(pack, x):
        ...
    def unpack(unpack, n, now, state):
        ...

class _Function:
    name: str
    shared: bool
    def has(pack, x):
        ...
    def pack(pack, x):
        ...
    def unpack(unpack, n, now, held, needed):
        ...

class _Method:
    """A method of an object, in Python or in C."""
    name: str
    shared: bool
    def has(pack, x):
        ...
    def pack(pack, x):
        ...
    def unpack(unpack, n, now, name, owner, f):
        ...

class _Partial:
    name: str
    shared: bool
    def has(pack, x):
        ...
    def pack(pack, x):
        ...
    def parts(x):
        ...
    def unpack(unpack, n, now, *held):
        ...

class _Object:
    name: str
    shared: bool
    def has(pack, x):
        ...
    def pack(pack, x):
        ...
    def unpack(unpack, n, now, cls, held):
        ...
