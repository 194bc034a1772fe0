"""The checks of one kind of data, put together."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import wraps
from typing import Any

from sklearn.base import BaseEstimator, is_classifier
from sklearn.utils import get_tags
from sklearn.utils.validation import has_fit_parameter

from ._classifiers import CLASSIFIER_CHECKS, check_sample_weight
from ._common import COMMON_CHECKS, check_not_fitted
from ._transformers import TRANSFORMER_CHECKS


@dataclass(frozen=True)
class Suite:
    """What all estimators of a kind of data are asked.

    Parameters
    ----------
    open_data : callable
        It returns a context that holds the data while one check runs.
    own_checks : callable
        It tells which checks for this kind of data only apply to an estimator.
    """

    open_data: Callable[[], AbstractContextManager[Any]]
    own_checks: Callable[[BaseEstimator], Iterable[Callable]] = lambda estimator: ()

    def checks_for(self, estimator: BaseEstimator) -> Iterator[Callable]:
        """Find the checks that apply, each a function of the estimator alone."""
        return map(self._bind, self._applicable(estimator))

    def check(self, estimator: BaseEstimator) -> None:
        """Run all the checks that apply."""
        for check in self.checks_for(estimator):
            check(estimator)

    def parametrize(self, estimators: Iterable[BaseEstimator]):
        """Make one pytest case per check and estimator."""
        import pytest

        cases = [
            pytest.param(estimator, check, id=f"{estimator!r}-{check.__name__}")
            for estimator in estimators
            for check in self.checks_for(estimator)
        ]
        return pytest.mark.parametrize("estimator, check", cases)

    def _applicable(self, estimator: BaseEstimator) -> Iterator[Callable]:
        yield from COMMON_CHECKS
        yield from self.own_checks(estimator)
        if get_tags(estimator).requires_fit:
            yield check_not_fitted
        if hasattr(estimator, "transform"):
            yield from TRANSFORMER_CHECKS
        if is_classifier(estimator):
            yield from CLASSIFIER_CHECKS
            if has_fit_parameter(estimator, "sample_weight"):
                yield check_sample_weight

    def _bind(self, check: Callable) -> Callable:
        @wraps(check)
        def bound(estimator: BaseEstimator) -> None:
            with self.open_data() as data:
                check(estimator, data)

        return bound
