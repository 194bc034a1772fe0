"""The catalogue of models, each on texts with labels that are strings."""

import subprocess
import sys

import numpy as np
import pytest
from sklearn.base import clone, is_classifier
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

from sklearn_nn.datasets import make_product_listings
from sklearn_nn.feature_extraction.text import SequenceVectorizer
from sklearn_nn.model_selection._tuned import TunedClassifier
from sklearn_nn.scenarios._models import MODELS, make_model

BEFORE = {
    "vectors": TfidfVectorizer(),
    "non-negative vectors": TfidfVectorizer(),
    "token ids": SequenceVectorizer(max_length=12),
    "texts": "passthrough",
}
SMALL = {
    "random_forest": {"n_estimators": 30},
    "xgboost": {"estimator__n_estimators": 10},
    "lightgbm": {"n_estimators": 20},
    "mlp": {"max_epochs": 20},
    "bigru": {"max_epochs": 8, "embedding_dim": 16, "hidden_size": 16},
}
every_model = pytest.mark.parametrize("name", MODELS)


@pytest.fixture(scope="module")
def listings():
    data = make_product_listings(300, n_classes=4, images=False, random_state=0)
    return data.data[:, 0], np.array(data.target_names)[data.target]


def pipeline(name, random_state=0):
    model = make_model(name, random_state).set_params(**SMALL.get(name, {}))
    return make_pipeline(clone(BEFORE[MODELS[name].needs], safe=False), model)


@every_model
def test_learns_texts_with_string_labels(name, listings):
    X, y = listings
    model = pipeline(name).fit(X[:200], y[:200])
    assert model.classes_.dtype.kind in "UO"
    assert set(model.predict(X)) <= set(y)
    assert model.score(X[200:], y[200:]) > 0.6


@every_model
def test_random_state_decides(name, listings):
    X, y = listings
    first, again = pipeline(name).fit(X, y), pipeline(name).fit(X, y)
    method = "predict_proba" if hasattr(first, "predict_proba") else "decision_function"
    np.testing.assert_array_equal(getattr(first, method)(X), getattr(again, method)(X))


@every_model
def test_as_the_model_lever(name, listings):
    X, y = listings
    levers = pipeline(name)
    levers.steps[-1] = (
        "model",
        TunedClassifier(
            estimator=levers[-1], search="random", n_iter=2, cv=2, random_state=0
        ),
    )
    assert cross_val_score(levers, X, y, cv=2, error_score="raise").min() > 0.4


@pytest.mark.parametrize("name", [n for n in MODELS if MODELS[n].needs == "vectors"])
def test_vectors_may_be_dense_and_negative(name, listings):
    X, y = listings
    reduced = make_pipeline(TfidfVectorizer(), TruncatedSVD(20, random_state=0))
    vectors = reduced.fit_transform(X)
    assert (vectors < 0).any()
    model = pipeline(name)[-1].fit(vectors[:200], y[:200])
    assert model.score(vectors[200:], y[200:]) > 0.5


def test_needs_are_true(listings):
    X, y = listings
    vectors = TruncatedSVD(20, random_state=0).fit_transform(
        TfidfVectorizer().fit_transform(X)
    )
    with pytest.raises(ValueError, match="Negative values"):
        make_model("multinomial_nb").fit(vectors, y)
    with pytest.raises(ValueError, match="expects a 1-D sequence of texts"):
        make_model("tfidf_linear_svc").fit(vectors, y)


@every_model
def test_unfitted_fresh_and_single_threaded(name):
    model, other = make_model(name, 3), make_model(name, 3)
    assert (
        is_classifier(model) and model is not other and not hasattr(model, "classes_")
    )
    parameters = model.get_params()
    assert {v for k, v in parameters.items() if k.endswith("n_jobs")} <= {None, 1}
    seeds = {v for k, v in parameters.items() if k.endswith("random_state")}
    assert seeds <= {3}
    clone(model)


def test_boosting_is_quiet(listings, capfd):
    X, y = listings
    for name in ("xgboost", "lightgbm"):
        pipeline(name).fit(X, y).predict(X)
    assert capfd.readouterr() == ("", "")


def test_unknown_name():
    with pytest.raises(ValueError, match="no model 'svm'.*linear_svm"):
        make_model("svm")


@pytest.mark.parametrize("name", ["xgboost", "lightgbm"])
def test_missing_package(name, monkeypatch):
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=r"pip install sklearn_nn\[boosting\]"):
        make_model(name)


def test_the_catalogue_loads_no_heavy_package():
    code = (
        "import sys, sklearn_nn.scenarios._models; "
        "heavy = {'torch', 'xgboost', 'lightgbm', 'optuna', 'skopt', 'spacy'}; "
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
