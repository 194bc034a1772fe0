"""Checks of every estimator, whatever its data."""

import io
import pickle
import random
import reprlib
import sys
import warnings
from functools import partial

import joblib
import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.exceptions import NotFittedError

from ._data import Data
from ._results import (
    assert_refused,
    assert_same,
    fitted_on,
    fresh,
    methods_of,
    outputs_of,
)


def check_parameters(estimator: BaseEstimator, data: Data) -> None:
    """``__init__`` stores its parameters and nothing else; they survive a clone."""
    parameters = estimator.get_params(deep=False)
    extra = set(vars(estimator)) - set(parameters) - {"_sklearn_output_config"}
    assert not extra, f"__init__ sets {sorted(extra)}"
    copy = clone(estimator)
    for name, value in copy.get_params(deep=False).items():
        assert repr(value) == repr(parameters[name]), f"clone changes {name}"
    assert copy.set_params(**parameters) is copy, "set_params does not return self"
    for name, value in copy.get_params(deep=False).items():
        assert value is parameters[name], f"set_params does not store {name} as given"


def check_fit(estimator: BaseEstimator, data: Data) -> None:
    """``fit`` returns self, changes no parameter and forgets the fit before it."""
    estimator, (X, y) = fresh(estimator), data.make()
    before = repr(estimator.get_params())
    assert estimator.fit(X, y) is estimator, "fit does not return self"
    assert repr(estimator.get_params()) == before, "fit changes a parameter"
    expected = outputs_of(estimator, X)
    estimator.fit([data.altered(row) for row in X[6:12]] + X[:6], y[:12])
    assert_same(outputs_of(estimator.fit(X, y), X), expected, "after a second fit")


def check_order_and_subset(estimator: BaseEstimator, data: Data) -> None:
    """The answer for a row depends neither on its place nor on its neighbours."""
    estimator, X, _ = fitted_on(estimator, data)
    outputs = outputs_of(estimator, X)
    for rows in (np.random.RandomState(0).permutation(len(X)), np.arange(3), [0]):
        some = outputs_of(estimator, [X[i] for i in rows])
        expected = {method: output[rows] for method, output in outputs.items()}
        assert_same(some, expected, "when rows are reordered or left out")


def check_containers(estimator: BaseEstimator, data: Data) -> None:
    """The same rows in another container or form give the same result."""
    estimator, X, y = fitted_on(estimator, data)
    expected = outputs_of(estimator, X)
    for name, container in data.containers(X):
        assert_same(outputs_of(estimator, container), expected, f"for {name}")
        fitted = fresh(estimator).fit(container, y)
        assert_same(outputs_of(fitted, X), expected, f"for {name} in fit")


def check_unusual_rows(estimator: BaseEstimator, data: Data) -> None:
    """Unusual rows are legal, in fit and afterwards, and change no other's answer."""
    X, y = data.make()
    for ordinary, unusual in data.unusual(X):
        labels = np.append(y, np.resize(y, len(unusual)))
        fitted = fresh(estimator).fit(ordinary + unusual, labels)
        outputs = outputs_of(fitted, unusual)
        for method, output in outputs.items():
            assert len(output) == len(unusual), f"{method} loses rows"
        for i, row in enumerate(unusual):
            expected = {method: output[[i]] for method, output in outputs.items()}
            assert_same(outputs_of(fitted, [row]), expected, "for a row alone")


def check_wrong_input(estimator: BaseEstimator, data: Data) -> None:
    """What is no such data is refused clearly; the estimator lives on."""
    estimator, X, y = fitted_on(estimator, data)
    expected = outputs_of(estimator, X)
    # What only transforms may read its rows there.
    learn = estimator.fit if hasattr(estimator, "predict") else estimator.fit_transform
    for wrong, patterns in data.wrong(X):
        end = reprlib.repr(wrong[-1:])
        fit = partial(learn, wrong, y[: len(wrong)])
        assert_refused(fit, patterns, f"fit on {end}", data.refusals)
        for method in methods_of(estimator):
            call = partial(getattr(estimator, method), wrong)
            assert_refused(call, patterns, f"{method} on {end}", data.refusals)
    assert_same(outputs_of(estimator, X), expected, "after a refused input")


def check_persistence(estimator: BaseEstimator, data: Data) -> None:
    """Pickle and joblib bring back the same fitted estimator."""
    estimator, X, _ = fitted_on(estimator, data)
    expected = outputs_of(estimator, X)
    joblib.dump(estimator, buffer := io.BytesIO())
    buffer.seek(0)
    for copy in (pickle.loads(pickle.dumps(estimator)), joblib.load(buffer)):
        assert_same(outputs_of(copy, X), expected, "after saving and loading")


def check_side_effects(estimator: BaseEstimator, data: Data) -> None:
    """Ordinary rows stay, cause no warning and move no global random generator."""
    before = _generators()
    X, y = data.make()
    for form, rows in data.forms(X):
        given = joblib.hash((rows, y))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            outputs_of(fresh(estimator).fit(rows, y), rows)
        assert not caught, f"a warning on ordinary {form}: {caught[0].message}"
        assert joblib.hash((rows, y)) == given, f"the {form} given are changed"
    for name, state in _generators().items():
        assert state == before[name], f"the global state of {name} moves"


def check_not_fitted(estimator: BaseEstimator, data: Data) -> None:
    """Before ``fit``, every method raises NotFittedError."""
    estimator, (X, _) = fresh(estimator), data.make()
    for method in methods_of(estimator):
        call = partial(getattr(estimator, method), X)
        assert_refused(call, ("fit",), method, NotFittedError)


def _generators() -> dict[str, bytes]:
    """Read the state of every global generator of random numbers."""
    states: dict = {"random": random.getstate(), "numpy": np.random.get_state()}
    if "torch" in sys.modules:
        states["torch"] = sys.modules["torch"].get_rng_state().numpy()
    return {name: pickle.dumps(state) for name, state in states.items()}


COMMON_CHECKS = (
    check_parameters,
    check_fit,
    check_order_and_subset,
    check_containers,
    check_unusual_rows,
    check_wrong_input,
    check_persistence,
    check_side_effects,
)
