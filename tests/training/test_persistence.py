"""Training: persistence."""

import io
import pickle

import joblib
import numpy as np
import pytest

from tests.training.small import (
    Recorder,
    X,
    mlp,
    same_weights,
    weights,
    y,
)


def by_joblib(model):
    buffer = io.BytesIO()
    joblib.dump(model, buffer)
    buffer.seek(0)
    return joblib.load(buffer)


def by_pickle(model):
    return pickle.loads(pickle.dumps(model))


@pytest.mark.parametrize("copy", [by_pickle, by_joblib])
def test_round_trip_goes_on_where_it_stopped(copy):
    model = mlp(warm_start=True, dropout=0.2).fit(X, y)
    twin = copy(model)
    np.testing.assert_array_equal(twin.decision_function(X), model.decision_function(X))
    assert twin.history_ == model.history_
    assert same_weights(twin.fit(X, y), model.fit(X, y))
    assert same_weights(twin.partial_fit(X, y), model.partial_fit(X, y))
    assert twin.n_iter_ == 9


@pytest.mark.parametrize("options", [{}, {"early_stopping": True, "verbose": 0}])
def test_data_is_not_kept(options):
    rows = np.random.default_rng(0).normal(size=(4000, 100)).astype(np.float32)
    model = mlp(max_epochs=2, callbacks=[Recorder()], **options)
    model.fit(rows, np.arange(4000) % 3)
    n_bytes = 4 * sum(p.numel() for p in weights(model))
    # Adam keeps two numbers a weight; rows would take 1.6 MB.
    assert len(pickle.dumps(model)) < 4 * n_bytes + 20_000


def test_size_does_not_grow_with_the_rows():
    few, many = (len(pickle.dumps(mlp().fit(X[:n], y[:n]))) for n in (80, 200))
    assert abs(many - few) < 500
