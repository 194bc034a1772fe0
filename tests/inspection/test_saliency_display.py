"""SaliencyDisplay: an image with a heat map over it."""

import dataclasses
import sys

import matplotlib.pyplot as plt
import numpy as np
import pytest

from sklearn_nn.inspection import SaliencyDisplay, explain_image
from tests.inspection.explanation_cases import X, backbone, image_model, refuse_roots
from tests.neural_network.pictures_of_digits import PICTURES

HEAT = np.array([[0.0, 0.5], [-1.0, 1.0]])


def test_from_an_explanation():
    explained = explain_image(image_model("CNN"), X[:2])
    display = explained.plot(1)
    np.testing.assert_array_equal(display.heat_map, explained[1].heat_map)
    np.testing.assert_array_equal(display.image_.get_array(), explained[1].image)
    title = f"grad_cam: {explained[1].target} ({explained[1].probability:.2f})"
    assert display.ax_.get_title() == title


def test_from_an_estimator():
    options = {"window": 3}
    display = SaliencyDisplay.from_estimator(
        image_model("linear"),
        X[0],
        method="occlusion",
        target=3,
        explain_options=options,
        colorbar=False,
    )
    (expected,) = explain_image(
        image_model("linear"), X[:1], method="occlusion", target=3, **options
    )
    np.testing.assert_array_equal(display.heat_map, expected.heat_map)
    assert display.colorbar_ is None
    coloured = SaliencyDisplay.from_estimator(backbone(True), PICTURES[0])
    assert coloured.image_.get_array().shape == (32, 32)


def test_weights_are_as_opaque_as_they_are_large():
    display = SaliencyDisplay(np.zeros((2, 2)), HEAT).plot(alpha=0.8)
    colours = display.heat_map_.get_array()
    np.testing.assert_allclose(colours[..., 3], 0.8 * np.abs(HEAT))
    for y, x in ((0, 1), (1, 1)):
        assert colours[y, x, 0] > colours[y, x, 2]
    assert colours[1, 0, 2] > colours[1, 0, 0]
    norm = display.colorbar_.mappable.norm
    assert (norm.vmin, norm.vmax) == (-1, 1)


def test_a_scale_of_ones_own():
    display = SaliencyDisplay(np.zeros((2, 2)), np.abs(HEAT))
    display.plot(cmap="viridis", vmax=4)
    norm = display.colorbar_.mappable.norm
    assert (norm.vmin, norm.vmax) == (0, 4)
    colours = display.heat_map_.get_array()
    np.testing.assert_allclose(colours[1, 1, :3], plt.get_cmap("viridis")(1.0)[:3])
    assert colours[1, 1, 3] == pytest.approx(0.9 / 4)


def test_a_heat_map_of_zeros():
    display = SaliencyDisplay(np.ones((2, 2, 4)), np.zeros((2, 2))).plot()
    assert not display.heat_map_.get_array()[..., 3].any()
    display.figure_.canvas.draw()


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_images_of_any_channels_are_drawn_in_grey(channels):
    image = np.full((2, 2, channels), 0.5)
    display = SaliencyDisplay(image, HEAT).plot()
    np.testing.assert_allclose(display.image_.get_array(), 0.5)


@pytest.mark.parametrize(
    "shape, heat_map",
    [((5, 4), (4, 5)), ((3, 4, 5), (4, 5)), ((4, 5), (4, 5, 1)), ((20,), (20,))],
    ids=["turned", "channels first", "channels", "flat"],
)
def test_a_heat_map_has_the_shape_of_the_image(shape, heat_map):
    with pytest.raises(ValueError, match="Got shapes") as error:
        SaliencyDisplay(np.zeros(shape), np.zeros(heat_map))
    assert f"{shape} and {heat_map}" in str(error.value)


@pytest.mark.parametrize("vmax", [0, -1, np.inf])
def test_the_largest_weight_is_above_zero(vmax):
    with pytest.raises(ValueError, match="plot needs vmax above zero. Got vmax="):
        SaliencyDisplay(np.zeros((2, 2)), HEAT).plot(vmax=vmax)
    assert not plt.get_fignums()


def test_long_names_of_classes_are_shortened_and_no_formula():
    (explanation,) = explain_image(image_model("CNN"), X[:1])
    name = r"$\frac$ " + "long name of a class " * 10
    display = dataclasses.replace(
        explanation, target=name, method="integrated_gradients"
    ).plot()
    display.figure_.canvas.draw()
    title = display.ax_.title
    assert title.get_text().startswith(r"integrated_gradients: $\frac$ l")
    outline = title.get_window_extent()
    assert 0 < outline.x0 and outline.x1 < display.figure_.bbox.width


def test_given_axes_are_drawn_on():
    figure, axes = plt.subplots(1, 2)
    display = SaliencyDisplay(np.zeros((2, 2)), HEAT, title="here")
    assert display.plot(axes[0]) is display
    assert (display.ax_, display.figure_) == (axes[0], figure)
    assert not axes[1].images
    assert axes[0].get_title() == "here"
    assert plt.get_fignums() == [figure.number]
    with pytest.raises(TypeError, match="SaliencyDisplay.plot draws on one axes"):
        display.plot(axes)


def test_figures_of_matplotlib_3_8(monkeypatch):
    refuse_roots(monkeypatch)
    figure = plt.figure()
    ax = figure.subfigures(1, 2)[1].subplots()
    assert SaliencyDisplay(np.zeros((2, 2)), HEAT).plot(ax=ax).figure_ is figure


def test_without_matplotlib_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match=r"pip install sklearn_nn\[plot\]"):
        SaliencyDisplay(np.zeros((2, 2)), HEAT).plot()
