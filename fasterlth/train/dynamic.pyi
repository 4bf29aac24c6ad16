# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable
import torch
from ..core.masks import revived
from ..core.ticket import Ticket
from ..core.budgets import erk
from .ticket_callback import TicketCallback

__all__ = ['DynamicCallback', 'rigl', 'set_']

def rigl(weight, grad):
    """Grow where the loss's gradient is largest ([Evci et al. 2020](https://arxiv.org/abs/1911.11134))."""
    ...

def set_(weight, name):
    """Grow at random ([Mocanu et al. 2018](https://arxiv.org/abs/1707.04780))."""
    ...

def moved(mask: torch.Tensor, weight: torch.Tensor, scores: torch.Tensor, n: int) -> torch.Tensor:
    """Drop `n` weights and grow as many. What has just been dropped may grow again."""
    ...

class DynamicCallback(TicketCallback):
    """Train sparsely from the first batch on, and let connections move: drop by magnitude, grow by scores.

    Parameters
    ----------
    sparsity : float
        Percent of the weights that are zero, throughout. Default: `90`.
    grow : Callable
        Function of a weight, and of `grad` or `name`: `rigl`, `set_`. Default: `rigl`.
    drop : float
        Percent of the weights that move at first; falls to 0 along a cosine. Default: `30`.
    every : float | str
        Between two updates: epochs, or iterations. Default: `'100it'`.
    end_epoch : float | str
        When connections stop moving; default after three quarters of the fit.
    budget : Callable
        How layers share the sparsity; None: each has the same. Default: `erk`.
    masks : dict
        Masks to begin with, whatever their sparsity; default random ones.
    layer_type : type | tuple
        Prune layers of these types only, default every registered one.
    seed : int
        For the random masks, and for growth by chance. Default: `0`.
    kernels : str
        As for `MaskCallback`. Default: `'dense'`.
    """
    sparsity: Any
    drop: Any
    grow: Any
    every: Any
    end_epoch: Any
    seed: Any
    pruner: Any
    first: Any
    history: Any
    start: Any
    number: Any
    masks: Any
    revived: Any
    def __init__(self, sparsity: float = 90, grow: Callable = rigl, drop: float = 30, every: float | str = '100it', end_epoch: float | str | None = None, budget: Callable = erk, masks: dict | None = None, layer_type: type | tuple | None = None, seed: int = 0, kernels: str = 'dense') -> None:
        ...
    def begin(self) -> None:
        """Check, and choose the connections to begin with."""
        ...
    def before_fit(self) -> None:
        ...
    def needed_events(self) -> frozenset:
        ...
    def before_batch(self) -> None:
        ...
    def hook_gradients(self) -> None:
        """Leave gradients of pruned weights, which say where to grow."""
        ...
    def after_backward(self) -> None:
        ...
    def after_fit(self) -> None:
        ...
    def made(self) -> Ticket:
        """Return the connections of now, with the weights that the fit began with."""
        ...
    def state_dict(self) -> dict:
        """Return what a fit under way needs to be resumed."""
        ...
    def load_state_dict(self, state: dict) -> None:
        """Resume a fit, from `state_dict`."""
        ...
