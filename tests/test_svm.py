import pickle

import numpy as np
import pytest
from scipy.sparse import issparse
from scipy.special import softmax
from sklearn import config_context
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import (
    GridSearchCV,
    RandomizedSearchCV,
    cross_val_predict,
    cross_val_score,
)
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import check_mixin_order

from sklearn_nn.svm import TfidfLinearSVC

SUBJECTS = {
    "cars": "engine wheel door road red fast gear brake drive garage".split(),
    "drinks": "tea milk lemon hot cup sugar green leaf water pot".split(),
    "sports": "ball match goal keeper team score win player field red".split(),
}


@pytest.fixture(scope="module")
def posts():
    rng = np.random.default_rng(0)
    y = np.repeat(list(SUBJECTS), 20)
    X = np.array([" ".join(rng.choice(SUBJECTS[label], size=6)) for label in y], object)
    order = rng.permutation(len(y))
    return X[order], y[order]


@pytest.mark.parametrize("n_classes", [2, 3])
def test_equals_the_pipeline(posts, n_classes):
    X, y = posts
    keep = np.isin(y, list(SUBJECTS)[:n_classes])
    X, y = X[keep], y[keep]
    ours = TfidfLinearSVC(random_state=0).fit(X, y)
    pipeline = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
        LinearSVC(random_state=0),
    ).fit(X, y)
    np.testing.assert_array_equal(ours.predict(X), pipeline.predict(X))
    scores = pipeline.decision_function(X)
    np.testing.assert_allclose(ours.decision_function(X), scores)
    np.testing.assert_allclose(ours.coef_, pipeline[-1].coef_)
    np.testing.assert_allclose(ours.intercept_, pipeline[-1].intercept_)
    assert ours.vocabulary_ == pipeline[0].vocabulary_
    assert (ours.transform(X) != pipeline[0].transform(X)).nnz == 0
    names = pipeline[0].get_feature_names_out()
    np.testing.assert_array_equal(ours.get_feature_names_out(), names)
    if n_classes == 2:
        scores = np.column_stack([np.zeros(len(X)), scores])
    np.testing.assert_allclose(ours.predict_proba(X), softmax(scores, axis=1))


def test_parameters_reach_the_parts(posts):
    model = TfidfLinearSVC(
        C=0.3,
        ngram_range=(1, 3),
        sublinear_tf=False,
        min_df=2,
        max_df=0.9,
        max_features=50,
        stop_words=["red"],
        lowercase=False,
        class_weight="balanced",
        max_iter=2000,
        tol=1e-3,
        random_state=7,
    ).fit(*posts)
    parts = model.vectorizer_.get_params() | model.classifier_.get_params()
    assert {name: parts[name] for name in model.get_params()} == model.get_params()
    assert len(model.vocabulary_) == 50 and "red" not in model.vocabulary_


def test_transform_is_sparse_and_says_so_to_set_output(posts):
    X, y = posts
    model = TfidfLinearSVC().fit(X, y)
    tfidf = model.transform(X)
    assert issparse(tfidf) and tfidf.format == "csr" and tfidf.dtype == np.float64
    np.testing.assert_allclose(tfidf.multiply(tfidf).sum(axis=1), 1)
    assert model.transform(["", "unheard of"]).nnz == 0
    predicted = model.predict(X)
    model.set_output(transform="pandas")
    with pytest.raises(ValueError, match="sparse"):
        model.transform(X)
    np.testing.assert_array_equal(model.predict(X), predicted)


def test_weights_change_the_fit(posts):
    X, y = posts
    weight = np.where(y == "cars", 100.0, 0.01)
    model = TfidfLinearSVC(random_state=0).fit(X, y, sample_weight=weight)
    assert model.predict(["red"]).tolist() == ["cars"]
    weight = np.where(y == "sports", 100.0, 0.01)
    model.fit(X, y, sample_weight=weight)
    assert model.predict(["red"]).tolist() == ["sports"]


def test_text_of_weight_zero_is_out_of_the_vocabulary(posts):
    X, y = posts
    X = np.append(X, "unseen").astype(object)
    weight = np.append(np.ones(len(y)), 0)
    model = TfidfLinearSVC().fit(X, np.append(y, "none"), sample_weight=weight)
    assert "unseen" not in model.vocabulary_
    assert model.classes_.tolist() == list(SUBJECTS)


@pytest.mark.filterwarnings("ignore:invalid value encountered in cast")
@pytest.mark.parametrize(
    "X, y, weight, message",
    [
        (["a text"] * 2, ["a", "a"], None, "at least 2 classes.*1 class only.*'a'"),
        (["a text"] * 2, ["a", "b"], [1, 0], "1 class only"),
        (["", " "], ["a", "b"], None, "could not build a vocabulary from the 2 texts"),
        (["a text", "text"], ["a", "b", "a"], None, "inconsistent"),
        (["a text", "text"], None, None, "needs labels: y is None"),
        (["a text", "text"], [0.5, 1.2], None, "continuous"),
        (["a text", "text"], [0, np.nan], None, "NaN"),
        (["a text", "text"], [[0, 1], [1, 0]], None, "1d array"),
        (["a text", "text"], [0, 1], [1, -1], "[Nn]egative"),
        (["a text", "text"], [0, 1], [1], "shape"),
        (["a text", "text"], [0, 1], [0, 0], "zero"),
        (np.eye(2), [0, 1], None, "1-D sequence of texts"),
    ],
)
def test_bad_training_sets(X, y, weight, message):
    with pytest.raises(ValueError, match=message):
        TfidfLinearSVC().fit(X, y, sample_weight=weight)


