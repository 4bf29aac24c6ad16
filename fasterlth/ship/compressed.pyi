# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from pathlib import Path
from ..core.ticket import Ticket

__all__ = ['load_compressed', 'save_compressed']

def save_compressed(ticket: Ticket, path: str | Path) -> Path:
    """Write the surviving weights and a bit for each position: exact, and as safe as safetensors.

    Parameters
    ----------
    ticket : Ticket
        Its start, weights × masks, is kept; for a trained network: `Ticket.of(learn.model, masks)`.
    path : str | Path
        The file to write.

    Returns
    -------
    Path
        The path.
    """
    ...

def load_compressed(path: str | Path) -> Ticket:
    """Read a compressed ticket, bit for bit.

    Parameters
    ----------
    path : str | Path
        A file from `save_compressed`.

    Returns
    -------
    Ticket
        Its pruned weights are zero.
    """
    ...
