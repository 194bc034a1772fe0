"""Scores of a fitted pipeline, as JSON has them and as a table."""

import warnings
from typing import Any

import numpy as np
from sklearn.metrics import (
    classification_report,
    get_scorer,
    mean_absolute_error,
    mean_squared_error,
    r2_score,
)
from sklearn.pipeline import Pipeline

from sklearn_nn.scenarios._ranking import align


def score(
    pipeline: Pipeline, X: Any, y: np.ndarray, scoring: list[str], numbers: bool
) -> dict[str, Any]:
    """Score a fitted pipeline on rows.

    Parameters
    ----------
    pipeline : Pipeline
        Fitted.
    X, y : array-like
        The rows.
    scoring : list of str
        Further scores, by their names in scikit-learn.
    numbers : bool
        Whether y holds numbers, not classes.

    Returns
    -------
    scores : dict
        ``r2``, ``mse`` and ``mae`` of numbers; ``accuracy``, ``macro_f1``,
        ``weighted_f1`` and ``classes`` (label -> precision, recall, f1 and support) of
        classes; and those asked for, NaN with a warning if they cannot be computed.
    """
    predicted = pipeline.predict(X)
    given = _of_numbers(y, predicted) if numbers else _of_classes(y, predicted)
    return {**given, **{name: _further(name, pipeline, X, y) for name in scoring}}


def _further(name: str, pipeline: Pipeline, X: Any, y: np.ndarray) -> float:
    try:
        return float(get_scorer(name)(pipeline, X, y))
    except Exception as error:
        # Hours of training have been before; the other scores stand.
        warnings.warn(f"{name} cannot be computed: {error}", UserWarning, stacklevel=2)
        return np.nan


def _of_numbers(y: np.ndarray, predicted: np.ndarray) -> dict[str, Any]:
    return {
        "r2": r2_score(y, predicted),
        "mse": mean_squared_error(y, predicted),
        "mae": mean_absolute_error(y, predicted),
    }


def _of_classes(y: np.ndarray, predicted: np.ndarray) -> dict[str, Any]:
    report = classification_report(y, predicted, output_dict=True, zero_division=0)
    averages = ("accuracy", "macro avg", "weighted avg", "micro avg")
    labels = {str(label): label for label in np.union1d(y, predicted).tolist()}
    return {
        "accuracy": float(np.mean(y == predicted)),
        "macro_f1": report["macro avg"]["f1-score"],
        "weighted_f1": report["weighted avg"]["f1-score"],
        "classes": {
            name: {
                "precision": found["precision"],
                "recall": found["recall"],
                "f1": found["f1-score"],
                "support": int(found["support"]),
            }
            for name, found in report.items()
            if name in labels and name not in averages
        },
    }


def format_scores(scores: dict[str, Any], part: str) -> str:
    """Return the scores as two tables: the totals, then class by class."""
    totals = {key: value for key, value in scores.items() if key != "classes"}
    table = [["score", part], *([key, f"{value:.4f}"] for key, value in totals.items())]
    text = align(table)
    if "classes" not in scores:
        return text
    by_class = [["class", "precision", "recall", "f1", "rows"]]
    for name, found in scores["classes"].items():
        shares = [f"{found[key]:.4f}" for key in ("precision", "recall", "f1")]
        by_class.append([name, *shares, str(found["support"])])
    return f"{text}\n\n{align(by_class)}"
