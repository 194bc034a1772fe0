"""Training: weights of rows and classes."""

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_sample_weight

from tests.training.small import (
    X_REAL,
    X,
    close_weights,
    mlp,
    regressor,
    same_weights,
    y,
    y_real,
)


@pytest.mark.parametrize("options", [{}, {"early_stopping": True}])
def test_weights_of_one_change_nothing(options):
    assert same_weights(
        mlp(**options).fit(X, y, sample_weight=np.ones(200)), mlp(**options).fit(X, y)
    )
    assert same_weights(
        regressor(**options).fit(X_REAL, y_real, np.ones(200)),
        regressor(**options).fit(X_REAL, y_real),
    )


def test_partial_fit_weights_of_one_change_nothing():
    assert same_weights(
        mlp().partial_fit(X, y, sample_weight=np.ones(200)), mlp().partial_fit(X, y)
    )


@pytest.mark.parametrize("early_stopping", [False, True])
def test_weight_zero_is_the_same_as_absent(early_stopping):
    weight = np.ones(200)
    weight[::3] = 0
    kept = weight > 0
    options = {"early_stopping": early_stopping}
    assert same_weights(
        mlp(**options).fit(X, y, sample_weight=weight),
        mlp(**options).fit(X[kept], y[kept]),
    )
    assert same_weights(
        mlp(**options).fit(X, y, sample_weight=2 * weight * (1 + y)),
        mlp(**options).fit(X[kept], y[kept], sample_weight=1.0 + y[kept]),
    )


def test_weight_two_counts_like_two_rows():
    weight = 1 + np.arange(200) % 2
    doubled = np.repeat(np.arange(200), weight)
    options = {"batch_size": 400, "optimizer": "sgd", "lr": 0.1, "max_epochs": 20}
    for make, targets, rows in ((mlp, y, X), (regressor, y_real, X_REAL)):
        weighted = make(**options).fit(rows, targets, sample_weight=weight)
        repeated = make(**options).fit(rows[doubled], targets[doubled])
        assert weighted.net_.dtype == "float64"
        assert close_weights(weighted, repeated, 1e-9)


def test_class_weights_equal_row_weights():
    few = np.flatnonzero((y != 1) | (np.arange(200) % 3 == 0))
    for class_weight in ("balanced", {0: 1.0, 1: 5.0, 2: 0.5}):
        by_class = mlp(class_weight=class_weight).fit(X[few], y[few])
        by_row = mlp().fit(
            X[few], y[few], sample_weight=compute_sample_weight(class_weight, y[few])
        )
        assert close_weights(by_class, by_row, 1e-5)
        assert not close_weights(by_class, mlp().fit(X[few], y[few]), 1e-3)


def test_class_weights_multiply_row_weights():
    weight = 0.5 + np.arange(200) % 3
    class_weight = {0: 1.0, 1: 5.0, 2: 0.5}
    both = mlp(class_weight=class_weight).fit(X, y, sample_weight=weight)
    product = weight * compute_sample_weight(class_weight, y)
    assert close_weights(both, mlp().fit(X, y, sample_weight=product), 1e-5)
    assert not close_weights(both, mlp(class_weight=class_weight).fit(X, y), 1e-3)


def test_class_weights_by_label():
    names = np.array(["x", "y", "z"])
    by_name = mlp(class_weight={"x": 1, "y": 9, "z": 1}).fit(X, names[y])
    by_code = mlp(class_weight={0: 1, 1: 9, 2: 1}).fit(X, y)
    assert same_weights(by_name, by_code)
    assert (by_code.predict(X) == 1).sum() > (mlp().fit(X, y).predict(X) == 1).sum()
