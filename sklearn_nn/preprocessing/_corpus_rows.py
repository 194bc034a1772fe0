"""The rows of a corpus, out of a frame or an array, gaps included."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils import column_or_1d

from .._texts import _as_list, _is_missing, _row_error
from ._codes import UNKNOWN
from ._language import detect_language

CALLER = "describe_corpus"


@dataclass(kw_only=True)
class Rows:
    """Texts (None where there is none), labels, gaps by column and given languages."""

    texts: list[str | None]
    labels: Any
    gaps: dict[Any, np.ndarray]
    languages: Any


def read_rows(X: Any, y: Any, text: Any, target: Any, languages: Any) -> Rows:
    """Read what is to be described.

    Parameters
    ----------
    X : DataFrame or array-like of str
        The corpus.
    y : array-like or None
        Labels.
    text : name, list of names or None
        Columns of text.
    target : name or None
        Column of labels.
    languages : bool, str or array-like of str
        A column, if it is a string.

    Returns
    -------
    rows : Rows
        Of equal lengths.
    """
    if hasattr(X, "collect") and not hasattr(X, "to_series"):
        raise TypeError(
            f"{CALLER} reads all rows; X is of type {type(X).__name__}. Collect it "
            "first: X.collect()."
        )
    if target is not None and y is not None:
        raise ValueError("Give the labels as y or as target, not as both.")
    is_flag = isinstance(languages, bool | np.bool_)
    is_scalar = np.isscalar(languages) and not isinstance(languages, str)
    if languages is None or (is_scalar and not is_flag):
        raise ValueError(
            "languages must be True, False, the codes of all rows, or the column of X "
            f"that holds them. Got {languages!r}."
        )
    is_frame = hasattr(X, "columns") and (hasattr(X, "iloc") or hasattr(X, "to_series"))
    if not is_frame:
        for name, value in {"text": text, "target": target}.items():
            if value is not None:
                raise ValueError(
                    f"{name}={value!r} names columns, but X is of type "
                    f"{type(X).__name__}. Give a DataFrame, or the texts as X and the "
                    "labels as y."
                )
        X = _as_list(X, CALLER)
    n_rows = len(X)
    if not n_rows and not (is_frame and not len(X.columns)):
        raise ValueError(f"{CALLER} needs at least one row; X has none.")
    labels = y if target is None else _column(X, target, "target")
    if labels is not None:
        labels = _labels(labels, n_rows)
    texts: dict[Any, list[str | None]]
    if is_frame:
        columns = _columns(X, text, target, labels, languages)
        texts = {
            name: _texts(values, f"{CALLER}, column {name!r},")
            for name, values in columns.items()
        }
    else:
        texts = {None: _texts(X, CALLER)}
    given = None
    if isinstance(languages, str):
        if not is_frame:
            raise ValueError(
                f"languages={languages!r} names a column, but X is of type "
                f"{type(X).__name__}. Give the codes, or True to detect them."
            )
        given = _column(X, languages, "languages")
    elif not is_flag:
        given = _as_list(languages, CALLER)
    if given is not None and len(given) != n_rows:
        raise ValueError(
            f"languages has {len(given)} entries, but X has {n_rows} rows. Give one "
            "for each."
        )
    joined = [
        " ".join(part for part in parts if part is not None) or None
        for parts in zip(*texts.values(), strict=True)
    ]
    gaps = {
        name: np.array([value is None for value in values])
        for name, values in texts.items()
        if is_frame
    }
    return Rows(texts=joined, labels=labels, gaps=gaps, languages=given)


def languages_of(rows: Rows, languages: Any, there: np.ndarray) -> np.ndarray | None:
    """Return the language of every row, detected if need be; None if not asked for."""
    if rows.languages is not None:
        given = [UNKNOWN if _is_missing(c) else str(c) for c in rows.languages]
        return np.array(given, dtype=object)
    if not languages:
        return None
    codes = np.full(len(there), "", dtype=object)
    if there.any():
        known = [text for text in rows.texts if text is not None]
        try:
            codes[there] = detect_language(known)
        except ImportError as error:
            raise ImportError(
                f"languages=True of {CALLER} detects languages, for which a package is "
                "missing: pip install sklearn_nn[text]. Or give the languages, or "
                "leave languages=False."
            ) from error
    return codes


def _columns(
    X: Any, text: Any, target: Any, labels: Any, languages: Any
) -> dict[Any, list]:
    if text is not None:
        text = text.tolist() if hasattr(text, "tolist") else text
        # A tuple may be a single name, of several levels.
        is_several = isinstance(text, list | tuple) and text not in list(X.columns)
        columns = {
            name: _column(X, name, "text") for name in (text if is_several else [text])
        }
    else:
        taken = [] if target is None else [target]
        taken += [languages] if isinstance(languages, str) else []
        columns = {
            name: _column(X, name, "text") for name in X.columns if name not in taken
        }
        y = None if labels is None else labels.tolist()
        columns = {
            name: values
            for name, values in columns.items()
            if _has_text(values, X[name].dtype) and values != y
        }
    if not columns:
        raise ValueError(
            f"{CALLER} finds no column of text among {list(X.columns)}, labels left "
            "out. Name it: text='name of the column'."
        )
    return columns


def _column(X: Any, name: Any, parameter: str) -> list[Any]:
    if name not in list(X.columns):
        raise ValueError(
            f"{parameter}={name!r} is no column of X, which has {list(X.columns)}."
        )
    column = X[name]
    if hasattr(column, "columns"):
        raise ValueError(
            f"X has several columns of the name {name!r}. Rename one of them."
        )
    return column.to_list()


def _has_text(values: list[Any], dtype: Any) -> bool:
    first = next((value for value in values if not _is_missing(value)), None)
    if first is not None:
        return isinstance(first, str)
    # Without a value, by the type: of pandas, then of polars.
    if hasattr(dtype, "kind"):
        return dtype.kind in "OSU"
    return str(dtype) in ("String", "Object", "Null")


def _texts(values: list[Any], caller: str) -> list[str | None]:
    texts: list[str | None] = []
    for row, value in enumerate(values):
        if isinstance(value, str):
            texts.append(value.strip() or None)
        elif _is_missing(value):
            texts.append(None)
        else:
            raise _row_error(row, value, caller)
    return texts


def _labels(labels: Any, n_rows: int) -> np.ndarray:
    # An array made of a list would turn a missing label into the text "nan".
    if not isinstance(labels, list | tuple):
        labels = column_or_1d(labels, input_name="y").tolist()
    if len(labels) != n_rows:
        raise ValueError(
            f"y has {len(labels)} labels, but X has {n_rows} rows. Give one for each."
        )
    for row, label in enumerate(labels):
        if _is_missing(label):
            raise ValueError(
                f"Row {row} has no label ({label!r}). Drop such rows, or give them a "
                "label of their own, such as 'unknown'."
            )
    return column_or_1d(labels, input_name="y")
