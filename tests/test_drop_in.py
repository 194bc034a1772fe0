"""The estimators inside what others built for scikit-learn's."""

import io
import os
import pickle
import subprocess
import sys

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import make_pipeline as make_imblearn_pipeline
from imblearn.under_sampling import RandomUnderSampler
from sklearn import config_context
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.datasets import load_diabetes, load_digits, load_iris
from sklearn.ensemble import StackingClassifier, VotingClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    RandomizedSearchCV,
    cross_val_predict,
    cross_val_score,
    learning_curve,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import estimator_html_repr
from skopt import BayesSearchCV
from skopt.space import Integer, Real

from sklearn_nn.feature_extraction.text import SequenceVectorizer
from sklearn_nn.neural_network import BiGRUClassifier, MLPClassifier, MLPRegressor
from sklearn_nn.svm import TfidfLinearSVC

X, y = load_iris(return_X_y=True)
ORDER = np.random.default_rng(0).permutation(150)
X, y = StandardScaler().fit_transform(X)[ORDER], y[ORDER]
NAMES = np.array(["setosa", "versicolor", "virginica"])[y]
TEXTS = ["fast red car", "car with engine", "green tea", "tea with milk"] * 15
TOPICS = ["cars", "cars", "drinks", "drinks"] * 15


def mlp(**parameters):
    defaults = {
        "hidden_layer_sizes": 8,
        "max_epochs": 15,
        "lr": 0.03,
        "random_state": 0,
    }
    return MLPClassifier(**(defaults | parameters))


def text_network(**parameters):
    defaults = {
        "embedding_dim": 8,
        "hidden_size": 4,
        "max_epochs": 5,
        "lr": 0.02,
        "random_state": 0,
    }
    return make_pipeline(
        SequenceVectorizer(max_length=5), BiGRUClassifier(**(defaults | parameters))
    )


MODELS = {
    "mlp": (mlp(), X, NAMES),
    "regressor": (MLPRegressor(max_epochs=3, random_state=0), X, X[:, :2] * 2),
    "recurrent": (text_network(), TEXTS, TOPICS),
    "svm": (TfidfLinearSVC(random_state=0), TEXTS, TOPICS),
}
every_model = pytest.mark.parametrize("name", MODELS)


def by_pickle(model):
    return pickle.loads(pickle.dumps(model))


def by_joblib(model):
    buffer = io.BytesIO()
    joblib.dump(model, buffer)
    buffer.seek(0)
    return joblib.load(buffer)


@every_model
def test_clone(name):
    model, rows, targets = MODELS[name]
    before = repr(model.get_params())
    copy = clone(model)
    copy.fit(rows, targets)
    unfitted = clone(copy)
    assert not any(key.endswith("_") for key in vars(unfitted))
    assert repr(model.get_params()) == before
    again = unfitted.fit(rows, targets)
    np.testing.assert_array_equal(again.predict(rows), copy.predict(rows))


@every_model
@pytest.mark.parametrize("round_trip", [by_pickle, by_joblib])
def test_round_trip(name, round_trip):
    model, rows, targets = MODELS[name]
    fitted = clone(model).fit(rows, targets)
    copy = round_trip(fitted)
    for method in ("predict", "predict_proba", "decision_function", "transform"):
        if hasattr(fitted, method):
            ours, theirs = (getattr(m, method)(rows) for m in (fitted, copy))
            if hasattr(ours, "toarray"):
                ours, theirs = ours.toarray(), theirs.toarray()
            np.testing.assert_array_equal(ours, theirs)
    copy.fit(rows, targets)
    np.testing.assert_array_equal(copy.predict(rows), fitted.predict(rows))


