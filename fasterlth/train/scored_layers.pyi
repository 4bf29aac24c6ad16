# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable
from torch import nn
from ..core.pruner import Pruner


def part_layers(pruner: Pruner, model: nn.Module, part: nn.Module | None = None) -> dict:
    """Return the prunable layers of a part of a model, by their names in the whole model."""
    ...

class WeightCopies:
    """Hold copies of weights: `init`, from the start, and `prev`, from the last step; None if a criterion needs neither."""
    layers: Any
    needs: Any
    init: Any
    prev: Any
    def __init__(self, layers: dict, criterion: Callable, kept: tuple | None = None) -> None:
        ...
    def start(self) -> None:
        """Copy the weights at the start."""
        ...
    def step(self) -> None:
        """Copy the weights after a step."""
        ...

def try_criterion(model: nn.Module, layers: dict, criterion: Callable, copies: WeightCopies):
    """Raise unless the criterion can score the smallest layer."""
    ...
