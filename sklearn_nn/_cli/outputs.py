"""The folder of results: nothing in it is written over unasked."""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sklearn_nn._persistence.archive import write_whole

MODEL, METRICS, TEST_METRICS = "model.sknn", "metrics.json", "test_metrics.json"
CV_JSON, CV_CSV = "cv_results.json", "cv_results.csv"
LR_JSON, LR_PNG = "learning_rate.json", "learning_rate.png"


def make_room(folder: Path, names: Sequence[str], *, force: bool, keep: Path) -> None:
    """Make the folder, before hours of work want to be written there.

    Parameters
    ----------
    folder : Path
        The folder.
    names : sequence of str
        What will be written in it.
    force : bool
        Whether earlier results may be replaced.
    keep : Path
        What may not be replaced in any case: the configuration.

    Raises
    ------
    FileExistsError
        If there are earlier results.
    NotADirectoryError
        If the folder is a file.
    """
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(f"{folder} is a file: name a folder for the results.")
    for name in names:
        path = folder / name
        if path.exists() and (path.is_dir() or path.samefile(keep)):
            raise FileExistsError(f"{path} is in the way: name another folder.")
        if path.exists() and not force:
            raise FileExistsError(
                f"{path} holds earlier results. Replace them with --force, or name "
                "another folder with --output."
            )
    folder.mkdir(parents=True, exist_ok=True)


def write_json(path: Path, content: Any) -> None:
    """Write JSON, whole or not at all; NaN and infinity, which it lacks, are null."""
    text = json.dumps(_plain(content), indent=1, ensure_ascii=False, allow_nan=False)
    write_whole(path, f"{text}\n".encode())


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, str | int | None) else str(value)
