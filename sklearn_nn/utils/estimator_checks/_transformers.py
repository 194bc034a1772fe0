"""Checks of what has a method ``transform``."""

from functools import partial
from importlib.util import find_spec

import numpy as np
from scipy.sparse import issparse
from sklearn.base import BaseEstimator

from ._data import Data
from ._results import assert_refused, assert_same, dense, fitted_on, fresh, outputs_of


def check_fit_transform(estimator: BaseEstimator, data: Data) -> None:
    """``fit_transform`` equals ``fit`` then ``transform``."""
    fitted, X, y = fitted_on(estimator, data)
    output = {"transform": dense(fresh(estimator).fit_transform(X, y))}
    assert_same(output, outputs_of(fitted, X), "through fit_transform")


def check_columns(estimator: BaseEstimator, data: Data) -> None:
    """A matrix has a name per column, and becomes a data frame unless sparse."""
    fitted, X, _ = fitted_on(estimator, data)
    output = fitted.transform(X)
    if output.ndim == 1:
        return
    names = list(fitted.get_feature_names_out())
    assert len(names) == output.shape[1], "not one feature name per column"
    assert len(set(names)) == len(names), "feature names are not unique"
    for library in filter(find_spec, ("pandas", "polars")):
        fitted.set_output(transform=library)
        if issparse(output):
            assert_refused(partial(fitted.transform, X), ("sparse",), "transform")
            continue
        frame = fitted.transform(X)
        assert type(frame).__module__.startswith(library), f"no {library} frame"
        assert list(frame.columns) == names, f"{library} columns are not the names"
        assert_same({"transform": np.asarray(frame)}, {"transform": output}, library)


TRANSFORMER_CHECKS = (check_fit_transform, check_columns)
