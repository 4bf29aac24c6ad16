# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable
from typing import NamedTuple
from torch import nn
from .groups import Groups

__all__ = ['layer_axes', 'register_granularity', 'register_layer']

class Axis(NamedTuple):
    """One named axis of a weight."""
    name: str
    role: str
    dim: int
    size: int

def split_axes(spec: str, shape: tuple, sizes: dict | None = None) -> list:
    """Return the named axes of a weight. Raise if the spec doesn't fit its shape."""
    ...

def register_granularity(name: str, axes: str, joint: bool = False) -> None:
    """Add a granularity for every layer type that has these axes.

    Parameters
    ----------
    name : str
        A new name, like `'gate'`.
    axes : str
        Axes or roles along which a group extends (`'out kh'`), or `~` and the others (`'~gate'`).
    joint : bool
        One group spans all weights of a layer, as a head does, and not just one of them. Default: `False`.
    """
    ...

def check_granularity(granularity) -> None:
    """Raise unless `granularity` names a known granularity."""
    ...

def make_groups(granularity: str, axes: list) -> Groups:
    """Return the groups of one weight."""
    ...

def register_layer(layer_type: type | str, specs: dict, sizes: Callable | None = None, granularity: str | None = None) -> None:
    """Register the axes of a layer type's weights. They hold for its subclasses, too.

    Parameters
    ----------
    layer_type : type | str
        The module's class, or its full name like `'transformers.pytorch_utils.Conv1D'`.
    specs : dict
        Pattern of parameter names → spec of the axes, like `{'weight': 'out in'}`.
    sizes : Callable
        Module → lengths of axes that share a dimension. Default: `None`.
    granularity : str
        Count at this granularity only, like `'head'`; at others the layers inside count. Default: `None`.
    """
    ...

def registered(layer: nn.Module, granularity: str | None = None) -> tuple:
    """Return what is registered for a layer's class or the nearest of its bases, None if nothing is."""
    ...

def layer_axes(layer: nn.Module, granularity: str | None = None) -> dict:
    """Return the axes of those weights of a layer that can be pruned.

    Parameters
    ----------
    layer : nn.Module
        Any module.
    granularity : str
        Include what is registered for this granularity only. Default: `None`.

    Returns
    -------
    dict
        Name of a parameter within the layer → its `Axis`es; empty for a type that isn't registered.
    """
    ...

def granularity_tables() -> tuple:
    """Return all granularities and layer types, to hand them to another process."""
    ...

def add_granularity_tables(tables: tuple) -> None:
    """Take over the granularities and layer types of another process."""
    ...
