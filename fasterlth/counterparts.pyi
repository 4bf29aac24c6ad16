# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable
from typing import NamedTuple
from torch import nn

__all__ = ['appended', 'computation_order', 'interpolated']

def layers_of(tensors: dict, order: list | None = None) -> dict:
    """Group tensors by the layer they belong to."""
    ...

def kind(tensors: dict) -> tuple:
    """Return the names and numbers of dimensions of a layer's matrices; empty for a normalisation."""
    ...

def last_layer(layers: dict) -> str:
    """Return the name of the last layer with a matrix, None if there is none."""
    ...

class Stage(NamedTuple):
    """A part of a network that repeats itself."""
    path: str
    blocks: list

def outline(layers: dict, names: list | None = None, prefix: str = '') -> list:
    """Read a network as layers and stages."""
    ...

def computation_order(model: nn.Module, *xb) -> list:
    """Return layer names in order of first use.

    Parameters
    ----------
    model : nn.Module
        Any network.
    *xb
        A batch of its inputs.

    Returns
    -------
    list
        Names of layers.
    """
    ...

def appended(n: int, m: int) -> list:
    """Repeat the blocks after the last one, 0 1 2 → 0 1 2 1 2; or drop the last ones.

    Parameters
    ----------
    n : int
        Blocks in the ticket's stage.
    m : int
        Blocks in the model's stage.

    Returns
    -------
    list
        For each of the model's blocks, the number of the ticket's block it comes from.
    """
    ...

def interpolated(n: int, m: int) -> list:
    """Repeat each block right after itself, 0 1 2 → 0 1 1 2 2; or drop blocks in between.

    Parameters
    ----------
    n : int
        Blocks in the ticket's stage.
    m : int
        Blocks in the model's stage.

    Returns
    -------
    list
        For each of the model's blocks, the number of the ticket's block it comes from.
    """
    ...

class Group(NamedTuple):
    """Hold layers of the ticket, and the layers of the model that they correspond to."""
    source: list
    own: list
    twin: list

def align_blocks(source: list, own: list, layers: dict, blocks: Callable) -> list:
    """Align the blocks of two stages. A block is repeated only where the model's blocks have the same shapes."""
    ...

def align_units(us: list, vs: list, src: dict, dst: dict) -> list:
    """Align single units."""
    ...

def align_rows(xs: list, ys: list, src: dict, dst: dict, blocks: Callable) -> list:
    """Align layers that don't form blocks."""
    ...

def same_names(src: dict, dst: dict) -> bool:
    """Return whether layers of the same name are each other's counterparts."""
    ...

class Pair(NamedTuple):
    """Hold the counterpart of one layer of the model."""
    source: str
    how: str
    twin: str

def pair_layers(group: Group, src: dict, dst: dict) -> dict:
    """Pair the layers of a group."""
    ...

def counterparts(src: dict, dst: dict, blocks: Callable = appended) -> tuple:
    """Pair the layers of two networks."""
    ...
