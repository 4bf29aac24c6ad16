# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple
import torch
from torch import nn


@dataclass(frozen=True)
class Pattern:
    """Where a matrix of `out` × `in` has its weights."""
    shape: tuple
    index: torch.Tensor
    rows: tuple
    columns: tuple
    order: torch.Tensor
    @property
    def density(self) -> float:
        """Return the share of the matrix that is left."""
        ...

def pattern(mask: torch.Tensor, index: torch.Tensor | None = None) -> Pattern:
    """Return where a masked matrix has its weights."""
    ...

class Matrix:
    """A matrix in CSR, for torch and for compiled loops. All share the memory of `values`."""
    places: Any
    values: Any
    shape: tuple
    def __init__(self, places: tuple, values: torch.Tensor, shape: tuple) -> None:
        ...
    @cached_property
    def csr(self) -> torch.Tensor:
        """Return it as torch's matrix."""
        ...
    @cached_property
    def arrays(self) -> tuple:
        """Return starts, columns and values as NumPy's arrays."""
        ...

few_columns: int

many_columns: int

def loops(n: int) -> tuple:
    """Return compiled loops if they are the fastest for so many columns. A trace can't hold them."""
    ...

def not_autocast():
    """Return a context in which products keep their type: CSR has no 16-bit kernels."""
    ...

def rows(t: torch.Tensor) -> torch.Tensor:
    """Return a matrix that lies row by row in memory, as `contiguous` does, without gradients."""
    ...

def multiply(weight: Matrix, x: torch.Tensor, bias: torch.Tensor | None = None, columns: bool = True) -> torch.Tensor:
    """Multiply activations, without gradients."""
    ...

def products(weight: Matrix, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Return `a@b.t()` where weights are left."""
    ...

class _Product(torch.autograd.Function):
    """The product of a masked weight with columns of activations."""
    @staticmethod
    def forward(ctx, x, values, bias, columns, weight, p):
        ...
    @staticmethod
    def backward(ctx, grad):
        ...

class _Left(torch.autograd.Function):
    """The weights of a parameter that are left."""
    @staticmethod
    def forward(ctx, weight, index):
        ...
    @staticmethod
    def backward(ctx, grad):
        ...

def as_autocast(y):
    """Return a product in the type that a dense kernel would give it here."""
    ...

def linear(multiply: Callable, bias: torch.Tensor, x: torch.Tensor, columns: bool = False) -> torch.Tensor:
    """Compute a linear layer."""
    ...

def product(x: torch.Tensor, weight: torch.Tensor, p: Pattern) -> torch.Tensor:
    """Return `x @ weight.T`, computed with the weights that are left."""
    ...

class Geometry(NamedTuple):
    """How a convolution moves over an image: pairs of height and width."""
    kernel: tuple
    stride: tuple
    padding: tuple
    dilation: tuple

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
        """Return a copy of the weights that are left, to train in place of the parameter."""
        ...
    def weights(self) -> list:
        """Return the weights that are left, as matrices."""
        ...
    def held(self) -> Callable:
        """Return a function that computes the layer with the weights of now, without gradients. It is faster."""
        ...
    def __call__(self, input):
        ...

def kernel(layer: nn.Module, mask: torch.Tensor):
    """Return how a layer can be computed with the weights that are left."""
    ...
