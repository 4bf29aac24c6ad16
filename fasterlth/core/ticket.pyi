# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from dataclasses import dataclass
from pathlib import Path
import torch
from torch import nn
import pandas as pd, torch
from fastai.learner import Learner
from fasterlth.core.ticket import Ticket
from fasterlth.ship.deploy import Deployed
from fasterlth.core.ticket import layer_counts, Ticket
from collections.abc import Callable, Iterable
from fasterlth.counterparts import appended, counterparts, kind, last_layer, layers_of
from fasterlth.transfer import Transfer
import pandas

__all__ = ['Ticket']

def to_json(x, name: str = 'about'):
    """Convert to what JSON can hold. Raise an error that names what can't be converted."""
    ...

def versions() -> dict:
    """Return the versions of the packages that a result depends on."""
    ...

def layer_counts(model: nn.Module) -> dict:
    """Count modules by what they say of themselves: layers in their `repr`, what holds layers in its numbers and words."""
    ...

def model_facts(model: nn.Module) -> dict:
    """Describe a network in JSON: its class, and what builds it, as far as that is known."""
    ...

class _Described:
    """Describe `masks` and `about`: as a number, a line, a table, a plot."""
    @property
    def sparsity(self) -> float:
        ...
    def summary(self, model: nn.Module | None = None, xb=None) -> pandas.DataFrame:
        """Return weights and sparsity by layer; with a model also weights on a path, and effective sparsity.

        Of joint filters, it says how many are pruned and can be cut out."""
        ...
    def effective_sparsity(self, model: nn.Module, xb) -> float:
        """Return the share of weights that are pruned or lie on no path from inputs to outputs."""
        ...
    def plot(self, ax=None):
        """Draw the percentage of weights that remain in each layer."""
        ...
    def __repr__(self):
        ...

