"""The run store of a scenario matrix: one SQLite file that survives being killed."""

import io
import json
import os
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from ._matrix import differences
from ._results import ScenarioResults, ScenarioRun

APPLICATION = 0x736B6E6E
VERSION = 1
SCHEMA = """
CREATE TABLE matrix (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    description TEXT NOT NULL, classes TEXT NOT NULL, metric TEXT NOT NULL,
    about TEXT NOT NULL);
CREATE TABLE splits (
    split INTEGER PRIMARY KEY, rows BLOB NOT NULL, y BLOB NOT NULL, languages TEXT);
CREATE TABLE scenarios (
    code TEXT PRIMARY KEY, place INTEGER NOT NULL, excluded TEXT);
CREATE TABLE runs (
    code TEXT NOT NULL, split INTEGER NOT NULL, data TEXT NOT NULL,
    scores TEXT NOT NULL, train_scores TEXT, confusion_matrix TEXT, predicted BLOB,
    fit_time REAL NOT NULL, score_time REAL NOT NULL, step_times TEXT NOT NULL,
    error TEXT, traceback TEXT, versions TEXT NOT NULL, finished TEXT NOT NULL,
    PRIMARY KEY (code, split, data));
"""


class StoreError(RuntimeError):
    """A run store cannot be used: for another matrix, locked, full or damaged."""


class ScenarioStore:
    """The file in which a scenario matrix keeps its runs.

    Every finished run, failed ones too, is committed at once. A matrix that was killed
    is gone on with by fitting it again with the same store. Only the fitting process
    writes; others may read meanwhile.

    Parameters
    ----------
    path : str or path-like
        The SQLite file. It need not exist yet.

    Raises
    ------
    StoreError
        By every method: if the file is no store of ours, damaged, locked by another
        run, or the disk is full.

    See Also
    --------
    ScenarioSearchCV : Writes it.

    Examples
    --------
    >>> from sklearn_nn.model_selection import ScenarioStore
    >>> ScenarioStore("matrix.sqlite").exists()
    False
    """

    def __init__(self, path: Any):
        self.path = Path(path)

    def __repr__(self) -> str:
        return f"ScenarioStore({str(self.path)!r})"

    def exists(self) -> bool:
        """Whether anything has been stored yet."""
        return self.path.is_file() and self.path.stat().st_size > 0

    def results(self) -> ScenarioResults:
        """Return all that is stored, for comparisons and reports."""
        with self._reading() as connection:
            return _read(connection)

    def to_frame(self) -> Any:
        """Return one row for each run, with a column for each lever and each score.

        Returns
        -------
        frame : pandas.DataFrame
            Columns ``scenario``, the levers (names of the outcomes), ``split``, the
            scores, ``fit_time`` and ``score_time`` in seconds, ``error``.
        """
        import pandas as pd

        results = self.results()
        return pd.DataFrame(
            {
                "scenario": run.code,
                **{
                    lever: names[character]
                    for character, (lever, names) in zip(
                        run.code, results.levers.items(), strict=True
                    )
                },
                "split": run.split,
                **run.scores,
                "fit_time": run.fit_time,
                "score_time": run.score_time,
                "error": run.error,
            }
            for run in results.runs
        )

    @contextmanager
    def writing(self, matrix: ScenarioResults) -> Iterator["Writer"]:
        """Open the store for a matrix, alone, and refuse it if it holds another one."""
        from filelock import FileLock, Timeout

        lock = FileLock(f"{self.path}.lock", timeout=0)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            lock.acquire()
        except OSError as error:
            # A lock that cannot be made at all may look like one that is taken.
            if not isinstance(error, Timeout) or not Path(lock.lock_file).exists():
                raise StoreError(
                    f"{self.path}: cannot be written ({error}). Check the folder and "
                    "its permissions."
                ) from error
            raise StoreError(
                f"{self.path} is being written by another run. Wait for it to end, or "
                "give this one a store of its own."
            ) from None
        try:
            with explained(self.path):
                connection = sqlite3.connect(self.path, timeout=30)
            try:
                with explained(self.path):
                    writer = Writer(self.path, connection, matrix)
                yield writer
            finally:
                connection.close()
        finally:
            lock.release()

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        if not self.exists():
            raise StoreError(f"{self.path}: there is no such store.")
        with explained(self.path):
            # A store left in its write-ahead log by a kill is read through it. Where
            # there is no log, and none can be made, nobody is writing.
            uri = f"{self.path.absolute().as_uri()}?mode=ro"
            can_write = os.access(self.path.absolute().parent, os.W_OK)
            if not can_write and not Path(f"{self.path}-wal").exists():
                uri += "&immutable=1"
            connection = sqlite3.connect(uri, uri=True, timeout=30)
            try:
                check_ours(connection, self.path)
                yield connection
            finally:
                connection.close()


