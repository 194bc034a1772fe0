"""One training: seeds, weights, validation, callbacks, interruption, persistence."""

import inspect
import io
import json
import os
import pickle
import re
import signal
import subprocess
import sys
import time
import warnings

import joblib
import numpy as np
import pytest
import skorch.callbacks
import torch
from sklearn import config_context
from sklearn.base import clone
from sklearn.callback import ScoringMonitor
from sklearn.datasets import make_classification, make_regression
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import f1_score, log_loss, mean_squared_error
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.class_weight import compute_sample_weight

from sklearn_nn.neural_network import BiGRUClassifier, MLPClassifier, MLPRegressor

X_ALL, y_all = make_classification(
    260, 8, n_informative=5, n_classes=3, flip_y=0.1, random_state=0
)
X, y, X_VAL, y_val = X_ALL[:200], y_all[:200], X_ALL[200:], y_all[200:]
X_REAL, y_real = make_regression(200, 8, noise=1.0, random_state=0)
y_real = y_real / y_real.std()
STEPS = 4  # an epoch: 200 rows in batches of 64


def mlp(**parameters):
    defaults = {
        "hidden_layer_sizes": 8,
        "max_epochs": 4,
        "lr": 0.01,
        "random_state": 0,
    }
    return MLPClassifier(**(defaults | parameters))


def regressor(**parameters):
    return MLPRegressor(
        **({"hidden_layer_sizes": 8, "max_epochs": 4, "random_state": 0} | parameters)
    )


def weights(model):
    return [p.detach().clone() for p in model.net_.module_.parameters()]


def same_weights(a, b):
    return all(torch.equal(p, q) for p, q in zip(weights(a), weights(b), strict=True))


def close_weights(a, b, tolerance):
    pairs = zip(weights(a), weights(b), strict=True)
    return all(torch.allclose(p, q, atol=tolerance) for p, q in pairs)


def column(model, key):
    return [row[key] for row in model.history_]


class Rates(skorch.callbacks.Callback):
    """Writes down the learning rate of every batch."""

    def __init__(self):
        self.seen = []

    def on_batch_begin(self, net, **kwargs):
        self.seen.append(net.optimizer_.param_groups[0]["lr"])


# --- seeds ---------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{}, {"dropout": 0.5}, {"early_stopping": True}])
def test_fit_twice_gives_the_same_weights(options):
    model = mlp(**options)
    first = mlp(**options).fit(X, y)
    assert same_weights(first, model.fit(X, y))
    assert same_weights(first, model.fit(X, y))
    assert column(first, "train_loss") == column(model, "train_loss")


def test_fit_twice_gives_the_same_recurrent_weights():
    ids = np.random.default_rng(0).integers(0, 20, (90, 7))
    model = BiGRUClassifier(
        embedding_dim=4, hidden_size=3, num_layers=2, max_epochs=2, random_state=0
    )
    first = pickle.loads(pickle.dumps(model)).fit(ids, y[:90])
    assert same_weights(first, model.fit(ids, y[:90]))


def test_seeds_differ():
    assert not same_weights(
        mlp(random_state=0).fit(X, y), mlp(random_state=1).fit(X, y)
    )
    assert not same_weights(
        mlp(random_state=None).fit(X, y), mlp(random_state=None).fit(X, y)
    )


def test_random_state_instance_moves_on():
    def two_fits():
        model = mlp(random_state=np.random.RandomState(3))
        first = pickle.loads(pickle.dumps(model.fit(X, y)))
        return first, model.fit(X, y)

    first, second = two_fits()
    assert not same_weights(first, second)
    again = two_fits()
    assert same_weights(first, again[0]) and same_weights(second, again[1])


@pytest.mark.parametrize("early_stopping", [False, True])
def test_global_generators_are_left_alone(early_stopping):
    torch_before, numpy_before = torch.get_rng_state(), np.random.get_state()
    model = mlp(dropout=0.5, early_stopping=early_stopping).fit(X, y)
    model.partial_fit(X, y).predict(X)
    assert torch.equal(torch.get_rng_state(), torch_before)
    for now, before in zip(np.random.get_state(), numpy_before):
        np.testing.assert_array_equal(now, before)


def test_global_generator_of_torch_is_left_alone_without_a_seed():
    before = torch.get_rng_state()
    mlp(random_state=None).fit(X, y)
    assert torch.equal(torch.get_rng_state(), before)


def test_global_generator_is_given_back_after_an_error():
    before = torch.get_rng_state()
    with pytest.raises(ValueError, match="diverged"):
        mlp(optimizer="sgd", lr=1e6, max_epochs=20).fit(X * 1000, y)
    assert torch.equal(torch.get_rng_state(), before)


