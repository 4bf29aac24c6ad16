# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from dataclasses import dataclass
from pathlib import Path
from fastai.callback.core import Callback
from fastai.learner import Learner
from ..train.snapshot import Snapshot
from .folder import RunFolder
from .protocol import Protocol


@dataclass(frozen=True)
class Round:
    """A finished round."""
    row: dict
    epochs: list
    rates: list
    seconds: float
    masks: dict
    weights: dict
    def save(self, path: str | Path) -> None:
        """Write the round to one file."""
        ...
    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a round from a file that `save` wrote."""
        ...

class HoldRates(Callback):
    """Hold the learning rate of each parameter group."""
    order: int
    rates: Any
    def __init__(self, rates) -> None:
        ...
    def before_batch(self) -> None:
        ...

def check_model(file: Path, learn: Learner, tensors: dict, masks: dict = {}) -> None:
    """Raise a `ValueError` that names the file unless what it holds fits the model."""
    ...

def load_moment(folder: RunFolder, name: str, learn: Learner) -> Snapshot:
    """Read a moment of a run's training."""
    ...

def open_start(folder: RunFolder, protocol: Protocol, seed: int) -> Snapshot:
    """Read the start of an earlier run, or take the learner as it is now and keep it."""
    ...

def round_file(r: int) -> str:
    """Return the name of a round's file."""
    ...

def read_rounds(folder: RunFolder, rewinds: bool, learn: Learner) -> tuple:
    """Read the rounds that an earlier run has finished."""
    ...

def read_moment(folder: RunFolder, r: int, rewound: Snapshot, learn: Learner) -> Snapshot:
    """Read the moment at which a round was interrupted."""
    ...

def read_held(folder: RunFolder, r: int) -> dict:
    """Read what the learner's callbacks held at the end of the round before."""
    ...
