# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from fastai.learner import Learner


class _OfCallback:
    """What a callback holds: what it says itself, or its attributes."""
    limit: Any
    cb: Any
    what: str
    strict: Any
    def __init__(self, cb, name) -> None:
        ...
    def own(self):
        ...
    def put(self, new, known) -> None:
        ...
    def is_lost(self, e):
        """Return whether to warn of it. What fastai's callbacks hold is known, except for the user's functions."""
        ...

class _OfLoss:
    """The loss function, which may count or average something."""
    what: str
    strict: bool
    limit: Any
    learn: Any
    def __init__(self, learn) -> None:
        ...
    def own(self):
        ...
    def put(self, new, known) -> None:
        ...
    def is_lost(self, e):
        ...

class _OfModel:
    """What the model's layers hold besides tensors."""
    what: str
    strict: bool
    limit: Any
    model: Any
    def __init__(self, learn) -> None:
        ...
    def own(self):
        ...
    def put(self, new, known) -> None:
        ...
    def is_lost(self, e):
        ...

class _OfLoaders:
    """What transforms, data sets and loaders of the user's own hold, and the functions that transforms are made of."""
    what: str
    strict: bool
    limit: Any
    places: dict
    def __init__(self, learn) -> None:
        ...
    def own(self):
        ...
    def put(self, new, known) -> None:
        ...
    def is_lost(self, e):
        ...

def callback_states(learn: Learner, cbs: list | tuple = ()) -> dict:
    """Return copies of what callbacks hold, and other things around a learner."""
    ...

class Absent:
    """Stand for an object that isn't there yet. Raise an error if it is used."""
    error: Any
    def __init__(self, error) -> None:
        ...
    def __getattr__(self, k) -> None:
        ...

def set_callback_states(learn: Learner, states: dict, cbs: list | tuple = (), strict: bool = True) -> None:
    """Restore what callbacks held, and other things around a learner."""
    ...

def warn_lost(learn: Learner, warned: set, states: dict | None = None) -> None:
    """Warn of what can't be kept, so that a resumed training wouldn't have it."""
    ...
