# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from pathlib import Path
from torch import nn

__all__ = ['load_sparse', 'save_sparse']

def save_sparse(model: nn.Module, path: str | Path) -> Path:
    """Write a network with sparse layers to a file.

    Parameters
    ----------
    model : nn.Module
        From `to_sparse`.
    path : str | Path
        The file to write.

    Returns
    -------
    Path
        The path.
    """
    ...

def load_sparse(path: str | Path, model: nn.Module) -> nn.Module:
    """Read a network with sparse layers. Raise a `ValueError` that names what doesn't fit.

    Parameters
    ----------
    path : str | Path
        A file from `save_sparse`.
    model : nn.Module
        A network of the same architecture, with any weights, or on `meta`; it isn't changed.

    Returns
    -------
    nn.Module
        For inference.
    """
    ...
