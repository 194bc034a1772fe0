"""Layers without convolutions: their derivatives, and what is their own."""

from copy import deepcopy

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from torch.nn import functional as F

from sklearn_nn.scratch import (
    BatchNorm,
    Dropout,
    Flatten,
    Linear,
    LogSoftmax,
    ReLU,
    Reshape,
    ShapeError,
    Sigmoid,
    Softmax,
    Tanh,
)
from tests.scratch.gradients import (
    FLAT,
    IMAGES,
    MANY_SHAPES,
    SEEDS,
    SIGNALS,
    SIZES,
    assert_close,
    assert_equals_torch,
    assert_numerical,
    initialised,
    normal,
)

ANY_ROWS = st.one_of(FLAT, SIGNALS, IMAGES)

ACTIVATIONS = {
    "tanh": (Tanh, torch.tanh),
    "sigmoid": (Sigmoid, torch.sigmoid),
    "relu": (ReLU, torch.relu),
    "relu above 0.5": (lambda: ReLU(0.5), torch.nn.Threshold(0.5, 0)),
    "relu above -0.5": (lambda: ReLU(threshold=-0.5), torch.nn.Threshold(-0.5, 0)),
    "softmax": (Softmax, lambda x: x.softmax(dim=1)),
    "log-softmax": (LogSoftmax, lambda x: x.log_softmax(dim=1)),
}


@pytest.mark.parametrize("name", ACTIVATIONS)
@MANY_SHAPES
@given(shape=ANY_ROWS, seed=SEEDS)
def test_activations(name, shape, seed):
    make, in_torch = ACTIVATIONS[name]
    x = normal(shape, seed)
    assert_equals_torch(make(), x, in_torch, seed)
    assert_numerical(make(), x, seed)


@MANY_SHAPES
@given(shape=FLAT, width=SIZES, seed=SEEDS)
def test_linear(shape, width, seed):
    x = normal(shape, seed)
    layer = initialised(Linear(shape[1], width), shape[1:], seed)
    assert_equals_torch(layer, x, lambda x, weight, bias: x @ weight + bias, seed)
    assert_numerical(layer, x, seed)


@MANY_SHAPES
@given(shape=ANY_ROWS, seed=SEEDS)
def test_flatten(shape, seed):
    x = normal(shape, seed)
    assert_equals_torch(Flatten(), x, torch.nn.Flatten(), seed)
    assert_numerical(Flatten(), x, seed)


@MANY_SHAPES
@given(shape=IMAGES, seed=SEEDS)
def test_reshape(shape, seed):
    x = normal((shape[0], np.prod(shape[1:])), seed)
    layer = Reshape(shape[1:])
    assert_equals_torch(layer, x, lambda x: x.reshape(shape), seed)
    assert_numerical(layer, x, seed)


@MANY_SHAPES
@given(shape=ANY_ROWS, seed=SEEDS, p=st.floats(0, 0.9))
@example(shape=(8, 8), seed=0, p=0.0)
def test_dropout_with_the_mask_it_draws(shape, seed, p):
    x = normal(shape, seed)
    layer = Dropout(p)
    layer.initialise(shape[1:], np.random.default_rng(seed))
    rng = np.random.default_rng(seed)
    mask = torch.from_numpy(rng.random(shape, dtype=np.float32) >= p).double()
    assert_equals_torch(deepcopy(layer), x, lambda x: x * mask / (1 - p), seed)
    assert_numerical(layer, x, seed)
    assert_equals_torch(layer.train(False), x, lambda x: x * 1, seed)


# Of a single value, torch refuses to compute a variance.
def several_values_a_channel(shape):
    return shape[0] * np.prod(shape[2:]) > 1


@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
@MANY_SHAPES
@given(shape=ANY_ROWS.filter(several_values_a_channel), seed=SEEDS)
def test_batch_norm(training, shape, seed):
    x = normal(shape, seed)
    layer = initialised(BatchNorm(momentum=0.3, eps=1e-3), shape[1:], seed)
    layer.forward(normal(shape, seed + 1) + 2)
    layer.train(training)
    mean, var = (torch.tensor(layer.buffers[name]) for name in ("mean", "var"))

    def in_torch(x, weight, bias):
        return F.batch_norm(x, mean, var, weight, bias, training, 0.3, 1e-3)

    numerical = deepcopy(layer)
    assert_equals_torch(layer, x, in_torch, seed)
    assert_close(layer.buffers["mean"], mean)
    assert_close(layer.buffers["var"], var)
    assert_numerical(numerical, x, seed)


