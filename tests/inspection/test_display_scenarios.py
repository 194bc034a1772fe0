"""Scenario matrices: effects of levers, and score against time."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import Pipeline
from sklearn.svm import LinearSVC

from sklearn_nn.inspection import LeverEffectDisplay, ScenarioDisplay
from sklearn_nn.model_selection import ScenarioSearchCV, compare_scenarios
from tests.inspection.display_cases import LONG, effect, legend_of
from tests.scenarios.small_results import LEVERS, made_up, small_results

PIPELINE = Pipeline([("vectorizer", TfidfVectorizer()), ("model", LinearSVC())])
CHOICES = {
    "vectorizer": {"tfidf": TfidfVectorizer(), "count": CountVectorizer()},
    "model": {"svm": LinearSVC(random_state=0), "bayes": MultinomialNB()},
}
X = ["hot tea", "green tea", "tea car", "red car", "fast car", "car tea"] * 10
Y = ["drink", "drink", "drink", "drive", "drive", "drive"] * 10


@pytest.fixture(scope="module")
def results():
    return small_results(n_samples=300, n_classes=4)


@pytest.fixture(scope="module")
def search():
    return ScenarioSearchCV(PIPELINE, CHOICES, cv=2, scoring="f1_macro").fit(X, Y)


def points(line):
    """Place of the point, and ends of the interval."""
    (marker, _, (bars,)) = line
    return marker.get_xdata()[0], *bars.get_segments()[0][:, 0]


def test_effects(results):
    comparison = compare_scenarios(results, random_state=0)
    _, ax = plt.subplots()
    display = LeverEffectDisplay.from_comparison(comparison, ax=ax)
    assert display.ax_ is ax
    assert len(display.lines_) == len(comparison.effects) > 3
    for effect_, line in zip(comparison.effects, display.lines_):
        drawn = points(line)
        np.testing.assert_allclose(drawn, (effect_.effect, effect_.low, effect_.high))
    assert ax.get_xlabel() == "difference in f1_weighted\nwith 95 % intervals"


def test_lines_stand_beside_their_names():
    effects = [effect("b", "x", 0.1), effect("a", "y", 0.2), effect("b", "z", 0.3)]
    display = LeverEffectDisplay(effects=effects).plot()
    labels = [text.get_text() for text in display.ax_.get_yticklabels()]
    # A lever's outcomes stand together, below its name and baseline.
    assert labels == ["b, against svm", "x", "z", "a, against svm", "y"]
    places = [line[0].get_ydata()[0] for line in display.lines_]
    assert places == [1, 4, 2]
    weights = [text.get_fontweight() for text in display.ax_.get_yticklabels()]
    assert [weight == "bold" for weight in weights] == [True, False, False, True, False]


def test_what_may_be_chance_is_hollow():
    effects = [
        effect(outcome="clear", low=0.05),
        effect(outcome="vague", low=-0.05),
        effect(outcome="worse", effect=-0.1, low=-0.2, high=-0.05),
    ]
    display = LeverEffectDisplay(effects=effects).plot()
    hollow = [line[0].get_markerfacecolor() == "white" for line in display.lines_]
    assert hollow == [False, True, False]
    assert legend_of(display.ax_) == ["larger than chance", "may be chance"]


def test_an_interval_that_was_cut():
    # Clipped to the metric's range, the interval ends before the effect.
    display = LeverEffectDisplay(effects=[effect(effect=1.0, low=0.5, high=0.9)]).plot()
    assert points(display.lines_[0]) == (1.0, 0.5, 1.0)


def test_effects_of_results_and_of_a_search(results, search):
    comparison = compare_scenarios(
        results, metric="accuracy", confidence=0.9, random_state=0
    )
    display = LeverEffectDisplay.from_results(
        results, metric="accuracy", confidence=0.9, random_state=0
    )
    assert display.effects == comparison.effects
    assert display.ax_.get_xlabel() == "difference in accuracy\nwith 90 % intervals"
    display = LeverEffectDisplay.from_search(search, random_state=0)
    found = compare_scenarios(search.results_, random_state=0)
    assert display.effects == found.effects
    assert display.metric == "f1_macro"


def test_many_effects_are_readable():
    effects = [effect(LONG, f"{LONG} {i}") for i in range(30)]
    display = LeverEffectDisplay(effects=effects).plot()
    display.figure_.canvas.draw()
    boxes = [text.get_window_extent() for text in display.ax_.get_yticklabels()]
    assert all(a.y0 > b.y1 for a, b in zip(boxes, boxes[1:]))
    assert display.ax_.get_window_extent().width > 250


def test_scenarios(results):
    _, ax = plt.subplots()
    display = ScenarioDisplay.from_results(results, ax=ax)
    assert display.ax_ is ax
    failed = {run.code for run in results.runs if run.error}
    assert failed and set(display.codes) == set(results.codes) - failed
    np.testing.assert_array_equal(
        display.points_.get_offsets(), np.c_[display.fit_times, display.scores]
    )
    of_first = [run for run in results.runs if run.code == display.codes[0]]
    assert display.scores[0] == pytest.approx(
        np.mean([run.scores["f1_weighted"] for run in of_first])
    )
    assert display.fit_times[0] == pytest.approx(
        np.mean([run.fit_time for run in of_first])
    )
    assert (ax.get_xscale(), ax.get_ylabel()) == ("log", "f1_weighted")
    assert ax.get_xlabel() == "fit time, seconds (log scale)"
    best = display.codes[int(np.argmax(display.scores))]
    baseline = "".join(next(iter(outcomes)) for outcomes in LEVERS.values())
    texts = [text.get_text() for text in display.text_]
    assert texts == [f"best: {best}", f"baseline: {baseline}"]


def test_pareto_front_by_hand():
    display = ScenarioDisplay(
        codes=["slow", "fast", "even", "dominated", "tie", "same"],
        scores=[0.9, 0.5, 0.7, 0.6, 0.7, 0.5],
        fit_times=[9.0, 1.0, 3.0, 4.0, 5.0, 1.0],
    ).plot()
    front = [display.codes[place] for place in display.front_]
    assert front == ["fast", "even", "slow"]
    np.testing.assert_array_equal(
        display.line_.get_xydata(), [[1.0, 0.5], [3.0, 0.7], [9.0, 0.9]]
    )
    assert legend_of(display.ax_) == ["scenario", "Pareto front"]


def test_baseline_that_is_best_or_absent():
    numbers = {"scores": [0.9, 0.5], "fit_times": [1.0, 2.0]}
    display = ScenarioDisplay(codes=["00", "10"], baseline="00", **numbers).plot()
    assert [text.get_text() for text in display.text_] == ["best, baseline: 00"]
    display = ScenarioDisplay(codes=["01", "10"], baseline="00", **numbers).plot()
    assert [text.get_text() for text in display.text_] == ["best: 01"]


def test_scenarios_of_a_search(search):
    display = ScenarioDisplay.from_search(search)
    assert display.codes == search.cv_results_["scenario"].tolist()
    np.testing.assert_allclose(display.scores, search.cv_results_["mean_test_score"])
    np.testing.assert_allclose(display.fit_times, search.cv_results_["mean_fit_time"])
    by_accuracy = ScenarioDisplay.from_search(search, metric="accuracy")
    assert by_accuracy.ax_.get_ylabel() == "accuracy"
    with pytest.raises(ValueError, match="metric='auc' is not among the scores"):
        ScenarioDisplay.from_search(search, metric="auc")


@pytest.mark.parametrize("display", [LeverEffectDisplay, ScenarioDisplay])
def test_other_searches(display):
    with pytest.raises(NotFittedError, match="ScenarioSearchCV is not fitted"):
        display.from_search(ScenarioSearchCV(PIPELINE, CHOICES))
    grid = GridSearchCV(PIPELINE, {"model__C": [1.0]})
    with pytest.raises(TypeError, match="fitted ScenarioSearchCV. Got a GridSearchCV"):
        display.from_search(grid)


def test_nothing_to_draw(results):
    y = [np.array([0, 1, 0, 1])]
    apart = made_up({"ax": [y[0]], "by": [y[0]]}, y)
    with pytest.raises(ValueError, match="effects is empty.*one-at-a-time"):
        LeverEffectDisplay.from_results(apart, random_state=0)
    with pytest.raises(TypeError, match="there is from_results"):
        LeverEffectDisplay.from_comparison(results)
    apart.runs = []
    with pytest.raises(ValueError, match="no scenario has succeeded on all 1 splits"):
        ScenarioDisplay.from_results(apart)
    assert plt.get_fignums() == []


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"scores": [0.5]}, "must be of one length"),
        ({"codes": [], "scores": [], "fit_times": []}, "one or more"),
        ({"scores": [0.5, np.nan]}, "scores of the scenario 'b' is nan"),
        ({"fit_times": [0.0, 1.0]}, "fit_times of the scenario 'a' is 0.0"),
    ],
)
def test_wrong_arrays(changes, message):
    given = {"codes": ["a", "b"], "scores": [0.5, 0.6], "fit_times": [1.0, 2.0]}
    with pytest.raises(ValueError, match=message):
        ScenarioDisplay(**(given | changes)).plot()
    assert plt.get_fignums() == []
