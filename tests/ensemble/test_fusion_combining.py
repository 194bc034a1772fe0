"""What learns from the logits of the bases, and the weights and seeds it gets."""

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_nn.model_selection import LabelEncodingClassifier
from sklearn_nn.neural_network import MLPClassifier
from tests.ensemble.fusion_cases import (
    LABELS,
    NUMBERS,
    PLAIN,
    TWO,
    bases,
    fusion,
    make_rows,
)

X, Y = make_rows()
NEW, TRUE = make_rows(400, seed=1)


def tiny_mlp(**options):
    return MLPClassifier(
        **{"hidden_layer_sizes": (8,), "max_epochs": 5, "lr": 0.01, **options}
    )


def test_seeds_go_to_those_that_have_none():
    forest = RandomForestClassifier(5)
    estimators = [
        ("free", forest, NUMBERS),
        ("fixed", RandomForestClassifier(5, random_state=7), NUMBERS),
        ("inside", make_pipeline(StandardScaler(), forest), NUMBERS),
    ]
    model = fusion(estimators=estimators, booster=forest, final_estimators=TWO)
    model.fit(X, Y)
    free, fixed, inside = model.estimators_
    assert fixed.random_state == 7
    seeds = [
        free.random_state,
        inside[-1].random_state,
        model.booster_.random_state,
        model.final_estimators_[1].random_state,
    ]
    assert all(isinstance(seed, int) for seed in seeds)
    assert len(set(seeds)) == 4
    assert forest.random_state is None
    again = fusion(estimators=estimators, booster=forest, final_estimators=TWO)
    np.testing.assert_array_equal(
        again.fit(X, Y).predict_proba(NEW), model.predict_proba(NEW)
    )
    # What is dropped leaves the others their seeds.
    fewer = fusion(estimators=estimators).set_params(free="drop").fit(X, Y)
    assert fewer.estimators_[1][-1].random_state == inside[-1].random_state


def test_final_classifier_saw_out_of_fold_logits_only():
    model = fusion(final_estimators=PLAIN).fit(X, Y)
    stack = fusion().fit_transform(X, Y)
    final = LogisticRegression(max_iter=1000).fit(stack, np.searchsorted(LABELS, Y))
    np.testing.assert_allclose(final.coef_, model.final_estimators_[0].coef_)
    np.testing.assert_allclose(
        final.predict_proba(model.transform(NEW)), model.predict_proba(NEW)
    )
    assert not np.allclose(stack, model.transform(X))


def test_booster_is_appended_out_of_fold():
    model = fusion(booster=tiny_mlp(), final_estimators=PLAIN).fit(X, Y)
    assert isinstance(model.booster_, MLPClassifier)
    assert model.final_estimators_[0].n_features_in_ == 9
    assert model.transform(NEW).shape == (len(NEW), 6)
    logits = model.transform(NEW)
    boosted = np.hstack([logits, model.booster_.predict_proba(logits)])
    np.testing.assert_allclose(
        model.predict_proba(NEW), model.final_estimators_[0].predict_proba(boosted)
    )
    assert fusion().fit(X, Y).booster_ is None


class ByHeart(ClassifierMixin, BaseEstimator):
    """Sure of each row that it was fitted on, and of none other."""

    def fit(self, X, y):
        self.classes_, codes = np.unique(y, return_inverse=True)
        self.known_ = {row.tobytes(): code for row, code in zip(X, codes)}
        return self

    def predict_proba(self, X):
        even = np.full(len(self.classes_), 1 / len(self.classes_))
        sure = np.eye(len(self.classes_))
        codes = [self.known_.get(row.tobytes()) for row in X]
        return np.array([even if code is None else sure[code] for code in codes])

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


def test_final_classifiers_do_not_trust_a_booster_that_learns_by_heart():
    model = fusion(booster=ByHeart(), final_estimators=PLAIN).fit(X, Y)
    np.testing.assert_allclose(model.final_estimators_[0].coef_[:, 6:], 0, atol=1e-3)
    without = fusion(final_estimators=PLAIN).fit(X, Y)
    assert model.score(NEW, TRUE) == without.score(NEW, TRUE)


def test_blend_does_not_trust_a_final_classifier_that_learns_by_heart():
    finals = [("plain", LogisticRegression()), ("heart", ByHeart())]
    model = fusion(final_estimators=finals).fit(X, Y)
    assert model.blend_weights_[0] > 0.9
    even = fusion(final_estimators=finals, blend="mean").fit(X, Y)
    np.testing.assert_array_equal(even.blend_weights_, [0.5, 0.5])


def test_blend_of_three_is_the_weighted_mean_of_their_probabilities():
    finals = [*TWO, ("ridge", RidgeClassifier())]
    model = fusion(final_estimators=finals).fit(X, Y)
    assert model.blend_weights_.sum() == pytest.approx(1)
    assert model.blend_weights_.min() >= 0
    logits = model.transform(NEW)
    plain, forest, ridge = model.final_estimators_
    each = [
        plain.predict_proba(logits),
        forest.predict_proba(logits),
        softmax(ridge.decision_function(logits), axis=1),
    ]
    np.testing.assert_allclose(
        model.predict_proba(NEW),
        np.tensordot(model.blend_weights_, each, axes=1),
        atol=1e-5,
    )


def weighted(y):
    return np.where(y == "tea", 1.0, 1e-4)


class NoWeights(ClassifierMixin, BaseEstimator):
    def fit(self, X, y):
        self.inside_ = LogisticRegression().fit(X, y)
        self.classes_ = self.inside_.classes_
        return self

    def predict_proba(self, X):
        return self.inside_.predict_proba(X)

    def predict(self, X):
        return self.inside_.predict(X)


def test_weights_go_to_all_that_take_them():
    inside = make_pipeline(StandardScaler(), LogisticRegression())
    wrapped = LabelEncodingClassifier(estimator=LogisticRegression())
    estimators = [
        *bases(),
        ("inside", inside, NUMBERS),
        ("wrapped", wrapped, NUMBERS),
        ("none", NoWeights(), NUMBERS),
    ]
    model = fusion(estimators=estimators, booster=LogisticRegression())
    model.fit(X, Y, sample_weight=weighted(Y))
    tea = LABELS.tolist().index("tea")
    words, sizes, inside, wrapped, none = model.estimators_
    assert set(sizes.predict(NEW[NUMBERS])) == {tea}
    assert set(inside.predict(NEW[NUMBERS])) == {tea}
    assert set(wrapped.predict(NEW[NUMBERS])) == {tea}
    assert set(none.predict(NEW[NUMBERS])) == {0, 1, 2}
    assert set(model.booster_.predict(model.transform(NEW))) == {tea}
    assert set(model.predict(NEW)) == {"tea"}
    assert model.modality_scores_["sizes"]["accuracy"] > 0.99


def test_equal_weights_change_nothing(model):
    equal = fusion().fit(X, Y, sample_weight=np.full(len(X), 1.0))
    np.testing.assert_allclose(
        equal.predict_proba(NEW), model.predict_proba(NEW), rtol=1e-4
    )
