"""Convolutions: one matrix product for all places of a chunk of images."""

from math import prod
from numbers import Integral

import numpy as np

from sklearn_nn.scratch._initializers import Init, draw_weight
from sklearn_nn.scratch._windows import Pair, WindowModule


class Conv2D(WindowModule):
    """A kernel that slides over images: each place is a linear map of what it covers.

    The columns, which hold what the kernel covers at each place, are made for a few
    images at a time, and made again on the way back: memory stays bounded.

    Parameters
    ----------
    in_channels : int, default=None
        Channels of the input; None takes what comes.
    out_channels : int
        Channels of the output.
    kernel_size : int or pair of int, default=3
        Height and width of the kernel.
    stride : int or pair of int, default=1
        Steps of the kernel, down and across.
    padding : int or pair of int, default=0
        Zeros around the image: above and below, left and right.
    init : {"normal", "glorot", "he"} or float, default="normal"
        How the weight starts: normal, with mean zero and the variance 1 / fan_in,
        2 / (fan_in + fan_out) or 2 / fan_in, where a fan is the channels times the
        numbers of the kernel; a number is the standard deviation.

    Attributes
    ----------
    parameters : dict of str to ndarray
        ``weight`` of shape (out_channels, in_channels, height, width), and ``bias`` of
        shape (out_channels,), which starts at zero.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_nn.scratch import Conv2D
    >>> layer = Conv2D(1, 8, kernel_size=3)
    >>> layer.initialise((1, 16, 16), np.random.default_rng(0))
    (8, 14, 14)
    >>> layer.forward(np.ones((5, 1, 16, 16))).shape
    (5, 8, 14, 14)
    """

    _axes: tuple[str, ...] = ("height", "width")

    def __init__(
        self,
        in_channels: int | None = None,
        out_channels: int | None = None,
        kernel_size: int | Pair = 3,
        stride: int | Pair = 1,
        padding: int | Pair = 0,
        init: Init = "normal",
    ):
        super().__init__()
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = kernel_size
        self.stride = stride
        self.padding = padding
        self.init = init

    def _out_channels(self, input_shape):
        if self.out_channels is None:
            raise ValueError(f"{self!r} needs out_channels, how many channels go out.")
        if not isinstance(self.out_channels, Integral) or self.out_channels < 1:
            raise ValueError(
                f"The 'out_channels' parameter of {type(self).__name__} must be an "
                f"integer >= 1. Got {self.out_channels!r} instead."
            )
        return int(self.out_channels)

    def draw(self, input_shape, rng):
        kernel = self._windows(input_shape).kernel[: len(self._axes)]
        channels, out = input_shape[0], self._out_channels(input_shape)
        fan_in, fan_out = channels * prod(kernel), out * prod(kernel)
        shape = out, channels, *kernel
        return {
            "weight": draw_weight(self.init, shape, fan_in, fan_out, rng),
            "bias": np.zeros(out),
        }

    def _matrix(self) -> np.ndarray:
        """Return the weight with a row for each channel that goes out."""
        weight = self.parameters["weight"]
        return weight.reshape(len(weight), -1)

    def _slide(self, windows, x):
        weight, bias = self._matrix(), self.parameters["bias"]
        dtype = np.result_type(x, weight)
        z = np.empty((len(x), len(bias), *windows.places), dtype)
        for images, bands in windows.chunks(len(x), weight.shape[1], dtype):
            phases = windows.split(x[images])
            for rows in bands:
                columns = windows.columns(phases, rows)
                shape = len(bias), *columns.shape[-2:]
                product = windows.buffer("product", shape, dtype)
                np.matmul(weight, _flat(columns, weight.shape[1]), out=_flat(product))
                places = windows.crop(product)
                np.add(places, bias[:, None, None], out=z[images, :, rows])
        return z

    def backward_update_gradient(self, x, delta):
        """Add `delta` times the columns of `x`, and the sums of `delta`."""
        windows = self._windows(x.shape[1:])
        x, delta = self._images(x), self._images(delta)
        weight, bias = np.zeros_like(self._matrix()), self.gradients["bias"]
        for images, bands in windows.chunks(len(x), weight.shape[1], x.dtype):
            phases = windows.split(x[images])
            for rows in bands:
                flat = _flat(windows.flatten(delta[images, :, rows]))
                columns = _flat(windows.columns(phases, rows), weight.shape[1])
                # The other way round, BLAS takes half as long again.
                weight += (columns @ flat.T).T
                bias += flat.sum(axis=1)
        gradient = self.gradients["weight"]
        gradient += weight.reshape(gradient.shape)

    def _slide_back(self, windows, x, delta):
        weight = self._matrix()
        dtype = np.result_type(delta, weight)
        back = np.zeros(x.shape, dtype)
        for images, bands in windows.chunks(len(x), weight.shape[1], dtype):
            phases = windows.zeros(len(x[images]), dtype)
            for rows in bands:
                flat = windows.flatten(delta[images, :, rows])
                shape = len(phases), prod(windows.kernel), *flat.shape[1:]
                columns = windows.buffer("columns", shape, dtype)
                np.matmul(weight.T, _flat(flat), out=_flat(columns, weight.shape[1]))
                windows.add_columns(phases, columns, rows)
            windows.join(phases, back[images])
        return back


def _flat(array: np.ndarray, n_rows: int | None = None) -> np.ndarray:
    """Return a view as a matrix, of as many rows as the array is long by default."""
    return array.reshape(n_rows or len(array), -1)


class Conv1D(Conv2D):
    """A kernel that slides over signals: each place is a linear map of what it covers.

    It is `Conv2D` on images that are one wide.

    Parameters
    ----------
    in_channels : int, default=None
        Channels of the input; None takes what comes.
    out_channels : int
        Channels of the output.
    kernel_size : int, default=3
        Length of the kernel.
    stride : int, default=1
        Steps of the kernel.
    padding : int, default=0
        Zeros at either end of the signal.
    init : {"normal", "glorot", "he"} or float, default="normal"
        How the weight starts, as in `Conv2D`.

    Attributes
    ----------
    parameters : dict of str to ndarray
        ``weight`` of shape (out_channels, in_channels, kernel_size), and ``bias`` of
        shape (out_channels,), which starts at zero.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_nn.scratch import Conv1D
    >>> layer = Conv1D(2, 8, kernel_size=5, stride=2)
    >>> layer.initialise((2, 100), np.random.default_rng(0))
    (8, 48)
    >>> layer.forward(np.ones((5, 2, 100))).shape
    (5, 8, 48)
    """

    _axes = ("length",)
