import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.exceptions import FitFailedWarning
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GroupKFold
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import LinearSVC

from sklearn_nn.model_selection import ScenarioSearchCV
from sklearn_nn.preprocessing import StopWordRemover, TextCleaner
from tests.model_selection.small import (
    LABELS,
    LANGUAGES,
    LEVERS,
    TEXTS,
    Failing,
    run,
    scenarios,
)

FAILS = {
    "clean": {"off": "passthrough", "fails": Failing("fit")},
    "model": LEVERS["model"],
}


def test_a_failing_scenario_is_recorded_and_the_others_go_on(tmp_path):
    for n_jobs in (1, 2):
        search, error, caught = run(
            scenarios(FAILS, n_jobs=n_jobs, store=tmp_path / str(n_jobs)),
            (TEXTS, LABELS),
            {"languages": LANGUAGES},
        )
        assert error is None and "FitFailedWarning" in str(caught)
        results = search.cv_results_
        told = "clean: ValueError: told to fail in fit"
        assert results["error"].tolist() == [None, None, told, told]
        assert results["confusion_matrix"][2] is None
        assert np.isnan(results["f1_tea"][2:]).all()
        assert np.isnan(results["score_fr"][2:]).all()
        assert np.isfinite(results["score_fr"][:2]).all()
        runs = [run for run in search.results_.runs if run.error]
        assert "Traceback" in runs[0].traceback and runs[0].predicted is None
    assert search.best_scenario_[0] == "0"


class FailsInPredict(LogisticRegression):
    def predict(self, X):
        raise ValueError("told to fail in predict")


@pytest.mark.parametrize(
    "value, message",
    [
        (FailsInPredict(), "model: ValueError: told to fail in predict"),
        (Ridge(), "model: ValueError: "),
        (KMeans(4, random_state=0), "no label of y"),
        (LogisticRegression(C=-1), "model: .*InvalidParameterError.*'C' parameter"),
        ("passthrough", "model: AttributeError"),
        (3, "pipeline: TypeError"),
    ],
)
def test_a_model_that_fails_is_recorded(value, message):
    levers = {"model": {"logreg": LogisticRegression(), "bad": value}}
    with pytest.warns(FitFailedWarning):
        search = scenarios(levers).fit(TEXTS, LABELS)
    errors = search.cv_results_["error"]
    assert errors[0] is None
    assert pd.Series(errors[1:]).str.contains(message, regex=True).all(), errors
    with pytest.raises((ValueError, AttributeError, TypeError)):
        scenarios(levers, error_score="raise").fit(TEXTS, LABELS)


def test_a_step_that_cannot_be_applied_is_recorded():
    levers = {"clean": {"off": "passthrough", "test": Failing("test")}}
    uneven = [(np.arange(24), np.arange(24, 36))]
    with pytest.warns(FitFailedWarning, match="1 fits failed"):
        search = scenarios(levers, cv=uneven).fit(TEXTS, LABELS)
    told = "clean: ValueError: told to fail on the test rows"
    assert search.cv_results_["error"].tolist() == [None, told]


def test_failures_are_raised_when_asked_for(tmp_path):
    search = scenarios(FAILS, error_score="raise", store=tmp_path / "store")
    for _ in range(2):
        with pytest.raises(ValueError, match="told to fail in fit"):
            search.fit(TEXTS, LABELS)
    # Stored failures are tried again, and so raised again.
    with pytest.warns(UserWarning):
        search.set_params(error_score=np.nan).fit(TEXTS, LABELS)
    with pytest.raises(ValueError, match="told to fail in fit"):
        search.set_params(error_score="raise").fit(TEXTS, LABELS)


def test_all_failing():
    levers = {"clean": {"a": Failing("fit"), "b": Failing("fit", note=1)}}
    with pytest.raises(ValueError, match="All the 4 fits failed"):
        scenarios(levers).fit(TEXTS, LABELS)


def test_texts_that_are_empty_after_cleaning():
    levers = {
        "clean": {
            "off": "passthrough",
            "nothing": FunctionTransformer(lambda texts: [""] * len(texts)),
            "words": StopWordRemover(language="en"),
        }
    }
    with pytest.warns(FitFailedWarning):
        search = scenarios(levers).fit(["the of and", *TEXTS[1:]], LABELS)
    errors = search.cv_results_["error"].tolist()
    assert errors[0] is None and errors[2] is None
    assert errors[1] == (
        "tfidf: ValueError: empty vocabulary; perhaps the documents only contain stop "
        "words"
    )


@pytest.mark.parametrize("text", [None, np.nan, b"tea", 3])
def test_texts_that_are_none(text):
    texts = [*TEXTS[:7], text, *TEXTS[8:]]
    levers = {"clean": {"on": TextCleaner()}, "model": LEVERS["model"]}
    with (
        pytest.warns(
            UserWarning, match="ScenarioSearchCV expects one str per row; row 7"
        ),
        pytest.raises(ValueError, match="All the 4 fits failed") as raised,
    ):
        scenarios(levers).fit(texts, LABELS)
    assert "TextCleaner expects one str per row; row " in str(raised.value)
    as_text = FunctionTransformer(lambda texts: [str(text) for text in texts])
    levers["clean"] = {"text": as_text, "on": TextCleaner()}
    with pytest.warns(FitFailedWarning), pytest.warns(UserWarning, match="row 7 is"):
        search = scenarios(levers).fit(texts, LABELS)
    errors = search.cv_results_["error"].tolist()
    assert errors[:2] == [None, None]
    assert all("clean: " in e and "one str per row; row " in e for e in errors[2:])


