"""The modules of the autoencoders against their formulas."""

from itertools import product

import numpy as np
import pytest
import torch

from sklearn_nn.modules import (
    ConvAutoencoder,
    DenseAutoencoder,
    PatchAutoencoder,
    TokenAutoencoder,
    TokenLoss,
)
from sklearn_nn.modules.autoencoder_attention import AttentionLayer
from sklearn_nn.modules.autoencoder_patches import Image, Patches

SHAPES = [(1, 1, 1), (1, 2, 3), (2, 2, 1), (5, 8, 2), (7, 1, 1)]


@pytest.fixture(autouse=True)
def seed():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


def test_dense_is_its_formula():
    module = DenseAutoencoder(6, 2, (5, 4), latent_activation="logistic").double()
    x = torch.randn(7, 6, dtype=torch.float64)
    a, b, c, d, e, f = (
        (layer.weight.detach(), layer.bias.detach())
        for layer in module.modules()
        if isinstance(layer, torch.nn.Linear)
    )
    layers = [(a, torch.tanh), (b, torch.tanh), (c, torch.sigmoid)]
    layers += [(d, torch.tanh), (e, torch.tanh), (f, torch.nn.Identity())]
    hidden = x
    for (weight, bias), activation in layers[:3]:
        hidden = activation(hidden @ weight.T + bias)
    torch.testing.assert_close(module.features(x), hidden)
    for (weight, bias), activation in layers[3:]:
        hidden = activation(hidden @ weight.T + bias)
    torch.testing.assert_close(module(x), hidden)
    assert [tuple(w.shape) for (w, _), _ in layers] == [
        (5, 6),
        (4, 5),
        (2, 4),
        (4, 2),
        (5, 4),
        (6, 5),
    ]


def test_tied_weights_are_one_and_learn_from_both_sides():
    module = DenseAutoencoder(6, 2, (4,), activation="identity", tied_weights=True)
    shapes = sorted(tuple(p.shape) for p in module.parameters())
    assert shapes == [(2,), (2, 4), (4,), (4,), (4, 6), (6,)]
    first, second = module.encoder[0], module.encoder[2]
    x = torch.randn(7, 6)
    z = (x @ first.weight.T + first.bias) @ second.weight.T + second.bias
    back = (z @ second.weight + module.decoder[0].bias) @ first.weight
    torch.testing.assert_close(module(x), back + module.output.bias)
    # The gradient is the sum of what comes through the encoder and the decoder.
    (both,) = torch.autograd.grad(module(x).square().sum(), first.weight)
    (above,) = torch.autograd.grad(
        module.decode(module.features(x).detach()).square().sum(), first.weight
    )
    frozen = DenseAutoencoder(6, 2, (4,), activation="identity")
    linears = [m for m in frozen.modules() if isinstance(m, torch.nn.Linear)]
    values = [first.weight, second.weight, second.weight.T, first.weight.T]
    biases = [first.bias, second.bias, module.decoder[0].bias, module.output.bias]
    with torch.no_grad():
        for linear, weight, bias in zip(linears, values, biases):
            linear.weight.copy_(weight)
            linear.bias.copy_(bias)
    (below,) = torch.autograd.grad(frozen(x).square().sum(), linears[0].weight)
    assert above.any() and below.any()
    torch.testing.assert_close(both, above + below)


@pytest.mark.parametrize(("shape", "kernel"), [*product(SHAPES, [1, 2, 3, 4, 5])])
def test_convolutions_come_back_to_the_size(shape, kernel):
    module = ConvAutoencoder(shape, 3, (2, 3, 4), kernel)
    x = torch.rand(2, int(np.prod(shape)))
    assert module.features(x).shape == (2, 3)
    assert module(x).shape == x.shape


def test_one_convolution_is_its_formula():
    module = ConvAutoencoder((4, 6, 2), 5, (3,), 3, activation="relu").double()
    x = torch.rand(2, 48, dtype=torch.float64)
    images = x.reshape(2, 4, 6, 2).permute(0, 3, 1, 2)
    _, conv, _, _, to_latent, _ = module.encoder
    maps = torch.nn.functional.conv2d(
        images, conv.weight, conv.bias, stride=2, padding=1
    ).relu()
    assert maps.shape == (2, 3, 2, 3)
    z = maps.reshape(2, -1) @ to_latent.weight.T + to_latent.bias
    torch.testing.assert_close(module.features(x), z)
    linear, _, _, transposed, _ = module.decoder
    maps = (z @ linear.weight.T + linear.bias).relu().reshape(2, 3, 2, 3)
    back = torch.nn.functional.conv_transpose2d(
        maps, transposed.weight, stride=2, padding=1, output_padding=1
    )
    back = back.permute(0, 2, 3, 1).reshape(2, 48) + module.output.bias
    torch.testing.assert_close(module(x), back)


