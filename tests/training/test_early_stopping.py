"""Training: validation and early stopping."""

import numpy as np
import pytest
import skorch.callbacks
import torch
from sklearn import config_context
from sklearn.metrics import log_loss, mean_squared_error
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from tests.training.small import (
    X_REAL,
    X_VAL,
    X,
    column,
    mlp,
    regressor,
    same_weights,
    stopped,
    y,
    y_real,
    y_val,
)


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
