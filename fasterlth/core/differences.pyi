# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self



def differences(a, b, names: tuple = ('there', 'here'), at: str = '') -> list:
    """List the differences of two descriptions, in words."""
    ...
