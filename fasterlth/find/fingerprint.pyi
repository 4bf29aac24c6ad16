# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from fastai.learner import Learner


def describe_data(dls) -> list:
    """Describe the data that is trained on and validated on."""
    ...

def describe_learner(learn: Learner) -> dict:
    """Describe what a learner trains with, except for the weights."""
    ...
