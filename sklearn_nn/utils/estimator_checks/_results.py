"""What estimators answer or refuse, and how two answers are compared."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, clone
from sklearn.utils.estimator_checks import set_random_state

from ._data import Data

_OUTPUTS = ("transform", "predict", "decision_function", "predict_proba")


def fresh(estimator: BaseEstimator) -> BaseEstimator:
    """Clone the estimator, with a ``random_state`` of 0."""
    estimator = clone(estimator)
    set_random_state(estimator, 0)
    return estimator


def fitted_on(
    estimator: BaseEstimator, data: Data
) -> tuple[BaseEstimator, list[Any], np.ndarray]:
    """Fit a clone; give it back with what it was fitted on."""
    X, y = data.make()
    return fresh(estimator).fit(X, y), X, y


def methods_of(estimator: BaseEstimator) -> list[str]:
    """Name the methods that answer for each row."""
    return [method for method in _OUTPUTS if hasattr(estimator, method)]


def dense(output: Any) -> np.ndarray:
    """Turn a sparse or dense output into an array."""
    return output.toarray() if issparse(output) else np.asarray(output)


def outputs_of(estimator: BaseEstimator, X: Any) -> dict[str, np.ndarray]:
    """Call every method that answers for each row."""
    methods = methods_of(estimator)
    return {method: dense(getattr(estimator, method)(X)) for method in methods}


def assert_same(results: dict, expected: dict, when: str) -> None:
    """Assert that outputs agree: numbers but for rounding, labels exactly."""
    for method, result in results.items():
        same = result.shape == expected[method].shape and (
            np.allclose(result, expected[method], rtol=1e-4, atol=1e-5)
            if result.dtype.kind == "f"
            else np.array_equal(result, expected[method])
        )
        assert same, f"the result of {method} differs {when}"


def assert_refused(
    call: Callable,
    patterns: tuple[str, ...],
    method: str,
    kind: type[Exception] | tuple[type[Exception], ...] = (ValueError, TypeError),
) -> None:
    """Assert that the call raises an error of that kind which holds all `patterns`."""
    wanted = " and ".join(map(repr, patterns))
    try:
        call()
    except kind as error:
        for pattern in patterns:
            found = re.search(pattern, str(error), flags=re.IGNORECASE)
            assert found, f"the error of {method} does not say {pattern!r}: {error}"
    else:
        raise AssertionError(
            f"{method} accepts what it should refuse; the message must hold {wanted}"
        )
