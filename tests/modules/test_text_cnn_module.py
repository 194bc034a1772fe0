"""Convolutions over token ids, as a torch module."""

import numpy as np
import pytest
import torch

from sklearn_nn.modules import TextCNN

N_IDS = 30
RNG = np.random.default_rng(0)
LENGTHS = np.r_[0, 1, 2, 3, RNG.integers(1, 12, 40)]
IDS = torch.from_numpy(
    np.where(
        np.arange(15) < LENGTHS[:, None], RNG.integers(1, N_IDS, (len(LENGTHS), 15)), 0
    )
)


def make():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        module = TextCNN(N_IDS, 4, embedding_dim=6, widths=(2, 3, 5), n_filters=7)
        return module.double().eval()


def naive_features(module, row):
    """A loop over the windows of one row of ids, without padding."""
    words = module.embedding.weight.detach().numpy()[row[row != 0]]
    features = []
    for conv in module.convolutions:
        weight, bias = conv.weight.detach().numpy(), conv.bias.detach().numpy()
        n_filters, _, width = weight.shape
        best = np.zeros(n_filters)
        if 0 < len(words) < width:
            filled = np.zeros((width, words.shape[1]))
            filled[: len(words)] = words
            windows = [filled]
        else:
            windows = [words[i : i + width] for i in range(len(words) - width + 1)]
        for window in windows:
            for f in range(n_filters):
                response = (weight[f].T * window).sum() + bias[f]
                best[f] = max(best[f], response)
        features.append(best)
    return np.concatenate(features)


@pytest.mark.parametrize("n_columns", [11, 15, 24])
def test_equals_a_loop_over_windows(n_columns):
    module = make()
    ids = torch.nn.functional.pad(IDS, (0, n_columns - 15))
    expected = np.stack([naive_features(module, row) for row in IDS.numpy()])
    assert (expected[1:].max(axis=1) > 0).all()
    with torch.no_grad():
        np.testing.assert_allclose(module.features(ids), expected, atol=1e-12)
        logits = module.output(torch.from_numpy(expected))
        torch.testing.assert_close(module(ids), logits)


def test_rows_do_not_see_each_other_nor_the_padding():
    module = make()
    with torch.no_grad():
        together = module(IDS)
        for row, length, logits in zip(IDS, LENGTHS, together):
            alone = module(row[None, : max(length, 1)])[0]
            torch.testing.assert_close(alone, logits, rtol=1e-12, atol=1e-12)


def test_gradients():
    module = make()
    module(IDS[1:]).square().sum().backward()
    for name, parameter in module.named_parameters():
        assert torch.isfinite(parameter.grad).all(), name
        assert parameter.grad.abs().sum() > 0, name
    assert not module.embedding.weight.grad[0].any()
    module.zero_grad()
    module(IDS[:1]).square().sum().backward()
    for conv in module.convolutions:
        assert not conv.weight.grad.any() and not conv.bias.grad.any()


def test_embedding_starts_small_and_padding_at_zero():
    weight = make().embedding.weight
    assert not weight[0].any()
    assert 0.2 < weight.abs().max() <= 0.25
