# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable
from dataclasses import dataclass
from ..train.snapshot import Snapshot


@dataclass
class TrainedReplica:
    """What a training in a stack leaves of a replica."""
    row: dict
    epochs: list
    rates: list
    seconds: float
    model: dict
    rng: dict

def train_stacked(protocols: list, train: Callable, begins: list, masks: list, cbs: list | tuple = (), resume: Snapshot | None = None, at: float | str | None = None, on_epoch: Callable | None = None) -> tuple:
    """Train several learners as one, and measure each before and after."""
    ...
