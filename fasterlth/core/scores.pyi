# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable
from torch import nn


class Scores:
    """Make the scores of several weights' groups, one weight after another, and check them all at once."""
    layers: Any
    score: Any
    report: Any
    ends: dict
    def __init__(self, layers: dict, score: Callable, report: Callable) -> None:
        ...
    def __iter__(self):
        """Yield names and scores."""
        ...
    def each(self, unseen=()):
        """Yield names and scores, and note what is odd about them."""
        ...
    def oddities(self) -> tuple:
        """Return what is odd about the scores so far, still on the device."""
        ...
    def check(self, odd: list) -> None:
        """Raise if there is NaN among a weight's scores; warn if they are all the same."""
        ...

def scores_by(criterion: Callable, layers: dict, inputs: dict) -> Scores:
    """Prepare to score groups: a group's score is the mean score of its weights."""
    ...

def group_scores(layers: dict, criterion: Callable, **inputs) -> dict:
    """Return the score of each group, the mean score of its weights."""
    ...

def given_scores(scores: dict, layers: dict) -> Scores:
    """Wrap scores that were made elsewhere. Raise unless there is one for each group of each layer."""
    ...

def try_criterion(model: nn.Module, layers: dict, criterion: Callable, arg: str = 'criteria') -> None:
    """Raise unless a criterion can be called, and returns a number for each weight."""
    ...
