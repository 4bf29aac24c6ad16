# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from contextlib import contextmanager
from pathlib import Path


def remove_abandoned(part: str | Path) -> bool:
    """Delete a partial file unless its writer is alive."""
    ...

@contextmanager
def atomic_write(path: str | Path, parents: bool = True):
    """Write a file under a temporary name, and rename it to `path` if nothing goes wrong."""
    ...
