"""Images, and signals, as the input of an estimator."""

import math
from typing import Any, ClassVar, Literal

import numpy as np
import torch

from sklearn_nn._declaration import estimator
from sklearn_nn._training.rows import DenseRows, ImageRows
from sklearn_nn.base import NeuralEstimator


@estimator
class ImageEstimator(NeuralEstimator):
    """An estimator whose X holds images or signals: flattened, or as arrays.

    Parameters
    ----------
    ndim : {1, 2}, default=2
        Whether the rows are signals (1) or images (2).
    image_shape : tuple of int, default=None
        ``(height, width)`` or ``(height, width, channels)`` of an image, ``(length,)``
        or ``(length, channels)`` of a signal. None takes that of X where X is an array
        of images; flattened images are then square, or, if that is impossible, one
        row of pixels.

    Attributes
    ----------
    image_shape_ : tuple of int
        Shape of an image or signal, with its channels.
    """

    ndim: Literal[1, 2] = 2
    image_shape: tuple | list | None = None

    _accept_sparse: ClassVar[str | bool] = False
    # Whole numbers become float32, which takes half the memory.
    _dtypes: ClassVar[list[type]] = [np.float32, np.float64]

    def _check_X(self, X, y="no_validation", *, reset: bool, **options):
        if not reset:
            self._refuse_changed_shape()
        X, shape = self._flatten(X)
        if not reset and shape not in (None, self.image_shape_):
            raise ValueError(
                f"X holds images of shape {shape}, but {type(self).__name__} was "
                f"fitted on images of shape {self.image_shape_}."
            )
        checked = super()._check_X(X, y, reset=reset, **options)
        if reset:
            self._guessed_shape_ = shape is None and self.image_shape is None
            self.image_shape_: tuple[int, ...] = self._resolve_shape(shape)
        return checked

    def _refuse_changed_shape(self) -> None:
        if len(self.image_shape_) != self.ndim + 1:
            self._refuse_change("ndim")
        if self.image_shape is None:
            return
        if (*self.image_shape, 1)[: self.ndim + 1] != self.image_shape_:
            self._refuse_change("image_shape")

    def _flatten(self, X: Any) -> tuple[Any, tuple[int, ...] | None]:
        """Return X as a matrix and, if it was an array of images, their shape."""
        if isinstance(X, list | tuple) and X and np.ndim(X[0]) > 1:
            X = self._stack(X)
        shape = getattr(X, "shape", ())
        if len(shape) < 3:
            return X, None
        if len(shape) - 1 not in (self.ndim, self.ndim + 1):
            raise ValueError(
                f"X has the shape {tuple(shape)}, but {type(self).__name__} with "
                f"ndim={self.ndim} takes {_EXPECTED[self.ndim]}."
            )
        X = np.asarray(X)
        flat = X.reshape(len(X), math.prod(shape[1:]))
        return flat, self._with_channels(shape[1:])

    def _stack(self, images: Any) -> np.ndarray:
        arrays = [np.asarray(image) for image in images]
        for row, array in enumerate(arrays):
            if array.shape != arrays[0].shape:
                raise ValueError(
                    f"Row {row} of X has the shape {array.shape}, but row 0 has "
                    f"{arrays[0].shape}. Bring all images to the same shape."
                )
        return np.stack(arrays)

    def _with_channels(self, shape: Any) -> tuple[int, ...]:
        shape = tuple(int(n) for n in shape)
        return shape if len(shape) > self.ndim else (*shape, 1)

    def _resolve_shape(self, found: tuple[int, ...] | None) -> tuple[int, ...]:
        n_values = self.n_features_in_
        if self.image_shape is None:
            return found or self._guess_shape(n_values)
        name = type(self).__name__
        if len(self.image_shape) not in (self.ndim, self.ndim + 1) or not all(
            isinstance(n, int | np.integer) and n > 0 for n in self.image_shape
        ):
            raise ValueError(
                f"The 'image_shape' parameter of {name} with ndim={self.ndim} must be "
                f"{_SHAPES[self.ndim]}, of positive ints. Got {self.image_shape!r} "
                "instead."
            )
        shape = self._with_channels(self.image_shape)
        if found not in (None, shape) or math.prod(shape) != n_values:
            has = f"{n_values} columns" if found is None else f"images of shape {found}"
            raise ValueError(
                f"The 'image_shape' parameter of {name} does not match X: "
                f"{self.image_shape} makes {math.prod(shape)} values a row, but X has "
                f"{has}."
            )
        return shape

    def _guess_shape(self, n_values: int) -> tuple[int, ...]:
        if self.ndim == 1:
            return n_values, 1
        side = math.isqrt(n_values)
        return (side, side, 1) if side**2 == n_values else (1, n_values, 1)

    def _check_kernel_fits(self, kernel_size: int) -> None:
        # A guessed shape is no promise: the modules make up for what is missing.
        if not self._guessed_shape_ and kernel_size > min(self.image_shape_[:-1]):
            raise ValueError(
                f"The 'kernel_size' parameter of {type(self).__name__} is "
                f"{kernel_size}, but the rows have the shape {self.image_shape_}. Take "
                "a kernel that is not larger than the image."
            )

    def _rows(self, X, dtype: str, device: torch.device) -> DenseRows:
        return ImageRows(X, dtype, device, self.image_shape_)


_SHAPES = {
    1: "(length,) or (length, channels)",
    2: "(height, width) or (height, width, channels)",
}
_EXPECTED = {
    1: "(n_samples, length) or (n_samples, length, channels)",
    2: "(n_samples, height, width), (n_samples, height, width, channels) or, "
    "flattened, (n_samples, n_features)",
}
