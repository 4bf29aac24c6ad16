# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from typing import NamedTuple
import pandas as pd

__all__ = ['interval', 'plot_results', 'remaining_axis', 'summarize', 'verdict']

def check_level(level) -> float:
    """Return a confidence. Raise unless it is between 0 and 1."""
    ...

def check_values(values, name: str = 'values') -> list:
    """Return numbers as a list. Raise unless there are any, and all are numbers; NaN is one."""
    ...

def interval(values, level: float = 0.95) -> tuple:
    """Return the mean and Student's interval around it.

    Parameters
    ----------
    values
        Numbers, one for each seed.
    level : float
        Confidence. Default: `0.95`.

    Returns
    -------
    tuple
        `(mean, low, high)`; low and high are NaN for a single number.
    """
    ...

class Metric(NamedTuple):
    """A column of results, and how to read it."""
    name: str
    factor: int
    unit: str
    more: bool

def default_metric(df: pd.DataFrame, metric: str | None = None) -> Metric:
    """Choose a metric, and how to read it."""
    ...

def summarize(df: pd.DataFrame, metric: str | None = None, level: float = 0.95) -> pd.DataFrame:
    """Return means over seeds and, with intervals, differences from `dense` and `random_reinit`, seed by seed.

    A condition is compared with the round of `random_reinit` that has as many weights.

    Parameters
    ----------
    df : pd.DataFrame
        Results.
    metric : str
        A column; default the first metric.
    level : float
        Confidence of the intervals. Default: `0.95`.

    Returns
    -------
    pd.DataFrame
        By condition and round; metrics between 0 and 1 in percent.
    """
    ...

def verdict(df: pd.DataFrame, metric: str | None = None, margin: float | None = None, condition: str = 'winning', level: float = 0.95, more: bool | None = None) -> str:
    """Return, in words, whether there is a winning ticket.

    Parameters
    ----------
    df : pd.DataFrame
        Results.
    metric : str
        A column; default the first metric.
    margin : float
        How far behind `dense` still counts as a match, in the summary's unit; default 0.2 points, or 0.
    condition : str
        Which condition to judge. Default: `'winning'`.
    level : float
        Confidence of the intervals. Default: `0.95`.
    more : bool
        Whether more of the metric is better; default by its name.
    """
    ...

def remaining_axis(ax, remaining):
    """Make the x axis logarithmic, from many weights to few, with the rounds as ticks.

    Parameters
    ----------
    ax
        Matplotlib axes.
    remaining
        Weights remaining in percent, of each round.
    """
    ...

def whole_axis(axis) -> None:
    """Let an axis have ticks at whole numbers only."""
    ...

def plot_results(df: pd.DataFrame, metric: str | None = None, ax=None, level: float = 0.95):
    """Plot the metric and the iteration of the lowest validation loss against the remaining weights.

    Parameters
    ----------
    df : pd.DataFrame
        Results.
    metric : str
        A column; default the first metric.
    ax
        Two axes, for the metric and for the early stop; or one, for the metric. Default: `None`.
    level : float
        Confidence of the bands. Default: `0.95`.
    """
    ...
