"""What all displays have in common: axes, figures, matplotlib's absence."""

import builtins
import warnings

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.cbook import is_math_text
from matplotlib.lines import Line2D

from sklearn_nn.inspection._displays._axes import (
    LARGEST,
    SMALLEST,
    colours,
    legend_columns,
    legend_for,
    letters,
    no_figure_left,
    panels_for,
    plain,
    shortened,
    styled,
)
from tests.inspection.display_cases import (
    DOLLARS,
    displays,
    legend_of,
    named,
    texts_in,
)
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


@pytest.mark.parametrize("name", NAMES)
def test_the_figure_is_the_root(name):
    figure = plt.figure()
    inner = figure.subfigures(1, 2)[1].subfigures(2, 1)[0]
    assert displays()[name].plot(inner.subplots()).figure_ is figure


@pytest.mark.parametrize("name", list(named(DOLLARS)))
def test_dollars_are_no_formulas(name):
    display = named(DOLLARS)[name].plot()
    # A formula that cannot be read raises here.
    display.figure_.canvas.draw()
    written = texts_in(display.figure_)
    assert any(plain(DOLLARS) in text for text in written)
    assert all(is_math_text(text) is False for text in written if "dear" in text)


@pytest.mark.parametrize("text", [DOLLARS, "$50-$100", "a $ b", r"\$", "$$", "a"])
def test_plain_draws_every_letter(text):
    read, is_math = plt.figure().text(0, 0, "")._preprocess_math(plain(text))
    assert (read, is_math) == (text, False)


def test_no_figure_is_left_by_an_error():
    kept = plt.figure()
    with pytest.raises(ValueError, match="within"):  # noqa: SIM117
        with no_figure_left():
            plt.figure()
            raise ValueError("within")
    assert plt.get_fignums() == [kept.number]
    with no_figure_left():
        other = plt.figure()
    assert plt.get_fignums() == [kept.number, other.number]


@pytest.mark.parametrize(
    "name, options",
    [
        ("training", {"line_kw": {"colour": "r"}}),
        ("training, two metrics", {"line_kw": {"c": "r", "color": "b"}}),
        ("experts", {"cmap": "no such map"}),
        ("experts", {"values_format": "zz"}),
        ("reconstruction", {"cmap": "no such map"}),
        ("latents", {"scatter_kw": {"size": 3}}),
    ],
    ids=["line", "twice", "cmap", "format", "map", "scatter"],
)
def test_no_figure_is_left_by_wrong_options(name, options):
    with pytest.raises((AttributeError, TypeError, ValueError)):
        displays()[name].plot(**options)
    assert plt.get_fignums() == []


def test_styled_takes_short_names():
    style = {"color": "r", "linewidth": 1}
    assert styled(style, {"lw": 2, "ls": ":"}, Line2D) == {
        "color": "r",
        "linewidth": 2,
        "linestyle": ":",
    }
    assert styled(style, None, Line2D) == style


def test_a_legend_has_three_columns_at_most():
    _, ax = plt.subplots()
    for place in range(100):
        ax.plot([place], [place], "o", label=f"_run {place}")
    legend = legend_for(ax, ax.lines)
    assert legend_of(ax) == [f"_run {place}" for place in range(60)]
    assert legend.get_title().get_text() == "the first 60 of 100"
    assert [legend_columns(n) for n in (1, 20, 21, 60, 61, 1000)] == [1, 1, 2, 3, 3, 3]
