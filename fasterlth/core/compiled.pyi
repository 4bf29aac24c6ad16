# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self


__all__ = ['prange']

prange = range

def compiled(threads: int) -> tuple:
    """Return the loops. They are compiled when they are first called with a type."""
    ...
