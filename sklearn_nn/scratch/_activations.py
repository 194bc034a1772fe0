"""Activations: functions of a row that have nothing to learn."""

import numpy as np

from sklearn_nn.scratch._arguments import check_number
from sklearn_nn.scratch._module import Module


class _Activation(Module):
    """A function whose derivative is known from its output."""

    def forward(self, x):
        """Return the function of `x`."""
        z = self._function(x)
        self._remember(x, z)
        return z

    def backward_delta(self, x, delta):
        """Return `delta` times the derivative."""
        return self._times_derivative(self._recall(x, self._function), delta)

    def _function(self, x: np.ndarray) -> np.ndarray:
        raise TypeError(f"{type(self).__name__} does not say its function.")

    def _times_derivative(self, z: np.ndarray, delta: np.ndarray) -> np.ndarray:
        raise TypeError(f"{type(self).__name__} does not say its derivative.")


class Tanh(_Activation):
    """The hyperbolic tangent, number by number.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_nn.scratch import Tanh
    >>> Tanh().forward(np.array([[0.0, 100.0]]))
    array([[0., 1.]])
    """

    def _function(self, x):
        return np.tanh(x)

    def _times_derivative(self, z, delta):
        slope = z * z
        np.subtract(1, slope, out=slope)
        slope *= delta
        return slope


class Sigmoid(_Activation):
    """The logistic function ``1 / (1 + exp(-x))``, number by number.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_nn.scratch import Sigmoid
    >>> Sigmoid().forward(np.array([[-1000.0, 0.0]]))
    array([[0. , 0.5]])
    """

    def _function(self, x):
        z = np.negative(x, dtype=np.result_type(x, np.float32))
        # Where exp overflows, the quotient is zero, as it has to be.
        with np.errstate(over="ignore"):
            np.exp(z, out=z)
        z += 1
        return np.divide(1, z, out=z)

    def _times_derivative(self, z, delta):
        return delta * z * (1 - z)


class ReLU(Module):
    """``x`` where it is above a threshold, else zero.

    Parameters
    ----------
    threshold : float, default=0.0
        What `x` has to exceed to pass.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_nn.scratch import ReLU
    >>> ReLU(threshold=1).forward(np.array([[-1.0, 0.5, 2.0]]))
    array([[0., 0., 2.]])
    """

    def __init__(self, threshold: float = 0.0):
        super().__init__()
        self.threshold = threshold

    def output_shape(self, input_shape):
        """Return `input_shape`."""
        check_number(self, "threshold")
        return input_shape

    def forward(self, x):
        """Return ``x`` where it passes."""
        # Faster than np.where, and a NaN passes, so that it is noticed.
        threshold = float(self.threshold)
        z = np.maximum(x, threshold)
        if threshold:
            z *= z > threshold
        return z

    def backward_delta(self, x, delta):
        """Return `delta` where ``x`` passes."""
        return delta * (x > float(self.threshold))


class Softmax(_Activation):
    """Probabilities: ``exp(x)`` divided by its sum over the row.

    The sum is over the first axis of a row (of channels, for images).

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_nn.scratch import Softmax
    >>> Softmax().forward(np.array([[0.0, 0.0, 1000.0, 1000.0]]))
    array([[0. , 0. , 0.5, 0.5]])
    """

    def _function(self, x):
        z = np.exp(x - x.max(axis=1, keepdims=True))
        z /= z.sum(axis=1, keepdims=True)
        return z

    def _times_derivative(self, z, delta):
        return z * (delta - (z * delta).sum(axis=1, keepdims=True))


class LogSoftmax(_Activation):
    """The logarithm of `Softmax`, without ever forming the probabilities.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_nn.scratch import LogSoftmax
    >>> LogSoftmax().forward(np.array([[0.0, 1000.0]]))
    array([[-1000.,     0.]])
    """

    def _function(self, x):
        x = x.astype(np.result_type(x, np.float32), copy=False)
        z = x - x.max(axis=1, keepdims=True)
        z -= np.log(np.exp(z).sum(axis=1, keepdims=True))
        return z

    def _times_derivative(self, z, delta):
        return delta - np.exp(z) * delta.sum(axis=1, keepdims=True)
