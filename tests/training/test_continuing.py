"""Training: warm start and partial_fit."""

import numpy as np
import pytest
import torch

from tests.training.small import (
    STEPS,
    X_REAL,
    Rates,
    X,
    column,
    mlp,
    regressor,
    same_weights,
    weights,
    y,
    y_real,
)


def test_warm_start_goes_on():
    model = mlp(warm_start=True, max_epochs=3).fit(X, y)
    before = weights(model)
    assert model.fit(X, y).n_iter_ == 6
    assert column(model, "epoch") == [1, 2, 3, 4, 5, 6]
    assert not any(torch.equal(p, q) for p, q in zip(before, weights(model)))
    losses = column(model, "train_loss")
    assert losses[3] < losses[0]
    assert mlp(max_epochs=3).fit(X, y).fit(X, y).n_iter_ == 3


def test_warm_start_takes_a_new_learning_rate_and_batch_size():
    model = mlp(warm_start=True, max_epochs=1, optimizer="sgd").fit(X, y)
    before = weights(model)
    model.set_params(lr=1e-12, batch_size=50).fit(X, y)
    assert column(model, "lr") == [0.01, 1e-12]
    assert model.history_[-1]["epoch"] == 2
    assert all(torch.allclose(p, q) for p, q in zip(before, weights(model)))


def test_warm_start_takes_new_weight_decay():
    model = mlp(warm_start=True, max_epochs=1, optimizer="sgd").fit(X, y)
    before = sum(float(p.norm()) for p in weights(model))
    model.set_params(weight_decay=10.0).fit(X, y)
    assert sum(float(p.norm()) for p in weights(model)) < 0.9 * before


def test_warm_start_refuses_other_classes():
    model = mlp(warm_start=True).fit(X, y)
    with pytest.raises(ValueError, match=r"Row \d+ of y has the class 7"):
        model.fit(X, np.where(y == 2, 7, y))
    with pytest.raises(ValueError, match="8 features"):
        model.fit(X[:, :5], y)
    model.fit(X[y != 2], y[y != 2])  # fewer are fine
    assert model.classes_.tolist() == [0, 1, 2]


def test_warm_start_repeats_the_schedule():
    options = {"lr_schedule": "cosine", "max_epochs": 3}
    model = mlp(warm_start=True, **options).fit(X, y).fit(X, y)
    once = column(mlp(**options).fit(X, y), "lr")
    np.testing.assert_allclose(column(model, "lr"), once + once)


def test_partial_fit_is_one_epoch():
    model = mlp().partial_fit(X, y)
    assert model.n_iter_ == 1
    assert model.net_.module_.output.weight.dtype == torch.float32
    before = weights(model)
    assert model.partial_fit(X, y) is model
    assert column(model, "epoch") == [1, 2]
    assert not any(torch.equal(p, q) for p, q in zip(before, weights(model)))


def test_partial_fit_learns():
    model = mlp()
    for _ in range(60):
        for batch in np.array_split(np.arange(200), 3):
            model.partial_fit(X[batch], y[batch], classes=[0, 1, 2])
    assert model.score(X, y) > 0.7
    model = regressor(lr=0.01)
    for _ in range(60):
        model.partial_fit(X_REAL, y_real)
    assert model.score(X_REAL, y_real) > 0.9


def test_partial_fit_repeats():
    first, second = (mlp().partial_fit(X, y).partial_fit(X, y) for _ in range(2))
    assert same_weights(first, second)


def test_partial_fit_takes_classes_that_come_later():
    model = mlp().partial_fit(X[y == 0], y[y == 0], classes=[2, 0, 1])
    assert model.classes_.tolist() == [0, 1, 2]
    model.partial_fit(X, y)
    assert model.predict_proba(X).shape == (200, 3)


def test_partial_fit_of_small_rows_stays_in_float32():
    model = mlp().partial_fit(X[:5], y[:5], classes=[0, 1, 2])
    assert model.decision_function(X[:3]).dtype == np.float32
    assert mlp().fit(X[:50], y[:50]).decision_function(X[:3]).dtype == np.float64


def test_partial_fit_refuses_unseen_labels():
    model = mlp()
    with pytest.raises(ValueError, match=r"class 2.*classes"):
        model.partial_fit(X, y, classes=[0, 1])
    model.partial_fit(X, y, classes=[0, 1, 2])
    with pytest.raises(ValueError, match=r"Row 0 of y has the class 5"):
        model.partial_fit(X[:3], [5, 0, 1])
    with pytest.raises(ValueError, match="classes"):
        model.partial_fit(X, y, classes=[0, 1, 2, 3])
    assert model.partial_fit(X, y, classes=[0, 1, 2]).n_iter_ == 2


def test_partial_fit_needs_a_second_class():
    with pytest.raises(ValueError, match="one class"):
        mlp().partial_fit(X, np.zeros(200))


def test_partial_fit_refuses_balanced_weights():
    with pytest.raises(ValueError, match=r"class_weight='balanced'.*dict"):
        mlp(class_weight="balanced").partial_fit(X, y)
    model = mlp(class_weight={0: 1, 1: 1, 2: 50}).partial_fit(X, y)
    for _ in range(10):
        model.partial_fit(X, y)
    assert (model.predict(X) == 2).mean() > 0.6


def test_partial_fit_goes_on_after_fit():
    model = mlp(max_epochs=3).fit(X, y).partial_fit(X, y)
    assert model.n_iter_ == 4
    assert mlp().partial_fit(X, y).fit(X, y).n_iter_ == 4  # fit starts anew


@pytest.mark.parametrize("schedule", ["linear", "cosine"])
def test_partial_fit_does_not_end_a_schedule(schedule):
    # Each call is one epoch of a training of up to max_epochs, or of unknown length.
    rates = Rates()
    model = mlp(lr_schedule=schedule, max_epochs=50, callbacks=[rates])
    for _ in range(3):
        model.partial_fit(X, y)
    assert len(rates.seen) == 3 * STEPS
    assert min(rates.seen) > 0.9 * 0.01


@pytest.mark.parametrize("before", ["warmup", "onecycle", "linear", "cosine"])
@pytest.mark.parametrize("after", ["warmup", "onecycle", "linear", "cosine"])
def test_warm_start_schedules_start_from_the_new_rate(before, after):
    model = mlp(warm_start=True, max_epochs=4, lr_schedule=before).fit(X, y)
    model.set_params(lr=1e-5, lr_schedule=after).fit(X, y)
    fresh = mlp(max_epochs=4, lr_schedule=after, lr=1e-5).fit(X, y)
    assert column(model, "lr")[4:] == column(fresh, "lr")


@pytest.mark.parametrize("n_rows", [60, 40, 100])
def test_accumulated_batches_equal_the_large_one(n_rows):
    def trained(batch_size, steps):
        model = mlp(
            optimizer="sgd", precision="float64", max_epochs=1, batch_size=batch_size
        )
        model.accumulation_steps = steps
        weight = np.arange(1, n_rows + 1) / n_rows
        return weights(model.fit(X[:n_rows], y[:n_rows], sample_weight=weight))

    # One step a fit, so that the order of the rows does not matter.
    for small, large in zip(trained(16, 7), trained(128, 1)):
        torch.testing.assert_close(small, large, rtol=1e-10, atol=1e-12)
