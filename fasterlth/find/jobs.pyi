# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable, Hashable
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple


@contextmanager
def settled(threads: int, job: int | None = None):
    """Fix threads and random states; assign GPUs by job number."""
    ...

class Job(NamedTuple):
    """A function to call, and the folder it writes to."""
    key: Hashable
    folder: Path
    call: Callable
    @property
    def done(self) -> bool:
        """Return whether it is done."""
        ...
    @property
    def running(self) -> Path:
        """Return the file that marks it as running."""
        ...

class Failure(NamedTuple):
    """What went wrong in a job."""
    key: Hashable
    error: str
    trace: str

def check_jobs(n_jobs: int) -> None:
    """Raise unless `n_jobs` is a number of jobs and joblib would run them in single-threaded processes."""
    ...

def run_jobs(jobs: list, n_jobs: int, threads: int) -> list:
    """Run jobs, several at a time, and return what went wrong."""
    ...
