# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from fastai.learner import Learner
from ..core.ticket import Ticket
from ..train.snapshot import Snapshot


class Candidate(NamedTuple):
    """A moment that a search examines."""
    iteration: int
    epoch: float | str

def candidates(epochs: list, n_iter: int) -> list:
    """Return the candidates in order of time. Raise if two of them are the same moment."""
    ...

class Copy(NamedTuple):
    """One training from a candidate."""
    moment: Candidate
    masks: str
    number: int
    @property
    def masked(self) -> bool:
        """Return whether it trains under the masks of a ticket."""
        ...
    @property
    def file(self) -> str:
        """Return the name of the file with its trained weights."""
        ...

def masks_of_copies(ticket: Ticket) -> dict:
    """Return the masks to train copies with; dense copies have none."""
    ...

class RewindSearch:
    """Train copies from several moments, and keep them in a folder."""
    learn: Any
    train: Any
    seed: Any
    protocol: Any
    folder: Any
    callbacks: Any
    def __init__(self, learn: Learner, train: Callable, seed: int = 0, path: str | Path | None = None) -> None:
        ...
    def open(self) -> None:
        """Take the start, or read the one that the folder holds. Refuse a folder of another experiment."""
        ...
    def is_finished(self, copies: list) -> bool:
        """Return whether the folder has everything that a finished search leaves, so that it is only read."""
        ...
    def moment(self, candidate: Candidate, before: Snapshot) -> Snapshot:
        """Train to the moment of a candidate, or read it from the folder."""
        ...
    def end(self, copy: Copy, masks: dict, moment: Snapshot) -> dict:
        """Return the final weights of a copy: train it, or read them from the folder."""
        ...
    def cost(self, copies: list) -> str:
        """Return, in words, what is left to train. Raise a `ValueError` if a candidate lies beyond the end of training."""
        ...
    def ends(self, copies: list, masks: dict, verbose: bool = False) -> dict:
        """Train all copies, moment after moment."""
        ...
