"""explain_image: Grad-CAM, integrated gradients and occlusion."""

import sys
import warnings

import numpy as np
import pandas as pd
import polars
import pytest
import scipy.sparse
import torch
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler

from sklearn_nn.inspection import explain_image
from sklearn_nn.neural_network import CNNClassifier, CNNRegressor, MLPClassifier
from tests.inspection.explanation_cases import (
    X,
    Y,
    backbone,
    image_model,
    net_of,
)
from tests.neural_network.pictures_of_digits import LABELS, PICTURES, files

NETWORKS = ["CNN", "scaled CNN", "MLP"]
CONVOLUTIONAL = ["CNN", "scaled CNN"]
DIGITS = X[:3]


def gradients(model, images, **options):
    options = {"n_steps": 200} | options
    return explain_image(model, images, method="integrated_gradients", **options)


@pytest.mark.parametrize("name", NETWORKS)
def test_gradients_add_up_to_the_probability(name):
    model = image_model(name)
    nothing = model.predict_proba(np.zeros_like(DIGITS[:1]))[0]
    for explanation, label in zip(gradients(model, DIGITS), model.predict(DIGITS)):
        assert explanation.target == label
        gain = explanation.probability - nothing[label]
        assert explanation.heat_map.sum() == pytest.approx(gain, abs=5e-3)


@pytest.mark.parametrize("name", [*NETWORKS, "linear"])
def test_occlusion_is_the_fall_of_the_probability(name):
    model = image_model(name)
    (explanation,) = explain_image(
        model, DIGITS[:1], method="occlusion", window=1, stride=1, target=3
    )
    covered = np.repeat(DIGITS[:1], 64, axis=0)
    np.fill_diagonal(covered, 0)
    left = model.predict_proba(covered)[:, 3].reshape(8, 8)
    whole = model.predict_proba(DIGITS[:1])[0, 3]
    assert explanation.probability == pytest.approx(whole)
    np.testing.assert_allclose(explanation.heat_map, whole - left, atol=1e-5)


def test_squares_that_overlap_are_averaged():
    model = image_model("linear")
    (explanation,) = explain_image(
        model, DIGITS[:1], method="occlusion", window=4, stride=2, baseline=0.5
    )
    total, count = np.zeros((8, 8)), np.zeros((8, 8))
    whole = model.predict_proba(DIGITS[:1])[0, explanation.target]
    for y, x in np.ndindex(3, 3):
        place = np.s_[2 * y : 2 * y + 4, 2 * x : 2 * x + 4]
        covered = DIGITS[0].reshape(8, 8).copy()
        covered[place] = 0.5
        left = model.predict_proba(covered.reshape(1, -1))[0, explanation.target]
        total[place] += whole - left
        count[place] += 1
    np.testing.assert_allclose(explanation.heat_map, total / count, atol=1e-12)


@pytest.mark.parametrize("name", CONVOLUTIONAL)
def test_grad_cam_weighs_the_last_maps_by_their_mean_gradient(name):
    model = image_model(name)
    explained = explain_image(model, DIGITS, batch_size=2)
    module = net_of(model).net_.module_
    before = model[:-1].transform(DIGITS) if name == "scaled CNN" else DIGITS
    dtype = next(module.parameters()).dtype
    x = torch.from_numpy(before).to(dtype).reshape(-1, 1, 8, 8)
    found = []
    last = [p for p in module.convolutions if isinstance(p, torch.nn.ReLU)][-1]
    hook = last.register_forward_hook(lambda _, __, output: found.append(output))
    logits = module(x)
    hook.remove()
    codes = torch.from_numpy(model.predict(DIGITS))
    (slopes,) = torch.autograd.grad(logits.gather(1, codes[:, None]).sum(), found[0])
    cam = (slopes.mean((2, 3), keepdim=True) * found[0]).sum(1, keepdim=True).relu()
    expected = torch.nn.functional.interpolate(cam, (8, 8), mode="bilinear")
    for explanation, heat_map in zip(explained, expected[:, 0].detach().numpy()):
        np.testing.assert_allclose(explanation.heat_map, heat_map, atol=1e-5)
        assert explanation.heat_map.min() >= 0 < explanation.heat_map.max()


