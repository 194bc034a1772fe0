"""The convolutional network as a torch module."""

import numpy as np
import pytest
import torch
from scipy.signal import correlate
from torch import nn
from torch.nn import functional as F

from sklearn_nn.modules import CNN


def make(shape, **parameters):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        defaults = {"channels": (3, 4), "hidden": (6,)}
        return CNN(shape, 5, **(defaults | parameters)).eval()


def layers(module, *kinds):
    return [layer for layer in module.modules() if isinstance(layer, kinds)]


POOLINGS = {
    "max": lambda x: x.max((3, 5)),
    "average": lambda x: x.mean((3, 5)),
}


@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize("kernel_size", [1, 3, 5])
def test_outputs_by_hand(pooling, kernel_size):
    module = make((2, 8, 8), pooling=pooling, kernel_size=kernel_size).double()
    x = np.random.default_rng(0).normal(size=(4, 2, 8, 8))
    state = x
    for conv in layers(module, nn.Conv2d):
        weight = conv.weight.detach().numpy()
        state = np.stack(
            [
                sum(
                    correlate(state[:, c], kernel[None, c], mode="same")
                    for c in range(kernel.shape[0])
                )
                for kernel in weight
            ],
            axis=1,
        )
        state = np.maximum(state + conv.bias.detach().numpy()[:, None, None], 0)
        n, channels, height, width = state.shape
        state = POOLINGS[pooling](
            state.reshape(n, channels, height // 2, 2, width // 2, 2)
        )
    hidden, output = layers(module, nn.Linear)
    state = F.linear(torch.from_numpy(state.reshape(4, -1)), hidden.weight, hidden.bias)
    features = state.relu()
    with torch.no_grad():
        torch.testing.assert_close(module.features(torch.from_numpy(x)), features)
        torch.testing.assert_close(module(torch.from_numpy(x)), output(features))


def test_layers():
    module = make((1, 12, 12), convs_per_block=2, batch_norm=True, dropout=0.3)
    block = ["Conv2d", "_BatchNorm", "ReLU"] * 2 + ["MaxPool2d"]
    names = [type(layer).__name__ for layer in module.convolutions]
    assert names == ["_ChannelsLast", *block, *block, "Flatten", "Dropout"]
    assert [type(layer).__name__ for layer in module.hidden] == [
        "Linear",
        "ReLU",
        "Dropout",
    ]
    convs = layers(module, nn.Conv2d)
    assert [tuple(conv.weight.shape[:2]) for conv in convs] == [
        (3, 1),
        (3, 3),
        (4, 3),
        (4, 4),
    ]
    assert all(conv.bias is None for conv in convs)


@pytest.mark.parametrize(
    "shape, n_values",
    [
        ((1, 8, 8), 4 * 2 * 2),
        ((3, 9, 7), 4 * 2 * 1),
        ((1, 1, 10), 4 * 2),
        ((2, 10), 4 * 2),
        ((1, 1, 1), 4),
        ((1, 2, 9), 4 * 1 * 2),
    ],
)
def test_sides_are_halved_where_there_is_something_to_halve(shape, n_values):
    module = make(shape, kernel_size=7)
    assert module.hidden[0].in_features == n_values
    x = torch.rand(3, *shape)
    assert module(x).shape == (3, 5)
    assert module.features(x).shape == (3, module.n_features) == (3, 6)


def test_signals_equal_one_dimensional_layers():
    module = make((2, 20), kernel_size=5)
    first, second = layers(module, nn.Conv2d)
    x = torch.rand(3, 2, 20)
    state = x
    for conv in (first, second):
        state = F.conv1d(state, conv.weight[:, :, 0], conv.bias, padding=2)
        state = F.max_pool1d(state.relu(), 2)
    with torch.no_grad():
        expected = module.output(module.hidden(state.flatten(1)))
        torch.testing.assert_close(module(x), expected)


@pytest.mark.parametrize("batch_norm", [False, True])
def test_gradients_reach_every_parameter(batch_norm):
    module = make((1, 8, 8), batch_norm=batch_norm, rotation=5.0).train()
    module(torch.rand(16, 1, 8, 8)).square().sum().backward()
    for name, parameter in module.named_parameters():
        assert parameter.grad.abs().sum() > 0, name


def test_without_hidden_layers_the_output_sees_the_last_block():
    module = make((1, 8, 8), hidden=())
    x = torch.rand(2, 1, 8, 8)
    assert torch.equal(module.features(x), module.convolutions(x))
    assert module.n_features == 16


def test_layers_get_channels_last_whatever_comes_in():
    module = make((1, 8, 8))
    order = module.convolutions[0]
    for x in torch.rand(3, 1, 8, 8), torch.rand(3, 8, 8, 1).movedim(-1, 1):
        laid = order(x)
        assert torch.equal(laid, x)
        assert laid.stride() == (64, 1, 8, 1)
        maps = module.convolutions[:3](x)
        assert maps.is_contiguous(memory_format=torch.channels_last)


def test_batch_norm_takes_a_lone_value_by_the_running_statistics():
    module = make((2, 4, 4), channels=(3, 4, 5), batch_norm=True)
    *_, last = layers(module, nn.BatchNorm2d)
    x = torch.randn(8, 5, 1, 1)
    last.train()(x)
    before = {name: value.clone() for name, value in last.state_dict().items()}
    torch.testing.assert_close(last(x[:1]), last.eval()(x[:1]), atol=0, rtol=0)
    for name, value in last.state_dict().items():
        assert torch.equal(value, before[name])
    # With more than one value it is that of torch.
    expected = F.batch_norm(x[:2], None, None, last.weight, last.bias, training=True)
    torch.testing.assert_close(last.train()(x[:2]), expected)
    assert module.train()(torch.randn(1, 2, 4, 4)).isfinite().all()
