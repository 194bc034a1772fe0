import re
from collections import Counter

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags

from sklearn_nn._texts import check_texts
from sklearn_nn.feature_extraction.text import SequenceVectorizer

POSTS = ["The cat sat.", "the CAT ran; the dog ran", "Don't! A dog, a bird..."]
TEXTS = st.lists(st.text(max_size=40), min_size=1, max_size=8)


def test_ids_of_a_hand_made_example():
    vectorizer = SequenceVectorizer(max_length=7)
    ids = vectorizer.fit_transform(POSTS)
    # the: 3; a, cat, dog, ran: 2 each; bird, dont, sat: 1.
    assert vectorizer.vocabulary_ == {"the": 2, "a": 3, "cat": 4, "dog": 5, "ran": 6}
    assert vectorizer.vocabulary_size_ == 7
    expected = [
        [2, 4, 1, 0, 0, 0, 0],
        [2, 4, 6, 2, 5, 6, 0],
        [1, 3, 5, 3, 1, 0, 0],
    ]
    assert ids.dtype == np.int32
    np.testing.assert_array_equal(ids, expected)
    np.testing.assert_array_equal(vectorizer.transform(POSTS), expected)
    np.testing.assert_array_equal(
        vectorizer.transform(["", "new cat"])[:, :2], [[0, 0], [1, 4]]
    )


def test_defaults_are_those_of_the_published_recipe():
    rng = np.random.default_rng(0)
    words = [f"{w}{p}" for w, p in zip("abcdefghij" * 3, "'.,!?;:-_ " * 3)]
    texts = [" ".join(rng.choice(words, size=rng.integers(0, 600))) for _ in range(20)]
    rows = [re.sub(r"[^\w\s]", "", text.lower()).split() for text in texts]
    counts = Counter(word for row in rows for word in row)
    vectorizer = SequenceVectorizer()
    ids = vectorizer.fit_transform(texts)
    assert ids.shape == (20, 400)
    assert set(vectorizer.vocabulary_) == {w for w, n in counts.items() if n >= 2}
    for row, words in zip(ids, rows):
        expected = [vectorizer.vocabulary_.get(word, 1) for word in words[:400]]
        np.testing.assert_array_equal(row[: len(expected)], expected)
        assert not row[len(expected) :].any()


@pytest.mark.parametrize(
    "truncation, max_length, kept",
    [
        ("head", 4, "abcd"),
        ("tail", 4, "defg"),
        ("both", 4, "abfg"),
        ("both", 5, "abcfg"),
        ("both", 1, "a"),
        ("tail", 1, "g"),
        ("both", 7, "abcdefg"),
        ("tail", 9, "abcdefg"),
    ],
)
def test_truncation(truncation, max_length, kept):
    vectorizer = SequenceVectorizer(
        min_frequency=1, max_length=max_length, truncation=truncation
    )
    fitted = vectorizer.fit_transform(["a b c d e f g"])
    ids = vectorizer.transform(["a b c d e f g"])
    np.testing.assert_array_equal(fitted, ids)
    assert vectorizer.inverse_transform(ids).tolist() == [" ".join(kept)]


def test_vocabulary_is_cut_by_count_then_alphabet():
    vectorizer = SequenceVectorizer(max_features=3, min_frequency=1)
    vectorizer.fit(["zoo zoo pear apple fig"])
    assert vectorizer.vocabulary_ == {"zoo": 2, "apple": 3, "fig": 4}
    assert list(vectorizer.vocabulary_) == ["zoo", "apple", "fig"]


def test_case_and_punctuation_can_be_kept():
    vectorizer = SequenceVectorizer(
        lowercase=False, strip_punctuation=False, min_frequency=1
    )
    assert set(vectorizer.fit(["The cat. the CAT"]).vocabulary_) == {
        "The",
        "cat.",
        "the",
        "CAT",
    }


def test_words_cut_off_are_not_in_the_vocabulary():
    texts = ["a b late", "b a late", "a c late"]
    vectorizer = SequenceVectorizer(max_length=2).fit(texts)
    assert set(vectorizer.vocabulary_) == {"a", "b"}
    assert vectorizer.transform(texts).max() + 1 == vectorizer.vocabulary_size_


