"""From a search to the plain results of its matrix, and back."""

import json
import platform
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import numpy as np
from sklearn.base import clone

from ._description import content_hash, describe
from ._evaluation import Evaluation, Outcome
from ._levers import lever_codes
from ._results import ScenarioResults, ScenarioRun
from ._summary import complete_runs, summarize_scenario

PACKAGES = ("sklearn_nn", "scikit-learn", "imbalanced-learn", "numpy", "scipy")
HASHED = {
    "data": "the texts or labels",
    "languages": "the languages of the rows",
    "splits": "the rows of the splits",
    "fit_params": "the parameters of fit",
}


def describe_matrix(
    levers: Mapping[str, Mapping[str, Any]],
    codes: list[str],
    excluded: dict[str, str],
    *,
    evaluation: Evaluation,
    X: Any,
    y: Any,
    languages: Any,
    fit_params: dict[str, Any],
    scoring: Any,
    refit: Any,
) -> ScenarioResults:
    """Return a matrix without runs: what is to be run, on what."""
    labels = np.ravel(np.asarray(y))
    classes, true = np.unique(labels, return_inverse=True)
    rows = [np.arange(len(true))[test] for _, test in evaluation.folds]
    groups = None if languages is None else np.asarray(languages).astype(str)
    description = {
        "data": content_hash([content_hash(X), content_hash(labels)]),
        "n_samples": len(true),
        "languages": None if groups is None else content_hash(groups),
        "splits": content_hash(
            [content_hash(part) for f in evaluation.folds for part in f]
        ),
        "n_splits": len(evaluation.folds),
        "pipeline": describe(_without_levers(evaluation.estimator, levers)),
        "scoring": describe(list(scoring) if isinstance(scoring, tuple) else scoring),
        "fit_params": content_hash(fit_params),
    }
    return ScenarioResults(
        levers=lever_codes(levers),
        outcomes={
            lever: {name: describe(value) for name, value in outcomes.items()}
            for lever, outcomes in levers.items()
        },
        codes=codes,
        excluded=excluded,
        classes=classes.tolist(),
        rows=rows,
        y=[true[part] for part in rows],
        languages=None if groups is None else [groups[part] for part in rows],
        metric=metric_name(scoring, refit),
        runs=[],
        about={
            "description": description,
            "versions": {
                "python": platform.python_version(),
                **{package: version(package) for package in PACKAGES},
            },
        },
    )


def _without_levers(estimator: Any, levers: Mapping[str, Any]) -> Any:
    """Return a pipeline whose steps that a lever replaces are left out."""
    steps = [lever for lever in levers if "__" not in lever]
    return clone(estimator).set_params(**dict.fromkeys(steps, "passthrough"))


def differences(stored: ScenarioResults, new: ScenarioResults) -> list[str]:
    """Say in what a matrix differs from the one that a store was written for.

    A lever may have further outcomes; those that both know have to mean the same.
    """
    before, now = stored.about["description"], new.about["description"]
    said = [
        f"{name}: {_short(before.get(name))} in the store, {_short(now.get(name))} here"
        if name not in HASHED
        else f"{HASHED[name]} are others"
        for name in dict.fromkeys([*before, *now])
        if before.get(name) != now.get(name)
    ]
    if list(stored.levers) != list(new.levers):
        said.append(
            f"levers: {list(stored.levers)} in the store, {list(new.levers)} here"
        )
    else:
        for lever, names in new.levers.items():
            for character, name in names.items():
                other = stored.levers[lever].get(character, name)
                if other != name:
                    said.append(
                        f"{lever}: {character!r} is {other!r} there, {name!r} here"
                    )
                    continue
                moved = [c for c, n in stored.levers[lever].items() if n == name]
                if moved and moved != [character]:
                    said.append(
                        f"{lever}: {name!r} is {moved[0]!r} there, {character!r} here"
                    )
                    continue
                old = stored.outcomes[lever].get(name, new.outcomes[lever][name])
                if old != new.outcomes[lever][name]:
                    said.append(
                        f"{lever}: the outcome {name!r} has other parameters or code"
                    )
    return said


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) < 80 else f"{text[:77]}..."


