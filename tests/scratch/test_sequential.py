"""Layers one after another: as a layer, as a parameter, and as something to keep."""

import pickle
from copy import deepcopy

import numpy as np
import pytest
import torch
from hypothesis import given
from sklearn.base import clone

from sklearn_nn.scratch import (
    BatchNorm,
    Dropout,
    Flatten,
    Linear,
    Reshape,
    Sequential,
    ShapeError,
    Sigmoid,
    Tanh,
)
from tests.scratch.gradients import (
    FLAT,
    MANY_SHAPES,
    SEEDS,
    SIZES,
    assert_close,
    assert_equals_torch,
    assert_lists_close,
    assert_numerical,
    gradients_of,
    initialised,
    normal,
    parameters_of,
)


def nested():
    inner = Sequential([BatchNorm(), Sigmoid(), Linear(4, 2)])
    return Sequential([Linear(3, 4), Tanh(), inner])


@MANY_SHAPES
@given(shape=FLAT, width=SIZES, seed=SEEDS)
def test_gradients_of_nested_layers(shape, width, seed):
    inner = Sequential([Linear(width, 3), Sequential([Sigmoid()]), Linear(3, 2)])
    net = Sequential([Linear(shape[1], width), Tanh(), inner])
    x = normal(shape, seed)
    initialised(net, shape[1:], seed)

    def in_torch(x, u, a, v, b, w, c):
        return torch.sigmoid(torch.tanh(x @ u + a) @ v + b) @ w + c

    assert_equals_torch(net, x, in_torch, seed)
    assert_numerical(net, x, seed)


def test_no_layers_change_nothing():
    x = normal((5, 3))
    assert_equals_torch(Sequential(), x, lambda x: x * 1)
    assert len(Sequential()) == 0


def test_add_module():
    net = Sequential()
    assert net.add_module(Linear(3, 4)).add_module(Tanh()) is net
    whole = Sequential([Linear(3, 4), Tanh()])
    assert repr(net) == repr(whole)
    assert len(net) == 2
    assert isinstance(net[1], Tanh)
    x = normal((5, 3))
    assert_close(initialised(net, (3,)).forward(x), initialised(whole, (3,)).forward(x))


def test_add_module_leaves_the_given_list_alone():
    given_modules = [Linear(3, 4)]
    Sequential(given_modules).add_module(Tanh())
    assert len(given_modules) == 1


def test_zero_grad_and_two_backwards_add_up():
    net = initialised(nested(), (3,)).train(False)
    x, delta = normal((5, 3)), normal((5, 2), 1)
    net.backward(x, delta)
    once = gradients_of(net)
    assert all(gradient.any() for gradient in once)
    net.backward(x, 2 * delta)
    assert_lists_close(gradients_of(net), [3 * gradient for gradient in once])
    net.zero_grad()
    assert not any(gradient.any() for gradient in gradients_of(net))


@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
def test_backward_through_an_input_that_forward_did_not_see_last(training):
    net = initialised(nested(), (3,)).train(training)
    x, other = normal((5, 3)), normal((5, 3), 1)
    delta = normal(net.forward(x).shape, 2)
    expected = net.backward(x, delta), gradients_of(net)
    net.zero_grad()
    if training:
        net.forward(other)
    assert_close(net.backward(x.copy(), delta), expected[0])
    assert_lists_close(gradients_of(net), expected[1])
    assert_close(net.backward_delta(x.copy(), delta), expected[0])


class NobodyAsks(Linear):
    """A layer in front, by whose input no derivative is needed."""

    def backward_delta(self, x, delta):
        raise AssertionError("This is work for nothing.")


def test_nothing_is_computed_for_the_input_of_the_first_layer():
    net = Sequential([Sequential([NobodyAsks(3, 4), Tanh()]), Linear(4, 2)])
    x = normal((5, 3))
    initialised(net, (3,)).backward(x, normal((5, 2)), to_input=False)
    assert all(gradient.any() for gradient in gradients_of(net))


def test_update_parameters():
    net = initialised(nested(), (3,))
    x = normal((5, 3))
    net.backward(x, np.ones_like(net.forward(x)))
    expected = [p - 0.1 * g for p, g in zip(parameters_of(net), gradients_of(net))]
    net.update_parameters(0.1)
    assert_lists_close(parameters_of(net), expected)


