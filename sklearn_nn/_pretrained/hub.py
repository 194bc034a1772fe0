"""Configuration, tokenizer and weights of an encoder on the hub or in a folder."""

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch

from .quiet import quiet

Name = str | os.PathLike

_BARE: ContextVar[bool] = ContextVar("without_weights", default=False)
_HASHED = (".json", ".txt", ".model", ".safetensors", ".bin")


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


@contextmanager
def without_weights() -> Iterator[None]:
    """Let encoders inside the block start at random: their weights come from a file."""
    token = _BARE.set(True)
    try:
        yield
    finally:
        _BARE.reset(token)


def load_encoder(
    model_name: Name, revision: str | None = None
) -> tuple[Any, frozenset[str]]:
    """Load an encoder with its weights in float32.

    Parameters
    ----------
    model_name, revision
        As in :func:`load_config`.

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
    if _BARE.get():
        config = load_config(model_name, revision)
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


def fingerprint(model_name: Name, revision: str | None = None) -> str:
    """Identify the weights.

    Parameters
    ----------
    model_name, revision
        As in :func:`load_config`.

    Returns
    -------
    fingerprint : str
        The commit of a model on the hub; of a folder, the SHA-256 of its
        configuration, tokenizer and weights.
    """
    folder = _folder(model_name)
    if folder is None:
        return _commit(model_name, revision)
    files = sorted(path for path in folder.iterdir() if path.suffix in _HASHED)
    stats = [(path, path.stat()) for path in files]
    return _sha256(tuple((p, s.st_size, s.st_mtime_ns) for p, s in stats))


@lru_cache(maxsize=64)
def _sha256(files: tuple[tuple[Path, int, int], ...]) -> str:
    """Hash names and contents; size and time of change tell when to do so again."""
    whole = hashlib.sha256()
    for path, _, _ in files:
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        whole.update(f"{path.name}\0{content}\n".encode())
    return whole.hexdigest()


def revision_of(
    weights: str, model_name: Name, revision: str | None, caller: str
) -> str | None:
    """Return the revision that brings the weights of a fit back.

    Parameters
    ----------
    weights : str
        What :func:`fingerprint` gave in that fit.
    model_name, revision
        As in :func:`load_config`.
    caller : str
        The estimator's class, for the message.

    Returns
    -------
    revision : str or None
        The commit, or None for a folder.

    Raises
    ------
    ValueError
        If the folder is not there, or holds other weights.
    """
    of_folder = len(weights) == hashlib.sha256().digest_size * 2
    if not of_folder:
        return weights
    if _folder(model_name) is None:
        found = "there is no such folder here"
    elif fingerprint(model_name, revision) != weights:
        found = "the folder now holds others"
    else:
        return None
    raise ValueError(
        f"{caller} was fitted with the weights in model_name={str(model_name)!r} and "
        f"needs them again, but {found}. Put them back, name their new place with "
        "set_params(model_name=...), or fit again."
    )


def transformers() -> Any:
    """Import transformers, or say how to install it."""
    try:
        import transformers
    except ImportError as error:
        raise ImportError(
            "Pretrained transformers need the package transformers. Install it with: "
            "pip install sklearn_nn[transformers]"
        ) from error
    return transformers


def _folder(model_name: Name) -> Path | None:
    folder = Path(model_name).expanduser()
    return folder.resolve() if folder.is_dir() else None


def _load(
    load: Callable[..., Any],
    model_name: Name,
    revision: str | None,
    what: str,
    **options: Any,
) -> Any:
    """Load a part of a model: all parts come from the same commit."""
    options["trust_remote_code"] = False
    place: Name | None = _folder(model_name)
    if place is None:
        place = str(model_name)
        options["revision"] = _commit(model_name, revision)
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
            f"{_first_line(error)}. A folder is complete with config.json, "
            "model.safetensors and the files of the tokenizer, as save_pretrained of "
            "model and tokenizer write them."
        ) from error


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0].rstrip(".")


def _commit(model_name: Name, revision: str | None) -> str:
    """Find the commit of a model: of the copy on this machine, or else on the hub."""
    transformers()
    from huggingface_hub import HfApi, hf_hub_download, try_to_load_from_cache
    from huggingface_hub.errors import (
        HFValidationError,
        RemoteEntryNotFoundError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    model = f"model_name={str(model_name)!r}"
    name, file = str(model_name), "config.json"
    try:
        config = try_to_load_from_cache(name, file, revision=revision)
        if not isinstance(config, str):
            # Without a network this fails at once, a download only after many tries.
            HfApi().model_info(name, revision=revision, timeout=10)
            with quiet():
                config = hf_hub_download(name, file, revision=revision)
    except HFValidationError as error:
        raise ValueError(
            f"{model} is neither a folder on this machine nor a name on the hub, such "
            "as 'owner/model'."
        ) from error
    except RevisionNotFoundError as error:
        raise ValueError(
            f"{model} has no revision={revision!r}. Name a branch, tag or commit that "
            "the hub lists for it."
        ) from error
    except RepositoryNotFoundError as error:
        raise ValueError(
            f"{model} is neither a folder on this machine nor a model that the hub "
            "shows to you. Look it up on the hub: the owner's name belongs to it, "
            "and a private model needs a login (hf auth login)."
        ) from error
    except RemoteEntryNotFoundError as error:
        raise ValueError(
            f"{model} has no config.json on the hub: it is no model for transformers."
        ) from error
    except Exception as error:
        # Which error stands for a missing network changes with huggingface_hub.
        raise OSError(
            f"{model} (revision={revision!r}) is not on this machine, and the hub "
            "cannot be reached. Name a local folder, or download it once with a "
            f"network. ({_first_line(error)})"
        ) from error
    return Path(config).parent.name
