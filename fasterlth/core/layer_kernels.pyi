# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from contextlib import contextmanager
from torch import nn

__all__ = ['sparse_kernels', 'sparse_layers']

def check_python(model) -> nn.Module:
    """Raise unless a model is an `nn.Module` whose layers can be replaced, which torch.jit's can't."""
    ...

def attentions(model: nn.Module) -> list:
    """Return torch's attentions in a model, if their forward is that of the class."""
    ...

def layer_at(model: nn.Module, name: str) -> nn.Module:
    """Return a layer by its name. That of packed weights is an `InProjection`."""
    ...

def masked_layers(model: nn.Module, masks: dict):
    """Yield the layers whose weight has a mask. A tied weight is that of several."""
    ...

def layer_kernels(model: nn.Module, masks: dict) -> dict:
    """Return how each masked layer can be computed with the weights that are left."""
    ...

def put_kernels(model: nn.Module, kernels: dict) -> list:
    """Let layers compute with their kernels, until `drop_kernels`."""
    ...

def drop_kernels(layers: list) -> None:
    """Let layers compute as their class says, unless something else has replaced their forward meanwhile."""
    ...

@contextmanager
def layers_called():
    """Keep torch's encoder from its fast path, which reads weights without calling their layers."""
    ...

@contextmanager
def sparse_kernels(model: nn.Module, kernels: dict):
    """Compute layers with the weights that are left.

    Parameters
    ----------
    model : nn.Module
        Its weights are zero where they are pruned.
    kernels : dict
        Layer name → `Kernel`; reasons are ignored.
    """
    ...

def sparse_layers(model: nn.Module) -> list:
    """Return the layers that compute with the weights that are left, now.

    Parameters
    ----------
    model : nn.Module
        Any model.

    Returns
    -------
    list
        Names, as `measure_kernels` lists them.
    """
    ...