def test_pruned_vocabulary_names_the_parameters(posts):
    with pytest.raises(ValueError, match="(?s)no terms remain.*min_df, max_df"):
        TfidfLinearSVC(min_df=60, max_df=60).fit(*posts)


@pytest.mark.parametrize(
    "parameter, value",
    [
        ("C", 0),
        ("min_df", 1.5),
        ("max_df", -1),
        ("ngram_range", 2),
        ("stop_words", "french"),
        ("class_weight", "even"),
        ("random_state", "seed"),
    ],
)
def test_unknown_parameter_values(posts, parameter, value):
    with pytest.raises(ValueError, match=f"'{parameter}' parameter"):
        TfidfLinearSVC(**{parameter: value}).fit(*posts)


def test_refused_fit_leaves_the_model_usable(posts):
    model = TfidfLinearSVC(random_state=0).fit(*posts)
    expected = model.decision_function(posts[0])
    for X, y in ((["", ""], [0, 1]), (["a b", "c d"], [1, 1]), (["a", 1], [0, 1])):
        with pytest.raises((ValueError, TypeError)):
            model.fit(X, y)
    np.testing.assert_array_equal(model.decision_function(posts[0]), expected)


def test_not_fitted(posts):
    model = TfidfLinearSVC()
    for method in ("predict", "predict_proba", "decision_function", "transform"):
        with pytest.raises(NotFittedError):
            getattr(model, method)(posts[0])
    with pytest.raises(NotFittedError):
        model.get_feature_names_out()
    assert not hasattr(model, "coef_") and not hasattr(model, "vocabulary_")


def test_too_few_iterations_warn(posts):
    with pytest.warns(ConvergenceWarning):
        TfidfLinearSVC(max_iter=1, tol=1e-9).fit(*posts)


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_grid_search(posts, n_jobs):
    grid = {"C": [0.01, 1.0], "ngram_range": [(1, 1), (1, 2)]}
    model = TfidfLinearSVC(random_state=0)
    search = GridSearchCV(model, grid, cv=3, n_jobs=n_jobs, error_score="raise")
    search.fit(*posts)
    assert search.best_score_ > 0.9
    assert set(search.best_params_) == {"C", "ngram_range"}


def test_randomized_search_and_cross_validation(posts):
    X, y = posts
    model = TfidfLinearSVC(random_state=0)
    search = RandomizedSearchCV(
        model, {"min_df": [1, 2, 0.1], "sublinear_tf": [True, False]}, n_iter=3, cv=3
    )
    assert search.fit(X, y).score(X, y) > 0.9
    assert cross_val_score(model, X, y, cv=3).min() > 0.8
    scores = cross_val_predict(model, X, y, cv=3, method="decision_function")
    assert scores.shape == (len(X), 3)


def test_calibration(posts):
    X, y = posts
    calibrated = CalibratedClassifierCV(TfidfLinearSVC(random_state=0), cv=3)
    probabilities = calibrated.fit(X, y).predict_proba(X)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    assert (calibrated.predict(X) == y).mean() > 0.9


def test_clone_pickle_and_repr(posts):
    X, y = posts
    model = TfidfLinearSVC(C=2.0, random_state=0).fit(X, y)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(
        again.decision_function(X), model.decision_function(X)
    )
    fresh = clone(model)
    assert (
        not hasattr(fresh, "classifier_") and fresh.get_params() == model.get_params()
    )
    assert repr(model) == "TfidfLinearSVC(C=2.0, random_state=0)"
    assert "TfidfLinearSVC" in model._repr_html_()


def test_metadata_routing_of_sample_weight(posts):
    X, y = posts
    weight = np.where(y == "cars", 100.0, 0.01)
    direct = TfidfLinearSVC(random_state=0).fit(X, y, sample_weight=weight)
    with config_context(enable_metadata_routing=True):
        model = TfidfLinearSVC(random_state=0).set_fit_request(sample_weight=True)
        routed = make_pipeline(model).fit(X, y, sample_weight=weight)
        model.set_score_request(sample_weight=False)
        search = GridSearchCV(model, {"C": [1.0]}, cv=2).fit(X, y, sample_weight=weight)
    expected = direct.decision_function(X)
    np.testing.assert_allclose(routed.decision_function(X), expected)
    np.testing.assert_allclose(search.decision_function(X), expected)


def test_scikit_learn_sees_a_text_classifier():
    check_mixin_order("TfidfLinearSVC", TfidfLinearSVC())
    tags = get_tags(TfidfLinearSVC())
    assert tags.estimator_type == "classifier"
    assert tags.input_tags == get_tags(TfidfVectorizer()).input_tags
    assert tags.transformer_tags is not None


@pytest.mark.parametrize("ngram_range", [(1, 2, 3), (2, 1), (0, 1), (1.0, 2), ("1", 2)])
def test_refuses_ngram_range(ngram_range):
    model = TfidfLinearSVC(ngram_range=ngram_range)
    with pytest.raises(ValueError, match="'ngram_range' parameter of TfidfLinearSVC"):
        model.fit(["red car", "green tea"], [0, 1])
