"""Pooled features of texts, out of an encoder that stays as it is."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch

from sklearn_nn._training.device import resolve_device
from sklearn_nn._training.rows import TokenRows
from sklearn_nn._training.seeding import private_seed
from sklearn_nn.modules.transformer import PooledTransformer, Pooling

from .cache import Path
from .frozen import loaded, outputs_of
from .hub import load_config
from .known import each_once, row_keys
from .limits import check_max_length, check_pooling
from .places import Name, fingerprint
from .precision import encoder_precision
from .tokens import encode, warn_of_cut


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

    def compute(groups: list[list[int]]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        ids, is_cut = encode(
            [texts[rows[0]] for rows in groups], model_name, revision, max_length
        )
        counts = np.array([len(rows) for rows in groups])
        warn_of_cut(counts[is_cut].sum(), counts.sum(), max_length, caller)
        model = load_frozen(model_name, revision, pooling, device, precision)
        rows = TokenRows(ids, "int32", where)
        # The longest texts first: what they need in memory is known at once.
        places = list(rows.in_order(batch_size))[::-1]
        cure = (
            f"{caller} ran out of memory. Lower batch_size={batch_size}, or max_length."
        )
        return outputs_of(model, rows, places, how, cure)

    return each_once(
        row_keys(space, (text.encode("utf-8", "surrogatepass") for text in texts)),
        load_config(model_name, revision).hidden_size,
        compute,
        cache=cache,
        unit="text",
        caller=caller,
        verbose=verbose,
    )


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

    def load() -> PooledTransformer:
        # What the weights leave out is drawn at random, though not used.
        with private_seed(0, torch.device("cpu")):
            model = PooledTransformer(model_name, revision, pooling)
        if pooling == "pooler" and model.untrained:
            raise ValueError(
                f"pooling='pooler': the weights of model_name={str(model_name)!r} "
                "leave out the pooling layer, which would be random. "
                "pooling='mean' and pooling='cls' work with it."
            )
        return model.to(where, dtype).eval()

    return loaded(key, load)
