"""Labels in numbers."""

from typing import Any

import numpy as np
from sklearn.utils.validation import column_or_1d

from sklearn_nn._checks import check_has_y, check_labels


def encoded(y: Any, n_rows: int, caller: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the sorted labels, and for every row the place of its label.

    Parameters
    ----------
    y : array-like of shape (n_rows,)
        Labels of at least two classes.
    n_rows : int
        Rows of X.
    caller : str
        The estimator, for messages.

    Returns
    -------
    classes : ndarray of shape (n_classes,)
        The labels.
    codes : ndarray of int of shape (n_rows,)
        Their places.
    """
    check_has_y(y, caller)
    y = column_or_1d(y, warn=True)
    if len(y) != n_rows:
        raise ValueError(
            f"{caller} found inconsistent numbers of samples: X has {n_rows} rows, y "
            f"has {len(y)}."
        )
    classes, codes = check_labels(y, caller)
    if len(classes) < 2:
        raise ValueError(
            f"{caller} needs rows of at least two classes, but y holds one class only: "
            f"{classes.tolist()[0]!r}."
        )
    return classes, codes


def frequencies(codes: np.ndarray, weight: np.ndarray | None) -> np.ndarray:
    """Return the shares of the classes.

    Parameters
    ----------
    codes : ndarray of int of shape (n_samples,)
        The classes.
    weight : ndarray of shape (n_samples,) or None
        Weights of the rows.

    Returns
    -------
    ndarray of shape (n_classes,)
        None is zero: a class without weight counts as half a row.
    """
    counts = np.bincount(codes, weight)
    counts = np.where(counts > 0, counts, 0.5)
    return counts / counts.sum()
