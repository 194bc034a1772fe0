"""Steps of one's own, as a matrix names them with --allow."""

import time

from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.naive_bayes import MultinomialNB


class Slow(MultinomialNB):
    """Takes its time, and ends early where a network would: at KeyboardInterrupt."""

    def __init__(self, alpha=1.0, seconds=0.3):
        super().__init__(alpha=alpha)
        self.seconds = seconds

    def fit(self, X, y, sample_weight=None):
        fitted = super().fit(X, y, sample_weight)
        try:
            time.sleep(self.seconds)
        except KeyboardInterrupt:
            self.feature_log_prob_ = -self.feature_log_prob_
        return fitted


class Failing(TransformerMixin, BaseEstimator):
    """Fails in fit."""

    def fit(self, X, y=None):
        raise RuntimeError("no such luck")

    def transform(self, X):
        return X


def helper():
    """Return nothing: a function is no estimator."""
