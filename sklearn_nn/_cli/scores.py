"""Scores of a fitted pipeline, as JSON has them and as a table."""

import warnings
from typing import Any

import numpy as np
from sklearn.metrics import (
    get_scorer,
    mean_absolute_error,
    mean_squared_error,
    precision_recall_fscore_support,
    r2_score,
)
from sklearn.pipeline import Pipeline

from sklearn_nn._checks import stack_level
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
        warnings.warn(
            f"{name} cannot be computed: {error}",
            UserWarning,
            stacklevel=stack_level(),
        )
        return np.nan


def _of_numbers(y: np.ndarray, predicted: np.ndarray) -> dict[str, Any]:
    return {
        "r2": r2_score(y, predicted),
        "mse": mean_squared_error(y, predicted),
        "mae": mean_absolute_error(y, predicted),
    }


def _of_classes(y: np.ndarray, predicted: np.ndarray) -> dict[str, Any]:
    labels = np.union1d(y, predicted)
    precision, recall, f1, support = precision_recall_fscore_support(
        y, predicted, labels=labels, zero_division=0
    )
    return {
        "accuracy": float(np.mean(y == predicted)),
        "macro_f1": float(f1.mean()),
        "weighted_f1": float(np.average(f1, weights=support)),
        "classes": {
            str(label): {
                "precision": float(precision[i]),
                "recall": float(recall[i]),
                "f1": float(f1[i]),
                "support": int(support[i]),
            }
            for i, label in enumerate(labels.tolist())
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
