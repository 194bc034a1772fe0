"""SMOTE: vectors only, and clear words about all else."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp
from imblearn.over_sampling import SMOTE as ImblearnSMOTE
from imblearn.pipeline import make_pipeline
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import NearestNeighbors

from sklearn_nn.feature_extraction.text import SequenceVectorizer
from sklearn_nn.sampling import SMOTE

RNG = np.random.default_rng(0)
X = RNG.normal(size=(30, 4))
Y = ["few"] * 8 + ["many"] * 22
TEXTS = [" ".join(RNG.choice(["red", "car", "tea", "cup"], 3)) for _ in Y]


@pytest.mark.parametrize("make", [np.asarray, sp.csr_matrix, sp.csr_array])
def test_equals_imbalanced_learn(make):
    ours, y = SMOTE(random_state=0).fit_resample(make(X), Y)
    theirs, y_theirs = ImblearnSMOTE(random_state=0).fit_resample(make(X), np.array(Y))
    assert type(ours) is type(make(X)) and ours.shape == (44, 4)
    assert abs(ours - theirs).max() == 0
    assert isinstance(y, list) and y == y_theirs.tolist()


def test_labels_of_variable_width_strings():
    y = np.array(Y, dtype=np.dtypes.StringDType())
    X_new, y_new = SMOTE(random_state=0).fit_resample(X, y)
    assert len(X_new) == 44 and y_new.dtype == y.dtype
    assert y_new.tolist() == Y + ["few"] * 14


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_frames_and_series(frame):
    names = ["a", "b", "c", "d"]
    data = frame(dict(zip(names, X.T)))
    y = pd.Series(Y) if frame is pd.DataFrame else pl.Series(Y)
    data_new, y_new = SMOTE(random_state=0).fit_resample(data, y)
    assert type(data_new) is frame and type(y_new) is type(y)
    assert list(data_new.columns) == names
    assert y_new.to_list() == Y + ["few"] * 14
    expected, _ = SMOTE(random_state=0).fit_resample(X, Y)
    np.testing.assert_array_equal(data_new.to_numpy(), expected)


def test_rows_are_between_rows_of_their_class():
    line = np.vstack([np.linspace(0, 1, 8)[:, None], np.full((22, 1), 9.0)])
    X_new, _ = SMOTE(k_neighbors=2, random_state=0).fit_resample(line, Y)
    np.testing.assert_array_equal(X_new[:30], line)
    assert ((X_new[30:] >= 0) & (X_new[30:] <= 1)).all()
    assert len(np.unique(X_new[30:])) > 8


@pytest.mark.parametrize(
    "texts",
    [TEXTS, np.array(TEXTS, dtype=object), pd.Series(TEXTS), np.array([TEXTS]).T],
    ids=["list", "array", "series", "column"],
)
def test_refuses_texts(texts):
    message = r"^SMOTE takes vectors\. Row 0 of X holds text.*RandomOver"
    with pytest.raises(ValueError, match=message):
        SMOTE().fit_resample(texts, Y)


def test_refuses_token_ids():
    ids = SequenceVectorizer(max_length=5).fit_transform(TEXTS)
    message = "dense matrix of int32.*token ids.*RandomOverSampler"
    with pytest.raises(ValueError, match=message):
        SMOTE().fit_resample(ids, Y)
    with pytest.raises(ValueError, match=message):
        make_pipeline(
            SequenceVectorizer(max_length=5), SMOTE(), LogisticRegression()
        ).fit(TEXTS, Y)
    SMOTE(random_state=0).fit_resample(ids.astype(float), Y)


def test_sparse_counts_become_fractions():
    counts = CountVectorizer().fit_transform(TEXTS)
    assert counts.dtype == np.int64
    X_new, _ = SMOTE(random_state=0).fit_resample(counts, Y)
    assert sp.issparse(X_new) and X_new.dtype == np.float64
    assert (X_new[:30] != counts).nnz == 0
    assert (X_new[30:].toarray() % 1).any()
    tfidf = TfidfVectorizer(dtype=np.float32).fit_transform(TEXTS)
    assert SMOTE(random_state=0).fit_resample(tfidf, Y)[0].dtype == np.float32


@pytest.mark.parametrize(
    "smote", [SMOTE(k_neighbors=8), SMOTE(k_neighbors=NearestNeighbors(n_neighbors=9))]
)
def test_too_few_rows_in_a_class(smote):
    message = (
        "with 8 neighbours needs at least 9 rows of a class, but class 'few' has "
        "n_samples = 8: set k_neighbors=7 or lower"
    )
    with pytest.raises(ValueError, match=message):
        smote.fit_resample(X, Y)
    with pytest.raises(ValueError, match="n_samples = 1: over-sample the rows"):
        smote.fit_resample(X, ["few"] + ["many"] * 29)
    # Nothing is added to "few" here.
    SMOTE(k_neighbors=8, sampling_strategy={"many": 30}).fit_resample(X, Y)


def test_predict_answers_every_row():
    model = make_pipeline(
        TfidfVectorizer(), SMOTE(random_state=0), LogisticRegression()
    ).fit(TEXTS, Y)
    assert len(model.predict(TEXTS)) == 30 and len(model.predict(TEXTS[:1])) == 1


def test_seeds():
    state = np.random.get_state()[1].copy()
    first, again, other = (
        SMOTE(random_state=seed).fit_resample(X, Y)[0] for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    np.testing.assert_array_equal(np.random.get_state()[1], state)
