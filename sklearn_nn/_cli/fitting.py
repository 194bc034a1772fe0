"""Fitting a pipeline with progress, and rows to validate on."""

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sklearn.model_selection._search import BaseSearchCV
from sklearn.pipeline import Pipeline

from sklearn_nn._contract.network import Network


def fit(pipeline: Pipeline, X: Any, y: Any, X_val: Any, y_val: Any) -> None:
    """Fit a pipeline; its last step validates on the rows given, if it can.

    Parameters
    ----------
    pipeline : Pipeline
        Its steps are fitted in place.
    X, y : array-like
        The rows to train on.
    X_val, y_val : array-like
        The rows to validate on; none if there are none.
    """
    last = pipeline[-1]
    if len(y_val) == 0 or "X_val" not in inspect.signature(last.fit).parameters:
        pipeline.fit(X, y)
        return
    for _, step in pipeline.steps[:-1]:
        if hasattr(step, "fit_resample"):
            X, y = step.fit_resample(X, y)
        elif step != "passthrough":
            if hasattr(step, "fit_transform"):
                X = step.fit_transform(X, y)
            else:
                X = step.fit(X, y).transform(X)
            X_val = step.transform(X_val)
    last.fit(X, y, X_val=X_val, y_val=y_val)


@contextmanager
def showing_progress(estimator: Any, verbose: int, wanted: bool) -> Iterator[None]:
    """Let an estimator tell how far it is, unless it was told what to tell."""
    told = getattr(estimator, "verbose", None)
    # Compiled parts of scikit-learn would print between the results.
    tells = isinstance(estimator, Network | BaseSearchCV)
    if not wanted or not tells or told != 0:
        yield
        return
    estimator.set_params(verbose=verbose)
    try:
        yield
    finally:
        estimator.set_params(verbose=told)
