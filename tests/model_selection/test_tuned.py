"""The search lever: what it finds, on which rows, and how it passes for its model."""

import json
import pickle
import sys
import warnings

import numpy as np
import pandas as pd
import pytest
from imblearn.pipeline import make_pipeline
from joblib import parallel_config
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, KFold, RandomizedSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neighbors import KNeighborsClassifier, NearestCentroid
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import get_tags

from sklearn_nn.model_selection._spaces import Choice, IntRange, LinearRange, LogRange
from sklearn_nn.model_selection._tuned import TunedClassifier
from sklearn_nn.neural_network import BiGRUClassifier, MLPClassifier
from sklearn_nn.sampling import RandomOverSampler
from sklearn_nn.svm import TfidfLinearSVC

SEARCHES = ["grid", "random", "bayes", "optuna"]
every_search = pytest.mark.parametrize("search", SEARCHES)
WORDS = {
    "cars": "engine wheel door road red fast gear brake drive garage".split(),
    "drinks": "tea milk lemon hot cup sugar green leaf water pot".split(),
    "sports": "ball match goal keeper team score win player field red".split(),
}
MIXED = {
    "max_depth": Choice([None, 3]),
    "min_samples_leaf": IntRange(1, 6),
    "ccp_alpha": LinearRange(0.0, 0.05),
    "min_impurity_decrease": LogRange(1e-5, 1e-2),
    "criterion": ["gini", "entropy"],
}


@pytest.fixture(scope="module")
def posts():
    rng = np.random.default_rng(0)
    y = np.repeat(list(WORDS), 20)
    vocabulary = sum(WORDS.values(), [])
    X = [" ".join([*rng.choice(WORDS[c], 2), *rng.choice(vocabulary, 5)]) for c in y]
    order = rng.permutation(len(y))
    return [X[i] for i in order], y[order]


@pytest.fixture(scope="module")
def vectors(posts):
    return TfidfVectorizer().fit_transform(posts[0]), posts[1]


def test_off_is_the_model_itself(vectors):
    X, y = vectors
    model = TunedClassifier(estimator=LogisticRegression(C=3.0)).fit(X, y)
    plain = LogisticRegression(C=3.0).fit(X, y)
    np.testing.assert_array_equal(model.predict_proba(X), plain.predict_proba(X))
    assert model.best_params_ == {} and model.search_results_ == {}
    assert np.isnan(model.best_score_)
    assert not hasattr(model.estimator, "classes_")


def test_grid_is_scikit_learns(vectors):
    X, y = vectors
    grid = {"C": [0.01, 0.1, 1.0], "loss": ["hinge", "squared_hinge"]}
    ours = TunedClassifier(
        estimator=LinearSVC(random_state=0), search="grid", space=grid, cv=4
    ).fit(X, y)
    theirs = GridSearchCV(LinearSVC(random_state=0), grid, cv=4).fit(X, y)
    assert ours.best_params_ == theirs.best_params_
    assert ours.best_score_ == theirs.best_score_
    np.testing.assert_array_equal(
        ours.search_results_["mean_test_score"], theirs.cv_results_["mean_test_score"]
    )
    np.testing.assert_array_equal(
        ours.decision_function(X), theirs.decision_function(X)
    )


@every_search
def test_every_kind_of_dimension(search, vectors):
    model = TunedClassifier(
        estimator=DecisionTreeClassifier(random_state=0),
        search=search,
        space=MIXED,
        n_iter=4,
        cv=2,
        random_state=0,
    ).fit(*vectors)
    n_candidates = len(model.search_results_["params"])
    assert n_candidates == (2 * 3 * 3 * 3 * 2 if search == "grid" else 4)
    for candidate in model.search_results_["params"]:
        assert candidate.keys() == MIXED.keys()
        assert candidate["max_depth"] in (None, 3)
        assert candidate["min_samples_leaf"] in range(1, 7)
        assert 0 <= candidate["ccp_alpha"] <= 0.05
        assert 1e-5 * 0.999 <= candidate["min_impurity_decrease"] <= 1e-2 * 1.001
        assert candidate["criterion"] in ("gini", "entropy")
    scores = model.search_results_["mean_test_score"]
    assert model.best_score_ == scores.max()
    assert model.best_params_ == model.search_results_["params"][scores.argmax()]
    assert json.loads(json.dumps(model.best_params_)) == model.best_params_
    found = model.estimator_.get_params()
    assert {name: found[name] for name in MIXED} == model.best_params_


