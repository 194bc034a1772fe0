"""Convolutions: equal to torch, whatever the kernel, the chunks and the memory."""

import pickle
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from sklearn_nn.scratch import Conv1D, Conv2D, Sequential, ShapeError, _windows
from tests.scratch.gradients import (
    MANY_SHAPES,
    SEEDS,
    assert_close,
    assert_equals_torch,
    assert_numerical,
    gradients_of,
    initialised,
    normal,
)
from tests.scratch.kernels import CHUNKS, chunks_of, kernels

LAYERS = {1: (Conv1D, F.conv1d), 2: (Conv2D, F.conv2d)}
SHAPES = {1: (3, 12), 2: (3, 9, 8)}
both = pytest.mark.parametrize("n_axes", LAYERS)


def in_torch(layer):
    _, function = LAYERS[len(layer.parameters["weight"].shape) - 2]
    return lambda x, w, b: function(x, w, b, layer.stride, layer.padding)


def passes(layer, x, delta):
    """Return the output, the gradients and the derivative by the input."""
    layer.zero_grad()
    return [layer.forward(x), layer.backward(x, delta), *gradients_of(layer)]


@both
@MANY_SHAPES
@given(data=st.data(), seed=SEEDS, chunk=CHUNKS, out_channels=st.integers(1, 3))
def test_gradients(n_axes, data, seed, chunk, out_channels):
    arguments, batch = data.draw(kernels(n_axes, largest_padding=lambda k: 3))
    layer = LAYERS[n_axes][0](out_channels=out_channels, **arguments)
    initialised(layer, batch[1:], seed)
    x = normal(batch, seed)
    with chunks_of(chunk):
        assert_equals_torch(layer, x, in_torch(layer), seed)
        assert_numerical(layer, x, seed)


@both
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_stays(n_axes, dtype):
    layer = initialised(LAYERS[n_axes][0](3, 4, padding=1), SHAPES[n_axes], dtype=dtype)
    x = normal((5, *SHAPES[n_axes]), dtype=dtype)
    results = passes(layer, x, np.ones_like(layer.forward(x)))
    assert {array.dtype for array in results} == {np.dtype(dtype)}
    assert_equals_torch(layer, x, in_torch(layer), tolerance=1e-4)


@both
@pytest.mark.parametrize("chunk", [1, 1000, 5000])
@pytest.mark.parametrize("stride", [1, 2])
def test_chunks_change_nothing(n_axes, chunk, stride):
    layer = LAYERS[n_axes][0](3, 4, stride=stride, padding=1)
    initialised(layer, SHAPES[n_axes])
    x = normal((11, *SHAPES[n_axes]))
    delta = normal(layer.forward(x).shape, 1)
    expected = passes(layer, x, delta)
    with chunks_of(chunk):
        for actual, array in zip(passes(layer, x, delta), expected):
            assert_close(actual, array, 1e-12)


@both
def test_any_memory(n_axes):
    layer = initialised(LAYERS[n_axes][0](3, 4), SHAPES[n_axes])
    x = normal((5, *SHAPES[n_axes]))
    delta = normal(layer.forward(x).shape, 1)
    expected = passes(layer, x, delta)
    scattered = [np.repeat(array, 2, axis=0)[::2].T.copy().T for array in (x, delta)]
    for array in scattered:
        assert not array.flags.c_contiguous
        array.flags.writeable = False
    for actual, array in zip(passes(layer, *scattered), expected):
        assert_close(actual, array, 1e-12)


def test_gradients_add_up():
    layer = initialised(Conv2D(3, 4), SHAPES[2])
    x = normal((5, *SHAPES[2]))
    delta = normal(layer.forward(x).shape, 1)
    once = passes(layer, x, delta)[2:]
    layer.backward(x, delta)
    for twice, gradient in zip(gradients_of(layer), once):
        assert_close(twice, 2 * gradient)


def test_no_rows():
    layer = initialised(Conv2D(3, 4), SHAPES[2])
    x = np.empty((0, *SHAPES[2]))
    assert layer.forward(x).shape == (0, 4, 7, 6)
    assert layer.backward(x, np.empty((0, 4, 7, 6))).shape == x.shape


def test_forward_keeps_nothing_and_pickles_small():
    layer = initialised(Conv2D(3, 4), SHAPES[2])
    x = normal((200, *SHAPES[2]))
    passes(layer, x, np.ones_like(layer.forward(x)))
    pickled = pickle.dumps(layer)
    assert len(pickled) < 5000 < x.nbytes
    np.testing.assert_array_equal(pickle.loads(pickled).forward(x), layer.forward(x))


