# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from typing import NamedTuple
from torch import nn
from .groups import Groups
import pandas

__all__ = ['prunable', 'survey']

def by_layer(choice, layers: dict, what: str = 'choice', default=None) -> dict:
    """Return the value of a choice for each layer. A key matches the parameter's name or its layer's; the last counts."""
    ...

def check_layer_type(layer_type) -> None:
    """Raise unless `layer_type` is None, a class, or a tuple of classes."""
    ...

def survey(model: nn.Module, granularity: str | dict = 'weight', layer_type: type | tuple | None = None) -> pandas.DataFrame:
    """List which parameters would be pruned, and why the others wouldn't.

    Parameters
    ----------
    model : nn.Module
        Any model.
    granularity : str | dict
        A granularity, or a dict by name, pattern or layer type. Default: `'weight'`.
    layer_type : type | tuple
        Only layers of these types, default every registered one.

    Returns
    -------
    'pandas.DataFrame'
        A row for each parameter.
    """
    ...

class Prunable(NamedTuple):
    """A weight that can be pruned, the layer it belongs to, and its groups."""
    weight: nn.Parameter
    layer: nn.Module
    groups: Groups
    joint: str | None = ...

def prunable(model: nn.Module, granularity: str | dict = 'weight', layer_type: type | tuple | None = None) -> dict:
    """Return the weights that can be pruned. Raise if there are none. Warn if a weight is left out unexpectedly.

    Parameters
    ----------
    model : nn.Module
        Any model; it isn't changed.
    granularity : str | dict
        A granularity, or a dict by name, pattern or layer type. Default: `'weight'`.
    layer_type : type | tuple
        Only layers of these types, default every registered one.

    Returns
    -------
    dict
        Parameter name → `Prunable`.
    """
    ...

def check_layers(layers) -> dict:
    """Raise unless `layers` are weights to prune, by name."""
    ...
