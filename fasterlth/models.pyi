# Made from the module by tools/stubs.py: edit the notebook, not this file.
from typing import Any
from typing_extensions import Self
from torch import nn

__all__ = ['conv2', 'conv4', 'conv6', 'init_weights', 'lenet5', 'lenet_300_100', 'residual_mlp', 'resnet20', 'small_resnet', 'small_vgg16']

def init_weights(model: nn.Module, seed: int | None = None, init=nn.init.xavier_normal_) -> nn.Module:
    """Initialise the weights of linear and convolutional layers, with zero biases.

    Parameters
    ----------
    model : nn.Module
        Changed in place.
    seed : int
        None draws from the current random state. Default: `None`.
    init
        Of the weights of linear and convolutional layers. Default: `nn.init.xavier_normal_`.

    Returns
    -------
    nn.Module
        The same model.
    """
    ...

def lenet_300_100(n_in: int = 784, n_out: int = 10, seed: int | None = None) -> nn.Sequential:
    """Make LeNet-300-100 of LeCun et al. 1998, the lottery ticket paper's network for MNIST.

    Parameters
    ----------
    n_in : int
        Pixels of an image, times its channels. Default: `784`.
    n_out : int
        Classes. Default: `10`.
    seed : int
        Of the initialisation. Default: `None`.

    Returns
    -------
    nn.Sequential
        Fully connected, 266,200 weights.
    """
    ...

def lenet5(n_ch: int = 1, size: int = 28, n_out: int = 10, seed: int | None = None) -> nn.Sequential:
    """Make LeNet-5 of LeCun et al. 1998, with ReLU and max pooling.

    Parameters
    ----------
    n_ch : int
        Channels of an image. Default: `1`.
    size : int
        Height and width of an image. Default: `28`.
    n_out : int
        Classes. Default: `10`.
    seed : int
        Of the initialisation. Default: `None`.

    Returns
    -------
    nn.Sequential
        Two convolutions and three linear layers.
    """
    ...

def conv2(n_ch: int = 3, size: int = 32, n_out: int = 10, seed: int | None = None) -> nn.Sequential:
    """Make Conv-2 of the lottery ticket paper.

    Parameters
    ----------
    n_ch : int
        Default: `3`.
    size : int
        Channels, and height and width of an image. Default: `32`.
    n_out : int
        Classes. Default: `10`.
    seed : int
        Of the initialisation. Default: `None`.
    """
    ...

def conv4(n_ch: int = 3, size: int = 32, n_out: int = 10, seed: int | None = None) -> nn.Sequential:
    """Make Conv-4 of the lottery ticket paper."""
    ...

def conv6(n_ch: int = 3, size: int = 32, n_out: int = 10, seed: int | None = None) -> nn.Sequential:
    """Make Conv-6 of the lottery ticket paper."""
    ...

class BasicBlock(nn.Module):
    """Two 3×3 convolutions around a shortcut."""
    conv1: Any
    bn1: Any
    conv2: Any
    bn2: Any
    down: Any
    def __init__(self, n_in: int, n_out: int, stride: int = 1) -> None:
        ...
    def forward(self, x):
        ...

def small_resnet(depth: int | tuple = 20, n_ch: int = 3, n_out: int = 10, width: int = 16, seed: int | None = None, stride: int = 1) -> nn.Sequential:
    """Make a residual network for small images.

    Parameters
    ----------
    depth : int | tuple
        Layers, 6n+2, like 20, 32, 44; or each stage's blocks, like `(3,4,6,3)` of ResNet-34. Default: `20`.
    n_ch : int
        Channels of an image. Default: `3`.
    n_out : int
        Classes. Default: `10`.
    width : int
        Channels of the first stage; each later stage has twice as many. Default: `16`.
    seed : int
        Of the initialisation. Default: `None`.
    stride : int
        Of the first convolution. Default: `1`.
    """
    ...

def resnet20(n_ch: int = 3, n_out: int = 10, width: int = 16, seed: int | None = None) -> nn.Sequential:
    """Make ResNet-20: 270,896 weights."""
    ...

def small_vgg16(n_ch: int = 3, n_out: int = 10, seed: int | None = None) -> nn.Sequential:
    """Make VGG-16 for small images, with BatchNorm and one linear layer; weights are Kaiming normal.

    Parameters
    ----------
    n_ch : int
        Channels of an image, which has 32×32 pixels or more. Default: `3`.
    n_out : int
        Classes. Default: `10`.
    seed : int
        Of the initialisation. Default: `None`.

    Returns
    -------
    nn.Sequential
        Thirteen convolutions and a linear layer, 14.7 million weights.
    """
    ...

class ResidualMLP(nn.Module):
    """Three linear layers; the second one's output is added to its input."""
    flat: Any
    fc1: Any
    fc2: Any
    fc3: Any
    def __init__(self, n_in: int, n_hidden: int, n_out: int) -> None:
        ...
    def forward(self, x):
        ...

def residual_mlp(n_in: int = 40, n_hidden: int = 500, n_out: int = 10, seed: int | None = None) -> nn.Module:
    """Make the network that MNIST-1D's authors find tickets in.

    Parameters
    ----------
    n_in : int
        Values of an item. Default: `40`.
    n_hidden : int
        Units of each hidden layer. Default: `500`.
    n_out : int
        Classes. Default: `10`.
    seed : int
        Of the initialisation. Default: `None`.

    Returns
    -------
    nn.Module
        With the default sizes 275,000 weights.
    """
    ...
