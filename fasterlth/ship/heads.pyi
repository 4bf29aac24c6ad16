# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from typing import NamedTuple
from torch import nn


class HeadCut(NamedTuple):
    """Hold the heads that one attention layer keeps."""
    layer: str
    keep: list
    n: int
    dead_in: list
    takers: tuple = ...

def dead_heads(model: nn.Module, masks: dict) -> dict:
    """Return which heads masks cut off from the output."""
    ...

def inside_attention(model: nn.Module) -> dict:
    """Return the layers whose outputs are split into heads."""
    ...

def plan_heads(model: nn.Module, dead: dict) -> tuple:
    """Plan which dead heads can be cut."""
    ...

class FewerHeads(nn.MultiheadAttention):
    """Attention with fewer heads than make up its width, as `shrink` leaves it."""
    def forward(self, query, key, value, key_padding_mask=None, need_weights=True, attn_mask=None, average_attn_weights=True, is_causal=False):
        """Attend. The arguments are those of `nn.MultiheadAttention`."""
        ...

def keep_heads(layer: nn.Module, cut: HeadCut) -> None:
    """Cut heads out of an attention layer, in place."""
    ...
