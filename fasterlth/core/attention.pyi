# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from dataclasses import dataclass
import torch
from torch import nn


def in_front(layer: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """Return activations with the batch in front."""
    ...

def attend(layer: nn.Module, parts: list, key_padding_mask=None, need_weights=True, attn_mask=None, average_attn_weights=True, is_causal=False) -> tuple:
    """Attend, with projections that are made elsewhere."""
    ...

class InProjection(nn.Module):
    """The projection of queries, keys and values, as a linear layer that shares the attention's parameters."""
    forward: Any
    def __init__(self, attention: nn.MultiheadAttention) -> None:
        ...
    @property
    def weight(self) -> nn.Parameter:
        """Return the attention's own parameter."""
        ...
    @property
    def bias(self) -> nn.Parameter:
        """Return the attention's own parameter."""
        ...

def has_hooks(layer: nn.Module) -> bool:
    """Return whether a layer has hooks around its forward pass."""
    ...

def why_packed(layer: nn.MultiheadAttention) -> str:
    """Return why an attention can't be computed by `attend`."""
    ...

def project(layer: nn.Module, in_proj: nn.Module, inputs: tuple) -> list:
    """Return queries, keys and values."""
    ...

@dataclass(eq=False)
class Attend:
    """Compute an attention with its projections called as layers. It stands for the attention's `forward`."""
    layer: nn.MultiheadAttention
    in_proj: InProjection
    def __call__(self, query, key, value, *args, **kwargs):
        ...
    def __reduce__(self):
        ...

class SplitAttention(nn.Module):
    """Attention whose projections are two linear layers, `in_proj` and `out_proj`. Either can be replaced."""
    in_proj: Any
    out_proj: Any
    def __init__(self, attention: nn.MultiheadAttention) -> None:
        ...
    @property
    def in_proj_weight(self):
        ...
    @property
    def in_proj_bias(self):
        ...
    def forward(self, query, key, value, *args, **kwargs):
        """Attend. The arguments are those of `nn.MultiheadAttention`."""
        ...
