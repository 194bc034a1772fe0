"""What each base adds to a late fusion."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression

from sklearn_nn.inspection import FusionDisplay
from tests.ensemble.fusion_cases import fusion, make_rows

X, y = make_rows(90)


@pytest.fixture(scope="module")
def fitted():
    rows = X.copy()
    rows.loc[:29, "text"] = ""
    return fusion(cv=2).fit(rows, y)


def widths(bars):
    return [bar.get_width() for bar in bars]


def labels(ax):
    return [text.get_text() for text in ax.get_yticklabels()]


def test_bars(fitted):
    _, ax = plt.subplots()
    display = FusionDisplay.from_estimator(fitted, ax=ax)
    assert display.ax_ is ax
    scores, rises = display.bars_
    found = fitted.modality_scores_
    assert widths(scores) == [found[name]["accuracy"] for name in ("words", "sizes")]
    assert widths(rises) == [fitted.ablation_[name] for name in ("words", "sizes")]
    left, right = display.axes_
    assert labels(left) == ["words\n(66.7 % of rows)", "sizes"]
    assert labels(right) == ["", ""]
    assert left.get_xlabel() == "accuracy alone,\nout of fold"
    assert right.get_xlabel() == "rise of log loss\nwithout it"
    # The first base is on top of both.
    assert left.get_ylim() == right.get_ylim() and left.get_ylim()[0] > 0
    told = [[text.get_text() for text in texts] for texts in display.text_]
    assert told[0] == [f"{width:.3f}" for width in widths(scores)]
    assert told[1] == [f"{width:+.3f}" for width in widths(rises)]


@pytest.mark.parametrize(
    "metric, name",
    [
        ("f1_macro", "macro F1"),
        ("f1_weighted", "weighted F1"),
        ("log_loss", "log loss"),
    ],
)
def test_metrics(fitted, metric, name):
    display = FusionDisplay.from_estimator(fitted, metric=metric)
    found = fitted.modality_scores_
    assert widths(display.bars_[0]) == [scores[metric] for scores in found.values()]
    assert display.axes_[0].get_xlabel().startswith(f"{name} alone")


def test_a_base_that_harms():
    display = FusionDisplay(
        scores={"a": 0.9, "b": 0.2}, rises={"b": -0.3, "a": 0.6}
    ).plot()
    assert widths(display.bars_[1]) == [0.6, -0.3]
    low, high = display.axes_[1].get_xlim()
    assert low < -0.3 and high > 0.6
    assert display.axes_[0].get_xlim()[0] == 0


def test_numbers_within_their_panel():
    display = FusionDisplay(
        scores={"a": 0.9, "b": 0.2}, rises={"a": 0.6, "b": -0.3}
    ).plot()
    display.figure_.canvas.draw()
    for panel, texts in zip(display.axes_, display.text_):
        frame = panel.get_window_extent()
        for text in texts:
            box = text.get_window_extent()
            assert frame.x0 <= box.x0 and box.x1 <= frame.x1


def test_all_zero():
    display = FusionDisplay(scores={"a": 0.0}, rises={"a": 0.0}).plot()
    assert np.isfinite(display.axes_[1].get_xlim()).all()


def test_wrong_arguments(fitted):
    with pytest.raises(NotFittedError, match="not fitted"):
        FusionDisplay.from_estimator(fusion())
    with pytest.raises(ValueError, match="has no bases.*LateFusionClassifier"):
        FusionDisplay.from_estimator(
            LogisticRegression().fit(X[["height", "width"]], y)
        )
    with pytest.raises(ValueError, match="metric must be one of accuracy.*'auc'"):
        FusionDisplay.from_estimator(fitted, metric="auc")
    with pytest.raises(ValueError, match=r"same bases.*\['a'\] and \['b'\]"):
        FusionDisplay(scores={"a": 1.0}, rises={"b": 1.0}).plot()
    assert plt.get_fignums() == []


def test_what_is_not_finite_has_no_bar():
    display = FusionDisplay(
        scores={"a": 0.9, "b": np.nan}, rises={"a": np.inf, "b": 0.3}
    ).plot()
    display.figure_.canvas.draw()
    scores, rises = display.bars_
    assert widths(scores) == [0.9, 0] and widths(rises) == [0, 0.3]
    told = [[text.get_text() for text in texts] for texts in display.text_]
    assert told == [["0.900", "nan"], ["+inf", "+0.300"]]
    assert display.axes_[1].get_xlim() == pytest.approx((0, 0.51))
