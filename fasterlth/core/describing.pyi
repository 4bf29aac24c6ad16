# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from collections.abc import Callable
from torch import nn


def checksum(x, crc=0):
    """Add an item, whatever it is made of, to a checksum."""
    ...

def is_simple(o):
    """Return whether the `repr` of an object describes it completely."""
    ...

def name_of(f):
    """Return the name of a function, or of a callable object's type."""
    ...

def settings_of(o):
    """Return the plain values among an object's attributes, except what methods change."""
    ...

function_types: tuple

def array_text(a):
    """Describe an array by its shape and a checksum, of about a million numbers if it has more; odd ones by their shape."""
    ...

def describe_function(f: Callable) -> dict:
    """Describe what a function does, as far as its code tells."""
    ...

def describe_object(o, state: frozenset = frozenset()) -> dict:
    """Describe the settings of an object."""
    ...

def functions_of_class(cls):
    """Return the functions that the user's classes among the bases of a class have, by name."""
    ...

def describe_class(cls):
    """Describe the methods of a class. What makes its objects shows in them."""
    ...

def code_of_class(cls):
    """Return checksums of the methods of a class, without what they read."""
    ...

def described(o, name):
    """Describe an object by its name, its settings, and the methods of a user's class."""
    ...

def own_classes(objects):
    """Return the user's classes among those of some objects."""
    ...

def written_names(classes):
    """Return the attributes that the functions of some classes write, of whatever object."""
    ...

def describe_objects(objects, state):
    """Describe the settings of objects by name, of those that have any."""
    ...

def describe_model(model: nn.Module, state: frozenset) -> dict:
    """Describe a model, except for its weights."""
    ...

def describe(x):
    """Describe an argument, the same way in every session."""
    ...
