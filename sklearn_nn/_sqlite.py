"""A SQLite file of our own that several processes share."""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import ClassVar, Self


class SqliteFile:
    """A file with one schema, opened by ``with``; kills leave it whole.

    Nothing in it is code. A subclass gives the three constants.

    Parameters
    ----------
    path : str or path-like or None
        The file, made if missing; ``None`` keeps all in memory.
    """

    application: ClassVar[int]
    """Tells files of this kind from others."""
    schema: ClassVar[str]
    """Statements that make the tables, divided by semicolons."""
    kind: ClassVar[str]
    """What messages call it."""
    version: ClassVar[int] = 1
    busy_timeout: ClassVar[float] = 30.0
    """Seconds to wait for another process that writes."""

    def __init__(self, path: str | os.PathLike | None):
        self.path = None if path is None else os.path.abspath(os.path.expanduser(path))
        self._lock = threading.RLock()

    def __enter__(self) -> Self:
        with self._explained():
            self._connection = sqlite3.connect(
                ":memory:" if self.path is None else self.path,
                timeout=self.busy_timeout,
                isolation_level=None,
                check_same_thread=False,
            )
            try:
                self._prepare()
            except BaseException:
                self._connection.close()
                raise
        return self

    def __exit__(self, *exception: object) -> None:
        with self._lock:
            self._connection.close()

    def _prepare(self) -> None:
        with self._transaction() as connection:
            marks = [
                connection.execute(f"PRAGMA {name}").fetchone()[0]
                for name in ("application_id", "user_version")
            ]
            if marks != [self.application, self.version]:
                tables = connection.execute("SELECT count(*) FROM sqlite_master")
                if tables.fetchone()[0]:
                    raise ValueError(
                        f"cache={self.path!r} is a database of another program or of "
                        "another version of sklearn_nn; it is left as it is. Name "
                        "another file."
                    )
                connection.execute(f"PRAGMA application_id = {self.application}")
                connection.execute(f"PRAGMA user_version = {self.version}")
                for statement in self.schema.split(";"):
                    connection.execute(statement)
        # The write-ahead log is faster, not safer. Two that switch to it at once would
        # wait for each other in vain: one gives way, and any later one will do it.
        self._connection.execute("PRAGMA busy_timeout = 0")
        with suppress(sqlite3.OperationalError):
            self._connection.execute("PRAGMA journal_mode = WAL")
        wait = round(self.busy_timeout * 1000)
        self._connection.execute(f"PRAGMA busy_timeout = {wait}")
        self._connection.execute("PRAGMA synchronous = NORMAL")

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._explained():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                # SQLite has rolled back by itself after an error such as a full disk.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn an error of SQLite into one that names the file and the cure."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            raise self._unusable(str(error)) from error

    def _unusable(self, reason: str) -> RuntimeError:
        cures = {
            "locked": "Another program holds it: close that one and run again.",
            "unable to open": "Name a file in a folder that exists, with cache=.",
            "readonly": "Make the file and its folder writable.",
            "full": "Make room on the disk and run again.",
        }
        default = (
            "The file is damaged or no cache: delete it, or restore a copy, "
            "or name another with cache=."
        )
        cure = next((cures[word] for word in cures if word in reason), default)
        return RuntimeError(
            f"The {self.kind} {self.path!r} cannot be used: {reason}. {cure}"
        )
