"""Parameters that give a size, or a sequence of sizes."""

from typing import Any

import numpy as np


def check_sizes(estimator: Any, name: str, *, least: int = 0) -> tuple[int, ...]:
    """Return a parameter that is a positive int or a sequence of them as a tuple.

    Parameters
    ----------
    estimator : object
        The estimator.
    name : str
        Name of its parameter.
    least : int, default=0
        How many sizes there must be.

    Returns
    -------
    tuple of int
        The sizes.

    Raises
    ------
    ValueError
        If there are too few, or if one is not a positive int.
    """
    given = getattr(estimator, name)
    is_one = isinstance(given, int) or getattr(given, "ndim", None) == 0
    sizes = (given,) if is_one else tuple(given)
    if len(sizes) < least or not all(
        isinstance(size, int | np.integer) and not isinstance(size, bool) and size > 0
        for size in sizes
    ):
        raise ValueError(
            f"The {name!r} parameter of {type(estimator).__name__} must be a positive "
            f"int or a sequence of them. Got {given!r} instead."
        )
    return tuple(int(size) for size in sizes)
