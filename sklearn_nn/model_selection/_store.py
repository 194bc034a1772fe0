"""The run store of a scenario matrix: one SQLite file that survives being killed."""

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from ._matrix import differences
from ._results import ScenarioResults, ScenarioRun
from ._store_tables import SCHEMA, pack, read_matrix, write_matrix

APPLICATION = 0x736B6E6E
VERSION = 1
RUNS_BETWEEN_CHECKPOINTS = 20


class StoreError(RuntimeError):
    """A run store cannot be used: for another matrix, locked, full or damaged.

    Examples
    --------
    >>> from sklearn_nn.model_selection import ScenarioStore, StoreError
    >>> try:
    ...     ScenarioStore("missing.sqlite").results()
    ... except StoreError as error:
    ...     print(error)
    missing.sqlite: there is no such store.
    """


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
    ValueError
        If `path` is empty or holds a NUL byte.

    See Also
    --------
    ScenarioSearchCV : Writes it.

    Examples
    --------
    >>> import tempfile
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from sklearn.pipeline import Pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklearn_nn.model_selection import ScenarioSearchCV, ScenarioStore
    >>> X, y = load_wine(return_X_y=True)
    >>> steps = [("scale", "passthrough"), ("model", KNeighborsClassifier())]
    >>> levers = {"scale": {"off": "passthrough", "on": StandardScaler()}}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = ScenarioStore(f"{folder}/matrix.sqlite")
    ...     search = ScenarioSearchCV(Pipeline(steps), levers, cv=3, store=store)
    ...     _ = search.fit(X, y)
    ...     frame = store.to_frame()  # a row for each run
    >>> frame.groupby("scale")["accuracy"].mean().round(1).to_dict()
    {'off': 0.7, 'on': 0.9}
    """

    def __init__(self, path: Any):
        if not os.fspath(path) or "\0" in str(path):
            raise ValueError(
                f"The store's path is {path!r}, which names no file: give store= a "
                "path such as 'matrix.sqlite', or None to keep the runs in memory."
            )
        self.path = Path(path)

    def __repr__(self) -> str:
        return f"ScenarioStore({str(self.path)!r})"

    def exists(self) -> bool:
        """Tell whether anything has been stored yet.

        Returns
        -------
        bool
            False as long as the file is missing or empty.
        """
        return self.path.is_file() and self.path.stat().st_size > 0

    def results(self) -> ScenarioResults:
        """Return all that is stored, for comparisons and reports.

        Returns
        -------
        results : ScenarioResults
            The matrix, with the runs that have finished.
        """
        with self._reading() as connection:
            return read_matrix(connection)

    def to_frame(self) -> Any:
        """Return one row for each run, with a column for each lever and each score.

        Returns
        -------
        frame : pandas.DataFrame
            Columns ``scenario``, the levers (names of the outcomes), ``split``, the
            scores, ``fit_time`` and ``score_time`` in seconds, ``error``. A lever with
            the name of another column has ``lever_`` before its name.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        import pandas as pd

        results = self.results()
        levers = _lever_columns(results)
        return pd.DataFrame(
            {
                "scenario": run.code,
                **{
                    lever: names[character]
                    for character, (lever, names) in zip(
                        run.code, levers.items(), strict=True
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
        """Open the store for a matrix, alone, and refuse it if it holds another one.

        Parameters
        ----------
        matrix : ScenarioResults
            The matrix whose runs are to be written; it needs none yet.

        Yields
        ------
        writer : Writer
            Commits runs to the file until the block ends.

        Raises
        ------
        StoreError
            If the store holds another matrix, is locked, full or damaged, or cannot be
            written.
        """
        from filelock import FileLock, Timeout

        # The lock stays behind: removing it could let two others in at once.
        lock = FileLock(f"{os.path.realpath(self.path)}.lock", timeout=0)
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
                try:
                    yield writer
                finally:
                    _empty_log(connection)
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
            if not can_write and not os.path.exists(
                f"{os.path.realpath(self.path)}-wal"
            ):
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
        self.codes = matrix.codes
        self.classes = matrix.classes
        self.true = matrix.y
        self.data = matrix.about["description"]["data"]
        self.versions = json.dumps(matrix.about["versions"])
        is_new = not connection.execute("PRAGMA schema_version").fetchone()[0]
        if not is_new:
            check_ours(connection, path)
            refuse_another(path, read_matrix(connection), matrix)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            if is_new:
                for statement in SCHEMA.split(";"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA application_id = {APPLICATION}")
                connection.execute(f"PRAGMA user_version = {VERSION}")
            write_matrix(connection, matrix)
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        self.n_added = 0
        self.real_path = os.path.realpath(path)
        self.inode = _inode(self.real_path)

    def finished(self) -> list[ScenarioRun]:
        """Return the runs that are stored."""
        with explained(self.path):
            return read_matrix(self.connection).runs

    def forget_failures(self) -> None:
        """Take the failed runs of this matrix out, so that they are tried again."""
        with explained(self.path), self.connection:
            self.connection.executemany(
                "DELETE FROM runs WHERE error IS NOT NULL AND code = ?",
                [(code,) for code in self.codes],
            )

    def add(self, run: ScenarioRun) -> None:
        """Store a run; when this returns, it is on the disk."""
        if _inode(self.real_path) != self.inode:
            raise StoreError(
                f"{self.path} was moved, deleted or replaced while its runs were being "
                "written. Put it back, then fit again: what it holds is kept."
            )
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
        self.n_added += 1
        if self.n_added % RUNS_BETWEEN_CHECKPOINTS == 0:
            # So that a copy of the file alone, without its log, lacks only the last.
            with explained(self.path):
                self.connection.execute("PRAGMA wal_checkpoint(PASSIVE)")


def _inode(path: str) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _empty_log(connection: sqlite3.Connection) -> None:
    """Bring all into the one file and remove the log, unless somebody reads it."""
    with suppress(sqlite3.Error):
        connection.execute("PRAGMA busy_timeout = 200")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA journal_mode = DELETE")


def _lever_columns(results: ScenarioResults) -> dict[str, dict[str, str]]:
    """Return the levers under names that no other column has."""
    taken = {"scenario", "split", "fit_time", "score_time", "error"}
    taken |= {score for run in results.runs for score in run.scores}
    renamed = {}
    for lever, names in results.levers.items():
        column = lever
        while column in taken or (column != lever and column in results.levers):
            column = f"lever_{column}"
        renamed[column] = names
    return renamed


def check_ours(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a database that is something else, of another version, or damaged."""
    if not connection.execute("PRAGMA schema_version").fetchone()[0]:
        raise StoreError(
            f"{path} is empty: its run was killed before it began, or it was copied "
            f"without {path.name}-wal, which lay beside it."
        )
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
        if "not a database" in said and not _looks_like_sqlite(path):
            raise StoreError(
                f"{path} is no SQLite file. Name another file; if it was a store once, "
                "restore a copy."
            ) from error
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


def _looks_like_sqlite(path: Path) -> bool:
    with open(path, "rb") as file:
        return file.read(16) == b"SQLite format 3\0"


def refuse_another(path: Path, stored: ScenarioResults, new: ScenarioResults) -> None:
    """Refuse a store whose data, splits, pipeline or levers are others."""
    if said := differences(stored, new):
        raise StoreError(
            f"{path} was written for something else. What differs: {'; '.join(said)}. "
            "Name another store, or go back to what the store was made for."
        )