@pytest.mark.parametrize(("shape", "size"), [*product(SHAPES, [1, 2, 3, 9])])
def test_patches_come_back_as_the_image(shape, size):
    patches = Patches(shape, size)
    x = torch.rand(3, int(np.prod(shape)))
    cut = patches(x)
    assert cut.shape == (3, patches.n_patches, patches.n_values)
    assert torch.equal(Image(patches)(cut), x)
    first = x.reshape(3, *shape)[:, : patches.sides[0], : patches.sides[1]]
    assert torch.equal(cut[:, 0], first.flatten(1))


def test_attention_is_that_of_torch():
    ours = AttentionLayer(8, 2)
    theirs = torch.nn.MultiheadAttention(8, 2, batch_first=True)
    with torch.no_grad():
        theirs.in_proj_weight.copy_(ours.queries_keys_values.weight)
        theirs.in_proj_bias.copy_(ours.queries_keys_values.bias)
        theirs.out_proj.weight.copy_(ours.mix.weight)
        theirs.out_proj.bias.copy_(ours.mix.bias)
        x, is_there = torch.randn(3, 5, 8), torch.rand(3, 5) > 0.3
        is_there[:, 0] = True
        normed = ours.attention_norm(x)
        seen, _ = theirs(normed, normed, normed, key_padding_mask=~is_there)
        expected = x + seen
        expected = expected + ours.perceptron(expected)
        torch.testing.assert_close(ours(x, is_there[:, None, None]), expected)


def test_noise_is_what_it_says():
    module = DenseAutoencoder(50, 2, noise=0.3, latent_noise=0.5)
    x = torch.rand(400, 50)
    for corrupt, std in (module.corrupt, 0.3), (module.corrupt_latent, 0.5):
        noise = corrupt(x) - x
        assert abs(noise.mean()) < 0.02 and abs(noise.std() - std) < 0.02
    seen = []
    module.decoder.register_forward_pre_hook(lambda _, inputs: seen.extend(inputs))
    module(x)
    assert not torch.allclose(seen[0], module.features(x), atol=0.5)
    module.eval()(x)
    assert torch.equal(seen[1], module.features(x))
    assert torch.equal(module.corrupt(x), x)


def test_module_of_patches_sees_every_pixel():
    module = PatchAutoencoder((5, 6, 2), 3, patch_size=4, width=8, n_heads=2)
    x = torch.rand(2, 60, requires_grad=True)
    module.features(x).square().sum().backward()
    assert (x.grad != 0).all()


def test_tokens_do_not_depend_on_the_width_of_the_batch():
    module = TokenAutoencoder(9, 10, 4, width=8, n_heads=2).eval()
    ids = torch.randint(1, 9, (3, 4))
    ids[1] = 0
    wide = torch.nn.functional.pad(ids, (0, 3))
    with torch.no_grad():
        torch.testing.assert_close(module.features(ids), module.features(wide))
        torch.testing.assert_close(module(ids), module(wide)[:, :5])
        whole = module.decode(module.features(ids))
        torch.testing.assert_close(module(ids), whole[:, :5])
    assert module(torch.ones(1, 10, dtype=torch.int32)).shape == (1, 10, 9)


def test_order_of_the_tokens_matters():
    module = TokenAutoencoder(9, 4, 4, width=8, n_heads=2).eval()
    with torch.no_grad():
        one, other = module.features(torch.tensor([[1, 2, 3, 0], [3, 2, 1, 0]]))
    assert not torch.allclose(one, other, atol=1e-3)


def test_token_loss_counts_tokens_and_one_end():
    ids = torch.tensor([[3, 0, 2], [0, 0, 0], [1, 2, 3]])
    logits = torch.randn(3, 4, 5)
    log_p = logits.log_softmax(2)
    expected = -torch.stack(
        [
            # A gap inside is padding, no token.
            (log_p[0, 0, 3] + log_p[0, 2, 2] + log_p[0, 3, 0]) / 3,
            log_p[1, 0, 0],
            (log_p[2, 0, 1] + log_p[2, 1, 2] + log_p[2, 2, 3] + log_p[2, 3, 0]) / 4,
        ]
    )
    torch.testing.assert_close(TokenLoss("none")(logits, ids), expected)
    torch.testing.assert_close(TokenLoss()(logits, ids), expected.mean())
    # Rows that are as long as can be have no end.
    full = -(log_p[2, 0, 1] + log_p[2, 1, 2] + log_p[2, 2, 3]) / 3
    torch.testing.assert_close(TokenLoss("none")(logits[2:, :3], ids[2:])[0], full)
