# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable, Iterable
from math import inf
from numbers import Real
from pathlib import Path


def func_name(f: Callable) -> str:
    """Return a function's name, with the keyword arguments that `partial` fixed."""
    ...

def shown(value) -> str:
    """Return a value as an error shows it: in full if it is short, or else by its type."""
    ...

def wrong(name: str, what: str, value) -> str:
    """Return the sentence of an error. For a tensor that holds a single number, say what to do."""
    ...

def is_number(value) -> bool:
    """Return whether a value is a number, Python's or NumPy's; flags aren't."""
    ...

def plain_number(value: Real) -> int | float:
    """Return one of NumPy's numbers as Python's own."""
    ...

def check_whole(value, name: str, least: int = 1, most: int | None = None, what: str = 'a whole number') -> int:
    """Return a whole number. Raise unless it is one, and in range."""
    ...

def check_number(value, name: str, least: float = 0.0, most: float = inf, what: str = 'a number', between: bool = False) -> float:
    """Return a finite number. Raise unless it is one, and in range."""
    ...

def check_seed(value, name: str = 'seed') -> int:
    """Return a seed. Raise unless it is a whole number from 0 to 2**63-1."""
    ...

def check_seeds(seeds, name: str = 'seeds') -> list:
    """Return seeds as a list. Raise unless they are a number of seeds, or different seeds."""
    ...

def check_threads(value, name: str = 'threads') -> int:
    """Return a number of CPU threads. Raise unless it is one."""
    ...

def check_flag(value, name: str) -> bool:
    """Return a flag. Raise unless it is True or False."""
    ...

def check_flags(**flags) -> list:
    """Return flags. Raise unless all are True or False."""
    ...

def check_choice(value, name: str, choices: Iterable) -> str:
    """Raise unless `value` is one of the choices."""
    ...

def check_text(value, name: str, what: str = 'a string') -> str:
    """Return a string. Raise unless it is one, and not empty."""
    ...

def takes(f: Callable, n: int) -> bool:
    """Return whether a function can be called with `n` arguments, as far as its signature tells."""
    ...

def check_function(value, name: str, what: str, n: int | None = None) -> Callable:
    """Raise unless `value` is a function, of as many arguments as it gets."""
    ...

def check_type(value, name: str, types: type | tuple, what: str):
    """Raise unless `value` is an instance of one of the types."""
    ...

def check_keywords(given: Iterable, known: Iterable, where: str) -> None:
    """Raise a `TypeError` that lists the allowed names, unless all names that were given are among them."""
    ...

def check_model(value, name: str = 'model'):
    """Raise unless `value` is an `nn.Module`. Of a learner, say where its model is."""
    ...

def check_tensor(value, name: str, what: str = 'a tensor', dtype=None, shape: tuple | None = None):
    """Raise unless `value` is a tensor, of this type and shape if they are given."""
    ...

def check_frame(value, name: str, columns: Iterable | tuple = ()):
    """Raise unless `value` is a pandas `DataFrame` with these columns."""
    ...

def check_axes(value, name: str = 'ax', n: int = 1):
    """Raise unless `value` is None, or Matplotlib axes, or a list of as many."""
    ...

def at_home(path) -> Path:
    """Return a path, with the user's folder in place of `~`."""
    ...

def check_folder(path, name: str = 'path') -> Path:
    """Raise unless `path` is None or can be a folder."""
    ...

def check_file(path, name: str = 'path', exists: bool = False) -> Path:
    """Raise unless `path` can be a file, or is one."""
    ...

def check_percent(value, name: str = 'sparsity') -> float:
    """Return a percent. Raise unless it is one, in [0, 100]."""
    ...

def check_by_layer(value, name: str = 'sparsity') -> dict:
    """Raise unless `value` is a dict by layer, with at least one."""
    ...

def check_sparsity(sparsity, name: str = 'sparsity') -> float | dict:
    """Return a sparsity. Raise unless it is a percent in [0, 100], or a dict of percents by layer."""
    ...

def check_moment(at, name: str = 'at') -> float | str:
    """Return a moment of training. Raise unless it is epochs or iterations."""
    ...

def to_iteration(at: float | str, n_iter: int, name: str = 'at') -> int:
    """Convert a moment of training to a number of iterations. Raise if it isn't one."""
    ...

def check_batches(batches, name: str = 'batches') -> list:
    """Raise unless `batches` are batches `(x, y)`. Return them as a list."""
    ...

def key_name(k) -> str:
    """Return a dict's key as text."""
    ...

def require(module: str, extra: str = 'deploy'):
    """Import an optional library, or raise an `ImportError` that says how to install it."""
    ...

def warn_user(message: str) -> None:
    """Warn at the line of the caller's code, outside these libraries, that led here."""
    ...
