"""Searches in which PrefixGridSearchCV has to equal GridSearchCV."""

import numpy as np
import pandas as pd
import polars as pl
import scipy.sparse as sp
from imblearn.over_sampling import SMOTE, RandomOverSampler
from imblearn.pipeline import Pipeline as SamplerPipeline
from imblearn.under_sampling import RandomUnderSampler
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.ensemble import BaggingClassifier, RandomForestClassifier
from sklearn.feature_selection import SelectKBest
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Lasso, LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    ShuffleSplit,
)
from sklearn.naive_bayes import MultinomialNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    KernelCenterer,
    MaxAbsScaler,
    MinMaxScaler,
    OneHotEncoder,
    StandardScaler,
)
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from tests.model_selection.small import (
    LABELS,
    TEXTS,
    Failing,
    X,
    text_pipeline,
    y,
)

PIPELINE = Pipeline(
    [
        ("scale", StandardScaler()),
        ("select", SelectKBest(k=3)),
        ("model", LogisticRegression()),
    ]
)
GRID = {
    "scale": [StandardScaler(), MinMaxScaler(), "passthrough", None],
    "select__k": [2, 4],
    "model__C": [0.1, 1],
}
SMALL = {"scale": [StandardScaler(), "passthrough"], "model__C": [0.1, 1]}
FAILING = Pipeline([("step", Failing()), ("model", LogisticRegression())])
FRAME = pd.DataFrame(X, columns=list("abcde"))
COLUMNS = Pipeline(
    [
        (
            "columns",
            ColumnTransformer(
                [
                    ("ab", StandardScaler(), ["a", "b"]),
                    ("cd", Pipeline([("pca", PCA(1))]), ["c", "d"]),
                ]
            ),
        ),
        ("model", LogisticRegression()),
    ]
)
COLUMNS_GRID = {
    "columns__ab": ["passthrough", "drop", StandardScaler()],
    "columns__cd__pca__n_components": [1, 2],
}
WEIGHTS = np.random.default_rng(0).random(len(X))
KERNEL = X @ X.T


def pair(estimator, X, y):
    return {"a": float(estimator.score(X, y)), "b": float(np.sum(X))}


def of_steps(estimator, X, y):
    return float(estimator[-1].coef_.sum() + len(estimator) + X.sum())


def only_small(estimator, X, y):
    if estimator.get_params()["model__C"] == 1:
        raise ValueError("told to fail in the scorer")
    return 0.5


def any_y(estimator, X, y=None):
    return float(np.std(estimator.transform(X)))


class WritesIntoRows(BaseEstimator):
    """What users write: their step changes the rows in place."""

    def __init__(self, by=2.0):
        self.by = by

    def fit(self, X, y=None):
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X):
        first = "a" if hasattr(X, "columns") else (slice(None), 0)
        X[first] = X[first] * self.by + 1
        return X

    def fit_transform(self, X, y=None):
        return self.fit(X, y).transform(X)


class WritesInPredict(ClassifierMixin, BaseEstimator):
    def __init__(self, by=1.0):
        self.by = by

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        X[:, 0] += self.by
        return (X[:, 0] > 0).astype(int)


class Inverted(Pipeline):
    def predict(self, X, **params):
        return 1 - super().predict(X, **params)


def accuracy(estimator, X, y):
    return float(np.mean(estimator.predict(X) == y))


