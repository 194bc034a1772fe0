import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import Pipeline as SamplerPipeline
from joblib import parallel_config
from sklearn import config_context
from sklearn.base import clone
from sklearn.callback import ProgressBar
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import confusion_matrix, f1_score
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    StratifiedKFold,
    cross_val_predict,
    cross_val_score,
)
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from sklearn_nn.model_selection import ScenarioSearchCV
from tests.model_selection.small import (
    LABELS,
    LANGUAGES,
    LEVERS,
    TEXTS,
    Counting,
    Failing,
    X,
    same_results,
    scenarios,
    text_pipeline,
    y,
)

FAILS = {
    "clean": {"off": "passthrough", "fails": Failing("fit")},
    "model": LEVERS["model"],
}


def of_grid(levers=LEVERS, **options):
    """Return GridSearchCV over the scenarios, in their order."""
    search = scenarios(levers)
    codes = search.fit(TEXTS, LABELS).cv_results_["scenario"]
    grid = [
        {
            lever: [levers[lever][name]]
            for lever, name in search.decode_scenario(code).items()
        }
        for code in codes
    ]
    return GridSearchCV(text_pipeline(), grid, **({"cv": 2} | options))


@pytest.fixture(scope="module")
def search():
    return scenarios(cv=3, scoring="f1_macro").fit(TEXTS, LABELS, languages=LANGUAGES)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"return_train_score": True},
        {"scoring": "f1_macro", "cv": 3},
        {"scoring": ["accuracy", "f1_macro"], "refit": "f1_macro"},
        {"scoring": {"a": "accuracy"}, "refit": False},
        {"scoring": lambda e, X, y: float(len(e[-1].classes_) + len(X))},
        {"scoring": lambda e, X, y: {"a": e.score(X, y), "b": 1.0}, "refit": "a"},
        {"scoring": lambda e, X, y: {"a": e.score(X, y)}, "refit": False},
        {"cv": 2, "refit": lambda results: 3},
    ],
    ids=[
        "plain",
        "train",
        "f1",
        "several",
        "dict",
        "own",
        "own dict",
        "own, no refit",
        "refit chooses",
    ],
)
def test_scores_equal_those_of_grid_search(options, tmp_path):
    theirs = of_grid(**options).fit(TEXTS, LABELS)
    for store in (None, tmp_path / "new", tmp_path / "new"):
        ours = scenarios(store=store, **options).fit(TEXTS, LABELS)
        assert ours.cv_results_["params"] == theirs.cv_results_["params"]
        keys = [k for k in theirs.cv_results_ if "param" not in k]
        same_results(*({k: s.cv_results_[k] for k in keys} for s in (ours, theirs)))
        for name in ("best_index_", "best_score_", "multimetric_", "n_splits_"):
            assert getattr(ours, name, None) == getattr(theirs, name, None)
        assert hasattr(ours, "best_estimator_") == hasattr(theirs, "best_estimator_")
        if hasattr(theirs, "best_estimator_"):
            np.testing.assert_array_equal(ours.predict(TEXTS), theirs.predict(TEXTS))


def test_columns(search):
    results = search.cv_results_
    codes = results["scenario"].tolist()
    assert codes == ["0wl", "0wb", "0pl", "0pb", "owl", "owb", "opl", "opb"]
    assert results["lever_clean"].tolist() == ["off"] * 4 + ["on"] * 4
    assert results["lever_model"].tolist() == ["logreg", "bayes"] * 4
    assert results["lever_tfidf__ngram_range"][2] == "pairs"
    assert all(len(values) == 8 for values in results.values())
    assert results["error"].tolist() == [None] * 8
    assert search.best_scenario_ == codes[search.best_index_]
    assert search.excluded_ == {} and search.sharing_["n_fits"] == 3 * 13
    # Of 3 splits and 8 scenarios: 3 steps each, one of them left out in half of them.
    assert search.sharing_["n_fits_alone"] == 3 * (4 * 2 + 4 * 3)


def test_columns_of_times(search):
    times = {k: v for k, v in search.cv_results_.items() if k.startswith("mean_time_")}
    assert list(times) == ["mean_time_tfidf", "mean_time_model", "mean_time_clean"]
    total = search.cv_results_["mean_fit_time"] + search.cv_results_["mean_score_time"]
    np.testing.assert_allclose(sum(times.values()), total, rtol=1e-6)
    assert (times["mean_time_clean"][:4] == 0).all()
    assert (times["mean_time_clean"][4:] > 0).all()


