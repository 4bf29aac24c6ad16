# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable
import torch
from ..core.ticket import Ticket
from .sparsify import SparsityColumn
import pandas

__all__ = ['SupermaskCallback']

def signed_constant(weight: torch.Tensor) -> torch.Tensor:
    """Return weights of the same signs and of one magnitude, the layer's standard deviation."""
    ...

def initial_scores(weight: torch.Tensor, name: str, seed: int = 0) -> torch.Tensor:
    """Draw the scores of a layer's weights."""
    ...

class SupermaskCallback(SparsityColumn):
    """Train a mask by edge-popup; the weights stay as they were drawn.

    Parameters
    ----------
    sparsity : float | dict
        Percent of the weights to leave out, or a dict by name, pattern or layer type. Default: `50`.
    constant : bool
        Give all weights of a layer one magnitude and keep their signs. Default: `False`.
    budget : Callable
        How layers share the sparsity, like `erk`; by default each has it.
    layer_type : type | tuple
        Choose among weights of these types only, default every registered one.
    seed : int
        For the scores. Default: `0`.
    """
    sparsity: Any
    constant: Any
    seed: Any
    pruner: Any
    begun: bool
    scores: dict
    drawn: Any
    end: Any
    masks: Any
    def __init__(self, sparsity: float | dict = 50, constant: bool = False, budget: Callable | None = None, layer_type: type | tuple | None = None, seed: int = 0) -> None:
        ...
    def before_step(self) -> None:
        ...
    def after_step(self) -> None:
        ...
    def before_fit(self) -> None:
        ...
    def before_train(self) -> None:
        ...
    def needed_events(self) -> frozenset:
        ...
    def on_exit(self) -> None:
        ...
    def after_fit(self) -> None:
        ...
    @property
    def ticket(self) -> Ticket:
        """Return the mask with the weights that were drawn: its start is the supermask itself."""
        ...
    def summary(self) -> pandas.DataFrame:
        """Return weights and sparsity by layer, counted from the masks."""
        ...
    def state_dict(self) -> dict:
        """Return what a fit under way needs to be resumed."""
        ...
    def load_state_dict(self, state: dict) -> None:
        """Resume a fit, from `state_dict`."""
        ...
