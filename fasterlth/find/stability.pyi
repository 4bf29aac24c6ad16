# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from contextlib import contextmanager
from typing import NamedTuple
import pandas as pd
from fastai.learner import Learner
from .copies import Candidate

__all__ = ['RewindPoint', 'plot_stability']

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
