# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable, Iterable
from pathlib import Path
import pandas as pd
from fastai.learner import Learner
from ..core.checks import func_name
from ..core.criteria import l1_norm
from ..core.ticket import Ticket
from ..train.snapshot import Snapshot
from collections.abc import Callable
from fasterlth.core.ticket import Ticket, to_json
from fasterlth.find.rounds import HoldRates, open_start, read_held, read_moment, read_rounds, Round, round_file
from fasterlth.find.search import chosen_settings, LotteryTicketFinder, ticket_row, weights_of
from fasterlth.find.search import LotteryTicketFinder, ticket_row

__all__ = ['LotteryTicketFinder']

class LotteryTicketFinder:
    """Find a ticket in rounds of training, pruning and rewinding.

    Parameters
    ----------
    learn : Learner
        Its current weights, pretrained or not, are the start.
    sparsity : float | list | dict
        Percent to reach, or a list by round, or a dict by layer. Default: `90`.
    n_rounds : int
        Rounds of pruning, 1 is one-shot; default as many as at most 20 % each take.
    granularity : str | dict
        Groups: `'weight'`, `'filter'`, `'2:4'` …, or a dict by layer. Default: `'weight'`.
    context : str
        Rank within each layer (`'local'`) or over the whole network (`'global'`). Default: `'local'`.
    criteria : Callable
        Function of a weight: `l1_norm`, `movement`, `snip` … Default: `l1_norm`.
    rewind : str
        Rewind `'weights'` and schedule, the schedule (`'lr'`), or `'finetune'`. Default: `'weights'`.
    rewind_epoch : float | str
        The rewind point: epochs, `1` or `0.25`, or iterations, `'500it'`. Default: `0`.
    seed : int
        For everything random in a training; default drawn from torch's random state.
    reshuffle : bool
        Use another order of the data in each round. Default: `False`.
    path : str | Path
        Folder to keep everything in, so that a killed run continues. Default: `None`.
    layer_type : type | tuple
        Prune layers of these types only, default every registered one.
    round_to : int
        Keep a multiple of this number of groups in each layer. Default: `None`.
    min_keep : int
        Groups that every layer keeps. Default: `1`.
    batches : Iterable
        Batches `(x, y)` for criteria that need them, default one training batch.
    verbose : bool
        Show a bar, unless inside `learn.no_bar()`. Default: `True`.
    joint : dict
        Which layers lose their filters together, from `joint_filters`. Default: `None`.
    kernels : str
        How tickets are computed while they train, as for `MaskCallback`. Default: `'dense'`.
    budget : Callable
        How layers share the sparsity, like `erk`; by default each has it (local only).
    """
    targets: Any
    pruner: Any
    folder: Any
    batches: Any
    learn: Any
    sparsity: Any
    n_rounds: Any
    verbose: Any
    criteria: Any
    rewind: Any
    rewind_epoch: Any
    seed: Any
    reshuffle: Any
    dense: Any
    others: dict
    protocol: Any
    train: Any
    rewound: Any
    rounds: Any
    logs: Any
    def __init__(self, learn: Learner, sparsity: float | list | dict = 90, n_rounds: int | None = None, granularity: str | dict = 'weight', context: str = 'local', criteria: Callable = l1_norm, rewind: str = 'weights', rewind_epoch: float | str = 0, seed: int | None = None, reshuffle: bool = False, path: str | Path | None = None, layer_type: type | tuple | None = None, round_to: int | None = None, min_keep: int = 1, batches: Iterable | None = None, verbose: bool = True, joint: dict | None = None, kernels: str = 'dense', budget: Callable | None = None) -> None:
        ...
    def layers(self) -> dict:
        """Return the weights that it prunes.

        Returns
        -------
        dict
            Parameter name → `Prunable`.
        """
        ...
    def warn_outputs(self) -> None:
        """Warn if pruning would remove whole class outputs."""
        ...
    def is_finished(self) -> bool:
        """Return whether the folder has everything that a finished run leaves, so that it is only read."""
        ...
    def find_winning_ticket(self, train: Callable) -> Ticket:
        """Train in full, prune and rewind until the last round is trained: `n_rounds`+1 trainings.

    An interrupted search continues where it stopped. The learner ends with the last round's weights.

    Parameters
    ----------
    train : Callable
        A function that fits the learner: `lambda learn: learn.fit_one_cycle(5, 1e-2)`.

    Returns
    -------
    Ticket
        That of the last round. Whether it wins is in `history`, against round 0.
    """
        ...
    def iterative_magnitude_pruning(self, train: Callable) -> Ticket:
        """Call `find_winning_ticket` by its name in the literature; for `criteria=l1_norm`."""
        ...
    def adopt_dense(self, train: Callable, other: LotteryTicketFinder) -> None:
        """Take over another finder's dense training, if this one would train identically. The caller holds the folder.

    Parameters
    ----------
    train : Callable
        As for `find_winning_ticket`.
    other : LotteryTicketFinder
        With the same start, `train` and seed, and its dense training done.
    """
        ...
    @property
    def start(self) -> Snapshot:
        """Return the start of the dense training, None before the first run."""
        ...
    @property
    def rewind_iteration(self) -> int:
        """Convert the rewind point to iterations."""
        ...
    @property
    def masks(self) -> list:
        """Return the masks of each known round, the dense one first."""
        ...
    @property
    def trained(self) -> dict:
        """Return trained weights: of the dense network, of the last ticket, and those that a round begins with.

    Returns
    -------
    dict
        Round → weights.
    """
        ...
    @property
    def seconds(self) -> list:
        """Return the time that each round took, without interruptions."""
        ...
    @property
    def history(self) -> pd.DataFrame:
        """Return a row for each finished round; round 0 is the dense training."""
        ...
    @property
    def epochs(self) -> pd.DataFrame:
        """Return a row for each epoch of each finished round."""
        ...
    @property
    def tickets(self) -> list:
        """Return the ticket of each known round; the ticket of round 0 is dense. They share their weights."""
        ...
    @property
    def ticket(self) -> Ticket:
        """Return the sparsest ticket so far."""
        ...
    def plot(self, metric: str | None = None, ax=None):
        """Plot the metric after training against the weights that remain; the dense network is a line.

    Parameters
    ----------
    metric : str
        A column of `history`, default the first metric, or the validation loss.
    ax
        Matplotlib axes. Default: `None`.
    """
        ...
    def __repr__(self):
        ...
    def effective_sparsities(self, xb=None) -> pd.DataFrame:
        """Return sparsity and effective sparsity of the tickets: of some weights no path to an output makes use.

    Parameters
    ----------
    xb
        A batch of inputs, or a tuple of several, default of the training data; only their shapes matter.

    Returns
    -------
    pd.DataFrame
        A row for each known round.
    """
        ...
    def costs(self) -> pd.DataFrame:
        """Count the epochs and operations of the protocol, including rounds that haven't run yet.

    Returns
    -------
    pd.DataFrame
        Rows for the dense training and for all rounds.
    """
        ...
    def train_ticket(self, masks: dict, weights: dict | None = None, rewound: bool = True, round: int = 1, path: str | Path | None = None) -> dict:
        """Train any ticket as this finder trains its own. Leave the learner with the trained weights.

    Parameters
    ----------
    masks : dict
        Parameter name → bool tensor.
    weights : dict
        Name → tensor to begin with, default those of the rewind point.
    rewound : bool
        Begin at the rewind point, or else at the very start of training. Default: `True`.
    round : int
        With `reshuffle`: the round whose order of the data to use. Default: `1`.
    path : str | Path
        File from which a killed training continues; it is deleted at the end. Default: `None`.

    Returns
    -------
    dict
        A row like those of `history`.
    """
        ...

def ticket_row(finder: LotteryTicketFinder, masks: dict, **measured) -> dict:
    """Return the row of a trained ticket."""
    ...

def weights_of(finder: LotteryTicketFinder, r: int) -> dict:
    """Return the weights that a round begins with."""
    ...

def chosen_settings(finder: LotteryTicketFinder, named: Callable = func_name) -> dict:
    """Return the settings that descriptions name only if they aren't the default."""
    ...
