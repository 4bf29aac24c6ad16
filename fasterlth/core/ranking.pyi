# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
import torch


def count_true(mask: torch.Tensor) -> int:
    """Count the elements that are True."""
    ...

def to_lists(tensors: list) -> list:
    """Return the tensors' values as lists. Those on one device are fetched together, since each fetch waits for it."""
    ...

def count_each(masks: list) -> list:
    """Count the elements of each mask that are True."""
    ...

def kth_lowest(scores: list, alive: list, k: int) -> float:
    """Return the `k`-th lowest of the scores that are alive, over all tensors together."""
    ...

def in_rows(device: torch.device) -> bool:
    """Return whether scores are ranked in rows, without waiting for the device."""
    ...

class Rows:
    """Scores of many units, in rows, to rank several pools of them at once. What isn't ranked, and what fills the
    last row of a unit, is lower than any score."""
    lengths: Any
    starts: list
    device: Any
    alive: Any
    size: Any
    pool: Any
    unit: Any
    unit_bounds: Any
    pool_bounds: Any
    filling: list
    single: Any
    one_pool: Any
    values: Any
    places: Any
    dtype: Any
    highest: Any
    lowest: Any
    keys: Any
    flags: Any
    def __init__(self, lengths: list, sizes: list, pools: list, device: torch.device) -> None:
        ...
    def put(self, numbers):
        """Return whole numbers as a tensor on the device, without waiting."""
        ...
    def of_unit(self, rows, i):
        """Return what rows hold for the groups of a unit."""
        ...
    def of_units(self, rows):
        """Return what rows hold for the groups of each unit."""
        ...
    def add(self, i, scores, alive) -> None:
        """Copy the scores of a unit into its rows, and note which of them are ranked."""
        ...
    def order(self) -> None:
        """Convert all scores to whole numbers of the same order, once they are all there."""
        ...
    def scores(self, i):
        """Return the scores of a unit; NaN where they aren't ranked."""
        ...

def choose_rows(rows: Rows, budget: torch.Tensor) -> tuple:
    """Choose the lowest groups of each pool, and tell where that ends."""
    ...

def lowest_rows(rows: Rows, budget: torch.Tensor) -> torch.Tensor:
    """Choose the lowest groups of each pool."""
    ...

def highest_of_units(rows: Rows) -> tuple:
    """Return the highest score of each unit, and where it is."""
    ...

def unranked_weights(rows: Rows) -> torch.Tensor:
    """Count the weights of each pool that aren't ranked, with those that fill rows."""
    ...

def count_chosen(rows: Rows, chosen: torch.Tensor) -> torch.Tensor:
    """Count the groups of each unit that are ranked, and then those of them that are chosen."""
    ...

def lowest_of_pool(scores: list, alive: list, sizes: list, budget: int) -> list:
    """Choose the lowest groups within a budget, in rows."""
    ...

def lowest(scores: list, alive: list, k: int) -> list:
    """Choose exactly the `k` lowest scores that are alive; of equal ones, the first."""
    ...
