import pickle
import warnings

import numpy as np
import pytest
from imblearn.under_sampling import RandomUnderSampler
from joblib import parallel_config
from sklearn import config_context
from sklearn.base import clone
from sklearn.callback import ProgressBar
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, make_scorer
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    cross_val_score,
)
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import (
    StandardScaler,
)
from sklearn.utils.estimator_checks import check_estimator

from sklearn_nn.model_selection import PrefixGridSearchCV
from tests.model_selection.grid_cases import (
    CASES,
    FAILING,
    GRID,
    PIPELINE,
    SMALL,
    WEIGHTS,
    only_small,
    pair,
)
from tests.model_selection.small import (
    X,
    same_results,
    same_search,
    y,
)


@pytest.mark.parametrize("case", CASES)
def test_equals_grid_search(case):
    estimator, grid, options = CASES[case]
    found = same_search(estimator, grid, **options)
    assert len(found) == 2, found[2]


SCORINGS = {
    "one": {},
    "several": {"scoring": ["accuracy", "f1"], "refit": "f1"},
    "dict": {"scoring": pair, "refit": "a"},
}


@pytest.mark.parametrize("error_score", [np.nan, 0.0])
@pytest.mark.parametrize("scoring", SCORINGS)
@pytest.mark.parametrize("where", ["fit", "test"])
def test_failures_equal_those_of_grid_search(where, scoring, error_score):
    grid = {"step__fails": [where, None], "model__C": [1, 2]}
    options = SCORINGS[scoring] | {"error_score": error_score, "cv": 4}
    if (where, scoring) == ("test", "dict"):
        # scikit-learn stumbles over a scorer that fails where it would give a dict.
        options["refit"] = False
        grid["step__fails"] = [None]
    same_search(FAILING, grid, return_train_score=True, **options)


@pytest.mark.parametrize(
    "estimator, grid, options",
    [
        (FAILING, {"step__fails": ["fit"]}, {}),
        (FAILING, {"step__fails": [None, "fit"]}, {"error_score": "raise"}),
        (FAILING, {"step__fails": [None, "test"]}, {"error_score": "raise", "cv": 4}),
        (PIPELINE, {"model__C": [1, -1]}, {"error_score": "raise"}),
        (PIPELINE, {"model__C": [1]}, {"scoring": only_small, "error_score": "raise"}),
        (PIPELINE, {"scale": [RandomUnderSampler()]}, {"error_score": "raise"}),
        (PIPELINE, {"scale": [RandomUnderSampler()]}, {}),
        (PIPELINE, SMALL, {"scoring": ["accuracy", "f1"], "refit": True}),
        (PIPELINE, SMALL, {"scoring": pair, "refit": True}),
        (PIPELINE, SMALL, {"scoring": "no such score"}),
        (PIPELINE, SMALL, {"refit": lambda results: 99}),
        (PIPELINE, SMALL, {"refit": lambda results: 0.5}),
        (PIPELINE, SMALL, {"cv": []}),
        (PIPELINE, SMALL, {"cv": 1}),
        (PIPELINE, SMALL, {"cv": GroupKFold(3)}),
        (PIPELINE, SMALL, {"error_score": "no such word"}),
        (PIPELINE, SMALL, {"n_jobs": "2"}),
        (PIPELINE, SMALL, {"data": (X, y[:-1])}),
        (PIPELINE, SMALL, {"data": (X,)}),
        (PIPELINE, SMALL, {"fit_params": {"sample_weight": WEIGHTS}}),
        (PIPELINE, {"no_such_step": [1]}, {}),
        (PIPELINE, {"model__C": 1.0}, {}),
        (PIPELINE, {"model__C": []}, {}),
    ],
)
def test_refuses_what_grid_search_refuses(estimator, grid, options):
    assert len(same_search(estimator, grid, **options)) == 4


def test_fit_parameters_without_a_step_are_named():
    search = PrefixGridSearchCV(PIPELINE, SMALL, cv=3)
    for name, better in [
        ("sample_weight", "model__sample_weight"),
        ("modle__sample_weight", "model__sample_weight"),
    ]:
        with pytest.raises(ValueError, match=f"{name} parameter.*such as {better}"):
            search.fit(X, y, **{name: WEIGHTS})