# --- validation and early stopping ---------------------------------------------------


def stopped(**parameters):
    """A fit that is stopped long after its best epoch, which is not the first."""
    model = mlp(
        **{
            "hidden_layer_sizes": 64,
            "max_epochs": 60,
            "lr": 0.03,
            "early_stopping": True,
            "n_iter_no_change": 4,
        }
        | parameters
    )
    return model.fit(X[:60], y[:60], X_val=X_VAL, y_val=y_val)


def test_early_stopping_restores_the_best_epoch():
    model = stopped()
    rows = model.history_
    assert 1 < model.best_epoch_ < model.n_iter_ < 60
    assert model.n_iter_ == len(rows) == model.best_epoch_ + 4
    best = max(rows, key=lambda row: (row["valid_acc"], -row["valid_loss"]))
    assert best["epoch"] == model.best_epoch_
    assert model.score(X_VAL, y_val) == pytest.approx(best["valid_acc"])
    by_hand = log_loss(y_val, model.predict_proba(X_VAL), labels=model.classes_)
    assert by_hand == pytest.approx(best["valid_loss"], rel=1e-5)
    assert rows[-1]["valid_loss"] != pytest.approx(best["valid_loss"], rel=1e-3)


def test_early_stopping_keeps_the_first_of_equal_epochs():
    model = stopped(lr=1e-300, precision="float64")
    assert (model.best_epoch_, model.n_iter_) == (1, 5)


def test_early_stopping_equals_a_run_of_that_many_epochs():
    model = stopped()
    truncated = stopped(early_stopping=False, max_epochs=model.best_epoch_)
    assert same_weights(model, truncated)
    assert (
        column(truncated, "train_loss")
        == (column(model, "train_loss")[: model.best_epoch_])
    )


def test_early_stopping_of_a_regressor_follows_the_loss():
    model = regressor(
        hidden_layer_sizes=128,
        max_epochs=300,
        lr=0.02,
        early_stopping=True,
        n_iter_no_change=6,
    ).fit(X_REAL[:40], y_real[:40], X_val=X_REAL[40:], y_val=y_real[40:])
    losses = column(model, "valid_loss")
    assert model.n_iter_ < 300
    assert model.best_epoch_ == 1 + int(np.argmin(losses))
    assert "valid_acc" not in model.history_[0]
    by_hand = mean_squared_error(y_real[40:], model.predict(X_REAL[40:]))
    assert by_hand == pytest.approx(min(losses), rel=1e-4)


def test_validation_fraction_is_held_out():
    model = mlp(early_stopping=True, validation_fraction=0.25)
    seen = []

    class Sizes(skorch.callbacks.Callback):
        def on_train_begin(self, net, X=None, y=None, **kwargs):
            seen.append(len(X))

        def on_epoch_end(self, net, dataset_train, dataset_valid, **kwargs):
            seen.append((dataset_train, dataset_valid))

    model.set_params(callbacks=[Sizes()]).fit(X, y)
    assert seen[0] == 150
    train, valid = seen[1]
    assert (len(train), len(valid)) == (150, 50)
    together = torch.cat([train.rows.X, valid.rows.X]).numpy()
    assert len(np.unique(together, axis=0)) == 200
    shares = np.bincount(valid.y.numpy()) / 50 - np.bincount(y) / 200
    assert np.abs(shares).max() < 0.02


def test_validation_rows_are_recorded_without_early_stopping():
    model = mlp().fit(X, y, X_val=X_VAL, y_val=y_val)
    plain = mlp().fit(X, y)
    assert same_weights(model, plain)
    assert not hasattr(model, "best_epoch_")
    assert model.history_[-1]["valid_acc"] == pytest.approx(model.score(X_VAL, y_val))
    by_hand = log_loss(y_val, model.predict_proba(X_VAL))
    assert model.history_[-1]["valid_loss"] == pytest.approx(by_hand, rel=1e-5)


def test_validation_scores_do_not_depend_on_the_scale_of_the_weights():
    plain = mlp(early_stopping=True).fit(X, y)
    heavy = mlp(early_stopping=True).fit(X, y, sample_weight=np.full(200, 10.0))
    assert max(column(heavy, "valid_acc")) <= 1
    for key in ("valid_acc", "valid_loss"):
        np.testing.assert_allclose(column(heavy, key), column(plain, key), rtol=1e-5)


