"""Validation of raw texts, shared by every estimator that takes them."""

from collections.abc import Sequence
from numbers import Number
from typing import Any


def check_texts(X: Any, *, caller: str = "This estimator") -> list[str]:
    """Turn a one-dimensional array-like of texts into a list of ``str``.

    Parameters
    ----------
    X : list, tuple, 1-D ndarray, pandas.Series or polars.Series of str
        One text per row. Empty strings are legal documents.
    caller : str, default="This estimator"
        The name that opens the error messages, normally the estimator's class.

    Returns
    -------
    texts : list of str of length n_samples
        The same texts, in the same order. A list given as `X` is copied.

    Raises
    ------
    ValueError
        If `X` is a single string, has another number of dimensions than one, holds
        no text at all, or has a missing value.
    TypeError
        If `X` is not a sequence, or a row is not a ``str``.

    Examples
    --------
    >>> from sklearn_nn._texts import check_texts
    >>> check_texts(("one text", ""))
    ['one text', '']
    >>> check_texts(["one text", 2.5], caller="SequenceVectorizer")
    Traceback (most recent call last):
    ...
    TypeError: SequenceVectorizer expects one str per row; row 1 is of type float \
(2.5). Pass the raw texts, or convert first: X = [str(x) for x in X].
    """
    texts = _as_list(X, caller)
    if not texts:
        raise ValueError(f"{caller} needs at least one text; X is empty (0 samples).")
    for row, text in enumerate(texts):
        if not isinstance(text, str):
            raise _row_error(row, text, caller)
    return texts


def _as_list(X: Any, caller: str) -> list[Any]:
    kind = type(X).__name__
    if isinstance(X, str | bytes):
        raise ValueError(
            f"{caller} expects a sequence of texts, got a single {kind}. "
            "Wrap one text in a list: [text]."
        )
    if hasattr(X, "columns"):
        raise ValueError(
            f"{caller} expects a 1-D sequence of texts, got a {kind}. "
            "Pass the column that holds the texts: X['name of the column']."
        )
    dimensions = len(getattr(X, "shape", (0,)))
    if dimensions != 1:
        raise ValueError(
            f"{caller} expects a 1-D sequence of texts, got a {dimensions}-D {kind}. "
            "Pass the column that holds the texts, such as X[:, 0]; a matrix of "
            "numbers belongs in an estimator that takes numbers."
        )
    for method in ("to_list", "tolist"):
        if hasattr(X, method):
            return getattr(X, method)()
    if not isinstance(X, Sequence):
        raise TypeError(
            f"{caller} expects a sequence of texts (list, tuple, 1-D array or Series), "
            f"got a {kind}. Convert it first: list(X)."
        )
    return list(X)


def _row_error(row: int, value: Any, caller: str) -> Exception:
    """Say which row is no text, what it is and how to repair it."""
    start = f"{caller} expects one str per row; row {row} is"
    if _is_missing(value):
        return ValueError(
            f"{start} missing ({value!r}). Replace missing texts by empty strings: "
            "X.fillna('') in pandas, X.fill_null('') in polars."
        )
    kind = type(value).__name__
    if isinstance(value, bytes):
        cure = "Decode first: X = [x.decode('utf-8') for x in X]."
    elif isinstance(value, Number):
        start = f"{start} of type {kind} ({value})."
        return TypeError(
            f"{start} Pass the raw texts, or convert first: X = [str(x) for x in X]."
        )
    else:
        cure = "Pass one string per row, for instance ' '.join(tokens)."
    return TypeError(f"{start} of type {kind}. {cure}")


def _is_missing(value: Any) -> bool:
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, Number) and bool(value != value)
