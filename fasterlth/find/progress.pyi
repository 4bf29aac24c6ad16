# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable
from contextlib import contextmanager
from fastai.callback.core import Callback
from fastai.learner import Learner


class Progress:
    """Show a bar over long work: `with Progress(total, verbose) as bar`, then `bar.show(done)`."""
    wanted: Any
    bar: Any
    done: Any
    closed: Any
    def __init__(self, total: int | None = None, verbose: bool = True) -> None:
        ...
    def show(self, done: int, total: int | None = None, comment: str = '') -> None:
        """Show how much of the work is done."""
        ...
    def __enter__(self) -> Self:
        ...
    def __exit__(self, error, value, trace) -> None:
        """Mark an interrupted bar as such, and end its line."""
        ...

@contextmanager
def watching(count: Callable, total: int, verbose: bool = True):
    """Show a bar over work that other processes do, by counting twice a second what is done."""
    ...

def wants_bar(learn: Learner, verbose: bool) -> bool:
    """Return whether to show a bar: not inside `learn.no_bar()`, and not for a learner without progress."""
    ...

def is_logger(cb: Callback, name: str) -> bool:
    """Return whether a callback is one of fastai's optional loggers."""
    ...

class LogRounds(Callback):
    """Let the loggers on a learner keep all rounds of a search, each with its number and sparsity."""
    order: Any
    columns: dict
    n: Any
    begun: set
    base: Any
    moved: list
    def __init__(self) -> None:
        ...
    def at(self, round: int | str, sparsity: float, n: int = 0) -> Callback:
        """Set the round that is trained next."""
        ...
    def before_fit(self) -> None:
        ...
    def before_epoch(self) -> None:
        ...
    def after_fit(self) -> None:
        ...
    def state_dict(self):
        ...
    def load_state_dict(self, state) -> None:
        ...
