# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from typing import NamedTuple
from ..train.snapshot import Snapshot
from .folder import RunFolder
from .search import LotteryTicketFinder
from .jobs import Job


stack_moment: str

class _Control(NamedTuple):
    """A control that is ready to be trained."""
    job: Job
    finder: LotteryTicketFinder
    begin: Snapshot
    masks: dict
    folder: RunFolder

class Stacks:
    """Do a study's jobs in stacks, and collect what goes wrong."""
    jobs: dict
    size: Any
    folder: Any
    continues: Any
    failures: list
    trunks: dict
    def __init__(self, jobs: list, size: int, folder: RunFolder, continues: bool = True) -> None:
        ...

def run_stacks(jobs: list, size: int, threads: int, folder: RunFolder, continues: bool = True) -> list:
    """Do jobs in stacks. Raise an `Unstackable` if their trainings can't be stacked."""
    ...
