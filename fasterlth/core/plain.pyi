# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple
from torch import nn
from .criteria import l1_norm
from .pruner import Pruner
from .ticket import Ticket
import pandas

__all__ = ['compare_tickets', 'draw_early_bird', 'find_winning_ticket', 'masks_on']

@contextmanager
def masks_on(model: nn.Module, masks: dict):
    """Keep pruned weights at zero through every step of any PyTorch optimizer.

    Parameters
    ----------
    model : nn.Module
        Any module; its weights are masked at once.
    masks : dict
        Parameter name → bool tensor.
    """
    ...

def check_fresh(fresh: dict, init: dict, names, maker: str, hint: str = '') -> dict:
    """Raise unless another seed gives other weights."""
    ...

class _Plan(NamedTuple):
    """A model's maker, the functions that train and score it, and how it is pruned."""
    make: Callable
    train_fn: Callable
    eval_fn: Callable
    pruner: Pruner
    targets: list

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

def find_winning_ticket(model: nn.Module | Callable, train_fn: Callable, eval_fn: Callable, sparsity: float | list | dict = 90, n_rounds: int | None = None, criteria: Callable = l1_norm, granularity: str | dict = 'weight', context: str = 'local', seed: int = 0, joint: dict | None = None, budget: Callable | None = None) -> TicketSearch:
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

class _Found(NamedTuple):
    """A seed's search, and what else its controls need."""
    plan: _Plan
    search: TicketSearch
    seed: int

@dataclass(eq=False)
class TicketComparison:
    """Tickets and their controls, trained over seeds."""
    rows: list
    tickets: dict
    models: dict
    searches: list
    @property
    def results(self) -> pandas.DataFrame:
        """Return a row for each condition and seed: sparsity in percent, and scores before and after training."""
        ...
    def __repr__(self):
        ...
    def add(self, condition: str, seed: int, ticket: Ticket, model: nn.Module, round: int, scores: dict) -> None:
        """Add a training."""
        ...

def compare_tickets(model_fn: Callable, train_fn: Callable, eval_fn: Callable, sparsity: float | list | dict = 80, n_rounds: int = 1, seeds: int = 1, criteria: Callable = l1_norm, granularity: str | dict = 'weight', context: str = 'local', conditions: list | dict | tuple = ('dense', 'winning', 'random_reinit', 'random_mask'), pretrained: nn.Module | None = None, joint: dict | None = None, budget: Callable | None = None) -> TicketComparison:
    """Train dense networks, winning tickets and their controls, and compare them.

    Parameters
    ----------
    model_fn : Callable
        → a new model, initialised from torch's random state.
    train_fn : Callable
        Function of a model that trains it in place.
    eval_fn : Callable
        Function of a model that returns a number.
    sparsity : float | list | dict
        Percent after the last round, or a list by round, or a dict of either by layer. Default: `80`.
    n_rounds : int
        Rounds of pruning; 1 is one-shot. Default: `1`.
    seeds : int
        Number of seeds. Default: `1`.
    criteria : Callable
        Function of a weight, and of `init` or `prev` if it asks for them. Default: `l1_norm`.
    granularity : str | dict
        What is pruned together. Default: `'weight'`.
    context : str
        Rank within each layer (`'local'`) or over the whole network (`'global'`). Default: `'local'`.
    conditions : list | dict
        Names, or name → function of the ticket. Default: `('dense', 'winning', 'random_reinit', 'random_mask')`.
    pretrained : nn.Module
        Model whose weights are the start; default what `model_fn` makes.
    joint : dict
        Which layers lose their filters together, from `joint_filters`. Default: `None`.
    budget : Callable
        How layers share the sparsity, like `erk`; by default each has it (local only).

    Returns
    -------
    TicketComparison
        `results`, a table; `tickets` and `models` by condition and seed; `searches` by seed.
    """
    ...
