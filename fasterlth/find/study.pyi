# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable
from pathlib import Path
from .study_results import LotteryStudy

__all__ = ['LotteryStudy', 'find_winning_tickets']

def find_winning_tickets(make_learner: Callable, train: Callable, sparsity: float | list | dict = 90, n_rounds: int | None = None, seeds: int | list = 5, path: str | Path | None = None, stack: int | str = 'auto', n_jobs: int | None = None, verbose: bool = True, **kwargs) -> dict:
    """Find tickets of several seeds, each as its own finder would.

    Parameters
    ----------
    make_learner : Callable
        `seed` → a new Learner, whose weights are initialised by the seed.
    train : Callable
        A function that fits the learner: `lambda learn: learn.fit_one_cycle(5, 1e-2)`.
    sparsity : float | list | dict
        Percent to reach, or a list by round, or a dict by layer. Default: `90`.
    n_rounds : int
        As in `LotteryTicketFinder`. Default: `None`.
    seeds : int | list
        Their number, counted from 0, or a list. Default: `5`.
    path : str | Path
        Folder in which a killed search continues. Default: `None`.
    stack : int | str
        Trainings in one, as for `LotteryStudy.run`. Default: `'auto'`.
    n_jobs : int
        Trainings at a time, as for `LotteryStudy.run`. Default: `None`.
    verbose : bool
        Show a bar. Default: `True`.
    **kwargs
        Other arguments of `LotteryTicketFinder`: `granularity`, `rewind_epoch` …

    Returns
    -------
    dict
        Seed → `LotteryTicketFinder` with all its rounds; those that failed are left out, with a warning.
    """
    ...
