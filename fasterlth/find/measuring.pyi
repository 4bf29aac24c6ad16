# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from fastai.learner import Learner
from ..train.stack import StackedLearner


reserved_columns: tuple

def number(v) -> float:
    """Return a metric's value as a float."""
    ...

def measure(learn: Learner, prefix: str = '', known: list | None = None) -> dict:
    """Measure the validation loss and the metrics."""
    ...

def measure_each(stack: StackedLearner, prefix: str = '', known: list | None = None) -> list:
    """Measure the validation loss and the metrics of each replica."""
    ...

def best_epoch(epochs: list) -> int:
    """Return the epoch with the lowest validation loss, the early stop of the papers."""
    ...
