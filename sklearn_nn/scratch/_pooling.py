"""Pooling: images made smaller by the maximum or the mean over windows."""

from collections.abc import Iterator
from itertools import repeat
from math import prod

import numpy as np

from sklearn_nn.scratch._windows import Pair, WindowModule, Windows


class _Pooling(WindowModule):
    """A kernel without weights, which slides over each channel alone.

    A subclass says what the padding consists of (`_fill`), what becomes of the numbers
    in a window (`_pool`), and how `delta` is shared out among them (`_shares`).
    """

    _fill = 0.0

    def __init__(
        self,
        kernel_size: int | Pair = 2,
        stride: int | Pair | None = None,
        padding: int | Pair = 0,
    ):
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = stride
        self.padding = padding

    def _pair(self, name, smallest):
        if name == "stride" and self.stride is None:
            name = "kernel_size"
        pair = super()._pair(name, smallest)
        if name == "padding":
            kernel = super()._pair("kernel_size", 1)
            if any(2 * p > k for p, k in zip(pair, kernel, strict=True)):
                raise ValueError(
                    f"The 'padding' parameter of {type(self).__name__} must be at most "
                    f"half of kernel_size={self.kernel_size!r}, so that every window "
                    f"sees something. Got {self.padding!r} instead."
                )
        return pair

    def _slide(self, windows, x):
        z = np.empty((*x.shape[:2], *windows.places), x.dtype)
        for images, bands in _chunks(windows, x):
            phases = windows.split(x[images], self._fill)
            for rows in bands:
                pooled = self._pool(windows.runs(phases, rows))
                z[images, :, rows] = windows.crop(pooled)
        return z

    def _slide_back(self, windows, x, delta):
        back = np.zeros(x.shape, delta.dtype)
        for images, bands in _chunks(windows, x):
            phases = windows.zeros(len(x[images]), delta.dtype)
            for rows in bands:
                flat = windows.flatten(delta[images, :, rows])
                shares = self._shares(windows, x[images], rows)
                for run, share in zip(windows.runs(phases, rows), shares, strict=True):
                    run += flat * share
            windows.join(phases, back[images])
        return back

    def _pool(self, runs: list[np.ndarray]) -> np.ndarray:
        """Return one number for each place, out of what the kernel sees there."""
        raise TypeError(f"{type(self).__name__} does not say what it computes.")

    def _shares(
        self, windows: Windows, x: np.ndarray, rows: slice
    ) -> Iterator[np.ndarray | float]:
        """Yield which share of `delta` each number of the kernel sends back."""
        raise TypeError(f"{type(self).__name__} does not say its derivative.")


def _chunks(windows: Windows, x: np.ndarray) -> Iterator[tuple[slice, list[slice]]]:
    return windows.chunks(len(x), x.shape[1] * prod(windows.stride), x.dtype)


class MaxPool2D(_Pooling):
    """The maximum of each channel over windows.

    On the way back, all goes to the maximum, and to the first one if there are several.

    Parameters
    ----------
    kernel_size : int or pair of int, default=2
        Height and width of a window.
    stride : int or pair of int, default=None
        Steps from window to window, down and across; None is `kernel_size`.
    padding : int or pair of int, default=0
        How far windows may reach out of the image, at most half of them.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_nn.scratch import MaxPool2D
    >>> MaxPool2D().forward(np.arange(16.0).reshape(1, 1, 4, 4))
    array([[[[ 5.,  7.],
             [13., 15.]]]])
    """

    _axes: tuple[str, ...] = ("height", "width")
    _fill = -np.inf

    def _pool(self, runs):
        first, *others = runs
        best = first.copy()
        for run in others:
            np.maximum(best, run, out=best)
        return best

    def _shares(self, windows, x, rows):
        runs = windows.runs(windows.split(x, self._fill), rows)
        best = self._pool(runs)
        free = np.ones(best.shape, bool)
        for run in runs:
            first = run == best
            first &= free
            free ^= first
            yield first


class AvgPool2D(_Pooling):
    """The mean of each channel over windows, in which padding counts as zeros.

    Parameters
    ----------
    kernel_size : int or pair of int, default=2
        Height and width of a window.
    stride : int or pair of int, default=None
        Steps from window to window, down and across; None is `kernel_size`.
    padding : int or pair of int, default=0
        How far windows may reach out of the image, at most half of them.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_nn.scratch import AvgPool2D
    >>> AvgPool2D().forward(np.arange(16.0).reshape(1, 1, 4, 4))
    array([[[[ 2.5,  4.5],
             [10.5, 12.5]]]])
    """

    _axes: tuple[str, ...] = ("height", "width")

    def _pool(self, runs):
        first, *others = runs
        total = first.copy()
        for run in others:
            total += run
        total /= len(runs)
        return total

    def _shares(self, windows, x, rows):
        size = prod(windows.kernel)
        return repeat(1 / size, size)


class MaxPool1D(MaxPool2D):
    """The maximum of each channel over windows of a signal: see `MaxPool2D`.

    Parameters
    ----------
    kernel_size : int, default=2
        Length of a window.
    stride : int, default=None
        Steps from window to window; None is `kernel_size`.
    padding : int, default=0
        How far windows may reach out of the signal, at most half of them.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_nn.scratch import MaxPool1D
    >>> MaxPool1D(3).forward(np.array([[[1.0, 3.0, 2.0, 0.0, 0.0, 5.0]]]))
    array([[[3., 5.]]])
    """

    _axes = ("length",)


class AvgPool1D(AvgPool2D):
    """The mean of each channel over windows of a signal: see `AvgPool2D`.

    Parameters
    ----------
    kernel_size : int, default=2
        Length of a window.
    stride : int, default=None
        Steps from window to window; None is `kernel_size`.
    padding : int, default=0
        How far windows may reach out of the signal, at most half of them.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_nn.scratch import AvgPool1D
    >>> AvgPool1D(3).forward(np.array([[[1.0, 3.0, 2.0, 0.0, 1.0, 5.0]]]))
    array([[[2., 2.]]])
    """

    _axes = ("length",)