def test_validation_is_weighted():
    counts = np.random.default_rng(0).random(200) < 0.5
    held_out = []

    class Keep(skorch.callbacks.Callback):
        def on_epoch_end(self, net, dataset_valid, **kwargs):
            held_out[:] = [dataset_valid.rows.X.numpy()]

    model = mlp(early_stopping=True, validation_fraction=0.5, callbacks=[Keep()])
    model.fit(X, y, sample_weight=np.where(counts, 1.0, 1e-9))
    rows = [int(np.abs(X - row).sum(axis=1).argmin()) for row in held_out[0]]
    heavy = [row for row in rows if counts[row]]
    best = model.history_[model.best_epoch_ - 1]
    assert best["valid_acc"] == pytest.approx(model.score(X[heavy], y[heavy]), abs=1e-4)
    by_hand = log_loss(y[heavy], model.predict_proba(X[heavy]))
    assert best["valid_loss"] == pytest.approx(by_hand, rel=1e-4)


def test_labels_of_the_validation_rows_are_encoded_alike():
    names = np.array(["x", "y", "z"])
    model = mlp().fit(X, names[y], X_val=X_VAL, y_val=names[y_val])
    plain = mlp().fit(X, y, X_val=X_VAL, y_val=y_val)
    assert column(model, "valid_acc") == column(plain, "valid_acc")


@pytest.mark.parametrize("options", [{"X_val": X_VAL}, {"y_val": y_val}])
def test_validation_needs_rows_and_targets(options):
    with pytest.raises(ValueError, match="X_val and y_val together"):
        mlp().fit(X, y, **options)


def test_validation_rows_go_through_the_pipeline():
    with config_context(enable_metadata_routing=True):
        model = Pipeline(
            [
                ("scale", StandardScaler()),
                ("mlp", mlp().set_fit_request(X_val=True, y_val=True)),
            ],
            transform_input=["X_val"],
        )
        model.fit(X * 9 + 5, y, X_val=X_VAL * 9 + 5, y_val=y_val)
    scaler = StandardScaler().fit(X * 9 + 5)
    by_hand = mlp().fit(
        scaler.transform(X * 9 + 5), y, X_val=scaler.transform(X_VAL * 9 + 5),
        y_val=y_val,
    )  # fmt: skip
    assert same_weights(model["mlp"], by_hand)
    assert column(model["mlp"], "valid_loss") == column(by_hand, "valid_loss")


# --- warm start and partial_fit ------------------------------------------------------


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


# --- weights of rows and classes -----------------------------------------------------


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


# --- history, verbosity --------------------------------------------------------------


@pytest.mark.parametrize("validate", [False, True])
def test_history(validate):
    extra = {"X_val": X_VAL, "y_val": y_val} if validate else {}
    model = mlp().fit(X, y, **extra)
    keys = {"epoch", "train_loss", "lr", "dur"}
    if validate:
        keys |= {"valid_loss", "valid_acc"}
    assert type(model.history_) is list
    for number, row in enumerate(model.history_, start=1):
        assert type(row) is dict
        assert row.keys() == keys
        assert row["epoch"] == number
        assert row["lr"] == 0.01
        assert row["dur"] > 0
    assert json.loads(json.dumps(model.history_)) == model.history_
    assert model.n_iter_ == len(model.history_) == 4


def test_train_loss_is_the_mean_over_rows():
    # A learning rate of nearly nothing: the loss of the epoch is that of the model.
    model = mlp(lr=1e-12, max_epochs=1, batch_size=33).fit(X, y)
    by_hand = log_loss(y, model.predict_proba(X))
    assert model.history_[0]["train_loss"] == pytest.approx(by_hand, rel=1e-5)


def test_silent_by_default(capfd):
    mlp(early_stopping=True).fit(X, y).predict(X)
    assert capfd.readouterr() == ("", "")


def test_verbose_1_draws_a_bar(capsys):
    mlp(verbose=1).fit(X, y)
    out, err = capsys.readouterr()
    assert out == ""
    assert "MLPClassifier: 100%" in err
    assert "4/4" in err
    assert "train_loss=" in err


def test_verbose_2_prints_a_table(capsys):
    model = mlp(verbose=2).fit(X, y, X_val=X_VAL, y_val=y_val)
    out, err = capsys.readouterr()
    assert err == ""
    lines = out.strip().splitlines()
    for title in ("epoch", "train_loss", "valid_loss", "valid_acc", "lr", "dur"):
        assert title in lines[0]
    assert len(lines) == 2 + 4
    # The last row shows the last losses; skorch colours the best ones.
    last = re.sub(r"\x1b\[\d+m", "", lines[-1]).split()
    assert last[0] == "4"
    assert f"{model.history_[-1]['train_loss']:.4f}" in last


# --- learning rate, optimiser, device, precision -------------------------------------


