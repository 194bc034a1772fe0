"""The autoencoder as a transformer, whichever its architecture."""

import pickle

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
import sklearn
import torch
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_nn.datasets import fetch_usps
from sklearn_nn.neural_network import AutoencoderTransformer

DIGITS, LABELS = load_digits(return_X_y=True)
DIGITS = DIGITS / 16
X = DIGITS[:150]
RNG = np.random.default_rng(0)
IDS = np.where(np.arange(6) < RNG.integers(0, 7, (150, 1)), RNG.integers(1, 9, 6), 0)

KINDS = {
    "dense": {"hidden_layer_sizes": 16},
    "tied": {"hidden_layer_sizes": (20, 16), "tied_weights": True},
    "conv": {"architecture": "conv", "channels": (3, 4)},
    "attention": {"architecture": "attention", "embedding_dim": 8, "num_heads": 2},
    "token_ids": {
        "architecture": "attention",
        "inputs": "token_ids",
        "embedding_dim": 8,
        "num_heads": 2,
    },
}
every_kind = pytest.mark.parametrize("kind", list(KINDS))
of_numbers = pytest.mark.parametrize("kind", [k for k in KINDS if k != "token_ids"])


def autoencoder(kind="dense", **parameters):
    defaults = {"n_components": 5, "max_epochs": 2, "num_layers": 1, "random_state": 0}
    return AutoencoderTransformer(**(defaults | KINDS[kind] | parameters))


def rows_of(kind):
    return IDS if kind == "token_ids" else X


def weights(model):
    return [p.detach().numpy() for p in model.net_.module_.parameters()]


@parametrize_with_checks(
    [
        AutoencoderTransformer(architecture="conv", channels=2, max_epochs=2),
        AutoencoderTransformer(
            architecture="attention",
            embedding_dim=4,
            num_heads=2,
            num_layers=1,
            max_epochs=2,
        ),
    ],
    expected_failed_checks=None,
)
def test_sklearn_check(estimator, check):
    if check.func.__name__ != "check_array_api_input":
        check(estimator)


@every_kind
def test_rebuilds_what_it_has_seen(kind):
    rows = rows_of(kind)[:60]
    model = autoencoder(kind, n_components=16, max_epochs=1).fit(rows)
    before = model.score(rows)
    model.set_params(max_epochs=150, lr=0.01).fit(rows)
    assert model.score(rows) > before / 3
    assert model.history_[-1]["train_loss"] == pytest.approx(
        -model.score(rows), rel=0.1
    )


@every_kind
def test_shapes_and_names(kind):
    rows = rows_of(kind)
    model = autoencoder(kind).fit(rows)
    latents = model.transform(rows)
    assert latents.shape == (150, 5)
    assert model.inverse_transform(latents).shape == rows.shape
    assert model.reconstruction_error(rows).shape == (150,)
    assert model.get_feature_names_out().tolist() == [
        f"autoencodertransformer{i}" for i in range(5)
    ]
    frame = model.set_output(transform="pandas").transform(rows)
    assert isinstance(frame, pd.DataFrame)
    np.testing.assert_array_equal(
        model.inverse_transform(frame), model.inverse_transform(latents)
    )


@of_numbers
@pytest.mark.parametrize("loss", ["mse", "bce"])
def test_there_and_back_is_the_module_forward(kind, loss):
    model = autoencoder(kind, loss=loss).fit(X)
    module = model.net_.module_.eval()
    with torch.no_grad():
        output = module(torch.tensor(X, dtype=torch.float32))
        output = output.sigmoid() if loss == "bce" else output
    back = model.inverse_transform(model.transform(X))
    np.testing.assert_allclose(back, output.numpy(), atol=1e-5)
    if loss == "bce":
        assert back.min() >= 0 and back.max() <= 1
        expected = -(X * np.log(back) + (1 - X) * np.log1p(-back)).mean(axis=1)
    else:
        expected = ((X - back) ** 2).mean(axis=1)
    errors = model.reconstruction_error(X)
    np.testing.assert_allclose(errors, expected, rtol=1e-3)
    assert model.score(X) == pytest.approx(-expected.mean(), rel=1e-3)
    weight = np.arange(150.0)
    assert model.score(X, sample_weight=weight) == pytest.approx(
        -np.average(errors, weights=weight)
    )