@pytest.mark.parametrize(
    ("n_axes", "batch"),
    [(1, (1, 4, 300_000)), (1, (300, 4, 900)), (2, (99, 4, 32, 32))],
)
def test_memory_does_not_grow_with_the_columns(n_axes, batch):
    layer = initialised(LAYERS[n_axes][0](4, 4, kernel_size=5), batch[1:])
    x = normal(batch)
    tracemalloc.start()
    try:
        z = layer.forward(x)
        back = layer.backward(x, z)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # A chunk spread out, its phases and products, and those of the last, smaller one.
    at_work = 4 * _windows.CHUNK_BYTES + (x.nbytes if len(x) == 1 else 0)
    assert peak < z.nbytes + back.nbytes + at_work
    assert 5**n_axes * x.nbytes > 2 * at_work


@both
@pytest.mark.parametrize("init", ["normal", "glorot", "he", 0.5])
def test_start(n_axes, init):
    layer = LAYERS[n_axes][0](out_channels=50, kernel_size=5, init=init)
    shape = 20, *[9] * n_axes
    layer.initialise(shape, np.random.default_rng(0))
    weight, bias = layer.parameters["weight"], layer.parameters["bias"]
    assert weight.shape == (50, 20, *[5] * n_axes)
    assert not bias.any() and bias.shape == (50,)
    fan_in, fan_out = 20 * 5**n_axes, 50 * 5**n_axes
    variance = {
        "normal": 1 / fan_in,
        "glorot": 2 / (fan_in + fan_out),
        "he": 2 / fan_in,
        0.5: 0.25,
    }[init]
    assert weight.std() == pytest.approx(variance**0.5, rel=0.05)
    assert abs(weight.mean()) < 4 * (variance / weight.size) ** 0.5


def test_one_number_is_two():
    x = normal((5, 3, 9, 9))
    short, long = Conv2D(3, 4, 3, 2, 1), Conv2D(3, 4, (3, 3), (2, 2), (1, 1))
    outputs = [initialised(layer, x.shape[1:]).forward(x) for layer in (short, long)]
    np.testing.assert_array_equal(*outputs)


@pytest.mark.parametrize(
    ("layer", "given", "takes"),
    [
        (Conv2D(3, 4), (1, 9, 9), "rows of (3 channels, height, width)"),
        (Conv2D(3, 4), (3, 81), "rows of (3 channels, height, width)"),
        (Conv2D(None, 4), (81,), "rows of (channels, height, width)"),
        (Conv2D(3, 4, 5), (3, 4, 9), "rows of (3 channels, height >= 5, width >= 5)"),
        (
            Conv2D(None, 4, (5, 3), padding=1),
            (3, 2, 9),
            "rows of (channels, height >= 3, width >= 1)",
        ),
        (Conv1D(3, 4), (3, 9, 9), "rows of (3 channels, length)"),
        (Conv1D(None, 4, 5), (3, 4), "rows of (channels, length >= 5)"),
    ],
    ids=str,
)
def test_rows_that_do_not_fit(layer, given, takes):
    with pytest.raises(ShapeError) as caught:
        layer.initialise(given, np.random.default_rng(0))
    expected = f"{layer!r} takes {takes}, but was given rows of {given}."
    assert str(caught.value) == expected


def test_layers_that_do_not_fit():
    net = Sequential([Conv2D(None, 8), Conv2D(4, 8)])
    with pytest.raises(ShapeError, match=r"Layer 1, Conv2D.*layer 0, Conv2D"):
        net.output_shape((1, 9, 9))


@both
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("kernel_size", 0),
        ("kernel_size", 2.5),
        ("stride", 0),
        ("stride", (1, 1, 1)),
        ("stride", None),
        ("padding", -1),
        ("padding", "same"),
        ("out_channels", 0),
        ("out_channels", 2.5),
    ],
)
def test_numbers_that_are_none(n_axes, name, value):
    layer = LAYERS[n_axes][0](**{"out_channels": 4, name: value})
    with pytest.raises(ValueError, match=f"'{name}' parameter of Conv{n_axes}D must"):
        layer.output_shape(SHAPES[n_axes])


def test_a_pair_along_one_axis():
    with pytest.raises(ValueError, match="'stride' parameter of Conv1D"):
        Conv1D(3, 4, stride=(1, 1)).output_shape(SHAPES[1])


@both
def test_out_channels_are_needed(n_axes):
    with pytest.raises(ValueError, match="needs out_channels"):
        LAYERS[n_axes][0]().output_shape(SHAPES[n_axes])
