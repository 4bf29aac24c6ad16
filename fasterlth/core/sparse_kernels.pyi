# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple
import torch
from torch import nn


class Geometry(NamedTuple):
    """How a convolution moves over an image: pairs of height and width."""
    kernel: tuple
    stride: tuple
    padding: tuple
    dilation: tuple
    channels_last: bool = ...

def conv1x1(multiply: Callable, bias: torch.Tensor, at: Geometry, x: torch.Tensor) -> torch.Tensor:
    """Compute a convolution with a kernel of 1×1."""
    ...

def conv_by_shifts(weights: list, bias: torch.Tensor, at: Geometry, x: torch.Tensor) -> torch.Tensor:
    """Compute a convolution as a sum of shifted products."""
    ...

def compute(weights: list, bias: torch.Tensor, at: Geometry, columns: bool, x: torch.Tensor) -> torch.Tensor:
    """Compute a layer."""
    ...

def form_of(layer: nn.Module) -> str:
    """Return what a layer computes: `'linear'`, `'conv1d'` (transposed, as GPT-2 has it) or `'conv'`."""
    ...

def patterns(layer: nn.Module, mask: torch.Tensor) -> list:
    """Return where a layer has its weights."""
    ...

def geometry(layer: nn.Module) -> Geometry:
    """Return how a layer moves over an image."""
    ...

replaced: str

def why_dense(layer: nn.Module) -> str:
    """Return why a layer can't be computed with the weights that are left alone."""
    ...

def is_differentiated() -> bool:
    """Return whether `torch.func` makes another function of what is called, or derivatives are taken forward."""
    ...

def is_transformed() -> bool:
    """Return whether torch traces or compiles what it calls, or makes another function of it, as `torch.func` does."""
    ...

@dataclass(frozen=True, eq=False)
class Kernel:
    """Compute a layer with the weights that are left. Call it with the layer's input."""
    layer: nn.Module
    patterns: list
    at: Geometry
    columns: bool = ...
    values: torch.Tensor | None = ...
    own: tuple | None = ...
    def __reduce__(self):
        ...
    @property
    def trains(self) -> bool:
        """Return whether it has gradients."""
        ...
    @property
    def density(self) -> float:
        """Return the share of the weights that are left."""
        ...
    def at_home(self):
        """Return the same, valid only for the parameter that the layer has now."""
        ...
    @property
    def is_at_home(self) -> bool:
        """Return whether the layer has this parameter. `functional_call`, or a network's own code, may lend it another."""
        ...
    def vector(self) -> torch.Tensor:
        """Return a copy of the weights that are left, to train in the parameter's place."""
        ...
    def weights(self) -> list:
        """Return the weights that are left, as matrices."""
        ...
    def held(self) -> Callable:
        """Return a function that computes the layer with the weights of now, without gradients. It is faster."""
        ...
    def __call__(self, *args, **named):
        ...

def kernel(layer: nn.Module, mask: torch.Tensor):
    """Return how a layer can be computed with the weights that are left."""
    ...
