"""Errors and warnings that say where the fault is and what to do about it."""

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.utils.multiclass import check_classification_targets

PACKAGES = ("sklearn", "sklearn_nn", "imblearn")


@contextmanager
def explained(X: Any, y: Any, caller: str, cure: str) -> Iterator[None]:
    """Add the row at fault and a cure to an error of scikit-learn's validation.

    Parameters
    ----------
    X, y : any
        What is validated inside the block.
    caller : str
        Name of the estimator.
    cure : str
        What to do with texts.
    """
    try:
        yield
    except (ValueError, TypeError) as error:
        advice = _advice(str(error), X, y, caller, cure)
        if advice is None:
            raise
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"{error}\n{advice}") from error


def _advice(message: str, X: Any, y: Any, caller: str, cure: str) -> str | None:
    if "Input X contains" in message:
        row = _first_row_not_finite(X)
        return f"Row {row} of X is the first such row. Impute, clip or drop it before."
    row_of_text = _first_text(X)
    if row_of_text is not None:
        row, text = row_of_text
        return f"Row {row} of X holds the text {text!r}. {caller} takes numbers: {cure}"
    row_of_text = _first_text(y) if "convert string to float" in message else None
    if row_of_text is not None:
        row, text = row_of_text
        return (
            f"Row {row} of y holds the text {text!r}, but {caller} predicts numbers: "
            "encode it, or use a classifier."
        )
    return None


def _first_text(X: Any) -> tuple[int, str] | None:
    if X is None or sp.issparse(X):
        return None
    try:
        rows = np.asarray(X, dtype=object)
    except ValueError:
        return None
    for i, row in enumerate(rows.reshape(len(rows), -1) if rows.size else ()):
        for value in row:
            if isinstance(value, str):
                return i, str(value[:40])
    return None


def _first_row_not_finite(X: Any) -> int:
    if sp.issparse(X):
        coordinates = X.tocoo()
        return int(coordinates.row[~np.isfinite(coordinates.data)].min())
    finite = np.isfinite(np.asarray(X, dtype=float))
    return int(np.flatnonzero(~finite.reshape(len(finite), -1).all(axis=1))[0])


def stack_level() -> int:
    """Return the ``stacklevel`` of a warning that is to point at the user's line."""
    frame = inspect.currentframe()
    level = 0
    while frame and frame.f_globals.get("__name__", "").split(".")[0] in PACKAGES:
        frame = frame.f_back
        level += 1
    return level


def check_labels(y: np.ndarray, caller: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the sorted labels of y and, for every row, the place of its label."""
    try:
        check_classification_targets(y)
        return np.unique(y, return_inverse=True)
    except TypeError as error:
        raise TypeError(
            f"{caller} cannot tell the labels of y apart: {error}. Are some missing, "
            "or are there strings beside numbers?"
        ) from error


@contextmanager
def all_or_nothing(estimator: Any) -> Iterator[None]:
    """Give an estimator its fitted attributes back when the block fails."""
    before = _fitted(estimator)
    try:
        yield
    except BaseException:
        for name in _fitted(estimator):
            delattr(estimator, name)
        vars(estimator).update(before)
        raise


def _fitted(estimator: Any) -> dict[str, Any]:
    return {name: v for name, v in vars(estimator).items() if name.endswith("_")}
