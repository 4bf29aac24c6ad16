# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from .comparison import LotteryStudy

__all__ = ['LotteryStudy']

