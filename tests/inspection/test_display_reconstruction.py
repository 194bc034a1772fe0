"""Rows above what an autoencoder makes of them."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from sklearn_nn.inspection import ReconstructionDisplay
from sklearn_nn.neural_network import AutoencoderTransformer
from sklearn_nn.scratch import SequentialAutoencoder

X = load_digits().data[:300] / 16
RNG = np.random.default_rng(0)
WAVES = np.sin(np.linspace(0, 6, 50) * RNG.uniform(0.5, 3, (60, 1)))


def autoencoder(**options):
    defaults = {"n_components": 6, "max_epochs": 2, "random_state": 0}
    return AutoencoderTransformer(**(defaults | options))


@pytest.fixture(scope="module")
def fitted():
    return autoencoder(loss="bce").fit(X)


def written(display):
    return [text.get_text() for text in display.text_]


def test_flat_squares(fitted):
    display = ReconstructionDisplay.from_estimator(fitted, X)
    assert display.axes_.shape == display.artists_.shape == (2, 8)
    rebuilt = fitted.inverse_transform(fitted.transform(X[:8]))
    for j in range(8):
        above, below = display.artists_[:, j]
        np.testing.assert_array_equal(above.get_array(), X[j].reshape(8, 8))
        np.testing.assert_allclose(below.get_array(), rebuilt[j].reshape(8, 8))
        assert above.get_clim() == below.get_clim() == (0, 1)
    errors = fitted.reconstruction_error(X[:8])
    assert written(display) == [f"{error:.2g}" for error in errors]
    labels = [ax.get_ylabel() for ax in display.axes_[:, 0]]
    assert labels == ["original", "rebuilt"]
    assert display.ax_.texts[0].get_text() == "binary cross-entropy of each"


def test_on_the_given_axes(fitted):
    figure, axes = plt.subplots(1, 2)
    display = ReconstructionDisplay.from_estimator(fitted, X, n=3, ax=axes[0])
    assert display.ax_ is axes[0]
    assert display.axes_.shape == (2, 3)
    frame = axes[0].get_position()
    for panel in display.axes_.flat:
        x0, y0, x1, y1 = panel.get_position().extents
        assert frame.x0 - 0.01 < x0 and x1 < frame.x1 + 0.01
        assert frame.y0 - 0.01 < y0 and y1 < frame.y1 + 0.01


def test_scratch():
    model = SequentialAutoencoder(max_epochs=2, random_state=0).fit(X)
    display = ReconstructionDisplay.from_estimator(model, X, n=2)
    assert display.artists_[0, 1].get_array().shape == (8, 8)
    assert display.error_name == "mean squared error"
    assert written(display) == [f"{e:.2g}" for e in model.reconstruction_error(X[:2])]


def test_pipeline_goes_all_the_way_back():
    pixels = np.round(X * 255)
    model = make_pipeline(MinMaxScaler((0, 1)), PCA(10, random_state=0)).fit(pixels)
    display = ReconstructionDisplay.from_estimator(model, pixels, n=4)
    rebuilt = model.inverse_transform(model.transform(pixels[:4]))
    expected = ((pixels[:4] - rebuilt) ** 2).mean(axis=1)
    np.testing.assert_allclose(display.errors, expected)
    assert display.artists_[0, 0].get_clim() == (0, 255)
    assert display.error_name == "mean squared error"


@pytest.mark.parametrize("channels", [1, 3])
def test_arrays_of_images(channels):
    images = RNG.random((40, 6, 4, channels))
    images = images[..., 0] if channels == 1 else images
    model = autoencoder(architecture="conv", channels=(2,)).fit(images)
    display = ReconstructionDisplay.from_estimator(model, images, n=3)
    np.testing.assert_allclose(display.artists_[0, 2].get_array(), images[2])
    assert display.artists_[1, 2].get_array().shape == images[0].shape
    # Flattened, the estimator knows their shape.
    flat = ReconstructionDisplay.from_estimator(model, images.reshape(40, -1), n=3)
    np.testing.assert_allclose(flat.artists_[0, 2].get_array(), images[2])


def test_colours_are_scaled_together_and_clipped():
    originals = np.array([0.0, 50.0, 100.0, 200.0] * 3).reshape(1, 2, 2, 3)
    display = ReconstructionDisplay(
        originals=originals, reconstructions=originals * 2, errors=[1.0]
    ).plot()
    np.testing.assert_allclose(display.artists_[0, 0].get_array(), originals[0] / 255)
    below = display.artists_[1, 0].get_array()
    np.testing.assert_allclose(below, (originals[0] * 2 / 255).clip(0, 1))


def test_signals_are_lines():
    model = PCA(4, random_state=0).fit(WAVES)
    display = ReconstructionDisplay.from_estimator(model, WAVES, n=3)
    (line,) = display.artists_[0, 1]
    np.testing.assert_array_equal(line.get_ydata(), WAVES[1])
    (line,) = display.artists_[1, 1]
    rebuilt = model.inverse_transform(model.transform(WAVES[:3]))
    np.testing.assert_allclose(line.get_ydata(), rebuilt[1])
    assert len({ax.get_ylim() for ax in display.axes_.flat}) == 1


def test_signals_with_channels():
    signals = np.stack([WAVES[:, :48], -WAVES[:, :48]], axis=2)
    model = autoencoder(architecture="conv", channels=(2,), ndim=1).fit(signals)
    display = ReconstructionDisplay.from_estimator(model, signals, n=2)
    first, second = display.artists_[0, 0]
    np.testing.assert_allclose(first.get_ydata(), signals[0, :, 0])
    np.testing.assert_allclose(second.get_ydata(), signals[0, :, 1])


def test_image_shape_overrules():
    model = PCA(4, random_state=0).fit(X)
    display = ReconstructionDisplay.from_estimator(model, X, n=2, image_shape=(64,))
    np.testing.assert_array_equal(display.artists_[0, 0][0].get_ydata(), X[0])
    display = ReconstructionDisplay.from_estimator(model, X, n=2, image_shape=(4, 16))
    assert display.artists_[0, 0].get_array().shape == (4, 16)


def test_fewer_rows_than_asked_for(fitted):
    assert ReconstructionDisplay.from_estimator(fitted, X[:2]).axes_.shape == (2, 2)


@pytest.mark.parametrize(
    "estimator, error, message",
    [
        (LogisticRegression(), TypeError, "no inverse_transform"),
        (autoencoder(), NotFittedError, "not fitted"),
    ],
    ids=["classifier", "unfitted"],
)
def test_wrong_estimators(estimator, error, message):
    with pytest.raises(error, match=message):
        ReconstructionDisplay.from_estimator(estimator, X)


def test_texts():
    model = make_pipeline(TfidfVectorizer(), PCA(2)).fit(["hot tea", "a car", "tea"])
    with pytest.raises(TypeError, match="which is no picture"):
        ReconstructionDisplay.from_estimator(model, ["hot tea"])


def test_token_ids():
    ids = RNG.integers(1, 9, (20, 5))
    model = autoencoder(
        architecture="attention", inputs="token_ids", embedding_dim=8, max_epochs=1
    ).fit(ids)
    with pytest.raises(ValueError, match="token ids, which are no picture"):
        ReconstructionDisplay.from_estimator(model, ids)


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"reconstructions": X[:2]}, "must hold the same rows"),
        ({"originals": X[:0], "reconstructions": X[:0]}, "one or more"),
        ({"errors": [0.1]}, r"errors must hold one number for each of the 3 rows"),
        ({"image_shape": (8, 9)}, r"image_shape=\(8, 9\) makes 72 values.*has 64"),
        ({"image_shape": 4}, r"must be a tuple of ints of one or more.*Got 4"),
        ({"image_shape": (-8, -8)}, r"must be a tuple of ints.*Got \(-8, -8\)"),
        ({"image_shape": (8.0, 8.0)}, r"must be a tuple of ints.*Got \(8.0, 8.0\)"),
        ({"image_shape": (4, 8, 2)}, "2 channels; a picture has 1, 3 or 4"),
    ],
)
def test_wrong_shapes(changes, message):
    arrays = {"originals": X[:3], "reconstructions": X[:3], "errors": np.ones(3)}
    with pytest.raises(ValueError, match=message):
        ReconstructionDisplay(**(arrays | changes)).plot()
    assert plt.get_fignums() == []


@pytest.mark.parametrize("n", [0, 2.5, "all"])
def test_wrong_n(fitted, n):
    with pytest.raises(ValueError, match="n must be an int of one or more"):
        ReconstructionDisplay.from_estimator(fitted, X, n=n)


def test_no_finite_value():
    rows = np.full((2, 4), np.nan)
    display = ReconstructionDisplay(
        originals=rows, reconstructions=rows, errors=[0.1, 0.2], image_shape=(4,)
    ).plot()
    assert display.axes_[0, 0].get_ylim() == pytest.approx((-0.05, 1.05))


def test_a_search_without_refit():
    search = GridSearchCV(PCA(4), {"whiten": [True]}, cv=2, refit=False).fit(X[:20])
    with pytest.raises(ValueError, match=r"GridSearchCV has refit=False.*refit=True"):
        ReconstructionDisplay.from_estimator(search, X[:20])
