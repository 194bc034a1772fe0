"""Images, signals and token ids as the input of the autoencoder."""

import numpy as np
import pytest
import torch

from sklearn_nn.neural_network import AutoencoderTransformer

RNG = np.random.default_rng(0)


def autoencoder(**parameters):
    defaults = {
        "n_components": 4,
        "max_epochs": 2,
        "channels": (3, 4),
        "embedding_dim": 8,
        "num_layers": 1,
        "random_state": 0,
    }
    return AutoencoderTransformer(**(defaults | parameters))


@pytest.mark.parametrize("architecture", ["dense", "conv", "attention"])
@pytest.mark.parametrize(
    "shape",
    [(6, 9), (5, 7, 3), (8,), (11, 2)],
    ids=lambda shape: "x".join(map(str, shape)),
)
def test_arrays_equal_flattened_rows(architecture, shape):
    images = RNG.random((20, *shape))
    ndim = 1 if shape in [(8,), (11, 2)] else 2
    parameters = {"architecture": architecture, "ndim": ndim}
    flat = images.reshape(20, -1)
    model = autoencoder(image_shape=shape, **parameters).fit(flat)
    rebuilt = model.inverse_transform(model.transform(flat))
    assert rebuilt.shape == flat.shape
    if images.ndim > 2:
        same = autoencoder(**parameters).fit(images)
        assert same.image_shape_ == model.image_shape_
        np.testing.assert_array_equal(same.transform(images), model.transform(flat))
        np.testing.assert_array_equal(same.transform(flat), model.transform(flat))


def test_other_images_than_in_fit():
    model = autoencoder(architecture="conv").fit(RNG.random((20, 6, 4)))
    with pytest.raises(ValueError, match=r"shape \(4, 6, 1\), but .* \(6, 4, 1\)"):
        model.transform(RNG.random((20, 4, 6)))


SUBJECTS, VERBS, OBJECTS = (1, 2, 3, 4), (5, 6, 7), (8, 9, 10, 11, 12)


def sentences(n, seed):
    """A toy language: subject, verb, and sometimes one object or two."""
    rng = np.random.default_rng(seed)
    ids = np.zeros((n, 5), dtype=int)
    ids[:, 0], ids[:, 1] = rng.choice(SUBJECTS, n), rng.choice(VERBS, n)
    n_objects = rng.integers(0, 3, n)
    for i in (0, 1):
        ids[:, 2 + i] = np.where(n_objects > i, rng.choice(OBJECTS, n), 0)
    return ids


def tokens(**parameters):
    return autoencoder(architecture="attention", inputs="token_ids", **parameters)


def test_learns_a_toy_language():
    model = tokens(
        n_components=16, embedding_dim=32, max_epochs=40, lr=0.01, lr_schedule="linear"
    ).fit(sentences(600, seed=0))
    unseen = sentences(200, seed=1)
    rebuilt = model.inverse_transform(model.transform(unseen))
    assert rebuilt.dtype.kind == "i"
    assert (rebuilt == unseen).all(axis=1).mean() > 0.95
    assert model.score(unseen) > -0.05


def test_error_of_tokens_is_the_mean_cross_entropy_of_tokens_and_end():
    ids = sentences(30, seed=0)
    model = tokens().fit(ids)
    module = model.net_.module_.eval()
    errors = model.reconstruction_error(ids)
    for row, error in zip(ids, errors):
        length = (row != 0).sum()
        with torch.no_grad():
            logits = module(torch.from_numpy(row[None, :length]))[0]
        target = torch.from_numpy(row[: length + 1])
        expected = torch.nn.functional.cross_entropy(logits, target)
        assert error == pytest.approx(float(expected), rel=1e-4)


def test_padding_changes_nothing():
    ids = sentences(40, seed=0)
    model = tokens().fit(ids)
    short = ids * (np.arange(5) < 3)
    together = model.transform(np.vstack([short, ids]))[:40]
    np.testing.assert_allclose(model.transform(short), together, atol=1e-6)
    np.testing.assert_allclose(
        model.reconstruction_error(np.vstack([short, ids]))[:40],
        model.reconstruction_error(short),
        atol=1e-5,
    )


