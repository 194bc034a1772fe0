import functools
import json
import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.ensemble import VotingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, make_scorer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sklearn_nn.model_selection._description import content_hash, describe, key
from tests.model_selection.small import X, same_search, y

PARTIAL = functools.partial(max, 3)
VALUES = [
    None,
    True,
    1,
    1.0,
    "1",
    np.inf,
    (1, 2),
    [1, 2],
    {"a": 1},
    {"a": [1]},
    {1, 2},
    max,
    min,
    int,
    PARTIAL,
    np.arange(3),
    np.arange(3.0),
    sp.eye(3).tocsr(),
    np.random.RandomState(0),
    np.random.RandomState(1),
    np.longdouble(1) / 3,
    LogisticRegression(),
    LogisticRegression(C=2),
    Pipeline([("a", StandardScaler()), ("b", LogisticRegression())]),
    Pipeline([("a", StandardScaler()), ("b", LogisticRegression(C=2))]),
    VotingClassifier([("a", LogisticRegression(C=3))]),
    StandardScaler(),
    StandardScaler().set_output(transform="pandas"),
    FrozenEstimator(StandardScaler().fit(X)),
    FrozenEstimator(StandardScaler().fit(2 * X)),
    make_scorer(f1_score),
    make_scorer(f1_score, average="macro"),
]


def column(k):
    """Return a class: each of them has the same name."""

    class Column(TransformerMixin, BaseEstimator):
        def __init__(self):
            super().__init__()

        def fit(self, X, y=None):
            return self

        def transform(self, X):
            return X[:, [k]] if k not in {"a", "b", "c"} else X

    return Column


class Picking:
    def __init__(self, k):
        self.k = k

    def __call__(self, X):
        return X[:, [self.k]]

    def pick(self, X):
        return X[:, [self.k]]


def picking(k):
    return lambda X: X[:, [k]]


# None of these can be imported by its name, or they are bound to an object.
OWN = [
    *[f(k) for k in (0, 1) for f in (column, picking)],
    *[column(k)() for k in (0, 1)],
    *[Picking(k).pick for k in (0, 1)],
    *[functools.partial(picking(k), X=3) for k in (0, 1)],
    *[make_scorer(picking(k)) for k in (0, 1)],
    {"a": 1}.get,
    {"a": 2}.get,
]


@pytest.mark.parametrize("by_identity", [False, True])
@pytest.mark.parametrize("values", [VALUES, OWN], ids=["values", "own code"])
def test_different_things_have_different_descriptions(values, by_identity):
    said = [json.dumps(describe(v, by_identity=by_identity)) for v in values]
    assert len(set(said)) == len(said)


def test_copies_have_the_same_description():
    for value in VALUES:
        copied = pickle.loads(pickle.dumps(value))
        assert describe(copied) == describe(value), value
        assert json.loads(json.dumps(describe(value))) == describe(value), value


def test_numpy_numbers_are_numbers():
    assert describe(np.int64(3)) == describe(3)
    assert describe(np.float64(0.5)) == describe(0.5)
    assert describe(np.float32(0.5)) == describe(0.5)
    assert describe(np.bool_(True)) is True
    assert describe(np.nan) == describe(np.float32("nan")) != describe(np.inf)


def test_functions_are_told_apart_within_a_process():
    one, other = (lambda X: X), (lambda X: X + 1)
    assert key(FunctionTransformer(one)) != key(FunctionTransformer(other))
    assert key(FunctionTransformer(one)) == key(FunctionTransformer(one))
    held = [functools.partial(f) for f in (one, other)]
    assert key(held[0]) != key(held[1])


def test_descriptions_and_hashes_last():
    code = """if True:
        import json
        from tests.model_selection.test_description import DATA, OWN, VALUES
        from sklearn_nn.model_selection._description import content_hash, describe
        said = [describe(v) for v in VALUES + OWN]
        print(json.dumps([said, [*map(content_hash, DATA)]]))
    """
    here = [[describe(v) for v in VALUES + OWN], [*map(content_hash, DATA)]]
    there = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True
    )
    assert json.loads(there.stdout) == json.loads(json.dumps(here)), there.stderr


@pytest.mark.parametrize(
    "outcomes",
    [
        [column(k)() for k in range(3)],
        [FunctionTransformer(picking(k)) for k in range(3)],
        [FunctionTransformer(Picking(k)) for k in range(3)],
        [FunctionTransformer(Picking(k).pick) for k in range(3)],
        [FunctionTransformer(functools.partial(picking(k))) for k in range(3)],
    ],
    ids=["classes", "closures", "objects", "methods", "partials"],
)
def test_a_tree_keeps_code_of_the_same_name_apart(outcomes):
    pipeline = Pipeline([("c", "passthrough"), ("m", LogisticRegression())])
    ours, _ = same_search(pipeline, {"c": outcomes}, refit=False)
    assert len(set(ours.cv_results_["mean_test_score"])) > 1


