# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from torch import nn
from .groups import Groups

__all__ = ['granularities', 'layer_groups', 'plot_groups']

def granularities(layer: nn.Module) -> list:
    """List the granularities of a layer, except n:m, which depends on its number of inputs.

    Parameters
    ----------
    layer : nn.Module
        A layer of a registered type.

    Returns
    -------
    list
        Names.
    """
    ...

def layer_groups(layer: nn.Module, granularity: str = 'weight', param: str = 'weight') -> Groups:
    """Return the groups of one weight of a layer.

    Parameters
    ----------
    layer : nn.Module
        A layer of a registered type.
    granularity : str
        A name, or n:m like `'2:4'`. Default: `'weight'`.
    param : str
        Which of the layer's parameters. Default: `'weight'`.
    """
    ...

def plot_groups(layer: nn.Module, granularity: str = 'weight', param: str = 'weight', ax=None):
    """Draw which weights of a layer form a group: one colour, one group.

    Parameters
    ----------
    layer : nn.Module
        A layer whose weight has two to four dimensions.
    granularity : str
        What is kept or pruned together. Default: `'weight'`.
    param : str
        Which of the layer's parameters. Default: `'weight'`.
    ax
        Matplotlib axes. Default: `None`.
    """
    ...
