# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Iterable
from torch import nn
import pandas

__all__ = ['joint_filters']

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
