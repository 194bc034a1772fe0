"""Rows, targets and weights that go together."""

from typing import Any, NamedTuple

import numpy as np


class Sample(NamedTuple):
    """Checked X, y and, if rows differ in it, their weight.

    `rows` are the numbers that the caller knows the rows by, where some were dropped.
    """

    X: Any
    y: np.ndarray
    weight: np.ndarray | None = None
    rows: np.ndarray | None = None

    def at(self, rows: np.ndarray) -> "Sample":
        """Return some of the rows."""
        weight = None if self.weight is None else self.weight[rows]
        return Sample(self.X[rows], self.y[rows], weight, rows)

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
