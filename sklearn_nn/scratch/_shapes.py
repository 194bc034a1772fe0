"""Layers that change the shape of rows and nothing else."""

from math import prod
from numbers import Integral

from sklearn_nn.scratch._module import Module, Shape, ShapeError


class _Shaping(Module):
    def forward(self, x):
        """Return `x` in the new shape."""
        return x.reshape(len(x), *self.output_shape(x.shape[1:]))

    def backward_delta(self, x, delta):
        """Return `delta` in the shape of `x`."""
        return delta.reshape(x.shape)


class Flatten(_Shaping):
    """Rows of any shape made flat.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_nn.scratch import Flatten
    >>> Flatten().forward(np.zeros((5, 3, 8, 8))).shape
    (5, 192)
    """

    def output_shape(self, input_shape):
        """Return the product of `input_shape`."""
        return (prod(input_shape),)


class Reshape(_Shaping):
    """Rows in another shape: the columns of a table as images, for instance.

    Parameters
    ----------
    shape : tuple of int
        Shape of one row, channels first.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_nn.scratch import Reshape
    >>> Reshape((1, 16, 16)).forward(np.zeros((5, 256))).shape
    (5, 1, 16, 16)
    """

    def __init__(self, shape: Shape):
        super().__init__()
        self.shape = shape

    def output_shape(self, input_shape):
        """Return `shape`."""
        if not isinstance(self.shape, list | tuple) or not all(
            isinstance(n, Integral) and n > 0 for n in self.shape
        ):
            raise ValueError(
                "The 'shape' parameter of Reshape must be a tuple of positive "
                f"integers, channels first. Got {self.shape!r} instead."
            )
        if prod(self.shape) != prod(input_shape):
            raise ShapeError(self, f"rows of {prod(self.shape)} numbers", input_shape)
        return tuple(self.shape)