def test_loads_in_a_fresh_process(tmp_path):
    model = mlp().fit(X, NAMES)
    joblib.dump((model, X), tmp_path / "model.joblib")
    code = (
        "import joblib, sys\n"
        "model, X = joblib.load(sys.argv[1])\n"
        "print(*model.predict(X))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "model.joblib"],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == model.predict(X).tolist()


def test_pipeline():
    model = Pipeline([("scale", StandardScaler()), ("mlp", mlp())])
    model.fit(X * 50 + 9, NAMES)
    assert model.score(X * 50 + 9, NAMES) > 0.9
    assert model.set_params(mlp__lr=0.1)["mlp"].lr == 0.1
    assert model.classes_.tolist() == ["setosa", "versicolor", "virginica"]


def test_network_as_a_transformer_in_a_pipeline():
    model = make_pipeline(mlp(hidden_layer_sizes=(16, 4)), LogisticRegression())
    model.fit(X, NAMES)
    assert model[-1].n_features_in_ == 4
    assert model.score(X, NAMES) > 0.9


@pytest.mark.parametrize("sampler", [RandomUnderSampler, SMOTE])
def test_imblearn_pipeline(sampler):
    rare = np.flatnonzero((y != 0) | (np.arange(150) % 5 == 0))
    model = make_imblearn_pipeline(sampler(random_state=0), mlp()).fit(X[rare], y[rare])
    rows, labels = sampler(random_state=0).fit_resample(X[rare], y[rare])
    assert np.ptp(np.bincount(labels)) == 0
    alone = mlp().fit(rows, labels)
    np.testing.assert_array_equal(model.predict_proba(X), alone.predict_proba(X))
    assert model.predict(X).shape == (150,)  # every row gets an answer


def test_column_transformer():
    rng = np.random.default_rng(0)
    price = rng.normal(size=60)
    frame = pd.DataFrame({"title": TEXTS, "price": price, "weight": 100 * price})
    label = np.where((np.array(TOPICS) == "cars") & (price > 0), "dear car", "other")
    model = make_pipeline(
        ColumnTransformer(
            [
                ("text", TfidfVectorizer(), "title"),
                ("numbers", StandardScaler(), ["price", "weight"]),
            ],
            sparse_threshold=1.0,
        ),
        mlp(max_epochs=60),
    ).fit(frame, label)
    assert model.score(frame, label) > 0.95
    model.set_params(columntransformer__sparse_threshold=0.0)
    assert model.fit(frame, label).score(frame, label) > 0.95


def test_column_transformer_with_networks_inside():
    frame = pd.DataFrame(np.hstack([X, X]), columns=list("abcdefgh"))
    model = make_pipeline(
        ColumnTransformer(
            [
                ("left", mlp(), ["a", "b", "c", "d"]),
                ("right", mlp(hidden_layer_sizes=3), ["e", "f", "g", "h"]),
            ]
        ),
        LogisticRegression(),
    ).fit(frame, NAMES)
    assert model.score(frame, NAMES) > 0.9
    names = model[0].get_feature_names_out().tolist()
    assert names == [f"left__mlpclassifier{i}" for i in range(8)] + [
        f"right__mlpclassifier{i}" for i in range(3)
    ]


def test_grid_search_in_two_processes():
    grid = {"hidden_layer_sizes": [2, (8, 4)], "lr": [0.03, 1e-6]}
    search = GridSearchCV(mlp(), grid, cv=2, n_jobs=2).fit(X, NAMES)
    alone = GridSearchCV(mlp(), grid, cv=2).fit(X, NAMES)
    assert search.best_params_["lr"] == 0.03
    assert search.score(X, NAMES) > 0.9
    np.testing.assert_array_equal(
        search.cv_results_["mean_test_score"], alone.cv_results_["mean_test_score"]
    )


def test_grid_search_over_a_lever_and_a_hyper_parameter():
    model = Pipeline([("scale", StandardScaler()), ("mlp", mlp(max_epochs=3))])
    grid = {"scale": ["passthrough", StandardScaler()], "mlp__lr": [1e-6, 0.1]}
    search = GridSearchCV(model, grid, cv=2, scoring="neg_log_loss")
    search.fit(X * 1000, NAMES)
    assert search.best_params_["mlp__lr"] == 0.1
    assert isinstance(search.best_params_["scale"], StandardScaler)
    assert len(search.cv_results_["params"]) == 4


def test_grid_search_over_the_steps_of_a_text_pipeline():
    search = GridSearchCV(
        text_network(),
        {
            "sequencevectorizer__lowercase": [True, False],
            "bigruclassifier__hidden_size": [2, 4],
        },
        cv=2,
    ).fit(TEXTS, TOPICS)
    assert search.best_score_ > 0.7


def test_randomized_search():
    space = {"lr": [1e-6, 0.03, 0.05], "dropout": [0.0, 0.1], "batch_size": [32, 64]}
    search = RandomizedSearchCV(mlp(), space, n_iter=4, cv=2, random_state=0)
    assert search.fit(X, NAMES).best_score_ > 0.8


def test_halving_search():
    search = HalvingGridSearchCV(mlp(), {"lr": [1e-6, 0.03]}, cv=2, random_state=0)
    assert search.fit(X, NAMES).best_params_ == {"lr": 0.03}


def test_halving_search_over_epochs():
    search = HalvingGridSearchCV(
        mlp(),
        {"lr": [1e-6, 1e-5, 0.01, 0.03]},
        resource="max_epochs",
        min_resources=3,
        max_resources=12,
        factor=2,
        cv=2,
        random_state=0,
    ).fit(X, NAMES)
    assert search.n_resources_ == [3, 6, 12]
    assert search.best_estimator_.max_epochs == 12
    assert search.best_estimator_.n_iter_ == 12
    assert search.best_params_["lr"] >= 0.01


def test_bayes_search():
    search = BayesSearchCV(
        mlp(),
        {
            "lr": Real(1e-4, 0.1, prior="log-uniform"),
            "hidden_layer_sizes": Integer(4, 16),
            "activation": ["relu", "tanh"],
        },
        n_iter=4,
        cv=2,
        random_state=0,
    ).fit(X, NAMES)
    assert search.best_score_ > 0.7
    assert search.score(X, NAMES) > 0.8


def test_cross_val_predict():
    for method in ("predict_proba", "decision_function"):
        out = cross_val_predict(mlp(), X, NAMES, cv=3, method=method)
        assert out.shape == (150, 3)
        assert (np.unique(NAMES)[out.argmax(axis=1)] == NAMES).mean() > 0.9
    labels = cross_val_predict(text_network(), TEXTS, TOPICS, cv=3)
    assert (labels == np.array(TOPICS)).mean() > 0.8


def test_learning_curve():
    sizes, train, test = learning_curve(
        mlp(), X, NAMES, train_sizes=[0.2, 1.0], cv=3, shuffle=True, random_state=0
    )
    assert sizes.tolist() == [20, 100]
    assert train.shape == test.shape == (2, 3)
    assert test[1].mean() > 0.85
    incremental = learning_curve(
        mlp(), X, NAMES, train_sizes=[0.2, 1.0], cv=3, exploit_incremental_learning=True
    )
    assert np.isfinite(incremental[2]).all()


def test_permutation_importance():
    rows = np.column_stack([X, np.random.default_rng(0).normal(size=150)])
    model = mlp().fit(rows, NAMES)
    importance = permutation_importance(
        model, rows, NAMES, n_repeats=3, random_state=0, scoring="neg_log_loss"
    ).importances_mean
    assert importance.shape == (5,)
    assert importance[2:4].min() > 5 * abs(importance[4])


@pytest.mark.parametrize("method", ["sigmoid", "isotonic", "temperature"])
def test_calibration(method):
    images, digits = load_digits(return_X_y=True)
    model = mlp(max_epochs=8)
    calibrated = CalibratedClassifierCV(model, cv=2, method=method)
    calibrated.fit(images[:1000] / 16, digits[:1000])
    probability = calibrated.predict_proba(images[1000:] / 16)
    np.testing.assert_allclose(probability.sum(axis=1), 1, rtol=1e-5)
    of_the_truth = probability[np.arange(len(probability)), digits[1000:]]
    assert of_the_truth.mean() > 0.35  # by chance: 0.1
    assert calibrated.score(images[1000:] / 16, digits[1000:]) > 0.8


def test_stacking_and_voting():
    models = [("mlp", mlp()), ("tanh", mlp(activation="tanh"))]
    stack = StackingClassifier(models, LogisticRegression(), cv=2).fit(X, NAMES)
    assert stack.score(X, NAMES) > 0.9
    assert stack.transform(X).shape == (150, 6)
    assert VotingClassifier(models, voting="soft").fit(X, NAMES).score(X, NAMES) > 0.9
    texts = StackingClassifier(
        [("recurrent", text_network()), ("svm", TfidfLinearSVC(random_state=0))],
        LogisticRegression(),
        cv=2,
    )
    assert texts.fit(TEXTS, TOPICS).score(TEXTS, TOPICS) > 0.9


def test_other_meta_estimators():
    assert OneVsRestClassifier(mlp()).fit(X, NAMES).score(X, NAMES) > 0.9
    rows, target = load_diabetes(return_X_y=True)
    model = TransformedTargetRegressor(
        make_pipeline(StandardScaler(), MLPRegressor(max_epochs=30, random_state=0)),
        transformer=StandardScaler(),
    )
    assert cross_val_score(model, rows, target, cv=3).mean() > 0.3


def test_sample_weight_is_routed():
    weight = np.where(y == 1, 1e-6, 1.0)
    with config_context(enable_metadata_routing=True):
        model = make_pipeline(
            StandardScaler().set_fit_request(sample_weight=False),
            mlp()
            .set_fit_request(sample_weight=True)
            .set_score_request(sample_weight=True),
        )
        model.fit(X, y, sample_weight=weight)
        search = GridSearchCV(model, {"mlpclassifier__lr": [1e-6, 0.03]}, cv=2)
        search.fit(X, y, sample_weight=weight)
    by_hand = mlp().fit(StandardScaler().fit_transform(X), y, sample_weight=weight)
    np.testing.assert_array_equal(model[-1].predict_proba(X), by_hand.predict_proba(X))
    assert (model.predict(X) == 1).mean() < 0.1
    assert (search.predict(X) == 1).mean() < 0.1
    # Unweighted, nobody can be right about more than two thirds of the rows.
    assert search.best_score_ > 0.9


def test_unrequested_sample_weight_is_refused():
    with config_context(enable_metadata_routing=True):
        search = GridSearchCV(mlp(), {"lr": [0.03]}, cv=2)
        with pytest.raises(ValueError, match="sample_weight"):
            search.fit(X, y, sample_weight=np.ones(150))


@pytest.mark.parametrize("name", ["mlp", "regressor"])
def test_set_output_pandas(name):
    model, rows, targets = MODELS[name]
    frame = pd.DataFrame(rows, columns=list("abcd"), index=np.arange(150) + 1000)
    model = clone(model).set_output(transform="pandas").fit(frame, targets)
    out = model.transform(frame)
    assert isinstance(out, pd.DataFrame)
    assert out.columns.tolist() == model.get_feature_names_out().tolist()
    assert out.index.equals(frame.index)
    np.testing.assert_array_equal(
        out.to_numpy(), model.set_output(transform="default").transform(frame)
    )
    assert model.feature_names_in_.tolist() == list("abcd")
    with pytest.raises(ValueError, match="feature names"):
        model.predict(frame[["b", "a", "c", "d"]])


@pytest.mark.parametrize("name", ["mlp", "regressor"])
def test_set_output_polars(name):
    model, rows, targets = MODELS[name]
    frame = pl.DataFrame(rows, schema=list("abcd"))
    model = clone(model).set_output(transform="polars").fit(frame, targets)
    out = model.transform(frame)
    assert isinstance(out, pl.DataFrame)
    assert out.columns == model.get_feature_names_out().tolist()
    assert model.feature_names_in_.tolist() == list("abcd")


def test_set_output_of_a_text_pipeline():
    model = text_network().set_output(transform="pandas").fit(TEXTS, TOPICS)
    assert model[0].transform(TEXTS).shape == (60, 5)
    out = model.transform(TEXTS)
    assert out.columns.tolist() == [f"bigruclassifier{i}" for i in range(8)]


def test_frames_and_arrays_give_the_same():
    frame = pd.DataFrame(X, columns=list("abcd"))
    expected = mlp().fit(X, NAMES).decision_function(X)
    for rows in (frame, pl.from_pandas(frame)):
        for labels in (pd.Series(NAMES), pl.Series(NAMES), NAMES.tolist()):
            model = mlp().fit(rows, labels)
            np.testing.assert_array_equal(model.decision_function(rows), expected)
            assert model.classes_.tolist() == ["setosa", "versicolor", "virginica"]


@every_model
def test_html_repr(name):
    model, rows, targets = MODELS[name]
    for stage in (clone(model), clone(model).fit(rows, targets)):
        html = estimator_html_repr(stage)
        last = stage[-1] if hasattr(stage, "steps") else stage
        assert type(last).__name__ in html
        assert "max_epochs" in html or name == "svm"


THREADS = """
import joblib

def fit(seed):
    import torch
    from sklearn.datasets import load_iris
    from sklearn_nn.neural_network import MLPClassifier

    MLPClassifier(max_epochs=1, random_state=seed).fit(*load_iris(return_X_y=True))
    return torch.get_num_threads()

threads = joblib.Parallel(n_jobs=2)(joblib.delayed(fit)(seed) for seed in range(2))
print(joblib.cpu_count(), max(threads))
"""


def test_workers_share_the_processors():
    environment = {
        key: value for key, value in os.environ.items() if "NUM_THREADS" not in key
    }
    done = subprocess.run(
        [sys.executable, "-c", THREADS],
        capture_output=True,
        text=True,
        timeout=300,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    n_processors, n_threads = map(int, done.stdout.split())
    assert n_threads == max(1, n_processors // 2)
