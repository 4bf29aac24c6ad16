# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Iterable
import torch
from fastai.data.core import DataLoaders, TfmdDL
from fastai.torch_core import TensorBase

__all__ = ['ArrayDataset', 'MemoryDL', 'TensorSeries', 'memory_dls']

class TensorSeries(TensorBase):
    """A time series by channel, or a vector of features, shown as lines."""
    def show(self, ctx=None, **kwargs):
        """Plot each channel as a line.

        Parameters
        ----------
        ctx
            Matplotlib axes, default new ones.
        **kwargs
            For Matplotlib's `plot`.
        """
        ...

class ArrayDataset:
    """Inputs and labels as two tensors. Items have fastai's types, so that they show themselves.

    Parameters
    ----------
    x : torch.Tensor
        Normalised floats `(n, channels, height, width)`, `(n, channels, length)`, `(n, features)`.
    y : torch.Tensor
        Labels, long `(n,)`.
    vocab : list
        The classes' names.
    mean : torch.Tensor
    std : torch.Tensor
        What they were normalised with: `(channels, 1, 1)`, or as for `x`.
    split_idx : int
        0 for training, 1 for validation: some transforms are for one of them. Default: `None`.
    """
    n_inp: int
    loss_func: Any
    x: Any
    y: Any
    vocab: Any
    mean: Any
    std: Any
    split_idx: Any
    def __init__(self, x: torch.Tensor, y: torch.Tensor, vocab: list, mean: torch.Tensor, std: torch.Tensor, split_idx: int | None = None) -> None:
        ...
    @property
    def c(self):
        ...
    @property
    def tensors(self):
        ...
    def __len__(self):
        ...
    def __getitem__(self, i):
        ...
    @property
    def kind(self):
        ...
    def typed(self, x, y):
        ...
    def decode(self, b, full=True):
        ...
    def new_empty(self):
        ...
    def to(self, device) -> None:
        ...

loader_options: list

def check_device(device):
    """Raise unless `device` is None or names a device."""
    ...

class MemoryDL(TfmdDL):
    """A fastai loader that makes its batches by indexing the tensors of an `ArrayDataset`."""
    def __init__(self, dataset, bs=64, shuffle=False, num_workers=0, **kwargs) -> None:
        ...
    def show_batch(self, b=None, max_n=9, ctxs=None, show=True, unique=False, figsize=None, **kwargs):
        """Show some items, as fastai does."""
        ...
    def show_results(self, b, out, max_n=9, ctxs=None, show=True, figsize=None, **kwargs):
        """Show some items with their labels and predictions, as fastai does."""
        ...
    def indexed_tensors(self) -> tuple:
        """Return the tensors of which its batches are rows; None if they are anything else.

        Returns
        -------
        tuple
            `(x, y)`, on the loader's device.
        """
        ...
    def create_batches(self, samps):
        ...

def check_options(where: str, bs: int, options: dict, own: Iterable = ...) -> dict:
    """Return the options of `memory_dls`. Raise unless they are valid, as far as that can be told without the data."""
    ...

def memory_dls(train: tuple, valid: tuple, vocab: list | None = None, bs: int = 64, n: int | None = None, seed: int = 42, classes: list | None = None, device=None, path='.', kind: str | None = None, **kwargs) -> DataLoaders:
    """Make loaders from two pairs of arrays.

    Parameters
    ----------
    train : tuple
        `(x, y)`: images, series or vectors, see `kind`, and labels.
    valid : tuple
        The same for validation.
    vocab : list
        The classes' names, default their numbers.
    bs : int
        Batch size in training; twice that in validation. Default: `64`.
    n : int
        Use only this many training items, chosen by `seed`. Default: `None`.
    seed : int
        For `n`. Default: `42`.
    classes : list
        Use only the items of these classes, by name or number, with the labels 0, 1, … Default: `None`.
    device
        Default fastai's.
    path
        Where the learner saves its models. Default: `'.'`.
    kind : str
        `'image'`, `'series'` or `'vector'`, default by the dimensions.
    **kwargs
        For both loaders, like `after_batch` or `drop_last`.

    Returns
    -------
    DataLoaders
        In memory.
    """
    ...
