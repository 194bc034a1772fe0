"""scikit-learn's suite and ours, which pass one array: it becomes the only column."""

from unittest import SkipTest

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB, MultinomialNB
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklearn.utils.validation import check_is_fitted, validate_data

from sklearn_nn._texts import check_texts
from sklearn_nn.ensemble import LateFusionClassifier
from sklearn_nn.svm import TfidfLinearSVC
from sklearn_nn.utils.estimator_checks import parametrize_with_text_checks

pytestmark = pytest.mark.filterwarnings("ignore:lbfgs failed to converge")
FOLDS = "The folds of repeated rows are others than those of weighted ones."


class OneColumn(LateFusionClassifier):
    """The suites ask for an array, checked by a subclass."""

    def fit(self, X, y, sample_weight=None):
        X = self._checked(X, reset=True)
        kept = {name: vars(self).get(name) for name in self._of_columns}
        super().fit({"all": X}, y, sample_weight)
        self._restore(kept)
        return self

    def fit_transform(self, X, y, sample_weight=None):
        # Ours is out of fold on purpose, as that of TargetEncoder.
        return self.fit(X, y, sample_weight).transform(X)

    _of_columns = ("n_features_in_", "feature_names_in_")

    def _restore(self, kept):
        for name, value in kept.items():
            vars(self).pop(name, None)
            if value is not None:
                setattr(self, name, value)

    def _stack(self, X):
        check_is_fitted(self)
        X = self._checked(X, reset=False)
        kept = {name: vars(self).get(name) for name in self._of_columns}
        self.feature_names_in_ = np.array(["all"], dtype=object)
        try:
            return super()._stack({"all": X})
        finally:
            self._restore(kept)


class OnNumbers(OneColumn):
    def _checked(self, X, reset):
        return validate_data(self, X, reset=reset)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = True
        tags.input_tags.string = tags.input_tags.allow_nan = False
        return tags


class OnTexts(OneColumn):
    def _checked(self, X, reset):
        return np.asarray(check_texts(X), dtype=object)


@parametrize_with_checks(
    [
        OnNumbers(
            estimators=[
                ("plain", LogisticRegression(), "all"),
                ("bayes", GaussianNB(), "all"),
            ],
            cv=2,
            random_state=0,
        )
    ],
    expected_failed_checks=lambda estimator: {
        "check_sample_weight_equivalence_on_dense_data": FOLDS
    },
)
def test_sklearn_check(estimator, check):
    try:
        check(estimator)
    except SkipTest:
        # Needs an environment variable that is set before SciPy is imported.
        assert check.func.__name__ == "check_array_api_input"


@parametrize_with_text_checks(
    [
        OnTexts(
            estimators=[
                ("words", TfidfLinearSVC(random_state=0), "all"),
                ("bayes", make_pipeline(CountVectorizer(), MultinomialNB()), "all"),
            ],
            cv=2,
            random_state=0,
        )
    ]
)
def test_text_check(estimator, check):
    check(estimator)
