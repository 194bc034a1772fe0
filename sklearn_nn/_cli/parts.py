"""The parts of the rows: for training, for validation and for the test."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.model_selection import (
    GroupShuffleSplit,
    ShuffleSplit,
    StratifiedShuffleSplit,
)

from sklearn_nn._config import Place, check_keys, check_seed, take
from sklearn_nn.scenarios._data import Rows

KEYS = ("test_size", "official", "validation_size", "seed")


@dataclass(frozen=True)
class Parts:
    """Places of the rows.

    Attributes
    ----------
    train, validation, test : ndarray of int
        No row is in two of them, nor a group; the one for validation may be empty.
    """

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray


def check_split(table: Any, place: Place) -> dict[str, Any]:
    """Check [split], and complete it."""
    check_keys(table, KEYS, place)
    official = take(table, "official", bool, place, False)
    if official and "test_size" in table:
        raise place.error("give test_size or official, not both.")
    chosen = {} if official else {"test_size": 0.2}
    chosen |= {"validation_size": 0.1, "seed": 0, **table}
    for key, least in (("test_size", None), ("validation_size", 0)):
        size = take(chosen, key, float, place)
        if size is not None and size != least and not 0 < size < 1:
            none = " (or 0 for none)" if least == 0 else ""
            raise (place / key).error(
                f"give a share between 0 and 1, such as 0.2{none}."
            )
    check_seed(table, place)
    return chosen


def make_parts(table: dict[str, Any], place: Place, rows: Rows, numbers: bool) -> Parts:
    """Split the rows.

    Parameters
    ----------
    table : dict
        A checked table [split].
    place : Place
        Where it was written.
    rows : Rows
        What is split.
    numbers : bool
        Whether the labels are numbers; classes are stratified.

    Returns
    -------
    parts : Parts
        The one for validation is taken from the training part.
    """

    def hold_out(places: np.ndarray, key: str) -> tuple[np.ndarray, np.ndarray]:
        groups = None if rows.groups is None else rows.groups[places]
        kind = GroupShuffleSplit if groups is not None else StratifiedShuffleSplit
        if groups is None and numbers:
            kind = ShuffleSplit
        splitter = kind(n_splits=1, test_size=table[key], random_state=table["seed"])
        try:
            kept, held_out = next(splitter.split(places, rows.y[places], groups))
        except ValueError as error:
            raise (place / key).error(
                f"these rows cannot be split so: {error}"
            ) from None
        return np.sort(places[kept]), np.sort(places[held_out])

    if table.get("official"):
        assert rows.is_test is not None
        train, test = np.flatnonzero(~rows.is_test), np.flatnonzero(rows.is_test)
    else:
        train, test = hold_out(np.arange(len(rows.y)), "test_size")
    validation = np.arange(0)
    if table["validation_size"]:
        train, validation = hold_out(train, "validation_size")
    return Parts(train, validation, test)