def metric_name(scoring: Any, refit: Any) -> str:
    """Return the name of the metric that ranks."""
    if isinstance(refit, str):
        return refit
    if isinstance(scoring, list | tuple | set | dict):
        return next(iter(scoring))
    if scoring is None:
        return "accuracy"
    return scoring if isinstance(scoring, str) else "score"


def run_of(outcome: Outcome, matrix: ScenarioResults) -> ScenarioRun:
    """Turn what came out of the engine into a run of the matrix."""
    failed = outcome.error is not None
    return ScenarioRun(
        code=matrix.codes[outcome.candidate],
        split=outcome.split,
        scores={} if failed else _named(outcome.test_scores, matrix),
        predicted=outcome.answers,
        train_scores=None
        if failed or outcome.train_scores is None
        else _named(outcome.train_scores, matrix),
        step_times=outcome.step_times,
        fit_time=outcome.fit_time,
        score_time=outcome.score_time,
        error=_last_line(outcome),
        traceback=outcome.error,
    )


def outcome_of(
    run: ScenarioRun,
    candidate: int,
    matrix: ScenarioResults,
    evaluation: Evaluation,
    *,
    scores_are_named: bool,
) -> Outcome:
    """Turn a stored run into what the engine would have brought."""
    failed = run.error is not None

    def scores(named: dict[str, float] | None) -> Any:
        if failed:
            return evaluation.error_scores()
        is_single = not scores_are_named and list(named or ()) == [matrix.metric]
        return named[matrix.metric] if named and is_single else named

    return Outcome(
        candidate=candidate,
        split=run.split,
        test_scores=scores(run.scores),
        train_scores=scores(run.train_scores) if evaluation.with_train else None,
        n_test_samples=len(matrix.rows[run.split]),
        fit_time=run.fit_time,
        score_time=run.score_time,
        step_times=run.step_times,
        error=run.traceback,
        answers=run.predicted,
    )


def columns(matrix: ScenarioResults) -> dict[str, np.ndarray]:
    """Return what ``cv_results_`` of a matrix has beside that of a grid search."""
    codes = matrix.codes
    result = {"scenario": np.array(codes)}
    for place, (lever, names) in enumerate(matrix.levers.items()):
        result[f"lever_{lever}"] = np.array([names[code[place]] for code in codes])
    summaries = {
        code: summarize_scenario(matrix, runs)
        for code, runs in complete_runs(matrix).items()
    }
    wanted = [summaries.get(code) for code in codes]
    matrices = np.empty(len(codes), dtype=object)
    matrices[:] = [s and s["confusion"] for s in wanted]
    result["confusion_matrix"] = matrices
    for place, label in enumerate(matrix.classes):
        result[f"f1_{label}"] = _numbers(s and s["f1_per_class"][place] for s in wanted)
    steps = dict.fromkeys(step for run in matrix.runs for step in run.step_times)
    for step in steps:
        result[f"mean_time_{step}"] = _numbers(
            s and s["step_times"].get(step, 0.0) for s in wanted
        )
    for language in sorted(
        {name for s in summaries.values() for name in s["languages"]}
    ):
        result[f"score_{language}"] = _numbers(
            s and s["languages"][language].get(matrix.metric, np.nan) for s in wanted
        )
    errors: dict[str, str] = {}
    for run in matrix.runs:
        if run.error is not None:
            errors.setdefault(run.code, run.error)
    result["error"] = np.array([errors.get(code) for code in codes], dtype=object)
    return result


def _numbers(values: Any) -> np.ndarray:
    return np.array(
        [np.nan if value is None else value for value in values], dtype=float
    )


def _named(scores: Any, matrix: ScenarioResults) -> dict[str, float]:
    return scores if isinstance(scores, dict) else {matrix.metric: scores}


def _last_line(outcome: Outcome) -> str | None:
    if outcome.error is None:
        return None
    return f"{outcome.failed_step}: {outcome.error.strip().splitlines()[-1]}"
