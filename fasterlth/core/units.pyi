# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from typing import NamedTuple
import torch
from .groups import Groups
from .scores import Scores


class Unit(NamedTuple):
    """Parameters that are pruned together: group `i` of each with group `i` of the others. Usually just one."""
    names: list
    sizes: list
    kept: torch.Tensor
    target: float
    nm: Groups
    @property
    def size(self):
        ...
    @property
    def n(self):
        ...

def check_units(layers: dict, targets: dict) -> dict:
    """Raise if weights that are pruned together differ in number of groups or target."""
    ...

def units_of(layers: dict, kept: dict, targets: dict) -> dict:
    """Return the units of layers."""
    ...

class Pool(NamedTuple):
    """Units that are ranked together, and lie in rows one after another."""
    names: list
    units: list
    first: int
    target: float
    min_keep: int
    size: int
    @property
    def spares(self):
        ...

def prune_units(units: dict, scores: Scores, pruner, regrow: bool) -> dict:
    """Prune units to their targets, in the pools that they are ranked in."""
    ...