def lit_corner(n=240, size=8):
    """Images whose class is how bright their lower left corner is."""
    rng = np.random.default_rng(0)
    images = rng.uniform(0, 0.5, (n, size, size))
    y = np.arange(n) % 2
    images[y == 1, -3:, :3] += 0.5
    return images, y


@pytest.mark.parametrize("method", ["integrated_gradients", "occlusion"])
def test_what_the_class_hangs_on_is_found(method):
    images, y = lit_corner()
    model = CNNClassifier(channels=(8,), lr=0.01, max_epochs=10, random_state=0)
    model.fit(images[:200], y[:200])
    assert model.score(images[200:], y[200:]) > 0.95
    lit = images[200:][y[200:] == 1]
    for explanation in explain_image(model, lit, method=method):
        corner = explanation.heat_map[-3:, :3].sum()
        assert corner > 0.5 * np.clip(explanation.heat_map, 0, None).sum()


@pytest.mark.parametrize("freeze", [True, False])
@pytest.mark.parametrize("method", ["grad_cam", "integrated_gradients", "occlusion"])
def test_backbones_are_explained(freeze, method):
    model = backbone(freeze)
    # Grad-CAM of a class may be zero: of all, it is not.
    images = np.repeat(PICTURES[:1], 10, axis=0)
    explained = explain_image(model, images, method=method, target=range(10), n_steps=4)
    assert sum(np.ptp(explanation.heat_map) > 0 for explanation in explained) > 3
    for label, explanation in enumerate(explained):
        assert explanation.target == label
        assert explanation.image.shape == (32, 32, 3)
        assert explanation.image.dtype == np.uint8
        assert explanation.heat_map.shape == (32, 32)


def test_a_frozen_backbone_is_integrated_from_its_mean_colour():
    model = backbone(True)
    (explanation,) = gradients(model, PICTURES[:1], n_steps=100)
    code = model.classes_.tolist().index(explanation.target)
    # Of grey pictures that are as bright as the mean, all but the rounding is lost.
    mean = np.full((1, 32, 32, 3), np.round(255 * np.array([0.485, 0.456, 0.406])))
    nothing = model.predict_proba(mean.astype(np.uint8))[0, code]
    gain = explanation.probability - nothing
    assert explanation.heat_map.sum() == pytest.approx(gain, abs=0.02)


def test_paths_are_explained(tmp_path):
    model = backbone(True)
    paths = files(tmp_path, PICTURES[:2])
    found = explain_image(model, paths)
    for one, other in zip(found, explain_image(model, PICTURES[:2])):
        np.testing.assert_allclose(one.heat_map, other.heat_map, atol=1e-6)


def test_patches_are_no_convolutions():
    model = backbone(True, "swin_tiny_patch4_window7_224")
    with pytest.raises(ValueError, match="TimmClassifier: it needs convolutions"):
        explain_image(model, PICTURES[:1])


def test_the_class_that_is_predicted_need_not_be_the_most_probable():
    y = np.arange(200) % 2
    model = FixedThresholdClassifier(
        LogisticRegression(), threshold=0.99, response_method="predict_proba"
    ).fit(lit_corner(200)[0].reshape(200, -1), y)
    images = lit_corner(200)[0].reshape(200, -1)[1:2]
    (explanation,) = explain_image(model, images, method="occlusion")
    assert explanation.target == model.predict(images)[0] == 0
    assert explanation.probability < 0.5


@pytest.mark.parametrize("baseline", [-1, 256, 0.5])
def test_integers_cannot_hold_every_baseline(baseline):
    images = (DIGITS * 255).astype(np.uint8)
    model = image_model("linear")
    with pytest.raises(ValueError, match=r"baseline=.* of uint8. Give .* 0 to 255"):
        explain_image(model, images, method="occlusion", baseline=baseline)
    (explanation,) = explain_image(
        model, images[:1], method="occlusion", baseline=255, window=1
    )
    (expected,) = explain_image(
        model, images[:1].astype(float), method="occlusion", baseline=255, window=1
    )
    np.testing.assert_allclose(explanation.heat_map, expected.heat_map)


