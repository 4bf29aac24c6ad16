# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path


class RunFolder:
    """A folder that belongs to one experiment. Without a path nothing is kept."""
    path: Any
    kind: Any
    def __init__(self, path: str | Path | None = None, kind: str = 'finder') -> None:
        ...
    def __bool__(self):
        ...
    def __repr__(self):
        ...
    def file(self, name: str) -> Path:
        """Return the path of a file in it."""
        ...
    def has(self, name: str) -> bool:
        """Return whether a file exists."""
        ...
    def names(self, pattern: str) -> list:
        """List the files that match a pattern."""
        ...
    def steps(self) -> list:
        """List the files of steps that a run has written; others' files may lie beside them."""
        ...
    def is_read_only(self) -> bool:
        """Return whether the folder is held only for reading."""
        ...
    def opened(self) -> None:
        """Note that its experiment.json is there, so that it counts as gone if that is missing."""
        ...
    def check(self) -> None:
        """Raise if it was deleted, emptied, moved or replaced since it was held."""
        ...
    def sweep(self) -> None:
        """Delete partial files left by killed processes."""
        ...
    @contextmanager
    def held(self, read_only: Callable = lambda: False, wait: float = 6.0, new: bool = True):
        """Hold the folder as `hold_folder` does. Unless it is only read, check that it is writable, and sweep it."""
        ...
    def keep(self, name: str, o):
        """Save an object that has `save(file)`, and return it. Hold the folder for it, if it isn't held."""
        ...
    def keep_json(self, name: str, content) -> None:
        """Write a record that `read_json` reads."""
        ...
    def keep_table(self, name: str, text: str) -> None:
        """Write a table that is made from checked files, unless the file holds it already."""
        ...
    def remove(self, *names: str) -> None:
        """Delete files, if they exist."""
        ...
    @property
    def experiment(self) -> dict:
        """Return the description of the experiment that the folder belongs to. Raise if it is of another kind."""
        ...
    @property
    def seed(self) -> int:
        """Return the seed that the folder's experiment has."""
        ...

class Written:
    """What a function writes to a file."""
    save: Any
    def __init__(self, save: Callable) -> None:
        ...

def without(description: dict, keys: tuple, at: str = '') -> dict:
    """Leave keys out of a description."""
    ...

def open_folder(folder: RunFolder, here: dict, unused: tuple = (), parts: tuple = ()) -> None:
    """Claim the folder for this experiment. Raise if it belongs to another one."""
    ...
