# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable, Iterable
from torch import nn

__all__ = ['gradients', 'hessian_gradients']

def to_score(model: nn.Module, names: Iterable) -> dict:
    """Return the parameters to score. Raise if one isn't the model's."""
    ...

def as_tensor(t):
    """Return a plain tensor for one of fastai's types, which would propagate to the gradients."""
    ...

def plain_forward(loss_func: Callable) -> Callable:
    """Return the `forward` of a `Scoring` that only calls the model and `loss_func`. Batches are `(*inputs, y)`."""
    ...

def mean_grads(model: nn.Module, batches: list, forward: Callable, names: Iterable) -> dict:
    """Return the mean of the loss's gradients over the batches."""
    ...

def gradients(model: nn.Module, batches: Iterable, loss_func: Callable, names: Iterable | None = None) -> dict:
    """Return ∂loss/∂weight in training mode, with the same random numbers each time.

    Parameters
    ----------
    model : nn.Module
        Any model.
    batches : Iterable
        Batches `(x, y)`, on the model's device.
    loss_func : Callable
        `(pred, y)` → scalar loss.
    names : Iterable
        Parameters, default all.

    Returns
    -------
    dict
        Name → gradient, the mean over the batches.
    """
    ...

def mean_hessian_grads(model: nn.Module, batches: list, forward: Callable, names: Iterable) -> dict:
    """Return the Hessian of the mean loss times its gradient."""
    ...

def hessian_gradients(model: nn.Module, batches: Iterable, loss_func: Callable, names: Iterable | None = None) -> dict:
    """Return the Hessian of the loss times its gradient, in training mode, with the same random numbers each time.

    Parameters
    ----------
    model : nn.Module
        Any model.
    batches : Iterable
        Batches `(x, y)`, on the model's device.
    loss_func : Callable
        `(pred, y)` → scalar loss.
    names : Iterable
        Parameters of Hessian and gradient, default all; GraSP uses the prunable ones.

    Returns
    -------
    dict
        Name → $Hg$, with the Hessian and the gradient over the same batches.
    """
    ...
