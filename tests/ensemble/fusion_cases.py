"""Small rows with a text and numbers, and classifiers for them."""

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from sklearn_nn.ensemble import LateFusionClassifier
from sklearn_nn.svm import TfidfLinearSVC

WORDS = {"tea": "cup green leaf brew", "car": "wheel engine fast road"}
WORDS["toy"] = "doll play small ball"
LABELS = np.array(sorted(WORDS))
NUMBERS = ["height", "width"]
PLAIN = [("plain", LogisticRegression(max_iter=1000))]
TWO = [("plain", LogisticRegression()), ("forest", RandomForestClassifier(20))]


def make_rows(n_rows=150, seed=0, noise=0.3):
    """A frame and labels: a text tells about half, two numbers the rest."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(3, size=n_rows)
    told = np.where(rng.random(n_rows) < noise, rng.integers(3, size=n_rows), codes)
    texts = [" ".join(rng.choice(WORDS[LABELS[code]].split(), size=4)) for code in told]
    centres = np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0]])
    numbers = centres[codes] + rng.normal(scale=1.1, size=(n_rows, 2))
    X = pd.DataFrame({"text": texts, "height": numbers[:, 0], "width": numbers[:, 1]})
    return X, LABELS[codes]


def as_dict(X):
    return {name: X[name].to_numpy() for name in X.columns}


def bases():
    return [
        ("words", TfidfLinearSVC(random_state=0), "text"),
        ("sizes", LogisticRegression(), NUMBERS),
    ]


def fusion(**options):
    return LateFusionClassifier(**{"estimators": bases(), "random_state": 0, **options})


class Hard(ClassifierMixin, BaseEstimator):
    """Labels only."""

    def __init__(self, inside=None):
        self.inside = inside

    def fit(self, X, y):
        self.inside_ = (self.inside or LogisticRegression()).fit(X, y)
        self.classes_ = self.inside_.classes_
        return self

    def predict(self, X):
        return self.inside_.predict(X)


class Mute(ClassifierMixin, BaseEstimator):
    """No answer at all, and no fit that may be reached."""

    def fit(self, X, y):
        raise AssertionError("fitted")


class NotToBeFitted(LogisticRegression):
    def fit(self, X, y, sample_weight=None):
        raise AssertionError("fitted")
