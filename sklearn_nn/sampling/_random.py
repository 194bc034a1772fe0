"""Random under- and over-sampling of any rows, raw texts included."""

from collections.abc import Callable, Mapping
from numbers import Real
from typing import Annotated, Any

import numpy as np
from imblearn.over_sampling.base import BaseOverSampler
from imblearn.under_sampling.base import BaseUnderSampler
from imblearn.utils import check_sampling_strategy
from sklearn.utils._param_validation import Interval, StrOptions

from sklearn_nn._declaration import estimator
from sklearn_nn.sampling._rows import ClassCountSampler

RATIO = Interval(Real, 0, 1, closed="right")
OverStrategy = Annotated[
    float | str | dict | Callable,
    RATIO,
    StrOptions({"auto", "minority", "not minority", "not majority", "all"}),
    Mapping,
    callable,
]
UnderStrategy = Annotated[
    float | str | dict | Callable,
    RATIO,
    StrOptions({"auto", "majority", "not minority", "not majority", "all"}),
    Mapping,
    callable,
]


@estimator
class RandomUnderSampler(ClassCountSampler, BaseUnderSampler):
    """Leave out rows of the large classes at random.

    Parameters
    ----------
    sampling_strategy : float, str, dict or callable, default="auto"
        Which classes lose rows, as in imbalanced-learn:

        - "majority", "not minority" (the same as "auto"), "not majority" or "all":
          these classes get as many rows as the smallest class has;
        - a dict: the rows that are left of each class it names;
        - a float, for two classes: the rows of the small class over those left of the
          large one;
        - a function from y to such a dict.

    See Also
    --------
    ClassCountClamp : The same with a fixed number, for any number of classes.
    imblearn.under_sampling.RandomUnderSampler : For matrices and data frames only.

    Examples
    --------
    >>> from sklearn_nn.sampling import RandomUnderSampler
    >>> texts = ["red car", "fast car", "green tea", "old car"]
    >>> y = ["cars", "cars", "drinks", "cars"]
    >>> RandomUnderSampler(random_state=0).fit_resample(texts, y)
    (['green tea', 'old car'], ['drinks', 'cars'])
    """

    sampling_strategy: UnderStrategy = "auto"

    def _wanted(self, labels: np.ndarray, counts: dict[Any, int]) -> dict[Any, int]:
        self.sampling_strategy_ = check_sampling_strategy(
            self.sampling_strategy, labels, self._sampling_type
        )
        return counts | self.sampling_strategy_


@estimator
class RandomOverSampler(ClassCountSampler, BaseOverSampler):
    """Repeat rows of the small classes at random.

    Copies that are made before rows are split into folds end up on both sides of the
    split: as a step of a pipeline, the sampler sees training rows only.

    Parameters
    ----------
    sampling_strategy : float, str, dict or callable, default="auto"
        Which classes gain rows, as in imbalanced-learn:

        - "minority", "not minority", "not majority" (the same as "auto") or "all":
          these classes get as many rows as the largest class has;
        - a dict: the rows that each class it names is to have;
        - a float, for two classes: the rows of the small class, copies included, over
          those of the large one;
        - a function from y to such a dict.

    See Also
    --------
    ClassCountClamp : The same with a fixed number.
    imblearn.over_sampling.RandomOverSampler : For matrices and data frames only.

    Examples
    --------
    >>> from sklearn_nn.sampling import RandomOverSampler
    >>> texts, y = ["red car", "fast car", "green tea"], ["cars", "cars", "drinks"]
    >>> RandomOverSampler(random_state=0).fit_resample(texts, y)[0]
    ['red car', 'fast car', 'green tea', 'green tea']
    """

    sampling_strategy: OverStrategy = "auto"

    def _wanted(self, labels: np.ndarray, counts: dict[Any, int]) -> dict[Any, int]:
        self.sampling_strategy_ = check_sampling_strategy(
            self.sampling_strategy, labels, self._sampling_type
        )
        added = self.sampling_strategy_
        return {label: n + added.get(label, 0) for label, n in counts.items()}
