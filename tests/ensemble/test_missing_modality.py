"""Rows where a base has nothing to look at."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy.special import softmax
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from sklearn_nn.svm import TfidfLinearSVC
from tests.ensemble.fusion_cases import (
    LABELS,
    NUMBERS,
    PLAIN,
    as_dict,
    fusion,
    make_rows,
)

X, Y = make_rows(300)
NEW, TRUE = make_rows(600, seed=1)
CODES = np.searchsorted(LABELS, Y)


def without(X, texts=(), numbers=(), empty=None):
    X = X.copy()
    X["text"] = X["text"].astype(object)
    X.loc[list(texts), "text"] = empty
    X.loc[list(numbers), NUMBERS] = np.nan
    return X


@pytest.fixture(scope="module")
def model():
    return fusion().fit(X, Y)


def as_polars(X):
    return pl.DataFrame({name: X[name].tolist() for name in X.columns}, strict=False)


@pytest.mark.parametrize("make", [pd.DataFrame, as_dict, as_polars])
@pytest.mark.parametrize("empty", [None, np.nan, ""], ids=["none", "nan", "empty"])
def test_base_is_not_asked_for_such_rows(make, empty):
    model = fusion().fit(make(X), Y)
    if make is as_polars and empty != empty:
        empty = None
    logits = model.transform(make(without(NEW, texts=[0, 3], empty=empty)))
    whole = model.transform(make(NEW))
    np.testing.assert_array_equal(logits[[0, 3], :3], 0)
    np.testing.assert_allclose(logits[:, 3:], whole[:, 3:])
    np.testing.assert_allclose(logits[[1, 2]], whole[[1, 2]])


def test_row_with_a_part_of_the_columns_is_asked_for():
    X_part = X.copy()
    X_part.loc[:20, "height"] = np.nan

    class Tolerant(LogisticRegression):
        """Reads zeros where there is nothing."""

        def fit(self, X, y, sample_weight=None):
            return super().fit(X.fillna(0), y, sample_weight)

        def predict_log_proba(self, X):
            return super().predict_log_proba(X.fillna(0))

    model = fusion().set_params(sizes=Tolerant()).fit(X_part, Y)
    assert model.modality_scores_["sizes"]["answered"] == 1


def test_row_without_a_base_is_answered_by_the_others(model):
    """Alone, a base gives its calibrated probabilities."""
    gone = without(NEW, texts=range(300), numbers=range(300, 600))
    probabilities = model.predict_proba(gone)
    logits = model.transform(gone).reshape(-1, 2, 3)
    np.testing.assert_allclose(probabilities[:300], softmax(logits[:300, 1], axis=1))
    np.testing.assert_allclose(probabilities[300:], softmax(logits[300:, 0], axis=1))
    sizes = model.named_estimators_["sizes"]
    np.testing.assert_array_equal(
        probabilities[:300].argmax(axis=1), sizes.predict(NEW[NUMBERS])[:300]
    )
    assert log_loss(TRUE[300:], probabilities[300:]) < 0.9 * np.log(3)


def test_two_of_three_are_pooled_with_their_weights():
    base = ("sizes2", LogisticRegression(C=0.01), NUMBERS)
    X3, new = (frame.assign(code=frame["text"]) for frame in (X, NEW))
    estimators = [
        *fusion().estimators,
        base,
        ("code", TfidfLinearSVC(C=0.1, random_state=0), "code"),
    ]
    model = fusion(estimators=estimators).fit(X3, Y)
    gone = without(new, texts=range(600))
    logits = model.transform(gone).reshape(-1, 4, 3)
    weights = model.base_weights_ * [0, 1, 1, 1]
    expected = softmax(np.tensordot(logits, weights, axes=(1, 0)), axis=1)
    np.testing.assert_allclose(model.predict_proba(gone), expected)
    assert model.score(gone, TRUE) > 0.65


def test_row_without_any_base_gets_the_frequencies(model):
    gone = without(NEW, texts=range(600), numbers=range(600))
    counts = np.bincount(CODES)
    np.testing.assert_allclose(
        model.predict_proba(gone), np.tile(counts / counts.sum(), (600, 1))
    )
    weight = np.where(Y == "tea", 3.0, 1.0)
    weighted = fusion().fit(X, Y, sample_weight=weight)
    counts = np.bincount(CODES, weight)
    np.testing.assert_allclose(
        weighted.predict_proba(gone.iloc[:1])[0], counts / counts.sum()
    )


@pytest.mark.parametrize("n_gone, learned", [(14, False), (15, True)])
def test_pattern_of_training_is_left_to_the_final_classifiers(n_gone, learned):
    """5 % of 300 rows are 15."""
    model = fusion(final_estimators=PLAIN)
    model.fit(without(X, texts=range(n_gone)), Y)
    gone = without(NEW, texts=range(600))
    logits = model.transform(gone)
    final = model.final_estimators_[0].predict_proba(logits)
    pool = softmax(logits[:, 3:], axis=1)
    np.testing.assert_allclose(model.predict_proba(gone), final if learned else pool)
    assert not np.allclose(final, pool)
    # The other pattern did not occur, and whole rows are theirs at any rate.
    other = without(NEW, numbers=range(600))
    np.testing.assert_allclose(
        model.predict_proba(other), softmax(model.transform(other)[:, :3], axis=1)
    )
    np.testing.assert_allclose(
        model.predict_proba(NEW),
        model.final_estimators_[0].predict_proba(model.transform(NEW)),
    )


def test_whole_rows_belong_to_the_final_classifiers_however_rare():
    model = fusion(final_estimators=PLAIN)
    model.fit(without(X, texts=range(200), numbers=range(200, 290)), Y)
    np.testing.assert_allclose(
        model.predict_proba(NEW),
        model.final_estimators_[0].predict_proba(model.transform(NEW)),
    )


def test_rows_of_training_without_a_base_are_left_out_of_it():
    gone = without(X, texts=range(100), numbers=range(250, 300))
    model = fusion().fit(gone, Y)
    words, sizes = model.estimators_
    alone = clone(words).fit(X["text"][100:], CODES[100:])
    np.testing.assert_array_equal(words.coef_, alone.coef_)
    alone = LogisticRegression().fit(X[NUMBERS][:250], CODES[:250])
    np.testing.assert_allclose(sizes.coef_, alone.coef_)
    assert model.modality_scores_["words"]["answered"] == pytest.approx(2 / 3)
    assert model.modality_scores_["sizes"]["answered"] == pytest.approx(5 / 6)
    stack = fusion().fit_transform(gone, Y).reshape(-1, 2, 3)
    assert not stack[:100, 0].any()
    assert stack[100:, 0].any(axis=1).all()
    places = stack.argmax(axis=2)
    both = slice(100, 250)
    assert model.agreement_[0, 1] == np.mean(places[both, 0] == places[both, 1])
    assert model.score(NEW, TRUE) > 0.7


def test_training_rows_without_any_base_teach_nothing_but_frequencies():
    lost = without(X, texts=range(50), numbers=range(50))
    y = Y.copy()
    y[:50] = "car"
    halves = np.r_[0:175], np.r_[175:300]
    model = fusion(cv=[halves, halves[::-1]], final_estimators=PLAIN)
    model.fit(lost, y)
    stack = model.fit_transform(lost, y)[50:]
    final = LogisticRegression(max_iter=1000).fit(
        stack, np.searchsorted(LABELS, y[50:])
    )
    np.testing.assert_allclose(final.coef_, model.final_estimators_[0].coef_)
    gone = without(NEW[:1], texts=[0], numbers=[0])
    assert model.predict_proba(gone)[0].argmax() == 0
    assert model.predict_proba(gone)[0, 0] == np.mean(y == "car")


def test_bases_that_never_meet():
    gone = without(X, texts=range(150), numbers=range(150, 300))
    model = fusion().fit(gone, Y)
    assert np.isnan(model.agreement_[0, 1])
    np.testing.assert_array_equal(model.base_weights_, [1, 1])
    assert model.score(NEW, TRUE) > 0.7


def test_base_without_any_row_is_refused_by_name():
    with pytest.raises(ValueError, match="'words' has no rows to learn from"):
        fusion().fit(without(X, texts=range(300)), Y)
    with pytest.raises(ValueError, match="'words' has no rows to learn from"):
        fusion().fit(
            without(X, texts=range(150)),
            Y,
            sample_weight=np.repeat([1.0, 0.0], 150),
        )


def test_images_in_a_frame_and_in_a_dict():
    rng = np.random.default_rng(0)
    images = rng.integers(0, 100, (300, 4, 4), dtype=np.uint8)
    images += (60 * CODES[:, np.newaxis, np.newaxis]).astype(np.uint8)
    column = np.empty(300, dtype=object)
    column[:] = list(images)
    column[:5] = None

    class Flat(LogisticRegression):
        @staticmethod
        def rows(X):
            return np.stack(list(X)).reshape(len(X), -1) / 255

        def fit(self, X, y, sample_weight=None):
            return super().fit(self.rows(X), y, sample_weight)

        def predict_log_proba(self, X):
            return super().predict_log_proba(self.rows(X))

    estimators = [fusion().estimators[0], ("image", Flat(), "image")]
    frame = fusion(estimators=estimators).fit(X.assign(image=column), Y)
    assert frame.modality_scores_["image"]["answered"] == pytest.approx(295 / 300)
    assert frame.modality_scores_["image"]["accuracy"] > 0.9
    whole = {"text": X["text"].to_numpy(), "image": images}
    assert fusion(estimators=estimators).fit(whole, Y).score(whole, Y) > 0.9
