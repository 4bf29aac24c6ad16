# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from contextlib import contextmanager
from pathlib import Path


def with_article(kind: str) -> str:
    """Return a word with its article."""
    ...

@contextmanager
def open_file(path: str | Path, kind: str):
    """Open a file to read it. Raise unless it is a regular file."""
    ...

@contextmanager
def reading(path: str | Path, fault: str):
    """Name the file in errors about its contents, and make them all `ValueError`s."""
    ...

def parse_json(text: str | bytes, where: str):
    """Parse JSON. Raise a `ValueError` if it isn't valid, if it is nested too deeply, or if a key occurs twice."""
    ...

whole: Any

a_dict: Any

a_text: Any

a_tensor: Any

plain: Any

def optional(kind):
    """Return the kind of what may also be None."""
    ...

def list_of(kind):
    """Return the kind of a list whose items are all of one kind."""
    ...

def dict_of(kind):
    """Return the kind of a dict with text as keys, whose values are all of one kind."""
    ...

def a_shape(value, name):
    """Raise unless `value` is the shape of a tensor that could exist."""
    ...

def check_fields(value, where: str, **kinds) -> dict:
    """Raise unless `value` is a dict with exactly these keys, and with values of these kinds."""
    ...
