"""Labels in numbers, with what is known of each row."""

import warnings
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from sklearn.utils.validation import _check_sample_weight, column_or_1d

from sklearn_nn._checks import check_has_y, check_labels, stack_level
from sklearn_nn._texts import _is_missing


@dataclass
class Target:
    """What is to be learned of every row.

    Parameters
    ----------
    codes : ndarray of int of shape (n_samples,)
        The classes.
    n_classes : int
        Number of all classes.
    weight : ndarray of shape (n_samples,) or None
        Weights of the rows.
    groups : ndarray of shape (n_samples,) or None
        Rows of one group stay together in the folds.
    classes : ndarray of shape (n_classes,) or None
        The labels.
    """

    codes: np.ndarray
    n_classes: int
    weight: np.ndarray | None = None
    groups: np.ndarray | None = None
    classes: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.codes)

    def counted(self) -> np.ndarray:
        """Return the numbers of the rows that have any weight."""
        every = np.arange(len(self))
        return every if self.weight is None else every[self.weight > 0]

    def at(self, rows: np.ndarray) -> Self:
        """Return some of the rows."""
        weight = None if self.weight is None else self.weight[rows]
        groups = None if self.groups is None else self.groups[rows]
        return replace(self, codes=self.codes[rows], weight=weight, groups=groups)


def target_of(
    y: Any, sample_weight: Any, groups: Any, n_rows: int, caller: str
) -> tuple[np.ndarray, Target]:
    """Check what `fit` gets beside X.

    Parameters
    ----------
    y : array-like of shape (n_rows,)
        Labels of at least two classes.
    sample_weight : array-like of shape (n_rows,) or None
        Weights of the rows.
    groups : array-like of shape (n_rows,) or None
        Groups of the rows.
    n_rows : int
        Rows of X.
    caller : str
        The estimator, for messages.

    Returns
    -------
    classes : ndarray of shape (n_classes,)
        The labels, sorted.
    target : Target
        The rows.
    """
    classes, codes = encoded(y, n_rows, caller)
    weight = None
    if sample_weight is not None:
        weight = _check_sample_weight(
            sample_weight, codes, dtype=np.float64, ensure_non_negative=True
        )
    if groups is not None:
        groups = _group_codes(groups, n_rows, caller)
    return classes, Target(codes, len(classes), weight, groups, classes)


def _group_codes(groups: Any, n_rows: int, caller: str) -> np.ndarray:
    groups = np.asarray(groups)
    if groups.ndim != 1 or len(groups) != n_rows:
        raise ValueError(
            f"{caller} found inconsistent numbers of samples: X has {n_rows} rows, "
            f"groups has the shape {groups.shape}. Give one group a row."
        )
    missing = np.flatnonzero([_is_missing(group) for group in groups.tolist()])
    if len(missing):
        raise ValueError(
            f"groups of {caller} is missing for row {missing[0]}. Give rows that "
            "belong to none a group each."
        )
    try:
        codes = np.unique(groups, return_inverse=True)[1]
    except TypeError as error:
        raise TypeError(
            f"groups of {caller} mixes types that have no order: {error}."
        ) from None
    if codes.max() == 0:
        raise ValueError(
            f"{caller} needs rows of at least two groups to make folds; groups holds "
            "one only. Leave groups out."
        )
    return codes


def check_rows(parts: list[Any], target: Target) -> None:
    """Refuse a base that has nothing to learn from.

    Parameters
    ----------
    parts : list of Part
        The bases.
    target : Target
        The rows.
    """
    for part in parts:
        there = part.there if target.weight is None else target.weight[part.there]
        if not there.any():
            raise ValueError(
                f"{part.name!r} has no rows to learn from: its columns are missing "
                "everywhere, or the weights are zero. Drop it."
            )


def check_met(
    target: Target, rows: np.ndarray, classes: np.ndarray, caller: str
) -> None:
    """Warn of classes that no base had met where it was asked for them.

    Parameters
    ----------
    target : Target
        All rows.
    rows : ndarray of int
        Those whose class the bases had met.
    classes : ndarray
        The labels.
    caller : str
        The estimator, for messages.
    """
    counted = np.unique(target.codes[target.counted()])
    met = np.unique(target.codes[rows])
    if len(met) < 2:
        raise ValueError(
            f"{caller} has nothing to learn from: the rows of "
            f"{classes[np.setdiff1d(counted, met)].tolist()} are in one fold each, so "
            "that no base had met their class. Take other folds or groups."
        )
    if len(met) < len(counted):
        warnings.warn(
            f"{caller}: the rows of {classes[np.setdiff1d(counted, met)].tolist()} are "
            "in one fold each, so that no base had met their class. The final "
            "classifiers do not learn of it; the pool of the bases answers for it.",
            stacklevel=stack_level(),
        )


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
    row = 1.0 if weight is None or not weight.any() else weight[weight > 0].mean()
    counts = np.where(counts > 0, counts, row / 2)
    return counts / counts.sum()
