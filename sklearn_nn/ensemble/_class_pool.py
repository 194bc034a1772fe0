"""The logarithmic pool as a final classifier."""

from typing import Any, Self

import numpy as np
from scipy.special import log_softmax
from sklearn.base import BaseEstimator, ClassifierMixin

from sklearn_nn.ensemble._pool import fit_class_pool


class ClassPool(ClassifierMixin, BaseEstimator):
    """Weighs the logits of each base by one weight a class.

    Few parameters, all near the weights of the bases: it needs fewer rows than a
    logistic regression, which has a weight for each pair of classes.

    Parameters
    ----------
    n_bases, n_classes : int
        What the first ``n_bases * n_classes`` columns of X hold; others are ignored.
        Zeros throughout are a base that did not answer.
    """

    def __init__(self, n_bases: int, n_classes: int):
        self.n_bases = n_bases
        self.n_classes = n_classes

    def fit(self, X: np.ndarray, y: np.ndarray, sample_weight: Any = None) -> Self:
        """Learn from out-of-fold logits, and classes in codes."""
        stack = self._stack(X)
        there = np.any(stack, axis=2)
        self.classes_ = np.arange(self.n_classes)
        self.coef_, self.intercept_ = fit_class_pool(stack, there, y, sample_weight)
        return self

    def _stack(self, X: np.ndarray) -> np.ndarray:
        columns = X[:, : self.n_bases * self.n_classes]
        return columns.reshape(len(X), self.n_bases, self.n_classes)

    def predict_log_proba(self, X: np.ndarray) -> np.ndarray:
        """Return the logarithm of the probability of each class."""
        logits = np.einsum("bk,nbk->nk", self.coef_, self._stack(X)) + self.intercept_
        return log_softmax(logits, axis=1)

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Return the probability of each class."""
        return np.exp(self.predict_log_proba(X))

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the code of the most probable class."""
        return self.predict_log_proba(X).argmax(axis=1)
