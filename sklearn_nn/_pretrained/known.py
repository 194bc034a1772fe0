"""Vectors of rows, each computed once."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
from tqdm.auto import tqdm

from .cache import FeatureCache, Path

# Of the first rows of some groups of equal rows: which groups are done, and their
# vectors.
Compute = Callable[[list[list[int]]], Iterator[tuple[np.ndarray, np.ndarray]]]


def row_keys(space: Sequence, contents: Iterable[bytes]) -> Iterator[bytes]:
    """Name the vectors of rows.

    Parameters
    ----------
    space : sequence of str and int
        All that the vector of a row depends on, beside the row.
    contents : iterable of bytes
        The rows.

    Yields
    ------
    key : bytes
        A SHA-256 of both.
    """
    start = hashlib.sha256(json.dumps(space).encode() + b"\0")
    for content in contents:
        key = start.copy()
        key.update(content)
        yield key.digest()


def each_once(
    keys: Iterable[bytes],
    width: int,
    compute: Compute,
    *,
    cache: Path | None = None,
    unit: str = "row",
    caller: str = "This estimator",
    verbose: int = 0,
) -> np.ndarray:
    """Return the vectors of all rows, computing those that are not known.

    Parameters
    ----------
    keys : iterable of bytes
        One for each row; equal rows have equal keys.
    width : int
        Length of a vector.
    compute : callable
        Gets a list of lists of equal rows, none of them known, and yields the places
        in that list that are done with their vectors, a batch at a time.
    cache : str or path-like, default=None
        A file that keeps the vectors for other processes. It is looked into once, at
        the start: processes that start together compute the same rows twice.
    unit, caller : str
        For the progress bar.
    verbose : int, default=0
        Whether to show it.

    Returns
    -------
    features : ndarray of float32 of shape (n_rows, width)
        In the order of the rows.

    Raises
    ------
    RuntimeError
        If the file cannot be used.
    """
    rows_of: dict[bytes, list[int]] = {}
    n_rows = 0
    for row, key in enumerate(keys):
        rows_of.setdefault(key, []).append(row)
        n_rows += 1
    features = np.empty((n_rows, width), dtype=np.float32)
    with FeatureCache(cache) as known:
        for key, vector in known.get(rows_of, width):
            features[rows_of.pop(key)] = vector
        if not rows_of:
            return features
        names, groups = list(rows_of), list(rows_of.values())
        n_new = sum(map(len, groups))
        with tqdm(total=n_new, desc=caller, unit=unit, disable=not verbose) as bar:
            for places, vectors in compute(groups):
                known.put([names[i] for i in places], vectors)
                for i, vector in zip(places, vectors, strict=True):
                    features[groups[i]] = vector
                bar.update(sum(len(groups[i]) for i in places))
    return features
