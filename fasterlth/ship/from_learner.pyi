# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Iterable
import torch
from fastai.learner import Learner
from torch import nn


def inputs_of(learn: Learner, dl: Iterable, n: int):
    """Yield the inputs of the first `n` batches, as plain tensors."""
    ...

class _Pick:
    """Make one output of a network its only one, as a hook."""
    key: Any
    def __init__(self, key) -> None:
        ...
    def __call__(self, model, args, outputs):
        ...

def network_of(learn: Learner) -> nn.Module:
    """Return a copy of the learner's network that returns what the learner takes for its prediction."""
    ...

class _Call(nn.Module):
    """Wrap a function of a batch as a module; what the function holds stays on its device."""
    f: list
    device: Any
    where: Any
    def __init__(self, f, device) -> None:
        ...
    def forward(self, *xb):
        ...

def taking_part(learn: Learner) -> dict:
    """Return the callbacks that take part in a validation of the learner's network."""
    ...

def scorer(learn: Learner, device: torch.device) -> tuple:
    """Return the name of the learner's first metric, or of its loss, and a function that measures it."""
    ...
