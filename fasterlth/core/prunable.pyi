# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Iterable
from typing import NamedTuple
from torch import nn
from .groups import Groups
import pandas

__all__ = ['joint_filters', 'prunable', 'survey']

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

def graph_of(model: nn.Module, xb) -> tuple:
    """Return a copy of a model in evaluation mode, and Torch-Pruning's graph of it."""
    ...

def joint_filters(model: nn.Module, xb) -> dict:
    """Return which layers lose their filters together, because their outputs are added. For `Pruner`'s `joint`.

    Parameters
    ----------
    model : nn.Module
        Any model; it isn't changed.
    xb
        A batch of inputs, or a tuple of several.

    Returns
    -------
    dict
        Parameter name → name of the first one in its group; parameters without a group are left out.
    """
    ...

def as_joint(layers: dict, joint: dict, known: Iterable) -> dict:
    """Return the layers with those joined that lose their filters together."""
    ...

def check_joint(joint, granularities: Iterable) -> None:
    """Raise unless `joint` is a dict of names, and goes with the granularities."""
    ...

def filters_to_cut(masks: dict, joint: dict) -> pandas.DataFrame:
    """Count filters, pruned filters, and those pruned in every layer of their group, which can be cut out."""
    ...
