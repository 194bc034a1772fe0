"""Who answers for which rows while the combination is learned."""

import warnings
from typing import Any

import numpy as np
from sklearn.model_selection import (
    StratifiedGroupKFold,
    StratifiedKFold,
    check_cv,
)

from sklearn_nn.ensemble._targets import Target

Folds = list[tuple[np.ndarray, np.ndarray]]


def stratified(target: Target, n_splits: int, seed: int) -> Folds:
    """Split rows into shuffled folds, as many as there are rows or groups for.

    Rows of weight zero are in no fold: they change nothing.

    Parameters
    ----------
    target : Target
        The classes, and the groups.
    n_splits : int
        Folds that are asked for.
    seed : int
        Seed of the shuffle.

    Returns
    -------
    list of tuple (train, test)
        Row numbers.
    """
    rows = target.counted()
    target = target.at(rows)
    codes, groups = target.codes, target.groups
    n_splits = min(n_splits, int(np.bincount(codes).max()))
    splitter = StratifiedKFold
    if groups is not None:
        n_splits = min(n_splits, len(np.unique(groups)))
        splitter = StratifiedGroupKFold
    folds = splitter(max(2, n_splits), shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        # A class with fewer rows than folds: a base that misses it gives the floor.
        warnings.filterwarnings("ignore", "The least populated class")
        return [
            (rows[train], rows[test])
            for train, test in folds.split(codes, codes, groups)
        ]


def make_folds(cv: Any, target: Target, seed: int, caller: str) -> Folds:
    """Return the folds that `cv` means.

    Parameters
    ----------
    cv : int, splitter, iterable or None
        As in scikit-learn, but that an int shuffles.
    target : Target
        The classes, and the groups.
    seed : int
        Seed of the shuffle.
    caller : str
        The estimator, for messages.

    Returns
    -------
    list of tuple (train, test)
        Row numbers; each row is in one test part.
    """
    codes = target.codes
    if isinstance(cv, int | np.integer):
        largest = int(np.bincount(codes).max())
        if not 2 <= cv <= largest:
            raise ValueError(
                f"cv={cv} of {caller} must be at least 2, and no more than the "
                f"{largest} rows of the most frequent class."
            )
        if target.groups is not None and cv > len(np.unique(target.groups)):
            raise ValueError(
                f"cv={cv} of {caller} must be no more than the "
                f"{len(np.unique(target.groups))} groups."
            )
        return stratified(target, int(cv), seed)
    rows = np.arange(len(codes))
    splitter = check_cv(cv, codes, classifier=True)
    folds = [
        (rows[train], rows[test])
        for train, test in splitter.split(codes, codes, target.groups)
    ]
    tested = np.sort(np.concatenate([test for _, test in folds]))
    if not np.array_equal(tested, rows):
        raise ValueError(
            f"cv of {caller} must put every row into exactly one test part: what "
            "combines the bases learns from one answer a row. Use a KFold of some kind."
        )
    for number, (train, test) in enumerate(folds):
        if np.intersect1d(train, test).size:
            raise ValueError(
                f"Fold {number} of cv of {caller} has rows on both sides. What "
                "combines the bases may only see rows that they were not fitted on."
            )
    return folds
