"""Checks of classifiers."""

from functools import partial

import numpy as np
from sklearn.base import BaseEstimator

from ._data import Data
from ._results import assert_refused, assert_same, fitted_on, fresh, outputs_of


def check_labels(estimator: BaseEstimator, data: Data) -> None:
    """Labels may be strings, any integers or booleans, in an array or a list."""
    for labels in (["alpha", "mu", "zeta"], [-1, 7, 300], [False, True]):
        X, y = data.make(len(labels))
        names = np.array(labels)
        expected = names[fresh(estimator).fit(X, y).predict(X)]
        fitted = fresh(estimator).fit(X, names[y])
        assert np.array_equal(fitted.classes_, names), "classes_ are not the labels"
        assert np.array_equal(fitted.predict(X), expected), "names change predictions"
        fitted = fresh(estimator).fit(X, names[y].tolist())
        assert np.array_equal(fitted.predict(X), expected), "a list of labels differs"


def check_wrong_labels(estimator: BaseEstimator, data: Data) -> None:
    """No labels, other lengths and real numbers are refused clearly."""
    estimator, X, y = fitted_on(estimator, data)
    expected = outputs_of(estimator, X)
    for labels, pattern in (
        (None, "y|label|target"),
        (y[:-1], "length|inconsistent|samples"),
        (y + 0.5, "label|class|continuous"),
    ):
        assert_refused(partial(estimator.fit, X, labels), (pattern,), "fit")
    assert_same(outputs_of(estimator, X), expected, "after refused labels")


def check_one_class(estimator: BaseEstimator, data: Data) -> None:
    """A single class is refused with a message about it, or always predicted."""
    X, y = data.make(1)
    try:
        fitted = fresh(estimator).fit(X, y)
    except ValueError as error:
        assert "class" in str(error), f"the error does not say 'class': {error}"
    else:
        assert np.array_equal(fitted.predict(X), y), "predicts a class never seen"


def check_scores(estimator: BaseEstimator, data: Data) -> None:
    """Probabilities sum to one; they and the scores agree with ``predict``."""
    for n_classes in (2, 3):
        X, y = data.make(n_classes)
        fitted = fresh(estimator).fit(X, y)
        outputs = outputs_of(fitted, X)
        for method in sorted(outputs.keys() & {"decision_function", "predict_proba"}):
            scores = outputs[method]
            if method == "decision_function" and n_classes == 2:
                scores = np.stack([-scores, scores], axis=-1)
            assert scores.shape == (len(X), n_classes), f"wrong shape of {method}"
            best = fitted.classes_[scores.argmax(axis=1)]
            assert np.array_equal(best, outputs["predict"]), f"{method} against predict"
        if (probabilities := outputs.get("predict_proba")) is not None:
            total = probabilities.sum(axis=1)
            assert np.allclose(total, 1, atol=1e-5), "probabilities do not sum to one"
            assert probabilities.min() >= 0, "a negative probability"


def check_sample_weight(estimator: BaseEstimator, data: Data) -> None:
    """Weights of one are no weights; a row of weight zero is a row left out."""
    fitted, X, y = fitted_on(estimator, data)
    unit = fresh(estimator).fit(X, y, sample_weight=np.ones(len(X)))
    assert_same(outputs_of(unit, X), outputs_of(fitted, X), "with weights of one")
    weight = np.arange(len(X)) % 4 / 2
    kept = np.flatnonzero(weight)
    X = [x if w else data.altered(x) for x, w in zip(X, weight, strict=True)]
    zero = fresh(estimator).fit(X, y, sample_weight=weight)
    rows = [X[i] for i in kept]
    removed = fresh(estimator).fit(rows, y[kept], sample_weight=weight[kept])
    assert_same(outputs_of(zero, X), outputs_of(removed, X), "with weights of zero")


CLASSIFIER_CHECKS = (check_labels, check_wrong_labels, check_one_class, check_scores)
