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
        Metric name -> value on the test rows.
    predicted : ndarray of int of shape (n_test,) or None
        Predicted classes as places in ``classes``; None when the run failed.
    train_scores : dict of str -> float or None
        The same scores on the training rows, where they were asked for.
    step_times : dict of str -> float
        Step name -> seconds to fit and apply it once, the model's prediction included.
    fit_time, score_time : float
        Seconds that this scenario would have taken alone.
    error : str or None
        Last line of the error, where the run failed.
    traceback : str or None
        The whole of it.

    Examples
    --------
    A failing scenario is a run too: here the model cannot take negative numbers.

    >>> import warnings
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.naive_bayes import MultinomialNB
    >>> from sklearn.pipeline import Pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklearn_nn.model_selection import ScenarioSearchCV
    >>> X, y = load_iris(return_X_y=True)
    >>> pipeline = Pipeline([("scale", "passthrough"), ("model", MultinomialNB())])
    >>> levers = {"scale": {"off": "passthrough", "on": StandardScaler()}}
    >>> search = ScenarioSearchCV(pipeline, levers, cv=2)
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     runs = search.fit(X, y).results_.runs
    >>> failed = [run for run in runs if run.error]
    >>> [(run.code, run.split) for run in failed]
    [('o', 0), ('o', 1)]
    >>> failed[0].error
    'model: ValueError: Negative values in data passed to MultinomialNB ...'
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

    Examples
    --------
    Every prediction is there, beside the row that it is of:

    >>> from sklearn.datasets import load_wine
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from sklearn.pipeline import Pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklearn_nn.model_selection import ScenarioSearchCV
    >>> X, y = load_wine(return_X_y=True)
    >>> steps = [("scale", "passthrough"), ("model", KNeighborsClassifier())]
    >>> levers = {"scale": {"off": "passthrough", "on": StandardScaler()}}
    >>> search = ScenarioSearchCV(Pipeline(steps), levers, cv=3).fit(X, y)
    >>> results = search.results_
    >>> results.codes, results.levers
    (['0', 'o'], {'scale': {'0': 'off', 'o': 'on'}})
    >>> run = results.runs[0]
    >>> right = run.predicted == results.y[run.split]
    >>> len(results.rows[run.split]), bool(right.mean() == run.scores["accuracy"])
    (60, True)
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