@every_search
def test_random_state_decides_and_the_global_one_is_left_alone(search, vectors):
    before = np.random.get_state()[1].copy()

    def candidates(seed, n_jobs=None):
        model = TunedClassifier(
            estimator=LinearSVC(random_state=0),
            search=search,
            n_iter=3,
            random_state=seed,
            n_jobs=n_jobs,
        ).fit(*vectors)
        return [candidate["C"] for candidate in model.search_results_["params"]]

    first = candidates(0)
    with parallel_config("threading"):
        assert candidates(0) == first == candidates(0, n_jobs=2)
    assert (candidates(1) == first) == (search == "grid")
    np.testing.assert_array_equal(np.random.get_state()[1], before)


@every_search
def test_finds_what_matters(search, vectors):
    """Only a C that is large enough tells the classes apart."""
    model = TunedClassifier(
        estimator=LogisticRegression(class_weight={"cars": 100}),
        search=search,
        space={"C": LogRange(1e-20, 1e2)},
        n_iter=12,
        random_state=0,
    ).fit(*vectors)
    assert model.best_params_["C"] > 0.01
    scores = model.search_results_["mean_test_score"]
    assert model.best_score_ > scores.min() + 0.2
    if search in ("bayes", "optuna"):
        # After the random start, candidates gather where the scores are.
        assert scores[6:].mean() > scores[:5].mean()


@every_search
def test_no_more_candidates_than_there_are(search, vectors):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = TunedClassifier(
            estimator=LinearSVC(), search=search, space={"C": [0.1, 1.0]}, n_iter=50
        ).fit(*vectors)
    assert len(model.search_results_["params"]) == 2


def test_optuna_is_quiet_and_its_verbosity_restored(vectors, caplog, capfd):
    import optuna

    optuna.logging.set_verbosity(optuna.logging.DEBUG)
    optuna.logging.enable_propagation()
    try:
        for _ in range(2):
            TunedClassifier(search="optuna", n_iter=2, random_state=0).fit(*vectors)
        assert optuna.logging.get_verbosity() == optuna.logging.DEBUG
        with pytest.raises(ValueError):
            TunedClassifier(search="optuna", space={"C": [-1.0]}, random_state=0).fit(
                *vectors
            )
        assert optuna.logging.get_verbosity() == optuna.logging.DEBUG
    finally:
        optuna.logging.disable_propagation()
        optuna.logging.set_verbosity(optuna.logging.INFO)
    assert not caplog.records and not capfd.readouterr().err


def test_as_levers_of_a_pipeline(posts):
    pipeline = make_pipeline(
        RandomOverSampler(random_state=0),
        TfidfVectorizer(),
        TunedClassifier(n_iter=2, random_state=0),
    )
    levers = {
        "tunedclassifier__estimator": [
            LinearSVC(random_state=0),
            KNeighborsClassifier(3),
        ],
        "tunedclassifier__search": ["off", "random"],
    }
    search = GridSearchCV(pipeline, levers, cv=2, error_score="raise").fit(*posts)
    assert len(search.cv_results_["params"]) == 4
    assert (search.predict(posts[0]) == posts[1]).mean() > 0.8


