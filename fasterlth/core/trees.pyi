# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self



def pack_tree(x, tensors: dict, key: str = '', depth: int = 30):
    """Take the tensors out of a tree."""
    ...

def unpack_tree(x, tensors: dict, key: str = 'tree'):
    """Put the tensors back into a tree. Raise a `ValueError` that names what doesn't fit."""
    ...
