"""The rows of a scenario matrix: a data set or a file, as the table [data] says."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from sklearn_nn._config import Place, check_keys, check_seed, find_public, nearest, take
from sklearn_nn._texts import _is_missing
from sklearn_nn.datasets import get_data_home
from sklearn_nn.scenarios._compatibility import Kind
from sklearn_nn.scenarios._files import read_table
from sklearn_nn.scenarios._sib200 import load_sib200

_SETS = ("sklearn_nn.datasets", "sklearn.datasets")
_COMMON = ("text", "languages", "groups", "max_rows", "seed")
KEYS = {
    "load": ("load", "parameters", *_COMMON),
    "path": ("path", "encoding", "label", *_COMMON),
}


@dataclass(frozen=True)
class Rows:
    """Labelled rows.

    Attributes
    ----------
    X : ndarray
        One text a row (1-D), columns of texts, or numbers (2-D).
    y : ndarray of shape (n_samples,)
        Labels.
    languages, groups : ndarray of shape (n_samples,) or None
        For scores by language; for splits that keep groups together.
    is_test : ndarray of bool of shape (n_samples,) or None
        The published split, where there is one.
    """

    X: np.ndarray
    y: np.ndarray
    languages: np.ndarray | None = None
    groups: np.ndarray | None = None
    is_test: np.ndarray | None = None

    @property
    def kind(self) -> Kind:
        """What the first step of a pipeline gets."""
        if self.X.dtype.kind != "O":
            return "vectors"
        return "texts" if self.X.ndim == 1 else "columns"

    def at(self, places: np.ndarray) -> "Rows":
        """Return some of the rows."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        return replace(
            self, **{k: v[places] for k, v in given.items() if v is not None}
        )


def check_data(table: Any, place: Place) -> dict[str, Any]:
    """Check [data] as far as it goes without reading the rows."""
    ways = [way for way in KEYS if isinstance(table, dict) and way in table]
    if len(ways) != 1:
        raise place.error(
            "give either load = 'sklearn_nn.datasets.make_product_listings' (or "
            "another data set) or path = 'file.csv'."
        )
    check_keys(table, KEYS[ways[0]], place)
    for key in (*ways, "encoding", "languages", "groups"):
        take(table, key, str, place)
    if ways == ["path"]:
        if "label" not in table or "text" not in table:
            missing = "label" if "label" not in table else "text"
            raise place.error(f"name the column(s): {missing} = '...'.")
        take(table, "label", str, place)
    if table.get("text") == []:
        raise (place / "text").error("the list is empty. Name a column, or leave it.")
    for column in _text_columns(table, place):
        if not isinstance(column, str):
            raise (place / "text").error(f"{column!r} is no name of a column.")
    max_rows = take(table, "max_rows", int, place)
    if max_rows is not None and max_rows < 2:
        raise (place / "max_rows").error("give at least 2.")
    check_seed(table, place)
    if "load" in table:
        _find_loader(table, place)
    return table


def load_rows(
    table: dict[str, Any],
    place: Place,
    folder: Path,
    *,
    official: bool,
    numbers: bool = False,
) -> Rows:
    """Load the rows that a checked table [data] describes.

    Parameters
    ----------
    table : dict
        The table.
    place : Place
        Where it was written.
    folder : Path
        What a path in it is relative to.
    official : bool
        Whether the published split is wanted.
    numbers : bool, default=False
        Whether the labels are numbers to be predicted, not classes.

    Returns
    -------
    rows : Rows
        All have a label.
    """
    load = _from_set if "load" in table else _from_file
    rows = load(table, place, folder, official)
    if numbers:
        rows = replace(rows, y=_as_numbers(rows.y, place))
    else:
        _check_classes(rows.y, place)
    if table.get("languages") == "auto":
        rows = replace(rows, languages=_detect(rows, place))
    max_rows = table.get("max_rows")
    if max_rows is not None and max_rows < len(rows.y):
        rows = rows.at(_sample(rows, max_rows, table.get("seed", 0)))
    return rows


def _text_columns(table: dict[str, Any], place: Place) -> list[Any]:
    given = take(table, "text", str | list, place, [])
    return [given] if isinstance(given, str) else given


