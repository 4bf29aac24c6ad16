# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self


__all__ = ['fasterlth', 'find']

data_sets: tuple

networks: tuple

def make_model(name: str, shape: tuple, n_out: int, seed: int):
    """Make one of the papers' networks for images of a given shape."""
    ...

def find(data: str = 'digits', model: str = 'lenet_300_100', sparsity: float = 95, rounds: int = 5, epochs: int = 10, seed: int = 0, out: str = 'fasterlth-out', path: str | None = None) -> None:
    """Find a lottery ticket, compare it with the dense network and with random weights, and save it."""
    ...

def fasterlth() -> None:
    """Parse the command's options, and call `find`."""
    ...
