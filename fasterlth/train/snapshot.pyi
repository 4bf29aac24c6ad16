# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from dataclasses import dataclass
from pathlib import Path
from fastai.callback.core import Callback
from fastai.learner import Learner

__all__ = ['ResumeCallback', 'Snapshot', 'SnapshotCallback']

@dataclass(frozen=True, repr=False)
class Snapshot:
    """A moment of training. It never shares a tensor with the learner.

    Parameters
    ----------
    model : dict
        Parameters and buffers, by name.
    opt : dict
        The optimizer's state and hyper-parameters, None if there was no optimizer yet.
    rng : dict
        Random states, with the loaders' at the start of the epoch.
    opt_is : dict
        What the optimizer is, from `opt_notes`. Default: `None`.
    epoch : int
        Whole epochs trained in the fit. Default: `0`.
    batch : int
        Batches trained in the current epoch. Default: `0`.
    fit : int
        Whole fits trained before, if training has several. Default: `0`.
    notes : dict
        Anything else that JSON can hold. Default: `None`.
    others : list
        What differs in the other processes of a distributed training, from `with_others`. Default: `None`.
    """
    model: dict
    opt: dict
    rng: dict
    opt_is: dict | None = ...
    epoch: int = ...
    batch: int = ...
    fit: int = ...
    notes: dict | None = ...
    others: list | None = ...
    @classmethod
    def take(cls, learn: Learner, epoch: int = 0, batch: int = 0, loaders: list | None = None, fit: int = 0, notes: dict | None = None) -> Self:
        """Copy everything that the rest of the training depends on.

        Parameters
        ----------
        learn : Learner
            The learner to capture.
        epoch : int
            Whole epochs trained in the fit. Default: `0`.
        batch : int
            Batches trained in the current epoch. Default: `0`.
        loaders : list
            The loaders' states at the start of the epoch, default their states now.
        fit : int
            Whole fits trained before. Default: `0`.
        notes : dict
            Anything else that JSON can hold. Default: `None`.
        """
        ...
    def __repr__(self):
        ...
    def restore(self, learn: Learner, model: bool = True, opt: bool = True, hypers: bool = True, rng: bool = True) -> Learner:
        """Restore everything, in place. Nothing is changed if something doesn't fit.

    Parameters
    ----------
    learn : Learner
        The learner that it was taken from, or another with the same model.
    model : bool
        Restore parameters and buffers. Default: `True`.
    opt : bool
        Restore the optimizer's state. Default: `True`.
    hypers : bool
        With `opt`: restore its learning rate and other hyper-parameters as well. Default: `True`.
    rng : bool
        Restore the random states, including the loaders'. Default: `True`.

    Returns
    -------
    Learner
        The same learner.
    """
        ...
    def check(self, learn: Learner, opt: bool = True, rng: bool = True) -> None:
        """Raise a `ValueError` that says what differs, unless the snapshot fits the learner.

    Parameters
    ----------
    learn : Learner
        It isn't changed.
    opt : bool
        Check the optimizer's state. Default: `True`.
    rng : bool
        Check the random states. Default: `True`.
    """
        ...
    def with_others(self) -> Snapshot:
        """Return the snapshot of the first process with what differs in the others; all of them must call this."""
        ...
    def save(self, path: str | Path) -> Path:
        """Write the snapshot to a safetensors file."""
        ...
    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a snapshot from a file that `save` wrote. Raise a `ValueError` that names what is wrong with a file."""
        ...

class SnapshotCallback(Callback):
    """Take a snapshot at a moment of the fit, and keep it in `.taken`.

    Parameters
    ----------
    at : float | str
        Epochs, like `1` or `0.25`, or iterations, like `'500it'`. Default: `0`.
    """
    order: int
    at: Any
    taken: Any
    def __init__(self, at: float | str = 0) -> None:
        ...
    def before_fit(self) -> None:
        ...
    def before_train(self) -> None:
        ...
    def after_batch(self) -> None:
        ...
    def after_fit(self) -> None:
        ...

class ResumeCallback(Callback):
    """Begin the fit at a snapshot.

    Parameters
    ----------
    snapshot : Snapshot
        The moment to continue from.
    hypers : bool
        Restore the optimizer's hyper-parameters, instead of keeping this fit's own. Default: `False`.
    """
    order: Any
    moment: Any
    hypers: Any
    resumed: bool
    def __init__(self, snapshot: Snapshot, hypers: bool = False) -> None:
        ...
    def before_fit(self) -> None:
        ...
    def before_train(self):
        ...
    def before_batch(self) -> None:
        ...
    def after_batch(self) -> None:
        ...
