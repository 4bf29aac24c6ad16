# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable
from dataclasses import dataclass


def highest(sparsity: float | dict) -> float:
    """Return the sparsity that a schedule leads to: the highest, if each layer has one of its own."""
    ...

def check_course(sparsity: float | dict, start_sparsity: float, schedule: Callable) -> None:
    """Raise unless the schedule can lead from the initial to the final sparsity."""
    ...

@dataclass(frozen=True)
class Times:
    """When the pruning starts and ends, and which moment is saved: epochs, or iterations like `'500it'`."""
    start: float | str
    end: float | str
    rewind: float | str
    rewinds: bool
    def __post_init__(self) -> None:
        """Raise if the times are wrong for any fit."""
        ...
    def in_fit(self, n_iter: int, n_epoch: int, fit: str = 'the fit, which has') -> tuple:
        """Convert the times to iterations of a fit. Raise if they lie outside it."""
        ...
