# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
import torch


def in_rows(device: torch.device) -> bool:
    """Return whether scores are ranked in rows, without waiting for the device."""
    ...

class Rows:
    """Scores of many units, in rows, to rank several pools of them at once. What isn't ranked, and what fills the
    last row of a unit, is lower than any score."""
    lengths: Any
    starts: list
    device: Any
    waiting: dict
    n_waiting: int
    alive: dict
    values: Any
    size: Any
    pool: Any
    unit: Any
    n_pools: Any
    first: Any
    filling: list
    tails: Any
    is_single: Any
    sorted: Any
    ranks: Any
    def __init__(self, lengths: list, sizes: list, pools: list, device: torch.device) -> None:
        ...
    def put(self, numbers):
        """Return whole numbers as a tensor on the device, without waiting."""
        ...
    def of_units(self, rows):
        """Return what rows hold for the groups of each unit."""
        ...
    def copied(self, xs, rows):
        """Copy what units have, by number, to their places in rows."""
        ...
    def add(self, i, scores, alive) -> None:
        """Note the scores of a unit, and which of them are ranked."""
        ...
    def lay_out(self) -> None:
        """Copy the scores that are waiting to their rows."""
        ...
    def forget(self) -> None:
        """Free the memory that scores take."""
        ...
    def weigh(self, counts):
        """Return how many weights the groups of each row have that are counted, `(rows, …)`."""
        ...

def sort_rows(rows: Rows) -> None:
    """Make whole numbers of scores, and put those of each row in order."""
    ...

def scores_of(rows: Rows, i: int) -> torch.Tensor:
    """Return the scores of a unit as they were; NaN where they aren't ranked."""
    ...

def choose_rows(rows: Rows, budget: torch.Tensor) -> tuple:
    """Choose the lowest groups of each pool. Return them as bools in rows; of each unit, how many of its groups are
    ranked, and how many of these are chosen; of each pool, key and row of the last group that is chosen."""
    ...

def highest_of_units(rows: Rows) -> tuple:
    """Return the highest score of each unit, and where it is."""
    ...

def set_highest(rows: Rows, place: torch.Tensor, key: torch.Tensor) -> None:
    """Give the last of the highest groups of each unit another key."""
    ...

def lowest_of_pool(scores: list, alive: list, sizes: list, budget: int) -> list:
    """Choose the lowest groups within a budget, in rows."""
    ...