@of_numbers
@pytest.mark.parametrize("loss", ["mse", "bce"])
def test_starts_at_the_best_constant(kind, loss):
    rows = np.hstack([X[:, :32], X[:, :32]])
    rows[:, 0], rows[:, 1] = 0, 1
    model = autoencoder(kind, loss=loss, lr=1e-12, max_epochs=1).fit(rows)
    bias = model.net_.module_.output.bias.detach().numpy()
    mean = rows.mean(axis=0)
    if loss == "bce":
        mean = np.clip(mean, 1e-4, 1 - 1e-4)
        mean = np.log(mean / (1 - mean))
    np.testing.assert_allclose(bias, mean, rtol=1e-4, atol=1e-6)


@every_kind
def test_gradients_reach_every_parameter(kind):
    module = autoencoder(kind, noise=0.1).fit(rows_of(kind)).net_.module_
    for name, p in module.named_parameters():
        assert p.grad is not None and p.grad.any(), name


@every_kind
def test_rows_do_not_see_each_other(kind):
    rows = rows_of(kind)[:40]
    model = autoencoder(kind).fit(rows)
    for method in (model.transform, model.reconstruction_error):
        alone = np.concatenate([method(row[None]) for row in rows])
        np.testing.assert_allclose(method(rows), alone, atol=1e-5)


@every_kind
@pytest.mark.parametrize("held_out", [False, True])
def test_a_weight_of_two_is_two_rows(kind, held_out):
    rows = rows_of(kind)[:30]
    count = np.arange(30) % 3
    valid = {"X_val": rows[:5]} if held_out else {}
    model = autoencoder(
        kind, batch_size=64, max_epochs=5, activation="logistic", early_stopping=False
    )
    weighted = clone(model).fit(rows, sample_weight=count, **valid)
    repeated = clone(model).fit(np.repeat(rows, count, axis=0), **valid)
    for p, q in zip(weights(weighted), weights(repeated), strict=True):
        np.testing.assert_allclose(p, q, atol=1e-7)
    assert ("valid_loss" in weighted.history_[0]) is held_out


@every_kind
@pytest.mark.parametrize("name", ["noise", "latent_noise"])
def test_noise_is_for_training_only(kind, name):
    rows = rows_of(kind)
    clean, noisy = (autoencoder(kind, **{name: s}).fit(rows) for s in (0.0, 0.5))
    pairs = zip(weights(clean), weights(noisy), strict=True)
    assert not all(np.array_equal(p, q) for p, q in pairs)
    np.testing.assert_array_equal(noisy.transform(rows), noisy.transform(rows))
    # The target stays clean: training without learning has the loss of the input.
    frozen = autoencoder(kind, **{name: 0.5}, lr=1e-12, max_epochs=1).fit(rows)
    assert frozen.history_[0]["train_loss"] == pytest.approx(
        -frozen.score(rows), rel=0.4
    )


def test_noise_makes_it_robust():
    rows, unseen = DIGITS[:800], DIGITS[800:1000]
    dirty = unseen + np.random.default_rng(0).normal(0, 0.5, unseen.shape)
    errors = []
    for noise in (0.0, 0.5):
        model = autoencoder(
            hidden_layer_sizes=64, n_components=24, max_epochs=30, lr=3e-3, noise=noise
        ).fit(rows)
        cleaned = model.inverse_transform(model.transform(dirty))
        errors.append(((cleaned - unseen) ** 2).mean())
    assert errors[1] < 0.7 * errors[0]


@pytest.mark.parametrize("tied_weights", [False, True])
@pytest.mark.parametrize("loss", ["mse", "bce"])
@pytest.mark.parametrize("container", [sp.csr_array, sp.csc_matrix])
def test_sparse_equals_dense(tied_weights, loss, container):
    model = autoencoder(tied_weights=tied_weights, loss=loss)
    dense, sparse = clone(model).fit(X), clone(model).fit(container(X))
    for p, q in zip(weights(dense), weights(sparse), strict=True):
        np.testing.assert_allclose(p, q, atol=1e-6)
    np.testing.assert_allclose(
        dense.reconstruction_error(X), sparse.reconstruction_error(sp.csr_array(X))
    )


