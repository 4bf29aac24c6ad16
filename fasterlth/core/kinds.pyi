# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self



class NotKept(Exception):
    """Raised for what can't be packed, with the name of its type, or unpacked, with what is missing."""
    moves: Any
    needed: Any
    of_function: Any
    def __init__(self, what: str, moves: bool = False, needed: bool = True, of_function: bool = False) -> None:
        ...

class missing:
    """Stand for an attribute or an item that isn't there."""
    ...

def there(now, cls: type = object, needed: bool = True):
    """Return what is there now. Raise `NotKept` unless it is of a class."""
    ...

def item(x, k):
    """Return an item of what is there now."""
    ...

class Kind:
    """One kind of things, by three functions:

    - `has(pack, x)`: whether something is of this kind;
    - `pack(pack, x)`: what is written of it, as a tuple of trees;
    - `unpack(unpack, n, now, *items)`: the thing again, from this tuple and from what is there now. One that others may
      refer to is entered as `unpack.made[n]` before what it contains is unpacked.

    `pack` and `unpack` are the `Packer` and the `Unpacker`, which are called for what the thing contains."""
    name: str
    shared: bool
    may_grow: bool
    must_be_there: bool
    def holds_more(items):
        ...

plain: tuple

def named(module, name: str, cls: type):
    """Return what a module has by this name. Raise unless it is of a class: a file may name anything."""
    ...

def pack_array(x) -> tuple:
    """Return the bytes of an array or a number of NumPy's, with its type and shape."""
    ...

def unpack_array(data, dtype, shape, is_number):
    """Invert `pack_array`."""
    ...

def pack_value(x) -> tuple:
    """Return the tree of a value that is no plain one."""
    ...

def unpack_value(name: str, items: list, now):
    """Invert `pack_value`."""
    ...

list_types: dict

class _Tuple(Kind):
    name: str
    shared: bool
    may_grow: bool
    def has(pack, x):
        ...
    def pack(pack, x):
        ...
    def unpack(unpack, n, now, items, kind='tuple'):
        ...

class _NamedTuple(Kind):
    name: str
    shared: bool
    def has(pack, x):
        ...
    def pack(pack, x):
        ...
    def unpack(unpack, n, now, items):
        ...

class _List(Kind):
    name: str
    may_grow: bool
    def holds_more(items):
        ...
    def has(pack, x):
        ...
    def pack(pack, x):
        ...
    def unpack(unpack, n, now, kind, maxlen, items):
        ...

class _Dict(Kind):
    name: str
    may_grow: bool
    def holds_more(items):
        ...
    def has(pack, x):
        ...
    def pack(pack, x):
        ...
    def unpack(unpack, n, now, kind, factory, items):
        ...

collection_kinds: tuple
