# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from typing import NamedTuple
import torch
from torch import nn


AnyConv = nn.modules.conv._ConvNd

def is_recurrent(layer: nn.Module) -> bool:
    """Return whether a layer is recurrent, or holds one that is."""
    ...

def dead_filters(model: nn.Module, masks: dict) -> dict:
    """Return the filters of linear and convolutional layers that masks prune as a whole."""
    ...

class _Seen(NamedTuple):
    """What a layer sees of its input channels on a batch."""
    mean: torch.Tensor
    varies: torch.Tensor
    even: torch.Tensor
    inner: torch.Tensor
    level: torch.Tensor
    agree: torch.Tensor
    @property
    def inside(self):
        """The constants of channels away from borders."""
        ...

def seen_inputs(model: nn.Module, xb) -> dict:
    """Return what each linear or convolutional layer sees on a batch, and on others if the model takes them."""
    ...

class _Place(NamedTuple):
    """Where channels have to be removed."""
    name: str
    module: nn.Module
    side: str
    channels: list

class Graph:
    """What Torch-Pruning knows about a model."""
    tp: Any
    names: dict
    graph: Any
    def __init__(self, model, xb) -> None:
        ...
    def __contains__(self, layer):
        ...
    def group(self, layer, filters):
        """Return Torch-Pruning's group: everything that has to be removed with filters of a layer."""
        ...
    def places(self, layer, filters):
        """Return the places that lose channels with filters of a layer, as `_Place`s."""
        ...

class Cut(NamedTuple):
    """Hold filters to remove from one layer, and what is removed with them."""
    layer: str
    filters: list
    takers: list
    dead_in: list
    uneven: bool = ...

def filter_row(layer: nn.Module, dead: int, cut: int, stayed: str) -> dict:
    """Return a layer's row in the table of what was cut."""
    ...

def plan_cuts(graph: Graph, model: nn.Module, dead: dict, seen: dict, exact: bool) -> tuple:
    """Plan which dead filters can be cut."""
    ...
