"""Training: learning rate, optimiser, device, precision."""

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
    weights,
    y,
    y_real,
)


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
