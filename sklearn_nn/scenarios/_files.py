"""Tables of texts read from csv, tsv, jsonl and parquet files."""

import csv
import gzip
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sklearn_nn._config import Place

Table = dict[str, list[Any]]


def read_table(path: Path, encoding: str, place: Place) -> Table:
    """Read a file of rows.

    Parameters
    ----------
    path : Path
        Its suffix says what it is: .csv, .tsv, .jsonl (each also with .gz) or .parquet.
    encoding : str
        Of the text formats.
    place : Place
        Where the path was written.

    Returns
    -------
    table : dict of str -> list
        Column -> values; what is missing is None, in csv and tsv an empty text.

    Raises
    ------
    ConfigError
        If the file is not there, of another kind, empty or damaged; names the line.
    """
    suffixes = [suffix for suffix in path.suffixes if suffix != ".gz"]
    kind = suffixes[-1].lower() if suffixes else ""
    if kind not in _READERS:
        raise place.error(
            f"{path.name} is none of {', '.join(_READERS)} (.gz after it is fine)."
        )
    if not path.is_file():
        raise place.error(f"there is no file {path}.")
    try:
        table = _READERS[kind](path, encoding)
    except UnicodeDecodeError as error:
        raise place.error(
            f"{path.name} is not {encoding} ({error.reason}, byte {error.start}). Name "
            "its encoding, such as encoding = 'latin-1'."
        ) from None
    except (ValueError, OSError, EOFError, csv.Error, LookupError) as error:
        raise place.error(f"{path.name} cannot be read: {error}.") from None
    if not table or not next(iter(table.values())):
        raise place.error(f"{path.name} has no rows.")
    return table


def _open(path: Path, encoding: str) -> Any:
    if path.suffix == ".gz":
        return io.TextIOWrapper(gzip.open(path), encoding=encoding, newline="")
    return path.open(encoding=encoding, newline="")


def _delimited(delimiter: str) -> Callable[[Path, str], Table]:
    def read(path: Path, encoding: str) -> Table:
        # Descriptions may be longer than the 128 KiB that the module allows.
        before = csv.field_size_limit(2**31 - 1)
        try:
            with _open(path, "utf-8-sig" if _is_utf8(encoding) else encoding) as file:
                rows = csv.reader(file, delimiter=delimiter, strict=True)
                return _columns(next(rows, []), rows)
        finally:
            csv.field_size_limit(before)

    return read


def _is_utf8(encoding: str) -> bool:
    return encoding.lower().replace("_", "-") in ("utf-8", "utf8")


def _columns(names: list[str], rows: Any) -> Table:
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ValueError(f"the column {min(twice)!r} is there twice")
    columns: list[list[str]] = [[] for _ in names]
    for row in rows:
        if not row:
            continue
        if len(row) != len(names):
            raise ValueError(
                f"line {rows.line_num} has {len(row)} fields, the header {len(names)}"
            )
        for column, value in zip(columns, row, strict=True):
            column.append(value)
    return dict(zip(names, columns, strict=True))


def _json_lines(path: Path, encoding: str) -> Table:
    with _open(path, encoding) as file:
        rows = list(_objects(file))
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [row.get(name) for row in rows] for name in names}


def _objects(file: Any) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise ValueError(f"line {number} is no JSON: {error}") from None
        if not isinstance(row, dict):
            raise ValueError(f"line {number} is no JSON object")
        yield row


def _parquet(path: Path, encoding: str) -> Table:
    try:
        import pyarrow.parquet
    except ImportError:
        raise OSError("parquet needs a package: pip install pyarrow") from None
    return pyarrow.parquet.read_table(path).to_pydict()


_READERS: dict[str, Callable[[Path, str], Table]] = {
    ".csv": _delimited(","),
    ".tsv": _delimited("\t"),
    ".jsonl": _json_lines,
    ".parquet": _parquet,
}
