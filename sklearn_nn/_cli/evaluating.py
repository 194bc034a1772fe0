"""The command `evaluate`: a saved pipeline on the test rows, which it never saw."""

import argparse
import json
import shlex
from pathlib import Path
from typing import Any

from sklearn_nn._cli import outputs
from sklearn_nn._cli.experiment import Experiment
from sklearn_nn._cli.runs import (
    PROGRAM,
    about_run,
    file_hash,
    prepare,
    read_rows,
    score_part,
)
from sklearn_nn._cli.scores import format_scores
from sklearn_nn._cli.shell import OK, warnings_at_the_end
from sklearn_nn._config import ConfigError
from sklearn_nn.persistence import load


def evaluate(experiment: Experiment, options: argparse.Namespace) -> int:
    """Score the saved pipeline on the test rows."""
    folder = experiment.folder
    if not (folder / outputs.MODEL).exists():
        raise FileNotFoundError(
            f"there is no {folder / outputs.MODEL}. Train one first: {PROGRAM} train "
            f"{shlex.quote(str(options.config))}"
        )
    trained = _read_metrics(folder / outputs.METRICS)
    prepare(experiment, options)
    if trained.get("model_sha256") != file_hash(folder / outputs.MODEL):
        raise ConfigError(
            f"{folder / outputs.METRICS} tells of another model. Train again."
        )
    if trained.get("describes_rows") != experiment.describes_rows:
        raise ConfigError(
            f"{experiment.path.name}: [data] or [split] is not what the model in "
            f"{folder} was trained with: rows it has seen may be among the test rows. "
            "Train again, or restore the file."
        )
    with warnings_at_the_end():
        pipeline = load(folder / outputs.MODEL, allow=tuple(options.allow))
    rows, parts = read_rows(experiment)
    about = about_run(experiment, rows, parts, "evaluate")
    if about["data"] != trained.get("data"):
        raise ConfigError(
            f"{experiment.path.name}: the data have changed since the model in "
            f"{folder} was trained. Train again."
        )
    scores = score_part(experiment, pipeline, rows.at(parts.test))
    path = folder / outputs.TEST_METRICS
    outputs.write_json(path, {**about, "test": scores})
    print(f"{format_scores(scores, 'test')}\n\nscores: {path}")
    return OK


def _read_metrics(path: Path) -> dict[str, Any]:
    try:
        metrics = json.loads(path.read_text(encoding="utf-8"))
        return metrics if isinstance(metrics, dict) else {}
    except FileNotFoundError:
        raise ConfigError(f"there is no {path}. Train again.") from None
    except ValueError:
        raise ConfigError(f"{path} is damaged. Train again.") from None