def test_the_search_sees_only_the_rows_of_fit(posts):
    seen = []

    class Recorder(TfidfLinearSVC):
        def fit(self, X, y, sample_weight=None):
            seen.append(X)
            return super().fit(X, y, sample_weight)

    X, y = posts
    TunedClassifier(estimator=Recorder(), search="grid", space={"C": [1, 2]}).fit(
        X[:30], y[:30]
    )
    assert len(seen) == 2 * 3 + 1
    assert len(seen[-1]) == 30 and max(map(len, seen[:-1])) == 20
    assert {text for texts in seen for text in texts} <= set(X[:30])


def test_fit_params_are_split_with_the_rows(vectors):
    X, y = vectors
    weight = np.where(y == "cars", 10.0, 0.1)
    for search in ("off", "grid"):
        model = TunedClassifier(
            estimator=LogisticRegression(), search=search, space={"C": [1.0]}
        )
        expected = LogisticRegression().fit(X, y, sample_weight=weight)
        np.testing.assert_allclose(
            model.fit(X, y, sample_weight=weight).predict_proba(X),
            expected.predict_proba(X),
        )


def test_metadata_routing(vectors):
    X, y = vectors
    weight = np.where(y == "cars", 10.0, 0.1)
    expected = LogisticRegression().fit(X, y, sample_weight=weight).predict_proba(X)
    with config_context(enable_metadata_routing=True):
        inside = LogisticRegression().set_fit_request(sample_weight=True)
        inside.set_score_request(sample_weight=False)
        for search in ("off", "grid"):
            model = make_pipeline(
                TunedClassifier(estimator=inside, search=search, space={"C": [1.0]})
            ).fit(X, y, sample_weight=weight)
            np.testing.assert_allclose(model.predict_proba(X), expected)


def test_passes_for_the_model_inside(posts, vectors):
    svm = TunedClassifier(estimator=LinearSVC())
    assert hasattr(svm, "decision_function") and not hasattr(svm, "predict_proba")
    assert not hasattr(svm, "transform")
    assert hasattr(TunedClassifier(), "predict_log_proba")
    for inside in (LinearSVC(), TfidfLinearSVC(), BiGRUClassifier()):
        model = TunedClassifier(estimator=inside)
        assert get_tags(model).input_tags == get_tags(inside).input_tags
        assert get_tags(model).estimator_type == "classifier"
    texts = TunedClassifier(estimator=TfidfLinearSVC(random_state=0)).fit(*posts)
    assert texts.transform(posts[0]).shape[0] == 60
    assert not hasattr(texts, "n_features_in_")
    frame = pd.DataFrame(vectors[0].toarray()[:, :3], columns=["a", "b", "c"])
    fitted = TunedClassifier().fit(frame, vectors[1])
    assert fitted.feature_names_in_.tolist() == ["a", "b", "c"]
    assert fitted.n_features_in_ == 3
    assert fitted.classes_.tolist() == sorted(WORDS)


def test_splitters_and_scoring(vectors):
    X, y = vectors
    space = {"C": [0.1, 1.0]}
    for cv in (KFold(4), [(np.arange(30), np.arange(30, 60))]):
        model = TunedClassifier(
            search="grid", space=space, cv=cv, scoring="f1_macro"
        ).fit(X, y)
        theirs = GridSearchCV(LogisticRegression(), space, cv=cv, scoring="f1_macro")
        assert model.best_score_ == theirs.fit(X, y).best_score_


def test_random_search_equals_scikit_learns_with_the_drawn_seed(vectors):
    seed = np.random.RandomState(0).randint(np.iinfo(np.int32).max)
    space = {"C": LogRange(0.1, 10)}
    ours = TunedClassifier(search="random", space=space, random_state=0).fit(*vectors)
    theirs = RandomizedSearchCV(
        LogisticRegression(), {"C": space["C"].distribution()}, cv=3, random_state=seed
    ).fit(*vectors)
    assert ours.search_results_["params"] == theirs.cv_results_["params"]


