"""How much memory the outputs of pipeline steps take, and how much they may."""

import re
import sys
from numbers import Real
from typing import Any

import numpy as np
import scipy.sparse as sp

UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}


def parse_size(size: float | str | None) -> float:
    """Turn ``"500 MB"`` or a number of bytes into bytes; None is no limit.

    Examples
    --------
    >>> from sklearn_nn.model_selection._memory import parse_size
    >>> parse_size("1.5 GB")
    1500000000.0
    """
    if size is None:
        return float("inf")
    if isinstance(size, Real) and size >= 0:
        return float(size)
    match = re.fullmatch(r"\s*([\d.]+)\s*([kmgt]?)i?b?\s*", str(size).lower())
    try:
        if match is None:
            raise ValueError
        return float(match[1]) * UNITS[match[2]]
    except ValueError:
        raise ValueError(
            f"memory_budget={size!r} is no amount of memory. Give bytes, a text such "
            "as '500 MB' or '2 GB', or None for no limit."
        ) from None


def size_of(data: Any) -> int:
    """Return about how many bytes the output of a step holds.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_nn.model_selection._memory import size_of
    >>> size_of(np.zeros((10, 3)))
    240
    """
    if data is None:
        return 0
    if sp.issparse(data):
        held = [v if isinstance(v, tuple) else (v,) for v in vars(data).values()]
        return sum(size_of(v) for vs in held for v in vs if isinstance(v, np.ndarray))
    if isinstance(data, np.ndarray) and not data.dtype.hasobject:
        return data.nbytes
    if hasattr(data, "memory_usage"):
        usage = data.memory_usage(deep=True)
        return int(usage.sum() if hasattr(usage, "sum") else usage)
    if hasattr(data, "estimated_size"):
        return data.estimated_size()
    if isinstance(data, np.ndarray | list | tuple):
        values = data.ravel() if isinstance(data, np.ndarray) else data
        return sys.getsizeof(data) + sum(map(sys.getsizeof, values))
    return int(getattr(data, "nbytes", sys.getsizeof(data)))
