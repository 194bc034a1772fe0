"""Bases that begin alike share what they begin with, fold by fold."""

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import Pipeline, make_pipeline

from sklearn_nn.ensemble._sharing import first_step
from tests.ensemble.fusion_cases import bases, fusion, make_rows

X, Y = make_rows()
NEW, _ = make_rows(50, seed=1)


class Counting(TfidfVectorizer):
    """Counts its fits."""

    fits = 0

    def fit_transform(self, raw_documents, y=None):
        type(self).fits += 1
        return super().fit_transform(raw_documents, y)


def two(vectorizer=None, **options):
    """Two pipelines that begin alike, and what begins otherwise."""
    return [
        (
            name,
            Pipeline([("tfidf", vectorizer or Counting()), (name, last)], **options),
            "text",
        )
        for name, last in (
            ("plain", LogisticRegression()),
            ("bayes", MultinomialNB()),
        )
    ]


@pytest.mark.parametrize("weight", [None, np.linspace(0.5, 2, 150)])
def test_shared_step_is_fitted_once_a_fold(weight, tmp_path):
    Counting.fits = 0
    shared = fusion(estimators=[*two(), *bases()]).fit(X, Y, sample_weight=weight)
    # The names of the weights differ: plain__sample_weight, bayes__sample_weight.
    assert Counting.fits == (6 if weight is None else 12)
    alone = fusion(estimators=[*two(memory=str(tmp_path)), *bases()])
    alone.fit(X, Y, sample_weight=weight)
    np.testing.assert_allclose(shared.predict_proba(NEW), alone.predict_proba(NEW))
    for name in ("plain", "bayes"):
        one, other = (model.named_estimators_[name] for model in (shared, alone))
        np.testing.assert_allclose(
            one.predict_proba(NEW["text"]), other.predict_proba(NEW["text"])
        )


def test_weights_are_shared_where_the_last_steps_are_named_alike():
    Counting.fits = 0
    weight = np.linspace(0.5, 2, 150)
    estimators = [
        (
            str(C),
            Pipeline([("tfidf", Counting()), ("last", LogisticRegression(C=C))]),
            "text",
        )
        for C in (0.1, 10.0)
    ]
    model = fusion(estimators=estimators).fit(X, Y, sample_weight=weight)
    assert Counting.fits == 6
    codes = np.unique(Y, return_inverse=True)[1]
    for _, pipeline, _ in estimators:
        pipeline.fit(X["text"], codes, last__sample_weight=weight)
    for fitted, (_, pipeline, _) in zip(model.estimators_, estimators, strict=True):
        np.testing.assert_allclose(fitted[-1].coef_, pipeline[-1].coef_)


def test_what_begins_otherwise_is_fitted_alone():
    Counting.fits = 0
    other = ("other", make_pipeline(Counting(min_df=2), RidgeClassifier()), "text")
    column = ("again", make_pipeline(Counting(), RidgeClassifier()), "copy")
    rows = X.assign(copy=X["text"])
    model = fusion(estimators=[*two(), other, column]).fit(rows, Y)
    assert Counting.fits == 3 * 6
    assert model.n_features_in_ == 4


def test_rows_that_lack_the_column():
    Counting.fits = 0
    lost = X.copy()
    lost.loc[:40, "text"] = None
    model = fusion(estimators=[*two(), *bases()]).fit(lost, Y)
    assert Counting.fits == 6
    np.testing.assert_array_equal(
        model.named_estimators_["plain"].predict(NEW["text"]),
        model.named_estimators_["plain"]
        .named_steps["plain"]
        .predict(model.named_estimators_["bayes"][0].transform(NEW["text"])),
    )
    assert not model.fit_transform(lost, Y)[:41, :6].any()


def test_fold_without_rows_that_have_the_column():
    lost = X.copy()
    lost.loc[:49, "text"] = ""
    thirds = [
        (np.r_[50:150], np.r_[0:50]),
        (np.r_[0:50, 100:150], np.r_[50:100]),
        (np.r_[0:100], np.r_[100:150]),
    ]
    model = fusion(estimators=[*two(), *bases()], cv=thirds).fit(lost, Y)
    assert model.modality_scores_["plain"]["answered"] == pytest.approx(2 / 3)


def test_failure_names_those_who_share():
    broken = two(vectorizer=TfidfVectorizer(min_df=1.0, stop_words=["nothing"]))
    X_bad = X.assign(text=[f"word{row}" for row in range(150)])
    with pytest.raises(ValueError) as caught:
        fusion(estimators=[*broken, *bases()]).fit(X_bad, Y)
    note = " ".join(caught.value.__notes__)
    assert "'plain' or 'bayes', which begin alike" in note


@pytest.mark.parametrize(
    "template, shares",
    [
        (make_pipeline(TfidfVectorizer(), LogisticRegression()), True),
        (make_pipeline(LogisticRegression()), False),
        (make_pipeline(TfidfVectorizer(), LogisticRegression(), memory="x"), False),
        (LogisticRegression(), False),
    ],
    ids=["pipeline", "one step", "memory", "no pipeline"],
)
def test_who_may_share(template, shares):
    assert (first_step(template) is not None) == shares
