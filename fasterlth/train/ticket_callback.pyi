# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from fastai.learner import Learner
from ..core.pruner import Pruner
from ..core.ticket import Ticket
from .mask_callback import MaskCallback
import pandas


class TicketCallback(MaskCallback):
    """A `MaskCallback` that makes its masks while a fit trains. Their sparsity is a column of the progress table."""
    begun: bool
    end: Any
    masks: Any
    def begin(self) -> None:
        """Check the learner, and make the masks to begin with. Called before the first batch."""
        ...
    def made(self) -> Ticket:
        """Return the ticket so far."""
        ...
    def before_fit(self) -> None:
        ...
    def before_train(self) -> None:
        ...
    def after_fit(self) -> None:
        ...
    def on_exit(self) -> None:
        ...
    def stop(self) -> None:
        """Leave masked weights and the ticket."""
        ...
    @property
    def ticket(self) -> Ticket:
        """Return the ticket of the last fit, or of the current one so far."""
        ...
    def measure(self) -> float:
        """Return the sparsity of the masks."""
        ...
    def summary(self) -> pandas.DataFrame:
        """Return weights and sparsity by layer, counted from the masks."""
        ...
    def on_attach(self, learn) -> None:
        ...
    def on_detach(self, learn) -> None:
        ...
    def state_dict(self) -> dict:
        """Return what a fit under way needs to be resumed, and the ticket of the last fit."""
        ...
    def load_state_dict(self, state: dict) -> None:
        """Resume a fit, from `state_dict`."""
        ...

def trained_layers(learn: Learner, pruner: Pruner, hint: str = '') -> dict:
    """Return the layers to mask: those that aren't frozen. Raise if there is none, or if a ticket is on the learner."""
    ...

def noted_weights(layers: dict) -> list:
    """Note weights before masks are put on them."""
    ...
