# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from functools import cached_property
from fastai.learner import Learner, Recorder
from torch import nn


class Replica:
    """A replica as metrics and callbacks see a learner: with its own network, data and loss, in the stack's fit."""
    def __init__(self, stack: Learner, k: int, **now) -> None:
        ...
    @property
    def x(self):
        ...
    @property
    def y(self):
        ...
    @property
    def dls(self):
        ...
    @property
    def loss_func(self):
        ...
    @property
    def smooth_loss(self):
        ...
    @cached_property
    def model(self) -> nn.Module:
        """Return a copy of its network, on the device of the stack."""
        ...
    def __getattr__(self, k):
        ...

class _Averages:
    """An average over batches for each replica, as `AvgMetric` has it for one."""
    each: Any
    total: Any
    count: int
    def __init__(self, funcs=()) -> None:
        ...
    def reset(self) -> None:
        ...
    def accumulate(self, learn, losses) -> None:
        ...
    def add(self, values, bs) -> None:
        ...
    @property
    def values(self):
        ...

class _Metrics:
    """A metric of any kind for each replica."""
    metrics: Any
    def __init__(self, metrics) -> None:
        ...
    def reset(self) -> None:
        ...
    def accumulate(self, learn, losses) -> None:
        ...
    @property
    def values(self):
        ...

class StackRecorder(Recorder):
    """Record losses and metrics of each replica. As its own it shows their means."""
    name: str
    n: Any
    avg_loss: Any
    each: Any
    history: list
    smooth: Any
    replicas: list
    rows: list
    metric_names: Any
    def __init__(self, learners: list, like: Recorder) -> None:
        ...
    def before_fit(self) -> None:
        ...
    def before_epoch(self) -> None:
        ...
    def before_train(self) -> None:
        ...
    def before_validate(self) -> None:
        ...
    def after_batch(self) -> None:
        ...
    @property
    def smooth_losses(self):
        """Return the running average of each replica's losses."""
        ...
    def after_epoch(self) -> None:
        ...
    def after_train(self) -> None:
        ...
    def after_validate(self) -> None:
        ...
    def recorded(self) -> dict:
        """Return what was recorded of each replica."""
        ...
    def set_recorded(self, state: dict) -> None:
        """Restore what was recorded of each replica."""
        ...
