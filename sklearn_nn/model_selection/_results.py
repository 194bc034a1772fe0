"""What a scenario matrix leaves: one plain object for searches, stores and reports."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(kw_only=True)
class ScenarioRun:
    """One scenario on one split.

    Attributes
    ----------
    code : str
        The scenario, one character a lever.
    split : int
        Number of the split.
    scores : dict of str -> float
        Metric name -> value on the test rows ("score" for a single metric).
    predicted : ndarray of int of shape (n_test,) or None
        Predicted classes as places in ``classes``; None when the run failed.
    step_times : dict of str -> float
        Step name -> seconds to fit and apply it once, the model's prediction included.
    fit_time, score_time : float
        Seconds that this scenario would have taken alone.
    error : str or None
        Last line of the error, where the run failed.
    traceback : str or None
        The whole of it.
    """

    code: str
    split: int
    scores: dict[str, float]
    predicted: np.ndarray | None = None
    train_scores: dict[str, float] | None = None
    step_times: dict[str, float] = field(default_factory=dict)
    fit_time: float = 0.0
    score_time: float = 0.0
    error: str | None = None
    traceback: str | None = None


@dataclass(kw_only=True)
class ScenarioResults:
    """All runs of a matrix, with what is needed to compare them row by row.

    Attributes
    ----------
    levers : dict of str -> dict of str -> str
        Lever name -> {code character -> outcome name}; the first is the baseline.
    outcomes : dict of str -> dict of str -> Any
        Lever name -> {outcome name -> its definition as JSON-able data}.
    codes : list of str
        The scenarios of the matrix in order, run or not yet.
    excluded : dict of str -> str
        Scenarios left out, with the reason.
    classes : list
        The labels; ``predicted`` and ``y`` count into it.
    rows : list of ndarray of int, one a split
        Test rows, as places in the data.
    y : list of ndarray of int, one a split
        Their true classes.
    languages : list of ndarray of str, one a split, or None
        Their languages.
    metric : str
        The metric that ranks.
    runs : list of ScenarioRun
        Finished runs, failed ones included.
    about : dict of str -> Any
        Versions, hashes, title, dates: JSON-able.
    """

    levers: dict[str, dict[str, str]]
    outcomes: dict[str, dict[str, Any]]
    codes: list[str]
    excluded: dict[str, str]
    classes: list[Any]
    rows: list[np.ndarray]
    y: list[np.ndarray]
    languages: list[np.ndarray] | None
    metric: str
    runs: list[ScenarioRun]
    about: dict[str, Any]
