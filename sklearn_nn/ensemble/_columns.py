"""X by columns: what a base sees of it, which rows it lacks, which rows are equal."""

from collections.abc import Collection, Mapping
from hashlib import blake2b
from numbers import Number
from typing import Any

import joblib
import numpy as np
import scipy.sparse as sp

from sklearn_nn._texts import _is_missing

KINDS = "a pandas or polars DataFrame, or a dict of arrays with a row each a sample"


def as_list(columns: Any) -> list[str]:
    """Return the columns of a base as a list, be it one name or several."""
    return [columns] if isinstance(columns, str) else list(columns)


class Columns:
    """Rows by column, out of a frame or out of a dict of arrays.

    Parameters
    ----------
    X : pandas.DataFrame, polars.DataFrame or dict of str to array-like
        The rows.
    caller : str
        The estimator, for messages.
    what : str, default="X"
        What the rows are called in messages.
    """

    def __init__(self, X: Any, caller: str, what: str = "X"):
        self._caller = caller
        self._what = what
        # The columns of a lazy frame are not asked for: that would cost a query.
        is_frame = hasattr(X, "iloc") or hasattr(X, "to_series")
        self._is_frame = is_frame and hasattr(X, "columns")
        if self._is_frame:
            self._X = X
            self.names = list(X.columns)
            self.n_rows = len(X)
        elif isinstance(X, Mapping):
            self.names = list(X)
            self._X = {name: self._entry(name, X[name]) for name in self.names}
            self.n_rows = self._common_length()
        else:
            cure = "Give what stands alone a name: {'text': texts}."
            if hasattr(X, "collect"):
                cure = "Collect it first: .collect()."
            raise TypeError(
                f"{caller} expects {KINDS}; {what} is of type {type(X).__name__}. "
                + cure
            )
        for name in self.names:
            if not isinstance(name, str):
                raise TypeError(
                    f"{caller} names columns by strings; {what} has the column "
                    f"{name!r} of type {type(name).__name__}. Rename it."
                )
        if not self.names or not self.n_rows:
            raise ValueError(
                f"{caller} needs at least one row and one column; {what} has "
                f"{self.n_rows} samples and {len(self.names)} columns."
            )

    def _entry(self, name: str, values: Any) -> Any:
        if isinstance(values, list | tuple):
            # NumPy would write a missing value among texts as the text "nan".
            texts = any(isinstance(value, str) for value in values)
            try:
                values = np.array(values, dtype=object if texts else None)
            except ValueError:
                rows = np.empty(len(values), dtype=object)
                rows[:] = values
                values = rows
        if sp.issparse(values) and values.format not in ("csr", "csc", "lil", "dok"):
            values = values.tocsr()
        if not getattr(values, "shape", ()):
            raise TypeError(
                f"{self._caller} expects an array, a row a sample, as "
                f"{self._what}[{name!r}]; it is of type {type(values).__name__}."
            )
        return values

    def _common_length(self) -> int:
        lengths = {name: entry.shape[0] for name, entry in self._X.items()}
        if len(set(lengths.values())) > 1:
            found = ", ".join(f"{name!r} has {n}" for name, n in lengths.items())
            raise ValueError(
                f"The entries of {self._what} must have one number of rows: {found}."
            )
        return max(lengths.values(), default=0)

    def check_has(self, base: str, columns: Any) -> None:
        """Refuse what a base is to see if it is not there, or there twice.

        Parameters
        ----------
        base : str
            Name of the base.
        columns : str or list of str
            What it sees.
        """
        for name in as_list(columns):
            if name not in self.names:
                raise ValueError(
                    f"{self._caller} finds no column {name!r} in {self._what} for "
                    f"{base!r}; {self._what} has {self.names}."
                )
            if self.names.count(name) > 1:
                raise ValueError(
                    f"{self._caller} cannot tell which column {name!r} is meant for "
                    f"{base!r}: {self._what} has {self.names.count(name)} of this "
                    "name. Rename one."
                )

    def check_same(self, names: list[str]) -> None:
        """Refuse other columns than those of `fit`, in whatever order.

        Parameters
        ----------
        names : list of str
            The columns of `fit`.
        """
        lacking = [name for name in names if name not in self.names]
        added = [name for name in self.names if name not in names]
        if lacking or added:
            lacks = f" It lacks {lacking}." if lacking else ""
            adds = f" It has {added} besides." if added else ""
            raise ValueError(
                f"{self._caller} was fitted on the columns {names}; {self._what} has "
                f"others.{lacks}{adds}"
            )

    def view(self, columns: Any) -> Any:
        """Return what a base sees.

        Parameters
        ----------
        columns : str or list of str
            One column, for a 1-D array or whatever the dict holds; or several, for a
            frame or a matrix of numbers.

        Returns
        -------
        Series, DataFrame or ndarray
            All rows.
        """
        if isinstance(columns, str):
            return self._X[columns]
        if self._is_frame:
            return self._X[list(columns)]
        return np.column_stack([self._numbers(name) for name in columns])

    def _numbers(self, name: str) -> np.ndarray:
        cure = f"Give it to a base of its own, with columns={name!r}."
        entry = self._X[name]
        if sp.issparse(entry) or len(entry.shape) > 2:
            raise ValueError(
                f"{self._caller} cannot put {self._what}[{name!r}] of shape "
                f"{tuple(entry.shape)} beside other columns. {cure}"
            )
        array = np.asarray(entry)
        if array.dtype.kind in "biuf":
            return array
        try:
            return np.where(_is_none(array), np.nan, array).astype(np.float64)
        except (TypeError, ValueError):
            raise ValueError(
                f"{self._caller} puts columns of numbers only side by side; "
                f"{self._what}[{name!r}] holds others (dtype {array.dtype}). {cure}"
            ) from None

    def present(self, columns: Any) -> np.ndarray:
        """Say which rows have a value in any of the columns.

        Parameters
        ----------
        columns : str or list of str
            What a base sees.

        Returns
        -------
        ndarray of bool of shape (n_rows,)
            False where all are None, NaN or an empty string.
        """
        absent = [_is_absent(self._X[name]) for name in as_list(columns)]
        return ~np.all(absent, axis=0)

    def is_narrow(self, name: str) -> bool:
        """Say whether a column has numbers of single precision, or less."""
        dtype = getattr(self._X[name], "dtype", None)
        return str(dtype).lower() in ("float32", "float16")

    def keys(self, names: list[str], narrow: Collection[str] = ()) -> list[tuple]:
        """Return for each row what is equal for equal rows, and hashable.

        Parameters
        ----------
        names : list of str
            The columns that count.
        narrow : collection of str, default=()
            Those whose numbers are compared in single precision.

        Returns
        -------
        list of tuple
            One a row.
        """
        columns = (_keys(self._X[name], name in narrow) for name in names)
        return list(zip(*columns, strict=True))


