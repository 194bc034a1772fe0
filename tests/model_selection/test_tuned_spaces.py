"""Spaces: the same values whatever the search, and a default for every model."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from sklearn_nn.model_selection._spaces import (
    DEFAULT_SPACES,
    Choice,
    IntRange,
    LinearRange,
    LogRange,
    check_space,
    default_space,
    space_size,
)
from sklearn_nn.scenarios._models import MODELS

DIMENSIONS = [
    LinearRange(-1.0, 2.0),
    LogRange(0.001, 10.0),
    IntRange(2, 7),
    Choice(["a", None, 2, 0.5, True]),
]
every_dimension = pytest.mark.parametrize("dimension", DIMENSIONS, ids=repr)


def inside(dimension, value):
    if isinstance(dimension, Choice):
        return value in dimension.values
    whole = not isinstance(dimension, IntRange) or value == int(value)
    return whole and dimension.low <= value <= dimension.high


@every_dimension
def test_every_search_draws_from_the_same_values(dimension):
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    drawn = {
        "grid": dimension.grid(4),
        "bayes": dimension.skopt().rvs(200, random_state=0),
        "optuna": [dimension.suggest(study.ask(), "x") for _ in range(200)],
    }
    distribution = dimension.distribution()
    if not isinstance(dimension, Choice):
        drawn["random"] = distribution.rvs(200, random_state=0)
    else:
        assert distribution == drawn["grid"] == list(dimension.values)
    for search, values in drawn.items():
        assert all(inside(dimension, value) for value in values), search
    if dimension.size < np.inf:
        assert all(
            len(set(values)) == dimension.size
            for values in drawn.values()
            if len(values) == 200
        )
    else:
        halves = {
            search: np.median(values)
            for search, values in drawn.items()
            if search != "grid"
        }
        middle = {LinearRange: 0.5, LogRange: 0.1}[type(dimension)]
        for search, median in halves.items():
            assert middle / 1.8 < median < middle * 1.8, search


def test_grids_hold_both_ends():
    assert LinearRange(0, 1).grid(5) == [0.0, 0.25, 0.5, 0.75, 1.0]
    np.testing.assert_allclose(LogRange(0.01, 100).grid(5), [0.01, 0.1, 1, 10, 100])
    assert IntRange(1, 3).grid(5) == [1, 2, 3]
    assert IntRange(1, 15).grid(3) == [1, 8, 15]


def test_sizes():
    assert space_size({"a": IntRange(1, 3), "b": Choice("xy")}) == 6
    assert space_size({"a": IntRange(1, 3), "b": LogRange(1, 2)}) == np.inf


def test_equal_and_copied_like_values():
    assert Choice(["a", "b"]) == Choice(("a", "b")) != Choice(["b", "a"])
    assert clone({"x": LogRange(1, 2)}, safe=False) == {"x": LogRange(1, 2)}
    assert repr(LogRange(1, 2)) == "LogRange(low=1, high=2)"


@pytest.mark.parametrize(
    "make, arguments, message",
    [
        (LinearRange, (1.0, 1.0), "low < high"),
        (LinearRange, (0.0, np.inf), "finite"),
        (LinearRange, ("0", 1.0), "finite numbers"),
        (LogRange, (0.0, 1.0), "low > 0"),
        (IntRange, (1, 2.5), "whole numbers"),
        (IntRange, (5, 1), "low < high"),
        (Choice, ([],), "at least one value"),
        (Choice, ([(1, 2)],), "between scalars"),
        (Choice, ([LinearSVC()],), "between scalars"),
    ],
)
def test_refuses(make, arguments, message):
    with pytest.raises(ValueError, match=message):
        make(*arguments)


@pytest.mark.parametrize("name", MODELS)
def test_every_model_of_the_catalogue_has_a_default(name):
    model = MODELS[name](0)
    space = default_space(model)
    assert space.keys() <= model.get_params().keys()
    for values in space.values():
        assert len(values.grid(3)) >= 2
    for key, values in space.items():
        for value in values.grid(3):
            model.set_params(**{key: value})
            if hasattr(model, "_parameter_constraints"):
                model._validate_params()


def test_every_default_belongs_to_a_model_of_the_catalogue():
    models = [MODELS[name](0) for name in MODELS]
    models += [model.estimator for model in models if hasattr(model, "estimator")]
    names = {type(model).__name__ for model in models}
    assert {name for _, name in DEFAULT_SPACES} <= names


def test_default_of_a_subclass_and_of_what_is_wrapped():
    class Mine(LogisticRegression):
        pass

    assert default_space(Mine()) == default_space(LogisticRegression())
    assert list(default_space(MODELS["xgboost"](0))) == [
        "estimator__learning_rate",
        "estimator__max_depth",
    ]
    with pytest.raises(ValueError, match="no default space for Pipeline"):
        default_space(make_pipeline(LinearSVC()))
    assert check_space({"linearsvc__C": [1.0]}, make_pipeline(LinearSVC())) == {
        "linearsvc__C": Choice([1.0])
    }
