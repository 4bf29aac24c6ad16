# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable
from ..train.snapshot import Snapshot
from .search import LotteryTicketFinder


def open_stacked(finder: LotteryTicketFinder, train: Callable) -> None:
    """Start a finder's run for rounds in a stack, or read it from its folder."""
    ...

def train_round_stacked(finders: list, r: int, keep: Callable, resume: Snapshot | None = None) -> None:
    """Train a round of several finders as one, and let each that lacks it finish it."""
    ...
