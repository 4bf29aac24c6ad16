# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
import torch


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

def use_csr() -> None:
    """Let torch say unheard what it says once in a process: that CSR is in beta, and that it doesn't check places."""
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

def check_inputs(weight: Matrix, x: torch.Tensor) -> None:
    """Raise, as a dense kernel does, unless there is a row of activations for each input. Loops would read anywhere."""
    ...

few_columns: int

many_columns: int

much_work: Any

of_copying: int

def loops(n: int, work: int) -> tuple:
    """Return compiled loops if they are the fastest for so many columns. A trace can't hold them."""
    ...

def not_autocast():
    """Return a context in which products keep their type: CSR has no 16-bit kernels."""
    ...

def rows(t: torch.Tensor) -> torch.Tensor:
    """Return a matrix that lies row by row in memory, as `contiguous` does, without gradients."""
    ...

def as_array(t: torch.Tensor):
    """Return a tensor for compiled loops, row by row."""
    ...

def multiply(weight: Matrix, x: torch.Tensor, bias: torch.Tensor | None = None, columns: bool = True) -> torch.Tensor:
    """Multiply activations, without gradients."""
    ...

def products(weight: Matrix, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Return `a@b.t()` where weights are left."""
    ...

class Product(torch.autograd.Function):
    """The product of a masked weight with columns of activations."""
    @staticmethod
    def forward(ctx, x, values, bias, columns, weight, p):
        ...
    @staticmethod
    def backward(ctx, grad):
        ...

class Left(torch.autograd.Function):
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

def as_weights(x: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """Return activations as autocast would give them to a dense kernel. Raise if it couldn't compute with them."""
    ...

def linear(multiply: Callable, bias: torch.Tensor, x: torch.Tensor, columns: bool = False) -> torch.Tensor:
    """Compute a linear layer."""
    ...

def product(x: torch.Tensor, weight: torch.Tensor, p: Pattern) -> torch.Tensor:
    """Return `x @ weight.T`, computed with the weights that are left."""
    ...
