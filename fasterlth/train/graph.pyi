# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from fastai.callback.core import Callback
from torch import nn

__all__ = ['GraphCallback']

def why_no_graph(model: nn.Module, xb: tuple) -> str:
    """Return why a network's passes can't be recorded."""
    ...

class GraphCallback(Callback):
    """Replay the passes of a network as a CUDA graph. `why` says why it doesn't, None if it does."""
    order: Any
    after_fit: Any
    why: Any
    def __init__(self) -> None:
        ...
    def before_fit(self) -> None:
        ...
    def before_batch(self) -> None:
        ...
    def after_backward(self) -> None:
        ...
    def release(self) -> None:
        """Compute as ever again."""
        ...
