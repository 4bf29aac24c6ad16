# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from torch import nn
from .criteria import l1_norm
from .pruner import Pruner
from .ticket import Ticket
from .train_fn import Trainer
from .kept import Kept
import pandas

__all__ = ['draw_early_bird', 'find_winning_ticket']

class Plan(NamedTuple):
    """How a model is trained, and how it is pruned."""
    trainer: Trainer
    pruner: Pruner
    targets: list
    kept: Kept

def plan_of(name, model, train_fn, eval_fn, sparsity, n_rounds, criteria, granularity, context, joint, budget=None, kernels='dense', verbose=False, path=None):
    """Return a plan, or raise if an argument isn't valid. `name` is what the model's argument is called."""
    ...

@dataclass(eq=False)
class TicketSearch:
    """Tickets found in rounds of training and pruning."""
    tickets: list
    rows: list
    dense: nn.Module
    model: nn.Module
    @property
    def ticket(self) -> Ticket:
        """Return the ticket of the last round."""
        ...
    @property
    def history(self) -> pandas.DataFrame:
        """Return a row for each round: sparsity, weights remaining (both in percent), scores before and after training."""
        ...
    def __repr__(self):
        ...

def search_rounds(plan: Plan, seed: int, start: dict) -> TicketSearch:
    """Train in full, prune, rewind to the start, repeat."""
    ...

def find_winning_ticket(model: nn.Module | Callable, train_fn: Callable, eval_fn: Callable, sparsity: float | list | dict = 90, n_rounds: int | None = None, criteria: Callable = l1_norm, granularity: str | dict = 'weight', context: str = 'local', seed: int = 0, joint: dict | None = None, budget: Callable | None = None, kernels: str = 'dense', verbose: bool = True, path: str | Path | None = None) -> TicketSearch:
    """Find a ticket in rounds: train in full, prune, rewind to the start. The model itself isn't changed.

    Parameters
    ----------
    model : nn.Module | Callable
        Its weights, pretrained or not, are the start; or a function that makes it.
    train_fn : Callable
        Function of a model that trains it in place.
    eval_fn : Callable
        Function of a model that returns a number.
    sparsity : float | list | dict
        Percent to reach, or a list by round, or a dict of either by layer. Default: `90`.
    n_rounds : int
        Rounds of pruning, 1 is one-shot; default as many as it takes at 20 % or less each.
    criteria : Callable
        Function of a weight, and of `init` or `prev` if it asks for them. Default: `l1_norm`.
    granularity : str | dict
        What is pruned together. Default: `'weight'`.
    context : str
        Rank within each layer (`'local'`) or over the whole network (`'global'`). Default: `'local'`.
    seed : int
        For the start, if a function makes it, and for everything random in each training. Default: `0`.
    joint : dict
        Which layers lose their filters together, from `joint_filters`. Default: `None`.
    budget : Callable
        How layers share the sparsity, like `erk`; by default each has it (local only).
    kernels : str
        How tickets are computed while they train, as for `masks_on`. Default: `'dense'`.
    verbose : bool
        Print a line after each training. Default: `True`.
    path : str | Path
        Folder to keep each training in, so that a killed search goes on; default none.

    Returns
    -------
    TicketSearch
        `ticket`, `tickets` and `history` of all rounds, `dense` and `model`, trained.
    """
    ...

class _Settled(BaseException):
    """Stop a training whose masks have settled. Not an `Exception`, so that `train_fn` doesn't catch it."""
    ...

class _Bird:
    """Draw masks during a training, until they have settled."""
    plan: Any
    start: Any
    every: Any
    n_masks: Any
    threshold: Any
    steps: int
    masks: Any
    distances: list
    found: Any
    def __init__(self, plan, start, every, n_masks, threshold) -> None:
        ...
    def __call__(self, model) -> None:
        """Count a step, and draw a mask if it is time."""
        ...

def draw_early_bird(model: nn.Module | Callable, train_fn: Callable, every: int, sparsity: float | dict = 50, n_masks: int = 5, threshold: float = 0.1, criteria: Callable = l1_norm, granularity: str | dict = 'weight', context: str = 'global', seed: int = 0, joint: dict | None = None) -> Ticket:
    """Train until the masks have settled, and return the ticket. The model itself isn't changed.

    Raise a `ValueError` if they don't settle.

    Parameters
    ----------
    model : nn.Module | Callable
        Its weights, pretrained or not, are the start; or a function that makes it.
    train_fn : Callable
        Function of a model that trains it in place; it is stopped early.
    every : int
        Optimizer steps between two masks; in the paper, those of an epoch.
    sparsity : float | dict
        Percent to prune, or a dict by layer. Default: `50`.
    n_masks : int
        Number of masks to compare. Default: `5`.
    threshold : float
        Largest share by which the newest mask may differ from each of the others. Default: `0.1`.
    criteria : Callable
        Function of a weight, and of `init` or `prev` if it asks for them. Default: `l1_norm`.
    granularity : str | dict
        What is pruned together. Default: `'weight'`.
    context : str
        Rank within each layer (`'local'`) or over the whole network (`'global'`). Default: `'global'`.
    seed : int
        For the start, if a function makes it, and for everything random in the training. Default: `0`.
    joint : dict
        Which layers lose their filters together, from `joint_filters`. Default: `None`.

    Returns
    -------
    Ticket
        With the weights of the moment when it was found; `about` has the step.
    """
    ...
