"""What an encoder can do: its pooling layer, and how long a text it can read."""

import os
from functools import lru_cache

import torch
from torch import nn

from .hub import load_config, load_tokenizer, transformers
from .places import Name, fingerprint
from .quiet import quiet


def check_pooling(model_name: Name, revision: str | None, pooling: str) -> None:
    """Refuse the pooling layer of an encoder that has none.

    Parameters
    ----------
    model_name, revision
        As in :func:`~sklearn_nn._pretrained.hub.load_config`.
    pooling : {"mean", "cls", "pooler"}
        The parameter of the estimator.

    Raises
    ------
    ImportError, OSError, ValueError
        As in :func:`~sklearn_nn._pretrained.hub.load_config`; or there is no pooling
        layer.
    """
    if pooling != "pooler":
        return
    skeleton = _skeleton(model_name, revision)
    if getattr(skeleton, "pooler", None) is None:
        raise ValueError(
            f"pooling='pooler': {type(skeleton).__name__} of "
            f"model_name={str(model_name)!r} has no pooling layer. "
            "pooling='mean' and pooling='cls' work with it."
        )


def check_max_length(model_name: Name, revision: str | None, max_length: int) -> None:
    """Refuse a `max_length` that the encoder cannot read.

    Parameters
    ----------
    model_name, revision
        As in :func:`~sklearn_nn._pretrained.hub.load_config`.
    max_length : int
        The parameter of the estimator.

    Raises
    ------
    ImportError, OSError, ValueError
        As in :func:`~sklearn_nn._pretrained.hub.load_config`; or the model reads no
        texts, or `max_length` is above its number of positions, or leaves no room
        beside the special tokens.
    """
    transformers()
    config = load_config(model_name, revision)
    if getattr(config, "vocab_size", None) is None:
        raise ValueError(
            f"model_name={str(model_name)!r} is no model of texts: its configuration "
            f"({type(config).__name__}) has no vocabulary. Name an encoder of texts; "
            "for images there are TimmClassifier and TimmEncoder."
        )
    most = n_positions(model_name, revision)
    if most is not None and max_length > most:
        raise ValueError(
            f"max_length={max_length} is more than model_name={str(model_name)!r} has "
            f"positions for. Set max_length={most} or less."
        )
    n_special = load_tokenizer(model_name, revision).num_special_tokens_to_add()
    if max_length <= n_special:
        raise ValueError(
            f"max_length={max_length} leaves no room for a text beside the {n_special} "
            f"special tokens of model_name={str(model_name)!r}. Set "
            f"max_length={n_special + 1} or more."
        )


def n_positions(model_name: Name, revision: str | None = None) -> int | None:
    """Count the tokens that an encoder can read at once.

    Parameters
    ----------
    model_name, revision
        As in :func:`~sklearn_nn._pretrained.hub.load_config`.

    Returns
    -------
    n_positions : int or None
        None if the encoder names no limit.
    """
    for name, module in _skeleton(model_name, revision).named_modules():
        if name.endswith("position_embeddings") and isinstance(module, nn.Embedding):
            # RoBERTa and its kin count positions from the one after padding's.
            before = 0 if module.padding_idx is None else module.padding_idx + 1
            return module.num_embeddings - before
    most = getattr(load_config(model_name, revision), "max_position_embeddings", None)
    # XLNet and its kin have -1 there.
    return most if most is not None and most > 0 else None


def _skeleton(model_name: Name, revision: str | None) -> nn.Module:
    """Build the encoder without weights, to look at its parts."""
    weights = fingerprint(model_name, revision)
    return _built(os.fspath(model_name), revision, weights)


@lru_cache(maxsize=8)
def _built(model_name: str, revision: str | None, weights: str) -> nn.Module:
    config = load_config(model_name, revision)
    with quiet(), torch.device("meta"):
        return transformers().AutoModel.from_config(config, trust_remote_code=False)
