# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable, Iterable
from pathlib import Path
from torch import nn
from ..core.ticket import Ticket
from .ticket_callback import TicketCallback

__all__ = ['SparsifyCallback']

class SparsifyCallback(TicketCallback):
    """Prune while training, on a schedule; with `lth`, rewind the weights after each pruning step.

    Parameters
    ----------
    sparsity : float | dict
        Percent of the weights to prune (50 = half), or a dict by name, pattern or layer type.
    granularity : str | dict
        What is pruned together: `'weight'`, `'filter'`, `'2:4'` …, or a dict.
    context : str
        Rank within each layer (`'local'`) or over the whole network (`'global'`).
    criteria : Callable
        Function of a weight: `l1_norm`, `movement`, `snip` …
    schedule : Callable
        Function of the progress: `one_shot`, `iterative`, `agp` …
    start_sparsity : float
        Percent at the start of the schedule. Default: `0`.
    start_epoch : float | str
        When pruning starts: epochs, or iterations like `'500it'`. Default: `0`.
    end_epoch : float | str
        When it ends, default the end of the fit, or of the last one.
    lth : bool
        Rewind after each pruning step. Default: `False`.
    rewind_epoch : float | str
        The moment to rewind to, which is saved. Default: `0`.
    reset_end : bool
        End the fit with the untrained ticket: saved weights × masks. Default: `False`.
    save_tickets : bool | str | Path
        Save a ticket after each step: in this folder, or True for the learner's. Default: `False`.
    model : nn.Module
        A part of the learner's model to prune, default all of it.
    round_to : int
        Keep a multiple of this number of groups in each layer. Default: `None`.
    layer_type : type | tuple
        Prune layers of these types only, default every registered one.
    min_keep : int
        Groups that every layer keeps. Default: `1`.
    batches : Iterable
        Batches `(x, y)` for criteria that need gradients, default the current one.
    verbose : bool
        Print what happens. Default: `True`.
    n_epochs : int
        Epochs of all fits that the schedule spans; default those of one fit, or of `fine_tune`.
    frozen : bool
        Prune frozen layers as well, instead of only when they are unfrozen. Default: `False`.
    joint : dict
        Which layers lose their filters together, from `joint_filters`. Default: `None`.
    kernels : str
        As for `MaskCallback`. Default: `'dense'`.
    budget : Callable
        How layers share the sparsity, like `erk`; by default each has it (local only).
    """
    reads_optimizer: bool
    pruner: Any
    part: Any
    history: Any
    sparsity: float | dict
    granularity: str | dict
    context: str
    criteria: Callable
    schedule: Callable
    start_sparsity: float
    start_epoch: float | str
    end_epoch: float | str
    lth: bool
    rewind_epoch: float | str
    reset_end: bool
    save_tickets: bool | str | Path
    model: nn.Module
    round_to: int
    layer_type: type | tuple
    min_keep: int
    batches: Iterable
    verbose: bool
    n_epochs: int
    frozen: bool
    joint: dict
    kernels: str
    budget: Callable
    plan: Any
    masks: Any
    held: tuple
    def __init__(self, sparsity: float | dict, granularity: str | dict, context: str, criteria: Callable, schedule: Callable, start_sparsity: float = 0, start_epoch: float | str = 0, end_epoch: float | str | None = None, lth: bool = False, rewind_epoch: float | str = 0, reset_end: bool = False, save_tickets: bool | str | Path = False, model: nn.Module | None = None, round_to: int | None = None, layer_type: type | tuple | None = None, min_keep: int = 1, batches: Iterable | None = None, verbose: bool = True, n_epochs: int | None = None, frozen: bool = False, joint: dict | None = None, kernels: str = 'dense', budget: Callable | None = None) -> None:
        ...
    def begin(self):
        """Check and plan the fit that is about to begin."""
        ...
    def made(self) -> Ticket:
        """Return the ticket so far."""
        ...
    def stop(self) -> None:
        """Leave masked weights and the ticket, on the learner as well if there is one."""
        ...
    def on_exit(self) -> None:
        ...
    def after_fit(self):
        ...
    def plot(self, ax=None):
        """Draw the percentage of weights that remain in each layer."""
        ...
    def plot_plan(self, ax=None):
        """Plot the pruning steps that the last fit made."""
        ...
    def before_train(self) -> None:
        ...
    def needed_events(self) -> frozenset:
        ...
    def before_batch(self) -> None:
        ...
    def after_epoch(self) -> None:
        ...
    def state_dict(self) -> dict:
        """Return what a fit under way needs to be resumed, or the ticket of the last fit."""
        ...
    def load_state_dict(self, state: dict) -> None:
        """Resume a fit, or a schedule between two fits, from `state_dict`."""
        ...
    def __setstate__(self, state) -> None:
        """Take what a copy or an exported learner holds. In those of 0.1.0, the parts of the course are the callback's own."""
        ...
