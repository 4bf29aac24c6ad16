# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from contextlib import contextmanager
from fastai.data.core import DataLoaders
from fastai.learner import Learner


def replica_randomness(learn: Learner, seed: int | None = None) -> dict:
    """Return the random states that a replica begins with, and leave them as they were."""
    ...

@contextmanager
def drawing_for(rng: dict, dls: DataLoaders | None = None):
    """Draw random numbers for a replica."""
    ...

class StackedDL:
    """Yield batches of all replicas, along the second axis, as each would see them alone."""
    dls: list
    which: Any
    rngs: Any
    shared: Any
    bs: Any
    dataset: Any
    device: Any
    def __init__(self, dls: list, which: int, rngs: list) -> None:
        ...
    def __getattr__(self, k):
        """Return what the replicas' loaders have, such as `n_inp`, but nothing that would yield one replica's items."""
        ...
    @property
    def loaders(self) -> list:
        """Return each replica's own loader."""
        ...
    def __len__(self):
        ...
    def to(self, device) -> Self:
        ...
    def __iter__(self):
        ...
