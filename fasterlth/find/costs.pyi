# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
import pandas as pd
from fastai.learner import Learner


def epoch_flops(learn: Learner, masks: dict) -> float:
    """Count the operations of one epoch of training under masks."""
    ...

def cost_table(costs: dict) -> pd.DataFrame:
    """Return costs as a table."""
    ...
