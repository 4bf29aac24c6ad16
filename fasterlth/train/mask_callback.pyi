# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from fastai.learner import Learner
from ..core.masks import revived
from .guarded import GuardedCallback

__all__ = ['MaskCallback']

class MaskCallback(GuardedCallback):
    """Keep pruned weights at exactly zero, at every forward pass and afterwards, however the fit ends.

    Parameters
    ----------
    masks : dict
        Parameter name → bool tensor, True where a weight is kept.
    kernels : str
        `'sparse'`: compute with the weights that are left; `'auto'`: where that is faster. Default: `'dense'`.
    """
    order: Any
    revived: Any
    reads_optimizer: bool
    masks: Any
    held: tuple
    sparse: Any
    vectors: Any
    def __init__(self, masks: dict, kernels: str = 'dense') -> None:
        ...
    def __call__(self, event_name):
        ...
    def prepare(self) -> None:
        """Hold the parameters that have pruned weights, and their masks as whole numbers."""
        ...
    def enforce(self) -> None:
        """Zero the pruned weights."""
        ...
    def release(self) -> None:
        """Drop what `prepare` holds."""
        ...
    def before_train(self) -> None:
        ...
    def enforce_over_others(self) -> None:
        """Zero the pruned weights if other callbacks may have written them."""
        ...
    def before_batch(self) -> None:
        ...
    def after_backward(self) -> None:
        ...
    def after_step(self) -> None:
        ...
    def before_validate(self) -> None:
        ...
    def after_fit(self) -> None:
        ...
    def unhook_gradients(self) -> None:
        """Remove the hooks of `hook_gradients`."""
        ...
    def hook_gradients(self) -> None:
        """Zero gradients of pruned weights at once if the user's callbacks look at them before this one."""
        ...
    def needed_events(self) -> frozenset:
        """Return the events that have to be handled in this epoch: each costs time at every batch."""
        ...
    def before_fit(self) -> None:
        ...
    def forget_revived(self) -> None:
        """Keep the masks on from now on: when the first batch has begun, nobody has refused the fit."""
        ...
    def on_exit(self) -> None:
        ...
    def compute_sparse(self) -> None:
        """Compute with what is left from now on, if that is wanted."""
        ...
    def use_parameters(self) -> None:
        """Give the optimizer its parameters back, until the next batch."""
        ...
    def after_train(self) -> None:
        ...
    def after_cancel_train(self) -> None:
        ...
    def use_dense(self) -> None:
        """Let all layers compute with dense kernels, until the next batch."""
        ...
    def state_dict(self) -> dict:
        """Return what a fit under way needs to be resumed with the same bits."""
        ...
    def load_state_dict(self, state: dict) -> None:
        """Resume a fit, from `state_dict`."""
        ...

def step_parameters(learn: Learner) -> None:
    """Give the optimizer its parameters back, until the next batch."""
    ...

def compute_dense(learn: Learner) -> None:
    """Let all layers compute with dense kernels, until the next batch."""
    ...

def learner_masks(learn: Learner) -> dict:
    """Return the masks that tickets keep on a learner."""
    ...

def mask_opt_state(opt, model, masks: dict) -> None:
    """Zero the optimizer's state for pruned weights."""
    ...
