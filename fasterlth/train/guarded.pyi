# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from fastai.callback.core import Callback


def guarded_fit(learn, *args, **kwargs):
    """Call the learner's `fit`, and notify its guarded callbacks when it ends, even by an exception."""
    ...

def noted_export(learn, *args, **kwargs):
    """Call the learner's `export`, and warn that its file needs this library."""
    ...

class GuardedCallback(Callback):
    """A callback that is notified when it is attached to a learner, and when a fit ends, even by an exception."""
    before: Any
    refused: bool
    @property
    def learn(self):
        ...
    @learn.setter
    def learn(self, learn) -> None:
        ...
    def __call__(self, event_name):
        ...
    def end_fit(self) -> None:
        """Clean up, and restore torch's modes, and the learner of a fit that was refused before its first batch."""
        ...
    def on_attach(self, learn) -> None:
        """Guard the learner's `fit`."""
        ...
    def on_detach(self, learn) -> None:
        """Leave the learner as it was."""
        ...
    def on_exit(self) -> None:
        """Clean up; called after each fit, and when detached."""
        ...
