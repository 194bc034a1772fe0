"""What all displays have in common: axes, figures, matplotlib's absence."""

import builtins
import warnings

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest

from sklearn_nn.inspection._displays._axes import (
    LARGEST,
    SMALLEST,
    colours,
    letters,
    panels_for,
    shortened,
)
from tests.inspection.display_cases import displays, texts_in
from tests.test_import import loaded_by

NAMES = list(displays())


@pytest.mark.parametrize("name", NAMES)
def test_draws_on_the_given_axes(name):
    figure, axes = plt.subplots(1, 2)
    display = displays()[name]
    assert display.plot(axes[1]) is display
    assert display.ax_ is axes[1]
    assert display.figure_ is figure
    assert plt.get_fignums() == [figure.number]
    assert not axes[0].has_data()
    assert axes[0].get_title() == axes[0].get_xlabel() == ""


@pytest.mark.parametrize("name", NAMES)
def test_makes_a_figure_of_its_own(name):
    display = displays()[name].plot()
    assert plt.get_fignums() == [display.figure_.number]
    assert display.ax_ in display.figure_.axes
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        display.figure_.canvas.draw()
    # The axes are named.
    assert any(len(text) > 2 for text in texts_in(display.figure_))


@pytest.mark.parametrize("name", NAMES)
def test_all_is_within_the_figure(name):
    figure = displays()[name].plot().figure_
    figure.canvas.draw()
    drawn = figure.get_tightbbox()
    width, height = figure.get_size_inches()
    assert drawn.x0 > -0.03 and drawn.x1 < width + 0.03
    assert drawn.y0 > -0.03 and drawn.y1 < height + 0.03


@pytest.mark.parametrize("name", NAMES)
def test_drawn_twice(name):
    display = displays()[name]
    first = display.plot().figure_
    second = display.plot().figure_
    assert first is not second
    assert texts_in(first) == texts_in(second)


@pytest.mark.parametrize("name", NAMES)
def test_leaves_the_settings_and_shows_nothing(name, monkeypatch):
    def show(*args, **kwargs):
        raise AssertionError("shown")

    monkeypatch.setattr(plt, "show", show)
    before = dict(matplotlib.rcParams)
    displays()[name].plot()
    assert dict(matplotlib.rcParams) == before


@pytest.mark.parametrize("name", NAMES)
def test_without_matplotlib(name, monkeypatch):
    real = builtins.__import__

    def absent(module, *args, **kwargs):
        if module.startswith("matplotlib"):
            raise ImportError(module)
        return real(module, *args, **kwargs)

    display = displays()[name]
    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(ImportError, match=r"Display.plot.*install sklearn_nn\[plot\]"):
        display.plot()


@pytest.mark.parametrize("name", NAMES)
def test_refuses_what_is_no_axes(name):
    with pytest.raises(TypeError, match=r"one axes. Got ax of type Figure"):
        displays()[name].plot(plt.figure())


@pytest.mark.parametrize("name", ["training, two metrics", "fusion"])
def test_panels_on_axes_of_ones_own(name):
    figure, axes = plt.subplots(2, 1)
    display = displays()[name].plot(axes)
    assert list(display.axes_) == list(axes)
    assert display.ax_ is axes[0]
    assert all(ax.has_data() for ax in axes)
    with pytest.raises(ValueError, match=r"draws 2 panels, but ax holds 1 axes"):
        displays()[name].plot(axes[:1])


def test_importing_loads_nothing_heavy():
    ours = loaded_by("import sklearn_nn.inspection")
    assert not ours & {"torch", "skorch", "matplotlib", "transformers", "captum"}


def test_panels_divide_the_axes():
    _, ax = plt.subplots()
    bounds, axes = panels_for(ax, "X", (2, 3), gap=(0.1, 0.05))
    assert bounds is ax
    boxes = np.array([[p.get_position().bounds for p in row] for row in axes])
    frame = ax.get_position()
    np.testing.assert_allclose(boxes[:, :, 2], 0.3 * frame.width)
    np.testing.assert_allclose(boxes[:, :, 3], 0.45 * frame.height)
    # The first row is on top.
    np.testing.assert_allclose(boxes[1, :, 1], frame.y0)
    np.testing.assert_allclose(boxes[0, :, 1], frame.y0 + 0.55 * frame.height)
    np.testing.assert_allclose(boxes[:, 2, 0], frame.x0 + 0.7 * frame.width)


def test_colours():
    assert colours(3) == ["C0", "C1", "C2"]
    many = colours(14)
    assert len({tuple(colour) for colour in many}) == 14


def test_letters_shrink_with_the_room():
    _, ax = plt.subplots()
    sizes = [letters(ax, n) for n in (5, 27, 1000)]
    assert sizes[0] == LARGEST > sizes[1] > sizes[2] == SMALLEST


def test_shortened_keeps_both_ends():
    assert shortened("short") == "short"
    assert shortened(7) == "7"
    text = shortened("category number 12345678901234567890 of many", 20)
    assert len(text) <= 20
    assert text.startswith("category") and text.endswith("many")
