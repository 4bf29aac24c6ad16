# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from fastai.callback.core import Callback
from fastai.learner import Learner


def check_learner(learn, instead: str = '') -> Learner:
    """Raise unless `learn` is a Learner."""
    ...

def check_train(train):
    """Raise unless `train` is a function of a learner."""
    ...

def loader_length(dl) -> int:
    """Return how many batches a loader has. Raise if it doesn't know."""
    ...

def has_validation(learn: Learner) -> bool:
    """Return whether there is anything to validate on."""
    ...

def check_validation(learn: Learner, why: str) -> None:
    """Raise unless the learner has validation data."""
    ...

def check_recorder(learn: Learner) -> None:
    """Raise unless the learner records losses and metrics."""
    ...

def no_batch(dl) -> str:
    """Return the error for a loader without a batch."""
    ...

def one_batch(learn: Learner) -> tuple:
    """Return the first batch of the training loader, fastai's or torch's, on the model's device."""
    ...

def split_batch(learn: Learner, batch: tuple) -> tuple:
    """Split a batch into inputs and targets, as a fit does."""
    ...

def accumulation(learn: Learner) -> tuple:
    """Return how many batches like this one are accumulated for a step, and whether this is the last of them."""
    ...

def examples(dls, n: int = 10) -> list:
    """Return `n` examples of each class from the training set; its first batch if the targets aren't classes."""
    ...

def metric_names(learn: Learner) -> list:
    """Return the names of what validation measures, in order."""
    ...

events: list

def is_validating(learn: Learner) -> bool:
    """Return whether this is `validate` or `get_preds`, even in the middle of a fit."""
    ...

def is_lr_find(learn: Learner) -> bool:
    """Return whether this fit belongs to `lr_find`."""
    ...

def fine_tune_epochs(learn: Learner) -> int:
    """Return the epochs of both fits of a `fine_tune` that is running, None if none is."""
    ...

def is_foreign(cb: Callback) -> bool:
    """Return whether a callback is neither fastai's nor ours."""
    ...
