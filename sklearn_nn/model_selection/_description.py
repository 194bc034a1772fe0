"""Says in plain data what an estimator or a data set is, to compare two of them."""

import hashlib
import io
import json
import pickle
from collections.abc import Callable, Iterable
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator

from ._code import code_hash, is_known_by_name

# Parameters that say how something is computed, and change nothing of the result.
HOW_NOT_WHAT = ("n_jobs", "verbose", "memory")


def describe(value: Any, *, by_identity: bool = False) -> Any:
    """Describe a parameter in data that JSON can hold.

    Two values with the same description do the same thing.

    Parameters
    ----------
    value : object
        A number, string, container, function, array, estimator, ...
    by_identity : bool, default=False
        Functions, classes and objects without a lasting description are told apart by
        where they lie in memory. Good within one process, and needed there: two lambdas
        carry the same name. Otherwise parameters such as ``n_jobs`` are left out, and
        a function or class that can be imported is its name, whatever it does; any
        other is its name and its code.

    Returns
    -------
    description : object
        Nested dicts, lists, strings and numbers.

    Examples
    --------
    >>> from sklearn.svm import LinearSVC
    >>> from sklearn_nn.model_selection._description import describe
    >>> describe(LinearSVC(C=0.5))["params"]["C"]
    0.5
    """

    def inner(part: Any) -> Any:
        return describe(part, by_identity=by_identity)

    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if np.isfinite(value) else {"float": str(value)}
    if isinstance(value, np.generic) and not isinstance(value.item(), np.generic):
        return inner(value.item())
    if isinstance(value, list):
        return [inner(part) for part in value]
    if isinstance(value, tuple):
        return {"tuple": [inner(part) for part in value]}
    if isinstance(value, dict):
        return {"dict": [[inner(key), inner(part)] for key, part in value.items()]}
    if isinstance(value, set | frozenset):
        return {"set": sorted((inner(part) for part in value), key=json.dumps)}
    if isinstance(value, Path):
        return {"path": str(value)}
    if hasattr(value, "get_params") and not isinstance(value, type):
        if _is_cloned_whole(value):
            return _describe_object(value, by_identity)
        params = value.get_params(deep=False)
        if not by_identity:
            params = {k: v for k, v in params.items() if k not in HOW_NOT_WHAT}
        described = {
            **_describe_class(value, "class", by_identity),
            "params": {k: inner(v) for k, v in params.items()},
        }
        output = getattr(value, "_sklearn_output_config", None)
        return {**described, "output": inner(output)} if output else described
    if isinstance(value, np.ndarray) or sp.issparse(value):
        return {_name(type(value)): content_hash(value)}
    if isinstance(value, np.random.RandomState):
        return {"RandomState": _sha(repr(value.get_state(legacy=False)))}
    return _describe_object(value, by_identity)


def _is_cloned_whole(estimator: Any) -> bool:
    """Whether a clone keeps what was fitted, as that of a FrozenEstimator does."""
    own = getattr(type(estimator), "__sklearn_clone__", BaseEstimator.__sklearn_clone__)
    return own is not BaseEstimator.__sklearn_clone__


def _describe_class(value: Any, word: str, by_identity: bool) -> dict[str, Any]:
    named = _describe_object(type(value), by_identity)
    return {word: named.pop("name"), **named}


def _describe_object(value: Any, by_identity: bool) -> dict[str, Any]:
    if isinstance(value, type) or hasattr(value, "__qualname__"):
        return _describe_code(value, by_identity)
    kind = _describe_class(value, "object", by_identity)
    try:
        return {**kind, "sha": _sha(_pickled(value, by_identity))}
    except Exception:  # Whatever refuses to be pickled has only its identity.
        return {**kind, "at": id(value)} if by_identity else kind


