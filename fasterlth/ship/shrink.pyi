# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple
import pandas as pd, torch
from fastai.learner import Learner
from torch import nn
import torch

__all__ = ['shrink', 'shrink_learner']

@dataclass
class _Cutter:
    """Cut channels out of copies of a masked network."""
    model: nn.Module
    seen: dict
    xb: object
    exact: bool
    constants: str = ...
    def merged(self, cuts, constants=None):
        """Return a copy with the constants of the channels to cut in the biases of the layers that take them."""
        ...
    def pruned(self, cuts, numbered=False):
        """Return a copy without the channels to cut, with its values or with their positions in the larger network."""
        ...
    def kept(self, cuts):
        """Return where the values of the smaller network were: parameter name → indices into the flat parameter."""
        ...
    def odd(self, model, cuts):
        """Return what is wrong with a smaller network, or an empty string."""
        ...
    def choose_constants(self, cuts) -> None:
        """Choose the constants of uneven maps that change the outputs less: those inside, or averages."""
        ...
    def check_repeatable(self) -> None:
        """Raise a `ValueError` unless the network computes the same each time."""
        ...
    def cut_all(self, cuts, rows):
        """Return the smaller network and the cuts that worked; note in `rows` which didn't."""
        ...

class _Shrunk(NamedTuple):
    """Hold what `shrink` and `shrink_learner` need."""
    model: nn.Module
    table: pd.DataFrame
    kept: Callable

def shrink(model: nn.Module, masks: dict, xb: torch.Tensor | tuple | dict, exact: bool = False) -> tuple:
    """Cut out the filters and heads that masks prune as a whole. The table says how many, and why others stayed.

    The constants that they contributed move into the biases of the layers that follow, so the outputs stay
    those of the masked network, except for rounding and, unless `exact`, at padded borders and in transposed
    convolutions: `compare_models` measures the difference. Where a map was padded before, its average
    moves instead if that changes the outputs on `xb` less. A channel stays if a skip connection adds a live one
    to it, if a normalisation needs it, or if it is an output of the network. To keep training, use `shrink_learner`.

    Parameters
    ----------
    model : nn.Module
        Trained with the masks; it is left as it is.
    masks : dict
        Parameter name → bool tensor, of a ticket with whole filters or heads pruned.
    xb : torch.Tensor | tuple | dict
        Inputs like those it will get, 2 items or more.
    exact : bool
        Keep channels whose cut would change outputs at padded borders. Default: `False`.

    Returns
    -------
    tuple
        `(smaller model in evaluation mode, table of layers with dead filters or heads)`.
    """
    ...

def shrink_learner(learn: Learner, masks: dict, xb: torch.Tensor | tuple | dict | None = None, exact: bool = False) -> tuple:
    """Make a learner that keeps training the smaller network, with the same data, loss, metrics and optimizer.

    The optimizer's state, like Adam's moments, is carried over for every value that stays. Where dead
    channels stay, their masks do too. Other callbacks that were added to the learner are not.

    Parameters
    ----------
    learn : Learner
        Trained with the masks; it is left as it is.
    masks : dict
        Parameter name → bool tensor, of a ticket with whole filters or heads pruned.
    xb : torch.Tensor | tuple | dict
        Inputs like those it will get, default a training batch.
    exact : bool
        As for `shrink`. Default: `False`.

    Returns
    -------
    tuple
        `(learner with the smaller model, the table of shrink)`.
    """
    ...
