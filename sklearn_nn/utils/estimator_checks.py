"""Checks for estimators that take raw texts.

scikit-learn's own suite runs no check at all on an estimator whose tag
``two_d_array`` is False. This one asks of it what scikit-learn asks of the others.
A check is a function of one unfitted estimator that raises ``AssertionError`` when
the estimator breaks the contract; to add one, write it and append it to its group.
"""

import io
import pickle
import random
import re
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import joblib
import numpy as np
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, clone, is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import set_random_state
from sklearn.utils.validation import has_fit_parameter

__all__ = ["check_text_estimator", "parametrize_with_text_checks"]

_OUTPUTS = ("transform", "predict", "decision_function", "predict_proba")
_SENTENCES = (
    "the quick car has a new engine and a red door",
    "hot tea with milk, and tea with lemon!",
    "the goal keeper saved the last ball of the match",
)
# Blanks, emoji, accents, Chinese and Japanese, right-to-left, controls, very long.
_UNUSUAL = (
    "| \t\n|?!...|\U0001f680 tea \U0001f469\u200d\U0001f52c|cafe\u0301 caf\u00e9"
    "|\u8336\u306f\u71b1\u3044 \u8eca|\u0634\u0627\u064a \u05ea\u05d4|\x00 tea \ufeff"
).split("|") + ["tea " * 20_000, "x" * 20_000]


def parametrize_with_text_checks(estimators: Iterable[BaseEstimator]):
    """Make one pytest case per check and estimator of raw texts.

    Parameters
    ----------
    estimators : iterable of estimator instances
        Transformers, classifiers or both, whose ``X`` is a sequence of ``str``.

    Returns
    -------
    decorator : pytest.mark.parametrize
        It passes ``estimator`` and ``check`` to the test.

    Examples
    --------
    >>> from sklearn_nn.feature_extraction.text import SequenceVectorizer
    >>> from sklearn_nn.utils.estimator_checks import parametrize_with_text_checks
    >>> @parametrize_with_text_checks([SequenceVectorizer()])
    ... def test_text_estimator(estimator, check):
    ...     check(estimator)
    """
    import pytest

    cases = [
        pytest.param(estimator, check, id=f"{estimator!r}-{check.__name__}")
        for estimator in estimators
        for check in _checks_for(estimator)
    ]
    return pytest.mark.parametrize("estimator, check", cases)


def check_text_estimator(estimator: BaseEstimator) -> None:
    """Check that an estimator of raw texts keeps scikit-learn's contract.

    Parameters
    ----------
    estimator : estimator instance
        A transformer, a classifier or both, whose ``X`` is a sequence of ``str``. It
        is cloned, never fitted itself, and its ``random_state`` is set to 0.

    Raises
    ------
    AssertionError
        From the first check that fails; it says what is wrong. An exception of the
        estimator's own passes through.

    Examples
    --------
    >>> from sklearn_nn.svm import TfidfLinearSVC
    >>> from sklearn_nn.utils.estimator_checks import check_text_estimator
    >>> check_text_estimator(TfidfLinearSVC())
    """
    for check in _checks_for(estimator):
        check(estimator)


def _checks_for(estimator: BaseEstimator) -> Iterator[Callable]:
    yield from _COMMON_CHECKS
    if get_tags(estimator).requires_fit:
        yield check_not_fitted
    if hasattr(estimator, "transform"):
        yield from _TRANSFORMER_CHECKS
    if is_classifier(estimator):
        yield from _CLASSIFIER_CHECKS
        if has_fit_parameter(estimator, "sample_weight"):
            yield check_sample_weight


def check_parameters(estimator: BaseEstimator) -> None:
    """``__init__`` stores its parameters and nothing else; they survive a clone."""
    parameters = estimator.get_params(deep=False)
    extra = set(vars(estimator)) - set(parameters) - {"_sklearn_output_config"}
    assert not extra, f"__init__ sets {sorted(extra)}"
    copy = clone(estimator)
    for name, value in copy.get_params(deep=False).items():
        assert repr(value) == repr(parameters[name]), f"clone changes {name}"
    assert copy.set_params(**parameters) is copy, "set_params does not return self"
    for name, value in copy.get_params(deep=False).items():
        assert value is parameters[name], f"set_params does not store {name} as given"


