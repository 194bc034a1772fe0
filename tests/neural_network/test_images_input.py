"""Images and signals as X: flattened or as arrays."""

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.datasets import load_digits

from sklearn_nn.neural_network import CNNClassifier

DIGITS = load_digits()
IMAGES, y = DIGITS.images[:120] / 16, DIGITS.target[:120]
X = IMAGES.reshape(120, -1)
COLOURED = np.random.default_rng(0).random((120, 6, 5, 3))


def classifier(**parameters):
    defaults = {
        "channels": (3,),
        "hidden_layer_sizes": (4,),
        "max_epochs": 1,
        "random_state": 0,
    }
    return CNNClassifier(**(defaults | parameters))


SAME_IMAGES = {
    "array": (IMAGES, {}),
    "one channel": (IMAGES[..., None], {}),
    "shape given": (X, {"image_shape": (8, 8)}),
    "shape with channel": (X, {"image_shape": [8, 8, np.int64(1)]}),
    "both": (IMAGES, {"image_shape": (8, 8)}),
    "list of images": (list(IMAGES), {}),
    "list of matrices": ([image.tolist() for image in IMAGES], {}),
    "list of rows": (X.tolist(), {}),
    "data frame": (pd.DataFrame(X).rename(columns="p{}".format), {}),
    "tensor": (torch.from_numpy(IMAGES), {}),
    "float32": (IMAGES.astype(np.float32), {}),
    "not contiguous": (np.asfortranarray(IMAGES), {}),
}


@pytest.fixture(scope="module")
def expected():
    return classifier().fit(X, y).decision_function(X)


@pytest.mark.parametrize("form", SAME_IMAGES)
def test_same_images_give_the_same_network(form, expected):
    rows, parameters = SAME_IMAGES[form]
    model = classifier(**parameters).fit(rows, y)
    assert model.image_shape_ == (8, 8, 1)
    assert model.n_features_in_ == 64
    np.testing.assert_array_equal(model.decision_function(rows), expected)


def test_column_names_are_kept():
    frame = pd.DataFrame(X).rename(columns="p{}".format)
    model = classifier().fit(frame, y)
    assert model.feature_names_in_.tolist() == frame.columns.tolist()


def test_uint8_images_equal_their_floats():
    whole = DIGITS.images[:120].astype(np.uint8)
    a, b = classifier().fit(whole, y), classifier().fit(whole.astype(np.float32), y)
    np.testing.assert_array_equal(
        a.decision_function(whole), b.decision_function(whole)
    )
    assert a.decision_function(whole).dtype == np.float32


def test_channels_come_last():
    flat = COLOURED.reshape(120, -1)
    stacked = classifier(max_epochs=2).fit(COLOURED, y)
    given = classifier(max_epochs=2, image_shape=(6, 5, 3)).fit(flat, y)
    assert stacked.image_shape_ == given.image_shape_ == (6, 5, 3)
    logits = stacked.decision_function(COLOURED)
    np.testing.assert_array_equal(given.decision_function(flat), logits)
    module = stacked.net_.module_
    x = torch.from_numpy(COLOURED).float().permute(0, 3, 1, 2)
    with torch.no_grad():
        np.testing.assert_allclose(module(x).numpy(), logits, atol=1e-5)


@pytest.mark.parametrize("n_channels", [1, 3])
def test_signals(n_channels):
    signals = np.random.default_rng(0).random((120, 20, n_channels))
    flat = signals.reshape(120, -1)
    model = classifier(ndim=1).fit(signals, y)
    assert model.image_shape_ == (20, n_channels)
    shape = (20, n_channels) if n_channels > 1 else None
    given = classifier(ndim=1, image_shape=shape).fit(flat, y)
    logits = model.decision_function(signals)
    np.testing.assert_array_equal(given.decision_function(flat), logits)
    x = torch.from_numpy(signals).float().permute(0, 2, 1)
    with torch.no_grad():
        np.testing.assert_allclose(model.net_.module_(x).numpy(), logits, atol=1e-5)


@pytest.mark.parametrize(
    "ndim, n_values, shape",
    [(2, 64, (8, 8, 1)), (2, 63, (1, 63, 1)), (2, 1, (1, 1, 1)), (1, 64, (64, 1))],
)
def test_shape_of_flattened_images_is_guessed(ndim, n_values, shape):
    model = classifier(ndim=ndim).fit(X[:, :n_values], y)
    assert model.image_shape_ == shape


@pytest.mark.parametrize(
    "parameters, rows, message",
    [
        ({"image_shape": (7, 8)}, X, r"'image_shape'.*56 values.*64 columns"),
        ({"image_shape": (8, 8, 3)}, X, "'image_shape'.*192 values"),
        ({"image_shape": (4, 16)}, IMAGES, r"'image_shape'.*\(8, 8, 1\)"),
        ({"image_shape": (64,)}, X, r"'image_shape'.*ndim=2.*\(height, width\)"),
        ({"image_shape": (8, 8, 1), "ndim": 1}, X, "'image_shape'.*ndim=1"),
        ({"image_shape": (0, 8)}, X, "'image_shape'.*positive"),
        ({"image_shape": (8.0, 8.0)}, X, "'image_shape'.*positive ints"),
        ({"image_shape": "8x8"}, X, "'image_shape'"),
        ({"ndim": 3}, X, "'ndim'"),
        ({}, IMAGES[:, None, :, :, None], "ndim=2 takes"),
        ({"ndim": 1}, COLOURED, "ndim=1 takes"),
        ({}, [*IMAGES[:119], IMAGES[0, :4]], r"Row 119 of X has the shape \(4, 8\)"),
        ({}, np.where(X == X.max(), np.nan, X), "NaN"),
        ({}, IMAGES[:, :0], "0 feature"),
        ({}, IMAGES[:50], "inconsistent numbers of samples"),
    ],
    ids=range(15),
)
def test_bad_images(parameters, rows, message):
    with pytest.raises(ValueError, match=message):
        classifier(**parameters).fit(rows, y)


@pytest.mark.parametrize(
    "rows, message",
    [
        (IMAGES.reshape(120, 4, 16), r"\(4, 16, 1\).*fitted on.*\(8, 8, 1\)"),
        (IMAGES[:, :4], r"\(4, 8, 1\).*fitted on"),
        (X[:, :60], "60 features"),
        (IMAGES[0, 0], "2D array"),
    ],
    ids=range(4),
)
def test_images_of_another_shape_at_predict(rows, message):
    model = classifier().fit(IMAGES, y)
    with pytest.raises(ValueError, match=message):
        model.predict(rows)


def test_one_image_needs_its_row():
    model = classifier().fit(IMAGES, y)
    assert model.predict(IMAGES[:1]).shape == (1,)
    assert model.predict(X[:1]).shape == (1,)


@pytest.mark.parametrize("change", [{"image_shape": (4, 16)}, {"ndim": 1}], ids=str)
def test_another_shape_is_not_passed_over_in_silence(change):
    model = classifier(warm_start=True, image_shape=(8, 8)).fit(X, y)
    assert model.set_params(image_shape=[8, 8, 1]).fit(X, y).n_iter_ == 2
    message = f"The '{next(iter(change))}' parameter of CNNClassifier has changed"
    with pytest.raises(ValueError, match=message):
        model.set_params(**({"image_shape": None} | change)).fit(X, y)
    assert model.set_params(warm_start=False).fit(X, y).n_iter_ == 1
