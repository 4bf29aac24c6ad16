# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
import ctypes, os
from pathlib import Path
import torch

__all__ = ['OnnxModel']

def error_in_words(e: Exception) -> str:
    """Return an error's class and message in one line, without pages of advice and escape codes."""
    ...

def is_sequence(t: torch.Tensor) -> bool:
    """Return whether an input holds whole numbers in rows, as tokens are, of which there may be any number."""
    ...

def sequence_length(xb) -> int:
    """Return the length of the longest sequence."""
    ...

def are_right(lengths: tuple, n: int) -> bool:
    """Return whether sequences of a length are within limits."""
    ...

def lengths_in_words(lengths: tuple) -> str:
    """Say how long sequences may be."""
    ...

def note_lengths(path: str | Path, lengths: tuple, feeds: dict) -> None:
    """Write into a file which lengths of sequences it is right for. If it is only one, fix the sizes of the inputs."""
    ...

class OnnxModel:
    """An ONNX file as a function of a batch, run by onnxruntime on the CPU.

    Parameters
    ----------
    path : str | Path
        The file.
    threads : int
        CPU threads, default all cores.
    multiply_adds : int
        For one item, if known. Default: `None`.
    """
    path: Any
    multiply_adds: Any
    notes: list
    session: Any
    lengths: Any
    def __init__(self, path: str | Path, threads: int | None = None, multiply_adds: int | None = None) -> None:
        ...
    def __del__(self, getpid=os.getpid, keep=ctypes.pythonapi.Py_IncRef, at=ctypes.py_object) -> None:
        ...
    def __call__(self, *xb, **named):
        ...
    @property
    def input_names(self) -> list:
        """Return the names of the network's inputs in the file."""
        ...
    @property
    def item_by_item(self) -> bool:
        """Return whether the file takes one item at a time."""
        ...
    @property
    def weights(self) -> dict:
        """Return the network's weights as they are in the file, int8 where they are quantised.

        Returns
        -------
        dict
            Name → tensor.
        """
        ...
    @property
    def figures(self) -> dict:
        """Return what `compare_models` shows."""
        ...
    def with_threads(self, threads):
        """Return the same model with another number of CPU threads."""
        ...
    def feeds(self, xb) -> list:
        """Return the inputs as onnxruntime takes them.

    Parameters
    ----------
    xb
        The inputs of a batch.

    Returns
    -------
    list
        Input's name → array; for each item if the file takes one at a time.
    """
        ...
