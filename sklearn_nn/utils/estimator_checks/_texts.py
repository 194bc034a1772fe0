"""The suite for raw texts."""

from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from ._data import NAMES_ROW, Data, series, wrong_row
from ._suite import Suite

_SENTENCES = (
    "the quick car has a new engine and a red door",
    "hot tea with milk, and tea with lemon!",
    "the goal keeper saved the last ball of the match",
)
# Blanks, emoji, accents, Chinese and Japanese, right-to-left, controls, very long.
_UNUSUAL = (
    "| \t\n|?!...|\U0001f680 tea \U0001f469\u200d\U0001f52c|cafe\u0301 caf\u00e9"
    "|\u8336\u306f\u71b1\u3044 \u8eca|\u0634\u0627\u064a \u05ea\u05d4|\x00 tea \ufeff"
).split("|") + ["tea " * 20_000, "x" * 20_000]


class _TextData(Data):
    name = "texts"

    def make(self, n_classes: int = 3) -> tuple[list[str], np.ndarray]:
        rng = np.random.RandomState(0)
        y = np.arange(60) % n_classes
        words = [sentence.split() for sentence in _SENTENCES]
        X = [" ".join(rng.choice(words[label], size=rng.randint(4, 20))) for label in y]
        return X, y

    def altered(self, row: str) -> str:
        return f"{row} unseen"

    def containers(self, X: list[str]) -> Iterator[tuple[str, Any]]:
        containers = (tuple(X), np.array(X, dtype=object), np.array(X, dtype=str))
        for container in (*containers, *series(X)):
            yield (
                f"a {type(container).__module__}.{type(container).__name__}",
                container,
            )

    def unusual(self, X: list[str]) -> Iterator[tuple[list[str], list[str]]]:
        yield X, _UNUSUAL

    def wrong(self, X: list[str]) -> Iterator[tuple[Any, tuple[str, ...]]]:
        for value in (b"bytes", None, float("nan"), 3, ["a", "list"]):
            yield wrong_row(X, value), (NAMES_ROW,)
        texts = "text|string|str|document"
        yield X[0], (texts,)
        yield np.array(X, dtype=object).reshape(-1, 2), (texts,)
        yield np.zeros((6, 4)), (texts,)
        yield [], (f"{texts}|sample|empty",)


_SUITE = Suite(lambda: nullcontext(_TextData()))
text_checks = _SUITE.checks_for


def parametrize_with_text_checks(estimators: Iterable[BaseEstimator]):
    """Make one pytest case per check and estimator of raw texts.

    Parameters
    ----------
    estimators : iterable of estimator instances
        Transformers, classifiers or both, whose ``X`` is a sequence of ``str``.

    Returns
    -------
    decorator : pytest.mark.parametrize
        It passes ``estimator`` and ``check`` to the test.

    Examples
    --------
    >>> from sklearn_nn.feature_extraction.text import SequenceVectorizer
    >>> from sklearn_nn.utils.estimator_checks import parametrize_with_text_checks
    >>> @parametrize_with_text_checks([SequenceVectorizer()])
    ... def test_text_estimator(estimator, check):
    ...     check(estimator)
    """
    return _SUITE.parametrize(estimators)


def check_text_estimator(estimator: BaseEstimator) -> None:
    """Check that an estimator of raw texts keeps scikit-learn's contract.

    Parameters
    ----------
    estimator : estimator instance
        A transformer, a classifier or both, whose ``X`` is a sequence of ``str``. It
        is cloned, never fitted itself, and its ``random_state`` is set to 0.

    Raises
    ------
    AssertionError
        From the first check that fails; it says what is wrong. An exception of the
        estimator's own passes through.

    Examples
    --------
    >>> from sklearn_nn.svm import TfidfLinearSVC
    >>> from sklearn_nn.utils.estimator_checks import check_text_estimator
    >>> check_text_estimator(TfidfLinearSVC())
    """
    _SUITE.check(estimator)
