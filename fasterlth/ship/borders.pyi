# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from torch import nn
from torch.overrides import TorchFunctionMode


class _NoBorders(TorchFunctionMode):
    """Compute as if no map had a border."""
    def __torch_function__(self, f, types, args=(), kwargs=None):
        ...

def call_without_borders(model: nn.Module, xb):
    """Call a model as if no map had a border: what is constant stays so where it is padded."""
    ...
