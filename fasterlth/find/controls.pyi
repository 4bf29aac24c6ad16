# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable
from .trunk import Start, Trunk

__all__ = ['aligned_reinit', 'at_init', 'conditions', 'control_of', 'inverted', 'one_shot_mask', 'random_by', 'random_erk', 'random_mask', 'random_reinit', 'random_smart', 'shuffled', 'sign_constant', 'sign_flipped', 'sign_only']

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
