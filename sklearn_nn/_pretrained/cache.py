"""Feature vectors that are known already, in memory and in a file."""

import os
from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack

import numpy as np

from sklearn_nn._locks import ForkSafeLock
from sklearn_nn._sqlite import SqliteFile

Path = str | os.PathLike

_MEMORY_BYTES = 2**30
# What a row costs beside its numbers, about.
_OVERHEAD = 300
_AT_ONCE = 500


class FeatureMemory:
    """Vectors in memory, shared by threads; the oldest leave first.

    Parameters
    ----------
    limit : int
        Bytes to hold at most.
    """

    def __init__(self, limit: int = _MEMORY_BYTES):
        self.limit = limit
        self.n_bytes = 0
        self._vectors: OrderedDict[bytes, np.ndarray] = OrderedDict()
        self._lock = ForkSafeLock()

    def get(self, keys: Iterable[bytes]) -> list[tuple[bytes, np.ndarray]]:
        """Return the keys that are known, with their vectors."""
        with self._lock:
            return [(key, self._vectors[key]) for key in keys if key in self._vectors]

    def put(self, keys: Iterable[bytes], vectors: np.ndarray) -> None:
        """Keep vectors of shape (n_keys, n_features)."""
        size = vectors.shape[1] * vectors.itemsize + _OVERHEAD
        with self._lock:
            for key, vector in zip(keys, vectors, strict=True):
                if key in self._vectors:
                    continue
                # A view would keep its whole batch alive.
                self._vectors[key] = vector.copy()
                self.n_bytes += size
            while self.n_bytes > self.limit:
                _, vector = self._vectors.popitem(last=False)
                self.n_bytes -= vector.nbytes + _OVERHEAD

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._vectors.clear()
            self.n_bytes = 0


MEMORY = FeatureMemory()


class FeatureFile(SqliteFile):
    """A SQLite file of vectors, shared by processes."""

    application = 0x736B6E66
    kind = "cache of features"
    schema = "CREATE TABLE features (key BLOB PRIMARY KEY, vector BLOB NOT NULL)"

    def get(
        self, keys: Collection[bytes], width: int
    ) -> Iterator[tuple[bytes, np.ndarray]]:
        """Yield the keys that are known, with their vectors of `width` numbers."""
        wanted = list(keys)
        for start in range(0, len(wanted), _AT_ONCE):
            some = wanted[start : start + _AT_ONCE]
            marks = ", ".join("?" * len(some))
            with self._lock, self._explained():
                found = self._connection.execute(
                    f"SELECT key, vector FROM features WHERE key IN ({marks})", some
                ).fetchall()
            for key, blob in found:
                if len(blob) != 4 * width:
                    raise self._unusable(
                        f"it has a vector of {len(blob)} bytes, not {4 * width}"
                    )
                yield key, np.frombuffer(blob, dtype="<f4")

    def put(self, keys: Iterable[bytes], vectors: np.ndarray) -> None:
        """Store vectors, all or none."""
        blobs = (vector.tobytes() for vector in vectors.astype("<f4", copy=False))
        with self._transaction() as connection:
            connection.executemany(
                "INSERT OR IGNORE INTO features VALUES (?, ?)",
                zip(keys, blobs, strict=True),
            )


class FeatureCache:
    """The memory of this process and, beside it, a file if one is named.

    Parameters
    ----------
    path : str or path-like or None
        The file, made if missing.
    """

    def __init__(self, path: Path | None):
        self._file = None if path is None else FeatureFile(path)
        self._open = ExitStack()

    def __enter__(self) -> "FeatureCache":
        if self._file is not None:
            self._open.enter_context(self._file)
        return self

    def __exit__(self, *exception: object) -> None:
        self._open.close()

    def get(
        self, keys: Collection[bytes], width: int
    ) -> list[tuple[bytes, np.ndarray]]:
        """Return the keys that are known, with their vectors of `width` numbers."""
        if self._file is None:
            return MEMORY.get(keys)
        found = dict(self._file.get(keys, width))
        remembered = MEMORY.get(key for key in keys if key not in found)
        if remembered:
            new, vectors = zip(*remembered, strict=True)
            self._file.put(new, np.stack(vectors))
        return [*found.items(), *remembered]

    def put(self, keys: Sequence[bytes], vectors: np.ndarray) -> None:
        """Keep vectors of shape (n_keys, n_features), in the file before all."""
        if self._file is not None:
            self._file.put(keys, vectors)
        MEMORY.put(keys, vectors)