def check_fit(estimator: BaseEstimator) -> None:
    """``fit`` returns self, changes nothing else and forgets the fit before it."""
    estimator, (X, y) = _fresh(estimator), _data()
    before, texts, labels = repr(estimator.get_params()), list(X), y.copy()
    assert estimator.fit(X, y) is estimator, "fit does not return self"
    assert repr(estimator.get_params()) == before, "fit changes a parameter"
    assert X == texts and np.array_equal(y, labels), "fit changes its input"
    expected = _outputs(estimator, X)
    estimator.fit(["other words"] * 6 + X[:6], y[:12])
    _assert_same(_outputs(estimator.fit(X, y), X), expected, "after a second fit")


def check_order_and_subset(estimator: BaseEstimator) -> None:
    """The answer for a text depends neither on its place nor on its neighbours."""
    estimator, X, _ = _fitted(estimator)
    outputs = _outputs(estimator, X)
    for rows in (np.random.RandomState(0).permutation(len(X)), np.arange(3), [0]):
        some = _outputs(estimator, [X[i] for i in rows])
        expected = {method: output[rows] for method, output in outputs.items()}
        _assert_same(some, expected, "when rows are reordered or left out")


def check_containers(estimator: BaseEstimator) -> None:
    """List, tuple, arrays and Series of the same texts give the same result."""
    estimator, X, y = _fitted(estimator)
    expected = _outputs(estimator, X)
    for container in _containers(X):
        kind = f"for a {type(container).__module__}.{type(container).__name__}"
        _assert_same(_outputs(estimator, container), expected, kind)
        fitted = _fresh(estimator).fit(container, y)
        _assert_same(_outputs(fitted, X), expected, f"{kind} in fit")


def check_unusual_texts(estimator: BaseEstimator) -> None:
    """Empty, very long and non-Latin texts are legal, in fit and afterwards."""
    estimator, (X, y) = _fresh(estimator), _data()
    estimator.fit(X + _UNUSUAL, np.append(y, np.resize(y, len(_UNUSUAL))))
    for method, output in _outputs(estimator, _UNUSUAL).items():
        assert len(output) == len(_UNUSUAL), f"{method} loses rows"


def check_wrong_input(estimator: BaseEstimator) -> None:
    """What is no sequence of texts is refused clearly; the estimator lives on."""
    estimator, X, y = _fitted(estimator)
    expected = _outputs(estimator, X)
    for wrong, pattern in _wrong_inputs(X):
        fit = partial(estimator.fit, wrong, y[: len(wrong)])
        _assert_refused(fit, pattern, "fit")
        for method in _methods(estimator):
            _assert_refused(partial(getattr(estimator, method), wrong), pattern, method)
    _assert_same(_outputs(estimator, X), expected, "after a refused input")


def check_persistence(estimator: BaseEstimator) -> None:
    """Pickle and joblib bring back the same fitted estimator."""
    estimator, X, _ = _fitted(estimator)
    expected = _outputs(estimator, X)
    joblib.dump(estimator, buffer := io.BytesIO())
    buffer.seek(0)
    for copy in (pickle.loads(pickle.dumps(estimator)), joblib.load(buffer)):
        _assert_same(_outputs(copy, X), expected, "after saving and loading")


def check_side_effects(estimator: BaseEstimator) -> None:
    """Ordinary texts cause no warning and move no global random generator."""
    before = _generators()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        estimator, X, _ = _fitted(estimator)
        _outputs(estimator, X)
    assert not caught, f"a warning on ordinary texts: {caught[0].message}"
    for name, state in _generators().items():
        assert state == before[name], f"the global state of {name} moves"


def check_not_fitted(estimator: BaseEstimator) -> None:
    """Before ``fit``, every method raises NotFittedError."""
    estimator, (X, _) = _fresh(estimator), _data()
    for method in _methods(estimator):
        call = partial(getattr(estimator, method), X)
        _assert_refused(call, "fit", method, NotFittedError)


