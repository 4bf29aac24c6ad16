# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable
from pathlib import Path
from ..train.snapshot import Snapshot
from .search import LotteryTicketFinder


def beginning_of(finder: LotteryTicketFinder, masks: dict, weights: dict | None = None, rewound: bool = True, round: int = 1) -> Snapshot:
    """Return what the training of a ticket begins with."""
    ...

def checksum_of(begin: Snapshot, masks: dict) -> int:
    """Return a checksum of what a training begins with."""
    ...

def train_from(finder: LotteryTicketFinder, begin: Snapshot, masks: dict, file: Path | None = None, keep: Callable | None = None) -> dict:
    """Train a ticket from its beginning, or from where it was killed."""
    ...
