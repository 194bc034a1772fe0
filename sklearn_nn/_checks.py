"""Errors and warnings that say where the fault is and what to do about it."""

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.utils.multiclass import check_classification_targets

PACKAGES = ("sklearn", "sklearn_nn", "imblearn", "joblib")
SIGNS_OF_TEXT = ("convert string to float", "dtype='numeric'", "Expected 2D array")


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
        row = _first_row(X, _is_not_finite)
        if row is None:
            return None
        return f"Row {row} of X is the first such row. Impute, clip or drop it before."
    if not any(sign in message for sign in SIGNS_OF_TEXT):
        return None
    row = _first_row(X, _is_text)
    if row is not None:
        return f"Row {row} of X holds text. {caller} takes numbers: {cure}"
    row = _first_row(y, _is_text)
    if row is not None:
        return (
            f"Row {row} of y holds text, but {caller} predicts numbers: encode it, or "
            "use a classifier."
        )
    return None


def _first_row(X: Any, is_wrong: Callable[[Any], bool]) -> int | None:
    """Return the first row with a wrong value, looking for it only after an error."""
    if X is None or isinstance(X, str | bytes | dict):
        return None
    if sp.issparse(X):
        entries = X.tocsr().tocoo()
        wrong = [is_wrong(value) for value in entries.data]
        return int(entries.row[wrong].min()) if any(wrong) else None
    dtype = getattr(X, "dtype", None)
    if isinstance(dtype, np.dtype) and dtype.kind in "biufc":
        finite = np.isfinite(X).reshape(len(X), -1).all(axis=1)
        return None if finite.all() or is_wrong is _is_text else int(finite.argmin())
    try:
        rows = np.asarray(X, dtype=object)
    except ValueError:
        return None
    if rows.ndim == 0:
        return None
    for i, row in enumerate(rows.reshape(len(rows), -1)):
        if any(map(is_wrong, row)):
            return i
    return None


def _is_text(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        float(value)
    except ValueError:
        return True
    return False


def _is_not_finite(value: Any) -> bool:
    try:
        return not np.isfinite(float(value))
    except (TypeError, ValueError):
        return True


def check_float32_range(
    array: Any, name: str, cure: str = "set precision='float64'"
) -> None:
    """Refuse numbers that are finite in float64 only."""
    values = array.data if sp.issparse(array) else array
    if values.dtype != np.float64 or values.size == 0:
        return
    limit = np.finfo(np.float32).max
    if values.max() <= limit and values.min() >= -limit:
        return
    if sp.issparse(array):
        first = int(np.flatnonzero(np.abs(values) > limit)[0])
        row = int(np.searchsorted(array.indptr, first, side="right") - 1)
    else:
        too_large = (np.abs(values) > limit).reshape(len(values), -1).any(axis=1)
        row = int(too_large.argmax())
    raise ValueError(
        f"Row {row} of {name} holds a number too large for float32. Scale {name}, or "
        f"{cure}."
    )


def stack_level() -> int:
    """Return the ``stacklevel`` of a warning that is to point at the user's line."""
    frame = inspect.currentframe()
    level = 0
    while frame and frame.f_globals.get("__name__", "").split(".")[0] in PACKAGES:
        frame = frame.f_back
        level += 1
    return level


def check_has_y(y: Any, caller: str) -> None:
    """Refuse a fit without `y`, in scikit-learn's words."""
    if y is None:
        raise ValueError(f"{caller} requires y to be passed, but the target y is None.")


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
    """Give an estimator its fitted attributes back when the block fails.

    Unless what failed is a training that restored what it had learned.
    """
    before = _fitted(estimator)
    if "_random_state_" in before:
        before["_random_state_"] = deepcopy(before["_random_state_"])
    try:
        yield
    except BaseException as error:
        if getattr(error, "restored", False):
            raise
        for name in _fitted(estimator):
            delattr(estimator, name)
        vars(estimator).update(before)
        raise


def _fitted(estimator: Any) -> dict[str, Any]:
    return {name: v for name, v in vars(estimator).items() if name.endswith("_")}
