"""AttentionDisplay: a text with weights on its words."""

import dataclasses
import sys

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex

from sklearn_nn.inspection import AttentionDisplay, explain_text
from tests.inspection.explanation_cases import ODD, refuse_roots, text_model


def shown(display):
    """Return the text as it reads: pieces of a line, then lines."""
    lines: dict = {}
    for text in display.text_:
        x, y = text.get_position()
        lines.setdefault(y, []).append((x, text.get_text()))
    read = []
    for _, pieces in sorted(lines.items()):
        line, end = "", 0
        for x, piece in sorted(pieces):
            line += " " * round(x - end) + piece
            end = x + len(piece)
        read.append(line)
    return read


def test_text_is_drawn_with_all_its_punctuation():
    (explanation,) = explain_text(text_model("linear"), ODD[:1], method="occlusion")
    display = explanation.plot()
    assert shown(display) == [ODD[0]]
    assert len(display.patches_) == len(explanation.words)
    title = f"occlusion: {explanation.target} ({explanation.probability:.2f})"
    assert display.ax_.get_title() == title


def test_white_space_becomes_one_space_and_lines_break_at_it():
    text = "one\n\n two,  " + "three " * 30
    spans = [(0, 3), (6, 9)]
    display = AttentionDisplay(text, *zip(*spans), [1.0, -1.0]).plot()
    lines = shown(display)
    assert len(lines) > 1
    assert " ".join(lines) == " ".join(text.split())


def test_colours_tell_the_sign():
    display = AttentionDisplay("a b c", [0, 2, 4], [1, 3, 5], [0.5, 0.0, -0.5]).plot()
    red, white, blue = (patch.get_facecolor() for patch in display.patches_)
    assert red[0] > red[2] and blue[2] > blue[0]
    assert min(white) > 0.9
    assert display.colorbar_.mappable.norm.vmin == -0.5


def test_attention_starts_at_zero():
    display = AttentionDisplay.from_estimator(text_model("BiGRU"), ODD[2])
    assert display.weights.sum() == pytest.approx(1)
    norm = display.colorbar_.mappable.norm
    assert (norm.vmin, norm.vmax) == (0, display.weights.max())


def test_one_scale_for_several():
    display = AttentionDisplay("a", [0], [1], [0.2]).plot(vmax=2.0, cmap="Greens")
    assert display.colorbar_.mappable.norm.vmax == 2
    expected = plt.get_cmap("Greens")(0.1)
    assert to_hex(display.patches_[0].get_facecolor()) == to_hex(expected)


def test_given_axes_are_drawn_on():
    figure, axes = plt.subplots(1, 2)
    display = AttentionDisplay("a b", [0, 2], [1, 3], [1.0, 2.0])
    assert display.plot(ax=axes[1], colorbar=False) is display
    assert display.ax_ is axes[1]
    assert display.figure_ is figure
    assert display.colorbar_ is None
    assert not axes[0].texts
    assert plt.get_fignums() == [figure.number]
    with pytest.raises(TypeError, match="AttentionDisplay.plot draws on one axes"):
        display.plot(ax=axes)


def test_axes_of_a_subfigure():
    figure = plt.figure()
    ax = figure.subfigures(1, 2)[0].subplots()
    assert AttentionDisplay("a", [0], [1], [1.0]).plot(ax=ax).figure_ is figure


def test_long_text_get_smaller_and_are_cut_in_the_end():
    words = [f"word{i}" for i in range(800)]
    starts = np.cumsum([0, *(len(word) + 1 for word in words[:-1])])
    ends = starts + [len(word) for word in words]
    _, ax = plt.subplots(figsize=(3, 2))
    few = AttentionDisplay(" ".join(words[:60]), starts[:60], ends[:60], np.ones(60))
    few.plot(ax=ax)
    assert " ".join(shown(few)) == few.text
    assert few.text_[0].get_fontsize() < 10
    _, ax = plt.subplots(figsize=(3, 2))
    many = AttentionDisplay(" ".join(words), starts, ends, np.ones(800)).plot(ax=ax)
    assert shown(many)[-1] == "[...]"
    box = ax.get_window_extent()
    for text in (*few.text_, *many.text_):
        outline = text.get_window_extent()
        assert outline.x1 < text.axes.get_window_extent().x1 + 3
    assert many.text_[-1].get_window_extent().y0 > box.y0 - 3


def test_words_longer_than_a_line_go_on():
    text = "x" * 300 + " end"
    display = AttentionDisplay(text, [0, 301], [300, 304], [1.0, 2.0]).plot()
    assert "".join(shown(display)).replace(" ", "") == "x" * 300 + "end"


@pytest.mark.parametrize("text", ["", "?! $x^2$ ..."])
def test_text_without_words(text):
    display = AttentionDisplay(text, [], [], []).plot()
    assert "".join(shown(display)) == text
    assert display.patches_ == []
    display.figure_.canvas.draw()


@pytest.mark.parametrize(
    "starts, ends, weights, message",
    [
        ([0], [3, 7], [1, 2], r"of shapes \(1,\), \(2,\), \(2,\)"),
        ([0, 4], [3, 7], [1], "a start, an end and a weight of each word"),
        ([4, 0], [7, 3], [1, 2], "Sort starts, ends and weights by starts"),
        ([0, 2], [3, 7], [1, 2], "do not overlap"),
        ([0, 4], [3, 8], [1, 2], "within the text"),
    ],
    ids=["starts", "weights", "order", "overlap", "beyond"],
)
def test_words_that_are_not_in_the_text(starts, ends, weights, message):
    with pytest.raises(ValueError, match=message):
        AttentionDisplay("red tea", starts, ends, weights)


@pytest.mark.parametrize("name", ["vmax", "fontsize"])
@pytest.mark.parametrize("value", [0, -1, np.nan])
def test_sizes_are_above_zero(name, value):
    display = AttentionDisplay("a", [0], [1], [1.0])
    with pytest.raises(ValueError, match=f"plot needs {name} above zero. Got {name}="):
        display.plot(**{name: value})
    assert not plt.get_fignums()


def test_long_names_of_classes_are_shortened_and_no_formula():
    target = r"$\frac$ " + "long name of a class " * 10
    (explanation,) = explain_text(text_model("linear"), ["tea"], method="occlusion")
    named = dataclasses.replace(explanation, target=target, method="lime")
    display = named.plot()
    title = display.ax_.title
    assert title.get_text().startswith(r"lime: $\frac$ long name")
    assert title.get_window_extent().width < display.figure_.bbox.width
    display.figure_.canvas.draw()


def test_options_reach_the_explanation():
    model = text_model("linear")
    options = {"n_samples": 30, "random_state": 0}
    display = AttentionDisplay.from_estimator(
        model, ODD[0], method="lime", target="vehicles", explain_options=options
    )
    (expected,) = explain_text(model, ODD[:1], target="vehicles", **options)
    np.testing.assert_array_equal(display.weights, expected.weights)
    assert display.ax_.get_title().startswith("lime: vehicles")
    with pytest.raises(TypeError, match="a single text: give a str. Got list"):
        AttentionDisplay.from_estimator(model, ODD)


def test_figures_of_matplotlib_3_8(monkeypatch):
    refuse_roots(monkeypatch)
    figure = plt.figure()
    ax = figure.subfigures(1, 2)[1].subplots()
    assert AttentionDisplay("a", [0], [1], [1.0]).plot(ax=ax).figure_ is figure


def test_without_matplotlib_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match=r"pip install sklearn_nn\[plot\]"):
        AttentionDisplay("a", [0], [1], [1.0]).plot()
