"""The suite for images."""

from collections.abc import Iterable

from sklearn.base import BaseEstimator

from ._image_checks import own_checks
from ._image_data import open_images
from ._suite import Suite

_SUITE = Suite(open_images, own_checks)
image_checks = _SUITE.checks_for


def parametrize_with_image_checks(estimators: Iterable[BaseEstimator]):
    """Make one pytest case per check and estimator of images.

    Parameters
    ----------
    estimators : iterable of estimator instances
        Transformers, classifiers or both, whose ``X`` is what
        `check_image_estimator` describes.

    Returns
    -------
    decorator : pytest.mark.parametrize
        It passes ``estimator`` and ``check`` to the test.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> from sklearn_nn.utils.estimator_checks import parametrize_with_image_checks
    >>> @parametrize_with_image_checks([DummyClassifier()])
    ... def test_image_estimator(estimator, check):
    ...     check(estimator)
    """
    return _SUITE.parametrize(estimators)


def check_image_estimator(estimator: BaseEstimator) -> None:
    """Check that an estimator of images keeps scikit-learn's contract.

    Its ``X`` is an array of ``uint8`` of shape (n, H, W), (n, H, W, 1), (n, H, W, 3)
    or (n, H, W, 4), or a list of such images or of PIL images, whose sizes may differ,
    or a one-dimensional sequence of paths to files. In which of these ways an image
    comes changes nothing.

    Parameters
    ----------
    estimator : estimator instance
        A transformer, a classifier or both. It is cloned, never fitted itself, and its
        ``random_state`` is set to 0.

    Raises
    ------
    AssertionError
        From the first check that fails; it says what is wrong. An exception of the
        estimator's own passes through.
    ImportError
        If pillow is not installed.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> from sklearn_nn.utils.estimator_checks import check_image_estimator
    >>> check_image_estimator(DummyClassifier())
    Traceback (most recent call last):
    ...
    AssertionError: fit on ... accepts what it should refuse; ...
    """
    _SUITE.check(estimator)