@pytest.mark.parametrize(
    "options, data, message",
    [
        ({"levers": {"cleen": {"a": 1}}}, {}, "'cleen' matches no step.*steps are"),
        ({"levers": {"model__D": {"a": 1}}}, {}, "'model__D' matches no step"),
        ({"levers": {"nope__C": {"a": 1}}}, {}, "'nope__C' matches no step"),
        ({"levers": [1]}, {}, "give a dict of lever"),
        ({"levers": {"model": [1]}}, {}, "outcomes of lever 'model'"),
        ({"scenarios": ["0"]}, {}, "one character for each"),
        ({"scenarios": "all"}, {}, "give 'product'"),
        ({"exclude": lambda outcomes: True}, {}, "all 8 wanted ones are excluded"),
        ({"exclude": [{"x": "y"}]}, {}, "unknown lever 'x'"),
        ({"memory_budget": "much"}, {}, "no amount of memory"),
        ({"patience": "long"}, {}, "'patience' parameter"),
        ({"retry_failed": 3}, {}, "'retry_failed' parameter"),
        ({"store": 3}, {}, "'store' parameter"),
        ({"scoring": ["accuracy", "f1_macro"]}, {}, "refit must be set"),
        ({"cv": GroupKFold(2)}, {}, "'groups' parameter should not be None"),
        ({}, {"languages": LANGUAGES[1:]}, "languages has 35 entries.* 36 rows"),
        ({}, {"y": np.arange(36) / 7}, "y holds continuous targets; a scenario matrix"),
        ({}, {"y": np.eye(36, dtype=int)[:, :3]}, "y holds multilabel-indicator"),
        ({}, {"y": np.arange(72).reshape(36, 2)}, "y holds multiclass-multioutput"),
        ({}, {"y": LABELS[1:]}, "inconsistent numbers of samples"),
        ({}, {"y": None}, "y"),
        ({}, {"X": "one text"}, "inconsistent|sequence"),
        ({}, {"sample_weight": np.ones(36)}, "such as model__sample_weight"),
    ],
)
def test_bad_input(options, data, message):
    data = {"X": TEXTS, "y": LABELS} | data
    with pytest.raises((ValueError, TypeError), match=message):
        scenarios(**options).fit(**data)


def test_a_text_that_is_none_is_named_by_its_row_in_x():
    pipeline = Pipeline([("counts", CountVectorizer()), ("model", MultinomialNB())])
    texts = np.array(["red car", "green tea"] * 10, dtype=object)
    texts[17] = None
    splits = [(range(10, 20), range(10))] * 2
    search = ScenarioSearchCV(pipeline, {"model": {"a": MultinomialNB()}}, cv=splits)
    with (
        pytest.warns(UserWarning, match="row 17 is missing"),
        pytest.raises(ValueError, match="All the 2 fits failed"),
    ):
        search.fit(texts, ["a", "b"] * 10)


def test_a_parameter_that_an_outcome_lacks_names_the_scenario():
    pipeline = Pipeline([("counts", CountVectorizer()), ("model", MultinomialNB())])
    levers = {
        "model": {"bayes": MultinomialNB(), "svm": LinearSVC()},
        "model__C": {"one": 1.0},
    }
    search = ScenarioSearchCV(pipeline, levers, cv=2)
    with pytest.raises(ValueError, match=r"exclude=\[\{'model': 'bayes'"):
        search.fit(["red car", "green tea"] * 10, ["a", "b"] * 10)
    search.set_params(exclude=[{"model": "bayes"}])
    search.fit(["red car", "green tea"] * 10, ["a", "b"] * 10)
    assert search.excluded_ == {"bo": "model bayes"}


@pytest.mark.parametrize("scoring", ["neg_log_loss", ["accuracy", "neg_log_loss"]])
def test_a_scorer_that_fails_is_a_failure_of_the_scenario(scoring, tmp_path):
    pipeline = Pipeline([("counts", CountVectorizer()), ("model", LinearSVC())])
    levers = {"model": {"svm": LinearSVC(), "logreg": LogisticRegression()}}
    refit = "accuracy" if isinstance(scoring, list) else False
    search = ScenarioSearchCV(
        pipeline, levers, cv=2, scoring=scoring, refit=refit, store=tmp_path / "s"
    )
    for _ in range(2):
        with pytest.warns(UserWarning):
            search.fit(["red car", "green tea"] * 10, ["a", "b"] * 10)
        error = search.cv_results_["error"][0]
        assert error.startswith("scoring: AttributeError: LinearSVC has none")
        assert search.cv_results_["error"][1] is None
        assert search.best_scenario_ == "l" if refit else True


def test_named_scores_of_a_callable_come_back_named(tmp_path):
    pipeline = Pipeline([("counts", CountVectorizer()), ("model", MultinomialNB())])
    search = ScenarioSearchCV(
        pipeline,
        {"model": {"a": MultinomialNB(), "b": MultinomialNB(alpha=2.0)}},
        scenarios=["a"],
        cv=2,
        scoring=named_accuracy,
        refit="acc",
        store=tmp_path / "s",
    )
    for scenarios_ in (["a"], ["a"], ["a", "b"]):
        search.set_params(scenarios=scenarios_)
        search.fit(["red car", "green tea"] * 10, ["a", "b"] * 10)
        assert search.multimetric_
        assert len(search.cv_results_["mean_test_acc"]) == len(scenarios_)


def named_accuracy(estimator, X, y):
    return {"acc": estimator.score(X, y)}
