"""Every class between a smallest and a largest number of rows."""

from typing import Any

import numpy as np

from sklearn_nn._declaration import PositiveInt, estimator
from sklearn_nn.sampling._rows import ClassCountSampler


@estimator
class ClassCountClamp(ClassCountSampler):
    """Give every class at least and at most so many rows.

    Rows of larger classes are left out at random, rows of smaller ones repeated.

    Parameters
    ----------
    min_count : int or None, default=None
        The least number of rows of a class; `None` repeats no row.
    max_count : int or None, default=None
        The largest number of rows of a class; `None` leaves out no row.

    See Also
    --------
    RandomUnderSampler : All classes as small as the smallest.
    RandomOverSampler : All classes as large as the largest.

    Examples
    --------
    >>> from sklearn_nn.sampling import ClassCountClamp
    >>> texts = ["red car", "fast car", "green tea", "old car"]
    >>> y = ["cars", "cars", "drinks", "cars"]
    >>> clamp = ClassCountClamp(min_count=2, max_count=2, random_state=0)
    >>> clamp.fit_resample(texts, y)[0]
    ['fast car', 'green tea', 'old car', 'green tea']
    >>> clamp.sample_indices_
    array([1, 2, 3, 2])
    """

    min_count: PositiveInt | None = None
    max_count: PositiveInt | None = None

    def _wanted(self, labels: np.ndarray, counts: dict[Any, int]) -> dict[Any, int]:
        low = 1 if self.min_count is None else self.min_count
        high = np.inf if self.max_count is None else self.max_count
        if low > high:
            raise ValueError(
                f"{type(self).__name__} needs min_count <= max_count. Got "
                f"min_count={self.min_count} and max_count={self.max_count}."
            )
        self.sampling_strategy_ = {
            label: int(min(max(n, low), high)) for label, n in counts.items()
        }
        return self.sampling_strategy_
