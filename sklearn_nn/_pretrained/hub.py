"""Configuration, tokenizer and weights of an encoder on the hub or in a folder."""

import hashlib
import json
import os
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch

from .places import (
    WITHOUT_WEIGHTS,
    Name,
    check_torchvision,
    commit_of,
    fingerprint,
    first_line,
    folder_of,
)
from .quiet import quiet

# What encoders call their probabilities of dropping something.
_DROPOUTS = (
    "hidden_dropout_prob",
    "attention_probs_dropout_prob",
    "dropout",
    "attention_dropout",
    "embedding_dropout",
    "mlp_dropout",
    "activation_dropout",
)


def weights_of(model_name: Name, revision: str | None = None) -> str:
    """Identify the weights, as :func:`~sklearn_nn._pretrained.places.fingerprint`.

    Raises
    ------
    ImportError
        If transformers is not installed.
    """
    transformers()
    return fingerprint(model_name, revision)


def load_config(model_name: Name, revision: str | None = None) -> Any:
    """Load the configuration of an encoder.

    What is on this machine is not asked for again, so that a name without a revision
    means the copy at hand.

    Parameters
    ----------
    model_name : str or path-like
        Name on the hub, or a folder.
    revision : str, default=None
        Branch, tag or commit on the hub.

    Returns
    -------
    config : transformers.PretrainedConfig

    Raises
    ------
    ImportError
        If transformers is not installed.
    OSError
        If the model is not on this machine and the hub cannot be reached.
    ValueError
        If there is no such model, or it is none that reads texts into vectors.
    """
    load = transformers().AutoConfig.from_pretrained
    config = _load(load, model_name, revision, "configuration (config.json)")
    if config.is_encoder_decoder:
        raise ValueError(
            f"model_name={str(model_name)!r} is an encoder with a decoder "
            f"({config.model_type}). Name an encoder alone, such as a BERT."
        )
    return config


def load_tokenizer(model_name: Name, revision: str | None = None) -> Any:
    """Load the tokenizer of an encoder, once a process.

    Parameters
    ----------
    model_name, revision
        As in :func:`load_config`.

    Returns
    -------
    tokenizer : transformers.PreTrainedTokenizerBase
        Shared: leave it as it is.

    Raises
    ------
    ImportError, OSError, ValueError
        As in :func:`load_config`; or the tokenizer is missing.
    """
    weights = fingerprint(model_name, revision)
    return _tokenizer(os.fspath(model_name), revision, weights)


@lru_cache(maxsize=8)
def _tokenizer(model_name: str, revision: str | None, weights: str) -> Any:
    return _load(_words, model_name, revision, "tokenizer")


def _words(*place: Any, **options: Any) -> Any:
    tokenizer = transformers().AutoTokenizer.from_pretrained(*place, **options)
    # Where its files are missing, transformers makes one that knows no word.
    if set(tokenizer.get_vocab()) <= set(tokenizer.all_special_tokens):
        raise OSError("Its files are missing")
    return tokenizer


def words_of(model_name: Name, revision: str | None = None) -> str:
    """Identify the tokenizer of an encoder.

    Parameters
    ----------
    model_name, revision
        As in :func:`load_config`.

    Returns
    -------
    words : str
        A SHA-256 over its rules and words.

    Raises
    ------
    ImportError, OSError, ValueError
        As in :func:`load_tokenizer`.
    """
    weights = fingerprint(model_name, revision)
    return _words_of(os.fspath(model_name), revision, weights)


@lru_cache(maxsize=8)
def _words_of(model_name: str, revision: str | None, weights: str) -> str:
    tokenizer = load_tokenizer(model_name, revision)
    if tokenizer.is_fast:
        rules = tokenizer.backend_tokenizer.to_str()
    else:
        rules = json.dumps([type(tokenizer).__name__, sorted(tokenizer.get_vocab())])
    return hashlib.sha256(rules.encode()).hexdigest()


def load_encoder(
    model_name: Name,
    revision: str | None = None,
    dropout: float | None = None,
) -> tuple[Any, frozenset[str]]:
    """Load an encoder with its weights in float32.

    Parameters
    ----------
    model_name, revision
        As in :func:`load_config`.
    dropout : float, default=None
        Probability of dropping anything in training; None is what the encoder's own
        configuration says.

    Returns
    -------
    encoder : transformers.PreTrainedModel
        A new one, in evaluation mode.
    untrained : frozenset of str
        Parameters of the pooling layer that the weights do not cover: they are
        drawn at random from torch's generator.

    Raises
    ------
    ImportError, OSError, ValueError
        As in :func:`load_config`; or the weights are missing, damaged or another
        model's.
    """
    config = load_config(model_name, revision)
    if dropout is not None:
        for name in _DROPOUTS:
            if hasattr(config, name):
                setattr(config, name, dropout)
    if WITHOUT_WEIGHTS.get():
        with quiet():
            encoder = transformers().AutoModel.from_config(
                config, dtype=torch.float32, trust_remote_code=False
            )
        return encoder.eval(), frozenset()
    encoder, report = _load(
        transformers().AutoModel.from_pretrained,
        model_name,
        revision,
        "weights",
        config=config,
        dtype=torch.float32,
        output_loading_info=True,
    )
    untrained = frozenset(report["missing_keys"])
    foreign = sorted(name for name in untrained if "pooler" not in name.split("."))
    if foreign:
        raise ValueError(
            f"model_name={str(model_name)!r}: the weights lack {len(foreign)} tensors "
            f"that {type(encoder).__name__} needs, such as {foreign[0]!r}. They belong "
            "to another model than config.json says."
        )
    return encoder, untrained


def transformers() -> Any:
    """Import transformers, or say how to install it."""
    check_torchvision()
    try:
        import transformers
    except ImportError as error:
        raise ImportError(
            "Pretrained transformers need the package transformers. Install it with: "
            "pip install sklearn_nn[transformers]"
        ) from error
    return transformers


def _load(
    load: Callable[..., Any],
    model_name: Name,
    revision: str | None,
    what: str,
    **options: Any,
) -> Any:
    """Load a part of a model: all parts come from the same commit."""
    options["trust_remote_code"] = False
    place: Name | None = folder_of(model_name)
    if place is None:
        place = str(model_name)
        options["revision"] = commit_of(model_name, revision)
    try:
        with quiet():
            try:
                return load(place, local_files_only=True, **options)
            except OSError:
                if isinstance(place, Path):
                    raise
                return load(place, **options)
    except ImportError:
        raise
    except Exception as error:
        # A damaged file raises whatever the reader of its format raises.
        raise ValueError(
            f"model_name={str(model_name)!r} comes without usable {what}: "
            f"{first_line(error)}. A folder is complete with config.json, "
            "model.safetensors and the files of the tokenizer, as save_pretrained of "
            "model and tokenizer write them."
        ) from error
