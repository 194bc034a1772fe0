"""Configurations for the tests of the command line."""

import json

import numpy as np
from sklearn.base import BaseEstimator

from sklearn_nn._cli.commands import main

IRIS = """
title = "Iris"
[data]
load = "sklearn.datasets.load_iris"
[split]
test_size = 0.2
seed = 1
[model.scaler]
class = "sklearn.preprocessing.StandardScaler"
[model.network]
class = "sklearn_nn.neural_network.MLPClassifier"
hidden_layer_sizes = [8]
max_epochs = 8
lr = 0.03
[find_lr]
n_steps = 24
"""
SEARCH = """
[search]
class = "sklearn.model_selection.GridSearchCV"
cv = 2
[search.param_grid]
network__hidden_layer_sizes = [[4], [5, 5]]
scaler = ["passthrough", { class = "sklearn.preprocessing.MinMaxScaler" }]
"""
LISTINGS = """
[data]
load = "sklearn_nn.datasets.make_product_listings"
parameters = { n_samples = 240, n_classes = 3, random_state = 0 }
[model]
merge = { class = "sklearn_nn.preprocessing.TextMerger" }
clean = "passthrough"
balance = { class = "sklearn_nn.sampling.RandomOverSampler" }
[model.words]
class = "sklearn.feature_extraction.text.TfidfVectorizer"
ngram_range = [1, 2]
[model.svm]
class = "sklearn.svm.LinearSVC"
"""


class Forgetful(BaseEstimator):
    """A step that knows the rows of `fit` only."""

    def fit(self, X, y=None):
        self.known_ = {text: number for number, text in enumerate(X)}
        return self

    def transform(self, X):
        return np.array([[self.known_[text]] for text in X])


class Plain(BaseEstimator):
    """A step without `fit_transform`."""

    def fit(self, X, y=None):
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X):
        return X


def write(folder, text, name="small.toml"):
    path = folder / name
    path.write_text(text)
    return path


def run(capsys, *words):
    """The exit code, and what was said on both outputs."""
    code = main(list(map(str, words)))
    said = capsys.readouterr()
    assert "Traceback" not in said.err + said.out
    return code, said.out, said.err


def read(path):
    """What strict JSON holds."""

    def no_json(constant):
        raise ValueError(f"{constant} in {path}")

    return json.loads(path.read_text(), parse_constant=no_json)
