# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple
from fastai.learner import Learner
from torch import nn
from .finder import LotteryTicketFinder

__all__ = ['Start', 'Trunk', 'aligned_reinit', 'at_init', 'conditions', 'control_of', 'inverted', 'one_shot_mask', 'random_by', 'random_erk', 'random_mask', 'random_reinit', 'random_smart', 'shuffled', 'sign_constant', 'sign_flipped', 'sign_only']

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

def random_reinit(t: Trunk) -> Start:
    """Draw new weights ([Frankle & Carbin 2019](https://arxiv.org/abs/1803.03635)) for the same masks."""
    ...

def sign_constant(t: Trunk) -> Start:
    """Keep the signs of the initial weights ([Zhou et al. 2019](https://arxiv.org/abs/1905.01067)).

    All weights of a layer get the same magnitude, their standard deviation."""
    ...

def sign_flipped(t: Trunk) -> Start:
    """Keep the magnitudes of the initial weights, and draw new signs."""
    ...

def sign_only(t: Trunk) -> Start:
    """Keep mask and signs of the initial weights, and draw new magnitudes: those of a new network."""
    ...

def aligned_reinit(t: Trunk) -> Start:
    """Draw new weights, and move the mask to the units that correspond to its own
    ([Adnan et al. 2025](https://arxiv.org/abs/2505.05143)).

    The new weights are trained without a mask; then units are matched by weights, one layer after another."""
    ...

def random_mask(t: Trunk) -> Start:
    """Keep as many groups in each layer, drawn at random at the finder's granularity."""
    ...

def shuffled(t: Trunk) -> Start:
    """Shuffle each layer's mask ([Frankle et al. 2021](https://arxiv.org/abs/2009.08576)).

    The weights are shuffled one by one, whatever the granularity."""
    ...

def inverted(t: Trunk) -> Start:
    """Keep as many weights in each layer, but the ones with the lowest scores after the dense training."""
    ...

def one_shot_mask(t: Trunk) -> Start:
    """Prune in one step after the dense training, with the finder's criterion and context."""
    ...

def random_by(budget: Callable) -> Callable:
    """Keep as many weights as the ticket, drawn at random, shared among layers by a budget.

    Parameters
    ----------
    budget : Callable
        `erk`, `smart_ratio`, or another function of shapes and sparsity.

    Returns
    -------
    Callable
        A condition.
    """
    ...

def random_erk(t: Trunk) -> Start:
    """Draw a random mask by Erdős–Rényi kernels ([Evci et al. 2020](https://arxiv.org/abs/1911.11134))."""
    ...

def random_smart(t: Trunk) -> Start:
    """Draw a random mask by smart ratios ([Su et al. 2020](https://arxiv.org/abs/2009.11094))."""
    ...

def at_init(criterion: Callable, steps: int = 1) -> Callable:
    """Prune before any training, ranked over the whole network, to as many weights as the ticket has.

    Parameters
    ----------
    criterion : Callable
        `snip`, `grasp`, `synflow`, `l1_norm` …
    steps : int
        Number of pruning steps. Default: `1`.

    Returns
    -------
    Callable
        A condition.
    """
    ...

def control_of(condition: Callable, control: Callable) -> Callable:
    """Apply a control to another condition than the winning ticket.

    Parameters
    ----------
    condition : Callable
        A function of a `Trunk`.
    control : Callable
        Another one: `shuffled`, `random_reinit`.

    Returns
    -------
    Callable
        A condition.
    """
    ...

conditions: dict

trunk_conditions: tuple

given_by_study: set

def check_conditions(given: list | dict) -> dict:
    """Return conditions by name. Raise if one isn't valid."""
    ...