def test_inverse_transform():
    vectorizer = SequenceVectorizer(max_length=6).fit(POSTS)
    ids = vectorizer.transform(["The new cat!", "", "dog"])
    texts = vectorizer.inverse_transform(ids)
    assert texts.dtype == object
    assert texts.tolist() == ["the <unk> cat", "", "dog"]


@pytest.mark.parametrize(
    "ids, message",
    [
        ([[2, -1]], "row 0 has -1"),
        ([[2, 3], [2, 99]], "row 1 has 99"),
        ([[2.0, 3.0]], "integer ids, got float64"),
        ([[2.0, np.nan]], "NaN"),
        ([2, 3], "2D array"),
    ],
)
def test_inverse_transform_refuses(ids, message):
    vectorizer = SequenceVectorizer().fit(POSTS)
    with pytest.raises(ValueError, match=message):
        vectorizer.inverse_transform(ids)


@settings(max_examples=60)
@given(TEXTS, st.sampled_from(["head", "tail", "both"]), st.integers(1, 6))
def test_properties_for_any_texts(texts, truncation, max_length):
    texts = [*texts, "word", "word"]
    vectorizer = SequenceVectorizer(truncation=truncation, max_length=max_length)
    ids = vectorizer.fit_transform(texts)
    np.testing.assert_array_equal(ids, vectorizer.transform(texts))
    assert ids.shape == (len(texts), max_length)
    assert ids.min() >= 0 and ids.max() < vectorizer.vocabulary_size_
    # Padding is on the right only: no word follows a zero.
    assert (np.diff((ids != 0).astype(int), axis=1) <= 0).all()
    words = [re.sub(r"[^\w\s]", "", text.lower()).split() for text in texts]
    lengths = [min(len(row), max_length) for row in words]
    np.testing.assert_array_equal((ids != 0).sum(axis=1), lengths)
    assert sorted(vectorizer.vocabulary_.values()) == list(
        range(2, vectorizer.vocabulary_size_)
    )


@settings(max_examples=60)
@given(TEXTS)
def test_known_words_survive_the_round_trip(texts):
    vectorizer = SequenceVectorizer(min_frequency=1, max_length=50)
    ids = vectorizer.fit_transform([*texts, "word"])
    again = vectorizer.transform(vectorizer.inverse_transform(ids))
    np.testing.assert_array_equal(again, ids)


@pytest.mark.parametrize(
    "wrong, error, message",
    [
        (np.ones((3, 2)), ValueError, "1-D sequence of texts, got a 2-D ndarray"),
        (csr_matrix(np.eye(2)), ValueError, "2-D csr_matrix"),
        (np.array("text"), ValueError, "0-D ndarray"),
        ("one text", ValueError, r"single str. Wrap one text in a list: \[text\]"),
        (b"one text", ValueError, "single bytes"),
        (pd.DataFrame({"a": ["x"]}), ValueError, r"DataFrame. Pass the column"),
        (pl.DataFrame({"a": ["x"]}), ValueError, r"DataFrame. Pass the column"),
        ([], ValueError, "at least one text"),
        (np.array([]), ValueError, "at least one text"),
        ({"a": "b"}, TypeError, r"got a dict. Convert it first: list\(X\)"),
        ((x for x in "ab"), TypeError, "got a generator"),
        (None, TypeError, "got a NoneType"),
        (np.array([1.5, 2.0]), TypeError, r"row 0 is of type float \(1.5\)"),
        (["a", 3], TypeError, r"row 1 is of type int \(3\).*str\(x\) for x in X"),
        (["a", b"b"], TypeError, "row 1 is of type bytes. Decode first"),
        (
            ["a", ["b", "c"]],
            TypeError,
            "row 1 is of type list. Pass one string per row",
        ),
        (["a", None], ValueError, r"row 1 is missing \(None\).*fillna"),
        (["a", np.nan], ValueError, r"row 1 is missing \(nan\)"),
        (pd.Series(["a", pd.NA]), ValueError, "row 1 is missing"),
        (pd.Series(["a", None], dtype="string"), ValueError, "row 1 is missing"),
        (pl.Series(["a", None]), ValueError, "row 1 is missing.*fill_null"),
        (pd.Series([pd.NaT]), ValueError, "row 0 is missing"),
    ],
)
def test_wrong_texts_name_the_row_and_the_cure(wrong, error, message):
    vectorizer = SequenceVectorizer().fit(POSTS)
    before = vectorizer.vocabulary_
    for method in (vectorizer.fit, vectorizer.transform, vectorizer.fit_transform):
        with pytest.raises(error, match=f"(?s)SequenceVectorizer.*{message}"):
            method(wrong)
        if not hasattr(wrong, "__len__"):
            break
    assert vectorizer.vocabulary_ is before


