# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable
from fastai.learner import Learner


def describe_function(f: Callable) -> dict:
    """Describe what a function does, as far as its code tells."""
    ...

def describe_object(o, state: frozenset = frozenset()) -> dict:
    """Describe the settings of an object."""
    ...

def describe(x):
    """Describe an argument, the same way in every session."""
    ...

def describe_data(dls) -> list:
    """Describe the data that is trained on and validated on."""
    ...

def describe_learner(learn: Learner) -> dict:
    """Describe what a learner trains with, except for the weights."""
    ...

def differences(a, b, names: tuple = ('there', 'here'), at: str = '') -> list:
    """List the differences of two descriptions, in words."""
    ...
