# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from contextlib import contextmanager
from pathlib import Path
import torch


def remove_abandoned(part: str | Path) -> bool:
    """Delete a partial file unless its writer is alive."""
    ...

@contextmanager
def atomic_write(path: str | Path, parents: bool = True):
    """Write a file under a temporary name, and rename it to `path` if nothing goes wrong."""
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

def save_tensors(path: str | Path, tensors: dict, meta, kind: str) -> Path:
    """Write tensors and JSON to one safetensors file, completely or not at all."""
    ...

def load_tensors(path: str | Path, kind: str) -> tuple:
    """Read a file from `save_tensors`. Raise a `ValueError` that says what is wrong if it is damaged or another kind."""
    ...

def take(tensors: dict, name: str, where: str) -> torch.Tensor:
    """Take a tensor out of a file's. Raise a `ValueError` if it is missing."""
    ...

def unpack_shaped(bits: torch.Tensor, shape: list, where: str) -> torch.Tensor:
    """Unpack a mask. Raise a `ValueError` that names the place if shape and bits don't fit."""
    ...

def pack_masked(masks: dict, weights: dict) -> tuple:
    """Name the tensors of masks and weights for a file."""
    ...

def unpack_masked(tensors: dict, shapes: dict) -> tuple:
    """Invert `pack_masked`. Raise a `ValueError` that names what doesn't fit."""
    ...

def pack_tree(x, tensors: dict, key: str = '', depth: int = 30):
    """Take the tensors out of a tree."""
    ...

def unpack_tree(x, tensors: dict, key: str = 'tree'):
    """Put the tensors back into a tree. Raise a `ValueError` that names what doesn't fit."""
    ...
