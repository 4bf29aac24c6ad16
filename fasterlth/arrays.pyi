# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from typing import NamedTuple
import torch


kinds: dict

def kind_of(x: torch.Tensor) -> str:
    """Return what inputs are."""
    ...

def class_names(vocab) -> list:
    """Return the classes' names as a list. Raise unless they are in order, and differ."""
    ...

def check_classes(classes) -> list:
    """Raise unless they are a list that isn't empty."""
    ...

class Arrays(NamedTuple):
    """Inputs and labels to train and to validate with, normalised."""
    train: tuple
    valid: tuple
    vocab: list
    mean: torch.Tensor
    std: torch.Tensor

def as_arrays(train: tuple, valid: tuple, vocab: list | None = None, n: int | None = None, seed: int = 42, classes: list | None = None, kind: str | None = None) -> Arrays:
    """Check arrays, choose from them, and normalise them."""
    ...