def test_confusion_f1_and_languages_equal_scikit_learns(search):
    for place, params in enumerate(search.cv_results_["params"]):
        pipeline = clone(search.estimator).set_params(**clone(params, safe=False))
        predicted = cross_val_predict(pipeline, TEXTS, LABELS, cv=StratifiedKFold(3))
        column = {k: v[place] for k, v in search.cv_results_.items()}
        np.testing.assert_array_equal(
            column["confusion_matrix"], confusion_matrix(LABELS, predicted)
        )
        f1 = f1_score(LABELS, predicted, average=None)
        np.testing.assert_allclose(
            [column[f"f1_{c}"] for c in ("car", "cat", "tea")], f1
        )
        for language in ("en", "fr"):
            rows = language == LANGUAGES
            expected = f1_score(LABELS[rows], predicted[rows], average="macro")
            assert column[f"score_{language}"] == pytest.approx(expected)


@pytest.mark.parametrize(
    "labels, names",
    [
        (LABELS.tolist(), ["car", "cat", "tea"]),
        (LABELS.astype(object), ["car", "cat", "tea"]),
        (LABELS == "tea", ["False", "True"]),
        (np.unique(LABELS, return_inverse=True)[1] - 1, ["-1", "0", "1"]),
        (np.unique(LABELS, return_inverse=True)[1] * 1.0, ["0.0", "1.0", "2.0"]),
        (pd.Series(LABELS, dtype="category", index=range(36, 0, -1)), ["car"]),
        (pd.Series(LABELS), ["tea"]),
    ],
    ids=["list", "objects", "bool", "int", "float", "category", "series"],
)
def test_labels(labels, names, tmp_path):
    search = scenarios(scenarios="one-at-a-time", store=tmp_path / "store")
    search.fit(pd.Series(TEXTS), labels)
    plain = of_grid().fit(pd.Series(TEXTS), labels)
    assert (
        search.cv_results_["mean_test_score"][0]
        == (plain.cv_results_["mean_test_score"][0])
    )
    assert all(f"f1_{name}" in search.cv_results_ for name in names)
    stored = search.fit(pd.Series(TEXTS), labels)
    assert stored.sharing_["n_fits"] == 0
    assert stored.results_.classes == np.unique(labels).tolist()


def test_labels_in_a_column():
    levers = {"model": {"logreg": LogisticRegression(), "svm": LinearSVC()}}
    search = scenarios(levers)
    with pytest.warns(match="column-vector y"):
        search.fit(TEXTS, LABELS[:, None])
    assert search.cv_results_["confusion_matrix"][0].sum() == 36


def test_frames_arrays_and_samplers():
    pipeline = SamplerPipeline(
        [
            ("scale", StandardScaler()),
            ("sample", SMOTE(random_state=0)),
            ("model", LogisticRegression()),
        ]
    )
    levers = {
        "sample": {"off": "passthrough", "smote": SMOTE(random_state=0)},
        "model__C": {"low": 0.1, "high": 10.0},
    }
    frame = pd.DataFrame(X, columns=list("abcde"))
    labels = np.where(np.arange(60) % 5, y, 2)
    for rows in (X, frame):
        search = scenarios(levers, estimator=pipeline).fit(rows, labels)
        # However many rows are made up, the rows that are scored stay the same.
        for matrix in search.cv_results_["confusion_matrix"]:
            np.testing.assert_array_equal(matrix.sum(axis=1), np.bincount(labels))
    assert search.feature_names_in_.tolist() == list("abcde")


def test_an_estimator_without_steps():
    levers = {"C": {"low": 0.1, "high": 10.0}}
    search = scenarios(levers, estimator=LogisticRegression()).fit(X, y)
    plain = GridSearchCV(LogisticRegression(), {"C": [0.1, 10.0]}, cv=2).fit(X, y)
    np.testing.assert_array_equal(
        search.cv_results_["mean_test_score"], plain.cv_results_["mean_test_score"]
    )
    with pytest.raises(ValueError, match="'D' matches no step"):
        scenarios({"D": {"a": 1}}, estimator=LogisticRegression()).fit(X, y)


def test_exclusions_are_reported(tmp_path):
    search = scenarios(exclude=[{"clean": "on", "model": "bayes", "reason": "no!"}])
    search.set_params(store=tmp_path / "store").fit(TEXTS, LABELS)
    assert search.excluded_ == {"owb": "no!", "opb": "no!"}
    assert len(search.cv_results_["scenario"]) == 6
    assert search.results_.excluded == search.excluded_


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_workers_and_impatience_change_nothing(backend, search):
    with parallel_config(backend, n_jobs=2):
        other = scenarios(cv=3, scoring="f1_macro", patience=0.0)
        other.fit(TEXTS, LABELS, languages=LANGUAGES)
    assert len(other.results_.runs) == 24
    for key in ("mean_test_score", "scenario", "f1_tea", "score_fr"):
        np.testing.assert_array_equal(other.cv_results_[key], search.cv_results_[key])


