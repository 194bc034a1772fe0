"""Rows that are nearly the same stay together."""

import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_nn.ensemble._folds import make_folds, stratified
from sklearn_nn.ensemble._targets import Target
from tests.ensemble.fusion_cases import NUMBERS, bases, fusion, make_rows

X, Y = make_rows()
GROUPS = np.repeat(np.arange(50), 3)


def target(groups=GROUPS):
    return Target(np.arange(150) % 3, 3, groups=groups)


@pytest.mark.parametrize(
    "folds",
    [
        stratified(target(), 5, 0),
        make_folds(5, target(), 0, "Fusion"),
        make_folds(GroupKFold(4), target(), 0, "Fusion"),
    ],
    ids=["combining", "int", "splitter"],
)
def test_no_group_is_on_both_sides(folds):
    for train, test in folds:
        assert not np.intersect1d(GROUPS[train], GROUPS[test]).size
    tested = np.concatenate([test for _, test in folds])
    np.testing.assert_array_equal(np.sort(tested), np.arange(150))


class Recorder(LogisticRegression):
    """Keeps the rows of every fit."""

    fits: list = []

    def fit(self, X, y, sample_weight=None):
        self.fits.append(np.asarray(X)[:, 0].tolist())
        return super().fit(X, y, sample_weight)


def test_groups_reach_the_folds_of_all():
    rows = X.assign(height=np.arange(150.0))
    Recorder.fits.clear()
    estimators = [("sizes", Recorder(), NUMBERS)]
    fusion(estimators=estimators, cv=5).fit(rows, Y, groups=GROUPS)
    *folds, last = Recorder.fits
    assert len(folds) == 5
    assert len(last) == 150
    for fit in folds:
        counts = np.bincount(GROUPS[np.array(fit, dtype=int)], minlength=50)
        assert set(counts.tolist()) <= {0, 3}


def test_twins_on_both_sides_are_believed_and_groups_tell():
    """The nearest neighbour knows every twin by heart, and nothing else."""
    rng = np.random.default_rng(0)
    singles = rng.normal(size=(60, 2))
    twins = X.iloc[:120].copy()
    twins[NUMBERS] = np.repeat(singles, 2, axis=0)
    y = np.repeat(rng.choice(["a", "b"], size=60), 2)
    groups = np.repeat([f"pair {i}" for i in range(60)], 2)
    heart = KNeighborsClassifier(1)
    model = fusion(estimators=[("heart", heart, NUMBERS)])
    seen = clone(model).fit(twins, y).modality_scores_["heart"]["accuracy"]
    honest = clone(model).fit(twins, y, groups=groups)
    assert seen > 0.8
    assert honest.modality_scores_["heart"]["accuracy"] < 0.65
    assert honest.predict_proba(twins).max() < 0.8


@pytest.mark.parametrize(
    "groups, message",
    [
        (np.zeros(150), "at least two groups"),
        (np.arange(10), r"X has 150 rows, groups has the shape \(10,\)"),
        (np.arange(150) % 4, "cv=5 of LateFusionClassifier .* the 4 groups"),
    ],
)
def test_unusable_groups(groups, message):
    with pytest.raises(ValueError, match=message):
        fusion().fit(X, Y, groups=groups)


def test_groups_and_weights_are_routed_through_a_search():
    with config_context(enable_metadata_routing=True):
        plain = LogisticRegression().set_fit_request(sample_weight=True)
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        scaled = ("scaled", make_pipeline(scaler, plain), NUMBERS)
        model = fusion(estimators=[*bases(), scaled])
        model.set_fit_request(groups=True, sample_weight=True)
        search = GridSearchCV(
            model.set_score_request(sample_weight=False),
            {"words__C": [0.1, 1.0]},
            cv=GroupKFold(3),
        )
        weight = np.ones(150)
        weight[:50] = 0
        search.fit(X, Y, groups=GROUPS, sample_weight=weight)
        assert search.best_score_ > 0.6
        # The weights arrived inside the pipeline.
        last = search.best_estimator_.named_estimators_["scaled"][-1]
        again = StandardScaler().fit_transform(X[NUMBERS][50:])
        codes = np.unique(Y, return_inverse=True)[1][50:]
        np.testing.assert_allclose(
            last.coef_, LogisticRegression().fit(again, codes).coef_, rtol=1e-4
        )
        scores = cross_val_score(
            model, X, Y, cv=GroupKFold(3), params={"groups": GROUPS}
        )
        assert scores.mean() > 0.6
