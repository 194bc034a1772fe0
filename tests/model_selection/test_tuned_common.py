"""scikit-learn's checks on classifiers around others, without expected failures."""

from unittest import SkipTest

from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_nn.model_selection._label_encoding import LabelEncodingClassifier
from sklearn_nn.model_selection._tuned import TunedClassifier

SPACE = {"C": [0.1, 1.0]}


@parametrize_with_checks(
    [
        TunedClassifier(),
        TunedClassifier(estimator=LinearSVC(), search="grid", space=SPACE, cv=2),
        TunedClassifier(search="random", space=SPACE, cv=2, n_iter=2),
        LabelEncodingClassifier(estimator=LogisticRegression()),
    ],
    expected_failed_checks=None,
)
def test_sklearn_check(estimator, check):
    try:
        check(estimator)
    except SkipTest:
        # Needs an environment variable that is set before SciPy is imported.
        assert check.func.__name__ == "check_array_api_input"
