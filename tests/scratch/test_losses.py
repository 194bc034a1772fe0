"""The losses: their values and derivatives, also at the edges of what they take."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from sklearn_nn.scratch import (
    BCELoss,
    CrossEntropyLoss,
    LogSoftmax,
    MSELoss,
    NLLLoss,
    Sigmoid,
)
from tests.scratch.gradients import (
    FLAT,
    IMAGES,
    MANY_SHAPES,
    SEEDS,
    SIGNALS,
    assert_close,
    assert_derivative,
    normal,
)

NUMBERS = {
    "mse": (MSELoss(), F.mse_loss),
    "bce": (BCELoss(), F.binary_cross_entropy),
}
CLASSES = {
    "cross-entropy": (CrossEntropyLoss(), F.cross_entropy),
    "nll": (NLLLoss(), F.nll_loss),
}
LOSSES = {name: loss for name, (loss, _) in (NUMBERS | CLASSES).items()}


def output_and_target(name, shape, seed=0):
    """Return outputs of the kind that the loss takes, and targets."""
    rng = np.random.default_rng(seed)
    output = normal(shape, seed)
    if name in CLASSES:
        output = LogSoftmax().forward(output) if name == "nll" else output
        return output, rng.integers(shape[1], size=shape[0])
    output = Sigmoid().forward(output) if name == "bce" else output
    return output, rng.random(shape)


def assert_loss_equals_torch(loss, output, target, weight, by_row, tolerance=1e-10):
    x = torch.tensor(output, requires_grad=True)
    losses = by_row(x, torch.from_numpy(target))
    expected = (losses if weight is None else losses * torch.from_numpy(weight)).mean()
    (derivative,) = torch.autograd.grad(expected, x)
    before = output.copy()
    assert_close(loss.forward(output, target, weight), expected.item())
    assert_close(loss.backward(output, target, weight), derivative, tolerance)
    np.testing.assert_array_equal(output, before)


def check(name, shape, weighted, seed):
    output, target = output_and_target(name, shape, seed)
    loss, in_torch = (NUMBERS | CLASSES)[name]
    weight = np.random.default_rng(seed).random(shape[0]) * 3 if weighted else None

    def by_row(x, target):
        losses = in_torch(x, target, reduction="none")
        return losses.reshape(len(x), -1).mean(dim=1)

    assert_loss_equals_torch(loss, output, target, weight, by_row)
    # A small step, since a probability near 0 has to stay one.
    assert_derivative(
        lambda x: loss.forward(x, target, weight),
        output,
        loss.backward(output, target, weight),
        seed,
        step=1e-6,
    )


@pytest.mark.parametrize("name", NUMBERS)
@MANY_SHAPES
@given(shape=st.one_of(FLAT, SIGNALS, IMAGES), weighted=st.booleans(), seed=SEEDS)
def test_losses_of_numbers(name, shape, weighted, seed):
    check(name, shape, weighted, seed)


@pytest.mark.parametrize("name", CLASSES)
@MANY_SHAPES
@given(shape=FLAT, weighted=st.booleans(), seed=SEEDS)
def test_losses_of_classes(name, shape, weighted, seed):
    check(name, shape, weighted, seed)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_large_logits(dtype):
    logits = np.array([[1e4, -1e4, 0], [-1e4, 1e4, 1e4], [-1e4, 0, 1e4]], dtype)
    target = np.array([1, 0, 2])
    loss = CrossEntropyLoss()
    assert loss.forward(logits, target) == pytest.approx((2e4 + 2e4 + np.log(2)) / 3)
    delta = loss.backward(logits, target)
    assert_close(delta * 3, [[1, -1, 0], [-1, 0.5, 0.5], [0, 0, 0]], 1e-6)

    layer, after = LogSoftmax(), NLLLoss()
    output = layer.forward(logits)
    assert after.forward(output, target) == pytest.approx(loss.forward(logits, target))
    assert_close(layer.backward(logits, after.backward(output, target)), delta, 1e-6)


@pytest.mark.parametrize("value", [0.0, 1.0, 1e-320, 1e-15, 1 - 1e-15])
@pytest.mark.parametrize("target", [0.0, 0.3, 1.0])
def test_bce_of_certain_probabilities(value, target):
    output, targets = np.array([[value, 0.5]]), np.array([[target, 0.5]])

    def by_row(x, target):
        return F.binary_cross_entropy(x, target, reduction="none").mean(dim=1)

    # The bound of the denominator, 1e-12, is a float32 in torch.
    assert_loss_equals_torch(BCELoss(), output, targets, None, by_row, 1e-8)


def test_bce_behind_a_saturated_sigmoid():
    logits = np.array([[1e4, -1e4, 20.0, -20.0]])
    target = np.array([[0.0, 1.0, 0.0, 1.0]])
    layer, loss = Sigmoid(), BCELoss()
    output = layer.forward(logits)
    assert np.isfinite(loss.forward(output, target))
    delta = layer.backward(logits, loss.backward(output, target))
    assert np.isfinite(delta).all()
    # It is (p - t) / width as long as p is not 0 or 1 to the last digit.
    assert_close(delta[0, 2:], (output - target)[0, 2:] / 4, 1e-6)


@pytest.mark.parametrize("target_dtype", ["int64", "float32", "float64"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", LOSSES)
def test_dtype_of_the_output_stays(name, dtype, target_dtype):
    output, target = output_and_target(name, (5, 4))
    if name in NUMBERS:
        target = target.round().astype(target_dtype)
    weight = np.ones(5)
    delta = LOSSES[name].backward(output.astype(dtype), target, weight)
    assert delta.dtype == dtype
    assert isinstance(LOSSES[name].forward(output.astype(dtype), target, weight), float)


@pytest.mark.parametrize("method", ["forward", "backward"])
@pytest.mark.parametrize("name", NUMBERS)
def test_target_of_another_shape(name, method):
    output = np.full((3, 1), 0.5)
    with pytest.raises(ValueError, match=r"shape of the output, \(3, 1\).* Got \(3,\)"):
        getattr(LOSSES[name], method)(output, np.ones(3))


@pytest.mark.parametrize("method", ["forward", "backward"])
@pytest.mark.parametrize("target", [[-1, 0, 1], [0, 1, 2]], ids=str)
@pytest.mark.parametrize("name", CLASSES)
def test_classes_that_are_not_there(name, target, method):
    with pytest.raises(ValueError, match="codes of classes from 0 to 1, .* Got "):
        getattr(LOSSES[name], method)(np.full((3, 2), -0.7), np.array(target))


@pytest.mark.parametrize("method", ["forward", "backward"])
@pytest.mark.parametrize(
    "target",
    [np.zeros(3), np.zeros((3, 1), int), np.zeros(2, int), np.ones(3, bool)],
    ids=lambda target: f"{target.dtype}{target.shape}",
)
@pytest.mark.parametrize("name", CLASSES)
def test_target_that_is_no_class_a_row(name, target, method):
    with pytest.raises(ValueError, match="must hold 3 integers, .* Got ") as caught:
        getattr(LOSSES[name], method)(np.full((3, 2), -0.7), target)
    assert f"{target.dtype} of shape {target.shape}" in str(caught.value)


def test_repr():
    assert repr(CrossEntropyLoss()) == "CrossEntropyLoss()"
