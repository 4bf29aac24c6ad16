# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from contextlib import contextmanager
from fastai.learner import Learner


def epoch_length(learn: Learner, cbs: list | tuple = ()) -> int:
    """Return how many batches each process trains on in an epoch of a fit."""
    ...

@contextmanager
def undivided(learn: Learner):
    """Restore the model and loaders that a failed fit leaves wrapped, and the learner's bars however it ends."""
    ...
