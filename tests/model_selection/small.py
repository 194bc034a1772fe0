"""Small data, pipelines and comparisons for the tests of the searches."""

import re
import warnings
from copy import deepcopy

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.datasets import make_classification
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import Pipeline

from sklearn_nn.model_selection import PrefixGridSearchCV, ScenarioSearchCV

X, y = make_classification(60, 5, n_informative=4, n_redundant=0, random_state=0)
WORDS = {
    "tea": "hot green tea cup leaf kettle",
    "car": "fast red car road wheel cup",
    "cat": "soft cat milk red leaf paw",
}
_rng = np.random.default_rng(0)
LABELS = np.array(list(WORDS) * 12)
TEXTS = [" ".join(_rng.choice(WORDS[label].split(), 4)) + "!" for label in LABELS]
LANGUAGES = np.array(["en", "fr"] * 18)


class Failing(TransformerMixin, BaseEstimator):
    """Hands its input on, and fails where it is told to."""

    def __init__(self, fails=None, note=0):
        self.fails = fails
        self.note = note

    def fit(self, X, y=None):
        if self.fails == "fit":
            raise ValueError("told to fail in fit")
        self.n_rows_ = len(X)
        return self

    def transform(self, X):
        if self.fails == "test" and len(X) != self.n_rows_:
            raise ValueError("told to fail on the test rows")
        return X


class Counting(TransformerMixin, BaseEstimator):
    """Adds a number, and writes down what it was fitted on."""

    fits: list = []

    def __init__(self, add=0.0, name="step"):
        self.add = add
        self.name = name

    def fit(self, X, y=None):
        self.n_features_in_ = np.shape(X)[1]
        # The sum of the input stands for the split and all the steps before.
        Counting.fits.append((self.name, self.add, float(np.sum(X))))
        return self

    def transform(self, X):
        return np.asarray(X) + self.add


def run(search, data, fit_params):
    """Fit a search; return it, what it raised, and its warnings' kinds and texts."""
    error = None
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            search.fit(*data, **fit_params)
        except Exception as raised:
            error = raised
    return search, error, [(w.category, str(w.message)) for w in caught]


def said(value):
    """Return the repr without places in memory."""
    return re.sub(r" at 0x[0-9A-F]+", "", repr(value), flags=re.IGNORECASE)


def same_results(ours, theirs):
    """Assert that two `cv_results_` hold the same, times aside."""
    assert list(ours) == list(theirs)
    for key, expected in theirs.items():
        if key.endswith("_time"):
            assert ours[key].shape == expected.shape and ours[key].dtype == float
            continue
        assert type(ours[key]) is type(expected), key
        if key == "params":
            assert said(ours[key]) == said(expected)
        elif isinstance(expected, np.ma.MaskedArray):
            assert ours[key].dtype == expected.dtype
            np.testing.assert_array_equal(ours[key].mask, expected.mask)
            if ours[key].dtype == object:
                assert said(ours[key].tolist()) == said(expected.tolist())
            else:
                np.testing.assert_array_equal(ours[key], expected)
        else:
            assert ours[key].dtype == expected.dtype
            np.testing.assert_array_equal(ours[key], expected, err_msg=key)


def same_search(
    estimator, grid, data=(X, y), *, fit_params=None, memory_budget="1 GB", **options
):
    """Assert that PrefixGridSearchCV finds what GridSearchCV finds; return both."""
    options = {"cv": 3} | options
    fit_params = fit_params or {}
    # Copies: a refit may write into its rows, a splitter uses up its random numbers.
    plain = GridSearchCV(clone(estimator), grid, **deepcopy(options))
    theirs, expected, their_warnings = run(plain, deepcopy(data), fit_params)
    prefix = PrefixGridSearchCV(
        clone(estimator), grid, memory_budget=memory_budget, **deepcopy(options)
    )
    ours, error, our_warnings = run(prefix, deepcopy(data), fit_params)
    if expected is not None or error is not None:
        assert type(error) is type(expected), (error, expected)
        return ours, theirs, error, expected
    same_results(ours.cv_results_, theirs.cv_results_)
    for name in ("best_index_", "best_score_", "n_splits_", "multimetric_"):
        assert hasattr(ours, name) == hasattr(theirs, name), name
        if hasattr(theirs, name):
            np.testing.assert_equal(getattr(ours, name), getattr(theirs, name))
    for name in ("best_params_", "scorer_", "best_estimator_"):
        assert hasattr(ours, name) == hasattr(theirs, name), name
        assert said(getattr(ours, name, None)) == said(getattr(theirs, name, None))
    for name in ("n_features_in_", "feature_names_in_", "classes_", "refit_time_"):
        assert hasattr(ours, name) == hasattr(theirs, name), name
    for method in ("predict", "transform", "decision_function", "predict_proba"):
        assert hasattr(ours, method) == hasattr(theirs, method), method
        if hasattr(theirs, method):
            given, expected = getattr(ours, method), getattr(theirs, method)
            same_answers(given(deepcopy(data[0])), expected(deepcopy(data[0])))
    assert sorted({kind.__name__ for kind, _ in our_warnings}) == sorted(
        {kind.__name__ for kind, _ in their_warnings}
    ), (our_warnings, their_warnings)
    return ours, theirs


def same_answers(given, expected):
    if hasattr(expected, "toarray"):
        given, expected = given.toarray(), expected.toarray()
    np.testing.assert_array_equal(np.asarray(given), np.asarray(expected))


def text_pipeline(**changes):
    steps = {
        "clean": "passthrough",
        "tfidf": TfidfVectorizer(),
        "model": LogisticRegression(),
    }
    return Pipeline(list((steps | changes).items()))


LEVERS = {
    "clean": {"off": "passthrough", "on": Failing()},
    "tfidf__ngram_range": {"words": (1, 1), "pairs": (1, 2)},
    "model": {"logreg": LogisticRegression(), "bayes": MultinomialNB()},
}


def scenarios(levers=None, *, estimator=None, **options):
    given = {"cv": 2} | options
    return ScenarioSearchCV(estimator or text_pipeline(), levers or LEVERS, **given)


def again(store, *, X=TEXTS, y=LABELS, languages=LANGUAGES, params=None, **options):
    """Fit a matrix of 6 scenarios on 2 splits with a store."""
    options = {"exclude": [{"clean": "on", "model": "bayes"}]} | options
    search = scenarios(store=store, **options)
    return search.fit(X, y, languages=languages, **(params or {}))
