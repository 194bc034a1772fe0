"""What explanations of texts and of images ask of a model alike."""

from typing import Any

import numpy as np
from sklearn.base import is_regressor
from sklearn.model_selection._search import BaseSearchCV
from sklearn.utils.validation import check_is_fitted


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
        If it is a search that kept no model, or reads several columns.
    """
    from sklearn_nn.ensemble import LateFusionClassifier

    check_is_fitted(estimator)
    if isinstance(estimator, LateFusionClassifier):
        names = list(estimator.named_estimators_)
        raise ValueError(
            f"{caller} explains what reads one column, but this "
            f"{type(estimator).__name__} reads several. Explain one of its bases: "
            f"fusion.named_estimators_[name], with a name of {names}."
        )
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
    found = _in_batches(estimator.predict_proba, rows, batch_size)
    return found.astype(np.float64, copy=False)


def _in_batches(ask: Any, rows: Any, batch_size: int) -> np.ndarray:
    return np.concatenate(
        [
            np.asarray(ask(rows[start : start + batch_size]))
            for start in range(0, len(rows), batch_size)
        ]
    )


def target_codes(target: Any, estimator: Any, rows: Any, batch_size: int) -> list[int]:
    """Return the place among the classes of what each row is explained for.

    Parameters
    ----------
    target : None, label or array-like of labels
        None is the class that the model predicts, which need not be the most probable
        one; one label counts for all rows.
    estimator : classifier
        The model.
    rows : sequence
        What it gets.
    batch_size : int
        Rows to predict at a time.

    Returns
    -------
    codes : list of int of length n_rows

    Raises
    ------
    ValueError
        If a label is unknown, or there are not as many labels as rows.
    """
    n_rows = len(rows)
    if target is None:
        labels = _predicted(estimator, rows, batch_size)
    elif np.ndim(target) == 0:
        labels = [target] * n_rows
    else:
        labels = np.asarray(target, dtype=object).ravel().tolist()
    if len(labels) != n_rows:
        raise ValueError(
            f"target holds {len(labels)} labels for {n_rows} rows. Give one label for "
            "all rows, or one a row."
        )
    known = np.asarray(estimator.classes_).tolist()
    for row, label in enumerate(labels):
        if label not in known:
            raise ValueError(
                f"target={label!r} (row {row}) is not among the classes of the model: "
                f"{known}."
            )
    return [known.index(label) for label in labels]


def _predicted(estimator: Any, rows: Any, batch_size: int) -> list[Any]:
    found = _in_batches(estimator.predict, rows, batch_size)
    if found.ndim != 1:
        raise ValueError(
            f"This {type(estimator).__name__} predicts several labels a row. Give the "
            "one to explain: target=label."
        )
    return found.tolist()


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
