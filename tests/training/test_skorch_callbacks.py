"""Training: skorch's callbacks."""

import json
import warnings

import numpy as np
import pytest
import skorch.callbacks
import torch
from sklearn.base import clone
from sklearn.metrics import f1_score

from tests.training.small import (
    STEPS,
    X_REAL,
    X_VAL,
    Recorder,
    X,
    close_weights,
    column,
    mlp,
    regressor,
    same_weights,
    y,
    y_real,
    y_val,
)


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
