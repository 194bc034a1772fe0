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
    """Split rows into shuffled folds, as many as there are rows and groups for.

    Rows of weight zero are in no fold: they change nothing. There are no folds at all
    where no class has two rows, or all rows are of one group.

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
    if n_splits < 2:
        return []
    folds = splitter(n_splits, shuffle=True, random_state=seed)
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
    codes, groups = target.codes, target.groups
    cv = 5 if cv is None else cv
    if isinstance(cv, int | np.integer):
        counted = target.at(target.counted())
        largest = int(np.bincount(counted.codes).max())
        if not 2 <= cv <= largest:
            raise ValueError(
                f"cv={cv} of {caller} must be at least 2, and no more than the "
                f"{largest} rows of the most frequent class."
            )
        n_groups = cv if counted.groups is None else len(np.unique(counted.groups))
        if cv > n_groups:
            raise ValueError(
                f"cv={cv} of {caller} must be no more than the {n_groups} groups."
            )
        return stratified(target, int(cv), seed)
    rows = np.arange(len(codes))
    splitter = check_cv(cv, codes, classifier=True)
    try:
        folds = [
            (rows[train], rows[test])
            for train, test in splitter.split(codes, codes, groups)
        ]
    except IndexError as error:
        raise ValueError(f"cv of {caller} names rows that X lacks: {error}.") from None
    if not folds:
        raise ValueError(
            f"cv of {caller} has no folds. A generator is empty after its first use: "
            "give a list."
        )
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
        if groups is not None and np.intersect1d(groups[train], groups[test]).size:
            raise ValueError(
                f"Fold {number} of cv of {caller} has a group on both sides. Take a "
                "splitter that knows groups, such as GroupKFold, or an int."
            )
    kept = target.counted()
    return [
        (np.intersect1d(train, kept), np.intersect1d(test, kept))
        for train, test in folds
    ]
