# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path


class Hold:
    """A folder, or the lock file beside a file, that this run holds."""
    path: Any
    where: Any
    fd: Any
    read_only: Any
    forked: bool
    stat: Any
    def __init__(self, path: Path, where: str, fd: int | None = None, read_only: bool = False) -> None:
        ...
    def is_there(self) -> bool:
        """Return whether this process holds it, and the path leads to it."""
        ...
    def check(self) -> None:
        """Raise if it was deleted, moved or replaced, or if this process is a forked child of the one that holds it."""
        ...
    def forget(self) -> None:
        """Close the descriptor without unlocking what the parent holds."""
        ...
    def release(self) -> None:
        """Let others have it."""
        ...
    @contextmanager
    def writing(self, path: Path):
        """Write a file completely or not at all. Raise if what is held isn't there any more."""
        ...
    def keep(self, path: Path, o) -> None:
        """Write an object to a file."""
        ...
    def remove(self, path: Path) -> None:
        """Delete a file if it exists."""
        ...

def gone(where: str) -> FileNotFoundError:
    """Return the error for what isn't there any more."""
    ...

def check_writable(folder: str | Path, name: str = 'path', size: int = 1) -> None:
    """Raise an `OSError` that names the argument unless a file can be written to the folder."""
    ...

@contextmanager
def hold_folder(path: str | Path, read_only: Callable = lambda: False, wait: float = 6.0, name: str = 'path', new: bool = True):
    """Hold a folder, so that no other run writes to it."""
    ...

@contextmanager
def hold_file(path: str | Path, wait: float = 6.0, name: str = 'path'):
    """Hold a file, so that no other run writes to it."""
    ...
