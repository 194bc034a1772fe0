"""Row samplers: any kind of X and y, order, seeds, and predict left alone."""

import pickle
from collections import Counter

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp
from imblearn.pipeline import make_pipeline
from sklearn.base import clone
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV

from sklearn_nn.sampling import ClassCountClamp, RandomOverSampler, RandomUnderSampler

TEXTS = [f"text {i}" for i in range(12)]
LABELS = ["a"] * 2 + ["b"] * 6 + ["a"] + ["c"] * 3
NUMBERS = np.arange(24).reshape(12, 2)

KINDS = {
    "list": TEXTS,
    "tuple": tuple(TEXTS),
    "object array": np.array(TEXTS, dtype=object),
    "str array": np.array(TEXTS),
    "pandas series": pd.Series(TEXTS, name="text"),
    "polars series": pl.Series("text", TEXTS),
    "pandas frame": pd.DataFrame({"text": TEXTS, "n": range(12)}),
    "polars frame": pl.DataFrame({"text": TEXTS, "n": range(12)}),
    "list of lists": NUMBERS.tolist(),
    "int8": NUMBERS.astype(np.int8),
    "float32": NUMBERS.astype(np.float32),
    "images": np.arange(12 * 4).reshape(12, 2, 2),
    "csr": sp.csr_matrix(NUMBERS.astype(np.float32)),
    "csr array": sp.csr_array(NUMBERS),
    "csc": sp.csc_matrix(NUMBERS),
}
SAMPLERS = {
    "under": RandomUnderSampler(random_state=0),
    "over": RandomOverSampler(random_state=0),
    "clamp": ClassCountClamp(min_count=4, max_count=5, random_state=0),
}
COUNTS = {
    "under": {"a": 3, "b": 3, "c": 3},
    "over": {"a": 6, "b": 6, "c": 6},
    "clamp": {"a": 4, "b": 5, "c": 4},
}
every_sampler = pytest.mark.parametrize("name", SAMPLERS)


def as_rows(X):
    """The rows as a list, whatever holds them."""
    if sp.issparse(X):
        X = X.toarray()
    if hasattr(X, "columns"):
        X = X.to_numpy()
    return [np.asarray(row).tolist() for row in X]


@every_sampler
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_rows(name, kind):
    X = KINDS[kind]
    sampler = clone(SAMPLERS[name])
    X_new, y_new = sampler.fit_resample(X, LABELS)
    expected = list if kind == "tuple" else type(X)
    assert type(X_new) is expected and type(y_new) is list
    if hasattr(X, "dtype"):
        assert X_new.dtype == X.dtype
    if hasattr(X, "columns"):
        assert list(X_new.columns) == list(X.columns)
        assert list(X_new.dtypes) == list(X.dtypes)
    before = as_rows(X)
    assert as_rows(X_new) == [before[row] for row in sampler.sample_indices_]
    assert y_new == [LABELS[row] for row in sampler.sample_indices_]
    assert Counter(y_new) == COUNTS[name]


@every_sampler
@pytest.mark.parametrize(
    "y",
    [
        np.array(LABELS),
        np.array(LABELS, dtype=object),
        pd.Series(LABELS, name="label", index=range(100, 112)),
        pd.Series(LABELS, dtype="category"),
        pl.Series("label", LABELS),
        np.array([ord(label) for label in LABELS], dtype=np.int16),
        pd.DataFrame({"label": LABELS}),
    ],
    ids=["str", "object", "series", "category", "polars", "int16", "frame"],
)
def test_y_keeps_its_kind(name, y):
    sampler = clone(SAMPLERS[name])
    _, y_new = sampler.fit_resample(TEXTS, y)
    assert type(y_new) is type(y)
    if hasattr(y, "dtype"):
        assert y_new.dtype == y.dtype
    values = np.asarray(y).ravel()
    np.testing.assert_array_equal(
        np.asarray(y_new).ravel(), values[sampler.sample_indices_]
    )
    assert sorted(Counter(values[sampler.sample_indices_]).values()) == sorted(
        COUNTS[name].values()
    )


@every_sampler
def test_variable_width_strings(name):
    strings = np.dtypes.StringDType()
    X, y = np.array(TEXTS, dtype=strings), np.array(LABELS, dtype=strings)
    sampler = clone(SAMPLERS[name])
    X_new, y_new = sampler.fit_resample(X, y)
    assert X_new.dtype == y_new.dtype == strings
    assert X_new.tolist() == [TEXTS[row] for row in sampler.sample_indices_]
    assert Counter(y_new.tolist()) == COUNTS[name]


def test_kept_rows_come_first_in_their_order_then_the_copies_by_class():
    sampler = clone(SAMPLERS["clamp"]).fit(TEXTS, LABELS)
    rows = sampler.sample_indices_
    kept, copies = rows[:11], rows[11:]
    assert np.all(np.diff(kept) > 0)
    assert [LABELS[row] for row in copies] == ["a", "c"]
    under = clone(SAMPLERS["under"]).fit(TEXTS, LABELS).sample_indices_
    assert np.all(np.diff(under) > 0)
    over = clone(SAMPLERS["over"]).fit(TEXTS, LABELS).sample_indices_
    np.testing.assert_array_equal(over[:12], np.arange(12))
    assert [LABELS[row] for row in over[12:]] == ["a"] * 3 + ["c"] * 3