def test_batch_norm_of_one_row():
    """It has no variance: the running statistics serve, and stay as they are."""
    layer = initialised(BatchNorm(), (3,))
    layer.forward(normal((8, 3)))
    before = layer.state()
    x, delta = normal((1, 3)), normal((1, 3), 1)
    in_training = layer.forward(x), layer.backward(x, delta)
    layer.train(False)
    for one, other in zip(in_training, (layer.forward(x), layer.backward(x, delta))):
        assert_close(one, other)
    for kept, now in zip(before, layer.state()):
        for name, value in kept.items():
            np.testing.assert_array_equal(now[name], value)


LAYERS = {
    "linear": Linear(6, 4),
    "tanh": Tanh(),
    "sigmoid": Sigmoid(),
    "relu": ReLU(np.float64(0.1)),
    "softmax": Softmax(),
    "log-softmax": LogSoftmax(),
    "dropout": Dropout(np.float64(0.5)),
    "batch norm": BatchNorm(np.float64(0.1), np.float64(1e-5)),
    "flatten": Flatten(),
    "reshape": Reshape((2, 3)),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
@pytest.mark.parametrize("name", LAYERS)
def test_dtype_stays(name, training, dtype):
    layer = initialised(deepcopy(LAYERS[name]), (6,), dtype=dtype).train(training)
    x = normal((5, 6), dtype=dtype)
    z = layer.forward(x)
    to_input = layer.backward(x, np.ones_like(z))
    layer.update_parameters(np.float64(0.1))
    held = layer.parameters | layer.gradients | layer.buffers
    assert {array.dtype for array in [z, to_input, *held.values()]} == {np.dtype(dtype)}


@pytest.mark.parametrize("name", sorted(set(LAYERS) - {"dropout"}))
def test_backward_through_an_input_that_forward_did_not_see_last(name):
    layer = initialised(deepcopy(LAYERS[name]), (6,))
    x, y = normal((5, 6)), normal((5, 6), 1)
    delta = normal(layer.forward(x).shape, 2)
    expected = layer.backward_delta(x, delta)
    layer.forward(y)
    assert_close(layer.backward_delta(x, delta), expected)


def test_dropout_has_only_one_mask():
    layer = Dropout(0.5)
    x = normal((5, 6))
    layer.forward(x)
    with pytest.raises(ValueError, match="only through its last forward"):
        layer.backward_delta(x.copy(), x)


def test_dropout_keeps_the_mean_and_drops_its_share():
    layer = Dropout(0.3)
    layer.initialise((1000,), np.random.default_rng(0))
    z = layer.forward(np.ones((100, 1000)))
    assert np.mean(z == 0) == pytest.approx(0.3, abs=0.01)
    assert z.mean() == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("scale", [1e4, 1e300])
@pytest.mark.parametrize(
    "layer", [Sigmoid(), Softmax(), LogSoftmax(), Tanh()], ids=repr
)
def test_large_inputs_stay_finite(layer, scale):
    x = np.array([[scale, -scale, 0.0], [-scale, -scale, scale]])
    z = layer.forward(x)
    assert np.isfinite(z).all()
    assert np.isfinite(layer.backward(x, np.ones_like(z))).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("threshold", [0.1, np.float64(0.1)], ids=["float", "float64"])
def test_relu_does_not_pass_the_threshold_itself(threshold, dtype):
    # As float32, 0.1 is a little more than 0.1.
    x = np.array([[-1.0, 0.1, 0.2]], dtype)
    layer = ReLU(threshold)
    assert_close(layer.forward(x), x * [0, 0, 1])
    assert_close(layer.backward_delta(x, np.full_like(x, 7)), [[0, 0, 7]])


def test_relu_is_its_formula():
    x = np.array([[-1.0, 0.5, 0.5000001, 3.0]])
    layer = ReLU(threshold=0.5)
    assert_close(layer.forward(x), x * (x > 0.5))
    assert_close(layer.backward_delta(x, np.full((1, 4), 7.0)), 7.0 * (x > 0.5))


@pytest.mark.parametrize("threshold", [0.0, 0.5, -0.5])
def test_relu_does_not_hide_what_is_not_a_number(threshold):
    z = ReLU(threshold).forward(np.array([[np.nan, -np.inf, np.inf]]))
    np.testing.assert_array_equal(z, [[np.nan, 0, np.inf]])


def test_sigmoid_of_far_below_zero_keeps_its_digits():
    x = np.array([[-700.0, -80.0, -20.0, 20.0]])
    expected = np.exp(x) / (1 + np.exp(x))
    np.testing.assert_allclose(Sigmoid().forward(x), expected, rtol=1e-14)
    single = x[:, 1:].astype(np.float32)
    np.testing.assert_allclose(Sigmoid().forward(single), expected[:, 1:], rtol=1e-6)


@pytest.mark.parametrize(
    ("init", "variance"),
    [
        ("normal", 1 / 300),
        ("glorot", 2 / 500),
        ("he", 2 / 300),
        (0.05, 0.05**2),
        (2, 4),
    ],
)
def test_weights_start_normal_with_mean_zero(init, variance):
    layer = Linear(300, 200, init=init)
    layer.initialise((300,), np.random.default_rng(0))
    z = layer.parameters["weight"] / variance**0.5
    # Of 60,000 numbers: four standard errors.
    assert z.mean() == pytest.approx(0, abs=4 / 60_000**0.5)
    assert z.var() == pytest.approx(1, abs=4 * (2 / 60_000) ** 0.5)
    assert np.mean(z**4) == pytest.approx(3, abs=4 * (96 / 60_000) ** 0.5)
    assert not layer.parameters["bias"].any()


@pytest.mark.parametrize("init", ["uniform", 0, -1.0, np.nan, np.inf])
def test_bad_init(init):
    with pytest.raises(ValueError, match=f"'init' parameter.* Got {init!r}"):
        Linear(3, 2, init=init).initialise((3,), np.random.default_rng(0))


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (Linear(4, 2), (3,), "takes flat rows of 4, but was given rows of (3,)"),
        (
            Linear(None, 2),
            (3, 4),
            "flat rows of any width, but was given rows of (3, 4",
        ),
        (Reshape((2, 3)), (7,), "takes rows of 6 numbers, but was given rows of (7,)"),
    ],
    ids=repr,
)
def test_rows_that_do_not_fit(layer, shape, message):
    with pytest.raises(ShapeError) as caught:
        layer.initialise(shape, np.random.default_rng(0))
    assert repr(layer) in str(caught.value)
    assert message in str(caught.value)


