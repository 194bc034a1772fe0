"""Convolutional networks for images and signals."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from sklearn_nn._classifier import NeuralClassifier
from sklearn_nn._declaration import (
    NonNegativeFloat,
    PositiveInt,
    Probability,
    estimator,
)
from sklearn_nn._regressor import NeuralRegressor
from sklearn_nn.modules import CNN
from sklearn_nn.neural_network._images import ImageEstimator
from sklearn_nn.neural_network._mlp import _MLPEstimator
from sklearn_nn.neural_network._sizes import check_sizes


@estimator
class _CNNEstimator(ImageEstimator, _MLPEstimator):
    """Fields and module of both convolutional networks.

    Parameters
    ----------
    max_epochs : int, default=30
        Number of passes over the training rows, at most.
    channels : int or sequence of int, default=(32, 64)
        Channels of each block: convolutions that keep the sides, then pooling that
        halves those longer than one.
    convs_per_block : int, default=1
        Convolutions of a block.
    kernel_size : int, default=3
        Side of the kernels, odd.
    pooling : {"max", "average"}, default="max"
        What is kept of every two by two pixels, or of every two values of a signal.
    batch_norm : bool, default=False
        Whether to normalise each channel over the batch. It speeds up the training
        of deeper networks, but the result then depends on which rows share a batch.
    hidden_layer_sizes : int or sequence of int, default=(128,)
        Widths of the hidden layers between the blocks and the output; an empty
        sequence leaves them out.
    activation : str, default="relu"
        Activation of convolutions and hidden layers: ``"relu"``, ``"tanh"``,
        ``"logistic"``, ``"gelu"``, ``"silu"`` or ``"identity"``.
    dropout : float, default=0.0
        Probability of dropping, in training, a value of the last block or a hidden
        unit.
    rotation : float, default=0.0
        Augmentation: in training, each image is turned by a random angle of at most
        this many degrees, differently at each epoch. Zero is put where the image
        ends, so zero should mean background.
    translation : float, default=0.0
        Augmentation: each image, or signal, is moved at random by at most this share
        of each side.
    scaling : float, default=0.0
        Augmentation: each image, or signal, grows or shrinks at random by at most
        this share.

    Attributes
    ----------
    image_shape_ : tuple of int
        Shape of an image or signal, with its channels last.
    """

    max_epochs: PositiveInt = 30
    channels: PositiveInt | Sequence | np.ndarray = (32, 64)
    convs_per_block: PositiveInt = 1
    kernel_size: PositiveInt = 3
    pooling: Literal["max", "average"] = "max"
    batch_norm: bool = False
    rotation: NonNegativeFloat = 0.0
    translation: NonNegativeFloat = 0.0
    scaling: Probability = 0.0

    def _module(self, n_outputs: int):
        *sides, n_channels = self.image_shape_
        if self.kernel_size % 2 == 0:
            raise ValueError(
                f"The 'kernel_size' parameter of {type(self).__name__} must be odd, so "
                f"that there is a pixel in the middle. Got {self.kernel_size} instead."
            )
        self._check_kernel_fits(self.kernel_size)
        if self.rotation and (len(sides) == 1 or 1 in sides):
            raise ValueError(
                f"{type(self).__name__} cannot turn signals, or images one pixel high "
                "or wide: set rotation=0.0, or image_shape if X holds flattened "
                f"images. Got rotation={self.rotation} and rows of shape "
                f"{self.image_shape_}."
            )
        return CNN, {
            "image_shape": (n_channels, *sides),
            "n_outputs": n_outputs,
            "channels": check_sizes(self, "channels", least=1),
            "convs_per_block": self.convs_per_block,
            "kernel_size": self.kernel_size,
            "pooling": self.pooling,
            "batch_norm": self.batch_norm,
            "hidden": check_sizes(self, "hidden_layer_sizes"),
            "activation": self.activation,
            "dropout": self.dropout,
            "rotation": self.rotation,
            "translation": self.translation,
            "scaling": self.scaling,
        }


@estimator
class CNNClassifier(_CNNEstimator, NeuralClassifier):
    """Convolutional network for images or signals, trained by cross-entropy.

    Blocks of convolutions and pooling, hidden layers, and a linear output. X is a
    matrix with a flattened image a row, or an array of images with the channels, if
    there are any, last. Pixels are best scaled to [0, 1] beforehand.

    See Also
    --------
    CNNRegressor : The same network for numbers.
    sklearn.preprocessing.MinMaxScaler : Scales pixels to [0, 1].

    References
    ----------
    LeCun, Bottou, Bengio & Haffner (1998). Gradient-based learning applied to
    document recognition. Proceedings of the IEEE 86(11), 2278-2324.

    Ioffe & Szegedy (2015). Batch normalization: accelerating deep network training by
    reducing internal covariate shift. ICML.

    Simard, Steinkraus & Platt (2003). Best practices for convolutional neural
    networks applied to visual document analysis. ICDAR.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_nn.neural_network import CNNClassifier
    >>> digits = load_digits()
    >>> X, y = digits.images / 16, digits.target
    >>> model = CNNClassifier(lr=0.005, max_epochs=5, random_state=0)
    >>> model.fit(X[:1000], y[:1000]).score(X[1000:], y[1000:]) > 0.9
    True
    >>> model.image_shape_
    (8, 8, 1)
    """


@estimator
class CNNRegressor(_CNNEstimator, NeuralRegressor):
    """Convolutional network for images or signals, trained by squared error.

    X is a matrix with a flattened image a row, or an array of images with the
    channels, if there are any, last.

    See Also
    --------
    CNNClassifier : The same network for labels.
    sklearn.compose.TransformedTargetRegressor : Scales y, which helps when its
        spread is far from one.

    References
    ----------
    LeCun, Bottou, Bengio & Haffner (1998). Gradient-based learning applied to
    document recognition. Proceedings of the IEEE 86(11), 2278-2324.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_nn.neural_network import CNNRegressor
    >>> frequency = np.random.default_rng(0).uniform(1, 4, 200)
    >>> X = np.sin(frequency[:, None] * np.linspace(0, 6, 32))
    >>> model = CNNRegressor(ndim=1, channels=(8, 16), random_state=0)
    >>> model.fit(X[:150], frequency[:150]).score(X[150:], frequency[150:]) > 0.9
    True
    """