def test_metadata_routing():
    with config_context(enable_metadata_routing=True):
        model = LogisticRegression().set_fit_request(sample_weight=True)
        pipeline = Pipeline([("scale", StandardScaler()), ("model", model)])
        pipeline["scale"].set_fit_request(sample_weight=False)
        scorer = make_scorer(accuracy_score).set_score_request(sample_weight=True)
        for params in ({"sample_weight": WEIGHTS}, {}):
            same_search(pipeline, {"model__C": [0.1, 1]}, fit_params=params)
            same_search(
                pipeline, {"model__C": [0.1, 1]}, scoring=scorer, fit_params=params
            )


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_workers_find_the_same(backend):
    with parallel_config(backend, n_jobs=2):
        same_search(PIPELINE, GRID, scoring=pair, refit="a", return_train_score=True)


def test_more_workers_than_fits():
    with parallel_config("threading"):
        same_search(PIPELINE, {"model__C": [1, 2]}, n_jobs=12, cv=2)


def test_failure_in_a_worker_is_raised():
    with parallel_config("threading", n_jobs=2):
        found = same_search(
            FAILING, {"step__fails": [None, "fit"]}, error_score="raise"
        )
    assert "told to fail" in str(found[2])


def test_says_what_it_does(capsys):
    search = PrefixGridSearchCV(PIPELINE, SMALL, cv=3)
    search.fit(X, y)
    assert capsys.readouterr().out == ""
    search.set_params(verbose=1).fit(X, y)
    said = "Fitting 3 folds for each of 4 candidates, totalling 12 fits\n"
    assert capsys.readouterr().out == said
    search.set_params(verbose=2).fit(X, y)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 13
    assert sum(line.startswith("[CV 1/3] model__C=0.1, scale=") for line in lines) == 2
    search.set_params(scoring=pair, refit="a").fit(X, y)
    assert "a: 0." in capsys.readouterr().out
    failing = PrefixGridSearchCV(
        FAILING, {"step__fails": ["fit", None]}, verbose=2, scoring=pair, refit="a"
    )
    with pytest.warns(UserWarning):
        failing.fit(X, y)
    assert "score: nan" in capsys.readouterr().out


def test_scikit_learns_callbacks(capsys):
    for search in (GridSearchCV(PIPELINE, SMALL), PrefixGridSearchCV(PIPELINE, SMALL)):
        search.set_callbacks(ProgressBar()).fit(X, y)
        said = capsys.readouterr().out
        assert f"{type(search).__name__} - search #0" in said
        assert f"{type(search).__name__} - refit-with-best-params" in said


def test_is_an_estimator():
    search = PrefixGridSearchCV(PIPELINE, SMALL, cv=3, memory_budget="1 MB")
    assert "memory_budget='1 MB'" in repr(search)
    assert clone(search).get_params()["estimator__select__k"] == 3
    assert search.set_params(estimator__select__k=2).estimator["select"].k == 2
    fitted = pickle.loads(pickle.dumps(search.fit(X, y)))
    same_results(fitted.cv_results_, search.cv_results_)
    np.testing.assert_array_equal(fitted.predict(X), search.predict(X))
    again = clone(search).fit(X, y)
    same_results(again.cv_results_, search.cv_results_)


def test_inside_other_tools():
    scores = [
        cross_val_score(kind(PIPELINE, SMALL, cv=2), X, y, cv=3)
        for kind in (GridSearchCV, PrefixGridSearchCV)
    ]
    np.testing.assert_array_equal(*scores)
    outer = {"estimator__select__k": [2, 3]}
    same_search(PrefixGridSearchCV(PIPELINE, SMALL, cv=2), outer, cv=2)


@pytest.mark.parametrize(
    "budget", ["much", "-1 MB", "", "1 2 MB", "1 XB", "1..2 GB", -0.5, [1]]
)
def test_budgets_that_are_none(budget):
    search = PrefixGridSearchCV(PIPELINE, SMALL, memory_budget=budget)
    with pytest.raises(ValueError, match="memory_budget"):
        search.fit(X, y)


def test_passes_the_checks_that_grid_search_passes():
    def failed(search):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = check_estimator(search, on_fail=None, on_skip=None)
        return [(f["check_name"], f["status"]) for f in found]

    grid = {"C": [0.1, 1]}
    ours = failed(PrefixGridSearchCV(LogisticRegression(), grid, cv=2))
    assert ours == failed(GridSearchCV(LogisticRegression(), grid, cv=2))
    assert len(ours) > 40
