# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from .kinds import Kind


class _Generator(Kind):
    name: str
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

class _Stateful(Kind):
    name: str
    def has(pack, x):
        ...
    def pack(pack, x):
        ...
    def unpack(unpack, n, now, state):
        ...

class _Function(Kind):
    name: str
    def has(pack, x):
        ...
    def pack(pack, x):
        ...
    def unpack(unpack, n, now, held, needed):
        ...

class _Method(Kind):
    """A method of an object, in Python or in C."""
    name: str
    shared: bool
    def has(pack, x):
        ...
    def pack(pack, x):
        ...
    def unpack(unpack, n, now, name, owner, f):
        ...

class _Partial(Kind):
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

class _Object(Kind):
    name: str
    must_be_there: bool
    def has(pack, x):
        ...
    def pack(pack, x):
        ...
    def unpack(unpack, n, now, cls, held):
        ...

object_kinds: tuple