def test_ids_after_the_end_are_padding():
    model = tokens().fit(sentences(40, seed=0))
    rebuilt = model.inverse_transform(RNG.normal(0, 30, (500, 4)))
    ended = np.cumsum(rebuilt == 0, axis=1) > 0
    assert ended.any() and not rebuilt[ended].any()


def test_rows_without_tokens():
    ids = sentences(40, seed=0)
    ids[::3] = 0
    model = tokens(max_epochs=3).fit(ids)
    assert np.isfinite(model.reconstruction_error(ids)).all()
    assert np.isfinite(model.transform(ids)).all()
    assert np.isfinite(tokens().fit(np.zeros((20, 4), int)).score(ids[:5, :4] * 0))


def test_starts_at_the_frequencies_of_the_ids():
    ids = np.array([[1, 1, 0, 0], [2, 1, 1, 1]] * 10)
    model = tokens(vocabulary_size=5, lr=1e-12, max_epochs=1).fit(ids)
    shares = model.net_.module_.output.bias.softmax(0).detach().numpy()
    # Half of the rows are 1, 1 and an end; half are 2, 1, 1 and 1, and 3, 4 unseen.
    counts = np.array([1 / 3, 2 / 3 + 3 / 4, 1 / 4, 1 / 8, 1 / 8])
    np.testing.assert_allclose(shares, counts / counts.sum(), rtol=1e-5)


@pytest.mark.parametrize("first", ["features", "token_ids"])
def test_other_inputs_than_in_fit(first):
    ids = sentences(40, seed=0)
    second = "token_ids" if first == "features" else "features"
    model = tokens(warm_start=True).set_params(inputs=first).fit(ids)
    model.set_params(inputs=second)
    for method in (model.transform, model.fit, model.partial_fit):
        with pytest.raises(ValueError, match="The 'inputs' parameter .* has changed"):
            method(ids)
    model.set_params(warm_start=False).fit(ids)
    assert hasattr(model, "vocabulary_size_") is (second == "token_ids")
    assert hasattr(model, "image_shape_") is (second == "features")


def test_score_under_autocast_is_the_validation_loss():
    ids = sentences(40, seed=0)
    model = tokens(precision="bfloat16", max_epochs=1).fit(ids, X_val=ids)
    # Had the loss been rounded as well, they would differ by a thousandth.
    assert -model.score(ids) == pytest.approx(model.history_[0]["valid_loss"], 1e-5)


@pytest.mark.parametrize(
    "weight, message",
    [(np.zeros(20), "non-zero"), (-np.ones(20), "Negative"), (np.ones(3), r"\(20,\)")],
    ids=["zero", "negative", "too few"],
)
def test_bad_weights_of_a_score(weight, message):
    rows = RNG.random((20, 4))
    with pytest.raises(ValueError, match=message):
        autoencoder().fit(rows).score(rows, sample_weight=weight)


@pytest.mark.parametrize(
    "value, message",
    [
        (np.nan, "Row 1 of X is the first such row"),
        (1e300, "Row 1 of X holds a number too large for float32"),
        ("latent", "Row 1 of X holds text.*what transform returns"),
    ],
    ids=["NaN", "huge", "text"],
)
def test_latents_that_are_no_numbers(value, message):
    latents = np.array([[0.0] * 4, [0.0, 0.0, value, 0.0], [0.0] * 4])
    with pytest.raises(ValueError, match=message):
        autoencoder().fit(RNG.random((20, 4))).inverse_transform(latents)


def test_too_few_rows_to_set_aside():
    with pytest.raises(ValueError, match=r"give rows to validate on to fit \(X_val\)"):
        autoencoder(early_stopping=True).fit(RNG.random((1, 4)))


def test_unknown_ids():
    model = tokens().fit(sentences(40, seed=0))
    with pytest.raises(ValueError, match="Row 1 of X has the token id 99"):
        model.transform(np.array([[1, 2, 0, 0, 0], [1, 99, 0, 0, 0]]))
