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

def checked_json(content) -> str:
    """Return JSON with its checksum."""
    ...

def write_json(path: str | Path, content) -> None:
    """Write JSON with its checksum, completely or not at all."""
    ...

def read_json(path: str | Path, **kinds):
    """Read JSON and check it. Raise a `ValueError` that names the file if it is damaged."""
    ...

def check_record(content, file: Path, **kinds) -> dict:
    """Raise a `ValueError` that names file and key unless `content` is a dict with at least these keys."""
    ...

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

def open_folder(folder: RunFolder, here: dict, unused: tuple = (), parts: tuple = ()) -> None:
    """Claim the folder for this experiment. Raise if it belongs to another one."""
    ...
