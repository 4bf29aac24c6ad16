# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
import pandas as pd
from fastai.learner import Learner
from ..core.ticket import Ticket
from ..train.snapshot import Snapshot

__all__ = ['RewindPoint', 'plot_stability']

class Candidate(NamedTuple):
    """A moment that a search examines."""
    iteration: int
    epoch: float | str

def candidates(epochs: list, n_iter: int) -> list:
    """Return the candidates in order of time. Raise if two of them are the same moment."""
    ...

class Copy(NamedTuple):
    """One training from a candidate."""
    moment: Candidate
    masks: str
    number: int
    @property
    def masked(self) -> bool:
        """Return whether it trains under the masks of a ticket."""
        ...
    @property
    def file(self) -> str:
        """Return the name of the file with its trained weights."""
        ...

def masks_of_copies(ticket: Ticket) -> dict:
    """Return the masks to train copies with; dense copies have none."""
    ...

class RewindSearch:
    """Train copies from several moments, and keep them in a folder."""
    learn: Any
    train: Any
    seed: Any
    protocol: Any
    folder: Any
    callbacks: Any
    def __init__(self, learn: Learner, train: Callable, seed: int = 0, path: str | Path | None = None) -> None:
        ...
    def open(self) -> None:
        """Take the start, or read the one that the folder holds. Refuse a folder of another experiment."""
        ...
    def is_finished(self, copies: list) -> bool:
        """Return whether the folder has everything that a finished search leaves, so that it is only read."""
        ...
    def moment(self, candidate: Candidate, before: Snapshot) -> Snapshot:
        """Train to the moment of a candidate, or read it from the folder."""
        ...
    def end(self, copy: Copy, masks: dict, moment: Snapshot) -> dict:
        """Return the final weights of a copy: train it, or read them from the folder."""
        ...
    def cost(self, copies: list) -> str:
        """Return, in words, what is left to train. Raise a `ValueError` if a candidate lies beyond the end of training."""
        ...
    def ends(self, copies: list, masks: dict, verbose: bool = False) -> dict:
        """Train all copies, moment after moment."""
        ...

def lines_between(learn: Learner, ends: dict, points: int, bn_batches: int) -> list:
    """Return the lines between all pairs of copies from the same moment under the same masks."""
    ...

def barrier_row(moment: Candidate, lines: list) -> dict:
    """Return a row of the table: the mean of the barriers, their range, the mean error of the ends."""
    ...

def earliest_stable(barriers: pd.DataFrame, masked: bool, threshold: float) -> int:
    """Find the earliest stable candidate that no unstable one follows."""
    ...

class RewindPoint(NamedTuple):
    """Hold what `rewind_find` found.

    Parameters
    ----------
    suggestion : float | str
        The earliest candidate from which all are stable, None if there is none.
    barriers : pd.DataFrame
        For each candidate, dense and masked: mean `barrier`, `min`, `max`, error of the `ends`.
    lines : pd.DataFrame
        A row for each point of each line.
    """
    suggestion: float | str
    barriers: pd.DataFrame
    lines: pd.DataFrame
    def __repr__(self):
        ...

def plot_stability(found: RewindPoint, threshold: float = 2.0, axs=None):
    """Plot the barrier by candidate, and the error along the lines.

    Parameters
    ----------
    found : RewindPoint
        From `rewind_find`.
    threshold : float
        Percentage points below which a network is stable. Default: `2.0`.
    axs
        Two Matplotlib axes. Default: `None`.
    """
    ...

@contextmanager
def put_back(learn: Learner):
    """Restore a learner afterwards, whatever was trained inside."""
    ...