def check_fit_transform(estimator: BaseEstimator) -> None:
    """``fit_transform`` equals ``fit`` then ``transform``."""
    fitted, X, y = _fitted(estimator)
    output = {"transform": _dense(_fresh(estimator).fit_transform(X, y))}
    _assert_same(output, _outputs(fitted, X), "through fit_transform")


def check_columns(estimator: BaseEstimator) -> None:
    """A matrix has a name per column, and becomes a data frame unless sparse."""
    fitted, X, _ = _fitted(estimator)
    output = fitted.transform(X)
    if output.ndim == 1:
        return
    names = list(fitted.get_feature_names_out())
    assert len(names) == output.shape[1], "not one feature name per column"
    assert len(set(names)) == len(names), "feature names are not unique"
    for library in filter(find_spec, ("pandas", "polars")):
        fitted.set_output(transform=library)
        if issparse(output):
            _assert_refused(partial(fitted.transform, X), "sparse", "transform")
            continue
        frame = fitted.transform(X)
        assert type(frame).__module__.startswith(library), f"no {library} frame"
        assert list(frame.columns) == names, f"{library} columns are not the names"
        _assert_same({"transform": np.asarray(frame)}, {"transform": output}, library)


def check_labels(estimator: BaseEstimator) -> None:
    """Labels may be strings, any integers or booleans, in an array or a list."""
    for labels in (["alpha", "mu", "zeta"], [-1, 7, 300], [False, True]):
        X, y = _data(len(labels))
        names = np.array(labels)
        expected = names[_fresh(estimator).fit(X, y).predict(X)]
        fitted = _fresh(estimator).fit(X, names[y])
        assert np.array_equal(fitted.classes_, names), "classes_ are not the labels"
        assert np.array_equal(fitted.predict(X), expected), "names change predictions"
        fitted = _fresh(estimator).fit(X, names[y].tolist())
        assert np.array_equal(fitted.predict(X), expected), "a list of labels differs"


def check_wrong_labels(estimator: BaseEstimator) -> None:
    """No labels, other lengths and real numbers are refused clearly."""
    estimator, X, y = _fitted(estimator)
    expected = _outputs(estimator, X)
    for labels, pattern in (
        (None, "y|label|target"),
        (y[:-1], "length|inconsistent|samples"),
        (y + 0.5, "label|class|continuous"),
    ):
        _assert_refused(partial(estimator.fit, X, labels), pattern, "fit")
    _assert_same(_outputs(estimator, X), expected, "after refused labels")


def check_one_class(estimator: BaseEstimator) -> None:
    """A single class is refused with a message about it, or always predicted."""
    X, y = _data(1)
    try:
        fitted = _fresh(estimator).fit(X, y)
    except ValueError as error:
        assert "class" in str(error), f"the error does not say 'class': {error}"
    else:
        assert np.array_equal(fitted.predict(X), y), "predicts a class never seen"


def check_scores(estimator: BaseEstimator) -> None:
    """Probabilities sum to one; they and the scores agree with ``predict``."""
    for n_classes in (2, 3):
        X, y = _data(n_classes)
        fitted = _fresh(estimator).fit(X, y)
        outputs = _outputs(fitted, X)
        for method in outputs.keys() & {"decision_function", "predict_proba"}:
            scores = outputs[method]
            if method == "decision_function" and n_classes == 2:
                scores = np.stack([-scores, scores], axis=-1)
            assert scores.shape == (len(X), n_classes), f"wrong shape of {method}"
            best = fitted.classes_[scores.argmax(axis=1)]
            assert np.array_equal(best, outputs["predict"]), f"{method} against predict"
        if (probabilities := outputs.get("predict_proba")) is not None:
            total = probabilities.sum(axis=1)
            assert np.allclose(total, 1, atol=1e-5), "probabilities do not sum to one"
            assert probabilities.min() >= 0, "a negative probability"