@pytest.mark.parametrize(
    ("modules", "shape", "message"),
    [
        (
            [Linear(3, 4), Tanh(), Linear(5, 2)],
            (3,),
            "Layer 2, Linear(in_features=5, out_features=2), takes flat rows of 5, but "
            "layer 1, Tanh(), gives rows of (4,).",
        ),
        (
            [Linear(3, 4), Sequential([Linear(5, 2)])],
            (3,),
            "Layer 1, Sequential(modules=[Linear(in_features=5, out_features=2)]), "
            "takes flat rows of 5, but layer 0, Linear(in_features=3, out_features=4), "
            "gives rows of (4,).",
        ),
        (
            [Tanh(), Sequential([Linear(3, 4), Linear(5, 2)])],
            (3,),
            "Layer 1, Linear(in_features=5, out_features=2), takes flat rows of 5, but "
            "layer 0, Linear(in_features=3, out_features=4), gives rows of (4,).",
        ),
        (
            [Sequential([Linear(3, 4)]), Linear(5, 2)],
            (3,),
            "Layer 1, Linear(in_features=5, out_features=2), takes flat rows of 5, but "
            "layer 0, Sequential(modules=[Linear(in_features=3, out_features=4)]), "
            "gives rows of (4,).",
        ),
        (
            [Linear(3, 6), Reshape((2, 4))],
            (3,),
            "Layer 1, Reshape(shape=(2, 4)), takes rows of 8 numbers, but layer 0, "
            "Linear(in_features=3, out_features=6), gives rows of (6,).",
        ),
        (
            [Reshape((2, 3)), Linear(None, 4)],
            (6,),
            "Layer 1, Linear(out_features=4), takes flat rows of any width, but layer "
            "0, Reshape(shape=(2, 3)), gives rows of (2, 3).",
        ),
        (
            [Sequential([Linear(5, 2)]), Tanh()],
            (3,),
            "Linear(in_features=5, out_features=2) takes flat rows of 5, but was given "
            "rows of (3,).",
        ),
    ],
    ids=["hidden", "into nested", "in nested", "out of nested", "reshape", "flat", "x"],
)
@pytest.mark.parametrize("method", ["output_shape", "initialise"])
def test_layers_that_do_not_fit(modules, shape, message, method):
    arguments = [np.random.default_rng(0)] if method == "initialise" else []
    with pytest.raises(ShapeError) as caught:
        getattr(Sequential(modules), method)(shape, *arguments)
    assert str(caught.value) == message


def test_output_shape():
    net = Sequential([Reshape((2, 3)), Sequential([Flatten(), Linear(6, 4)]), Tanh()])
    assert net.output_shape((6,)) == (4,)
    assert net.initialise((6,), np.random.default_rng(0)) == (4,)


def test_parameters_by_place():
    net = nested()
    parameters = net.get_params()
    assert parameters["modules"] is net.modules
    assert parameters["modules__0"] is net[0]
    assert parameters["modules__0__out_features"] == 4
    assert parameters["modules__2__modules__2__in_features"] == 4
    assert set(net.get_params(deep=False)) == {"modules"}
    net.set_params(
        modules__0__out_features=7,
        modules__1=Sigmoid(),
        modules__2__modules__2=Linear(0, 5),
        modules__2__modules__2__in_features=7,
    )
    assert net.output_shape((3,)) == (5,)
    assert repr(net[1]) == "Sigmoid()"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("modules__3", "'modules__3': 'modules' is a list of 3, whose places are coun"),
        ("modules__x__p", "no parameter 'modules__x__p': 'modules' is a list of 3"),
        ("modules__0__units", "Linear has no parameter 'units'. It has: in_features,"),
        ("layers", "Sequential has no parameter 'layers'. It has: modules."),
    ],
)
def test_unknown_parameters(name, message):
    with pytest.raises(ValueError) as caught:
        nested().set_params(**{name: 1})
    assert message in str(caught.value)


def test_clone_is_as_new_and_shares_nothing():
    net = initialised(nested(), (3,))
    copied = clone(net)
    assert repr(copied) == repr(net)
    assert parameters_of(copied) == []
    copied.set_params(modules__0__out_features=9)
    assert net[0].out_features == 4


def test_repr():
    assert repr(Sequential()) == "Sequential()"
    assert repr(Sequential([Linear(3, 4, init="he"), Dropout(0.1)])) == (
        "Sequential(modules=[Linear(in_features=3, out_features=4, init='he'), "
        "Dropout(p=0.1)])"
    )


@pytest.mark.parametrize("copy", [lambda m: pickle.loads(pickle.dumps(m)), deepcopy])
def test_a_copy_computes_the_same_and_does_not_carry_the_batch(copy):
    net = initialised(nested(), (3,))
    x = normal((2000, 3))
    z = net.forward(x)
    assert len(pickle.dumps(net)) < 10_000 < x.nbytes
    assert arrays_as_long_as(2000, copy(net)) == []
    assert_close(copy(net).forward(x), z)
    assert_lists_close(parameters_of(copy(net)), parameters_of(net))


def test_state_is_a_copy_that_can_be_loaded():
    net = initialised(nested(), (3,))
    x = normal((5, 3))
    z = net.train(False).forward(x)
    state = net.state()
    held = parameters_of(net)
    net.train().backward(x, np.ones_like(net.forward(x)))
    net.update_parameters(1.0)
    assert abs(net.train(False).forward(x) - z).max() > 0.01
    net.load_state(state)
    assert_close(net.forward(x), z)
    assert all(a is b for a, b in zip(parameters_of(net), held))
    fresh = initialised(nested(), (3,), seed=1).train(False)
    fresh.load_state(state)
    assert_close(fresh.forward(x), z)


def arrays_as_long_as(n_rows, net):
    """Return what modules remember that is as long as a batch."""

    def walk(value):
        if isinstance(value, np.ndarray):
            return [value] if value.shape[:1] == (n_rows,) else []
        if isinstance(value, dict):
            value = list(value.values())
        if isinstance(value, (list, tuple)):
            return [array for item in value for array in walk(item)]
        return walk(vars(value)) if hasattr(value, "training") else []

    return walk(net)


def test_prediction_remembers_no_batch():
    net = initialised(nested().add_module(Dropout()), (3,))
    x = normal((50, 3))
    net.forward(x)
    assert len(arrays_as_long_as(50, net)) > 5
    net.train(False)
    assert arrays_as_long_as(50, net) == []
    net.forward(x)
    assert arrays_as_long_as(50, net) == []
    net.backward(x, np.ones((50, 2)))
    assert arrays_as_long_as(50, net) == []