def test_functions_before_a_network_are_seen_through():
    net = MLPClassifier(hidden_layer_sizes=(8,), max_epochs=2, random_state=0)
    images = 16 * X[:200].reshape(-1, 8, 8)
    model = make_pipeline(FunctionTransformer(_scaled_and_flattened), net)
    model.fit(images, Y[:200])
    (explanation,) = gradients(model, images[:1])
    (expected,) = gradients(model[-1], X[:1])
    np.testing.assert_allclose(explanation.heat_map, expected.heat_map, atol=1e-7)
    np.testing.assert_array_equal(explanation.image, X[0].reshape(8, 8))
    halved = make_pipeline(FunctionTransformer(_half), net).fit(X[:200], Y[:200])
    with pytest.raises(ValueError, match="scalers and FunctionTransformer. .*'occlusi"):
        gradients(halved, X[:1])


def _scaled_and_flattened(images):
    return images.reshape(len(images), -1) / 16


def _half(images):
    return images[:, :32]


def test_shapes_of_images():
    images, y = lit_corner(60)
    coloured = np.stack([images, images / 2, images * 0], axis=-1)
    options = {"method": "occlusion"}
    cnn = CNNClassifier(max_epochs=1, random_state=0).fit(coloured, y)
    for method in ("grad_cam", "integrated_gradients", "occlusion"):
        (explanation,) = explain_image(cnn, coloured[:1], method=method)
        assert explanation.image.shape == (8, 8, 3)
        assert explanation.heat_map.shape == (8, 8)
    flat = coloured.reshape(60, -1)
    linear = LogisticRegression().fit(flat, y)
    with pytest.raises(ValueError, match="Rows of 192 pixels are no square images"):
        explain_image(linear, flat[:1], **options)
    with pytest.raises(ValueError, match="does not match rows of 192 pixels"):
        explain_image(linear, flat[:1], image_shape=(8, 8), **options)
    (explanation,) = explain_image(linear, flat[:1], image_shape=(8, 8, 3), **options)
    np.testing.assert_array_equal(explanation.image, coloured[0])
    net = MLPClassifier(max_epochs=1, random_state=0).fit(flat, y)
    for method in ("integrated_gradients", "occlusion"):
        (explanation,) = explain_image(
            net, flat[:1], method=method, image_shape=(8, 8, 3), target=1
        )
        assert explanation.heat_map.shape == (8, 8)
    flattened = make_pipeline(
        FunctionTransformer(lambda a: a.reshape(len(a), -1)), LogisticRegression()
    ).fit(coloured, y)
    (explanation,) = explain_image(flattened, coloured[:1], target=1, **options)
    np.testing.assert_array_equal(explanation.image, coloured[0])
    corner = explanation.heat_map[-3:, :3]
    assert corner.mean() > 3 * np.abs(explanation.heat_map).mean()


@pytest.mark.parametrize("kind", [pd.DataFrame, polars.DataFrame])
def test_frames_of_pixels_stay_frames(kind):
    frame = kind({f"pixel{i}": X[:200, i] for i in range(64)})
    model = LogisticRegression(max_iter=300).fit(frame, Y[:200])
    with warnings.catch_warnings():
        # Of names of columns that are missing, for example.
        warnings.simplefilter("error")
        (explanation,) = explain_image(model, frame[:1], method="occlusion")
    (expected,) = explain_image(
        LogisticRegression(max_iter=300).fit(X[:200], Y[:200]),
        X[:1],
        method="occlusion",
    )
    np.testing.assert_allclose(explanation.heat_map, expected.heat_map, atol=1e-6)


