"""Pooled features of texts, out of an encoder that stays as it is."""

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from tqdm.auto import tqdm

from sklearn_nn._training.device import Precision, resolve_device
from sklearn_nn._training.memory import explained_memory
from sklearn_nn._training.rows import TokenRows
from sklearn_nn._training.seeding import private_seed
from sklearn_nn.modules.transformer import PooledTransformer, Pooling

from .cache import FeatureCache, Path, text_keys
from .hub import Name, fingerprint, load_config
from .limits import check_max_length, check_pooling
from .precision import encoder_precision
from .tokens import encode, warn_of_cut

_MOST_MODELS = 2
_MODELS: OrderedDict[tuple, PooledTransformer] = OrderedDict()
_MODELS_LOCK = threading.Lock()


def pooled_features(
    texts: Sequence[str],
    *,
    model_name: Name,
    revision: str | None = None,
    pooling: Pooling = "mean",
    max_length: int = 256,
    batch_size: int = 64,
    device: str = "auto",
    precision: str = "auto",
    cache: Path | None = None,
    verbose: int = 0,
    caller: str = "This estimator",
) -> np.ndarray:
    """Compute one vector for every text, unless it is known already.

    Parameters
    ----------
    texts : sequence of str
        An empty one is read as the special tokens alone.
    model_name : str or path-like
        Name on the hub, or a folder.
    revision : str, default=None
        Branch, tag or commit on the hub.
    pooling : {"mean", "cls", "pooler"}, default="mean"
        See :class:`~sklearn_nn.modules.transformer.PooledTransformer`.
    max_length : int, default=256
        Longer texts are cut to that many tokens, special tokens included.
    batch_size : int, default=64
        Texts read at a time, all of about the same length.
    device : str, default="auto"
        ``"auto"`` (a GPU when there is one) or a torch device.
    precision : {"auto", "float32", "float64", "bfloat16"}, default="auto"
        What to compute in; ``"auto"`` is bfloat16 where it is fast.
    cache : str or path-like, default=None
        A file that keeps the vectors for other processes.
    verbose : int, default=0
        Whether to show a progress bar.
    caller : str, default="This estimator"
        The estimator's class, for messages.

    Returns
    -------
    features : ndarray of float32 of shape (n_texts, n_features)
        In the order of the texts.

    Warns
    -----
    UserWarning
        Once, with the number of texts that are cut, among those not known yet.

    Raises
    ------
    ImportError, OSError, ValueError
        If the model cannot be had, or has no such pooling or not so many positions.
    MemoryError
        If a batch does not fit.
    RuntimeError
        If the device is missing, or the file cannot be used.
    """
    where = resolve_device(device)
    how = encoder_precision(precision, where)
    check_pooling(model_name, revision, pooling)
    check_max_length(model_name, revision, max_length)
    weights = fingerprint(model_name, revision)
    space = (weights, pooling, max_length, str(how.autocast or how.dtype))
    rows_of: dict[bytes, list[int]] = {}
    for row, key in enumerate(text_keys(space, texts)):
        rows_of.setdefault(key, []).append(row)
    width = load_config(model_name, revision).hidden_size
    features = np.empty((len(texts), width), dtype=np.float32)

    with FeatureCache(cache) as known:
        for key, vector in known.get(rows_of, width):
            features[rows_of.pop(key)] = vector
        if not rows_of:
            return features
        keys, groups = list(rows_of), list(rows_of.values())
        ids, is_cut = encode(
            [texts[rows[0]] for rows in groups], model_name, revision, max_length
        )
        counts = np.array([len(rows) for rows in groups])
        warn_of_cut(counts[is_cut].sum(), counts.sum(), max_length, caller)
        model = load_frozen(model_name, revision, pooling, device, precision)
        with tqdm(
            total=counts.sum(), desc=caller, unit="text", disable=not verbose
        ) as bar:
            for batch, vectors in _pooled(model, ids, batch_size, where, how):
                known.put([keys[i] for i in batch], vectors)
                for i, vector in zip(batch, vectors, strict=True):
                    features[groups[i]] = vector
                bar.update(counts[batch].sum())
    return features


def _pooled(
    model: PooledTransformer,
    ids: np.ndarray,
    batch_size: int,
    device: torch.device,
    precision: Precision,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the rows and the vectors of every batch, the longest texts first."""
    rows = TokenRows(ids, "int32", device)
    batches = list(rows.in_order(batch_size))
    autocast = torch.autocast(
        device.type, precision.autocast, enabled=precision.autocast is not None
    )
    cure = (
        f"A batch does not fit into memory. Lower batch_size={batch_size}, or "
        "max_length."
    )
    for batch in reversed(batches):
        with explained_memory(cure), torch.inference_mode(), autocast:
            vectors = model(rows.take(batch)).float().cpu().numpy()
        yield np.asarray(batch), vectors


def load_frozen(
    model_name: Name,
    revision: str | None,
    pooling: Pooling,
    device: str = "auto",
    precision: str = "auto",
) -> PooledTransformer:
    """Load an encoder that nobody will change, or take it from those used last.

    Parameters
    ----------
    model_name, revision, pooling, device, precision
        As in :func:`pooled_features`.

    Returns
    -------
    model : PooledTransformer
        Shared: leave it as it is.

    Raises
    ------
    ImportError, OSError, ValueError
        As in :mod:`~sklearn_nn._pretrained.hub`; or the pooling layer is random.
    RuntimeError
        If the device is missing.
    """
    where = resolve_device(device)
    dtype = encoder_precision(precision, where).dtype
    key = (fingerprint(model_name, revision), pooling, where, dtype)
    with _MODELS_LOCK:
        if key not in _MODELS:
            # What the weights leave out is drawn at random, though not used.
            with private_seed(0, torch.device("cpu")):
                model = PooledTransformer(model_name, revision, pooling)
            if pooling == "pooler" and model.untrained:
                raise ValueError(
                    f"pooling='pooler': the weights of model_name={str(model_name)!r} "
                    "leave out the pooling layer, which would be random. "
                    "pooling='mean' and pooling='cls' work with it."
                )
            _MODELS[key] = model.to(where, dtype).eval()
            if len(_MODELS) > _MOST_MODELS:
                _MODELS.popitem(last=False)
        _MODELS.move_to_end(key)
        return _MODELS[key]
