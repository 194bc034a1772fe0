"""What the checks must know of a kind of data."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np

# Where the wrong row stands: a number that no other part of a message holds.
WRONG_ROW = 7
NAMES_ROW = rf"\b{WRONG_ROW}\b"


class Data(ABC):
    """Rows of one kind, right, unusual and wrong ones."""

    #: What the rows are called in messages.
    name: str
    #: What an estimator may raise to refuse an input.
    refusals: tuple[type[Exception], ...] = (ValueError, TypeError)

    @abstractmethod
    def make(self, n_classes: int = 3) -> tuple[list[Any], np.ndarray]:
        """Make sixty rows of up to three classes, and the number of the class."""

    @abstractmethod
    def altered(self, row: Any) -> Any:
        """Turn a row into another one, unlike any that `make` makes."""

    def forms(self, X: list[Any]) -> Iterator[tuple[str, list[Any]]]:
        """Write the same rows in each form that is read in a way of its own."""
        yield self.name, X

    @abstractmethod
    def containers(self, X: list[Any]) -> Iterator[tuple[str, Any]]:
        """Put the same rows into other containers, each with a name for it."""

    @abstractmethod
    def unusual(self, X: list[Any]) -> Iterator[tuple[list[Any], list[Any]]]:
        """Give rows of `X` in one form, and unusual but legal ones in that form."""

    @abstractmethod
    def wrong(self, X: list[Any]) -> Iterator[tuple[Any, tuple[str, ...]]]:
        """Give inputs to refuse, each with the patterns that the message must hold."""


def wrong_row(rows: list[Any], value: Any) -> list[Any]:
    """Put one wrong value behind right rows."""
    return [*rows[:WRONG_ROW], value]


def series(rows: list[Any]) -> Iterator[Any]:
    """Make a Series of each library of data frames that is installed."""
    for library in filter(find_spec, ("pandas", "polars")):
        # The index of a pandas Series that is turned twice is not 0, 1, 2...
        yield import_module(library).Series(rows[::-1])[::-1]