@pytest.mark.parametrize(
    "schedule, expected",
    [
        ("constant", [1, 1, 1, 1]),
        ("linear", [1, 3 / 4, 1 / 2, 1 / 4]),
        ("cosine", [(1 + np.cos(np.pi * i / 4)) / 2 for i in range(4)]),
    ],
)
def test_schedules(schedule, expected):
    model = mlp(lr_schedule=schedule).fit(X, y)
    np.testing.assert_allclose(column(model, "lr"), np.array(expected) * 0.01)


def rates_of_batches(**parameters):
    rates = Rates()
    mlp(callbacks=[rates], **parameters).fit(X, y)
    return rates.seen


def test_schedules_move_a_batch_at_a_time():
    assert len(set(rates_of_batches(lr_schedule="linear"))) == 4 * STEPS
    np.testing.assert_allclose(
        rates_of_batches(lr_schedule="linear")[-1], 0.01 / (4 * STEPS)
    )


def test_onecycle_rises_to_the_peak_and_falls():
    rates = rates_of_batches(lr_schedule="onecycle", max_epochs=10)
    top = int(np.argmax(rates))
    assert max(rates) == pytest.approx(0.01, rel=0.02)
    assert 0.2 < top / len(rates) < 0.4
    assert rates == sorted(rates[:top]) + sorted(rates[top:], reverse=True)
    assert rates[0] < 0.001 and rates[-1] < 0.0001


@pytest.mark.parametrize("optimizer", ["sgd", "rmsprop", torch.optim.Adagrad])
def test_onecycle_moves_the_learning_rate_alone(optimizer):
    model = mlp(optimizer=optimizer, lr_schedule="onecycle").fit(X, y)
    assert model.net_.optimizer_.param_groups[0].get("momentum", 0) == 0
    assert column(model, "lr") == column(mlp(lr_schedule="onecycle").fit(X, y), "lr")


@pytest.mark.parametrize(
    "optimizer, kind",
    [
        ("adam", torch.optim.Adam),
        ("adamw", torch.optim.AdamW),
        ("nadam", torch.optim.NAdam),
        ("rmsprop", torch.optim.RMSprop),
        ("sgd", torch.optim.SGD),
        ("momentum", torch.optim.SGD),
        (torch.optim.Adagrad, torch.optim.Adagrad),
    ],
)
def test_optimizers(optimizer, kind):
    lr = 0.1 if optimizer in ("sgd", "momentum") else 0.01
    model = mlp(optimizer=optimizer, lr=lr, weight_decay=1e-4, max_epochs=30).fit(X, y)
    assert type(model.net_.optimizer_) is kind
    group = model.net_.optimizer_.param_groups[0]
    assert (group["lr"], group["weight_decay"]) == (lr, 1e-4)
    assert group.get("momentum", 0) == (0.9 if optimizer == "momentum" else 0)
    assert group.get("nesterov", False) == (optimizer == "momentum")
    assert model.history_[-1]["train_loss"] < 0.8 * model.history_[0]["train_loss"]


def test_sgd_takes_the_steps_of_gradient_descent():
    options = {"optimizer": "sgd", "lr": 0.1, "batch_size": 200, "weight_decay": 0.01}
    model = mlp(**options, max_epochs=1, hidden_layer_sizes=()).fit(X, y)
    start = mlp(**options | {"lr": 1e-300}, max_epochs=1, hidden_layer_sizes=())
    start = start.fit(X, y).net_.module_.output
    coefficients, bias = start.weight.detach().numpy(), start.bias.detach().numpy()
    logits = X @ coefficients.T + bias
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    error = (p - np.eye(3)[y]) / 200
    after = model.net_.module_.output
    np.testing.assert_allclose(
        after.weight.detach().numpy(),
        coefficients - 0.1 * (error.T @ X + 0.01 * coefficients),
        atol=1e-12,
    )
    np.testing.assert_allclose(
        after.bias.detach().numpy(),
        bias - 0.1 * (error.sum(axis=0) + 0.01 * bias),
        atol=1e-12,
    )


def test_output_starts_at_the_best_constant():
    model = mlp(lr=1e-12, max_epochs=1).fit(X, y)
    np.testing.assert_allclose(
        model.net_.module_.output.bias.detach().numpy(),
        np.log(np.bincount(y) / 200),
        atol=0.006,
    )
    model = regressor(lr=1e-12, max_epochs=1).fit(X_REAL, y_real + 7)
    assert model.net_.module_.output.bias.item() == pytest.approx(
        7 + y_real.mean(), abs=1e-5
    )


