"""The commands `train` and `search`: both end with scores and a saved pipeline."""

import argparse
import json
import sys
import time
from contextlib import redirect_stdout
from typing import Any

from sklearn_nn._cli import outputs
from sklearn_nn._cli.experiment import Experiment
from sklearn_nn._cli.fitting import fit, showing_progress
from sklearn_nn._cli.parts import Parts
from sklearn_nn._cli.runs import (
    OF_A_MODEL,
    about_run,
    explained,
    file_hash,
    prepare,
    read_rows,
    score_part,
)
from sklearn_nn._cli.scores import format_scores
from sklearn_nn._cli.search import as_csv, as_text, candidates, keep_groups_together
from sklearn_nn._cli.shell import OK, SOME_FAILED, say, warnings_at_the_end
from sklearn_nn.persistence import PersistenceError, save
from sklearn_nn.scenarios._data import Rows


def train(experiment: Experiment, options: argparse.Namespace) -> int:
    """Fit the pipeline, validate it, save it."""
    prepare(experiment, options)
    rows, parts = read_rows(experiment)
    train, validation = rows.at(parts.train), rows.at(parts.validation)
    pipeline, started = experiment.pipeline, time.perf_counter()
    with (
        warnings_at_the_end(),
        showing_progress(pipeline[-1], 1, not options.quiet),
        explained("fit"),
    ):
        fit(pipeline, train.X, train.y, validation.X, validation.y)
    seconds = time.perf_counter() - started
    return _finish(experiment, rows, parts, pipeline, seconds, "train")


def run_search(experiment: Experiment, options: argparse.Namespace) -> int:
    """Run the search, write its table, save the best pipeline."""
    search = experiment.search()
    prepare(experiment, options)
    rows, parts = read_rows(experiment)
    train, started = rows.at(parts.train), time.perf_counter()
    groups = {} if train.groups is None else {"groups": train.groups}
    if groups:
        keep_groups_together(search, experiment.seed)
    with (
        warnings_at_the_end(),
        showing_progress(search, 2, not options.quiet),
        # Results alone go to the standard output.
        redirect_stdout(sys.stderr),
        explained("search"),
    ):
        search.fit(train.X, train.y, **groups)
    seconds = time.perf_counter() - started
    found, best = candidates(search), as_text(search.best_params_)
    table = {"best_params": best, "best_score": search.best_score_, "candidates": found}
    outputs.write_json(experiment.folder / outputs.CV_JSON, table)
    csv = as_csv(found).encode()
    outputs.write_whole(experiment.folder / outputs.CV_CSV, csv)
    print(f"best of {len(found)} ({search.best_score_:.4f} in cross-validation):")
    for name, value in best.items():
        print(f"  {name} = {json.dumps(value, ensure_ascii=False)}")
    print()
    fitted = search.best_estimator_
    return _finish(
        experiment, rows, parts, fitted, seconds, "search", {"best_params": best}
    )


def _finish(
    experiment: Experiment,
    rows: Rows,
    parts: Parts,
    pipeline: Any,
    seconds: float,
    command: str,
    more: dict[str, Any] | None = None,
) -> int:
    """Save the model, validate it, print and write its scores."""
    # Those of an earlier run do not belong to this model.
    for name in OF_A_MODEL:
        (experiment.folder / name).unlink(missing_ok=True)
    path = experiment.folder / outputs.MODEL
    try:
        save(pipeline, path)
        saved, objection = file_hash(path), None
    except (PersistenceError, ImportError) as error:
        saved, objection = None, error
    # After saving: what cannot predict these rows may do well on others.
    validation = rows.at(parts.validation)
    scores = score_part(experiment, pipeline, validation) if len(validation.y) else None
    metrics = {
        **about_run(experiment, rows, parts, command),
        "fit_seconds": round(seconds, 3),
        **(more or {}),
        "model_sha256": saved,
        "validation": scores,
        "history": getattr(pipeline[-1], "history_", None),
    }
    outputs.write_json(experiment.folder / outputs.METRICS, metrics)
    if scores:
        print(f"{format_scores(scores, 'validation')}\n")
    print(f"scores: {experiment.folder / outputs.METRICS}")
    if objection:
        say(f"error: {objection} Its scores are written.")
        return SOME_FAILED
    print(f"model:  {path}")
    return OK
