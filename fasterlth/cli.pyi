# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self


__all__ = ['fasterlth', 'find', 'show', 'study']

data_sets: tuple

networks: tuple

def make_model(name: str, shape: tuple, n_out: int, seed: int):
    """Make one of the papers' networks for images of a given shape."""
    ...

def find(data: str = 'digits', model: str = 'lenet_300_100', sparsity: float = 95, rounds: int = 5, epochs: int = 10, seed: int = 0, out: str = 'fasterlth-out', path: str | None = None, force: bool = False) -> None:
    """Find a lottery ticket, compare it with the dense network and with random weights, and save it."""
    ...

def study(data: str = 'digits', model: str = 'lenet_300_100', sparsity: float = 95, rounds: int = 5, epochs: int = 10, seeds: int = 3, conditions: str = 'random_reinit,random_mask', jobs: int = 1, out: str = 'fasterlth-study', path: str | None = None, force: bool = False) -> None:
    """Train tickets beside their controls, with several seeds, and say whether they win."""
    ...

def bar(share: float, width: int = 30, full: str = '█', empty: str = '·') -> str:
    """Draw a share as a bar of text. Whatever isn't nothing has at least one character."""
    ...

def show(ticket: str, plot: str | None = None, force: bool = False) -> None:
    """Show a ticket: its size, where it came from, what is left of each layer."""
    ...

def fasterlth():
    """Parse the command line, and call the function that it names."""
    ...