@pytest.mark.parametrize(
    "precision, n_rows, dtype",
    [
        ("auto", 50, "float64"),
        ("auto", 200, "float32"),
        ("float32", 50, "float32"),
        ("float64", 200, "float64"),
        ("bfloat16", 200, "float32"),
    ],
)
def test_precision(precision, n_rows, dtype, monkeypatch):
    seen = set()
    forward = torch.nn.Linear.forward

    def spy(self, x):
        out = forward(self, x)
        seen.add(out.dtype)
        return out

    monkeypatch.setattr(torch.nn.Linear, "forward", spy)
    model = mlp(precision=precision, device="cpu").fit(X[:n_rows], y[:n_rows])
    computed = torch.bfloat16 if precision == "bfloat16" else getattr(torch, dtype)
    assert seen == {computed}
    assert {p.dtype for p in weights(model)} == {getattr(torch, dtype)}
    for method in ("decision_function", "transform"):
        assert getattr(model, method)(X).dtype == np.dtype(dtype)
    assert model.predict_proba(X).dtype == np.float64
    np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1, rtol=1e-5)
    assert model.score(X[:n_rows], y[:n_rows]) > 1 / 3


def test_device_that_is_absent():
    absent = "xpu" if torch.cuda.is_available() else "cuda"
    with pytest.raises(RuntimeError, match=rf"device='{absent}'.*device='auto'"):
        mlp(device=absent).fit(X, y)
    with pytest.raises(ValueError, match=r"device='meta'"):
        mlp(device="meta").fit(X, y)


def test_device_that_is_no_device():
    with pytest.raises(ValueError, match=r"'device' parameter.*'auto'.*'nonsense'"):
        mlp(device="nonsense").fit(X, y)


