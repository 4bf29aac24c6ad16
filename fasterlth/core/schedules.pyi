# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable

__all__ = ['ac_dc', 'agp', 'cos', 'dsd', 'geometric', 'geometric_rounds', 'iterative', 'lin', 'one_cycle', 'one_shot', 'plot_schedule', 'round_targets']

def one_shot(start, end, progress):
    """Prune everything at the first batch."""
    ...

def iterative(start, end, progress, n_steps=3):
    """Prune in `n_steps` equal steps; for more, `partial(iterative, n_steps=10)`."""
    ...

def geometric(start, end, progress, n_steps=3):
    """Prune the same share of the remaining weights in each of `n_steps` steps, as the papers' rounds do."""
    ...

def check_rounds(n_rounds) -> int:
    """Return a number of rounds. Raise unless it is one."""
    ...

def geometric_rounds(rate: float, n_rounds: int) -> list:
    """Return the sparsities of iterative pruning, $100\\,(1-(1-rate/100)^n)$ for n = 1, 2, …

    Parameters
    ----------
    rate : float
        Percent of the remaining weights that each round prunes, like 20.
    n_rounds : int
        Number of rounds.

    Returns
    -------
    list
        The sparsity after each round, in percent.
    """
    ...

def lin(start, end, progress):
    """Prune linearly."""
    ...

def cos(start, end, progress):
    """Prune along half a period of a cosine: slow, fast, slow."""
    ...

def agp(start, end, progress):
    """Prune along a cubic, fast at first: automated gradual pruning."""
    ...

def one_cycle(start, end, progress, steepness=14, offset=6):
    """Prune along a logistic curve, scaled to run from `start` to `end`."""
    ...

def dsd(start, end, progress):
    """Prune up to `end` in the first half, and regrow to `start` in the second: dense-sparse-dense."""
    ...

def ac_dc(start, end, progress, n_cycles=4):
    """Alternate between `start` and `end`, `n_cycles` times, each as long as the other
    ([Peste et al. 2021](https://arxiv.org/abs/2106.12379))."""
    ...

def scheduled(schedule: Callable, start: float, end: float, progress: float) -> float:
    """Return what a schedule says. Raise unless it is a percent."""
    ...

def check_schedule(schedule, start: float = 0, end: float = 50) -> None:
    """Raise unless `schedule` is a function `(start, end, progress)` that returns percents."""
    ...

def plot_schedule(schedule: Callable, start: float = 0, end: float = 80, ax=None):
    """Plot the sparsity against the progress.

    Parameters
    ----------
    schedule : Callable
        `(start, end, progress)` → sparsity.
    start : float
        Sparsity at the beginning, in percent. Default: `0`.
    end : float
        Sparsity to reach, in percent. Default: `80`.
    ax
        Matplotlib axes. Default: `None`.
    """
    ...

def make_plan(schedule: Callable, start: float, end: float, first: int, last: int) -> list:
    """Return the pruning steps of a schedule over the iterations from `first` to `last-1`."""
    ...

def round_targets(sparsity: float | list | dict, n_rounds: int | None = None) -> list:
    """Return the sparsity after each round.

    Parameters
    ----------
    sparsity : float | list | dict
        Percent after the last round, or a list by round, or a dict of either by layer.
    n_rounds : int
        Rounds of pruning; default the list's length, or as many as at most 20 % each take.

    Returns
    -------
    list
        What each round prunes to: a percent, or a dict of percents by layer.
    """
    ...
