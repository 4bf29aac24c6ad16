# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable
from typing import NamedTuple
import pandas as pd, torch
from torch import nn
from .core.ticket import Ticket
from .counterparts import appended
import torch

__all__ = ['Transfer', 'transferred']

def outputs_before(layers: dict, axes: dict) -> dict:
    """Return how many outputs the last layer with a matrix before each layer has."""
    ...

def misfit(theirs: dict, own: dict, axes: dict, before: tuple, is_last: bool = False) -> str:
    """Return why a layer doesn't fit."""
    ...

def resizing(theirs: dict, own: dict) -> str:
    """Return `'wider'` or `'narrower'`, as the first tensor of another shape is; empty if there is none."""
    ...

def repeated(t: torch.Tensor, shape: tuple) -> torch.Tensor:
    """Repeat a tensor along each dimension until it has this shape, or keep the first values only."""
    ...

def in_corner(t: torch.Tensor, own: torch.Tensor) -> torch.Tensor:
    """Put weights into the corner of the model's own."""
    ...

class Match(NamedTuple):
    """Hold where a layer or tensor of the model comes from."""
    source: str
    how: str
    why: str = ...
    @property
    def taken(self) -> bool:
        """Return whether it is taken from the ticket, rather than the model's own."""
        ...

def match_layers(src: dict, dst: dict, pairs: dict, axes: dict, skip: list | tuple = ()) -> dict:
    """Decide for each layer of the model whether it is taken from the ticket."""
    ...

def match_tensors(matches: dict, dst: dict, weights: dict) -> dict:
    """Decide for each tensor of the model whether it is taken from the ticket."""
    ...

def unplaced(src: dict, dst: dict, pairs: dict, squeezed: set, matches: dict) -> dict:
    """List the parts of the ticket without a place: whole layers, and single tensors of layers that have one."""
    ...

def moved_masks(masks: dict, own: dict, matches: dict) -> dict:
    """Make the model's masks from the ticket's."""
    ...

def moved_weights(weights: dict, own: dict, matches: dict) -> dict:
    """Make the model's weights from the ticket's, and from its own where nothing is taken."""
    ...

def report_rows(own: dict, matches: dict, rest: dict, src: dict, weights: dict) -> list:
    """List what happened to each tensor. Buffers that are single numbers, like counts of batches, are left out."""
    ...

class Transfer(NamedTuple):
    """Hold what `transfer` returns.

    Parameters
    ----------
    ticket : Ticket
        One of the model.
    report : pd.DataFrame
        A row for each tensor of the model, then one for each part of the ticket that found no place.
    """
    ticket: Ticket
    report: pd.DataFrame
    @property
    def shares(self) -> pd.Series:
        """Return how much of the model came from the ticket and how much didn't, in percent of its values.

        Returns
        -------
        pd.Series
            How tensors were matched → percent.
        """
        ...

def transfer(self: Ticket, model: nn.Module, what: str = 'both', skip: list | tuple = (), blocks: Callable = appended, order: list | None = None, source_order: list | None = None, strict: bool = False) -> Transfer:
    """Make a ticket for another network. Layers without a counterpart keep the model's weights, and are dense.

    Parameters
    ----------
    self : Ticket
    model : nn.Module
        The network to make a ticket for; it isn't changed.
    what : str
        `'both'`; `'masks'` on the model's own weights; or `'weights'` without masks. Default: `'both'`.
    skip : list
        Layers that stay the model's own: names or patterns like `'fc'`, `'head.*'`. Default: `()`.
    blocks : Callable
        Which of the ticket's blocks each block of the model comes from, see `appended`. Default: `appended`.
    order : list
        Names of the model's layers in the order to match them, as from `computation_order`. Default: `None`.
    source_order : list
        The same for the ticket's network. Default: `None`.
    strict : bool
        Raise a `ValueError` if a layer is left without a counterpart. Default: `False`.

    Returns
    -------
    Transfer
        `(ticket, report)`.
    """
    ...

def transferred(tickets: Ticket | Callable, rewound: bool = True, **kwargs) -> Callable:
    """Return a condition that trains a transferred ticket.

    Parameters
    ----------
    tickets : Ticket | Callable
        A ticket of another network, or a function `(seed, round)` that returns one.
    rewound : bool
        Begin at the rewind point, as the study's own tickets do, or else at the very start. Default: `True`.
    **kwargs
        For `transfer`.

    Returns
    -------
    Callable
        A condition of `LotteryStudy`.
    """
    ...
