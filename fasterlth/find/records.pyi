# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from pathlib import Path


def checked_json(content) -> str:
    """Return JSON with its checksum."""
    ...

def write_json(path: str | Path, content) -> None:
    """Write JSON with its checksum, completely or not at all."""
    ...

def read_json(path: str | Path, **kinds):
    """Read JSON and check it. Raise a `ValueError` that names the file if it is damaged."""
    ...

def check_record(content, file: Path, **kinds) -> dict:
    """Raise a `ValueError` that names file and key unless `content` is a dict with at least these keys."""
    ...
