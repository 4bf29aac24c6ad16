# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from fastai.learner import Learner


def recorder_state(learn: Learner) -> dict:
    """Return what the learner's recorder has recorded so far."""
    ...

def set_recorder_state(learn: Learner, state: dict) -> None:
    """Restore what the recorder had recorded, and what it had told the learner."""
    ...

def learner_state(learn: Learner) -> dict:
    """Return a learner's counts, and the names of the layers that are in training mode."""
    ...

def set_learner_state(learn: Learner, state: dict) -> None:
    """Restore a learner's counts and modes."""
    ...
