# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable
from dataclasses import dataclass
from torch import nn
from .criteria import l1_norm

__all__ = ['Pruner', 'make_masks']

@dataclass(frozen=True)
class Pruner:
    """Prune by fixed settings: what is pruned together, where it is ranked, by which score, and what is kept.

    Parameters
    ----------
    granularity : str | dict
        What is kept or pruned together, or a dict by name, pattern or layer type. Default: `'weight'`.
    context : str
        Rank within each layer (`'local'`) or over the whole network (`'global'`). Default: `'local'`.
    criterion : Callable
        Function of a weight, see `fasterlth.core.criteria`. Default: `l1_norm`.
    layer_type : type | tuple
        Prune layers of these types only, default every registered one.
    round_to : int
        Keep a multiple of this number of groups in each layer, or all if it has fewer (local only). Default: `None`.
    min_keep : int
        Groups that every layer keeps. Default: `1`.
    joint : dict
        Parameter name → key of layers that lose their filters together, from `joint_filters`. Default: `None`.
    budget : Callable
        How layers share the sparsity, like `erk`; by default each has it (local only).
    """
    granularity: str | dict = ...
    context: str = ...
    criterion: Callable = ...
    layer_type: type | tuple | None = ...
    round_to: int | None = ...
    min_keep: int = ...
    joint: dict | None = ...
    budget: Callable | None = ...
    def __post_init__(self) -> None:
        ...
    def layers(self, model: nn.Module) -> dict:
        """Return the weights of a model that can be pruned.

        Parameters
        ----------
        model : nn.Module
            Parameter name → `Prunable`.

        Returns
        -------
        dict
            Parameter name → `Prunable`.
        """
        ...
    def targets(self, layers: dict, sparsity: float | dict) -> dict:
        """Return the sparsity of each layer. Raise if its groups can't reach it.

        Parameters
        ----------
        layers : dict
            From `layers`.
        sparsity : float | dict
            Percent, or a dict by name, pattern or layer type.

        Returns
        -------
        dict
            Parameter name → percent, None for layers that the dict doesn't mention.
        """
        ...
    def step(self, model: nn.Module, sparsity: float | dict, masks: dict | None = None, layers: dict | None = None, regrow: bool = False, **given) -> dict:
        """Make new masks from the weights as they are now.

        Parameters
        ----------
        model : nn.Module
            Its weights as they are now.
        sparsity : float | dict
            Percent of the weights to prune, or by layer (others stay as they are).
        masks : dict
            Masks so far: what they prune stays pruned. Default: `None`.
        layers : dict
            From `layers`, default all of the model.
        regrow : bool
            Bring weights back if more is pruned than `sparsity`. Default: `False`.
        **given
            Fields of `Scoring` that the criterion needs: `batches`, `loss_func`, `init`, `prev`, `forward`.

        Returns
        -------
        dict
            Parameter name → bool mask.
        """
        ...
    def choose(self, layers: dict, scores: dict, sparsity: float | dict, masks: dict | None = None, regrow: bool = False) -> dict:
        """Make new masks from scores, of exactly this sparsity or the nearest that the groups can reach.

        Parameters
        ----------
        layers : dict
            From `layers`.
        scores : dict
            From `group_scores`.
        sparsity : float | dict
            Percent of the weights to prune, or by layer.
        masks : dict
            Masks so far: what they prune stays pruned. Default: `None`.
        regrow : bool
            Bring weights back if more is pruned than `sparsity`. Default: `False`.

        Returns
        -------
        dict
            Parameter name → bool mask.
        """
        ...

def make_masks(layers: dict | nn.Module, sparsity: float | dict, criterion: Callable = l1_norm, context: str = 'local', masks: dict | None = None, min_keep: int = 1, round_to: int | None = None, budget: Callable | None = None, **inputs) -> dict:
    """Make masks of exactly this sparsity, or the nearest that the groups can reach.

    Parameters
    ----------
    layers : dict | nn.Module
        From `prunable`, or a model.
    sparsity : float | dict
        Percent to prune, or a dict by name, pattern or layer type (others stay as they are).
    criterion : Callable
        Function of a weight, see `fasterlth.core.criteria`. Default: `l1_norm`.
    context : str
        Rank within each layer (`'local'`) or over the whole network (`'global'`). Default: `'local'`.
    masks : dict
        Masks so far: what they prune stays pruned. Default: `None`.
    min_keep : int
        Groups that every layer keeps. Default: `1`.
    round_to : int
        Keep a multiple of this number of groups in each layer, or all if it has fewer (local only). Default: `None`.
    budget : Callable
        How layers share the sparsity, like `erk`; by default each has it (local only).
    **inputs
        What the criterion asks for by name, each a dict from parameter name to tensor.

    Returns
    -------
    dict
        Parameter name → bool mask, True where a weight is kept.
    """
    ...

def warn_outputs(layers: dict, sparsity: float | list | dict, granularity: str | dict, n_out: int) -> None:
    """Warn if pruning would remove whole class outputs."""
    ...

def rounding(layers: dict, pruner: Pruner) -> float:
    """Return how far the masks of a pruner may go beyond their target."""
    ...