@pytest.mark.parametrize("name", ["linear", "MLP"])
def test_sparse_images_are_as_dense_ones(name):
    found = [
        explain_image(image_model(name), images, method="occlusion")[1].heat_map
        for images in (scipy.sparse.csr_array(DIGITS), DIGITS)
    ]
    np.testing.assert_array_equal(*found)


def test_frame_has_a_row_a_pixel():
    explained = explain_image(image_model("CNN"), DIGITS)
    frame = explained.to_frame()
    assert frame.columns.tolist() == ["row", "y", "x", "weight"]
    assert len(frame) == 3 * 64
    row, y, x, weight = frame.iloc[64 + 8 * 2 + 5]
    assert (row, y, x) == (1, 2, 5)
    assert weight == explained[1].heat_map[2, 5]


def test_of_a_search_the_best_model_is_explained():
    search = GridSearchCV(
        make_pipeline(MinMaxScaler(), LogisticRegression(max_iter=300)),
        {"logisticregression__C": [0.1, 1]},
        cv=2,
    ).fit(X[:200], Y[:200])
    (one,) = explain_image(search, DIGITS[:1], method="occlusion")
    (other,) = explain_image(search.best_estimator_, DIGITS[:1], method="occlusion")
    np.testing.assert_array_equal(one.heat_map, other.heat_map)


@pytest.mark.parametrize(
    "name, options, message",
    [
        ("MLP", {}, "method='grad_cam' does not fit .*'integrated_gradients' and"),
        (
            "linear",
            {},
            "method='grad_cam' does not fit .* 'occlusion' fits every|"
            "method='grad_cam' does not fit .*method='occlusion' fits every",
        ),
        ("CNN", {"target": 10}, r"target=10 \(row 0\) is not among the classes"),
        ("CNN", {"target": [1, 2]}, "target holds 2 labels for 3 rows"),
        ("CNN", {"method": "lime"}, "'method' parameter of explain_image must be"),
        ("CNN", {"method": "occlusion", "window": 9}, "window=9 and stride=4 do not"),
        ("CNN", {"method": "occlusion", "stride": 3}, "window=2 and stride=3 do not"),
    ],
    ids=["no maps", "no net", "label", "labels", "method", "window", "stride"],
)
def test_wrong_arguments(name, options, message):
    with pytest.raises(ValueError, match=message):
        explain_image(image_model(name), DIGITS, **options)


def test_wrong_images_and_estimators():
    with pytest.raises(ValueError, match="at least one image"):
        explain_image(image_model("CNN"), [])
    with pytest.raises(ValueError, match=r"Wrap one image in a list: \['a.png'\]"):
        explain_image(backbone(True), "a.png")
    for name in ("CNN", "linear"):
        with pytest.raises(ValueError, match=r"Pass images\[np.newaxis\]"):
            explain_image(image_model(name), X[0].reshape(8, 8), method="occlusion")
    with pytest.raises(ValueError, match=r"image_shape=\(-8, -8\) does not match"):
        explain_image(
            image_model("linear"), DIGITS, method="occlusion", image_shape=(-8, -8)
        )
    with pytest.raises(NotFittedError):
        explain_image(CNNClassifier(), DIGITS)
    numbers = CNNRegressor(max_epochs=1, random_state=0).fit(X[:50], Y[:50] / 10)
    with pytest.raises(TypeError, match="CNNRegressor predicts numbers"):
        explain_image(numbers, DIGITS)
    signals = CNNClassifier(ndim=1, max_epochs=1, random_state=0).fit(X[:50], Y[:50])
    with pytest.raises(ValueError, match=r"reads signals \(ndim=1\)"):
        explain_image(signals, DIGITS)


def test_without_captum_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "captum.attr", None)
    with pytest.raises(ImportError, match=r"pip install sklearn_nn\[explain\]"):
        explain_image(image_model("CNN"), DIGITS)


def test_labels_of_pictures_are_those_of_the_fit():
    explained = explain_image(backbone(True), PICTURES[:2], target=LABELS[:2])
    assert [e.target for e in explained] == LABELS[:2].tolist()
