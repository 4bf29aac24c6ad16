# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
import torch
from .groups import Groups


def half_up(x: float) -> int:
    """Round to the nearest whole number, a half up."""
    ...

def half_weights(sizes: list, target: float) -> int:
    """Return a budget that has room for as close to `target` weights as possible, see `Rows`."""
    ...

def warn_short(short: list, min_keep: int) -> None:
    """Warn that units were kept at the minimum, if there are any."""
    ...

def prune_pool(names: list, scores: list, sizes: list, kept: list, target: float, min_keep: int, regrow: bool) -> list:
    """Prune the lowest groups of a pool."""
    ...

def prune_nm(groups: Groups, scores: torch.Tensor, kept: torch.Tensor, share: float) -> torch.Tensor:
    """Prune the lowest weights of each block, at most m-n of them."""
    ...