def check_sample_weight(estimator: BaseEstimator) -> None:
    """Weights of one are no weights; a text of weight zero is a text left out."""
    fitted, X, y = _fitted(estimator)
    unit = _fresh(estimator).fit(X, y, sample_weight=np.ones(len(X)))
    _assert_same(_outputs(unit, X), _outputs(fitted, X), "with weights of one")
    weight = np.arange(len(X)) % 4 / 2
    kept = np.flatnonzero(weight)
    X = [x if w else f"{x} unseen" for x, w in zip(X, weight, strict=True)]
    zero = _fresh(estimator).fit(X, y, sample_weight=weight)
    texts = [X[i] for i in kept]
    removed = _fresh(estimator).fit(texts, y[kept], sample_weight=weight[kept])
    _assert_same(_outputs(zero, X), _outputs(removed, X), "with weights of zero")


def _data(n_subjects: int = 3) -> tuple[list[str], np.ndarray]:
    """Sixty texts on up to three subjects, and the subject's number."""
    rng = np.random.RandomState(0)
    y = np.arange(60) % n_subjects
    words = [sentence.split() for sentence in _SENTENCES]
    X = [" ".join(rng.choice(words[label], size=rng.randint(4, 20))) for label in y]
    return X, y


def _fresh(estimator: BaseEstimator) -> BaseEstimator:
    estimator = clone(estimator)
    set_random_state(estimator, 0)
    return estimator


def _fitted(estimator: BaseEstimator) -> tuple[BaseEstimator, list[str], np.ndarray]:
    X, y = _data()
    return _fresh(estimator).fit(X, y), X, y


def _methods(estimator: BaseEstimator) -> list[str]:
    return [method for method in _OUTPUTS if hasattr(estimator, method)]


def _dense(output: Any) -> np.ndarray:
    return output.toarray() if issparse(output) else np.asarray(output)


def _outputs(estimator: BaseEstimator, X: Any) -> dict[str, np.ndarray]:
    methods = _methods(estimator)
    return {method: _dense(getattr(estimator, method)(X)) for method in methods}


def _assert_same(results: dict, expected: dict, when: str) -> None:
    for method, result in results.items():
        same = result.shape == expected[method].shape and (
            np.allclose(result, expected[method], rtol=1e-4, atol=1e-5)
            if result.dtype.kind == "f"
            else np.array_equal(result, expected[method])
        )
        assert same, f"the result of {method} differs {when}"


def _assert_refused(
    call: Callable, pattern: str, method: str, kind: Any = (ValueError, TypeError)
) -> None:
    """The call raises an error of that kind with a message like `pattern`."""
    try:
        call()
    except kind as error:
        found = re.search(pattern, str(error), flags=re.IGNORECASE)
        assert found, f"the error of {method} does not say {pattern!r}: {error}"
    else:
        raise AssertionError(f"{method} accepts what it should refuse ({pattern!r})")


def _containers(X: list[str]) -> Iterator[Any]:
    yield from (tuple(X), np.array(X, dtype=object), np.array(X, dtype=str))
    for library in filter(find_spec, ("pandas", "polars")):
        # The index of a pandas Series that is turned twice is not 0, 1, 2...
        yield import_module(library).Series(X[::-1])[::-1]


def _wrong_inputs(X: list[str]) -> Iterator[tuple[Any, str]]:
    """Inputs to refuse, each with what the message must say."""
    for value in (b"bytes", None, float("nan"), 3, ["a", "list"]):
        yield [*X[:5], value], r"\b5\b"
    texts = "text|string|str|document"
    yield X[0], texts
    yield np.array(X, dtype=object).reshape(-1, 2), texts
    yield np.zeros((6, 4)), texts
    yield [], f"{texts}|sample|empty"


def _generators() -> dict[str, bytes]:
    """Read the state of every global generator of random numbers."""
    states: dict = {"random": random.getstate(), "numpy": np.random.get_state()}
    if "torch" in sys.modules:
        states["torch"] = sys.modules["torch"].get_rng_state().numpy()
    return {name: pickle.dumps(state) for name, state in states.items()}


_COMMON_CHECKS = [
    check_parameters,
    check_fit,
    check_order_and_subset,
    check_containers,
    check_unusual_texts,
    check_wrong_input,
    check_persistence,
    check_side_effects,
]
_TRANSFORMER_CHECKS = [check_fit_transform, check_columns]
_CLASSIFIER_CHECKS = [check_labels, check_wrong_labels, check_one_class, check_scores]