def test_auto_device_without_accelerator(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert mlp(device="auto").fit(X, y).net_.device == "cpu"


# --- divergence ----------------------------------------------------------------------


@pytest.mark.parametrize("make, targets", [(mlp, y), (regressor, y_real)])
def test_divergence_names_the_learning_rate(make, targets):
    model = make(optimizer="sgd", lr=1e6, max_epochs=30)
    with pytest.raises(ValueError, match=r"diverged.*lr.*1e\+06.*scale X"):
        model.fit(X * 100, targets)
    assert model.set_params(lr=1e-6).fit(X, targets).n_iter_ == 30


@pytest.mark.parametrize("verbose", [1, 2])
def test_divergence_with_progress(verbose):
    with pytest.raises(ValueError, match="diverged"):
        mlp(optimizer="sgd", lr=1e6, max_epochs=30, verbose=verbose).fit(X * 100, y)


# --- skorch's callbacks --------------------------------------------------------------


class Recorder(skorch.callbacks.Callback):
    """Counts the calls of every hook."""

    hooks = (
        "on_train_begin on_train_end on_epoch_begin on_epoch_end on_batch_begin "
        "on_batch_end on_grad_computed"
    ).split()

    def initialize(self):
        self.counts_ = dict.fromkeys(self.hooks, 0)
        self.training_ = []
        return self

    def on_train_begin(self, net, **kwargs):
        self.counts_["on_train_begin"] += 1

    def on_train_end(self, net, **kwargs):
        self.counts_["on_train_end"] += 1

    def on_epoch_begin(self, net, dataset_train=None, **kwargs):
        assert dataset_train is not None
        self.counts_["on_epoch_begin"] += 1

    def on_epoch_end(self, net, **kwargs):
        self.counts_["on_epoch_end"] += 1

    def on_batch_begin(self, net, batch=None, training=None, **kwargs):
        x, y = batch
        assert len(x) == len(y)
        self.counts_["on_batch_begin"] += 1

    def on_batch_end(self, net, batch=None, training=None, loss=None, **kwargs):
        assert np.isfinite(loss.item())
        assert kwargs["y_pred"].shape == (len(batch[0]), 3)
        self.training_.append(training)
        self.counts_["on_batch_end"] += 1

    def on_grad_computed(self, net, named_parameters=None, **kwargs):
        assert all(p.grad is not None for _, p in named_parameters)
        self.counts_["on_grad_computed"] += 1


def test_callback_is_called_at_every_hook():
    recorder = Recorder()
    model = mlp(callbacks=[recorder]).fit(X, y, X_val=X_VAL, y_val=y_val)
    assert recorder.counts_ == {
        "on_train_begin": 1,
        "on_train_end": 1,
        "on_epoch_begin": 4,
        "on_epoch_end": 4,
        "on_batch_begin": 4 * (STEPS + 1),
        "on_batch_end": 4 * (STEPS + 1),
        "on_grad_computed": 4 * STEPS,
    }
    assert recorder.training_ == ([True] * STEPS + [False]) * 4
    assert same_weights(model, mlp().fit(X, y))
    assert model.history_[0].keys() == (
        mlp().fit(X, y, X_val=X_VAL, y_val=y_val).history_[0].keys()
    )


def test_callback_of_epochs_alone():
    calls = []

    class Epochs(skorch.callbacks.Callback):
        def on_epoch_end(self, net, **kwargs):
            calls.append(net.history[-1]["train_loss"])

    model = mlp(callbacks=[("mine", Epochs())]).fit(X, y)
    assert calls == column(model, "train_loss")


def test_callbacks_survive_clone_and_a_second_fit():
    recorder = Recorder()
    model = mlp(callbacks=[recorder], max_epochs=2)
    copy = clone(model).fit(X, y)
    assert not hasattr(recorder, "counts_")
    assert copy.callbacks[0].counts_["on_epoch_end"] == 2
    model.fit(X, y).fit(X, y)
    assert recorder.counts_["on_epoch_end"] == 2
    assert model.callbacks == [recorder]


def test_skorch_epoch_scoring():
    options = {"lower_is_better": False}
    scoring = skorch.callbacks.EpochScoring
    model = mlp(
        callbacks=[
            scoring("accuracy", name="train_accuracy", on_train=True, **options),
            scoring("f1_macro", name="valid_f1", **options),
        ]
    ).fit(X, y, X_val=X_VAL, y_val=y_val)
    last = model.history_[-1]
    assert column(model, "train_accuracy")[-1] > 0.4
    by_hand = f1_score(y_val, model.predict(X_VAL), average="macro")
    assert last["valid_f1"] == pytest.approx(by_hand)
    json.dumps(model.history_)


def test_skorch_epoch_scoring_of_a_regressor():
    scoring = skorch.callbacks.EpochScoring("r2", name="r2", lower_is_better=False)
    model = regressor(callbacks=[scoring])
    model.fit(X_REAL, y_real, X_val=X_REAL[:50], y_val=y_real[:50])
    by_hand = model.score(X_REAL[:50], y_real[:50])
    assert model.history_[-1]["r2"] == pytest.approx(by_hand, rel=1e-4)


def test_skorch_gradient_norm_clipping():
    clip = skorch.callbacks.GradientNormClipping(gradient_clip_value=1e-9)
    clipped = mlp(optimizer="sgd", callbacks=[clip]).fit(X, y)
    start = mlp(optimizer="sgd", lr=1e-12).fit(X, y)
    assert close_weights(clipped, start, 1e-7)
    assert not close_weights(mlp(optimizer="sgd").fit(X, y), start, 1e-3)


def test_skorch_lr_scheduler():
    step = skorch.callbacks.LRScheduler("StepLR", step_size=2, gamma=0.1)
    model = mlp(callbacks=[step]).fit(X, y)
    np.testing.assert_allclose(column(model, "lr"), [0.01, 0.01, 0.001, 0.001])


def test_skorch_reduce_lr_on_plateau():
    plateau = skorch.callbacks.LRScheduler(
        "ReduceLROnPlateau", monitor="valid_loss", patience=0, threshold=10
    )
    model = mlp(callbacks=[plateau]).fit(X, y, X_val=X_VAL, y_val=y_val)
    assert model.history_[-1]["lr"] < 0.01


def test_skorch_checkpoint(tmp_path):
    checkpoint = skorch.callbacks.Checkpoint(dirname=str(tmp_path))
    model = mlp(hidden_layer_sizes=64, max_epochs=25, lr=0.03, callbacks=[checkpoint])
    model.fit(X[:60], y[:60], X_val=X_VAL, y_val=y_val)
    losses = column(model, "valid_loss")
    best = 1 + int(np.argmin(losses))
    assert best < 25
    saved = torch.load(tmp_path / "params.pt", weights_only=True)
    truncated = mlp(hidden_layer_sizes=64, max_epochs=best, lr=0.03)
    truncated.fit(X[:60], y[:60])
    for name, value in truncated.net_.module_.state_dict().items():
        assert torch.equal(saved[name], value)
    json.dumps(model.history_)


def test_skorch_checkpoint_of_the_training_loss(tmp_path):
    checkpoint = skorch.callbacks.Checkpoint(monitor=None, dirname=str(tmp_path))
    mlp(callbacks=[checkpoint]).fit(X, y)
    assert {"params.pt", "optimizer.pt", "criterion.pt", "history.json"} == {
        path.name for path in tmp_path.iterdir()
    }


def test_skorch_early_stopping():
    stop = skorch.callbacks.EarlyStopping(
        monitor="train_loss", patience=2, threshold=10, threshold_mode="abs"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = mlp(max_epochs=30, callbacks=[stop]).fit(X, y)
    assert model.n_iter_ == 3  # one, and two without improvement
    assert model.predict(X).shape == (200,)


# --- scikit-learn's callbacks --------------------------------------------------------


class Witness:
    """A callback of scikit-learn's protocol that writes down what it is told."""

    def __init__(self, stop_after=None):
        self.stop_after = stop_after
        self.log = []
        self.estimators = []
        self.data = []

    def setup(self, estimator, context):
        self.log.append(("setup", context.task_name, context.max_subtasks))

    def teardown(self, estimator, context):
        self.log.append(("teardown", context.task_name, None))

    def on_fit_task_begin(self, estimator, context, *, X=None, y=None):
        self.log.append(("begin", context.task_name, context.task_id))

    def on_fit_task_end(
        self, estimator, context, *, X=None, y=None, fitted_estimator=None
    ):
        self.log.append(("end", context.task_name, context.task_id))
        if context.task_name == "epoch":
            self.estimators.append(fitted_estimator)
            self.data.append((X, y))
            return self.stop_after == context.task_id + 1


def test_sklearn_callback_sees_every_epoch():
    witness = Witness()
    model = mlp().set_callbacks(witness).fit(X, y)
    assert witness.log[0] == ("setup", "fit", 4)
    assert witness.log[-1] == ("teardown", "fit", None)
    epochs = [line for line in witness.log if line[1] == "epoch"]
    assert epochs == [(hook, "epoch", i) for i in range(4) for hook in ("begin", "end")]
    assert same_weights(model, mlp().fit(X, y))


def test_sklearn_callback_sees_the_fit_itself():
    # scikit-learn's own estimators announce their root task: its progress bar draws
    # nothing without.
    witness = Witness()
    mlp().set_callbacks(witness).fit(X, y)
    assert witness.log[1] == ("begin", "fit", 0)
    assert witness.log[-2] == ("end", "fit", 0)


def test_sklearn_callback_gets_a_fitted_estimator():
    witness = Witness()
    model = mlp().set_callbacks(witness).fit(X, y)
    scores = [fitted.predict_proba(X) for fitted in witness.estimators]
    for epochs, score in enumerate(scores, start=1):
        alone = mlp(max_epochs=epochs).fit(X, y).predict_proba(X)
        np.testing.assert_array_equal(score, alone)
    np.testing.assert_array_equal(scores[-1], model.predict_proba(X))


@pytest.mark.parametrize("labels", [[0, 1, 2], [3, 5, 9], ["x", "y", "z"]])
def test_sklearn_callback_gets_the_labels_of_the_caller(labels):
    names = np.array(labels)
    witness = Witness()
    mlp().set_callbacks(witness).fit(X, names[y])
    for fitted, (rows, targets) in zip(witness.estimators, witness.data):
        np.testing.assert_array_equal(rows, X)
        np.testing.assert_array_equal(targets, names[y])
        assert fitted.score(rows, targets) > 0.3


def test_sklearn_callback_gets_the_targets_of_the_caller():
    witness = Witness()
    regressor().set_callbacks(witness).fit(X_REAL, y_real)
    np.testing.assert_array_equal(witness.data[0][1], y_real)


def test_sklearn_callback_stops_the_training():
    witness = Witness(stop_after=2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = mlp().set_callbacks(witness).fit(X, y)
    assert model.n_iter_ == 2
    assert same_weights(model, mlp(max_epochs=2).fit(X, y))
    assert witness.log[-1][0] == "teardown"


def test_sklearn_callback_that_stops_leaves_early_stopping_its_best_epoch():
    witness = Witness(stop_after=1)
    model = mlp(early_stopping=True).set_callbacks(witness).fit(X, y)
    assert (model.n_iter_, model.best_epoch_) == (1, 1)


def test_sklearn_callback_is_torn_down_after_an_error():
    witness = Witness()
    with pytest.raises(ValueError, match="diverged"):
        mlp(optimizer="sgd", lr=1e6).set_callbacks(witness).fit(X * 1000, y)
    assert witness.log[-1][0] == "teardown"


def test_sklearn_callback_in_partial_fit():
    witness = Witness()
    mlp().set_callbacks(witness).partial_fit(X, y).partial_fit(X, y)
    assert [line[0] for line in witness.log if line[1] == "epoch"] == (
        ["begin", "end"] * 2
    )


def test_sklearn_scoring_monitor():
    monitor = ScoringMonitor(scoring="accuracy")
    names = np.array(["x", "y", "z"])
    model = mlp().set_callbacks(monitor).fit(X, names[y])
    rows = monitor.get_logs().data
    scores = [row["accuracy"] for row in rows if row["task_name"] == "epoch"]
    assert len(scores) == 4
    assert scores[-1] == model.score(X, names[y])
    (of_the_fit,) = [row["accuracy"] for row in rows if row["task_name"] == "fit"]
    assert of_the_fit == scores[-1]


# --- interruption --------------------------------------------------------------------


class Interrupt(skorch.callbacks.Callback):
    """Ctrl-C at the n-th call of a hook."""

    def __init__(self, hook, at):
        self.hook = hook
        self.at = at

    def initialize(self):
        self.calls_ = 0
        return self

    def _count(self, hook):
        if hook == self.hook:
            self.calls_ += 1
            if self.calls_ == self.at:
                raise KeyboardInterrupt

    def on_epoch_begin(self, net, **kwargs):
        self._count("epoch_begin")

    def on_batch_begin(self, net, training=None, **kwargs):
        self._count("batch_begin" if training else "valid_begin")

    def on_batch_end(self, net, training=None, **kwargs):
        self._count("batch_end" if training else "valid_end")

    def on_grad_computed(self, net, **kwargs):
        self._count("grad")


@pytest.mark.parametrize(
    "hook, at, complete",
    [
        ("epoch_begin", 3, 2),
        ("batch_begin", 1, 0),
        ("batch_begin", 2 * STEPS + 1, 2),
        ("batch_end", 2 * STEPS + 2, 2),
        ("batch_end", 3 * STEPS, 2),
        ("grad", STEPS + 1, 1),
        ("valid_begin", 2, 1),
        ("valid_end", 4, 3),
    ],
)
def test_interrupt_keeps_the_complete_epochs(hook, at, complete):
    model = mlp(max_epochs=9, callbacks=[Interrupt(hook, at)])
    with pytest.warns(ConvergenceWarning, match=rf"{complete} complete epoch") as seen:
        model.fit(X, y, X_val=X_VAL, y_val=y_val)
    assert len(seen) == 1
    assert model.n_iter_ == len(model.history_) == complete
    assert all("valid_loss" in row for row in model.history_)
    assert model.predict(X).shape == (200,)
    assert np.isfinite(model.predict_proba(X)).all()
    copy = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(copy.decision_function(X), model.decision_function(X))
    model.set_params(callbacks=None, max_epochs=3)
    assert same_weights(model.fit(X, y), mlp(max_epochs=3).fit(X, y))


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_interrupt_warning_points_at_the_caller(method):
    model = mlp(callbacks=[Interrupt("batch_end", 2)])
    with pytest.warns(ConvergenceWarning) as seen:
        getattr(model, method)(X, y)
    assert seen[0].filename == inspect.getfile(test_fit_twice_gives_the_same_weights)


def test_interrupted_training_can_go_on():
    model = mlp(max_epochs=5, warm_start=True, callbacks=[Interrupt("batch_end", 9)])
    with pytest.warns(ConvergenceWarning, match="2 complete"):
        model.fit(X, y)
    assert model.set_params(max_epochs=2).fit(X, y).n_iter_ == 4
    assert column(model, "epoch") == [1, 2, 3, 4]


def test_interrupt_restores_the_best_epoch_of_early_stopping():
    options = {"max_epochs": 60, "n_iter_no_change": 50}
    best = stopped(**options | {"max_epochs": 20})
    with pytest.warns(ConvergenceWarning, match="20 complete"):
        model = stopped(**options, callbacks=[Interrupt("batch_end", 21)])
    assert model.best_epoch_ == best.best_epoch_ < 20
    assert same_weights(model, best)


SIGINT_SCRIPT = """
import pickle
import warnings
import numpy as np
import skorch.callbacks
import torch
from sklearn_nn.neural_network import MLPClassifier

torch.set_num_threads(1)


class Announce(skorch.callbacks.Callback):
    def on_epoch_begin(self, net, **kwargs):
        if len(net.history) == 2:
            print("training", flush=True)


rng = np.random.default_rng(0)
X, y = rng.normal(size=(40_000, 4)), rng.integers(0, 3, 40_000)
model = MLPClassifier(
    hidden_layer_sizes=8, batch_size=16, max_epochs=10**6, callbacks=[Announce()]
)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    model.fit(X, y)
model.callbacks = None  # defined in this script
model.net_.set_params(callbacks=None)
assert model.n_iter_ == len(model.history_) >= 1
assert [row["epoch"] for row in model.history_] == list(range(1, model.n_iter_ + 1))
assert model.predict(X).shape == (40_000,)
pickle.loads(pickle.dumps(model)).predict(X)
print("fitted", [w.category.__name__ for w in caught])
"""


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_real_ctrl_c():
    process = subprocess.Popen(
        [sys.executable, "-c", SIGINT_SCRIPT],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A process started in the background may have been told to ignore SIGINT.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    try:
        assert process.stdout.readline() == "training\n", process.stderr.read()
        time.sleep(0.1)  # into the middle of an epoch, which takes far longer
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert (process.returncode, err) == (0, "")
    assert out == "fitted ['ConvergenceWarning']\n"


# --- persistence ---------------------------------------------------------------------


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
