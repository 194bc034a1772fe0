"""Rows, targets and weights that go together."""

from typing import Any, NamedTuple

import numpy as np


class Sample(NamedTuple):
    """Checked X, y and, if rows differ in it, their weight.

    `y` is None where X is to be reconstructed. `rows` are the numbers that the caller
    knows the rows by, where some were dropped.
    """

    X: Any
    y: Any
    weight: np.ndarray | None = None
    rows: np.ndarray | None = None

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return self.X.shape[0]

    def at(self, rows: np.ndarray) -> "Sample":
        """Return some of the rows."""
        weight = None if self.weight is None else self.weight[rows]
        y = None if self.y is None else self.y[rows]
        return Sample(self.X[rows], y, weight, rows)

    def without_zeros(self) -> "Sample":
        """Return the rows of positive weight."""
        if self.weight is None or self.weight.all():
            return self
        return self.at(np.flatnonzero(self.weight))

    def normalised(self) -> "Sample":
        """Return the sample with a mean weight of one."""
        if self.weight is None:
            return self
        weight = self.weight / self.weight.max()
        return self._replace(weight=weight / weight.mean())