NOTEBOOK = """
import functools
import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

FACTOR = 1

def helper(X):
    return X + 1

class Step(TransformerMixin, BaseEstimator):
    words = ["a"]

    @property
    def twice(self):
        return 2

    @staticmethod
    def shared(X, offset=0):
        return X + offset

    def fit(self, X, y=None):
        self.again_ = Step
        return self

    def transform(self, X):
        return helper(X) * FACTOR
"""
MADE = "Step()", "Step().transform", "functools.partial(Step)", "[lambda X: Step(X)]"


def in_notebook(source, expression):
    namespace = {"__name__": "__main__"}
    exec(source, namespace)
    return describe(eval(expression, namespace))


@pytest.mark.parametrize("expression", MADE)
@pytest.mark.parametrize(
    "edit",
    [
        ("FACTOR = 1", "FACTOR = 2"),
        ("X + 1", "X + 2"),
        ('["a"]', '["b"]'),
        ("return 2", "return 3"),
        ("offset=0", "offset=1"),
        ("return self", "return None"),
        ("(TransformerMixin, B", "(B"),
    ],
    ids=lambda edit: edit[1],
)
def test_edited_code_has_another_description(edit, expression):
    edited = NOTEBOOK.replace(*edit)
    assert edited != NOTEBOOK
    assert in_notebook(edited, expression) != in_notebook(NOTEBOOK, expression)


@pytest.mark.parametrize("expression", MADE)
def test_moved_code_has_the_same_description(expression):
    moved = f"# A comment.\n\n{NOTEBOOK}\nOTHER = 3\n"
    assert in_notebook(moved, expression) == in_notebook(NOTEBOOK, expression)


def test_what_a_value_holds_twice_or_in_itself():
    held = ["a" * 3]
    circle = Picking(held)
    circle.itself = circle
    other = Picking(["b"])
    other.itself = other
    assert describe(circle) == describe(pickle.loads(pickle.dumps(circle)))
    assert describe(circle) != describe(other)
    assert describe(Picking([held, held])) == describe(Picking([["aaa"], ["aaa"]]))


LONG = np.arange(5000)
OTHER = LONG.copy()
OTHER[2500] = -1
DATA = [
    None,
    [],
    ["ab", "c"],
    ["a", "bc"],
    ["a", "b", "c"],
    ["1", "2"],
    [1, 2],
    [1.0, 2.0],
    [[1, 2]],
    [[1], [2]],
    ["a", None],
    ["a", np.nan],
    ["a", b"a"],
    ["\ud800", "\U0001f600"],
    X,
    X[::-1],
    X.astype(np.float32),
    X.ravel(),
    X.T,
    sp.csr_matrix(np.eye(3)),
    sp.csr_matrix(2 * np.eye(3)),
    pd.DataFrame({"a": [1, 2]}),
    pd.DataFrame({"b": [1, 2]}),
    pd.DataFrame({"a": [1, 3]}),
    pd.DataFrame([[1, 2]], columns=["a", "a"]),
    {"a": [1, 2]},
    {"a": [1, 3]},
    # Rows of several lengths, whose printed form is cut in the middle.
    [LONG, LONG[:7]],
    [OTHER, LONG[:7]],
    [np.zeros((2, 3)), np.zeros((2, 4))],
]


def test_different_data_have_different_hashes():
    hashes = [content_hash(data) for data in DATA]
    assert len(set(hashes)) == len(hashes)
    assert all(len(digest) == 32 for digest in hashes)


def test_equal_data_have_equal_hashes():
    texts = ["a", "b"]
    same = {content_hash(texts), content_hash(np.array(texts, dtype=object))}
    assert same == {content_hash(pd.Series(texts, dtype=object))}
    assert content_hash(X) == content_hash(X.copy(order="F"))
    sparse = sp.random(20, 5, 0.3, random_state=0, format="csr")
    assert content_hash(sparse) == content_hash(sparse.tocsc())
    frame = pl.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    assert content_hash(frame) == content_hash(frame.clone())
    assert content_hash(frame) != content_hash(frame.select("b", "a"))


@given(a=st.lists(st.text()), b=st.lists(st.text()))
def test_hashes_of_texts(a, b):
    assert (content_hash(a) == content_hash(b)) == (a == b)


def test_hash_notices_every_row_and_label():
    for row in range(len(X)):
        changed, labels = X.copy(), y.copy()
        changed[row, 0] += 1e-9
        labels[row] += 1
        assert content_hash(changed) != content_hash(X)
        assert content_hash(labels) != content_hash(y)
