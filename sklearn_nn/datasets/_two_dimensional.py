"""Points of the plane in two classes that no straight line separates."""

from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.utils import Bunch, check_random_state
from sklearn.utils._param_validation import Interval, validate_params

from sklearn_nn.datasets._bunch import pack

_FEATURE_NAMES = ["x", "y"]


@validate_params(
    {
        "n_samples": [Interval(Integral, 1, None, closed="left")],
        "n_tiles": [Interval(Integral, 1, None, closed="left")],
        "low": [Interval(Real, None, None, closed="neither")],
        "high": [Interval(Real, None, None, closed="neither")],
        "noise": [Interval(Real, 0, None, closed="left")],
        "random_state": ["random_state"],
        "return_X_y": ["boolean"],
        "as_frame": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)
def make_checkerboard(
    n_samples: int = 1000,
    *,
    n_tiles: int = 8,
    low: float = -4.0,
    high: float = 4.0,
    noise: float = 0.0,
    random_state: int | np.random.RandomState | None = None,
    return_X_y: bool = False,
    as_frame: bool = False,
) -> Bunch | tuple[Any, Any]:
    """Draw points on a checkerboard whose two colours are the classes.

    The points are uniform on the board. With the default 8 x 8 tiles a network needs
    many units or some depth: there are about 16 points per tile among 1,000.

    Parameters
    ----------
    n_samples : int, default=1000
        Number of points.

    n_tiles : int, default=8
        Number of tiles along each side of the board.

    low : float, default=-4.0
        Smallest coordinate of the board, on both axes.

    high : float, default=4.0
        Largest coordinate of the board, greater than `low`.

    noise : float, default=0.0
        Standard deviation of the Gaussian noise added to the coordinates once the
        class is known, in the unit of the coordinates.

    random_state : int, RandomState instance or None, default=None
        Pass an int for the same points at each call.

    return_X_y : bool, default=False
        If True, return ``(data, target)`` instead of a Bunch.

    as_frame : bool, default=False
        If True, data is a DataFrame with the columns ``x`` and ``y``, target a
        Series.

    Returns
    -------
    dataset : :class:`~sklearn.utils.Bunch`
        With the following attributes.

        data : ndarray of shape (n_samples, 2), dtype float64
            Coordinates.
        target : ndarray of shape (n_samples,), dtype int64
            Colour of the tile: 0 for the tile at the lower left corner.
        target_names : list of str
            ``["dark", "light"]``.
        feature_names : list of str
            ``["x", "y"]``.
        frame : DataFrame or None
            Data and target side by side, only with ``as_frame=True``.
        DESCR : str
            The description of the data set.

    (data, target) : tuple, if ``return_X_y`` is True
        The two attributes of the same names.

    Raises
    ------
    ValueError
        If a parameter is out of range or `high` is not greater than `low`.

    See Also
    --------
    make_four_gaussians : A board of 2 x 2 tiles with soft borders.
    sklearn.datasets.make_checkerboard : A matrix with a block structure, for
        biclustering. Same name, another purpose: it returns no classes.

    References
    ----------
    .. [1] Ho, Kleinberg, "Building Projectable Classifiers of Arbitrary
       Complexity", ICPR 1996.

    Examples
    --------
    >>> from sklearn_nn.datasets import make_checkerboard
    >>> X, y = make_checkerboard(5, random_state=0, return_X_y=True)
    >>> X.shape
    (5, 2)
    >>> y
    array([1, 0, 0, 0, 0])
    """
    if not low < high:
        raise ValueError(f"high must be greater than low, got {low=} and {high=}")
    rng = check_random_state(random_state)
    unit = rng.uniform(size=(n_samples, 2))
    tiles = np.minimum((unit * n_tiles).astype(np.int64), n_tiles - 1)
    data = low + (high - low) * unit
    if noise:
        data += rng.normal(scale=noise, size=data.shape)
    return pack(
        data,
        tiles.sum(axis=1) % 2,
        feature_names=list(_FEATURE_NAMES),
        return_X_y=return_X_y,
        as_frame=as_frame,
        target_names=["dark", "light"],
        DESCR=(
            f"Checkerboard of {n_tiles} x {n_tiles} tiles on [{low}, {high}]^2, "
            f"{n_samples} points, noise {noise}. Generated."
        ),
    )


@validate_params(
    {
        "n_samples": [Interval(Integral, 1, None, closed="left")],
        "std": [Interval(Real, 0, None, closed="left")],
        "random_state": ["random_state"],
        "return_X_y": ["boolean"],
        "as_frame": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)
def make_four_gaussians(
    n_samples: int = 1000,
    *,
    std: float = 0.3,
    random_state: int | np.random.RandomState | None = None,
    return_X_y: bool = False,
    as_frame: bool = False,
) -> Bunch | tuple[Any, Any]:
    r"""Draw points around the corners of a square: the exclusive or, with noise.

    Four Gaussians centred at :math:`(\pm 1, \pm 1)`; opposite corners are of the
    same class. Each corner gets the same number of points, up to one.

    Parameters
    ----------
    n_samples : int, default=1000
        Number of points.

    std : float, default=0.3
        Standard deviation of each Gaussian along each axis.

    random_state : int, RandomState instance or None, default=None
        Pass an int for the same points at each call.

    return_X_y : bool, default=False
        If True, return ``(data, target)`` instead of a Bunch.

    as_frame : bool, default=False
        If True, data is a DataFrame with the columns ``x`` and ``y``, target a
        Series.

    Returns
    -------
    dataset : :class:`~sklearn.utils.Bunch`
        With the following attributes.

        data : ndarray of shape (n_samples, 2), dtype float64
            Coordinates.
        target : ndarray of shape (n_samples,), dtype int64
            0 where the centre has coordinates of the same sign, 1 elsewhere.
        target_names : list of str
            ``["same sign", "opposite signs"]``.
        feature_names : list of str
            ``["x", "y"]``.
        frame : DataFrame or None
            Data and target side by side, only with ``as_frame=True``.
        DESCR : str
            The description of the data set.

    (data, target) : tuple, if ``return_X_y`` is True
        The two attributes of the same names.

    Raises
    ------
    ValueError
        If a parameter is out of range.

    See Also
    --------
    make_checkerboard : More tiles, sharp borders.

    Notes
    -----
    The best possible rule is the sign of the product of the coordinates. With
    :math:`p = \Phi(-1 / \mathrm{std})` its accuracy is :math:`1 - 2 p (1 - p)`:
    0.9991 with the default, 0.955 with ``std=0.5``.

    References
    ----------
    .. [1] Minsky, Papert, "Perceptrons", MIT Press, 1969.

    Examples
    --------
    >>> from sklearn_nn.datasets import make_four_gaussians
    >>> X, y = make_four_gaussians(8, random_state=0, return_X_y=True)
    >>> X.shape
    (8, 2)
    >>> y
    array([1, 1, 1, 0, 0, 0, 1, 0])
    """
    rng = check_random_state(random_state)
    corner = rng.permutation(n_samples) % 4
    centre = 2.0 * np.stack([corner % 2, corner // 2], axis=1) - 1.0
    data = centre + rng.normal(scale=std, size=centre.shape)
    return pack(
        data,
        (corner % 2 != corner // 2).astype(np.int64),
        feature_names=list(_FEATURE_NAMES),
        return_X_y=return_X_y,
        as_frame=as_frame,
        target_names=["same sign", "opposite signs"],
        DESCR=(
            f"Four Gaussians at (+-1, +-1), standard deviation {std}, "
            f"{n_samples} points in two classes (exclusive or). Generated."
        ),
    )
