"""One scenario summed up: its scores, from the predicted classes alone."""

from collections.abc import Callable
from typing import Any

import numpy as np

from sklearn_nn.model_selection._results import ScenarioResults, ScenarioRun


def _ratio(numerator, denominator, empty=np.nan) -> np.ndarray:
    out = np.full(np.shape(numerator), float(empty))
    return np.divide(numerator, denominator, out=out, where=denominator > 0)


def f1_per_class(hits, predicted, true) -> np.ndarray:
    """F1 of each class; 0 for a class that is neither there nor predicted.

    Parameters
    ----------
    hits, predicted, true : ndarray of shape (n_classes, ...)
        Rows of the class predicted rightly, rows predicted as the class, its rows.

    Returns
    -------
    f1 : ndarray of float of shape (n_classes, ...)
        From 0 to 1.
    """
    return _ratio(2.0 * hits, predicted + true, empty=0)


def _accuracy(hits, predicted, true):
    return _ratio(hits.sum(axis=0), true.sum(axis=0))


def _balanced_accuracy(hits, predicted, true):
    return _ratio(_ratio(hits, true, empty=0).sum(axis=0), (true > 0).sum(axis=0))


def _f1_macro(hits, predicted, true):
    present = (predicted + true > 0).sum(axis=0)
    return _ratio(f1_per_class(hits, predicted, true).sum(axis=0), present)


def _f1_weighted(hits, predicted, true):
    total = (f1_per_class(hits, predicted, true) * true).sum(axis=0)
    return _ratio(total, true.sum(axis=0))


# They take the counts of `f1_per_class` and equal scikit-learn's scorers of the same
# name. Trailing axes (resamples, languages) are computed at once.
METRICS: dict[str, Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]] = {
    "accuracy": _accuracy,
    "balanced_accuracy": _balanced_accuracy,
    "f1_macro": _f1_macro,
    "f1_weighted": _f1_weighted,
}


def complete_runs(results: ScenarioResults) -> dict[str, list[ScenarioRun]]:
    """Give the runs of the scenarios that succeeded on every split.

    Parameters
    ----------
    results : ScenarioResults
        A matrix, finished or not.

    Returns
    -------
    runs : dict of str -> list of ScenarioRun
        Scenarios in the order of ``results.codes``, runs in the order of the splits.
    """
    found: dict[str, dict[int, ScenarioRun]] = {code: {} for code in results.codes}
    for run in results.runs:
        if run.predicted is not None and run.code in found:
            found[run.code][run.split] = run
    n_splits = len(results.rows)
    return {
        code: [runs[split] for split in range(n_splits)]
        for code, runs in found.items()
        if len(runs) == n_splits
    }


def score_run(results: ScenarioResults, run: ScenarioRun) -> dict[str, float]:
    """Compute every metric of :data:`METRICS` on the test rows of one run.

    Parameters
    ----------
    results : ScenarioResults
        The matrix.
    run : ScenarioRun
        One of its runs that did not fail.

    Returns
    -------
    scores : dict of str -> float
        As scikit-learn's scorers of the same names.
    """
    counts = _counts(_confusion(results, [run]))
    return {name: float(metric(*counts)) for name, metric in METRICS.items()}


def recomputable_metric(results: ScenarioResults) -> str | None:
    """Name the ranking metric as :data:`METRICS` does, if it is one of them.

    A metric of another name ("score", a user's own) is recognised by its values.

    Parameters
    ----------
    results : ScenarioResults
        A matrix.

    Returns
    -------
    metric : str or None
        None if it cannot be recomputed from the predicted classes.
    """
    if results.metric in METRICS:
        return results.metric
    candidates = set(METRICS)
    runs = [run for runs in complete_runs(results).values() for run in runs]
    for run in runs:
        given = run.scores.get(results.metric, np.nan)
        ours = score_run(results, run)
        candidates = {m for m in candidates if abs(ours[m] - given) < 1e-9}
        if not candidates:
            return None
    return min(candidates) if runs else None


def summarize_scenario(
    results: ScenarioResults, runs: list[ScenarioRun]
) -> dict[str, Any]:
    """Sum up one scenario over its splits.

    Parameters
    ----------
    results : ScenarioResults
        The matrix.
    runs : list of ScenarioRun
        The scenario's runs, as :func:`complete_runs` gives them.

    Returns
    -------
    summary : dict
        - ``code`` : str.
        - ``mean``, ``std`` : dict of str -> float, over the splits, of the scores
          that the runs recorded and of all of :data:`METRICS`.
        - ``confusion`` : ndarray of int of shape (n_classes, n_classes), true classes
          down and predicted classes across, summed over the splits.
        - ``f1_per_class`` : ndarray of float of shape (n_classes,), from that matrix.
        - ``fit_time``, ``score_time`` : float, ``step_times`` : dict of str -> float,
          in seconds, mean over the splits.
        - ``languages`` : dict of str -> dict, for each language ``n_rows`` and all of
          :data:`METRICS` on its rows, all splits together; empty without languages.
    """
    scores = [run.scores | score_run(results, run) for run in runs]
    confusion = _confusion(results, runs)
    steps = dict.fromkeys(step for run in runs for step in run.step_times)
    return {
        "code": runs[0].code,
        "mean": {m: float(np.mean([s[m] for s in scores])) for m in scores[0]},
        "std": {m: float(np.std([s[m] for s in scores])) for m in scores[0]},
        "confusion": confusion,
        "f1_per_class": f1_per_class(*_counts(confusion)),
        "fit_time": float(np.mean([run.fit_time for run in runs])),
        "score_time": float(np.mean([run.score_time for run in runs])),
        "step_times": {
            step: float(np.mean([run.step_times.get(step, 0.0) for run in runs]))
            for step in steps
        },
        "languages": _by_language(results, runs),
    }


def _confusion(results: ScenarioResults, runs: list[ScenarioRun]) -> np.ndarray:
    n = len(results.classes)
    pairs = [results.y[run.split] * n + np.asarray(run.predicted) for run in runs]
    return np.bincount(np.concatenate(pairs), minlength=n * n).reshape(n, n)


def _counts(confusion: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return np.diag(confusion), confusion.sum(axis=0), confusion.sum(axis=1)


def _by_language(results: ScenarioResults, runs: list[ScenarioRun]) -> dict[str, Any]:
    if results.languages is None:
        return {}
    y = np.concatenate(results.y)
    predicted = np.concatenate([np.asarray(run.predicted) for run in runs])
    names, place = np.unique(np.concatenate(results.languages), return_inverse=True)
    shape = len(results.classes), len(names)

    def count(labels, rows):
        cells = labels[rows] * shape[1] + place[rows]
        return np.bincount(cells, minlength=shape[0] * shape[1]).reshape(shape)

    everywhere = np.full(len(y), True)
    counts = (
        count(y, y == predicted),
        count(predicted, everywhere),
        count(y, everywhere),
    )
    scores = {name: metric(*counts) for name, metric in METRICS.items()}
    return {
        str(name): {"n_rows": int(counts[2][:, i].sum())}
        | {metric: float(values[i]) for metric, values in scores.items()}
        for i, name in enumerate(names)
    }
