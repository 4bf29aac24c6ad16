# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from torch import nn
from .criteria import l1_norm
from .ticket import Ticket
from .search import Plan, TicketSearch
import pandas

__all__ = ['compare_tickets']

def check_fresh(fresh: dict, init: dict, names, maker: str, hint: str = '') -> dict:
    """Raise unless another seed gives other weights."""
    ...

class _Found(NamedTuple):
    """A seed's search, and what else its controls need."""
    plan: Plan
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

def compare_tickets(model_fn: Callable, train_fn: Callable, eval_fn: Callable, sparsity: float | list | dict = 80, n_rounds: int = 1, seeds: int | list = 1, criteria: Callable = l1_norm, granularity: str | dict = 'weight', context: str = 'local', conditions: list | dict | tuple = ('dense', 'winning', 'random_reinit', 'random_mask'), pretrained: nn.Module | None = None, joint: dict | None = None, budget: Callable | None = None, kernels: str = 'dense', verbose: bool = True, path: str | Path | None = None) -> TicketComparison:
    """Train dense networks, winning tickets and their controls, and compare them.

    Parameters
    ----------
    model_fn : Callable
        → a new model, initialised from torch's random state.
    train_fn : Callable
        Function of a model that trains it in place.
    eval_fn : Callable
        Function of a model that returns a number, the higher the better.
    sparsity : float | list | dict
        Percent after the last round, or a list by round, or a dict of either by layer. Default: `80`.
    n_rounds : int
        Rounds of pruning; 1 is one-shot. Default: `1`.
    seeds : int | list
        Their number, counted from 0, or a list. Default: `1`.
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
    kernels : str
        How tickets are computed while they train, as for `masks_on`. Default: `'dense'`.
    verbose : bool
        Print a line after each training. Default: `True`.
    path : str | Path
        Folder to keep each training in, so that a killed comparison goes on; default none.

    Returns
    -------
    TicketComparison
        `results`, a table; `tickets` and `models` by condition and seed; `searches` by seed.
    """
    ...
