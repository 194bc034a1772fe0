"""The optimisers: each step as torch takes it, and each row once an epoch."""

import numpy as np
import pytest
import torch
from torch import nn

from sklearn_nn.scratch import (
    SGD,
    Adam,
    BatchNorm,
    CrossEntropyLoss,
    Dropout,
    Linear,
    MSELoss,
    Optimizer,
    Sequential,
    Tanh,
)
from tests.scratch.gradients import (
    assert_lists_close,
    gradients_of,
    normal,
    parameters_of,
)


def network(dtype=np.float64):
    net = Sequential([Linear(5, 4), Tanh(), Sequential([BatchNorm(), Linear(4, 3)])])
    net.initialise((5,), np.random.default_rng(0), dtype)
    return net


def same_in_torch(net):
    theirs = nn.Sequential(
        nn.Linear(5, 4), nn.Tanh(), nn.BatchNorm1d(4), nn.Linear(4, 3)
    ).double()
    for parameter, value in zip(theirs.parameters(), parameters_of(net)):
        parameter.data = torch.tensor(value.T)
    return theirs


def groups(net, weight_decay):
    """Return torch's parameters, those of one dimension without decay."""
    parameters = list(net.parameters())
    return [
        {
            "params": [p for p in parameters if p.ndim > 1],
            "weight_decay": weight_decay,
        },
        {"params": [p for p in parameters if p.ndim == 1], "weight_decay": 0.0},
    ]


# torch's SGD adds the decay to the gradient. Without momentum that is the same as
# shrinking the weights before the step.
OPTIMIZERS = {
    "plain": (
        lambda net, loss: Optimizer(net, loss, lr=0.3),
        lambda net: torch.optim.SGD(net.parameters(), lr=0.3),
    ),
    "plain, decay": (
        lambda net, loss: Optimizer(net, loss, lr=0.3, weight_decay=0.1),
        lambda net: torch.optim.SGD(groups(net, 0.1), lr=0.3),
    ),
    "SGD": (
        lambda net, loss: SGD(net, loss, lr=0.3),
        lambda net: torch.optim.SGD(net.parameters(), lr=0.3),
    ),
    "SGD, decay": (
        lambda net, loss: SGD(net, loss, lr=0.3, weight_decay=0.1),
        lambda net: torch.optim.SGD(groups(net, 0.1), lr=0.3),
    ),
    "SGD, momentum": (
        lambda net, loss: SGD(net, loss, lr=0.1, momentum=0.9),
        lambda net: torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9),
    ),
    "Adam": (
        lambda net, loss: Adam(net, loss, lr=0.02),
        lambda net: torch.optim.Adam(net.parameters(), lr=0.02),
    ),
    "Adam, decay": (
        lambda net, loss: Adam(net, loss, 0.02, (0.8, 0.95), 1e-5, weight_decay=0.1),
        lambda net: torch.optim.AdamW(groups(net, 0.1), 0.02, (0.8, 0.95), 1e-5),
    ),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_fifty_steps_equal_torch(name):
    make, make_in_torch = OPTIMIZERS[name]
    ours = network()
    theirs = same_in_torch(ours)
    optimizer, optimizer_in_torch = (
        make(ours, CrossEntropyLoss()),
        make_in_torch(theirs),
    )
    rng = np.random.default_rng(1)
    for _ in range(50):
        x, y = rng.normal(size=(8, 5)), rng.integers(3, size=8)
        optimizer_in_torch.zero_grad()
        loss = nn.functional.cross_entropy(theirs(torch.tensor(x)), torch.tensor(y))
        loss.backward()
        optimizer_in_torch.step()
        assert optimizer.step(x, y) == pytest.approx(loss.item(), rel=1e-10)
    expected = [parameter.detach().numpy().T for parameter in theirs.parameters()]
    assert_lists_close(parameters_of(ours), expected)


def test_momentum_does_not_repeat_the_decay():
    net = network()
    before = parameters_of(net)[0].copy()
    sgd = SGD(net, CrossEntropyLoss(), lr=0.1, momentum=0.9, weight_decay=0.5)
    net.zero_grad()
    for _ in range(3):
        sgd.update()
    np.testing.assert_allclose(parameters_of(net)[0], before * 0.95**3)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_what_earlier_steps_left_can_be_forgotten(name):
    used, fresh = network(), network()
    x, y = normal((8, 5)), np.arange(8) % 3
    optimizer = OPTIMIZERS[name][0](used, CrossEntropyLoss())
    for _ in range(3):
        optimizer.step(x, y)
    optimizer.forget()
    fresh.load_state(used.state())
    anew = OPTIMIZERS[name][0](fresh, CrossEntropyLoss())
    for _ in range(3):
        assert optimizer.step(x, y) == anew.step(x, y)
    assert_lists_close(parameters_of(used), parameters_of(fresh), 0)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_step_leaves_the_gradients_as_they_are(name):
    net = network()
    x, y = normal((8, 5)), np.arange(8) % 3
    loss = CrossEntropyLoss()
    net.backward(x, loss.backward(net.forward(x), y))
    before = gradients_of(net)
    OPTIMIZERS[name][0](net, loss).update()
    assert_lists_close(gradients_of(net), before, 0)


