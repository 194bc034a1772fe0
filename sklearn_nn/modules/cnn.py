"""Convolutional network."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sklearn_nn.modules.affine import RandomAffine
from sklearn_nn.modules.mlp import ACTIVATIONS, MLP

POOLINGS = {"max": nn.MaxPool2d, "average": nn.AvgPool2d}


class CNN(MLP):
    """A perceptron on blocks of convolutions, each but the smallest pooled by two.

    Convolutions and pooling are those of LeNet [1]_, blocks of several small kernels
    those of VGG [2]_. A convolution keeps height and width ("same" padding by zeros)
    and is followed by batch normalisation, if wanted, and the activation. A side that
    is one already is not pooled.

    Parameters
    ----------
    image_shape : (channels, length) or (channels, height, width)
        Shape of a signal or image.
    n_outputs : int
        Number of logits.
    channels : sequence of int
        Channels of each block.
    convs_per_block : int
        Convolutions before each pooling.
    kernel_size : int
        Side of the kernels, odd; beyond what spans the image it is cut.
    pooling : str
        A key of :data:`POOLINGS`.
    batch_norm : bool
        Whether to normalise each channel over the batch, before the activation. A
        lone value (one row, one pixel) is normalised by the running statistics.
    hidden : sequence of int
        Widths of the hidden layers between the convolutions and the output.
    activation : str
        A key of :data:`~sklearn_nn.modules.mlp.ACTIVATIONS`.
    dropout : float
        Probability of dropping a value of the last block, or a hidden unit, in
        training.
    rotation, translation, scaling : float
        Degrees and shares of :class:`~sklearn_nn.modules.RandomAffine`, which moves the
        images in training; zero leaves it out.

    References
    ----------
    .. [1] LeCun, Y., Bottou, L., Bengio, Y., & Haffner, P. (1998). Gradient-based
       learning applied to document recognition. Proceedings of the IEEE, 86(11).
    .. [2] Simonyan, K., & Zisserman, A. (2015). Very deep convolutional networks for
       large-scale image recognition. ICLR.

    Examples
    --------
    >>> import torch
    >>> from sklearn_nn.modules import CNN
    >>> net = CNN((1, 8, 8), n_outputs=10, channels=(4, 8), hidden=(16,))
    >>> images = torch.zeros(5, 1, 8, 8)
    >>> net(images).shape
    torch.Size([5, 10])
    >>> net.convolutions(images).shape  # 8 channels of 2 x 2 pixels
    torch.Size([5, 32])
    """

    def __init__(
        self,
        image_shape: Sequence[int],
        n_outputs: int,
        channels: Sequence[int] = (32, 64),
        convs_per_block: int = 1,
        kernel_size: int = 3,
        pooling: str = "max",
        batch_norm: bool = False,
        hidden: Sequence[int] = (128,),
        activation: str = "relu",
        dropout: float = 0.0,
        rotation: float = 0.0,
        translation: float = 0.0,
        scaling: float = 0.0,
    ):
        width, *sides = image_shape
        height, length = sides if len(sides) == 2 else (1, *sides)
        kernel = (
            min(kernel_size, height + 1 - height % 2),
            min(kernel_size, length + 1 - length % 2),
        )
        layers: list[nn.Module] = []
        if rotation or translation or scaling:
            layers.append(RandomAffine(rotation, translation, scaling))
        layers.append(_ChannelsLast())
        for n_channels in channels:
            for _ in range(convs_per_block):
                # Batch normalisation would take a bias away again.
                layers.append(
                    nn.Conv2d(
                        width, n_channels, kernel, padding="same", bias=not batch_norm
                    )
                )
                if batch_norm:
                    layers.append(_BatchNorm(n_channels))
                layers.append(ACTIVATIONS[activation]())
                width = n_channels
            window = min(2, height), min(2, length)
            if max(window) > 1:
                layers.append(POOLINGS[pooling](window))
            height, length = height // window[0], length // window[1]
        layers.append(nn.Flatten())
        if dropout:
            layers.append(nn.Dropout(dropout))
        super().__init__(
            width * height * length, n_outputs, hidden, activation, dropout
        )
        self.convolutions = nn.Sequential(*layers)

    def features(self, x: Tensor) -> Tensor:
        """Map (n, channels, ..., width) to the last hidden layer, (n, n_features)."""
        if x.ndim == 3:
            x = x.unsqueeze(2)
        return super().features(self.convolutions(x))


class _BatchNorm(nn.BatchNorm2d):
    """Batch normalisation that takes a lone value by the running statistics.

    The last batch may be of one row; the variance of one value is zero.
    """

    def forward(self, x: Tensor) -> Tensor:
        if x.numel() > x.shape[1]:
            return super().forward(x)
        return F.batch_norm(
            x, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps
        )


class _ChannelsLast(nn.Module):
    """Lays a batch out with the channels of a pixel side by side.

    The layers behind keep to that order, in which convolutions and pooling take a
    third less time on a CPU. A plain ``contiguous`` leaves images of one channel as
    they are, and the layers behind in the slower order.
    """

    def forward(self, x: Tensor) -> Tensor:
        return torch.empty_like(x, memory_format=torch.channels_last).copy_(x)
