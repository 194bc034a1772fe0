"""X by columns: what a base sees, what is refused, which rows are missing or equal."""

from datetime import datetime

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp

from sklearn_nn.ensemble._columns import Columns, check_unseen

DATA = {"text": ["a", "", None, "b"], "size": [1.0, 2.0, np.nan, 4.0]}


def columns(X, what="X"):
    return Columns(X, "Fusion", what)


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, dict])
def test_one_column_is_1d_and_several_are_side_by_side(make):
    X = make({"text": ["a", "b"], "size": [1.0, 2.0], "age": [3, 4]})
    view = columns(X).view("text")
    assert view.shape == (2,)
    assert list(view) == ["a", "b"]
    side = columns(X).view(["age", "size"])
    assert type(side) is (np.ndarray if make is dict else make)
    np.testing.assert_array_equal(np.asarray(side), [[3, 1], [4, 2]])
    assert columns(X).view(["age"]).shape == (2, 1)


def test_dict_gives_its_array_as_it_is():
    images = np.zeros((2, 4, 4, 3), dtype=np.uint8)
    matrix = sp.csr_array(np.eye(2))
    X = columns({"image": images, "matrix": matrix, "text": ["a", None]})
    assert X.view("image") is images
    assert X.view("matrix") is matrix
    # NumPy alone would write the text "None" or "nan".
    assert X.view("text").tolist() == ["a", None]


def test_dict_stacks_numbers_of_one_and_two_dimensions():
    X = {"a": [1, 2], "b": np.array([[3.0, 4.0], [5.0, 6.0]]), "c": [None, 8]}
    np.testing.assert_array_equal(
        columns(X).view(["a", "b", "c"]), [[1, 3, 4, np.nan], [2, 5, 6, 8]]
    )


@pytest.mark.parametrize(
    "entry, message",
    [
        (np.zeros((2, 3, 3)), r"X\['x'\] of shape \(2, 3, 3\) beside"),
        (sp.csr_array(np.eye(2)), r"X\['x'\] of shape \(2, 2\) beside"),
        (["a", "b"], r"X\['x'\] holds others"),
    ],
    ids=["images", "sparse", "texts"],
)
def test_dict_refuses_to_stack(entry, message):
    with pytest.raises(ValueError, match=message):
        columns({"x": entry, "y": [1, 2]}).view(["x", "y"])


@pytest.mark.parametrize(
    "X, error, message",
    [
        (np.eye(3), TypeError, "X is of type ndarray"),
        (["a", "b"], TypeError, "X is of type list"),
        (pd.Series(["a"]), TypeError, "X is of type Series"),
        (pl.DataFrame({"a": [1]}).lazy(), TypeError, "X is of type LazyFrame"),
        (None, TypeError, "X is of type NoneType"),
        ({"a": [1, 2], "b": [1]}, ValueError, "'a' has 2, 'b' has 1"),
        ({"a": "text"}, TypeError, r"X\['a'\]; it is of type str"),
        ({"a": 3.0}, TypeError, r"X\['a'\]; it is of type float"),
        ({}, ValueError, "0 samples and 0 columns"),
        ({"a": []}, ValueError, "0 samples and 1 columns"),
        (pd.DataFrame({"a": []}), ValueError, "0 samples and 1 columns"),
        (pd.DataFrame({3: [1]}), TypeError, "column 3 of type int"),
    ],
    ids=[
        "array",
        "list",
        "series",
        "lazy",
        "none",
        "lengths",
        "text",
        "number",
        "empty",
        "no-rows",
        "no-rows-frame",
        "number-as-name",
    ],
)
def test_refused(X, error, message):
    with pytest.raises(error, match=message):
        columns(X)


def test_column_that_is_missing_or_doubled():
    X = pd.DataFrame([[1, 2, 3]], columns=["a", "a", "b"])
    with pytest.raises(ValueError, match=r"no column 'c' in X for 'base'.*'b'\]"):
        columns(X).check_has("base", ["b", "c"])
    with pytest.raises(ValueError, match="column 'a' is meant for 'base': X has 2"):
        columns(X).check_has("base", "a")
    columns(X).check_has("base", "b")


