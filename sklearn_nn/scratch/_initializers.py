"""How weights start: normal, with mean zero and a spread that fits the layer."""

from numbers import Real
from typing import Literal

import numpy as np

Init = Literal["normal", "glorot", "he"] | float


def draw_weight(
    init: Init,
    shape: tuple[int, ...],
    fan_in: int,
    fan_out: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """Draw a weight from a normal distribution of mean zero.

    Parameters
    ----------
    init : {"normal", "glorot", "he"} or float
        The variance: 1 / fan_in, which keeps the spread of the rows from layer to
        layer; 2 / (fan_in + fan_out), which also minds the deltas on the way back [1]_;
        2 / fan_in, since ReLU loses half [2]_. A number is the standard deviation
        itself.
    shape : tuple of int
        Shape of the weight.
    fan_in, fan_out : int
        How many inputs an output depends on, and outputs on an input.
    rng : numpy.random.Generator
        Where the draw comes from.

    Returns
    -------
    ndarray of float64

    Raises
    ------
    ValueError
        If `init` is none of these.

    References
    ----------
    .. [1] Glorot, X., & Bengio, Y. (2010). Understanding the difficulty of training
       deep feedforward neural networks. AISTATS.
    .. [2] He, K., Zhang, X., Ren, S., & Sun, J. (2015). Delving deep into rectifiers:
       Surpassing human-level performance on ImageNet classification. ICCV.
    """
    variances = {
        "normal": 1 / fan_in,
        "glorot": 2 / (fan_in + fan_out),
        "he": 2 / fan_in,
    }
    if isinstance(init, str) and init in variances:
        return rng.normal(0.0, variances[init] ** 0.5, shape)
    if isinstance(init, Real) and 0 < init < np.inf:
        return rng.normal(0.0, init, shape)
    names = ", ".join(map(repr, variances))
    raise ValueError(
        f"The 'init' parameter must be one of {names}, or a positive number, the "
        f"standard deviation of a normal distribution. Got {init!r} instead."
    )
