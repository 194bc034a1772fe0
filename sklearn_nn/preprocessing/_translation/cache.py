"""Translations on disk, shared by runs, processes and threads."""

import hashlib
import os
import sqlite3
import threading
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

from .chunks import Key

LEASE = 5.0
RENEWAL = 1.0
BUSY_TIMEOUT = 30.0
_APPLICATION = 0x736B6E74
_VERSION = 1
_SCHEMA = """
CREATE TABLE translations (
    service TEXT, source TEXT, target TEXT, sha256 BLOB, translation TEXT NOT NULL,
    PRIMARY KEY (service, source, target, sha256)) WITHOUT ROWID;
CREATE TABLE claims (
    service TEXT, source TEXT, target TEXT, sha256 BLOB,
    owner TEXT NOT NULL, until REAL NOT NULL,
    PRIMARY KEY (service, source, target, sha256)) WITHOUT ROWID;
"""
_WHERE = "service = ? AND source = ? AND target = ? AND sha256 = ?"


class TranslationCache:
    """A SQLite file of translations by one service into one language.

    Whoever is about to ask for a text claims it first, so that others wait for the
    answer instead of asking too. A claim runs out some seconds after its owner died.
    A text itself is not stored, only its SHA-256, and nothing in the file is code.

    Parameters
    ----------
    path : str or path-like or None
        The file, made if missing; ``None`` keeps the translations in memory.
    service : str
        The name of the service.
    target : str
        The language that it translates into.
    """

    def __init__(self, path: str | os.PathLike | None, service: str, target: str):
        self.path = None if path is None else os.path.abspath(os.path.expanduser(path))
        self._service = service
        self._target = target
        self._owner = uuid.uuid4().hex
        self._lock = threading.RLock()
        self._closed = threading.Event()
        self._claimed: set[Key] = set()

    def __enter__(self) -> "TranslationCache":
        with self._explained():
            self._connection = sqlite3.connect(
                ":memory:" if self.path is None else self.path,
                timeout=BUSY_TIMEOUT,
                isolation_level=None,
                check_same_thread=False,
            )
            try:
                self._prepare()
            except BaseException:
                self._connection.close()
                raise
        if self.path is not None:
            threading.Thread(target=self._keep_claims, daemon=True).start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._closed.set()
        try:
            if self._claimed:
                with self._transaction() as connection:
                    connection.execute(
                        "DELETE FROM claims WHERE owner = ?", (self._owner,)
                    )
        finally:
            with self._lock:
                self._connection.close()

    def get(self, keys: Iterable[Key]) -> dict[Key, str]:
        """Return the translations at hand."""
        with self._transaction():
            return self._get(keys)

    def claim(self, keys: Iterable[Key]) -> tuple[dict[Key, str], list[Key]]:
        """Take texts in charge.

        Parameters
        ----------
        keys : iterable of Key
            The texts that are wanted.

        Returns
        -------
        known : dict of Key to str
            Those whose translation has come in meanwhile.
        claimed : list of Key
            Those that nobody else is asking for. The others are being asked for.
        """
        now = time.time()
        keys = list(keys)
        with self._transaction() as connection:
            known = self._get(keys)
            claimed = []
            for key in keys:
                if key in known:
                    continue
                columns = self._columns(key)
                taken = connection.execute(
                    "INSERT INTO claims VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO "
                    "UPDATE SET owner = excluded.owner, until = excluded.until "
                    "WHERE until < ?",
                    (*columns, self._owner, now + LEASE, now),
                )
                if taken.rowcount:
                    claimed.append(key)
        self._claimed.update(claimed)
        return known, claimed

    def put(self, translations: dict[Key, str]) -> None:
        """Store translations, all or none, and give back their claims."""
        with self._transaction() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO translations VALUES (?, ?, ?, ?, ?)",
                [(*self._columns(key), text) for key, text in translations.items()],
            )
            self._release(list(translations))

    def release(self, keys: list[Key]) -> None:
        """Give back the claims on texts that could not be translated."""
        with self._transaction():
            self._release(keys)

    def _prepare(self) -> None:
        with self._transaction() as connection:
            marks = [
                connection.execute(f"PRAGMA {name}").fetchone()[0]
                for name in ("application_id", "user_version")
            ]
            if marks != [_APPLICATION, _VERSION]:
                if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[
                    0
                ]:
                    raise ValueError(
                        f"cache={self.path!r} is a database of another program or of "
                        "another version of sklearn_nn; it is left as it is. Name "
                        "another file."
                    )
                connection.execute(f"PRAGMA application_id = {_APPLICATION}")
                connection.execute(f"PRAGMA user_version = {_VERSION}")
                for statement in _SCHEMA.split(";"):
                    connection.execute(statement)
        # The write-ahead log is faster, not safer. Two that switch to it at once would
        # wait for each other in vain: one gives way, and any later one will do it.
        self._connection.execute("PRAGMA busy_timeout = 0")
        with suppress(sqlite3.OperationalError):
            self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT * 1000:.0f}")
        self._connection.execute("PRAGMA synchronous = NORMAL")

    def _columns(self, key: Key) -> tuple[str, str, str, bytes]:
        digest = hashlib.sha256(key.text.encode("utf-8", "surrogatepass")).digest()
        return self._service, key.source, self._target, digest

    def _get(self, keys: Iterable[Key]) -> dict[Key, str]:
        query = f"SELECT translation FROM translations WHERE {_WHERE}"
        found = {}
        for key in keys:
            row = self._connection.execute(query, self._columns(key)).fetchone()
            if row is not None:
                found[key] = row[0]
        return found

    def _release(self, keys: list[Key]) -> None:
        self._connection.executemany(
            f"DELETE FROM claims WHERE {_WHERE} AND owner = ?",
            [(*self._columns(key), self._owner) for key in keys],
        )
        self._claimed.difference_update(keys)

    def _keep_claims(self) -> None:
        while not self._closed.wait(RENEWAL):
            if not self._claimed:
                continue
            try:
                with self._lock:
                    self._connection.execute(
                        "UPDATE claims SET until = ? WHERE owner = ?",
                        (time.time() + LEASE, self._owner),
                    )
            except sqlite3.Error:
                # A claim that runs out costs one request too many, nothing else.
                continue

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
            message = f"The translation cache {self.path!r} cannot be used: {error}."
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
            cure = next((c for word, c in cures.items() if word in str(error)), default)
            raise RuntimeError(f"{message} {cure}") from error
