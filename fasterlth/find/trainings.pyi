# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from fastai.learner import Learner
from .folder import RunFolder
from .search import LotteryTicketFinder


def make_finder(make_learner: Callable, kwargs: dict, seed: int, folder: Path) -> LotteryTicketFinder:
    """Make the finder of a seed."""
    ...

def read_finder(make_learner, train, kwargs, seed, folder):
    """Read a finder with all its rounds from its folder. Raise if it isn't there: nothing is trained."""
    ...

def write_files_to(learn: Learner, folder: Path) -> None:
    """Make callbacks write to the training's own folder."""
    ...

def leftovers(folder: Path) -> list:
    """List what only the training needed. It is there if the process was killed before it had deleted it."""
    ...

def tidy(folder: Path) -> None:
    """Delete what only the training needed."""
    ...

def read_done(file: Path) -> dict:
    """Read the results of a training. Raise a `ValueError` that names file and key if they aren't there."""
    ...

def hold_job(folder: RunFolder):
    """Hold the folder of a job, once no other process does."""
    ...

@dataclass(frozen=True, eq=False)
class FinderJob:
    """Train all rounds of a finder, when called."""
    make_learner: Callable
    train: Callable
    kwargs: dict
    seed: int
    folder: Path
    condition: dict
    trunk: tuple | None = ...
    def __call__(self) -> None:
        ...
    def adopt_dense(self, f) -> None:
        """Let the finder begin with the trunk's dense network, if that is trained."""
        ...
    def finish(self, f) -> None:
        """Write the results of all rounds, and delete what only the training needed."""
        ...

@dataclass(frozen=True, eq=False)
class ControlJob:
    """Train a control of one round, when called."""
    make_learner: Callable
    train: Callable
    kwargs: dict
    seed: int
    trunk: Path
    condition: Callable
    round: int
    folder: Path
    def __call__(self) -> None:
        ...
    def trunk_finder(self) -> LotteryTicketFinder:
        """Read the winning ticket's finder. It is finished: nothing is trained."""
        ...
    def beginning(self, f) -> tuple:
        """Return what training begins with, and its masks, for the trunk's finder."""
        ...
    def finish(self, f, row, folder) -> None:
        """Write the results to the folder, which is held, and delete what only the training needed."""
        ...