def _find_loader(table: dict[str, Any], place: Place) -> Callable[..., Any]:
    name, parameters = table["load"], take(table, "parameters", dict, place, {})
    if name == "sib200":
        loader: Callable[..., Any] = load_sib200
    else:
        loader = find_public(name, place / "load", _SETS)
    known = inspect.signature(loader).parameters if callable(loader) else {}
    is_set = name == "sib200" or name.split(".")[-1].startswith("make_")
    if inspect.isclass(loader) or not (is_set or "return_X_y" in known):
        raise (place / "load").error(f"{name} loads no data set.")
    # What scikit-learn keeps in a data home it unpickles: that folder is named by the
    # user, not by the file. Nor does a file choose what pandas does when it reads one.
    set_by_us = {"return_X_y", "as_frame", "data_home", "read_csv_kwargs"}
    check_keys(parameters, set(known) - set_by_us, place / "parameters")
    return loader


def _from_set(
    table: dict[str, Any], place: Place, folder: Path, official: bool
) -> Rows:
    loader = _find_loader(table, place)
    known = inspect.signature(loader).parameters
    options = dict(table.get("parameters", {}))
    if table["load"].startswith("sklearn.") and "data_home" in known:
        options["data_home"] = _home_of(table["load"])
    if table["load"].endswith("make_product_listings"):
        options.setdefault("images", False)
    if official and "subset" not in known:
        raise (place / "load").error(
            f"{table['load']} has no published split. Give cv or test_size in [split]."
        )
    if official and "subset" in options:
        raise (place / "parameters" / "subset").error(
            "the published split takes all parts: leave subset out, or official in "
            "[split]."
        )
    subsets = [{}] if not official else [{"subset": "train"}, {"subset": "test"}]
    try:
        parts = [loader(**options, **subset) for subset in subsets]
    except (ValueError, TypeError, OSError) as error:
        raise (place / "load").error(f"{table['load']} failed: {error}") from None
    rows = [_of_bunch(part, table, place) for part in parts]
    if not official:
        return rows[0]
    sizes = [len(part.y) for part in rows]

    def joined(name: str) -> Any:
        values = [getattr(part, name) for part in rows]
        return None if values[0] is None else np.concatenate(values)

    return Rows(
        joined("X"),
        joined("y"),
        joined("languages"),
        joined("groups"),
        np.repeat([False, True], sizes),
    )


def _home_of(name: str) -> str:
    """Return where a data set of scikit-learn is kept beside our own."""
    return str(Path(get_data_home(), name.rpartition(".")[2].removeprefix("fetch_")))


def _of_bunch(made: Any, table: dict[str, Any], place: Place) -> Rows:
    data, target = made if isinstance(made, tuple) else (made.data, made.target)
    X = data if isinstance(data, np.ndarray) else np.array(data, dtype=object)
    names = list(made.get("feature_names", [])) if hasattr(made, "get") else []
    wanted = _text_columns(table, place)
    unknown = [name for name in wanted if name not in names]
    if unknown:
        raise (place / "text").error(
            f"no column {unknown[0]!r}. {nearest(unknown[0], names)}"
        )
    if wanted and X.ndim == 2:
        X = X[:, [names.index(name) for name in wanted]]
        X = X[:, 0] if len(wanted) == 1 else X
    y = np.asarray(target)
    labels = made.get("target_names") if hasattr(made, "get") else None
    if labels is not None and y.dtype.kind in "iu":
        y = np.asarray(labels)[y]
    return _checked(
        X,
        y,
        *(
            _field(made, table.get(key), place / key, len(y))
            for key in ("languages", "groups")
        ),
        place=place,
    )


def _field(made: Any, name: str | None, place: Place, n_rows: int) -> Any:
    if name in (None, "auto", "none"):
        return None
    fields_ = made if hasattr(made, "get") else {}
    values = fields_.get(name)
    if values is None or np.shape(values) != (n_rows,):
        fitting = [k for k, v in fields_.items() if np.shape(v) == (n_rows,)]
        raise place.error(
            f"the data set has no {name!r} for each row. {nearest(str(name), fitting)}"
        )
    return np.asarray(values)


def data_path(table: dict[str, Any], folder: Path) -> Path:
    """Return the file that a table [data] with ``path`` reads."""
    return folder / table["path"].replace("{data_home}", get_data_home())