def test_noise_on_a_bounded_latent_drives_it_to_its_ends():
    middles = []
    for latent_noise in (0.0, 1.0):
        latents = autoencoder(
            n_components=4,
            latent_activation="tanh",
            latent_noise=latent_noise,
            max_epochs=20,
            lr=0.01,
        ).fit_transform(DIGITS)
        middles.append((abs(latents) < 0.8).mean())
    assert middles[1] < 0.5 * middles[0]


def test_linear_and_tied_comes_near_pca():
    pca = PCA(8).fit(DIGITS)
    best = ((pca.inverse_transform(pca.transform(DIGITS)) - DIGITS) ** 2).mean()
    model = autoencoder(
        hidden_layer_sizes=(),
        n_components=8,
        tied_weights=True,
        activation="identity",
        max_epochs=60,
        lr=0.01,
        lr_schedule="linear",
    ).fit(DIGITS)
    assert best <= -model.score(DIGITS) < 1.02 * best


@pytest.mark.parametrize("held_out", [False, True])
def test_early_stopping(held_out):
    model = autoencoder(
        early_stopping=True, max_epochs=200, n_iter_no_change=2, lr=0.05
    )
    valid = {"X_val": DIGITS[1000:1200]} if held_out else {}
    model.fit(X, **valid)
    losses = [row["valid_loss"] for row in model.history_]
    assert model.n_iter_ == len(losses) < 200
    assert model.best_epoch_ == np.argmin(losses) + 1
    if held_out:
        assert model.score(DIGITS[1000:1200]) == pytest.approx(-min(losses), rel=1e-4)


@every_kind
def test_partial_fit_and_warm_start(kind):
    rows = rows_of(kind)
    model = autoencoder(kind, lr=0.01)
    for _ in range(3):
        model.partial_fit(rows)
    first, last = model.history_[0]["train_loss"], model.history_[-1]["train_loss"]
    assert model.n_iter_ == 3 and last < first
    model.set_params(warm_start=True).fit(rows, sample_weight=np.ones(150))
    assert model.n_iter_ == 5


@every_kind
def test_pickling_and_cloning(kind):
    rows = rows_of(kind)
    model = autoencoder(kind).fit(rows)
    copies = pickle.loads(pickle.dumps(model)), clone(model).fit(rows)
    for copy in copies:
        np.testing.assert_array_equal(copy.transform(rows), model.transform(rows))
    copies[0].partial_fit(rows)
    assert not np.array_equal(copies[0].transform(rows), model.transform(rows))


def test_in_a_pipeline_and_a_search():
    model = make_pipeline(
        MinMaxScaler(),
        autoencoder(loss="bce", hidden_layer_sizes=32, max_epochs=15, lr=0.01),
        LogisticRegression(C=10, max_iter=2000),
    )
    grid = {"autoencodertransformer__n_components": [1, 12]}
    search = GridSearchCV(model, grid, cv=2).fit(DIGITS[:600], LABELS[:600])
    assert search.best_params_ == {"autoencodertransformer__n_components": 12}
    assert search.score(DIGITS[600:900], LABELS[600:900]) > 0.8


def test_validation_rows_go_through_a_pipeline():
    with sklearn.config_context(enable_metadata_routing=True):
        last = autoencoder(loss="bce").set_fit_request(X_val=True)
        model = Pipeline(
            [("scale", MinMaxScaler(clip=True)), ("last", last)],
            transform_input=["X_val"],
        ).fit(DIGITS[:100] * 16, X_val=DIGITS[100:120] * 16)
        score = model.score(DIGITS[100:120] * 16)
    valid_loss = model[-1].history_[-1]["valid_loss"]
    assert score == pytest.approx(-valid_loss, rel=1e-5)


