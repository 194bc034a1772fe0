"""Layers that behave in training as they do not afterwards."""

import numpy as np

from sklearn_nn.scratch._arguments import check_number
from sklearn_nn.scratch._module import Module, ShapeError


class Dropout(Module):
    """Numbers set to zero at random in training, the others scaled up [1]_.

    Parameters
    ----------
    p : float, default=0.5
        Share of the numbers that is dropped, in [0, 1).

    References
    ----------
    .. [1] Srivastava, N., Hinton, G., Krizhevsky, A., Sutskever, I., & Salakhutdinov,
       R. (2014). Dropout: A simple way to prevent neural networks from overfitting.
       JMLR, 15.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_nn.scratch import Dropout
    >>> layer = Dropout(0.5)
    >>> layer.initialise((8,), np.random.default_rng(0))
    (8,)
    >>> layer.forward(np.ones((1, 8)))
    array([[2., 2., 2., 0., 0., 0., 0., 0.]])
    >>> layer.train(False).forward(np.ones((1, 8)))
    array([[1., 1., 1., 1., 1., 1., 1., 1.]])
    """

    repeatable = False

    def __init__(self, p: float = 0.5):
        super().__init__()
        self.p = p
        self._rng = np.random.default_rng()

    def output_shape(self, input_shape):
        """Return `input_shape`."""
        check_number(self, "p", 0, 1, open_high=True)
        return input_shape

    def initialise(self, input_shape, rng, dtype=np.float64):
        """Take the generator to draw from."""
        self._rng = rng
        return super().initialise(input_shape, rng, dtype)

    def forward(self, x):
        """Return `x` with numbers dropped in training, else `x`."""
        if not self.training or not self.p:
            return x
        mask = (self._rng.random(x.shape, dtype=np.float32) >= self.p).astype(x.dtype)
        mask /= 1 - self.p
        self._remember(x, mask)
        return x * mask

    def backward_delta(self, x, delta):
        """Return `delta` through what was not dropped in the last `forward`."""
        if not self.training or not self.p:
            return delta
        if self._last is None or self._last[0] is not x:
            raise ValueError("Dropout goes back only through its last forward.")
        return delta * self._last[1]


class BatchNorm(Module):
    """Each column, or channel, brought to mean 0 and variance 1 over the batch [1]_.

    Then it is scaled and shifted by what is learned. Outside of training, running means
    stand in for the batch. In training, the output for a row depends on the rows
    beside it, so that a row of weight two is not the same as two rows. A batch of a
    single number a channel has no variance: the running ones serve for it, too.

    Parameters
    ----------
    momentum : float, default=0.1
        Share of the running mean that each batch renews.
    eps : float, default=1e-5
        Added to variances.

    Attributes
    ----------
    parameters : dict of str to ndarray
        ``weight``, which starts at one, and ``bias``, which starts at zero, of shape
        (n_channels,).
    buffers : dict of str to ndarray
        ``mean`` and ``var``, the running ones, of shape (n_channels,).

    References
    ----------
    .. [1] Ioffe, S., & Szegedy, C. (2015). Batch normalization: Accelerating deep
       network training by reducing internal covariate shift. ICML.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_nn.scratch import BatchNorm
    >>> layer = BatchNorm()
    >>> layer.initialise((1,), np.random.default_rng(0))
    (1,)
    >>> layer.forward(np.array([[10.0], [20.0], [30.0]])).round(2)
    array([[-1.22],
           [ 0.  ],
           [ 1.22]])
    """

    def __init__(self, momentum: float = 0.1, eps: float = 1e-5):
        super().__init__()
        self.momentum = momentum
        self.eps = eps

    def output_shape(self, input_shape):
        """Return `input_shape`."""
        check_number(self, "momentum", 0, 1)
        check_number(self, "eps", 0, open_low=True)
        if not input_shape:
            raise ShapeError(self, "rows of at least one number", input_shape)
        return input_shape

    def initialise(self, input_shape, rng, dtype=np.float64):
        """Start from mean 0 and variance 1."""
        n_channels = input_shape[0]
        self.buffers = {
            "mean": np.zeros(n_channels, dtype),
            "var": np.ones(n_channels, dtype),
        }
        return super().initialise(input_shape, rng, dtype)

    def draw(self, input_shape, rng):
        return {"weight": np.ones(input_shape[0]), "bias": np.zeros(input_shape[0])}

    def forward(self, x):
        """Return `x` normalised, scaled and shifted, channel by channel."""
        mean, var = self._statistics(x)
        _, n = _all_but_channels(x)
        if self.training and n > 1:
            for name, value in (("mean", mean), ("var", var * (n / (n - 1)))):
                self.buffers[name] *= 1 - self.momentum
                self.buffers[name] += self.momentum * value
        normal, scale = self._normalised(x, mean, var)
        self._remember(x, (normal, scale))
        z = normal * _by_channel(self.parameters["weight"], x)
        z += _by_channel(self.parameters["bias"], x)
        return z

    def backward_update_gradient(self, x, delta):
        """Add the sums of ``delta * normal`` and of `delta` over all but channels."""
        normal, _ = self._recall(x, self._normalised_anew)
        axes, _ = _all_but_channels(x)
        self.gradients["weight"] += (delta * normal).sum(axis=axes)
        self.gradients["bias"] += delta.sum(axis=axes)

    def backward_delta(self, x, delta):
        """Return `delta` less what the batch's mean and variance take back."""
        normal, scale = self._recall(x, self._normalised_anew)
        scale = scale * self.parameters["weight"]
        axes, n = _all_but_channels(x)
        if not self.training or n == 1:
            return delta * _by_channel(scale, x)
        mean = _by_channel(delta.mean(axis=axes), x)
        along = _by_channel((delta * normal).mean(axis=axes), x)
        return (delta - mean - normal * along) * _by_channel(scale, x)

    def _statistics(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        axes, n = _all_but_channels(x)
        if not self.training or n == 1:
            return self.buffers["mean"], self.buffers["var"]
        return x.mean(axis=axes), x.var(axis=axes)

    def _normalised(self, x, mean, var) -> tuple[np.ndarray, np.ndarray]:
        scale = 1 / np.sqrt(var + float(self.eps))
        return (x - _by_channel(mean, x)) * _by_channel(scale, x), scale

    def _normalised_anew(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return self._normalised(x, *self._statistics(x))


def _all_but_channels(x: np.ndarray) -> tuple[tuple[int, ...], int]:
    """Return the axes to average over, and over how many numbers that is."""
    return (0, *range(2, x.ndim)), x.size // x.shape[1]


def _by_channel(values: np.ndarray, x: np.ndarray) -> np.ndarray:
    return values.reshape(-1, *[1] * (x.ndim - 2))
