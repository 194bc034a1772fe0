"""Learning rates that move: the same as torch's."""

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from sklearn_nn._training.schedules import SCHEDULES
from sklearn_nn.scratch import (
    SGD,
    Adam,
    Linear,
    MSELoss,
    SequentialClassifier,
)
from sklearn_nn.scratch._schedules import Schedule

N_STEPS = 40


def torchs_own(kind, momentum):
    parameters = [torch.nn.Parameter(torch.zeros(1))]
    if kind is Adam:
        return torch.optim.Adam(parameters, lr=0.1)
    return torch.optim.SGD(parameters, lr=0.1, momentum=momentum)


def momentum_of(optimizer):
    if isinstance(optimizer, torch.optim.Optimizer):
        group = optimizer.param_groups[0]
        return group["betas"][0] if "betas" in group else group["momentum"]
    return optimizer.betas[0] if hasattr(optimizer, "betas") else optimizer.momentum


@pytest.mark.parametrize("kind, momentum", [(SGD, 0.0), (SGD, 0.9), (Adam, None)])
@pytest.mark.parametrize("name", ["constant", "linear", "cosine", "warmup", "onecycle"])
def test_every_step_is_torchs(name, kind, momentum):
    options = {} if momentum is None else {"momentum": momentum}
    ours = kind(Linear(1, 1), MSELoss(), lr=0.1, **options)
    theirs = torchs_own(kind, momentum)
    before = momentum_of(ours)
    schedule = Schedule(name, ours, N_STEPS)
    reference = SCHEDULES[name](theirs, N_STEPS)
    for _ in range(N_STEPS - 1):
        assert ours.lr == pytest.approx(theirs.param_groups[0]["lr"])
        assert momentum_of(ours) == pytest.approx(momentum_of(theirs))
        schedule.after_step()
        if reference is not None:
            theirs.step()
            reference.step()
    schedule.end()
    assert (ours.lr, momentum_of(ours)) == (0.1, before)


@pytest.mark.parametrize("name", ["warmup", "onecycle"])
def test_trajectory_of_adam_is_torchs(name):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(20, 3)), rng.normal(size=(20, 2))
    layer = Linear(3, 2)
    layer.initialise((3,), rng)
    twin = torch.nn.Linear(3, 2).double()
    with torch.no_grad():
        twin.weight.copy_(torch.from_numpy(layer.parameters["weight"].T))
        twin.bias.copy_(torch.from_numpy(layer.parameters["bias"]))
    ours = Adam(layer, MSELoss(), lr=0.1)
    theirs = torch.optim.Adam(twin.parameters(), lr=0.1)
    schedule = Schedule(name, ours, N_STEPS)
    reference = SCHEDULES[name](theirs, N_STEPS)
    for _ in range(N_STEPS):
        ours.step(x, y)
        schedule.after_step()
        theirs.zero_grad()
        torch.nn.MSELoss()(twin(torch.from_numpy(x)), torch.from_numpy(y)).backward()
        theirs.step()
        if reference.last_epoch < N_STEPS - 1:
            reference.step()
    weight = twin.weight.detach().numpy().T
    np.testing.assert_allclose(layer.parameters["weight"], weight, atol=1e-10)


def test_plateau_is_torchs():
    ours, theirs = SGD(Linear(1, 1), MSELoss(), lr=0.1), torchs_own(SGD, 0.0)
    schedule, reference = (
        Schedule("plateau", ours, N_STEPS),
        SCHEDULES["plateau"](theirs, N_STEPS),
    )
    losses = [3, 2, 2, 2, 2, 1.99999, 1, 1, 1, 1, 1, 1, 1, 0.5]
    rates = set()
    for loss in losses:
        schedule.after_epoch(loss)
        reference.step(loss)
        assert ours.lr == pytest.approx(theirs.param_groups[0]["lr"])
        rates.add(ours.lr)
    assert len(rates) > 2


def test_a_short_cycle_stays_constant():
    sgd = SGD(Linear(1, 1), MSELoss(), lr=0.1)
    schedule = Schedule("onecycle", sgd, 9)
    for _ in range(9):
        assert sgd.lr == 0.1
        schedule.after_step()


@pytest.mark.parametrize("name", SCHEDULES)
def test_estimators_take_them(name):
    X, y = load_digits(return_X_y=True)
    model = SequentialClassifier(
        lr_schedule=name, optimizer="sgd", lr=0.1, max_epochs=20, random_state=0
    ).fit(X / 16, y)
    assert model.score(X / 16, y) > 0.9
    rates = [row["lr"] for row in model.history_]
    n_batches = -(-len(X) // 64)
    low = {"onecycle": 0.004, "warmup": 0.1 / (2 * n_batches)}
    assert rates[0] == pytest.approx(low.get(name, 0.1))
    if name in ("linear", "cosine"):
        assert np.all(np.diff(rates) < 0)
    assert model.net_.optimizer.lr == 0.1
