"""What explanations of texts and of images ask of a model alike."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from sklearn.base import is_regressor
from sklearn.model_selection._search import BaseSearchCV
from sklearn.utils.validation import check_is_fitted

Probabilities = Callable[[Any], np.ndarray]


def fitted_classifier(estimator: Any, caller: str) -> Any:
    """Return the classifier to explain: the best one of a fitted search, or itself.

    Parameters
    ----------
    estimator : classifier
        What the user gave.
    caller : str
        The function, for messages.

    Returns
    -------
    classifier
        Fitted, with ``predict_proba``.

    Raises
    ------
    sklearn.exceptions.NotFittedError
        If it is not fitted.
    TypeError
        If it has no probabilities.
    ValueError
        If it is a search that kept no model.
    """
    check_is_fitted(estimator)
    if isinstance(estimator, BaseSearchCV):
        if not hasattr(estimator, "best_estimator_"):
            raise ValueError(
                f"{caller} explains the best model of a search, but this "
                f"{type(estimator).__name__} kept none. Set refit=True."
            )
        return fitted_classifier(estimator.best_estimator_, caller)
    if hasattr(estimator, "predict_proba"):
        return estimator
    name = type(estimator).__name__
    if is_regressor(estimator):
        raise TypeError(f"{caller} explains classifiers, but {name} predicts numbers.")
    raise TypeError(
        f"{caller} needs probabilities, and this {name} has no predict_proba. Take a "
        "classifier that has one, such as TfidfLinearSVC or LogisticRegression, or "
        "wrap it in sklearn.calibration.CalibratedClassifierCV."
    )


def taken_apart(estimator: Any) -> tuple[list[Any], Any]:
    """Return the transformers that rows pass in prediction, and the last estimator."""
    from sklearn_nn.model_selection._delegate import DelegatingClassifier

    if isinstance(estimator, DelegatingClassifier):
        return taken_apart(estimator.estimator_)
    if isinstance(estimator, BaseSearchCV):
        return taken_apart(estimator.best_estimator_)
    if not hasattr(estimator, "named_steps"):
        return [], estimator
    *steps, last = (step for _, step in estimator.steps)
    passed = []
    for step in steps:
        # A sampler has no part in prediction.
        if step in (None, "passthrough") or hasattr(step, "fit_resample"):
            continue
        inner, outer = taken_apart(step)
        passed += [*inner, outer]
    before, last = taken_apart(last)
    return passed + before, last


def described(estimator: Any) -> str:
    """Name an estimator, and what a pipeline ends with, for a message."""
    steps, last = taken_apart(estimator)
    name, own = type(last).__name__, type(estimator).__name__
    if not steps:
        return own if own == name else f"{own} of {name}"
    before = ", ".join(type(step).__name__ for step in steps)
    return f"{own} of {before} and {name}"


def batched_probabilities(estimator: Any, rows: Any, batch_size: int) -> np.ndarray:
    """Ask for probabilities, a batch of rows at a time."""
    return np.concatenate(
        [
            np.asarray(estimator.predict_proba(rows[start : start + batch_size]))
            for start in range(0, len(rows), batch_size)
        ]
    ).astype(np.float64, copy=False)


def target_codes(target: Any, classes: np.ndarray, probabilities: np.ndarray) -> list:
    """Return the place among the classes of what each row is explained for.

    Parameters
    ----------
    target : None, label or array-like of labels
        None is the most probable class; one label counts for all rows.
    classes : ndarray of shape (n_classes,)
        The labels, as the columns of the probabilities.
    probabilities : ndarray of shape (n_rows, n_classes)
        What the model says.

    Returns
    -------
    codes : list of int of length n_rows

    Raises
    ------
    ValueError
        If a label is unknown, or there are not as many labels as rows.
    """
    n_rows = len(probabilities)
    if target is None:
        return probabilities.argmax(axis=1).tolist()
    if np.ndim(target) == 0:
        labels = [target] * n_rows
    else:
        labels = np.asarray(target, dtype=object).ravel().tolist()
    if len(labels) != n_rows:
        raise ValueError(
            f"target holds {len(labels)} labels for {n_rows} rows. Give one label for "
            "all rows, or one a row."
        )
    known = classes.tolist()
    for row, label in enumerate(labels):
        if label not in known:
            raise ValueError(
                f"target={label!r} (row {row}) is not among the classes of the model: "
                f"{known}."
            )
    return [known.index(label) for label in labels]


@contextmanager
def modes_kept(estimator: Any) -> Iterator[None]:
    """Put every module of a network back into training or evaluation mode after."""
    net = getattr(taken_apart(estimator)[1], "net_", None)
    module = getattr(net, "module_", None)
    modes = [(m, m.training) for m in module.modules()] if module is not None else []
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training


def explain_package(name: str, caller: str) -> Any:
    """Import a package that explanations need, or say how to install it."""
    from importlib import import_module

    try:
        return import_module(name)
    except ImportError as error:
        package = name.partition(".")[0]
        raise ImportError(
            f"{caller} needs the package {package}. Install it with: "
            "pip install sklearn_nn[explain]"
        ) from error
