"""TextMerger: columns of texts become one text a row."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.pipeline import make_pipeline

from sklearn_nn.datasets import make_product_listings
from sklearn_nn.preprocessing import TextCleaner, TextMerger

ROWS = [
    ["red chair", "It folds."],
    ["lamp", None],
    [None, "only described"],
    ["sofa", " sofa\n"],
    ["", "  "],
    [None, None],
]
MERGED = ["red chair It folds.", "lamp", "only described", "sofa", "", ""]


def frames():
    columns = ["title", "description"]
    array = np.array(ROWS, dtype=object)
    frame = pd.DataFrame(array, columns=columns)
    yield "array", array
    yield "pandas objects", frame.astype(object)
    yield "pandas str", frame.astype("str")
    yield "pandas string", frame.astype("string")
    yield "pandas NaN", frame.astype(object).where(frame.notna(), np.nan)
    yield "pandas index", frame.set_index(pd.Index([7] * 6))
    yield "polars", pl.DataFrame(ROWS, schema=columns, orient="row")


@pytest.mark.parametrize("X", [pytest.param(X, id=name) for name, X in frames()])
def test_containers(X):
    merged = TextMerger().fit_transform(X)
    assert merged.dtype == object and merged.shape == (6,)
    assert merged.tolist() == MERGED
    assert {type(text) for text in merged} == {str}
    assert TextMerger().fit(X).transform(X).tolist() == MERGED


def test_columns_and_separator():
    frame = pd.DataFrame(ROWS, columns=["title", "description"]).assign(price=3)
    merger = TextMerger(columns=["description", "title"], separator=" | ")
    assert merger.fit_transform(frame)[0] == "It folds. | red chair"
    assert merger.transform(frame[["title", "description"]])[0].startswith("It")
    array = np.array(ROWS, dtype=object)
    assert TextMerger(columns=[1]).fit_transform(array)[1] == ""


cells = st.one_of(st.none(), st.just(float("nan")), st.text("ab \n", max_size=3))


@given(st.lists(st.tuples(cells, cells, cells), min_size=1, max_size=6))
def test_what_is_merged(rows):
    X = np.empty((len(rows), 3), dtype=object)
    X[:] = rows
    for row, text in zip(rows, TextMerger(separator="|").fit_transform(X)):
        parts = [value.strip() for value in row if isinstance(value, str)]
        parts = [part for part in parts if part]
        assert text == "|".join(sorted(set(parts), key=parts.index))


@pytest.mark.parametrize(
    "value", [3, 2.5, b"bytes", ["a"], pd.Timestamp("2024-01-01")], ids=str
)
def test_values_that_are_no_texts(value):
    frame = pd.DataFrame({"title": ["a", "b", "c"], "other": ["d", value, "f"]})
    with pytest.raises(TypeError, match=r"row 1 of column 'other' is of type \w+.*str"):
        TextMerger().fit(frame)
    array = frame.to_numpy(dtype=object)
    with pytest.raises(TypeError, match="row 1 of column 1"):
        TextMerger().fit(array)


@pytest.mark.parametrize(
    "X, message",
    [
        (["a", "b"], "2-D"),
        (pd.Series(["a"]), r"1-D.*X\[\['title'"),
        (np.array(["a"], dtype=object), "1-D"),
        ("text", "2-D"),
        (np.empty((0, 2), dtype=object), "0 samples"),
        (np.empty((2, 0), dtype=object), "columns"),
    ],
    ids=["list", "series", "1-D", "str", "no rows", "no columns"],
)
def test_wrong_input(X, message):
    with pytest.raises(ValueError, match=message):
        TextMerger().fit(X)


def test_wrong_columns():
    frame = pd.DataFrame(ROWS, columns=["title", "description"])
    with pytest.raises(ValueError, match=r"'name'.*\['title', 'description'\]"):
        TextMerger(columns=["title", "name"]).fit(frame)
    with pytest.raises(ValueError, match="no column"):
        TextMerger(columns=[]).fit(frame)
    with pytest.raises(ValueError, match="columns"):
        TextMerger(columns=3).fit(frame)
    fitted = TextMerger().fit(frame)
    with pytest.raises(ValueError, match="feature names"):
        fitted.transform(frame[["description", "title"]])
    with pytest.raises(NotFittedError):
        TextMerger().transform(frame)


def test_what_fit_notes():
    frame = pd.DataFrame(ROWS, columns=["title", "description"])
    fitted = TextMerger().fit(frame)
    assert fitted.n_features_in_ == 2
    assert fitted.feature_names_in_.tolist() == ["title", "description"]
    assert not hasattr(clone(fitted), "n_features_in_")


@pytest.mark.parametrize("output", ["default", "pandas", "polars"])
def test_at_the_head_of_a_pipeline(output):
    frame = make_product_listings(50, images=False, random_state=0, as_frame=True).data
    pipeline = make_pipeline(TextMerger(), TextCleaner(), CountVectorizer())
    expected = pipeline.fit_transform(frame)
    with sklearn.config_context(transform_output=output):
        assert (pipeline.fit_transform(frame) != expected).nnz == 0
    pipeline[:2].set_output(transform=output)
    assert (pipeline.fit_transform(frame) != expected).nnz == 0
    assert len(pipeline.get_feature_names_out()) == expected.shape[1]