# name: (estimator, grid, and what differs from the defaults of `same_search`)
CASES = {
    "train scores": (PIPELINE, GRID, {"return_train_score": True}),
    "whole steps": (
        PIPELINE,
        [
            {"model": [SVC(), DecisionTreeClassifier(random_state=0)]},
            {"scale": ["passthrough"], "model__C": [1, 2]},
        ],
        {},
    ),
    "equal candidates": (PIPELINE, {"scale": [StandardScaler(), StandardScaler()]}, {}),
    "several metrics": (
        PIPELINE,
        GRID,
        {"scoring": ["accuracy", "roc_auc", "neg_log_loss"], "refit": "roc_auc"},
    ),
    "several, no refit": (
        PIPELINE,
        SMALL,
        {"scoring": {"a": "accuracy"}, "refit": False, "return_train_score": True},
    ),
    "no refit": (PIPELINE, SMALL, {"refit": False}),
    "refit chooses": (PIPELINE, SMALL, {"refit": lambda results: 2}),
    "scorer of steps": (PIPELINE, SMALL, {"scoring": of_steps}),
    "scorer of a dict": (
        PIPELINE,
        SMALL,
        {"scoring": pair, "refit": "a", "return_train_score": True},
    ),
    "dict, no refit": (PIPELINE, SMALL, {"scoring": pair, "refit": False}),
    "scorer fails": (PIPELINE, {"model__C": [0.1, 1]}, {"scoring": only_small}),
    "no such answer": (
        Pipeline([("scale", StandardScaler()), ("model", LinearSVC())]),
        {"model__C": [1, 2]},
        {"scoring": "neg_log_loss"},
    ),
    "union": (
        Pipeline(
            [
                ("union", FeatureUnion([("pca", PCA(2)), ("k", SelectKBest(k=2))])),
                ("model", LogisticRegression()),
            ]
        ),
        {"union__pca__n_components": [1, 2], "union__k": ["drop", "passthrough"]},
        {},
    ),
    "nested": (
        Pipeline(
            [
                ("inner", Pipeline([("scale", StandardScaler()), ("pca", PCA(2))])),
                ("model", LogisticRegression()),
            ]
        ),
        {"inner__pca__n_components": [1, 2], "inner__scale": ["passthrough", None]},
        {},
    ),
    "nested search": (
        Pipeline(
            [
                ("scale", StandardScaler()),
                ("model", GridSearchCV(LogisticRegression(), {"C": [1, 2]}, cv=2)),
            ]
        ),
        {"scale": [MinMaxScaler(), StandardScaler()]},
        {},
    ),
    "nested parameters": (
        Pipeline([("model", BaggingClassifier(n_estimators=2, random_state=0))]),
        {
            "model__estimator": [DecisionTreeClassifier(max_depth=1), SVC()],
            "model__estimator__random_state": [0, 1],
        },
        {},
    ),
    "samplers": (
        SamplerPipeline(
            [
                ("scale", StandardScaler()),
                ("sample", RandomUnderSampler(random_state=0)),
                ("model", LogisticRegression()),
            ]
        ),
        {
            "sample": [
                "passthrough",
                RandomOverSampler(random_state=1),
                SMOTE(random_state=np.random.RandomState(3)),
            ],
            "model__C": [1, 2],
        },
        {"return_train_score": True},
    ),
    "sampler among transformers": (
        PIPELINE,
        {"scale": [StandardScaler(), RandomUnderSampler(random_state=0)]},
        {"scoring": "accuracy", "refit": False},
    ),
    "pipeline in imblearn's": (
        SamplerPipeline([("scale", StandardScaler()), ("model", LogisticRegression())]),
        {"scale": [StandardScaler(), Pipeline([("scale", StandardScaler())])]},
        {},
    ),
    "classifier in between": (
        PIPELINE,
        {"select": [LogisticRegression(), SelectKBest(k=2)]},
        {},
    ),
    "all of memory": (PIPELINE, {"memory": [None, 3], "model__C": [1, 2]}, {}),
    "all the steps": (
        PIPELINE,
        {
            "steps": [
                [("a", StandardScaler()), ("m", LogisticRegression())],
                [("m", StandardScaler()), ("m", LogisticRegression())],
                [("m", LogisticRegression())],
            ]
        },
        {},
    ),
    "RandomState": (
        Pipeline(
            [
                ("pca", PCA(2, random_state=np.random.RandomState(0))),
                (
                    "model",
                    DecisionTreeClassifier(random_state=np.random.RandomState(1)),
                ),
            ]
        ),
        {"model__max_depth": [1, 3]},
        {"cv": KFold(3, shuffle=True, random_state=np.random.RandomState(2))},
    ),
    "groups": (
        PIPELINE,
        SMALL,
        {"cv": GroupKFold(3), "fit_params": {"groups": np.arange(60) // 4}},
    ),
    "splits as a generator": (PIPELINE, SMALL, {"cv": iter([*KFold(3).split(X)])}),
    "splits as masks": (PIPELINE, SMALL, {"cv": [(np.arange(60) < 30,) * 2]}),
    "overlapping splits": (PIPELINE, SMALL, {"cv": ShuffleSplit(4, random_state=0)}),
    "weights": (
        LogisticRegression(),
        {"C": [1, 2]},
        {
            "fit_params": {"sample_weight": WEIGHTS},
            "scoring": ["accuracy", "f1"],
            "refit": "f1",
        },
    ),
    "weights not scored": (
        LogisticRegression(),
        {"C": [1, 2]},
        {"fit_params": {"sample_weight": WEIGHTS}, "scoring": accuracy},
    ),
    "weights of steps": (
        PIPELINE,
        SMALL,
        {
            "fit_params": {
                "model__sample_weight": WEIGHTS,
                "scale__sample_weight": WEIGHTS,
            }
        },
    ),
    "weights of other rows": (
        SamplerPipeline(
            [
                ("sample", RandomUnderSampler(random_state=0)),
                ("model", LogisticRegression()),
            ]
        ),
        {"sample": ["passthrough", RandomOverSampler(random_state=0)]},
        {"fit_params": {"model__sample_weight": WEIGHTS}},
    ),
    "clusters": (
        Pipeline([("scale", StandardScaler()), ("model", KMeans(random_state=0))]),
        {"model__n_clusters": [2, 3], "scale": ["passthrough", StandardScaler()]},
        {"data": (X,)},
    ),
    "PCA": (PCA(), {"n_components": [1, 2]}, {"data": (X,)}),
    "transformer at the end": (
        Pipeline([("scale", StandardScaler()), ("pca", PCA())]),
        {"pca": ["passthrough", PCA(1), None]},
        {"data": (X,), "scoring": any_y},
    ),
    "union alone": (
        FeatureUnion([("a", PCA(1)), ("b", PCA(2))]),
        {"a__n_components": [1, 2]},
        {"data": (X,), "scoring": any_y},
    ),
    "numbers": (
        Pipeline([("scale", StandardScaler()), ("model", Ridge())]),
        {"model": [Ridge(), Lasso(0.01)], "model__alpha": [1.0, np.longdouble(2)]},
        {"data": (X, X[:, 0] + WEIGHTS), "return_train_score": True},
    ),
    "several numbers": (
        Pipeline([("scale", StandardScaler()), ("model", Ridge())]),
        {"model__alpha": [1, 2]},
        {"data": (X, X[:, :2])},
    ),
    "sparse": (
        PIPELINE,
        {"scale": [MaxAbsScaler(), "passthrough"], "model__C": [1, 2]},
        {"data": (sp.coo_array(X), y)},
    ),
    "pandas": (
        COLUMNS,
        COLUMNS_GRID,
        {"data": (FRAME, pd.Series(y, index=FRAME.index[::-1]))},
    ),
    "polars": (
        COLUMNS,
        COLUMNS_GRID,
        {"data": (pl.DataFrame(X, schema=list("abcde")), pl.Series(y))},
    ),
    "frames inside": (
        clone(PIPELINE).set_output(transform="pandas"),
        GRID,
        {"data": (FRAME, y)},
    ),
    "frames from some steps": (
        Pipeline(
            [
                ("scale", StandardScaler()),
                ("is_frame", FunctionTransformer(lambda X: 1 + hasattr(X, "a") * X)),
                ("model", PCA(1)),
            ]
        ),
        {"scale": [StandardScaler(), StandardScaler().set_output(transform="pandas")]},
        {"data": (FRAME,)},
    ),
    "lists": (PIPELINE, SMALL, {"data": (X.tolist(), y.tolist())}),
    "labels in a column": (PIPELINE, SMALL, {"data": (X, y[:, None])}),
    "texts": (
        text_pipeline(),
        {
            "tfidf__ngram_range": [(1, 1), (1, 2)],
            "model": [MultinomialNB(), LinearSVC()],
        },
        {"data": (TEXTS, LABELS)},
    ),
    "kernel": (SVC(kernel="precomputed"), {"C": [1, 2]}, {"data": (KERNEL, y)}),
    "kernel in the grid": (
        Pipeline([("model", SVC())]),
        {"model__kernel": ["precomputed", "linear"]},
        {"data": (KERNEL, y)},
    ),
    "kernel in a pipeline": (
        Pipeline([("centre", KernelCenterer()), ("model", SVC(kernel="precomputed"))]),
        {"model__C": [1, 2]},
        {"data": (KERNEL, y)},
    ),
    "copy=False": (
        Pipeline(
            [("scale", StandardScaler()), ("model", LinearRegression(copy_X=False))]
        ),
        {
            "scale": [
                StandardScaler(copy=False),
                MinMaxScaler(copy=False),
                "passthrough",
            ],
            "model__fit_intercept": [True, False],
        },
        {"data": (X, X[:, 0] + WEIGHTS)},
    ),
    "step that writes": (
        Pipeline([("writes", WritesIntoRows()), ("model", KNeighborsClassifier())]),
        {"writes__by": [1.0, 5.0, 20.0], "model__n_neighbors": [1, 3]},
        {},
    ),
    "step that writes, scorer of steps": (
        Pipeline([("writes", WritesIntoRows()), ("model", KNeighborsClassifier())]),
        {"writes__by": [1.0, 5.0, 20.0], "model__n_neighbors": [1, 3]},
        {"scoring": accuracy},
    ),
    "step that writes into a frame": (
        Pipeline(
            [
                ("first", FunctionTransformer()),
                ("writes", WritesIntoRows()),
                ("model", DecisionTreeClassifier(random_state=0)),
            ]
        ),
        {"writes__by": [1, -2, 3], "model__max_depth": [1, 2]},
        {"data": (FRAME, y)},
    ),
    "model that writes": (
        Pipeline([("scale", StandardScaler()), ("model", WritesInPredict())]),
        {"model__by": [0.1, 0.2, -0.4]},
        {},
    ),
    "function that writes": (
        Pipeline(
            [
                ("writes", FunctionTransformer(lambda X: X.__imul__(2))),
                ("model", DecisionTreeRegressor(max_depth=2, random_state=0)),
            ]
        ),
        {"writes__kw_args": [None, {}]},
        {"data": (X, X[:, 1])},
    ),
    "frozen steps": (
        Pipeline([("scale", StandardScaler()), ("model", KNeighborsClassifier())]),
        {
            "scale": [
                FrozenEstimator(StandardScaler().fit(X)),
                FrozenEstimator(StandardScaler().fit(X * [1, 9, 100, 1, 1000])),
            ]
        },
        {},
    ),
    "pipeline of one's own": (Inverted(PIPELINE.steps), SMALL, {}),
    "ensemble": (
        Pipeline([("model", RandomForestClassifier(3, random_state=0))]),
        {"model__max_depth": [1, 2]},
        {"scoring": pair, "refit": "a"},
    ),
    "no grid": (PIPELINE, {}, {}),
    "nothing kept": (PIPELINE, GRID, {"memory_budget": 0}),
    "next to nothing kept": (PIPELINE, GRID, {"memory_budget": "1 kB"}),
    "all kept": (PIPELINE, GRID, {"memory_budget": None}),
    "unknown category": (
        Pipeline([("code", OneHotEncoder()), ("model", LogisticRegression())]),
        {"model__C": [1, 2], "code__handle_unknown": ["ignore", "error"]},
        {"data": (np.arange(60)[:, None], y)},
    ),
}
