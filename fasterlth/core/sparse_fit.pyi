# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable
from contextlib import contextmanager
from torch import nn


kernel_choices: tuple

class SparseFit:
    """Let a model in training compute with the weights that are left."""
    kernels: Any
    names: Any
    table: Any
    layers: Any
    chosen: Any
    def __init__(self, kernels: str) -> None:
        ...
    def __getstate__(self):
        ...
    def start(self, model: nn.Module, masks: dict, xb: tuple, step: Callable | None = None) -> None:
        """Choose the layers, unless they are chosen already, and let them compute with what is left."""
        ...
    def stop(self) -> None:
        """Compute with dense weights again. The next start chooses anew."""
        ...
    def state_dict(self, masks: dict) -> dict:
        """Return which layers were chosen, if it was for these masks."""
        ...
    def load_state_dict(self, state: dict) -> None:
        """Choose the same layers at the next start."""
        ...

class _AtFirstCall:
    """A hook that starts a fit when its model is called with gradients."""
    fit: Any
    model: Any
    masks: Any
    has_started: bool
    def __init__(self, fit, model, masks) -> None:
        ...
    def __getstate__(self):
        ...
    def __call__(self, module, args, named) -> None:
        ...

@contextmanager
def sparse_from_first_call(model: nn.Module, masks: dict, kernels: str):
    """Let a model compute with the weights that are left from its first call with gradients on."""
    ...