class Recorder(Optimizer):
    """Keeps the rows of each step and takes none."""

    def __init__(self):
        super().__init__(Sequential(), MSELoss())
        self.seen = []

    def step(self, x, y, weight=None):
        self.seen.append((x, y, weight))
        return float(len(x))


def seen(batch_size, rng, n_rows=10):
    """Return what came of an epoch: the losses, and the rows of each step."""
    recorder = Recorder()
    x = np.arange(n_rows)
    losses = list(recorder.epoch(x, -x, x / 2, batch_size=batch_size, rng=rng))
    for part, target, weight in recorder.seen:
        np.testing.assert_array_equal(target, -part)
        np.testing.assert_array_equal(weight, part / 2)
    return losses, np.concatenate([part for part, _, _ in recorder.seen])


@pytest.mark.parametrize(
    ("batch_size", "sizes"), [(4, [4, 4, 2]), (5, [5, 5]), (64, [10]), (1, [1] * 10)]
)
@pytest.mark.parametrize("shuffle", [True, False])
def test_an_epoch_takes_each_row_once(batch_size, sizes, shuffle):
    rng = np.random.default_rng(0) if shuffle else None
    losses, rows = seen(batch_size, rng)
    assert losses == [(float(size), size) for size in sizes]
    assert sorted(rows) == list(range(10))
    assert (list(rows) == list(range(10))) is not shuffle


def test_epochs_are_shuffled_each_in_its_way_and_repeatably():
    rng = np.random.default_rng(0)
    first, second = seen(4, rng, 100)[1], seen(4, rng, 100)[1]
    assert list(first) != list(second)
    assert list(first) == list(seen(4, np.random.default_rng(0), 100)[1])


@pytest.mark.parametrize("batch_size", [0, -1, 2.5])
def test_bad_batch_size(batch_size):
    with pytest.raises(ValueError, match=f"'batch_size' .*positive.* Got {batch_size}"):
        seen(batch_size, None)


@pytest.mark.parametrize("make", [Optimizer, SGD, Adam])
def test_a_row_of_weight_two_is_two_rows(make):
    x, y = normal((6, 5)), np.array([0, 1, 2, 2, 1, 0])
    weight = np.array([2, 1, 0, 3, 1, 1])

    def layers():
        net = Sequential([Linear(5, 4), Tanh(), Linear(4, 3)])
        net.initialise((5,), np.random.default_rng(0))
        return net

    weighted, repeated = layers(), layers()
    # The loss is a mean over rows: this makes the weights count as many as there are.
    by_row = weight * (len(x) / weight.sum())
    again = np.repeat(np.arange(6), weight)
    optimizers = [make(net, CrossEntropyLoss()) for net in (weighted, repeated)]
    for _ in range(5):
        loss = optimizers[0].step(x, y, by_row)
        assert loss == pytest.approx(optimizers[1].step(x[again], y[again]))
    assert_lists_close(parameters_of(weighted), parameters_of(repeated))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_dtype_stays(name, dtype):
    net = network(dtype).add_module(Dropout(0.2))
    optimizer = OPTIMIZERS[name][0](net, CrossEntropyLoss())
    x, y = normal((20, 5), dtype=dtype), np.arange(20) % 3
    weight = np.ones(20)
    rng = np.random.default_rng(0)
    for _ in range(3):
        losses = list(optimizer.epoch(x, y, weight, batch_size=8, rng=rng))
    assert all(isinstance(loss, float) for loss, _ in losses)
    held = [
        *parameters_of(net),
        *(array for leaf in net.leaves() for array in leaf.gradients.values()),
        *(array for leaf in net.leaves() for array in leaf.buffers.values()),
        *(
            array
            for memory in vars(optimizer).values()
            if isinstance(memory, dict)
            for array in memory.values()
        ),
    ]
    assert {array.dtype for array in held} == {np.dtype(dtype)}
    assert net.train(False).forward(x).dtype == dtype


@pytest.mark.parametrize("make", [Optimizer, SGD, Adam])
def test_training_learns(make):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 2))
    y = (x[:, 0] * x[:, 1] > 0).astype(int)
    net = Sequential([Linear(2, 16), Tanh(), Linear(16, 2)])
    net.initialise((2,), rng)
    optimizer = make(net, CrossEntropyLoss(), lr=0.02 if make is Adam else 0.5)
    for _ in range(100):
        losses = list(optimizer.epoch(x, y, batch_size=20, rng=rng))
    assert sum(loss for loss, _ in losses) / len(losses) < 0.1
    assert np.mean(net.train(False).forward(x).argmax(axis=1) == y) > 0.95
