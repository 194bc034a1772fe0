"""The linear layer."""

from numbers import Integral

from sklearn_nn.scratch._arguments import check_number
from sklearn_nn.scratch._initializers import Init, draw_weight
from sklearn_nn.scratch._module import Module, Shape, ShapeError


class Linear(Module):
    """A linear map and a shift: ``z = x @ weight + bias``.

    Parameters
    ----------
    in_features : int, default=None
        Width of the input; None takes what comes.
    out_features : int, default=None
        Width of the output. None, in the last layer of an estimator, is as many as
        its targets need.
    init : {"normal", "glorot", "he"} or float, default="normal"
        How the weight starts: normal, with mean zero and the variance
        1 / in_features, 2 / (in_features + out_features) [1]_ or 2 / in_features [2]_;
        a number is the standard deviation.
    init_bias : float, default=0.0
        Standard deviation of the normal distribution that the bias starts from; 0 is
        a bias of zero. In an estimator, the last layer starts at the best constant
        prediction instead. With few inputs, biases that differ spread the bends of the
        units behind them over the plane instead of letting all pass the origin.

    Attributes
    ----------
    parameters : dict of str to ndarray
        ``weight`` of shape (in_features, out_features), and ``bias`` of shape
        (out_features,).

    References
    ----------
    .. [1] Glorot, X., & Bengio, Y. (2010). Understanding the difficulty of training
       deep feedforward neural networks. AISTATS.
    .. [2] He, K., Zhang, X., Ren, S., & Sun, J. (2015). Delving deep into rectifiers:
       Surpassing human-level performance on ImageNet classification. ICCV.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_nn.scratch import Linear
    >>> layer = Linear(3, 2)
    >>> layer.initialise((3,), np.random.default_rng(0))
    (2,)
    >>> layer.forward(np.ones((5, 3))).shape
    (5, 2)
    """

    def __init__(
        self,
        in_features: int | None = None,
        out_features: int | None = None,
        init: Init = "normal",
        init_bias: float = 0.0,
    ):
        super().__init__()
        self.in_features = in_features
        self.out_features = out_features
        self.init = init
        self.init_bias = init_bias

    def output_shape(self, input_shape: Shape) -> Shape:
        """Return (out_features,)."""
        if not isinstance(self.out_features, Integral) or self.out_features < 1:
            raise ValueError(
                f"{self!r} needs out_features, the width of its output: a positive "
                "integer."
            )
        check_number(self, "init_bias", 0)
        if len(input_shape) != 1 or self.in_features not in (None, input_shape[0]):
            width = "any width" if self.in_features is None else self.in_features
            raise ShapeError(self, f"flat rows of {width}", input_shape)
        return (self.out_features,)

    def draw(self, input_shape, rng):
        fans = input_shape[0], self.output_shape(input_shape)[0]
        return {
            "weight": draw_weight(self.init, fans, *fans, rng),
            "bias": rng.normal(0.0, self.init_bias, fans[1]),
        }

    def forward(self, x):
        """Return ``x @ weight + bias``."""
        z = x @ self.parameters["weight"]
        z += self.parameters["bias"]
        return z

    def backward_update_gradient(self, x, delta):
        """Add ``x.T @ delta`` and the column sums of `delta`."""
        self.gradients["weight"] += x.T @ delta
        self.gradients["bias"] += delta.sum(axis=0)

    def backward_delta(self, x, delta):
        """Return ``delta @ weight.T``."""
        return delta @ self.parameters["weight"].T
