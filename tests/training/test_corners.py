"""Corners of the training that a review found: threads, rare classes, stops."""

import warnings

import joblib
import numpy as np
import pytest
import scipy.sparse as sp
import skorch.callbacks
import torch
from sklearn.exceptions import ConvergenceWarning

from sklearn_nn._contract.validation import split_off_validation
from sklearn_nn._training.rows import DenseRows
from tests.training.small import (
    STEPS,
    Rates,
    X,
    close_weights,
    mlp,
    regressor,
    same_weights,
    y,
)


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
        train, valid = split_off_validation(len(labels), 0.2, rng, classes=labels)
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
    with pytest.raises(ValueError, match="hidden .*, activation .*warm_start=False"):
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


@pytest.mark.parametrize("attempts", [1, 2])
def test_refused_optimizer_is_refused_again(attempts):
    def bad(parameters, lr):
        raise TypeError("nope")

    model = mlp(warm_start=True).fit(X, y).set_params(optimizer=bad)
    for _ in range(attempts):
        with pytest.raises(TypeError, match="'optimizer' parameter.*nope"):
            model.fit(X, y)


def test_optimizer_without_weight_decay_after_one_with():
    def plain(parameters, lr):
        return torch.optim.SGD(parameters, lr=lr)

    model = mlp(warm_start=True, weight_decay=0.1).fit(X, y)
    model.set_params(optimizer=plain, weight_decay=0.0).fit(X, y)
    assert isinstance(model.net_.optimizer_, torch.optim.SGD)


def test_class_weight_of_an_absent_class():
    few = y != 2
    model = mlp(class_weight={2: 3.0}).partial_fit(X[few], y[few], classes=[0, 1, 2])
    same = mlp().partial_fit(X[few], y[few], classes=[0, 1, 2])
    assert close_weights(model, same, 1e-6)


@pytest.mark.parametrize("make", [np.asarray, sp.csr_array])
def test_row_too_large_for_float32_keeps_its_number(make):
    rows = X.copy()
    rows[7, 1] = 1e39
    weight = np.ones(200)
    weight[:3] = 0
    for options in ({"sample_weight": weight}, {}):
        with pytest.raises(ValueError, match="Row 7 of X.*float32"):
            mlp(early_stopping=True).fit(make(rows), y, **options)
    assert mlp(precision="float64").fit(make(X), y).predict(make(rows)).shape == (200,)


def test_target_too_large_for_float32():
    targets = y.astype(float)
    targets[5] = 1e39
    with pytest.raises(ValueError, match="Row 5 of y.*precision='float64'"):
        regressor().fit(X, targets)
    assert regressor(precision="float64").fit(X, targets).predict(X).shape == (200,)


def test_unknown_label_keeps_its_row_number():
    model = mlp().partial_fit(X, y)
    labels, weight = y.copy(), np.ones(200)
    labels[50], weight[:10] = 9, 0
    with pytest.raises(ValueError, match="Row 50 of y has the class 9"):
        model.partial_fit(X, labels, sample_weight=weight)


def test_failed_continuation_is_undone():
    class Fails(skorch.callbacks.Callback):
        def on_epoch_end(self, net, **kwargs):
            if len(net.history) == 6:
                raise RuntimeError("on purpose")

    model = mlp(warm_start=True).fit(X, y)
    twin = mlp(warm_start=True).fit(X, y)
    with pytest.raises(RuntimeError, match="on purpose"):
        model.set_params(callbacks=[Fails()], optimizer="sgd").fit(X, y)
    assert model.n_iter_ == 4 and same_weights(model, twin)
    model.set_params(callbacks=None, optimizer="adam").fit(X, y)
    assert same_weights(model, twin.fit(X, y))


@pytest.mark.parametrize(
    "changed", [{"precision": "float64"}, {"hidden_layer_sizes": 9}], ids=str
)
def test_what_shapes_the_network_cannot_change(changed):
    model = mlp(warm_start=True).fit(X, y)
    with pytest.raises(ValueError, match="has changed"):
        model.set_params(**changed).fit(X, y)


def test_divergence_in_the_last_step():
    model = mlp(max_epochs=1, batch_size=500, lr=1e30, precision="float32")
    model.set_params(optimizer="sgd")
    with pytest.raises(ValueError, match="diverged"):
        model.fit(X * 1e30, y)


def test_best_epoch_is_that_of_the_last_fit():
    model = mlp(early_stopping=True).fit(X, y)
    assert model.best_epoch_ >= 1
    assert not hasattr(model.set_params(early_stopping=False).fit(X, y), "best_epoch_")


def test_snapshot_of_a_callback_stays_as_it_was():
    class Keeps:
        def setup(self, estimator, context):
            self.kept = []

        def teardown(self, estimator, context):
            pass

        def on_fit_task_begin(self, estimator, context):
            pass

        def on_fit_task_end(self, estimator, context, *, fitted_estimator):
            self.kept.append(fitted_estimator)

    callback = Keeps()
    mlp().set_callbacks(callback).fit(X, y)
    assert [fitted.n_iter_ for fitted in callback.kept] == [1, 2, 3, 4, 4]
    assert callback.kept[0].set_callbacks().partial_fit(X, y).n_iter_ == 2


def test_inference_in_a_callback_leaves_dropout_on():
    modes = []

    class Predicts(skorch.callbacks.Callback):
        def on_batch_begin(self, net, training, **kwargs):
            net.module_.eval()

        def on_batch_end(self, net, training, **kwargs):
            modes.append((training, net.module_.training))

    mlp(dropout=0.5, callbacks=[Predicts()]).fit(X, y, X_val=X[:9], y_val=y[:9])
    assert set(modes) == {(True, True), (False, False)}


def test_enormous_weights():
    weight = np.full(200, 1e307)
    model = mlp().fit(X, y, sample_weight=weight)
    assert close_weights(model, mlp().fit(X, y), 1e-5)


def test_interrupted_continuation_warns():
    class Interrupts(skorch.callbacks.Callback):
        def on_train_begin(self, net, **kwargs):
            raise KeyboardInterrupt

    model = mlp(warm_start=True).fit(X, y).set_params(callbacks=[Interrupts()])
    with pytest.warns(ConvergenceWarning, match="4 complete"):
        model.fit(X, y)


def test_onecycle_gives_the_momentum_back():
    seen = []

    class Watches(skorch.callbacks.Callback):
        def on_batch_begin(self, net, **kwargs):
            seen.append(net.optimizer_.param_groups[0]["betas"][0])

    model = mlp(lr_schedule="onecycle", callbacks=[Watches()]).fit(X, y)
    assert min(seen) < 0.86 and max(seen) > 0.94
    assert model.net_.optimizer_.param_groups[0]["betas"] == (0.9, 0.999)
