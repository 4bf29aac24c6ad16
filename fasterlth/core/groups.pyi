# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from dataclasses import dataclass
from functools import cached_property
import torch

__all__ = ['Groups']

@dataclass(frozen=True)
class Groups:
    """Group the weights of one tensor that are kept or pruned together.

    Parameters
    ----------
    shape : tuple
        Shape of the weight.
    view : tuple
        The same, with a dimension for each named axis.
    dims : tuple
        Dimensions of `view` along which a group extends. Default: `()`.
    nm : tuple
        `(n, m)`: keep `n` of every `m` neighbours along dimension `nm_dim` of `view`. Default: `None`.
    nm_dim : int
        Default: `None`.
    joint : bool
        Whether group `i` of this weight is one with group `i` of the layer's other weights. Default: `False`.
    """
    shape: tuple
    view: tuple
    dims: tuple = ...
    nm: tuple | None = ...
    nm_dim: int | None = ...
    joint: bool = ...
    def __post_init__(self) -> None:
        ...
    @cached_property
    def size(self) -> int:
        ...
    @cached_property
    def n(self) -> int:
        ...
    def reduce(self, scores: torch.Tensor) -> torch.Tensor:
        """Return the mean score of each group.

        Parameters
        ----------
        scores : torch.Tensor
            Of `shape` → `(n,)`.

        Returns
        -------
        torch.Tensor
            Of `shape` → `(n,)`.
        """
        ...
    def expand(self, keep: torch.Tensor) -> torch.Tensor:
        """Return the mask of weights for a choice of groups.

        Parameters
        ----------
        keep : torch.Tensor
            Bool of `(n,)` → bool of `shape`.

        Returns
        -------
        torch.Tensor
            Bool of `(n,)` → bool of `shape`.
        """
        ...
    def contract(self, mask: torch.Tensor) -> torch.Tensor:
        """Return which groups hold at least one weight that is kept.

        Parameters
        ----------
        mask : torch.Tensor
            Bool of `shape` → bool of `(n,)`.

        Returns
        -------
        torch.Tensor
            Bool of `shape` → bool of `(n,)`.
        """
        ...
    def to_blocks(self, x: torch.Tensor) -> torch.Tensor:
        """For n:m, return values of weights block by block.

        Parameters
        ----------
        x : torch.Tensor
            Of `shape` → `(blocks, m)`.

        Returns
        -------
        torch.Tensor
            Of `shape` → `(blocks, m)`.
        """
        ...
    def from_blocks(self, blocks: torch.Tensor) -> torch.Tensor:
        """Invert `to_blocks`.

        Parameters
        ----------
        blocks : torch.Tensor
            `(blocks, m)` → of `shape`.

        Returns
        -------
        torch.Tensor
            `(blocks, m)` → of `shape`.
        """
        ...
