# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
import pandas as pd
from ..core.ticket import Ticket

__all__ = ['Deployed']

@dataclass(frozen=True, eq=False, repr=False)
class Deployed:
    """Hold what `Ticket.deploy` made. Call it with a batch of inputs, as the network.

    Parameters
    ----------
    model : Callable
        The smaller network, or what runs the file.
    path : Path
        The file; None if there is none.
    report : pd.DataFrame
        Before and after.
    notes : list
        How it was measured, and what to know about it.
    layers : pd.DataFrame
        For shrink, sparse and 2:4: what became of each layer. Default: `None`.
    """
    model: Callable
    path: Path
    report: pd.DataFrame
    notes: list
    layers: pd.DataFrame | None = ...
    def __call__(self, *xb, **named):
        ...
    def __repr__(self):
        ...

@dataclass
class _Job:
    """Hold what the steps of a deployment share."""
    ticket: Ticket
    path: Path
    xb: object
    batches: list
    beside: Path
    models: dict
    notes: list = ...
    layers: pd.DataFrame | None = ...
    more: Callable = ...
    threads: int = ...
    bytes: dict = ...

class _Way(NamedTuple):
    """Hold one way to ship, and what it needs."""
    make: Callable
    options: tuple
    file: bool
    after_shrink: bool
    device: str