def test_searches_itself_by_its_score():
    grid = {"n_components": [1, 8]}
    search = GridSearchCV(autoencoder(max_epochs=10, lr=0.01), grid, cv=2).fit(X)
    assert search.best_params_ == {"n_components": 8}
    assert search.best_score_ < 0


def test_reconstruction_error_finds_the_odd_ones_out():
    noise = np.random.default_rng(0).random((50, 64))
    model = autoencoder(n_components=16, max_epochs=30, lr=0.01).fit(DIGITS[:1000])
    usual = model.reconstruction_error(DIGITS[1000:])
    assert model.reconstruction_error(noise).min() > np.quantile(usual, 0.99)


def test_real_digits(data_home):
    digits = fetch_usps(subset="train", data_home=data_home)
    rows = (digits.images[:1500] + 1) / 2
    model = autoencoder("conv", n_components=16, max_epochs=5, loss="bce", lr=0.01)
    model.fit(rows[:1000])
    assert model.image_shape_ == (16, 16, 1)
    mean = rows[:1000].mean(axis=0).clip(1e-4, 1 - 1e-4)
    unseen = rows[1000:]
    constant = -(unseen * np.log(mean) + (1 - unseen) * np.log1p(-mean)).mean()
    assert -model.score(unseen) < 0.75 * constant


BAD = {
    "no latent": ({"n_components": 0}, "'n_components' parameter"),
    "no width": ({"hidden_layer_sizes": (4, 0)}, "'hidden_layer_sizes' parameter"),
    "no channel": (
        {"architecture": "conv", "channels": ()},
        "'channels' parameter",
    ),
    "wrong image": (
        {"architecture": "conv", "image_shape": (8, 9)},
        "'image_shape' parameter",
    ),
    "large kernel": (
        {"architecture": "conv", "image_shape": (4, 16), "kernel_size": 5},
        "'kernel_size' parameter .* is 5",
    ),
    "odd heads": (
        {"architecture": "attention", "embedding_dim": 10, "num_heads": 4},
        "'embedding_dim' parameter .* multiple of num_heads=4",
    ),
    "dense ids": ({"inputs": "token_ids"}, "architecture='attention' only"),
}


@pytest.mark.parametrize(("parameters", "message"), BAD.values(), ids=list(BAD))
def test_bad_parameters(parameters, message):
    with pytest.raises(ValueError, match=message):
        AutoencoderTransformer(max_epochs=1, **parameters).fit(X)


@pytest.mark.parametrize("container", [np.array, sp.csr_array])
@pytest.mark.parametrize("value", [-0.5, 1.5])
def test_rows_that_are_no_probabilities(container, value):
    rows = X.copy()
    rows[7, 3] = rows[9, 1] = value
    model = autoencoder(loss="bce").fit(X)
    message = r"Row 7 of X has values outside \[0, 1\].*MinMaxScaler"
    for method in (model.fit, model.partial_fit, model.reconstruction_error):
        with pytest.raises(ValueError, match=message):
            method(container(rows))
    with pytest.raises(ValueError, match=rf"X_val cannot be validated on: {message}"):
        model.fit(X, X_val=rows)
    assert model.transform(container(rows)).shape == (150, 5)


@pytest.mark.parametrize("architecture", ["conv", "attention"])
def test_refuses_sparse_images(architecture):
    with pytest.raises(TypeError, match=r"sparse rows .*dense.*toarray"):
        autoencoder(architecture=architecture).fit(sp.csr_array(X))


def test_bad_latents():
    with pytest.raises(NotFittedError):
        autoencoder().inverse_transform(np.zeros((2, 5)))
    model = autoencoder().fit(X)
    with pytest.raises(ValueError, match=r"X has 4 columns, but .* latents of 5"):
        model.inverse_transform(np.zeros((2, 4)))


@pytest.mark.parametrize("change", [{"loss": "bce"}, {"architecture": "conv"}])
def test_warm_start_of_another_network(change):
    model = autoencoder(warm_start=True).fit(X)
    with pytest.raises(ValueError, match="architecture or loss has changed"):
        model.set_params(**change).fit(X)