@pytest.mark.parametrize("inside", [MLPClassifier(max_epochs=2), TfidfLinearSVC()])
def test_models_of_this_package(inside, posts, vectors):
    X, y = posts if isinstance(inside, TfidfLinearSVC) else vectors
    inside.set_params(random_state=0)
    model = TunedClassifier(estimator=inside, search="random", n_iter=2, random_state=0)
    first = model.fit(X, y).decision_function(X)
    np.testing.assert_array_equal(first, clone(model).fit(X, y).decision_function(X))
    assert model.best_params_.keys() >= {"lr"} or model.best_params_.keys() >= {"C"}


def test_an_inner_fold_may_lack_the_largest_token_id():
    X = np.array([[2, 3], [3, 4]] * 6)
    X[0, 0] = 9
    model = TunedClassifier(
        estimator=BiGRUClassifier(
            embedding_dim=2, hidden_size=2, max_epochs=1, random_state=0
        ),
        search="grid",
        space={"lr": [0.01]},
        cv=2,
    ).fit(X, [0, 1] * 6)
    assert model.estimator_.vocabulary_size == 10
    assert model.estimator.vocabulary_size is None


def test_too_few_rows_in_a_class(vectors):
    X, y = vectors
    rare = np.array(["rare", "rare", *y[2:]])
    model = TunedClassifier(search="grid", space={"C": [1.0]})
    with pytest.raises(
        ValueError, match="3 folds, but class 'rare' has n_samples=2.*cv"
    ):
        model.fit(X, rare)
    model.set_params(cv=2).fit(X, rare)
    model.set_params(cv=KFold(3)).fit(X, rare)
    TunedClassifier().fit(X, rare)


@every_search
def test_bad_space(search, vectors):
    def fit(estimator, space):
        TunedClassifier(estimator=estimator, search=search, space=space).fit(*vectors)

    with pytest.raises(ValueError, match="no parameter of LinearSVC.*'C'"):
        fit(LinearSVC(), {"gamma": [1.0]})
    with pytest.raises(ValueError, match="'space' of 'C' must be a LogRange"):
        fit(LinearSVC(), {"C": 1.0})
    with pytest.raises(ValueError, match=r"between scalars.*Got \(1, 1\)"):
        fit(TfidfLinearSVC(), {"ngram_range": [(1, 1), (1, 2)]})
    with pytest.raises(ValueError, match="is empty"):
        fit(LinearSVC(), {})
    with pytest.raises(ValueError, match="no default space for NearestCentroid"):
        fit(OneVsRestClassifier(NearestCentroid()), None)


def test_a_fit_that_fails_leaves_the_model_as_it_was(vectors):
    X, y = vectors
    model = TunedClassifier().fit(X, y)
    before = model.predict_proba(X)
    with pytest.raises(ValueError, match="requires y to be passed"):
        model.fit(X, None)
    model.set_params(search="grid", space={"C": [-1.0]})
    with pytest.raises(ValueError, match="'C' parameter"):
        model.fit(X, y)
    np.testing.assert_array_equal(model.predict_proba(X), before)
    with pytest.raises(ValueError, match="'search' parameter of TunedClassifier"):
        TunedClassifier(search="guess").fit(X, y)
    with pytest.raises(NotFittedError):
        TunedClassifier().predict(X)


@pytest.mark.parametrize("search, module", [("bayes", "skopt"), ("optuna", "optuna")])
def test_missing_package(search, module, vectors, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.setitem(sys.modules, f"{module}.space", None)
    with pytest.raises(ImportError, match=r"pip install sklearn_nn\[search\]"):
        TunedClassifier(search=search).fit(*vectors)


@every_search
def test_clone_and_pickle(search, vectors):
    X, y = vectors
    model = TunedClassifier(search=search, space={"C": LogRange(0.1, 1)}, n_iter=2)
    assert clone(model).get_params().keys() == model.get_params().keys()
    assert clone(model).space == model.space
    again = pickle.loads(pickle.dumps(model.fit(X, y)))
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
