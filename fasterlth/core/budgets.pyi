# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable
from torch import nn
import pandas

__all__ = ['balanced', 'budget_table', 'erk', 'igq', 'share_out', 'smart_ratio', 'uniform', 'uniform_plus']

def share_out(shapes: dict, sparsity: float, density: Callable) -> dict:
    """Return each layer's sparsity at the `x` where all together have exactly this sparsity.

    Parameters
    ----------
    shapes : dict
        Parameter name → shape.
    sparsity : float
        Percent of all weights to prune, from 0 to 100.
    density : Callable
        `x` → a density in [0, 1] for each layer; each rises with `x`, and all reach 1.

    Returns
    -------
    dict
        Parameter name → percent.
    """
    ...

def uniform(shapes: dict, sparsity: float) -> dict:
    """Prune the same share of each layer.

    Parameters
    ----------
    shapes : dict
        Parameter name → shape.
    sparsity : float
        Percent of all weights to prune.

    Returns
    -------
    dict
        Parameter name → percent.
    """
    ...

def uniform_plus(shapes: dict, sparsity: float) -> dict:
    """Leave the first layer dense, prune at most 80 % of the last, and the same share of the others
    ([Gale et al. 2019](https://arxiv.org/abs/1902.09574)).

    Parameters
    ----------
    shapes : dict
        Parameter name → shape, in the network's order.
    sparsity : float
        Percent of all weights to prune.

    Returns
    -------
    dict
        Parameter name → percent.
    """
    ...

def erk(shapes: dict, sparsity: float) -> dict:
    """Prune by Erdős–Rényi kernels: small layers stay denser ([Evci et al. 2020](https://arxiv.org/abs/1911.11134)).

    Parameters
    ----------
    shapes : dict
        Parameter name → shape.
    sparsity : float
        Percent of all weights to prune.

    Returns
    -------
    dict
        Parameter name → percent.
    """
    ...

def balanced(shapes: dict, sparsity: float) -> dict:
    """Keep as many weights in each layer as in the others ([Gadhikar et al. 2023](https://arxiv.org/abs/2210.02412)).

    Parameters
    ----------
    shapes : dict
        Parameter name → shape.
    sparsity : float
        Percent of all weights to prune.

    Returns
    -------
    dict
        Parameter name → percent.
    """
    ...

def igq(shapes: dict, sparsity: float) -> dict:
    """Compress layers as gases under one force ([Vysogorets & Kempe 2021](https://arxiv.org/abs/2107.02306)).

    Parameters
    ----------
    shapes : dict
        Parameter name → shape.
    sparsity : float
        Percent of all weights to prune.

    Returns
    -------
    dict
        Parameter name → percent.
    """
    ...

def smart_ratio(shapes: dict, sparsity: float) -> dict:
    """Keep less the deeper a layer is, and 30 % of the last ([Su et al. 2020](https://arxiv.org/abs/2009.11094)).

    The last layer keeps more only where all others are dense.

    Parameters
    ----------
    shapes : dict
        Parameter name → shape, in the network's order.
    sparsity : float
        Percent of all weights to prune.

    Returns
    -------
    dict
        Parameter name → percent.
    """
    ...

def budget_table(layers: dict | nn.Module, sparsity: float, budgets: list = ...) -> pandas.DataFrame:
    """Return the sparsity of each layer by each budget, in percent; blank where a budget can't reach `sparsity`.

    Parameters
    ----------
    layers : dict | nn.Module
        From `prunable`, or a model.
    sparsity : float
        Percent of all weights to prune.
    budgets : list
        Functions `(shapes, sparsity)` → percent by layer. Default: `_budgets`.

    Returns
    -------
    'pandas.DataFrame'
        A row for each layer, and one for all of them.
    """
    ...
