"""The splits of a scenario matrix, as the table [split] says: the same for all."""

from typing import Any

import numpy as np
from sklearn.model_selection import (
    GroupShuffleSplit,
    StratifiedGroupKFold,
    StratifiedKFold,
    StratifiedShuffleSplit,
)

from sklearn_nn._config import Place, build, check_keys, check_seed, take
from sklearn_nn.scenarios._data import Rows

KEYS = ("cv", "test_size", "official", "seed")


def check_split(table: Any, place: Place) -> dict[str, Any]:
    """Check [split]; 5 folds where it says nothing."""
    check_keys(table, KEYS, place)
    ways = [key for key in ("cv", "test_size", "official") if table.get(key)]
    if len(ways) > 1:
        raise place.error(f"give one of {', '.join(ways)}, not {len(ways)}.")
    cv = take(table, "cv", int | dict, place)
    if isinstance(cv, int) and cv < 2:
        raise (place / "cv").error(f"{cv} folds leave nothing to train on; give 2 up.")
    if isinstance(cv, dict) and not hasattr(build(cv, place / "cv"), "split"):
        raise (place / "cv").error("expected a number of folds or a splitter's table.")
    test_size = take(table, "test_size", float, place)
    if test_size is not None and not 0 < test_size < 1:
        raise (place / "test_size").error("give a share between 0 and 1, such as 0.2.")
    take(table, "official", bool, place)
    check_seed(table, place)
    return table


def make_splits(
    table: dict[str, Any], place: Place, rows: Rows
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return pairs of training and test rows.

    Parameters
    ----------
    table : dict
        A checked table [split].
    place : Place
        Where it was written.
    rows : Rows
        What is split. With groups, no group is on both sides.

    Returns
    -------
    splits : list of (ndarray, ndarray)
        Places of the rows.
    """
    if table.get("official"):
        assert rows.is_test is not None
        return [(np.flatnonzero(~rows.is_test), np.flatnonzero(rows.is_test))]
    seed, cv = table.get("seed", 0), table.get("cv", 5)
    grouped = rows.groups is not None
    if "test_size" in table:
        kind = GroupShuffleSplit if grouped else StratifiedShuffleSplit
        splitter = kind(n_splits=1, test_size=table["test_size"], random_state=seed)
        cv = "test_size"
    elif isinstance(cv, dict):
        splitter = build(cv, place / "cv")
    else:
        folds = StratifiedGroupKFold if grouped else StratifiedKFold
        splitter = folds(n_splits=cv, shuffle=True, random_state=seed)
    if isinstance(cv, int):
        _check_counts(rows, cv, place / "cv")
    try:
        return list(splitter.split(np.zeros(len(rows.y)), rows.y, rows.groups))
    except ValueError as error:
        raise place.error(f"these rows cannot be split so: {error}") from None


def _check_counts(rows: Rows, n_folds: int, place: Place) -> None:
    labels, counts = np.unique(rows.y, return_counts=True)
    if counts.min() < n_folds:
        rarest = labels.tolist()[counts.argmin()]
        raise place.error(
            f"class {rarest!r} has {counts.min()} row(s) for {n_folds} folds. Lower "
            "cv, or leave the class out."
        )
