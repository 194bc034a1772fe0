"""Backbones that stay as they are: kept in memory, applied a batch at a time."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Any

import numpy as np
import torch

from sklearn_nn._locks import ForkSafeLock
from sklearn_nn._training.device import Precision
from sklearn_nn._training.memory import explained_memory
from sklearn_nn._training.rows import DenseRows

_MOST = 2
_LOADED: OrderedDict[Hashable, Any] = OrderedDict()
_LOCK = ForkSafeLock()


def loaded(key: Hashable, load: Callable[[], Any]) -> Any:
    """Load a backbone that nobody will change, or take it from those used last.

    Parameters
    ----------
    key : hashable
        All that tells it from others.
    load : callable
        Makes it.

    Returns
    -------
    backbone : torch.nn.Module
        Shared: leave it as it is.
    """
    with _LOCK:
        if key not in _LOADED:
            _LOADED[key] = load()
            if len(_LOADED) > _MOST:
                _LOADED.popitem(last=False)
        _LOADED.move_to_end(key)
        return _LOADED[key]


def outputs_of(
    backbone: torch.nn.Module,
    rows: DenseRows,
    places: Iterable,
    precision: Precision,
    cure: str,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield what a backbone makes of each batch.

    Parameters
    ----------
    backbone : torch.nn.Module
        In evaluation mode, on the device of the rows.
    rows : DenseRows
        Its inputs.
    places : iterable of Tensor or slice
        The batches.
    precision : Precision
        What to compute in.
    cure : str
        What to say when memory runs out.

    Yields
    ------
    where : ndarray of int
        The rows of a batch.
    vectors : ndarray of float32 of shape (n, n_features)
        Their vectors.

    Raises
    ------
    MemoryError
        If a batch does not fit.
    """
    places = list(places)
    batches = iter(rows.stream(places))
    all_rows = np.arange(len(rows))
    autocast = torch.autocast(
        rows.device.type,
        precision.autocast,
        enabled=precision.autocast is not None,
    )
    for where in places:
        with explained_memory(cure), torch.inference_mode(), autocast:
            vectors = backbone(next(batches)).float().cpu().numpy()
        yield all_rows[where if isinstance(where, slice) else where.numpy()], vectors
