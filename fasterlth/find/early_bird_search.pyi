# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
import pandas as pd
from fastai.learner import Learner
from ..core.criteria import l1_norm
from ..core.ticket import Ticket
from .finder import LotteryTicketFinder

__all__ = ['EarlyBirdFinder']

@dataclass(frozen=True)
class Search:
    """Hold the results of a finished search."""
    masks: list
    found: int
    n_epochs: int
    def save(self, path: str | Path) -> None:
        """Write the search to one file."""
        ...
    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a search from a file that `save` wrote."""
        ...

class EarlyBirdFinder:
    """Find an early-bird ticket: train densely until the masks have settled.

    Parameters
    ----------
    learn : Learner
        Its current weights are the start.
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
    layer_type : type | tuple
        With a granularity: layers of these types only. Default: `None`.
    seed : int
        For everything random in training; default drawn from torch's random state, and noted.
    path : str | Path
        Folder to keep everything in, so that a killed search continues. Default: `None`.
    verbose : bool
        Show a bar, unless inside `learn.no_bar()`, and print when the ticket is found. Default: `True`.
    joint : dict
        Which layers lose their filters together, from `joint_filters`. Default: `None`.
    """
    verbose: Any
    callback: Any
    folder: Any
    protocol: Any
    learn: Any
    seed: Any
    train: Any
    search: Any
    def __init__(self, learn: Learner, sparsity: float | dict = 50, granularity: str | dict | None = None, context: str = 'global', criteria: Callable = l1_norm, threshold: float = 0.1, n_masks: int = 5, l1: float = 0.0, layer_type: type | tuple | None = None, seed: int | None = None, path: str | Path | None = None, verbose: bool = True, joint: dict | None = None) -> None:
        ...
    @property
    def found(self) -> int:
        """Return the epoch in which the ticket was found, None if there is none yet."""
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
        """Draw the distances as a heat map, with a frame around the masks that settled."""
        ...
    def is_finished(self) -> bool:
        """Return whether the folder has everything that a finished search leaves, so that it is only read."""
        ...
    def find_early_bird(self, train: Callable) -> Ticket:
        """Train densely until the masks have settled. Leave the learner as it is in that epoch.

    Raise a `ValueError` if they didn't settle; `plot()` shows how close they came.
    With a `path`, an interrupted search continues where it stopped.

    Parameters
    ----------
    train : Callable
        A function of the learner that fits it, once or several times.

    Returns
    -------
    Ticket
        With the weights of the epoch in which it was found.
    """
        ...
    def costs(self, finder: LotteryTicketFinder | None = None) -> pd.DataFrame:
        """Count the cost of the search and of the ticket's training, without operations of pruned weights.

    Parameters
    ----------
    finder : LotteryTicketFinder
        Another search for a ticket, to compare with. Default: `None`.

    Returns
    -------
    pd.DataFrame
        Rows for the dense training, for the finder's rounds, and for the early-bird ticket.
    """
        ...