def _as_array(values: Any) -> np.ndarray:
    if hasattr(values, "to_numpy"):
        return values.to_numpy()
    return np.asarray(values)


def _is_nothing(value: Any) -> bool:
    if isinstance(value, str | bytes):
        return not value
    if isinstance(value, np.ndarray) and value.ndim:
        return value.dtype.kind in "fc" and bool(np.isnan(value).all())
    return _is_missing(value)


def _is_none(array: np.ndarray) -> np.ndarray:
    values = [_is_missing(value) for value in array.ravel().tolist()]
    return np.array(values, dtype=bool).reshape(array.shape)


def _is_absent(values: Any) -> np.ndarray:
    if sp.issparse(values):
        return np.zeros(values.shape[0], dtype=bool)
    array = _as_array(values)
    array = array.reshape(len(array), -1)
    if array.dtype.kind in "fc":
        return np.isnan(array).all(axis=1)
    if array.dtype.kind in "mM":
        return np.isnat(array).all(axis=1)
    if array.dtype.kind in "UT":
        return (array == "").all(axis=1)
    if array.dtype.kind == "O":
        return np.array([all(map(_is_nothing, row)) for row in array], dtype=bool)
    return np.zeros(len(array), dtype=bool)


def _keys(values: Any, is_narrow: bool) -> list:
    if sp.issparse(values):
        rows = values.tocsr().astype(np.float32 if is_narrow else values.dtype)
        return [_digest(rows[[i]].toarray()[0]) for i in range(rows.shape[0])]
    array = _as_array(values)
    if is_narrow:
        array = array.astype(np.float32)
    if array.ndim > 1:
        return [_digest(row) for row in array]
    return [_key(value) for value in array.tolist()]


def _key(value: Any) -> Any:
    if _is_nothing(value):
        return None
    if isinstance(value, str | Number):
        return value
    if hasattr(value, "__array_interface__"):
        return _digest(np.asarray(value))
    return joblib.hash(value)


def _digest(row: np.ndarray) -> Any:
    if row.dtype.kind not in "biuf":
        return joblib.hash(row.tolist())
    # Equal numbers of whatever type; adding zero makes one of 0.0 and -0.0.
    numbers = np.ascontiguousarray(row, dtype=np.float64) + 0.0
    numbers[np.isnan(numbers)] = np.nan
    return row.shape, blake2b(numbers.tobytes(), digest_size=16).digest()


def check_unseen(X: Columns, seen: Columns, bases: list[tuple], caller: str) -> None:
    """Refuse rows on which the bases were fitted.

    Parameters
    ----------
    X : Columns
        The rows to learn the combination from.
    seen : Columns
        The rows that the bases were fitted on.
    bases : list of tuple (name, classifier, columns)
        The bases.
    caller : str
        The estimator, for messages.
    """
    used: dict[str, None] = {}
    for name, _, columns in bases:
        seen.check_has(name, columns)
        used.update(dict.fromkeys(as_list(columns)))
    narrow = {name for name in used if X.is_narrow(name) or seen.is_narrow(name)}
    known = set(seen.keys(list(used), narrow))
    # A row without any value was of no use to any base.
    known.discard((None,) * len(used))
    rows = [row for row, key in enumerate(X.keys(list(used), narrow)) if key in known]
    if rows:
        first = ", ".join(map(str, rows[:10])) + (", ..." if len(rows) > 10 else "")
        raise ValueError(
            f"{len(rows)} of the {X.n_rows} rows of X are among X_seen, on which the "
            f"bases were fitted: row {first}. The combination would learn to trust "
            f"what they know by heart. Leave these rows out of X; {caller} needs a "
            "hold-out."
        )
