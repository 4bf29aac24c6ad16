# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple
from fastai.learner import Learner
from torch import nn
from .finder import LotteryTicketFinder

__all__ = ['Start', 'Trunk']

def check_make_learner(make_learner) -> None:
    """Raise unless `make_learner` can be called with just a seed."""
    ...

def new_learner(make_learner: Callable, seed: int) -> Learner:
    """Make the learner of a seed. Leave the random states as they were."""
    ...

def check_new(learn: Learner, again: Learner) -> None:
    """Raise if two learners share weights that may be trained: one's training would change where the other starts."""
    ...

def check_weights(weights, init: dict) -> dict:
    """Raise unless `weights` has a tensor for each of the model's."""
    ...

class Start(NamedTuple):
    """Hold what training begins with.

    Parameters
    ----------
    masks : dict
        Parameter name → bool tensor.
    weights : dict
        Name → tensor, all parameters and buffers, unmasked.
    rewound : bool
        Begin at the rewind point, or else at the very start of the schedule. Default: `True`.
    """
    masks: dict
    weights: dict
    rewound: bool = ...

@dataclass(frozen=True)
class Trunk:
    """Hold what a condition is made from: a finder whose rounds are all trained, and one of the rounds.

    Parameters
    ----------
    finder : LotteryTicketFinder
        It has `learn`, `tickets`, `criteria`, `pruner`, `seed`.
    round : int
        From 1.
    make_learner : Callable
        The study's.
    start : Start
        That of the winning ticket; `on` replaces it.
    """
    finder: LotteryTicketFinder
    round: int
    make_learner: Callable
    start: Start
    @classmethod
    def of(cls, finder: LotteryTicketFinder, round: int, make_learner: Callable) -> Self:
        """Return the trunk of a finder's round.

        Parameters
        ----------
        finder : LotteryTicketFinder
            With all rounds trained.
        round : int
            From 1.
        make_learner : Callable
            `seed` → a new Learner.
        """
        ...
    @property
    def init(self) -> dict:
        """Return the weights before any training."""
        ...
    @property
    def trained(self) -> dict:
        """Return the dense network's weights after its training."""
        ...
    def on(self, start: Start):
        """Return the same trunk with another start, to make a control for that start."""
        ...
    def number(self, what: str) -> int:
        """Return a seed for `what`, derived from this trunk's seed and round."""
        ...
    def reset(self, weights: dict | None = None) -> nn.Module:
        """Reset the finder's learner to its start, with other weights if given. Return its model."""
        ...
    def fresh(self) -> dict:
        """Return the weights of `make_learner` with another seed."""
        ...
    def prune(self, criterion: Callable, weights: dict | None = None, context: str = 'local', steps: int = 1, budget: Callable | None = None) -> dict:
        """Make masks that keep as many weights as those of `start`, by another criterion.

    Parameters
    ----------
    criterion : Callable
        Function of a weight.
    weights : dict
        Name → tensor to score, default the dense network's after its training.
    context : str
        `'local'`: keep as many in each layer as `start`; `'global'`: as many in total. Default: `'local'`.
    steps : int
        Number of pruning steps; each rescores the remaining weights. Default: `1`.
    budget : Callable
        How layers share the sparsity of `start`, like `erk`; default as in `start`.

    Returns
    -------
    dict
        Masks: parameter name → bool tensor.
    """
        ...

def check_trunk(t) -> Trunk:
    """Raise unless `t` is a `Trunk`."""
    ...