def _describe_code(value: Any, by_identity: bool) -> dict[str, Any]:
    """Describe a function, a method or a class."""
    name = {"name": _name(value)}
    if by_identity:
        return {**name, "id": id(value)}
    owner = getattr(value, "__self__", None)
    if owner is not None and not isinstance(owner, ModuleType):
        name["self"] = describe(owner)
        value = getattr(value, "__func__", value)
    code = None if is_known_by_name(value) else code_hash(value, describe)
    return name if code is None else {**name, "code": code}


class _Pickler(pickle.Pickler):
    """Writes the description of a function or class that has no lasting name."""

    def __init__(self, file: io.BytesIO, by_identity: bool):
        super().__init__(file)
        self.by_identity = by_identity

    def reducer_override(self, value: Any) -> Any:
        is_code = isinstance(value, type | FunctionType)
        if not is_code or is_known_by_name(value):
            return NotImplemented
        return str, (json.dumps(_describe_code(value, self.by_identity)),)


def _pickled(value: Any, by_identity: bool) -> bytes:
    """Return bytes that are equal for equal values; they are not to be read back."""
    buffer = io.BytesIO()
    pickler = _Pickler(buffer, by_identity)
    # No references: what is shared or interned in one value is not so in its copy.
    pickler.fast = True
    try:
        pickler.dump(value)
    except ValueError:  # It holds itself, and cannot do without references.
        return pickle.dumps(pickle.loads(pickle.dumps(value)))
    return buffer.getvalue()


def key(value: Any) -> str:
    """Return a text that is equal for parameters that are equal in this process."""
    return json.dumps(describe(value, by_identity=True))


def content_hash(data: Any) -> str:
    """Return a hash of the values of a data set, equal in every process.

    Parameters
    ----------
    data : ndarray, sparse matrix, data frame, Series, list or None
        The data; a frame counts with its column names, an array with its dtype.

    Returns
    -------
    digest : str
        32 hexadecimal digits.
    """
    sha = hashlib.sha256()
    _feed(data, sha.update)
    return sha.hexdigest()[:32]


def _feed(data: Any, update: Callable[[bytes], None]) -> None:
    if sp.issparse(data):
        rows = data.tocsr()
        parts: Iterable[Any] = (rows.data, rows.indices, rows.indptr)
        update(f"sparse {rows.shape} ".encode())
    elif hasattr(data, "columns"):
        names = [str(name) for name in data.columns]
        update(f"frame {names} ".encode())
        parts = (np.asarray(data[name], dtype=object) for name in data.columns)
    elif isinstance(data, dict):
        update(f"dict {list(map(str, data))} ".encode())
        parts = data.values()
    else:
        is_list = isinstance(data, list | tuple)
        array = data if is_list else np.asarray(data, dtype=_dtype(data))
        if is_list or array.dtype.hasobject:
            update(f"objects {(len(data),) if is_list else array.shape} ".encode())
            for part in data if is_list else array.ravel():
                _feed_one(part, update)
            return
        update(f"{array.dtype} {array.shape} ".encode())
        update(array.tobytes())
        return
    for part in parts:
        _feed(part, update)


def _dtype(data: Any) -> Any:
    return data.dtype if isinstance(data, np.ndarray) else object


def _feed_one(part: Any, update: Callable[[bytes], None]) -> None:
    if isinstance(part, np.ndarray | list | tuple | dict) or sp.issparse(part):
        update(b"nested ")
        _feed(part, update)
        return
    text = part if isinstance(part, str) else f"{type(part)} {part!r}"
    encoded = text.encode("utf-8", "surrogatepass")
    # The length keeps ("ab", "c") and ("a", "bc") apart.
    update(len(encoded).to_bytes(8, "little"))
    update(encoded)


def _name(value: Any) -> str:
    return f"{value.__module__}.{value.__qualname__}"


def _sha(content: str | bytes) -> str:
    content = content.encode() if isinstance(content, str) else content
    return hashlib.sha256(content).hexdigest()[:16]