def test_same_columns_in_any_order():
    X = columns({"a": [1], "b": [2]})
    X.check_same(["b", "a"])
    with pytest.raises(ValueError, match=r"lacks \['c'\].*has \['b'\] besides"):
        X.check_same(["a", "c"])


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, dict])
def test_present(make):
    data = DATA if make is not pl.DataFrame else DATA | {"size": [1.0, 2.0, None, 4.0]}
    X = columns(make(data))
    assert X.present("text").tolist() == [True, False, False, True]
    assert X.present("size").tolist() == [True, True, False, True]
    assert X.present(["text", "size"]).tolist() == [True, True, False, True]


@pytest.mark.parametrize(
    "values, expected",
    [
        (np.array([[np.nan, np.nan], [np.nan, 1.0]]), [False, True]),
        (np.array(["", "a"]), [False, True]),
        (np.array(["NaT", "2026-01-01"], dtype="datetime64[D]"), [False, True]),
        (np.zeros((2, 3, 3), dtype=np.uint8), [True, True]),
        (np.full((2, 3, 3, 1), np.nan), [False, False]),
        ([None, np.zeros((2, 2))], [False, True]),
        (sp.csr_array((2, 3)), [True, True]),
        (pd.Series([pd.NA, 1], dtype="Int64"), [False, True]),
        (pd.Series(["", "a"], dtype="category"), [False, True]),
        (pl.Series([None, 1]), [False, True]),
        (pl.Series([float("nan"), 1.0]), [False, True]),
        ([0, False], [True, True]),
        (np.array([" ", None], dtype=object), [True, False]),
    ],
    ids=[
        "matrix",
        "strings",
        "dates",
        "pixels",
        "images",
        "objects",
        "sparse",
        "nullable",
        "category",
        "null",
        "nan",
        "zero",
        "blank",
    ],
)
def test_present_of_any_kind(values, expected):
    assert columns({"x": values}).present("x").tolist() == expected


def test_equal_rows_are_found_whatever_holds_them():
    image = np.arange(8, dtype=np.uint8).reshape(2, 2, 2)
    day = datetime(2026, 1, 1)
    X = {"t": ["a", "b"], "n": [1, 2], "i": image, "d": [day, None], "z": [0, 1]}
    other = {
        "t": np.array(["x", "b", "a"]),
        "n": np.array([1.0, 2.0, 1.0]),
        "i": image[[0, 1, 0]].astype(np.float32),
        "d": [day, float("nan"), day],
        "z": [5, 6, 7],
    }
    ours = columns(X).keys(["t", "n", "i", "d"])
    theirs = columns(other).keys(["t", "n", "i", "d"])
    assert [key in set(ours) for key in theirs] == [False, True, True]
    sparse = columns({"s": sp.csr_array(image.reshape(2, 4))}).keys(["s"])
    assert sparse == columns({"s": image.reshape(2, 4)}).keys(["s"])


def test_check_unseen_counts_and_names_rows():
    bases = [("words", None, "text"), ("sizes", None, ["size"])]
    X = columns({"text": ["a", "b", "", "c"], "size": [1, 2, None, 3], "id": [1] * 4})
    seen = {"text": ["c", "b", "b", None], "size": [3, 2, 9, np.nan]}
    with pytest.raises(ValueError, match="2 of the 4 rows of X.*row 1, 3. "):
        check_unseen(X, columns(seen, "X_seen"), bases, "Fusion")
    # Another value in one column that a base sees makes another row.
    other = columns({"text": ["c", "b"], "size": [4, 5]}, "X_seen")
    check_unseen(X, other, bases, "Fusion")
    with pytest.raises(ValueError, match="no column 'size' in X_seen for 'sizes'"):
        check_unseen(X, columns({"text": ["c"]}, "X_seen"), bases, "Fusion")
    many = columns({"text": ["a"] * 12, "size": [1] * 12})
    with pytest.raises(ValueError, match=r"12 of the 12 .* 9, \.\.\.\. The"):
        check_unseen(many, X, bases, "Fusion")
