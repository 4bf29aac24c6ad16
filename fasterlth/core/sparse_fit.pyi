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
    def is_on(self, masks: dict) -> bool:
        """Return whether layers compute with the weights that these masks leave."""
        ...
    def start(self, model: nn.Module, masks: dict, xb: tuple, step: Callable | None = None) -> None:
        """Choose the layers, unless they are chosen already, and let them compute with what is left."""
        ...
    def stop(self) -> None:
        """Compute with dense weights again. The next start chooses anew, unless as many weights are left in each layer."""
        ...
    def forget(self) -> None:
        """Compute with dense weights again. The next start chooses anew."""
        ...
    def state_dict(self, masks: dict) -> dict:
        """Return which layers were chosen, if it was for these masks."""
        ...
    def load_state_dict(self, state: dict) -> None:
        """Choose the same layers at the next start."""
        ...

def for_trial(xb: tuple) -> tuple:
    """Return inputs to try a model on: tensors as they are, and copies of objects, which its forward pass may change."""
    ...

class _AtCalls:
    """A hook that starts a fit when its model is called in training, and again if its masks have changed."""
    fit: Any
    model: Any
    masks: Any
    has_failed: bool
    params: Any
    def __init__(self, fit: SparseFit, model: nn.Module, masks: dict) -> None:
        ...
    def __getstate__(self):
        ...
    def __call__(self, module, args, named) -> None:
        ...

@contextmanager
def sparse_from_first_call(model: nn.Module, masks: dict, kernels: str):
    """Let a model compute with the weights that are left from its first call in training mode and with gradients on.

    It stays dense, with a warning, if it can't be copied and called twice."""
    ...
