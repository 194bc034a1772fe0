"""Training: learning rate, optimiser, device, precision."""

import numpy as np
import pytest
import torch

from tests.training.small import (
    STEPS,
    X_REAL,
    X_VAL,
    Rates,
    X,
    column,
    mlp,
    regressor,
    weights,
    y,
    y_real,
    y_val,
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


def plateau_by_hand(losses, lr):
    """Learning rate of every epoch: halved after three without a lower loss."""
    best, bad, rates = np.inf, 0, []
    for loss in losses:
        rates.append(lr)
        improved = loss < best * (1 - 1e-4)
        best, bad = (loss, 0) if improved else (best, bad + 1)
        if bad == 3:
            lr, bad = lr / 2, 0
    return rates


@pytest.mark.parametrize("key", ["valid_loss", "train_loss"])
def test_plateau_halves_the_learning_rate(key):
    rows = {"X_val": X_VAL, "y_val": y_val} if key == "valid_loss" else {}
    lr = 0.03 if rows else 0.3
    model = mlp(lr_schedule="plateau", lr=lr, max_epochs=40).fit(X, y, **rows)
    rates = column(model, "lr")
    assert len(set(rates)) > 2
    assert rates == plateau_by_hand(column(model, key), lr)


def test_plateau_begins_anew_with_every_fit():
    model = mlp(lr_schedule="plateau", lr=0.3, max_epochs=30, warm_start=True)
    model.fit(X, y).fit(X, y)
    rates = column(model, "lr")
    assert rates[29] < rates[0] == rates[30] == 0.3


@pytest.mark.parametrize("norm", [0.05, 1e9])
def test_gradient_clipping_is_torchs(norm):
    options = {"optimizer": "sgd", "lr": 0.5, "batch_size": 200, "max_epochs": 1}
    clipped = mlp(**options, max_grad_norm=norm).fit(X, y)
    start = mlp(**options | {"lr": 1e-300}).fit(X, y).net_.module_
    start.zero_grad()
    rows = torch.from_numpy(X).to(start.output.weight.dtype)
    torch.nn.functional.cross_entropy(start(rows), torch.from_numpy(y)).backward()
    before = torch.nn.utils.clip_grad_norm_(start.parameters(), norm)
    assert 0.05 < before < 1e9
    for p, q in zip(start.parameters(), weights(clipped)):
        torch.testing.assert_close(p - 0.5 * p.grad, q)


def test_without_clipping_the_norm_is_free():
    free, wide = mlp().fit(X, y), mlp(max_grad_norm=1e9).fit(X, y)
    for p, q in zip(weights(free), weights(wide)):
        assert torch.equal(p, q)


@pytest.mark.parametrize("weighted", [False, True])
def test_label_smoothing_is_torchs_in_training_and_off_in_validation(weighted):
    weight = np.random.default_rng(0).uniform(0.5, 2, 200) if weighted else None
    options = {"batch_size": 200, "max_epochs": 1, "lr": 1e-300}
    model = mlp(label_smoothing=0.2, **options)
    model.fit(X, y, sample_weight=weight, X_val=X_VAL, y_val=y_val)
    with torch.no_grad():
        module, dtype = model.net_.module_, model.net_.module_.output.weight.dtype
        logits, of_valid = (
            module(torch.from_numpy(rows).to(dtype)) for rows in (X, X_VAL)
        )
    losses = torch.nn.functional.cross_entropy(
        logits, torch.from_numpy(y), label_smoothing=0.2, reduction="none"
    ).numpy()
    row = model.history_[0]
    assert row["train_loss"] == pytest.approx(np.average(losses, weights=weight))
    plain = torch.nn.functional.cross_entropy(of_valid, torch.from_numpy(y_val))
    assert row["valid_loss"] == pytest.approx(plain.item())


def test_label_smoothing_with_weights_counts_a_row_twice():
    options = {"label_smoothing": 0.2, "batch_size": 300, "precision": "float64"}
    twice = np.r_[np.arange(200), np.arange(50)]
    weight = np.r_[np.full(50, 2.0), np.ones(150)]
    written = mlp(**options).fit(X[twice], y[twice])
    weighted = mlp(**options).fit(X, y, sample_weight=weight)
    for p, q in zip(weights(written), weights(weighted)):
        torch.testing.assert_close(p, q, atol=1e-9, rtol=0)


def test_label_smoothing_keeps_probabilities_from_the_ends():
    options = {"hidden_layer_sizes": 64, "max_epochs": 60}
    sharp = mlp(**options).fit(X, y).predict_proba(X).max(axis=1).mean()
    soft = mlp(**options, label_smoothing=0.3).fit(X, y).predict_proba(X).max(axis=1)
    assert soft.mean() < sharp - 0.1


@pytest.mark.parametrize(
    "parameters",
    [
        {"max_grad_norm": 0.0},
        {"max_grad_norm": -1.0},
        {"label_smoothing": 1.0},
        {"label_smoothing": -0.1},
        {"lr_schedule": "stepwise"},
    ],
)
def test_bad_parameters(parameters):
    (name,) = parameters
    with pytest.raises(ValueError, match=f"The '{name}' parameter"):
        mlp(**parameters).fit(X, y)
