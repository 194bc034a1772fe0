"""Derivatives held against torch's autograd and against central differences."""

from copy import deepcopy

import numpy as np
import torch
from hypothesis import settings
from hypothesis import strategies as st

MANY_SHAPES = settings(max_examples=200, deadline=None, derandomize=True)

SEEDS = st.integers(0, 2**32 - 1)
SIZES = st.integers(1, 8)
FLAT = st.tuples(SIZES, SIZES)
SIGNALS = st.tuples(SIZES, SIZES, SIZES)
IMAGES = st.tuples(SIZES, *[st.integers(1, 5)] * 3)


def normal(shape, seed=0, dtype=np.float64):
    """Draw an array from the standard normal distribution."""
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


def initialised(module, input_shape, seed=0, dtype=np.float64):
    """Initialise a module and move all parameters off their special values (0, 1)."""
    rng = np.random.default_rng(seed)
    module.initialise(input_shape, rng, dtype)
    for leaf in module.leaves():
        for value in leaf.parameters.values():
            value += rng.normal(size=value.shape)
    return module


def assert_close(actual, expected, tolerance=1e-10):
    np.testing.assert_allclose(actual, expected, rtol=tolerance, atol=tolerance)


def gradients_of(module):
    """Return copies of the gradients in the order of the leaves."""
    return [g.copy() for leaf in module.leaves() for g in leaf.gradients.values()]


def parameters_of(module):
    """Return the parameters in the order of the leaves."""
    return [value for leaf in module.leaves() for value in leaf.parameters.values()]


def assert_equals_torch(module, x, torch_function, seed=0, tolerance=1e-10):
    """Compare output, parameter gradients and input gradient with torch's.

    `module` is initialised, `x` of its dtype. ``torch_function(x, *parameters)`` gets
    tensors, the parameters in the order of `parameters_of` (weight, bias for a single
    layer). ``forward`` is called once; then the two separate backwards, ``backward``,
    and ``backward`` without the input's gradient all have to agree.
    """
    tensors = [torch.tensor(a, requires_grad=True) for a in [x, *parameters_of(module)]]
    expected = torch_function(*tensors)
    delta = normal(expected.shape, seed + 1, x.dtype)
    # What is not used by the function has a gradient of None: it is zero.
    to_input, *to_parameters = torch.autograd.grad(
        expected, tensors, torch.from_numpy(delta), materialize_grads=True
    )
    before = x.copy(), delta.copy()

    output = module.forward(x)
    assert output.shape == (len(x), *module.output_shape(x.shape[1:]))
    assert_close(output, expected.detach(), tolerance)

    def both(x, delta):
        module.backward_update_gradient(x, delta)
        return module.backward_delta(x, delta)

    for backward in (both, module.backward):
        module.zero_grad()
        assert_close(backward(x, delta), to_input, tolerance)
        assert_lists_close(gradients_of(module), to_parameters, tolerance)
    module.zero_grad()
    assert module.backward(x, delta, to_input=False) is None
    assert_lists_close(gradients_of(module), to_parameters, tolerance)
    np.testing.assert_array_equal(x, before[0])
    np.testing.assert_array_equal(delta, before[1])


def assert_lists_close(actual, expected, tolerance=1e-10):
    assert len(actual) == len(expected)
    for a, b in zip(actual, expected):
        assert_close(a, b, tolerance)


def assert_derivative(function, point, derivative, seed=0, step=1e-5):
    """Compare a derivative with a central difference along a random direction."""
    direction = normal(point.shape, seed)
    difference = function(point + step * direction) - function(point - step * direction)
    assert_close(np.sum(derivative * direction), difference / (2 * step), 1e-6)


def assert_numerical(module, x, seed=0):
    """Compare the gradients of a module with central differences.

    Each evaluation is by a copy, so that random numbers are drawn anew from the same
    state and running statistics are left alone.
    """
    untouched = deepcopy(module)
    output = module.forward(x)
    delta = normal(output.shape, seed + 1)
    module.zero_grad()
    to_input = module.backward(x, delta)

    def loss(x, place=None, value=None):
        copied = deepcopy(untouched)
        if place is not None:
            parameters_of(copied)[place][...] = value
        return np.sum(copied.forward(x) * delta)

    assert_derivative(loss, x, to_input, seed)
    for place, gradient in enumerate(gradients_of(module)):
        parameter = parameters_of(untouched)[place]
        assert_derivative(
            lambda value: loss(x, place, value),  # noqa: B023
            parameter,
            gradient,
            seed,
        )
