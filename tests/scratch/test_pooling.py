"""Pooling: equal to torch, also where numbers are equal, whatever the chunks."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from sklearn_nn.scratch import (
    AvgPool1D,
    AvgPool2D,
    MaxPool1D,
    MaxPool2D,
    ShapeError,
)
from tests.scratch.gradients import (
    MANY_SHAPES,
    SEEDS,
    assert_close,
    assert_equals_torch,
    assert_numerical,
    normal,
)
from tests.scratch.kernels import CHUNKS, chunks_of, kernels

LAYERS = {
    "max, 1": (MaxPool1D, F.max_pool1d),
    "max, 2": (MaxPool2D, F.max_pool2d),
    "avg, 1": (AvgPool1D, F.avg_pool1d),
    "avg, 2": (AvgPool2D, F.avg_pool2d),
}
SHAPES = {"1": (3, 12), "2": (3, 9, 8)}
all_four = pytest.mark.parametrize("name", LAYERS)


def in_torch(layer, name):
    function = LAYERS[name][1]
    return lambda x: function(x, layer.kernel_size, layer.stride, layer.padding)


@st.composite
def layers_and_batches(draw, name):
    arguments, batch = draw(kernels(int(name[-1]), largest_padding=lambda k: k // 2))
    if draw(st.booleans()):
        arguments["stride"] = None
    return LAYERS[name][0](**arguments), batch


@all_four
@MANY_SHAPES
@given(data=st.data(), seed=SEEDS, chunk=CHUNKS)
def test_gradients(name, data, seed, chunk):
    layer, batch = data.draw(layers_and_batches(name))
    x = normal(batch, seed)
    with chunks_of(chunk):
        assert_equals_torch(layer, x, in_torch(layer, name), seed)
        assert_numerical(layer, x, seed)


@all_four
@MANY_SHAPES
@given(data=st.data(), seed=SEEDS)
def test_equal_numbers(name, data, seed):
    layer, batch = data.draw(layers_and_batches(name))
    x = np.random.default_rng(seed).integers(-1, 2, batch).astype(float)
    assert_equals_torch(layer, x, in_torch(layer, name), seed)


@all_four
def test_defaults_are_those_of_torch(name):
    make, function = LAYERS[name]
    x = normal((5, *SHAPES[name[-1]]))
    assert_equals_torch(make(), x, lambda x: function(x, 2))


@all_four
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_stays(name, dtype):
    layer = LAYERS[name][0](3, 2, 1)
    x = normal((5, *SHAPES[name[-1]]), dtype=dtype)
    z = layer.forward(x)
    assert z.dtype == layer.backward(x, z).dtype == dtype
    assert_equals_torch(layer, x, in_torch(layer, name), tolerance=1e-5)


@all_four
def test_whole_numbers(name):
    x = np.arange(2 * 3 * 8 * 8).reshape(2, 3, *[64] if name[-1] == "1" else [8, 8])
    layer = LAYERS[name][0](3, padding=1)
    z = layer.forward(x)
    np.testing.assert_array_equal(z, layer.forward(x.astype(float)))
    back = layer.backward_delta(x, z)
    np.testing.assert_array_equal(back, layer.backward_delta(x.astype(float), z))


@all_four
@pytest.mark.parametrize("chunk", [1, 500, 5000])
def test_chunks_change_nothing(name, chunk):
    layer = LAYERS[name][0](3, 2, 1)
    x = normal((11, *SHAPES[name[-1]]))
    z = layer.forward(x)
    back = layer.backward_delta(x, z)
    with chunks_of(chunk):
        np.testing.assert_array_equal(layer.forward(x), z)
        assert_close(layer.backward_delta(x, z), back, 1e-12)


@all_four
def test_any_memory(name):
    layer = LAYERS[name][0](3, 2, 1)
    x = normal((5, *SHAPES[name[-1]]))
    z = layer.forward(x)
    scattered = [np.repeat(array, 2, axis=0)[::2].T.copy().T for array in (x, z)]
    for array in scattered:
        assert not array.flags.c_contiguous
        array.flags.writeable = False
    np.testing.assert_array_equal(layer.forward(scattered[0]), z)
    back = layer.backward_delta(*scattered)
    np.testing.assert_array_equal(back, layer.backward_delta(x, z))


def test_infinite_pixels_stay_in_their_windows():
    x = normal((2, 1, 6, 6))
    x[0, 0, 5, 5] = np.inf
    assert np.isinf(AvgPool2D(3, 1).forward(x)).sum() == 1
    assert np.isinf(MaxPool2D(3, 1).forward(x)).sum() == 1


@all_four
def test_no_rows_and_pickling(name):
    layer = pickle.loads(pickle.dumps(LAYERS[name][0](3)))
    x = np.empty((0, *SHAPES[name[-1]]))
    z = layer.forward(x)
    assert z.shape == (0, *layer.output_shape(x.shape[1:]))
    assert layer.backward(x, z).shape == x.shape
    assert layer.kernel_size == 3


@pytest.mark.parametrize(
    ("layer", "given", "takes"),
    [
        (MaxPool2D(), (81,), "rows of (channels, height, width)"),
        (AvgPool2D((1, 3)), (3, 9, 2), "rows of (channels, height >= 1, width >= 3)"),
        (MaxPool1D(), (3, 9, 9), "rows of (channels, length)"),
        (AvgPool1D(5, padding=1), (3, 2), "rows of (channels, length >= 3)"),
    ],
    ids=str,
)
def test_rows_that_do_not_fit(layer, given, takes):
    with pytest.raises(ShapeError) as caught:
        layer.output_shape(given)
    expected = f"{layer!r} takes {takes}, but was given rows of {given}."
    assert str(caught.value) == expected


@all_four
@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("kernel_size", 0),
        ("kernel_size", None),
        ("stride", 0),
        ("stride", 1.5),
        ("padding", -1),
        ("padding", 2),
    ],
)
def test_numbers_that_are_none(name, argument, value):
    layer = LAYERS[name][0](**{"kernel_size": 3, argument: value})
    message = f"'{argument}' parameter of {type(layer).__name__} must"
    with pytest.raises(ValueError, match=message):
        layer.output_shape(SHAPES[name[-1]])
