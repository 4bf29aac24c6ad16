# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from pathlib import Path
from .train_fn import Trainer


class Kept:
    """Make trainings, or read them from a folder where they are kept. Without a path none is kept."""
    trainer: Any
    path: Any
    about: Any
    def __init__(self, trainer: Trainer, path: str | Path | None = None, **more) -> None:
        ...
    def measure(self, name: str, seed: int, start: dict, masks: dict, when: str) -> tuple:
        """Train and score, unless that was done before. Return the model, and the scores as columns of a table."""
        ...
