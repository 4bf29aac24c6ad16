# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable
import torch
from ..core.ticket import Ticket
from .ticket_callback import TicketCallback

__all__ = ['SupermaskCallback']

def signed_constant(weight: torch.Tensor) -> torch.Tensor:
    """Return weights of the same signs and of one magnitude, the layer's standard deviation."""
    ...

def initial_scores(weight: torch.Tensor, name: str, seed: int = 0) -> torch.Tensor:
    """Draw the scores of a layer's weights."""
    ...

class SupermaskCallback(TicketCallback):
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
    scores: Any
    drawn: Any
    revived: Any
    masks: Any
    end: Any
    begun: bool
    def __init__(self, sparsity: float | dict = 50, constant: bool = False, budget: Callable | None = None, layer_type: type | tuple | None = None, seed: int = 0) -> None:
        ...
    def begin(self) -> None:
        """Check, draw scores, and take the weights as they are, or as signed constants. Go on where a fit before has ended."""
        ...
    def before_step(self) -> None:
        ...
    def after_step(self) -> None:
        ...
    def prepare(self) -> None:
        """Hold nothing: the masks change at every step, which puts them on."""
        ...
    def hook_gradients(self) -> None:
        """Make gradients of scores of those of the weights, as they are computed: their norm may be clipped."""
        ...
    def after_backward(self) -> None:
        ...
    def needed_events(self) -> frozenset:
        ...
    def stop(self) -> None:
        """Leave the masked weights, and the ticket."""
        ...
    def made(self) -> Ticket:
        """Return the mask with the weights that were drawn: its start is the supermask itself."""
        ...
    def state_dict(self) -> dict:
        """Return what a fit under way needs to be resumed."""
        ...
    def load_state_dict(self, state: dict) -> None:
        """Resume a fit, from `state_dict`."""
        ...
