# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable
import pandas as pd
from torch import nn
from ..core.criteria import l1_norm
from ..core.ticket import Ticket
from ..train.guarded import GuardedCallback

__all__ = ['EarlyBirdCallback']

def norm_scales(model: nn.Module) -> dict:
    """Return the scales of all BatchNorm layers."""
    ...

def norm_masks(model: nn.Module, sparsity: float) -> dict:
    """Prune exactly the channels with the smallest |γ| of the whole network, but never the largest of a layer."""
    ...

def feeding_layers(model: nn.Module, *xb) -> dict:
    """Find the layer that feeds each BatchNorm."""
    ...

def channel_masks(model: nn.Module, masks: dict, fed: dict) -> dict:
    """Turn masks of channels into masks of weights."""
    ...

class EarlyBirdCallback(GuardedCallback):
    """Watch the masks from epoch to epoch, and stop the training when they have settled.

    What a ticket on the learner has pruned stays pruned: the masks lie within its own.

    Parameters
    ----------
    sparsity : float | dict
        Percent to prune: of the channels, or at a granularity of the weights. Default: `50`.
    granularity : str | dict
        `'filter'`, `'weight'` …; default channels by BatchNorm's |γ|.
    context : str
        With a granularity: ranked over the network or in each layer. Default: `'global'`.
    criteria : Callable
        With a granularity: function of a weight. Default: `l1_norm`.
    threshold : float
        Largest share by which the newest mask may differ from each of the others. Default: `0.1`.
    n_masks : int
        Number of masks to compare. Default: `5`.
    l1 : float
        Penalty on |γ|, 1e-4 in the paper. Default: `0.0`.
    stop : bool
        Stop when the ticket is found; if False, keep watching. Default: `True`.
    reset_on_fit : bool
        Forget the masks of earlier fits. Default: `True`.
    layer_type : type | tuple
        With a granularity: layers of these types only. Default: `None`.
    verbose : bool
        Print when the ticket is found. Default: `True`.
    joint : dict
        Which layers lose their filters together, from `joint_filters`. Default: `None`.
    """
    order: int
    pruner: Any
    threshold: Any
    n_masks: Any
    l1: Any
    sparsity: Any
    granularity: Any
    context: Any
    criteria: Any
    stop: Any
    reset_on_fit: Any
    layer_type: Any
    verbose: Any
    joint: Any
    masks: list
    found: Any
    def __init__(self, sparsity: float | dict = 50, granularity: str | dict | None = None, context: str = 'global', criteria: Callable = l1_norm, threshold: float = 0.1, n_masks: int = 5, l1: float = 0.0, stop: bool = True, reset_on_fit: bool = True, layer_type: type | tuple | None = None, verbose: bool = True, joint: dict | None = None) -> None:
        ...
    def reset(self, masks=(), found=None, ticket=None, init=None) -> None:
        """Forget everything, or continue from what is known."""
        ...
    def before_fit(self) -> None:
        ...
    def before_step(self) -> None:
        ...
    def after_epoch(self) -> None:
        ...
    def state_dict(self) -> dict:
        """Return the masks drawn so far, eight weights in a byte, and what was found."""
        ...
    def load_state_dict(self, state: dict) -> None:
        """Continue from what `state_dict` returned."""
        ...
    @property
    def distances(self) -> pd.DataFrame:
        """Return the share, from 0 to 1, on which the masks of any two epochs differ."""
        ...
    @property
    def ticket(self) -> Ticket:
        """Return the ticket, with the weights of the epoch in which it was found."""
        ...
    def plot(self, ax=None):
        """Draw the distances as a heat map, with a frame around the masks that settled.

    Parameters
    ----------
    ax
        Matplotlib axes. Default: `None`.
    """
        ...

def say_found(epoch: int) -> None:
    """Print when a ticket was found, in the first process."""
    ...