def _from_file(
    table: dict[str, Any], place: Place, folder: Path, official: bool
) -> Rows:
    if official:
        raise place.error("a file has no published split. Give cv or test_size.")
    path = data_path(table, folder)
    columns = read_table(path, table.get("encoding", "utf-8"), place / "path")

    def column(name: str, key: str) -> np.ndarray:
        if name not in columns:
            raise (place / key).error(f"no column {name!r}. {nearest(name, columns)}")
        values = np.empty(len(columns[name]), dtype=object)
        values[:] = columns[name]
        return values

    texts = [column(name, "text") for name in _text_columns(table, place)]
    X = texts[0] if len(texts) == 1 else np.stack(texts, axis=1)
    extra = [
        None if table.get(key) in (None, "auto", "none") else column(table[key], key)
        for key in ("languages", "groups")
    ]
    return _checked(X, column(table["label"], "label"), *extra, place=place)


def _checked(X: Any, y: Any, languages: Any, groups: Any, *, place: Place) -> Rows:
    """Check that each row has a text and a label, and a language if any has one."""
    parts = {"label": y, "languages": languages, "groups": groups}
    if X.dtype.kind == "O" and X.ndim == 1:
        parts["text"] = X
    for key, values in parts.items():
        if values is None or values.dtype.kind not in "OUfS":
            continue
        for row, value in enumerate(values.tolist()):
            empty = key != "text" and isinstance(value, str) and not value.strip()
            if _is_missing(value) or empty:
                cure = "Fill it in or leave the row out"
                raise (place / key).error(f"row {row} (from 0) has none. {cure}.")
            if key == "text" and not isinstance(value, str):
                raise (place / key).error(f"row {row} (from 0) is no text: {value!r}.")
    if y.dtype.kind == "O":
        kinds = {type(value).__name__ for value in y.tolist()}
        if len(kinds) > 1:
            raise (place / "label").error(
                f"labels are of several types, {sorted(kinds)}. Use one."
            )
        y = np.array(y.tolist())
    languages = None if languages is None else languages.astype(str)
    return Rows(X, y, languages, groups)


def _as_numbers(y: np.ndarray, place: Place) -> np.ndarray:
    try:
        return y.astype(np.float64)
    except ValueError as error:
        raise (place / "label").error(
            f"the last step predicts numbers, but a label is none: {error}."
        ) from None


def _check_classes(y: np.ndarray, place: Place) -> None:
    if y.ndim != 1:
        raise (place / "label").error(
            "y holds no classes: one label a row is needed, not several."
        )
    if y.dtype.kind != "f":
        return
    n_values = len(np.unique(y))
    # Whole numbers may be classes, but not when there are as good as no two alike.
    if (y != np.floor(y)).any() or n_values > max(20, len(y) / 10):
        raise (place / "label").error(
            f"y holds no classes, but {n_values} different numbers. A classifier needs "
            "classes; cut the numbers into some first."
        )


def _detect(rows: Rows, place: Place) -> np.ndarray:
    from sklearn_nn.preprocessing import TextMerger, detect_language

    if rows.kind == "vectors":
        raise (place / "languages").error("rows of numbers have no language.")
    texts = TextMerger().fit_transform(rows.X) if rows.X.ndim == 2 else rows.X
    try:
        return detect_language(texts)
    except ImportError as error:
        raise (place / "languages").error(str(error)) from None


def _sample(rows: Rows, n_rows: int, seed: int) -> np.ndarray:
    """Choose rows, every class and part with its share, and at least one row each."""
    is_numbers = rows.y.dtype.kind == "f"
    strata = ["" if is_numbers else str(label) for label in rows.y.tolist()]
    if rows.is_test is not None:
        strata = [f"{t} {s}" for t, s in zip(rows.is_test, strata, strict=True)]
    _, stratum, sizes = np.unique(strata, return_inverse=True, return_counts=True)
    shares = sizes * n_rows / len(stratum)
    counts = np.maximum(np.floor(shares).astype(int), 1)
    left = n_rows - counts.sum()
    if left > 0:
        counts[np.argsort(counts - shares, kind="stable")[:left]] += 1
    rng = np.random.RandomState(seed)
    chosen = [
        rng.choice(np.flatnonzero(stratum == number), count, replace=False)
        for number, count in enumerate(counts)
    ]
    return np.sort(np.concatenate(chosen))