@pytest.mark.parametrize("width", [None, 0, -3, 2.5])
def test_linear_needs_a_width(width):
    with pytest.raises(ValueError, match="needs out_features.* a positive integer"):
        Linear(3, width).output_shape((3,))


@pytest.mark.parametrize("p", [-0.1, 1, np.nan])
def test_bad_dropout(p):
    with pytest.raises(ValueError, match=f"'p' parameter.* Got {p!r}"):
        Dropout(p).output_shape((3,))


def test_zero_grad_forgets_and_two_backwards_add_up():
    layer = initialised(Linear(3, 2), (3,))
    x, delta = normal((5, 3)), normal((5, 2), 1)
    layer.backward_update_gradient(x, delta)
    layer.backward_update_gradient(2 * x, delta)
    assert_close(layer.gradients["weight"], 3 * x.T @ delta)
    assert_close(layer.gradients["bias"], 2 * delta.sum(axis=0))
    layer.zero_grad()
    assert not layer.gradients["weight"].any()
    assert not layer.gradients["bias"].any()


def test_parameters_of_a_layer():
    layer = Linear(3, 2)
    assert layer.get_params() == {
        "in_features": 3,
        "out_features": 2,
        "init": "normal",
        "init_bias": 0.0,
    }
    layer.set_params(out_features=5, init="he")
    assert repr(layer) == "Linear(in_features=3, out_features=5, init='he')"
    with pytest.raises(
        ValueError, match="Linear has no parameter 'units'. It has: in_"
    ):
        layer.set_params(units=3)
    with pytest.raises(ValueError, match="Tanh has no parameter 'x'. It has: none"):
        Tanh().set_params(x=3)
