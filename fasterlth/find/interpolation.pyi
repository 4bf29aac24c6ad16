# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
import pandas as pd
from fastai.learner import Learner

__all__ = ['barrier', 'linear_interpolation']

def linear_interpolation(learn: Learner, a, b, points: int = 30, bn_batches: int = 50) -> pd.DataFrame:
    """Measure loss and error on the validation set along the straight line between two networks.

    Parameters
    ----------
    learn : Learner
        Its model, loss, data and callbacks; it is left as it was.
    a
    b
        Ticket (weights × masks), learner, or dict of tensors, each.
    points : int
        Points on the line, including its ends. Default: `30`.
    bn_batches : int
        Training batches from which BatchNorm's statistics are recomputed at each point. Default: `50`.

    Returns
    -------
    pd.DataFrame
        A row for each point: `alpha` (0 is `a`, 1 is `b`), `loss`, `error` (percent, or NaN).
    """
    ...

def barrier(line: pd.DataFrame, of: str = 'error') -> float:
    """Return how far the worst point of a line lies above the mean of its ends; 0 if no point does.

    Parameters
    ----------
    line : pd.DataFrame
        From `linear_interpolation`.
    of : str
        `'error'`, in percentage points, or `'loss'`. Default: `'error'`.

    Returns
    -------
    float
        From 0; NaN if the loss at an end isn't finite, as errors mean nothing then.
    """
    ...

def measure_of(lines):
    """Return the column that barriers are measured in: `'error'`, or `'loss'` where targets aren't classes."""
    ...

def percent_barrier(line):
    """Return the barrier in percentage points of error, or in percent of the loss at the ends."""
    ...
