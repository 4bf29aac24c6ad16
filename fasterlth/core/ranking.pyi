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

def lowest(scores: list, alive: list, k: int) -> list:
    """Choose exactly the `k` lowest scores that are alive; of equal ones, the first."""
    ...
