# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable
from ..core.ticket import Ticket
from ..train.snapshot import Snapshot
from .progress import Progress
from .search import LotteryTicketFinder

__all__ = ['LotteryTicketFinder']

pruning_settings: tuple

def open_run(finder: LotteryTicketFinder, train: Callable) -> None:
    """Start a run, or read it from the folder."""
    ...

class EpochBar:
    """Count the epochs of all rounds on a bar."""
    finder: Any
    bar: Any
    done: int
    def __init__(self, finder: LotteryTicketFinder, bar: Progress) -> None:
        ...
    def left(self, r: int, training) -> int:
        """Estimate the epochs left in a round and the later ones."""
        ...
    def show(self, r: int, training) -> None:
        """Update the bar after an epoch or a fit."""
        ...

def round_beginning(finder: LotteryTicketFinder, r: int) -> Snapshot:
    """Return what a round's training begins with: the start, or the rewind point under the round's masks."""
    ...

def keep_rewind(finder: LotteryTicketFinder, taken: Snapshot, n_epochs: int | None = None) -> None:
    """Keep the moment that later rounds rewind to, unless it is known already."""
    ...

def callbacks_of(finder: LotteryTicketFinder, r: int) -> list:
    """Return the callbacks that the rewinding needs."""
    ...

def train_round(finder: LotteryTicketFinder, r: int, show: Callable | None = None) -> tuple:
    """Train the dense network, or the ticket of a round."""
    ...

def finish_round(finder: LotteryTicketFinder, row: dict, training, rates: list | None = None) -> None:
    """Note the round that was just trained, and make the masks of the next one."""
    ...

def close_run(finder: LotteryTicketFinder) -> Ticket:
    """Leave the learner with the last round's weights, and the folder with the results."""
    ...

def run_rounds(finder: LotteryTicketFinder, train: Callable) -> Ticket:
    """Train the rounds that aren't trained yet."""
    ...
