"""Translations on disk, shared by runs, processes and threads."""

import hashlib
import os
import sqlite3
import threading
import time
import uuid
from collections.abc import Iterable
from typing import Self

from sklearn_nn._sqlite import SqliteFile

from .chunks import Key

LEASE = 5.0
RENEWAL = 1.0
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


class TranslationCache(SqliteFile):
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

    application = 0x736B6E74
    kind = "translation cache"
    schema = _SCHEMA

    def __init__(self, path: str | os.PathLike | None, service: str, target: str):
        super().__init__(path)
        self._service = service
        self._target = target
        self._owner = uuid.uuid4().hex
        self._closed = threading.Event()
        self._claimed: set[Key] = set()

    def __enter__(self) -> Self:
        super().__enter__()
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
            super().__exit__(*exception)

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
