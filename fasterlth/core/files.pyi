# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from pathlib import Path
import torch


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
