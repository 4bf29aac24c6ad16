# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable
from pathlib import Path
from .finder import LotteryTicketFinder
from fastai.learner import Learner
from fasterlth.find.finder import LotteryTicketFinder
from fasterlth.find.study_results import LotteryStudy
import pandas as pd
from fasterlth.core.ticket import Ticket, to_json
from fasterlth.find.comparison import check_which, describe_settings, LotteryStudy, trained_conditions, unused_settings

__all__ = ['LotteryStudy']

class LotteryStudy:
    """Train conditions × rounds × seeds, each in full, in a folder.

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
    conditions : list | dict
        See `fasterlth.find.controls`. Default: `('dense', 'winning', 'random_reinit', 'random_mask')`.
    seeds : int | list
        Their number, counted from 0, or a list. Default: `5`.
    path : str | Path
        Folder in which a killed study continues; default a temporary one.
    threads : int
        CPU threads of each training; the last bits of a sum depend on them. Default: `1`.
    **kwargs
        Other arguments of `LotteryTicketFinder`: `granularity`, `rewind_epoch` …
    """
    seeds: Any
    threads: Any
    conditions: Any
    kwargs: dict
    folder: Any
    is_temporary: Any
    make_learner: Any
    train: Any
    failures: dict
    def __init__(self, make_learner: Callable, train: Callable, sparsity: float | list | dict = 90, n_rounds: int | None = None, conditions: list | dict | tuple = ('dense', 'winning', 'random_reinit', 'random_mask'), seeds: int | list = 5, path: str | Path | None = None, threads: int = 1, **kwargs) -> None:
        ...
    @property
    def path(self) -> Path:
        """Return the study's folder."""
        ...
    def where(self, condition: str, seed: int, round: int | None = None) -> Path:
        """Return the folder of a training, or of a finder with all its rounds.

        Parameters
        ----------
        condition : str
            `'dense'`, `'winning'`, or another of the study's.
        seed : int
            One of the study's.
        round : int
            Of a control. Default: `None`.
        """
        ...
    def run(self, n_jobs: int | None = None, verbose: bool = True, stack: int | str = 1) -> LotteryStudy:
        """Train everything that isn't trained yet. The results are the same, bit for bit, for any number of jobs.

    In stacks they differ in the last bits of sums. This grows with the steps, most with Adam where a gradient is nearly
    zero, like that of a bias before BatchNorm; and dropout within attention is drawn for all replicas at once.
    Failed trainings are listed in `failures`. The others continue, and the next `run` tries again.

    Parameters
    ----------
    n_jobs : int
        Trainings at a time, -1 for one on each core; default joblib's setting, or 1.
    verbose : bool
        Show a bar. Default: `True`.
    stack : int | str
        Trainings in one, see `fasterlth.train.stack`; `'auto'`: as many as fit the GPU, 1 on a CPU. Default: `1`.

    Returns
    -------
    LotteryStudy
        The study itself.
    """
        ...
    @property
    def results(self) -> pd.DataFrame:
        """Return a row for each finished training: condition, seed, round, sparsity, losses and metrics.

    Columns `start_…` are measured before the first step, the others after the last."""
        ...
    def __repr__(self):
        ...
    def ticket(self, condition: str, seed: int, round: int | None = None) -> Ticket:
        """Return a ticket of the study, or of a control.

    Parameters
    ----------
    condition : str
        `'dense'`, `'winning'`, or another of the study's.
    seed : int
        One of the study's.
    round : int
        Default the last one.

    Returns
    -------
    Ticket
        What its training began with.
    """
        ...
    def finder(self, seed: int) -> LotteryTicketFinder:
        """Return the finder of the winning ticket of a seed.

    Parameters
    ----------
    seed : int
        One of the study's.

    Returns
    -------
    LotteryTicketFinder
        With all its rounds.
    """
        ...
    def summary(self, metric: str | None = None, level: float = 0.95) -> pd.DataFrame:
        """Return means over seeds with intervals, and paired differences from `dense` and `random_reinit`.

    Parameters
    ----------
    metric : str
        A column of `results`, default the first metric.
    level : float
        Confidence. Default: `0.95`.

    Returns
    -------
    pd.DataFrame
        By condition and round; metrics between 0 and 1 in percent.
    """
        ...
    def verdict(self, metric: str | None = None, margin: float | None = None, condition: str = 'winning', level: float = 0.95, more: bool | None = None) -> str:
        """Return, in words, whether there is a winning ticket; see `fasterlth.find.report.verdict`.

    Parameters
    ----------
    metric : str
        A column of `results`, default the first metric.
    margin : float
        How far behind the dense network still counts as a match; default 0.2 points.
    condition : str
        Which condition to judge. Default: `'winning'`.
    level : float
        Confidence. Default: `0.95`.
    more : bool
        Whether more of the metric is better, default by its name.
    """
        ...
    def plot(self, metric: str | None = None, ax=None, level: float = 0.95):
        """Plot the metric and the early stop against the weights that remain, with intervals as bands.

    Parameters
    ----------
    metric : str
        A column of `results`, default the first metric.
    ax
        Two axes: for the metric, and for the early stop; or one, for the metric. Default: `None`.
    level : float
        Confidence. Default: `0.95`.
    """
        ...

def check_which(study: LotteryStudy, condition: str, seed: int) -> int:
    """Raise unless condition and seed are the study's."""
    ...

def trained_conditions(study: LotteryStudy) -> dict:
    """Return the conditions that are trained; `winning` includes `dense`."""
    ...

def finders_of(study: LotteryStudy) -> dict:
    """Return the arguments of each finder."""
    ...

def jobs_of(study: LotteryStudy, n_rounds: int) -> tuple:
    """Return two lists of jobs: the winning tickets' finders, and the other conditions."""
    ...

def describe_settings(study: LotteryStudy) -> dict:
    """Describe the arguments of a study's finders."""
    ...

def unused_settings(study: LotteryStudy) -> tuple:
    """Return what may differ from the folder's experiment, because no round of any finder has used it yet."""
    ...
