"""What every command does: it reads rows, scores, and tells which run it was."""

import argparse
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sklearn_nn._cli import outputs
from sklearn_nn._cli.experiment import Experiment
from sklearn_nn._cli.parts import Parts
from sklearn_nn._cli.scores import score
from sklearn_nn._cli.shell import say, warnings_at_the_end
from sklearn_nn._config import ConfigError
from sklearn_nn.model_selection._description import content_hash
from sklearn_nn.persistence import versions
from sklearn_nn.scenarios._data import Rows

PROGRAM = "python -m sklearn_nn"
OF_A_MODEL = (outputs.MODEL, outputs.METRICS, outputs.TEST_METRICS)
WRITTEN = {
    "train": OF_A_MODEL,
    "find-lr": (outputs.LR_JSON, outputs.LR_PNG),
    "search": (*OF_A_MODEL, outputs.CV_JSON, outputs.CV_CSV),
    "evaluate": (outputs.TEST_METRICS,),
}


def prepare(experiment: Experiment, options: argparse.Namespace) -> None:
    """Make room for what a command writes."""
    names = WRITTEN[options.name]
    outputs.make_room(
        experiment.folder, names, force=options.force, keep=options.config
    )


def read_rows(experiment: Experiment) -> tuple[Rows, Parts]:
    """Read and split the rows, and say how many there are."""
    rows, parts = experiment.load_rows()
    sizes = [len(part) for part in (parts.train, parts.validation, parts.test)]
    labels = "numbers" if experiment.predicts_numbers else _n_classes(rows)
    say(
        f"{experiment.title}: {len(rows.y)} rows, {labels}: {sizes[0]} to train on, "
        f"{sizes[1]} to validate, {sizes[2]} to test"
    )
    return rows, parts


def _n_classes(rows: Rows) -> str:
    return f"{len(set(rows.y.tolist()))} classes"


@contextmanager
def explained(what: str) -> Iterator[None]:
    """Say what an estimator objects to without a traceback."""
    try:
        yield
    except Exception as error:
        kind = type(error).__name__
        raise ConfigError(f"{what} failed: {kind}: {error}") from error


def score_part(experiment: Experiment, pipeline: Any, rows: Rows) -> dict[str, Any]:
    """Score a fitted pipeline on some rows."""
    with warnings_at_the_end(), explained("scoring"):
        return score(
            pipeline, rows.X, rows.y, experiment.scoring, experiment.predicts_numbers
        )


def about_run(
    experiment: Experiment, rows: Rows, parts: Parts, command: str
) -> dict[str, Any]:
    """Return what tells one run from another."""
    content = experiment.path.read_bytes()
    sizes = {name: len(places) for name, places in vars(parts).items()}
    return {
        "written_by": f"{PROGRAM} {command}",
        "title": experiment.title,
        "config": experiment.path.name,
        "config_sha256": hashlib.sha256(content).hexdigest(),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": versions(),
        "seed": experiment.seed,
        "split": {**experiment.split, **{f"n_{k}": n for k, n in sizes.items()}},
        "describes_rows": experiment.describes_rows,
        "data": content_hash((rows.X, rows.y, *vars(parts).values())),
    }


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