def test_check_texts_returns_a_new_list_of_the_same_strings():
    texts = ["a", ""]
    checked = check_texts(texts)
    assert checked == texts and checked is not texts
    assert check_texts(pd.Series(texts, index=[7, 7])) == texts
    assert check_texts(pd.Series(texts, dtype="category")) == texts
    assert check_texts(np.array([np.str_("a"), ""], dtype=object)) == texts


@pytest.mark.parametrize(
    "texts, message",
    [
        (["", "  "], "found no word in the 2 texts"),
        (["!?", "..."], "set strip_punctuation=False"),
        (["a b", "c"], r"no word occurs min_frequency=2 times in the 2 texts \(.*1\)"),
    ],
)
def test_empty_vocabulary(texts, message):
    with pytest.raises(ValueError, match=f"empty vocabulary.*{message}"):
        SequenceVectorizer().fit(texts)


@pytest.mark.parametrize(
    "parameter, value",
    [
        ("truncation", "middle"),
        ("max_length", 0),
        ("max_features", -1),
        ("min_frequency", 0.5),
        ("lowercase", "yes"),
    ],
)
def test_unknown_parameter_values(parameter, value):
    with pytest.raises(ValueError, match=f"'{parameter}' parameter"):
        SequenceVectorizer(**{parameter: value}).fit(POSTS)


def test_not_fitted():
    vectorizer = SequenceVectorizer()
    assert not hasattr(vectorizer, "vocabulary_size_")
    for call in (
        lambda: vectorizer.transform(POSTS),
        lambda: vectorizer.inverse_transform([[2]]),
        vectorizer.get_feature_names_out,
    ):
        with pytest.raises(NotFittedError):
            call()


def test_set_output_and_names():
    vectorizer = SequenceVectorizer(max_length=3)
    names = ["token0", "token1", "token2"]
    assert vectorizer.fit(POSTS).get_feature_names_out().tolist() == names
    series = pd.Series(POSTS, index=[5, 3, 1])
    frame = vectorizer.set_output(transform="pandas").fit_transform(series)
    assert frame.columns.tolist() == names
    assert frame.index.tolist() == [5, 3, 1]
    assert (frame.dtypes == np.int32).all()
    frame = vectorizer.set_output(transform="polars").transform(POSTS)
    assert isinstance(frame, pl.DataFrame) and frame.columns == names


def test_tags_are_those_of_a_text_vectorizer():
    ours, theirs = get_tags(SequenceVectorizer()), get_tags(CountVectorizer())
    assert ours.input_tags == theirs.input_tags
    assert not hasattr(SequenceVectorizer().fit(POSTS), "n_features_in_")


def test_grid_search_over_the_levers():
    pipe = Pipeline(
        [("ids", SequenceVectorizer(max_length=4)), ("nb", MultinomialNB())]
    )
    grid = {"ids__truncation": ["head", "both"], "ids__min_frequency": [1, 2]}
    search = GridSearchCV(pipe, grid, cv=2, error_score="raise")
    search.fit(POSTS * 4, ["a", "b", "a"] * 4)
    assert len(search.cv_results_["params"]) == 4
    assert clone(search.best_estimator_).get_params()["ids__max_length"] == 4
