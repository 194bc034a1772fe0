"""What the report shows, as plain data for JSON."""

from dataclasses import asdict
from typing import Any

import numpy as np

from sklearn_nn.model_selection._comparison import (
    LeverEffect,
    ScenarioComparison,
    compare_scenarios,
)
from sklearn_nn.model_selection._results import ScenarioResults, ScenarioRun
from sklearn_nn.model_selection._summary import (
    complete_runs,
    recomputable_metric,
    summarize_scenario,
)

_N_RESAMPLES = 1000
_CONFIDENCE = 0.95


def report_data(
    results: ScenarioResults, *, random_state: int | np.random.RandomState | None
) -> dict[str, Any]:
    """Collect what the page needs; no prediction of a single row is among it.

    Parameters
    ----------
    results : ScenarioResults
        A matrix, finished or not.
    random_state : int, RandomState instance or None
        For the bootstrap.

    Returns
    -------
    data : dict
        Of str, finite numbers, bool, None, lists and dicts.
    """
    runs = complete_runs(results)
    recomputable = recomputable_metric(results)
    metric = recomputable or "f1_weighted"
    failures = [run for run in results.runs if run.error is not None]
    failed = {run.code for run in failures}
    metrics: list[str] = []
    scenarios: list[dict[str, Any]] = []
    effects: list[LeverEffect] = []
    if runs:
        comparison = compare_scenarios(
            results,
            metric=metric,
            confidence=_CONFIDENCE,
            n_resamples=_N_RESAMPLES,
            random_state=random_state,
        )
        effects = comparison.effects
        summaries = [summarize_scenario(results, of) for of in runs.values()]
        # A metric known by its values stands there under its proper name already.
        known_as = {results.metric} - {metric} if recomputable else set()
        metrics = [name for name in summaries[0]["mean"] if name not in known_as]
        scenarios = [
            _scenario(summary, comparison, place, metrics)
            for place, summary in enumerate(summaries)
        ]
    return {
        "about": _plain({k: v for k, v in results.about.items() if k != "title"}),
        "metric": metric,
        "ownMetric": None if recomputable else results.metric,
        "metrics": metrics,
        "confidence": _CONFIDENCE,
        "nResamples": _N_RESAMPLES,
        "nRows": len(np.unique(np.concatenate(results.rows))),
        "rowsOfSplits": [len(rows) for rows in results.rows],
        "classes": [str(label) for label in results.classes],
        "languages": _languages(results),
        "levers": [
            _lever(results, name, outcomes) for name, outcomes in results.levers.items()
        ],
        "counts": {
            "finished": len(runs),
            "failed": len(failed),
            "excluded": len(results.excluded),
            "waiting": len(set(results.codes) - set(runs) - failed),
        },
        "scenarios": scenarios,
        "effects": [
            _plain(asdict(effect) | {"beyond": effect.beyond_chance})
            for effect in effects
        ],
        "failures": [_failure(run) for run in failures],
        "excluded": [[code, str(reason)] for code, reason in results.excluded.items()],
    }


def _lever(results: ScenarioResults, name: str, outcomes: dict[str, str]) -> dict:
    definitions = results.outcomes.get(name, {})
    return {
        "name": name,
        "outcomes": [
            [character, outcome, _plain(definitions.get(outcome))]
            for character, outcome in outcomes.items()
        ],
    }


def _languages(results: ScenarioResults) -> list[list]:
    if results.languages is None:
        return []
    names, counts = np.unique(np.concatenate(results.languages), return_counts=True)
    return [[str(name), int(count)] for name, count in zip(names, counts, strict=True)]


def _scenario(
    summary: dict[str, Any],
    comparison: ScenarioComparison,
    place: int,
    metrics: list[str],
) -> dict[str, Any]:
    return {
        "code": summary["code"],
        "score": _short(comparison.scores[place]),
        "interval": [_short(end) for end in comparison.intervals[place]],
        "gap": _short(comparison.differences[place]),
        "gapInterval": [_short(e) for e in comparison.difference_intervals[place]],
        "p": _short(comparison.p_values[place]),
        "within": bool(comparison.within_chance[place]),
        "mean": [_short(summary["mean"].get(metric)) for metric in metrics],
        "std": [_short(summary["std"].get(metric)) for metric in metrics],
        "time": _short(summary["fit_time"] + summary["score_time"]),
        "steps": {str(s): _short(t) for s, t in summary["step_times"].items()},
        "confusion": _sparse(summary["confusion"]),
        "languages": [
            _short(scores[comparison.metric])
            for scores in summary["languages"].values()
        ],
    }


def _sparse(confusion: np.ndarray) -> str:
    """Non-zero cells as "gap,count,gap,count,...", gaps counted along the rows.

    Text is read only when the matrix is shown, and is a third of a list of cells.
    """
    cells = np.flatnonzero(confusion)
    gaps = np.diff(cells, prepend=0)
    pairs = np.stack([gaps, confusion.ravel()[cells]], axis=1)
    return ",".join(map(str, pairs.ravel().tolist()))


def _failure(run: ScenarioRun) -> dict[str, Any]:
    return {
        "code": run.code,
        "split": run.split,
        "error": run.error,
        "traceback": run.traceback,
    }


def _short(value: Any) -> float | None:
    """Round to what a page can show; NaN becomes None."""
    if value is None or not np.isfinite(value):
        return None
    return float(f"{float(value):.6g}")


def _plain(value: Any) -> Any:
    """Make anything fit for JSON."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return _short(value)
    return str(value)
