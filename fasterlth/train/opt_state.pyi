# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from fastai.learner import Learner


def opt_kind(opt) -> str:
    """Describe what steps an optimizer takes, apart from its hyper-parameters."""
    ...

def opt_notes(learn: Learner) -> dict:
    """Describe a learner's optimizer, or the one that its first fit would create: kind, groups, and what is frozen."""
    ...

def check_unfrozen(learn: Learner) -> None:
    """Raise if all parameters are frozen, so that no optimizer can be created."""
    ...

def check_opt(learn: Learner, saved: dict, opt_is: dict):
    """Raise a `ValueError` that says what differs, unless the saved state fits the learner's optimizer."""
    ...

def begin_state(opt) -> None:
    """Give an optimizer the state that it begins with: none, except for torch's that make it at once, as Adagrad does."""
    ...

def set_opt(learn: Learner, saved: dict, opt_is: dict, hypers: bool = True) -> None:
    """Restore an optimizer's state, which `check_opt` has accepted."""
    ...

def an_opt_state(value, name) -> None:
    """Raise unless `value` has the form of an optimizer's state."""
    ...

def an_opt_note(value, name) -> None:
    """Raise unless `value` has the form of `opt_notes`."""
    ...