def test_nothing_is_fitted_twice():
    Counting.fits = []
    pipeline = Pipeline(
        [
            ("a", Counting(name="a")),
            ("b", Counting(name="b")),
            ("model", LogisticRegression()),
        ]
    )
    levers = {
        "a__add": {"x": 0.0, "y": 1.0},
        "b__add": {"x": 0.0, "y": 1.0},
        "model__C": {"x": 0.1, "y": 1.0, "z": 2.0},
    }
    search = scenarios(levers, estimator=pipeline, refit=False).fit(X, y)
    assert len(Counting.fits) == 2 * (2 + 4)
    assert search.sharing_["n_fits"] == 2 * (2 + 4 + 12)
    assert search.sharing_["n_fits_alone"] == 2 * 12 * 3


def test_weights_of_a_step_and_groups():
    weights = np.linspace(0.1, 2, 36)
    groups = np.arange(36) // 3
    params = {"model__sample_weight": weights, "groups": groups}
    ours = scenarios(cv=GroupKFold(2)).fit(TEXTS, LABELS, **params)
    theirs = of_grid(cv=GroupKFold(2)).fit(TEXTS, LABELS, **params)
    np.testing.assert_array_equal(
        ours.cv_results_["mean_test_score"], theirs.cv_results_["mean_test_score"]
    )


def test_metadata_routing():
    with config_context(enable_metadata_routing=True):
        scenarios().fit(TEXTS, LABELS)
        with pytest.raises(ValueError, match=r"\['groups'\] while metadata routing"):
            scenarios().fit(TEXTS, LABELS, groups=np.arange(36))


def test_is_an_estimator(search):
    copy = clone(search)
    assert copy.levers is not None and not hasattr(copy, "cv_results_")
    again = copy.fit(TEXTS, LABELS, languages=LANGUAGES)
    restored = pickle.loads(pickle.dumps(again))
    for other in (again, restored):
        np.testing.assert_array_equal(other.predict(TEXTS), search.predict(TEXTS))
        assert other.best_scenario_ == search.best_scenario_
        assert other.score(TEXTS, LABELS) == search.score(TEXTS, LABELS)
        assert other.predict_proba(TEXTS).shape == (36, 3)
    assert search.classes_.tolist() == ["car", "cat", "tea"]
    assert repr(search).startswith("ScenarioSearchCV(cv=3,")
    assert not hasattr(search, "_plan")
    assert copy.set_params(estimator__model__C=3).estimator["model"].C == 3
    assert pd.DataFrame(search.cv_results_).shape[0] == 8


def test_codes_and_back(search):
    for code in search.cv_results_["scenario"]:
        assert search.scenario_code(search.decode_scenario(code)) == code
    assert search.scenario_code({}) == "0wl"


def test_inside_cross_validation():
    scores = cross_val_score(
        scenarios(scenarios="one-at-a-time"),
        TEXTS,
        LABELS,
        cv=2,
        params={"languages": LANGUAGES},
    )
    assert (scores > 0.5).all()


def test_shows_its_progress(capsys):
    scenarios(verbose=1, scenarios="one-at-a-time").fit(TEXTS, LABELS)
    said = capsys.readouterr()
    assert said.out == "" and "8/8" in said.err and "best " in said.err
    with pytest.warns(UserWarning):
        scenarios(FAILS, verbose=1).fit(TEXTS, LABELS)
    assert "4 failed" in capsys.readouterr().err
    scenarios(scenarios="one-at-a-time").fit(TEXTS, LABELS)
    assert capsys.readouterr().err == ""


def test_scikit_learns_callbacks(capsys):
    search = scenarios(scenarios="one-at-a-time").set_callbacks(ProgressBar())
    search.fit(TEXTS, LABELS)
    assert "ScenarioSearchCV" in capsys.readouterr().out


def test_no_warning_without_cause():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scenarios().fit(TEXTS, LABELS, languages=LANGUAGES)


def test_the_models_of_the_baseline_are_not_touched():
    model = RandomForestClassifier(2, random_state=np.random.RandomState(0))
    levers = {"model": {"forest": model, "bayes": MultinomialNB()}}
    levers["tfidf"] = {"on": (tfidf := TfidfVectorizer())}
    ScenarioSearchCV(text_pipeline(), levers, cv=2).fit(TEXTS, LABELS)
    assert not hasattr(model, "estimators_") and not hasattr(tfidf, "vocabulary_")
