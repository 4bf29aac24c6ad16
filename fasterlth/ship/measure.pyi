# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable
import pandas as pd, torch
import torch

__all__ = ['compare_models', 'latencies']

def map_inputs(f: Callable, xb):
    """Apply a function to each tensor of a batch."""
    ...

def n_items(xb) -> int:
    """Return the number of items in a batch."""
    ...

def one_item(xb, i: int):
    """Return an item of a batch."""
    ...

def check_inputs(xb, least: int = 1, why: str = '', name: str = 'xb'):
    """Return the inputs of a batch. Raise unless they are tensors with the same number of items."""
    ...

def latency(f: Callable, xb, threads: int = 1, seconds: float = 0.2) -> float:
    """Measure how long a call takes, without gradients."""
    ...

def latencies(fs: dict, xb, threads: int = 1, seconds: float = 0.2, rounds: int = 5) -> dict:
    """Measure latencies in turns, so that a change in the machine's speed affects all alike.

    Parameters
    ----------
    fs : dict
        Name → model, or function that is called like one.
    xb
        A batch of inputs: a tensor, a tuple, or a dict of named ones.
    threads : int
        CPU threads. Default: `1`.
    seconds : float
        Shortest time to measure each of them. Default: `0.2`.
    rounds : int
        How many turns each of them gets. Default: `5`.

    Returns
    -------
    dict
        Name → median over the turns, in milliseconds.
    """
    ...

def multiply_adds(model: torch.nn.Module, xb) -> int:
    """Count multiply-adds."""
    ...

def figures(model, xb) -> dict:
    """Count parameters, nonzero parameters, bytes in a file, and multiply-adds for one item."""
    ...

def check_network(model: torch.nn.Module, xb) -> None:
    """Raise a `TypeError` unless the network returns one tensor."""
    ...

def gaps(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Return the absolute differences between outputs; equal infinities differ by 0."""
    ...

def largest_difference(a: Callable, b: Callable, xb) -> float:
    """Return the largest absolute difference between the outputs of two networks."""
    ...

def carries_state(model: Callable, xb) -> bool:
    """Return whether the same inputs give other outputs at the next call, by a state or by random numbers."""
    ...

def compare_models(models: dict, xb, score: Callable | None = None, threads: int = 1) -> pd.DataFrame:
    """Measure what models cost, in turns, and how far their outputs differ from those of the first.

    The columns are `parameters`, `nonzero` (parameters that aren't zero), `bytes` (in a file), `multiply_adds`
    (for one item), `latency_ms` (for the batch), `difference` (the largest change of an output on the batch) and
    `score`. Zeros save nothing: they count as parameters, bytes and multiply-adds, and take as long as other numbers.

    Parameters
    ----------
    models : dict
        Name → model, or a function of a batch that has `figures`; the first is the reference.
    xb
        A batch of inputs, as the networks will get them: a tensor, a tuple, or a dict of named ones.
    score : Callable
        Function of a model, its accuracy for example. Default: `None`.
    threads : int
        CPU threads. Default: `1`.

    Returns
    -------
    pd.DataFrame
        A row for each model.
    """
    ...
