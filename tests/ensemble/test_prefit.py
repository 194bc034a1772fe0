"""Bases that were fitted before."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tests.ensemble.fusion_cases import (
    LABELS,
    NUMBERS,
    PLAIN,
    Hard,
    NotToBeFitted,
    bases,
    fusion,
    make_rows,
)

SEEN, Y_SEEN = make_rows(200, seed=5)
X, Y = make_rows(120)
NEW, TRUE = make_rows(400, seed=1)


def fitted(frozen=False):
    found = []
    for name, base, columns in bases():
        base = base.fit(SEEN[columns], Y_SEEN)
        found.append((name, FrozenEstimator(base) if frozen else base, columns))
    return found


def prefit(**options):
    return fusion(**{"estimators": fitted(), "cv": "prefit", **options})


def test_bases_are_asked_and_never_fitted():
    estimators = fitted()
    states = [pickle.dumps(base) for _, base, _ in estimators]
    estimators[1][1].__class__ = NotToBeFitted
    model = prefit(estimators=estimators).fit(X, Y, X_seen=SEEN)
    assert all(
        ours is base for ours, (_, base, _) in zip(model.estimators_, estimators)
    )
    estimators[1][1].__class__ = LogisticRegression
    assert [pickle.dumps(base) for _, base, _ in estimators] == states
    for name, base, columns in estimators:
        expected = accuracy_score(Y, base.predict(X[columns]))
        assert model.modality_scores_[name]["accuracy"] == pytest.approx(expected)
    assert model.score(NEW, TRUE) > max(
        base.score(NEW[columns], TRUE) for _, base, columns in estimators
    )


def test_final_classifier_learns_from_the_hold_out():
    model = prefit(final_estimators=PLAIN).fit(X, Y)
    stack = prefit().fit_transform(X, Y)
    np.testing.assert_allclose(stack, model.transform(X))
    final = LogisticRegression(max_iter=1000).fit(stack, np.searchsorted(LABELS, Y))
    np.testing.assert_allclose(final.coef_, model.final_estimators_[0].coef_)


def test_labels_alone_and_pipelines():
    estimators = [
        ("hard", Hard().fit(SEEN[NUMBERS], Y_SEEN), NUMBERS),
        (
            "pipe",
            make_pipeline(StandardScaler(), LogisticRegression()).fit(
                SEEN[NUMBERS], Y_SEEN
            ),
            NUMBERS,
        ),
        fitted()[0],
    ]
    model = prefit(estimators=estimators).fit(X, Y)
    hard = model.modality_scores_["hard"]["accuracy"]
    assert hard == accuracy_score(Y, estimators[0][1].predict(X[NUMBERS]))
    assert model.score(NEW, TRUE) > 0.75


def test_order_of_the_classes_of_a_base_does_not_matter():
    turned = LogisticRegression().fit(SEEN[NUMBERS], Y_SEEN)
    turned.classes_ = turned.classes_[::-1]
    turned.coef_, turned.intercept_ = turned.coef_[::-1], turned.intercept_[::-1]
    estimators = [fitted()[0], ("sizes", turned, NUMBERS)]
    np.testing.assert_allclose(
        prefit(estimators=estimators).fit(X, Y).predict_proba(NEW),
        prefit().fit(X, Y).predict_proba(NEW),
    )


def test_frozen_bases_survive_cloning():
    model = prefit(estimators=fitted(frozen=True))
    assert cross_val_score(model, X, Y, cv=3).mean() > 0.7
    with pytest.raises(NotFittedError, match="'words' is not fitted"):
        clone(prefit()).fit(X, Y)
    with pytest.raises(ValueError, match="'words' is frozen"):
        fusion(estimators=fitted(frozen=True)).fit(X, Y)


def test_rows_that_the_bases_have_seen():
    some = X.copy()
    some.loc[[3, 8], :] = SEEN.iloc[[0, 7]].to_numpy()
    some = some.astype({name: float for name in NUMBERS})
    with pytest.raises(ValueError, match="2 of the 120 rows of X.*: row 3, 8. "):
        prefit().fit(some, Y, X_seen=SEEN)
    # One column differs: another row. A column that no base sees does not count.
    some["text"] += " new"
    prefit().fit(some.assign(id=1), Y, X_seen=SEEN)


def test_rows_seen_are_for_prefit_only():
    with pytest.raises(ValueError, match="X_seen is for cv='prefit' only; cv=5"):
        fusion().fit(X, Y, X_seen=SEEN)


@pytest.mark.parametrize(
    "labels, message",
    [
        (np.where(Y_SEEN == "tea", "car", Y_SEEN), r"'sizes' .* \['car', 'toy'\], but"),
        (np.char.upper(Y_SEEN), r"'sizes' was fitted on the classes \['CAR', 'TEA'"),
    ],
    ids=["fewer", "other"],
)
def test_other_classes_are_refused_by_name(labels, message):
    other = LogisticRegression().fit(SEEN[NUMBERS], labels)
    estimators = [fitted()[0], ("sizes", other, NUMBERS)]
    with pytest.raises(ValueError, match=message):
        prefit(estimators=estimators).fit(X, Y)


def test_labels_of_another_type_are_refused_by_name():
    numbers = np.searchsorted(LABELS, Y_SEEN)
    other = LogisticRegression().fit(SEEN[NUMBERS], numbers.astype(str))
    with pytest.raises(
        ValueError, match="'sizes' was fitted on labels of another type"
    ):
        prefit(estimators=[("sizes", other, NUMBERS)]).fit(
            X, np.searchsorted(LABELS, Y)
        )


def test_base_that_is_not_fitted_is_refused_by_name():
    estimators = [fitted()[0], ("sizes", LogisticRegression(), NUMBERS)]
    with pytest.raises(NotFittedError, match="'sizes' is not fitted"):
        prefit(estimators=estimators).fit(X, Y)


def test_failed_fit_leaves_the_former_state():
    model = prefit().fit(X, Y)
    before = model.predict_proba(NEW)
    with pytest.raises(ValueError, match="X_seen"):
        model.fit(SEEN, Y_SEEN, X_seen=SEEN)
    np.testing.assert_array_equal(model.predict_proba(NEW), before)
