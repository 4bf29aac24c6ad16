# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable

__all__ = ['roots_']

def foreach(name: str) -> Callable:
    """Return torch's function for lists of tensors. The public ones of torch 2.15 call these, which takes longer."""
    ...

class _Many:
    """Parameters that have gradients, and what their optimizer holds for each."""
    rows: Any
    params: Any
    states: Any
    ps: Any
    gs: Any
    def __init__(self, rows) -> None:
        ...
    def after(self, step):
        """Return the parameters that have made a number of steps."""
        ...
    def decaying(self, tensors):
        """Return those of some tensors whose parameters decay."""
        ...
    def held(self, name):
        """Return something of the states."""
        ...
    def average(self, name):
        """Return an average of the states; it begins with zeros."""
        ...

def roots_(tensors: list, eps: float) -> None:
    """Take square roots in place. Zeros become tiny numbers that vanish beside `eps`.

    Parameters
    ----------
    tensors : list
        Not negative, of one device and type.
    eps : float
        What will be added to the roots.
    """
    ...

def is_fastais(opt, method: str) -> bool:
    """Return whether an optimizer is of a class of fastai, and the method is that of the class."""
    ...

def step_together(opt):
    """Step many parameters at once if the optimizer is composed of fastai's steppers, or else as it does itself."""
    ...

def is_of_each_weight(stepper) -> bool:
    """Return whether a stepper is fastai's own, and treats each weight by itself."""
    ...

def steps_each_weight(opt) -> bool:
    """Return whether an optimizer is fastai's own, and steps each weight without regard to the others."""
    ...

def may_mix_weights(opt) -> bool:
    """Return whether the gradient of a weight may count for the steps of others: by norms, or as in Muon and Adafactor."""
    ...

def trial_step(opt, weights: list) -> Callable:
    """Return a function that makes one step with copies of some weights, and gradients like them."""
    ...
