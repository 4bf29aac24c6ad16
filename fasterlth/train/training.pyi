# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable
from fastai.callback.core import Callback
from fastai.learner import Learner
from .snapshot import Snapshot

__all__ = ['Training']

class Untrained(ValueError):
    """Raised for a `train` that trains nothing."""
    ...

class _Stateless(Callback):
    """A callback whose state isn't part of a moment."""
    def state_dict(self):
        ...
    def load_state_dict(self, state) -> None:
        ...

class SteppedCallback(_Stateless):
    """Notice the first step of the optimizer."""
    reads_optimizer: bool
    seen: Any
    after_step: Any
    def __init__(self, seen=False) -> None:
        ...

class ValidatedCallback(_Stateless):
    """Keep a copy of the tensors that the last epoch was validated with."""
    order: Any
    tensors: Any
    reads_optimizer: bool
    before_epoch: Any
    def before_fit(self) -> None:
        ...
    def after_train(self) -> None:
        ...
    def before_validate(self) -> None:
        ...
    def fits(self, model) -> bool:
        """Return whether a model is the one that was validated, in all processes."""
        ...

class Training:
    """Run `train(learn)` from any moment. `epochs` has a dict of losses and metrics for each epoch.

    Set `stop`, say in `on_epoch`, to skip the remaining fits. It begins without autocast and with gradients,
    whatever is on outside, and puts back what `train` leaves on.

    Parameters
    ----------
    learn : Learner
        Its model and optimizer must be as they should be at the start, or at `begin`.
    begin : Snapshot
        Where to begin, default the start.
    at : float | str
        When to take a snapshot, counted over all fits: epochs, or iterations like `'500it'`. Default: `None`.
    on_epoch : Callable
        Called with this training after each epoch and each fit. Default: `None`.
    warned : set
        What there was a warning for, shared by several trainings. Default: `None`.
    """
    learn: Any
    begin: Any
    at: Any
    on_epoch: Any
    stop: bool
    fit_no: int
    epoch: Any
    steps: int
    n_epochs: int
    epochs: list
    passed: Any
    warned: Any
    def __init__(self, learn: Learner, begin: Snapshot | None = None, at: float | str | None = None, on_epoch: Callable | None = None, warned: set | None = None) -> None:
        ...
    def __call__(self, train: Callable) -> Self:
        """Run it."""
        ...
    @property
    def seconds(self) -> float:
        """Return the seconds that the training has taken so far, without interruptions."""
        ...
    def moment(self, **notes) -> Snapshot:
        """Take a snapshot to resume from; call it in `on_epoch`.

    Parameters
    ----------
    **notes
        Anything else that JSON can hold.
    """
        ...
    @property
    def taken(self) -> Snapshot:
        """Return the snapshot of the moment `at`, None before it is reached. You can rewind to it, but not resume from it."""
        ...
    @property
    def last(self) -> list:
        """Return the last epoch's validation loss and metrics, None if the learner has changed since."""
        ...

def epoch_of(learn: Learner, train: Callable) -> int:
    """Return how many batches each process trains on in an epoch of `train`, which may contain `distrib_ctx`."""
    ...
