"""Which experts answer for which classes."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from imblearn.over_sampling import RandomOverSampler
from imblearn.pipeline import Pipeline as SamplingPipeline
from sklearn.datasets import load_iris
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_nn.inspection import ExpertUsageDisplay
from sklearn_nn.neural_network import MoEClassifier, MoERegressor, TransformerClassifier

X, codes = load_iris(return_X_y=True)
NAMES = np.array(["setosa", "versicolor", "virginica"])
y = NAMES[codes]


def moe(**options):
    defaults = {"n_experts": 4, "hidden_size": 4, "max_epochs": 2, "random_state": 0}
    return MoEClassifier(**(defaults | options))


@pytest.fixture(scope="module")
def scaled():
    return make_pipeline(StandardScaler(), moe()).fit(X, y)


@pytest.mark.filterwarnings("ignore:.*experts of MoEClassifier")
@pytest.mark.parametrize("top_k", [None, 1, 2])
def test_on_the_training_rows_as_the_fit_says(top_k):
    model = moe(top_k=top_k).fit(X, y)
    display = ExpertUsageDisplay.from_estimator(model, X, y)
    np.testing.assert_allclose(display.usage, model.expert_usage_, rtol=1e-5)
    np.testing.assert_array_equal(display.im_.get_array(), display.usage)


def test_what_is_drawn(scaled):
    _, ax = plt.subplots()
    display = ExpertUsageDisplay.from_estimator(scaled, X, y, ax=ax)
    assert display.ax_ is ax
    np.testing.assert_allclose(display.usage, scaled[-1].expert_usage_, rtol=1e-5)
    assert [text.get_text() for text in ax.get_yticklabels()] == NAMES.tolist()
    assert [text.get_text() for text in ax.get_xticklabels()] == ["0", "1", "2", "3"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("expert", "class")
    # The first class is on top.
    assert ax.get_ylim() == (2.5, -0.5)
    for (i, j), text in np.ndenumerate(display.text_):
        assert text.get_text() == f"{display.usage[i, j]:.2f}"
        assert text.get_position() == (j, i)
    # An axes of its own for the key of the colours.
    (key,) = [other for other in ax.figure.axes if other is not ax]
    assert key.get_ylabel() == "mean weight of the expert"


def test_some_rows_weighted(scaled):
    rows = slice(0, 75)
    weight = np.linspace(1, 2, 75)
    gate = scaled[-1].gate(scaled[:-1].transform(X[rows]))
    display = ExpertUsageDisplay.from_estimator(
        scaled, X[rows], y[rows], sample_weight=weight
    )
    for place, name in enumerate(NAMES[:2]):
        of = y[rows] == name
        expected = np.average(gate[of], axis=0, weights=weight[of])
        np.testing.assert_allclose(display.usage[place], expected, rtol=1e-5)
    # No row of the third class: blank, not zero.
    assert np.isnan(display.usage[2]).all()
    assert [text.get_text() for text in display.text_[2]] == [""] * 4


def test_through_a_search(scaled):
    search = GridSearchCV(scaled, {"moeclassifier__lr": [0.001]}, cv=2).fit(X, y)
    display = ExpertUsageDisplay.from_estimator(search, X, y)
    expected = search.best_estimator_[-1].expert_usage_
    np.testing.assert_allclose(display.usage, expected, rtol=1e-5)


def test_behind_a_sampler_and_a_step_left_out(scaled):
    steps = [
        ("over", RandomOverSampler(random_state=0)),
        ("off", "passthrough"),
        ("scale", StandardScaler()),
        ("again", RandomOverSampler(random_state=0)),
        ("moe", moe()),
    ]
    model = SamplingPipeline(steps).fit(X, y)
    display = ExpertUsageDisplay.from_estimator(model, X, y)
    np.testing.assert_allclose(display.usage, scaled[-1].expert_usage_, rtol=1e-3)


def test_of_a_regressor_by_groups():
    model = MoERegressor(n_experts=3, hidden_size=4, max_epochs=2, random_state=0)
    model.fit(X[:, :3], X[:, 3])
    with pytest.raises(ValueError, match=r"no classes.*from_predictions\(model.gate"):
        ExpertUsageDisplay.from_estimator(model, X[:, :3], X[:, 3])
    wide = np.where(X[:, 3] > 1, "wide", "narrow")
    gate = model.gate(X[:, :3])
    display = ExpertUsageDisplay.from_predictions(gate, wide)
    expected = gate[wide == "wide"].mean(axis=0)
    np.testing.assert_allclose(display.usage[1], expected, rtol=1e-5)
    labels = [text.get_text() for text in display.ax_.get_yticklabels()]
    assert labels == ["narrow", "wide"]


def test_options():
    usage = np.array([[0.25, 0.75], [1.0, 0.0]])
    display = ExpertUsageDisplay(usage=usage, display_labels=["a", "b"])
    display.plot(include_values=False, colorbar=False, cmap="magma")
    assert display.text_ is None
    assert display.figure_.axes == [display.ax_]
    assert display.im_.get_cmap().name == "magma"
    display.plot(values_format=".0%")
    assert display.text_[0, 1].get_text() == "75%"
    # Numbers stand out against their cell.
    dark, bright = display.text_[1, 1].get_color(), display.text_[1, 0].get_color()
    assert dark == display.im_.cmap(1.0) and bright == display.im_.cmap(0)


def test_many_classes_are_readable():
    usage = np.full((27, 16), 1 / 16)
    display = ExpertUsageDisplay(usage=usage).plot()
    display.figure_.canvas.draw()
    boxes = [text.get_window_extent() for text in display.text_[0]]
    assert all(a.x1 < b.x0 for a, b in zip(boxes, boxes[1:]))
    boxes = [text.get_window_extent() for text in display.ax_.get_yticklabels()]
    assert all(a.y0 > b.y1 for a, b in zip(boxes, boxes[1:]))


@pytest.mark.parametrize(
    "estimator, error, message",
    [
        (moe(), NotFittedError, "not fitted"),
        (
            LogisticRegression(max_iter=500).fit(X, y),
            ValueError,
            "no experts.*MoEClassifier",
        ),
        (TransformerClassifier(), NotFittedError, "not fitted"),
        ("moe", TypeError, "takes a fitted estimator"),
    ],
    ids=["unfitted", "no experts", "another head", "text"],
)
def test_wrong_estimators(estimator, error, message):
    with pytest.raises(error, match=message):
        ExpertUsageDisplay.from_estimator(estimator, X, y)


def test_wrong_arguments(scaled):
    with pytest.raises(ValueError, match="Row 0 of y is 'rose'"):
        ExpertUsageDisplay.from_estimator(scaled, X[:1], ["rose"])
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        ExpertUsageDisplay.from_estimator(scaled, X, y[:-1])
    with pytest.raises(ValueError, match=r"\(n_classes, n_experts\). Got \(4,\)"):
        ExpertUsageDisplay(usage=[0.25] * 4).plot()
    with pytest.raises(ValueError, match="display_labels has 1 names.*2 rows"):
        ExpertUsageDisplay(usage=np.eye(2), display_labels=["a"]).plot()
    assert plt.get_fignums() == []


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"y": [0, 1, np.nan, 1]}, r"Row 2 of y is nan.*classes \[0.0, 1.0\]"),
        ({"y": ["a", None, "b", "a"]}, r"Row 1 of y is None.*classes \['a', 'b'\]"),
        ({"y": [0, None, 1, 1], "labels": [0, 1]}, "Row 1 of y is None"),
        ({"labels": [1, 0, 1]}, "labels holds 1 twice"),
        ({"sample_weight": [1, 1, 1, -1]}, "Row 3 of sample_weight is negative"),
        ({"sample_weight": [1, 1, 1, np.nan]}, "Input sample_weight contains NaN"),
        ({"gate": [[1, 0]] * 3 + [[0, 0]]}, "Row 3 of gate asks no expert"),
        ({"gate": [[2, -1]] * 4}, "Row 0 of gate holds a negative weight"),
    ],
    ids=["nan", "none", "labels", "twice", "negative", "weight", "zero", "gate"],
)
def test_wrong_predictions(changes, message):
    arguments = {"gate": np.full((4, 2), 0.5), "y": [0, 0, 1, 1]}
    with pytest.raises(ValueError, match=message):
        ExpertUsageDisplay.from_predictions(**(arguments | changes))
    assert plt.get_fignums() == []


def test_a_search_without_refit(scaled):
    search = GridSearchCV(scaled, {"moeclassifier__lr": [0.01]}, cv=2, refit=False)
    with pytest.raises(ValueError, match=r"GridSearchCV has refit=False.*refit=True"):
        ExpertUsageDisplay.from_estimator(search.fit(X, y), X, y)


def test_drawn_again_on_the_same_axes():
    display = ExpertUsageDisplay(usage=np.eye(3))
    figure, ax = plt.subplots(layout="constrained")
    for style in (".1f", ".0%", ".2f"):
        display.plot(ax, values_format=style)
        figure.canvas.draw()
        assert len(figure.axes) == 2
        assert len(ax.texts) == 9
    assert display.text_[0, 0].get_text() == "1.00"
    display.plot(ax, include_values=False, colorbar=False)
    assert len(ax.texts) == 0 and figure.axes == [ax]
    display.plot(ax)
    assert len(ax.texts) == 9