@every_sampler
def test_random_state_decides_and_the_global_one_is_left_alone(name):
    before = np.random.get_state()[1].copy()
    draws = {
        seed: clone(SAMPLERS[name])
        .set_params(random_state=seed)
        .fit(TEXTS, LABELS)
        .sample_indices_.tolist()
        for seed in range(5)
    }
    again = clone(SAMPLERS[name]).set_params(random_state=3).fit(TEXTS, LABELS)
    assert draws[3] == again.sample_indices_.tolist()
    assert len({tuple(rows) for rows in draws.values()}) > 1
    np.testing.assert_array_equal(np.random.get_state()[1], before)


def test_strategies_as_in_imbalanced_learn():
    over = RandomOverSampler(sampling_strategy={"a": 5}, random_state=0)
    assert Counter(over.fit_resample(TEXTS, LABELS)[1]) == {"a": 5, "b": 6, "c": 3}
    assert over.sampling_strategy_ == {"a": 2}
    under = RandomUnderSampler(sampling_strategy="majority", random_state=0)
    assert Counter(under.fit_resample(TEXTS, LABELS)[1]) == {"a": 3, "b": 3, "c": 3}
    y = [0] * 3 + [1] * 9
    over = RandomOverSampler(sampling_strategy=0.5, random_state=0)
    assert Counter(over.fit_resample(TEXTS, y)[1]) == {0: 4, 1: 9}
    under = RandomUnderSampler(sampling_strategy=lambda y: {1: 4}, random_state=0)
    assert Counter(under.fit_resample(TEXTS, y)[1]) == {0: 3, 1: 4}
    with pytest.raises(ValueError, match="less or equal"):
        RandomUnderSampler(sampling_strategy={"a": 50}).fit_resample(TEXTS, LABELS)


def test_clamp_with_one_limit_or_none():
    for limits, counts in (
        ({}, {"a": 3, "b": 6, "c": 3}),
        ({"min_count": 5}, {"a": 5, "b": 6, "c": 5}),
        ({"max_count": 2}, {"a": 2, "b": 2, "c": 2}),
    ):
        clamp = ClassCountClamp(**limits, random_state=0)
        assert Counter(clamp.fit_resample(TEXTS, LABELS)[1]) == counts
        assert clamp.sampling_strategy_ == counts
    with pytest.raises(ValueError, match="min_count <= max_count"):
        ClassCountClamp(min_count=3, max_count=2).fit_resample(TEXTS, LABELS)
    with pytest.raises(ValueError, match="'min_count' parameter of ClassCountClamp"):
        ClassCountClamp(min_count=0).fit_resample(TEXTS, LABELS)


@every_sampler
def test_predict_answers_every_row(name):
    model = make_pipeline(
        clone(SAMPLERS[name]), TfidfVectorizer(), LogisticRegression()
    ).fit(TEXTS, LABELS)
    assert len(model.predict(TEXTS)) == len(TEXTS)
    assert model.predict(["text 3"]).shape == (1,)
    after = make_pipeline(
        TfidfVectorizer(), clone(SAMPLERS[name]), LogisticRegression()
    ).fit(TEXTS, LABELS)
    assert after.predict_proba(TEXTS).shape == (12, 3)


def test_as_a_lever_of_a_search():
    model = make_pipeline(RandomOverSampler(), TfidfVectorizer(), LogisticRegression())
    levers = {
        "randomoversampler": ["passthrough", *SAMPLERS.values()],
        "tfidfvectorizer__lowercase": [True, False],
    }
    search = GridSearchCV(model, levers, cv=3, error_score="raise").fit(TEXTS, LABELS)
    assert len(search.cv_results_["params"]) == 8
    assert len(search.predict(TEXTS)) == 12


@every_sampler
@pytest.mark.parametrize(
    "X, y, error, message",
    [
        ("one text", LABELS, TypeError, "list, array, Series.*got a str"),
        ({1, 2}, LABELS, TypeError, "got a set"),
        (TEXTS, None, ValueError, "requires y"),
        (TEXTS, LABELS[:5], ValueError, "inconsistent numbers of samples"),
        (TEXTS, ["a"] * 12, ValueError, "1 class only .'a'."),
        (TEXTS, np.linspace(0, 1, 12), ValueError, "Unknown label type"),
        (TEXTS, np.array([None, *LABELS[1:]]), ValueError, "Row 0 of y has no label"),
        (TEXTS, pd.Series([*LABELS[1:], np.nan]), ValueError, "Row 11 of y has no lab"),
        (list(range(12)), LABELS, ValueError, "1-D array of numbers"),
        (NUMBERS * 1j, LABELS, ValueError, "Complex data not supported"),
        ([], [], ValueError, "0 samples|minimum of 1"),
    ],
)
def test_bad_input(name, X, y, error, message):
    sampler = clone(SAMPLERS[name]).fit(TEXTS, LABELS)
    before = sampler.sample_indices_
    with pytest.raises(error, match=message):
        sampler.fit_resample(X, y)
    assert sampler.sample_indices_ is before


@every_sampler
def test_pickle(name):
    sampler = pickle.loads(pickle.dumps(clone(SAMPLERS[name]).fit(TEXTS, LABELS)))
    assert sampler.fit_resample(TEXTS, LABELS)[0]
