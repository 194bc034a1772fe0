"""Corners of the training that a review found: threads, rare classes, stops."""

import warnings

import joblib
import numpy as np
import pytest
import skorch.callbacks
import torch
from sklearn.exceptions import ConvergenceWarning

from sklearn_nn._training.rows import DenseRows
from sklearn_nn._training.validation import split_off_validation
from tests.training.test_training import STEPS, Rates, X, mlp, same_weights, y


def test_fits_in_threads_are_those_of_a_series():
    def fit():
        return mlp(dropout=0.3).fit(X, y)

    alone = fit()
    before = torch.get_rng_state()
    models = joblib.Parallel(4, backend="threading")(
        joblib.delayed(fit)() for _ in range(6)
    )
    assert torch.equal(torch.get_rng_state(), before)
    assert all(same_weights(model, alone) for model in models)


def test_fit_on_the_cpu_seeds_no_gpu(monkeypatch):
    seeded = []
    monkeypatch.setattr(torch.cuda, "manual_seed_all", seeded.append)
    mlp(device="cpu").fit(X, y)
    assert not seeded


def test_class_of_one_row_stays_in_training():
    labels = np.repeat([0, 1, 2, 3], [150, 40, 9, 1])
    for seed in range(5):
        model = mlp(
            early_stopping=True,
            validation_fraction=0.2,
            class_weight="balanced",
            random_state=seed,
        ).fit(X, labels)
        assert model.predict_proba(X).shape == (200, 4)


def test_split_is_stratified_beside_a_class_of_one_row():
    labels = np.repeat([0, 1, 2], [149, 50, 1])
    for seed in range(5):
        rng = np.random.RandomState(seed)
        train, valid = split_off_validation(labels, 0.2, stratify=True, rng=rng)
        assert np.bincount(labels[valid]).tolist() == [30, 10]
        assert sorted([*train, *valid]) == list(range(200))


def test_class_without_rows_can_be_learned_later():
    few = y != 2
    model = mlp(warm_start=True, max_epochs=40).partial_fit(
        X[few], y[few], classes=[0, 1, 2]
    )
    assert (model.fit(X, y).predict(X) == 2).any()


def test_short_onecycle_still_learns():
    rates = Rates()
    mlp(lr_schedule="onecycle", max_epochs=1, batch_size=100, callbacks=[rates]).fit(
        X, y
    )
    assert rates.seen == [0.01, 0.01]


def test_warm_start_takes_a_new_optimizer_and_callbacks():
    model = mlp(warm_start=True, max_epochs=2).fit(X, y)
    rates = Rates()
    model.set_params(optimizer="sgd", callbacks=[rates]).fit(X, y)
    assert isinstance(model.net_.optimizer_, torch.optim.SGD)
    assert len(rates.seen) == 2 * STEPS


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_going_on_with_another_architecture_is_refused(method):
    model = mlp(warm_start=True).fit(X, y)
    before = model.predict_proba(X)
    model.set_params(hidden_layer_sizes=20, activation="tanh")
    with pytest.raises(ValueError, match="hidden, activation.*warm_start=False"):
        getattr(model, method)(X, y)
    np.testing.assert_array_equal(model.predict_proba(X), before)


def test_user_callback_that_stops_leaves_early_stopping_its_best_epoch():
    class StopAt(skorch.callbacks.Callback):
        def on_epoch_end(self, net, **kwargs):
            if len(net.history) == 1:
                raise KeyboardInterrupt

    model = mlp(early_stopping=True, callbacks=[StopAt()]).fit(X, y)
    assert model.n_iter_ == model.best_epoch_ == 1


@pytest.mark.parametrize("hook", ["on_train_begin", "on_train_end"])
def test_interrupt_around_the_training_leaves_a_fitted_estimator(hook):
    def interrupt(self, net, **kwargs):
        raise KeyboardInterrupt

    callback = type("Interrupts", (skorch.callbacks.Callback,), {hook: interrupt})()
    with pytest.warns(ConvergenceWarning, match="interrupted"):
        model = mlp(callbacks=[callback]).fit(X, y)
    assert model.n_iter_ == (4 if hook == "on_train_end" else 0)
    assert model.predict(X).shape == (200,)


def test_log_probabilities():
    model = mlp().fit(X, y)
    np.testing.assert_allclose(
        model.predict_log_proba(X), np.log(model.predict_proba(X)), rtol=1e-6
    )


def test_read_only_rows_are_not_copied():
    frozen = np.ascontiguousarray(X, dtype=np.float32)
    frozen.setflags(write=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rows = DenseRows(frozen, "float32", torch.device("cpu"))
    assert np.shares_memory(rows.X.numpy(), frozen)