class Writer:
    """An open store: what is done already, and a place for what is done now."""

    def __init__(
        self, path: Path, connection: sqlite3.Connection, matrix: ScenarioResults
    ):
        self.path = path
        self.connection = connection
        self.classes = matrix.classes
        self.true = matrix.y
        self.data = matrix.about["description"]["data"]
        self.versions = json.dumps(matrix.about["versions"])
        is_new = not connection.execute("PRAGMA schema_version").fetchone()[0]
        if not is_new:
            check_ours(connection, path)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            if is_new:
                for statement in SCHEMA.split(";"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA application_id = {APPLICATION}")
                connection.execute(f"PRAGMA user_version = {VERSION}")
            else:
                refuse_another(path, _read(connection), matrix)
            _write_matrix(connection, matrix)

    def finished(self) -> list[ScenarioRun]:
        """Return the runs that are stored."""
        with explained(self.path):
            return _read(self.connection).runs

    def forget_failures(self) -> None:
        """Take the failed runs out, so that they are tried again."""
        with explained(self.path), self.connection:
            self.connection.execute("DELETE FROM runs WHERE error IS NOT NULL")

    def add(self, run: ScenarioRun) -> None:
        """Store a run; when this returns, it is on the disk."""
        matrix = None
        if run.predicted is not None:
            n = len(self.classes)
            flat = self.true[run.split].astype(np.int64) * n + run.predicted
            matrix = np.bincount(flat, minlength=n * n).reshape(n, n).tolist()
        values = (
            run.code,
            run.split,
            self.data,
            json.dumps(run.scores),
            json.dumps(run.train_scores),
            json.dumps(matrix),
            None if run.predicted is None else pack(run.predicted),
            run.fit_time,
            run.score_time,
            json.dumps(run.step_times),
            run.error,
            run.traceback,
            self.versions,
            datetime.now(UTC).isoformat(timespec="seconds"),
        )
        places = ", ".join("?" * len(values))
        with explained(self.path), self.connection:
            self.connection.execute(
                f"INSERT OR REPLACE INTO runs VALUES ({places})", values
            )


def pack(array: np.ndarray) -> bytes:
    """Compress an array of whole numbers; reading it back runs no code."""
    largest = int(array.max(initial=0))
    buffer = io.BytesIO()
    np.save(buffer, array.astype(np.min_scalar_type(largest)), allow_pickle=False)
    return zlib.compress(buffer.getvalue())


def unpack(packed: bytes) -> np.ndarray:
    """Undo :func:`pack`."""
    return np.load(io.BytesIO(zlib.decompress(packed)), allow_pickle=False).astype(int)


def check_ours(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a database that is something else, of another version, or damaged."""
    if not connection.execute("PRAGMA schema_version").fetchone()[0]:
        raise StoreError(f"{path} is empty: its run was killed before it began.")
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION:
        raise StoreError(
            f"{path} is an SQLite file, but no store of scenarios. Name another file."
        )
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version != VERSION:
        raise StoreError(
            f"{path} has format {version}; this version of sklearn_nn reads {VERSION}."
        )
    verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if verdict != "ok":
        raise sqlite3.DatabaseError(verdict)


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Say which file is at fault and what to do about it."""
    try:
        yield
    except (sqlite3.Error, UnicodeDecodeError) as error:
        said = str(error)
        if "locked" in said or "busy" in said:
            cure = "Another program holds it; close that one."
        elif "full" in said:
            cure = "Free some space, then fit again: what is stored is kept."
        elif "unable to open" in said or "readonly" in said or "read-only" in said:
            cure = "Check the folder and its permissions."
        elif "disk I/O" in said:
            cure = "Check the disk, its free space and your quota, then fit again."
        else:
            cure = "The file is damaged: restore a copy, or move it away to start anew."
        raise StoreError(f"{path}: {said}. {cure}") from error


def refuse_another(path: Path, stored: ScenarioResults, new: ScenarioResults) -> None:
    """Refuse a store whose data, splits, pipeline or levers are others."""
    if said := differences(stored, new):
        raise StoreError(
            f"{path} was written for something else. What differs: {'; '.join(said)}. "
            "Name another store, or go back to what the store was made for."
        )


def _write_matrix(connection: sqlite3.Connection, matrix: ScenarioResults) -> None:
    known = connection.execute("SELECT about FROM matrix").fetchone()
    levers, outcomes = matrix.levers, matrix.outcomes
    if known:
        before = json.loads(known[0])
        levers = {k: {**before["levers"][k], **v} for k, v in levers.items()}
        outcomes = {k: {**before["outcomes"][k], **v} for k, v in outcomes.items()}
    about = {**matrix.about, "levers": levers, "outcomes": outcomes}
    connection.execute(
        "INSERT OR REPLACE INTO matrix VALUES (1, ?, ?, ?, ?)",
        (
            json.dumps(matrix.about["description"]),
            json.dumps(matrix.classes),
            matrix.metric,
            json.dumps(about),
        ),
    )
    for split, (rows, y) in enumerate(zip(matrix.rows, matrix.y, strict=True)):
        languages = matrix.languages and json.dumps(list(matrix.languages[split]))
        connection.execute(
            "INSERT OR REPLACE INTO splits VALUES (?, ?, ?, ?)",
            (split, pack(rows), pack(y), languages),
        )
    place = connection.execute("SELECT COUNT(*) FROM scenarios").fetchone()[0]
    wanted = [*dict.fromkeys(matrix.codes), *matrix.excluded]
    for offset, code in enumerate(wanted):
        connection.execute(
            "INSERT INTO scenarios VALUES (?, ?, ?) "
            "ON CONFLICT (code) DO UPDATE SET excluded = excluded.excluded",
            (code, place + offset, matrix.excluded.get(code)),
        )


def _read(connection: sqlite3.Connection) -> ScenarioResults:
    try:
        return _decoded(connection)
    except (ValueError, TypeError, KeyError, EOFError, zlib.error) as error:
        raise sqlite3.DatabaseError(f"unreadable content ({error})") from error


def _decoded(connection: sqlite3.Connection) -> ScenarioResults:
    row = connection.execute("SELECT classes, metric, about FROM matrix").fetchone()
    about = json.loads(row[2])
    splits = connection.execute("SELECT * FROM splits ORDER BY split").fetchall()
    scenarios = connection.execute(
        "SELECT code, excluded FROM scenarios ORDER BY place"
    ).fetchall()
    runs = connection.execute(
        "SELECT code, split, scores, predicted, train_scores, step_times, fit_time, "
        "score_time, error, traceback FROM runs JOIN scenarios USING (code) "
        "WHERE excluded IS NULL ORDER BY runs.rowid"
    ).fetchall()
    has_languages = all(split[3] is not None for split in splits)
    return ScenarioResults(
        levers=about.pop("levers"),
        outcomes=about.pop("outcomes"),
        codes=[code for code, excluded in scenarios if excluded is None],
        excluded={code: reason for code, reason in scenarios if reason is not None},
        classes=json.loads(row[0]),
        rows=[unpack(split[1]) for split in splits],
        y=[unpack(split[2]) for split in splits],
        languages=[np.array(json.loads(split[3])) for split in splits]
        if has_languages
        else None,
        metric=row[1],
        runs=[
            ScenarioRun(
                code=run[0],
                split=run[1],
                scores=json.loads(run[2]),
                predicted=None if run[3] is None else unpack(run[3]),
                train_scores=json.loads(run[4]),
                step_times=json.loads(run[5]),
                fit_time=run[6],
                score_time=run[7],
                error=run[8],
                traceback=run[9],
            )
            for run in runs
        ],
        about=about,
    )
