# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from dataclasses import dataclass
from typing import Any
import torch
from fastai.learner import Learner
from torch import nn


@dataclass
class _Vector:
    """Weights that are left, in the place of their parameter."""
    param: nn.Parameter
    index: torch.Tensor
    values: torch.Tensor
    hook: Any = ...
    version: int = ...
    place: int = ...
    steps: int = ...
    held: torch.Tensor | None = ...
    def gathered(self, t):
        ...
    def scattered(self, v):
        ...
    def take_gradient(self, param) -> None:
        """Move the parameter's gradient to the vector."""
        ...
    def begin(self, opt) -> None:
        """Take the parameter's place. If that is interrupted, `end` gives it back."""
        ...
    def check(self) -> None:
        """Raise if anything has written to the parameter: this step would undo that."""
        ...
    def write(self) -> None:
        """Give the parameter the values of now."""
        ...
    def end(self, opt) -> None:
        """Give the parameter its place back. It may be done twice, if it is interrupted."""
        ...

class Vectors:
    """Let an optimizer step only the weights that are left, in the layers that sparse kernels compute."""
    opt: Any
    def __init__(self) -> None:
        ...
    @property
    def params(self) -> list:
        """Return the parameters that vectors stand for."""
        ...
    def begin(self, opt, layers: list) -> None:
        """Let vectors take the place of the layers' weights, except where these are frozen, shared, or have hooks."""
        ...
    def write(self) -> None:
        """Give all parameters the values of now, after a step. Raise if anything else has written to them."""
        ...
    def end(self) -> None:
        """Give optimizer and layers their parameters back."""
        ...

def can_step_vectors(learn: Learner) -> bool:
    """Return whether vectors may stand for parameters during the batches of an epoch."""
    ...
