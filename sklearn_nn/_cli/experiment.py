"""An experiment described by one TOML file: rows, parts, a pipeline, a search."""

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any

from imblearn.pipeline import Pipeline as SamplingPipeline
from sklearn.base import BaseEstimator, is_classifier, is_regressor
from sklearn.pipeline import Pipeline

from sklearn_nn._cli.parts import Parts, check_split, make_parts
from sklearn_nn._cli.search import make_search
from sklearn_nn._config import (
    Place,
    build,
    check_keys,
    check_seed,
    set_seed,
    take,
)
from sklearn_nn._config_file import read_tables
from sklearn_nn.scenarios._data import Rows, check_data, load_rows
from sklearn_nn.scenarios._matrix import check_scoring

TABLES = ("title", "data", "split", "model", "train", "search", "find_lr", "output")
TRAIN_KEYS = ("seed", "scoring")
FIND_LR_KEYS = {"lr_min": float, "lr_max": float, "n_steps": int}
OUTPUT_KEYS = ("folder",)


@dataclass
class Experiment:
    """What a TOML file describes; see :func:`load_experiment`.

    Attributes
    ----------
    path : Path
        The file.
    title : str
        What it is about.
    pipeline : Pipeline
        Not fitted, with a seed in every step that has none.
    seed : int
        That seed.
    scoring : list of str
        Scores beside those that are always given.
    folder : Path
        Where results go.
    """

    path: Path
    title: str
    pipeline: Pipeline
    seed: int
    scoring: list[str]
    folder: Path
    _tables: dict[str, Any] = field(repr=False)
    _place: Place = field(repr=False)

    @property
    def predicts_numbers(self) -> bool:
        """Whether the last step is a regressor."""
        return is_regressor(self.pipeline)

    @property
    def describes_rows(self) -> str:
        """A hash of what decides which rows are tested on."""
        chosen = {key: self._tables[key] for key in ("data", "split")}
        text = json.dumps(chosen, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def split(self) -> dict[str, Any]:
        """The table [split], with its defaults."""
        return dict(self._tables["split"])

    def load_rows(self) -> tuple[Rows, Parts]:
        """Load the rows that [data] describes, and split them as [split] says."""
        table = self._tables["split"]
        rows = load_rows(
            self._tables["data"],
            self._place / "data",
            self.path.parent,
            official=bool(table.get("official")),
            numbers=self.predicts_numbers,
        )
        place = self._place / "split"
        return rows, make_parts(table, place, rows, self.predicts_numbers)

    def search(self) -> Any:
        """Make the search that [search] describes, around the pipeline."""
        if "search" not in self._tables:
            raise self._place.error("there is no table [search].")
        place = self._place / "search"
        return make_search(self._tables["search"], place, self.pipeline, self.seed)

    def find_lr_options(self) -> dict[str, Any]:
        """Return the table [find_lr], checked."""
        place = self._place / "find_lr"
        table = check_keys(self._tables.get("find_lr", {}), FIND_LR_KEYS, place)
        for key, kind in FIND_LR_KEYS.items():
            take(table, key, kind, place)
        return table


def load_experiment(
    path: str | PathLike, *, allow: Collection[str] = (), output: Path | None = None
) -> Experiment:
    """Read an experiment from a TOML file, checking it.

    Parameters
    ----------
    path : str or path-like
        The file; the user guide tells what may be in it.
    allow : collection of str, default=()
        Further packages whose classes the file may name, and what else the user guide
        says of it.
    output : Path or None, default=None
        Where results go, before what the file says.

    Returns
    -------
    experiment : Experiment
        No row has been read yet.

    Raises
    ------
    ConfigError
        A ValueError that names the file, the table, the key and the cure.
    """
    path = Path(path)
    tables, place = read_tables(
        path,
        TABLES,
        needed=("data", "model"),
        optional=("split", "train", "output"),
        allow=allow,
    )
    check_data(tables["data"], place / "data")
    tables["split"] = check_split(tables["split"], place / "split")
    train = check_keys(tables["train"], TRAIN_KEYS, place / "train")
    check_seed(train, place / "train")
    seed = train.get("seed", 0)
    check_keys(tables["output"], OUTPUT_KEYS, place / "output")
    folder = take(
        tables["output"], "folder", str, place / "output", f"{path.stem}_results"
    )
    experiment = Experiment(
        path=path,
        title=take(tables, "title", str, place, path.stem),
        pipeline=_make_pipeline(tables["model"], place / "model", seed),
        seed=seed,
        scoring=check_scoring(train, place / "train"),
        folder=output or path.parent / Path(folder).expanduser(),
        _tables=tables,
        _place=place,
    )
    experiment.find_lr_options()
    if "search" in tables:
        experiment.search()
    return experiment


def _make_pipeline(table: Any, place: Place, seed: int) -> Pipeline:
    if not isinstance(table, dict) or not table:
        raise place.error(
            "expected steps in their order: [model.NAME] with class = 'package.Class' "
            "and parameters, one after the other."
        )
    steps = [(name, _step(name, spec, place / name)) for name, spec in table.items()]
    name, last = steps[-1]
    if last == "passthrough" or not (is_classifier(last) or is_regressor(last)):
        raise (place / name).error(
            "the last step has to be a classifier or a regressor."
        )
    for name, step in steps[:-1]:
        if step != "passthrough" and not (
            hasattr(step, "transform") or hasattr(step, "fit_resample")
        ):
            raise (place / name).error(
                f"{type(step).__name__} is no transformer and no sampler; only the "
                "last step predicts."
            )
    samples = any(hasattr(step, "fit_resample") for _, step in steps)
    return set_seed((SamplingPipeline if samples else Pipeline)(steps), seed)


def _step(name: str, spec: Any, place: Place) -> Any:
    if "__" in name:
        raise place.error("a name of a step has no '__' in it.")
    if spec == "passthrough":
        return spec
    step = build(spec, place)
    if not isinstance(step, BaseEstimator):
        raise place.error(
            "expected a table with class = 'package.Class', or 'passthrough', found "
            f"{spec!r}."
        )
    return step