@dataclass(frozen=True, eq=False, repr=False)
class Ticket(_Described):
    """A sparse subnetwork and its start.

    Parameters
    ----------
    masks : dict
        Parameter name → bool tensor, True where a weight is kept; absent = dense.
    weights : dict
        Name → tensor: all parameters and buffers to start from, unmasked.
    about : dict
        Where it came from; anything that JSON can hold.
    """
    masks: dict
    weights: dict
    about: dict
    def __post_init__(self) -> None:
        ...
    @classmethod
    def of(cls, model: nn.Module, masks: dict, weights: dict | None = None, **about) -> Self:
        """Make a ticket of a model. It shares no tensor with the model.

        Parameters
        ----------
        model : nn.Module
            The model that it is a ticket of; its name is recorded.
        masks : dict
            Parameter name → bool tensor.
        weights : dict
            Name → tensor to start from, default the model's as they are now.
        **about
            Where it came from.
        """
        ...
    def start(self) -> dict:
        """Return the weights, zero where they are pruned, and the buffers: what the ticket's training starts from.

        Returns
        -------
        dict
            Name → tensor.
        """
        ...
    def check(self, model: nn.Module) -> None:
        """Raise a `ValueError` that lists the differences if the ticket doesn't fit the model."""
        ...
    def load_into(self, model: nn.Module) -> nn.Module:
        """Copy the start into a model. To keep the zeros during training, `apply` the ticket to a learner."""
        ...
    def save(self, path: str | Path) -> Path:
        """Write the ticket to one safetensors file, completely or not at all."""
        ...
    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a ticket from a file that `save` wrote. Raise if the file is damaged or holds no ticket."""
        ...
    def deploy(self, learn: Learner, how: str, path: str | Path | None = None, xb: torch.Tensor | tuple | dict | None = None, threads: int = 1, **options) -> Deployed:
        """Ship a trained ticket, and measure what that brings.

    Options are `exact` of `shrink`; `tolerance` of `to_onnx` and `to_int8`; `n_batches` (training batches, default
    4), `dynamic` and `reduce_range` of `to_int8`; `dtype` of `to_semi_structured`.

    Parameters
    ----------
    learn : Learner
        Holds the trained ticket; it is left as it is.
    how : str
        `'shrink'`, `'sparse'`, `'compressed'`, `'2:4'`, `'onnx'`, `'int8'`, `'shrink+onnx'`, `'shrink+int8'`.
    path : str | Path
        The file that `'compressed'`, `'onnx'`, `'int8'` and, if given, `'sparse'` write. Default: `None`.
    xb : torch.Tensor | tuple | dict
        Inputs to measure on, default up to 64 items of the validation data.
    threads : int
        CPU threads. Default: `1`.
    **options
        Of the steps: `exact`, `tolerance`, `n_batches`, `dynamic`, `reduce_range`, `dtype`.

    Returns
    -------
    Deployed
        The product and its report.
    """
        ...
    def model_card(self, repo_id: str = 'ORGANISATION/NAME', license: str | None = None) -> str:
        """Describe the ticket on a page of the Hub: use, provenance, rounds, layers.

    Parameters
    ----------
    repo_id : str
        The repository's name, for the code in it. Default: `'ORGANISATION/NAME'`.
    license : str
        An identifier like `'apache-2.0'`, for the card's header. Default: `None`.

    Returns
    -------
    str
        Markdown with a header in YAML.
    """
        ...
    def save_folder(self, path: str | Path, repo_id: str = 'ORGANISATION/NAME', license: str | None = None) -> Path:
        """Write the ticket and its card to a folder, as `push_to_hub` uploads them.

    Parameters
    ----------
    path : str | Path
        A folder, which need not exist yet.
    repo_id : str
        For the code in the card. Default: `'ORGANISATION/NAME'`.
    license : str
        As for `model_card`. Default: `None`.

    Returns
    -------
    Path
        The folder.
    """
        ...
    def push_to_hub(self, repo_id: str, private: bool = False, card: bool = True, license: str | None = None, token: str | None = None) -> str:
        """Upload the ticket and its card to the Hub in one commit.

    Parameters
    ----------
    repo_id : str
        Like `'organisation/name'`.
    private : bool
        Whether only you can see a repository that is created now. Default: `False`.
    card : bool
        Replace the repository's README.md; False leaves the one that is there. Default: `True`.
    license : str
        As for `model_card`. Default: `None`.
    token : str
        Default the one of `hf auth login`, or of the environment.

    Returns
    -------
    str
        The commit's address.
    """
        ...
    @classmethod
    def from_hub(cls, repo_id: str, revision: str | None = None, local_files_only: bool = False, cache_dir: str | None = None, token: str | None = None) -> Ticket:
        """Download a ticket from the Hub, and read it. Raise if it isn't there, is damaged, or is no ticket.

    Parameters
    ----------
    repo_id : str
        Like `'organisation/name'`, or the path of a folder from `save_folder`.
    revision : str
        A branch, a tag or a commit; default the newest.
    local_files_only : bool
        Read only what was downloaded before. Default: `False`.
    cache_dir : str
        Where downloads are kept; default the Hub's own folder.
    token : str
        For private repositories; default the one of `hf auth login`.
    """
        ...
    def build_model(self, **kwargs) -> nn.Module:
        """Build the network that the ticket belongs to. Raise unless it is one of timm or Hugging Face that fits.

    Parameters
    ----------
    **kwargs
        Other arguments of timm's `create_model`, or of the configuration, that the ticket doesn't know.

    Returns
    -------
    nn.Module
        With the ticket's start.
    """
        ...
    def apply(self, learn: Learner, kernels: str = 'dense') -> Learner:
        """Load the ticket's start and keep its masks on in every later fit. Nothing is changed if it doesn't fit.

    Parameters
    ----------
    learn : Learner
        The learner to train the ticket with.
    kernels : str
        As for `MaskCallback`. Default: `'dense'`.

    Returns
    -------
    Learner
        The same learner, so that calls chain.
    """
        ...
    def transfer(self, model: nn.Module, what: str = 'both', skip: list | tuple = (), blocks: Callable = appended, order: list | None = None, source_order: list | None = None, strict: bool = False) -> Transfer:
        """Make a ticket for another network. Layers without a counterpart keep the model's weights, and are dense.

    Parameters
    ----------
    self : Ticket
    model : nn.Module
        The network to make a ticket for; it isn't changed.
    what : str
        `'both'`; `'masks'` on the model's own weights; or `'weights'` without masks. Default: `'both'`.
    skip : list
        Layers that stay the model's own: names or patterns like `'fc'`, `'head.*'`. Default: `()`.
    blocks : Callable
        Which of the ticket's blocks each block of the model comes from, see `appended`. Default: `appended`.
    order : list
        Names of the model's layers in the order to match them, as from `computation_order`. Default: `None`.
    source_order : list
        The same for the ticket's network. Default: `None`.
    strict : bool
        Raise a `ValueError` if a layer is left without a counterpart. Default: `False`.

    Returns
    -------
    Transfer
        `(ticket, report)`.
    """
        ...
