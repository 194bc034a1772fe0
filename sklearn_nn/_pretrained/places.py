"""Where pretrained weights lie: in a folder, or on the hub under a commit."""

import hashlib
import importlib.util
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path

from .quiet import quiet

Name = str | os.PathLike

WITHOUT_WEIGHTS: ContextVar[bool] = ContextVar("without_weights", default=False)
_HASHED = (".json", ".txt", ".model", ".safetensors", ".bin")


@contextmanager
def without_weights() -> Iterator[None]:
    """Let backbones in the block start at random: their weights come from a file."""
    token = WITHOUT_WEIGHTS.set(True)
    try:
        yield
    finally:
        WITHOUT_WEIGHTS.reset(token)


def fingerprint(model_name: Name, revision: str | None = None) -> str:
    """Identify the weights.

    Parameters
    ----------
    model_name : str or path-like
        Name on the hub, or a folder.
    revision : str, default=None
        Branch, tag or commit on the hub; None is the copy on this machine.

    Returns
    -------
    fingerprint : str
        The commit of a model on the hub; of a folder, the SHA-256 of its
        configuration, tokenizer and weights.
    """
    folder = folder_of(model_name)
    if folder is None:
        return commit_of(model_name, revision)
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
        As in :func:`fingerprint`.
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
    folder = folder_of(model_name)
    if not is_of_folder(weights):
        if folder is None:
            return weights
        if folder.name == weights:
            # The hub's copies on this machine are named by their commits.
            return None
        found = f"it is a folder now, and they are commit {weights} on the hub"
    elif folder is None:
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


def is_of_folder(weights: str) -> bool:
    """Tell whether :func:`fingerprint` identified a folder, not a commit."""
    return len(weights) == hashlib.sha256().digest_size * 2


def check_torchvision() -> None:
    """Refuse a torchvision that fails: timm and transformers would fail with it.

    Raises
    ------
    ImportError
        If there is one, built for another torch.
    """
    try:
        import torchvision  # noqa: F401
    except ImportError:
        return
    except RuntimeError as error:
        raise ImportError(
            "torchvision was built for another torch than this one, and fails when it "
            "is imported. Install both anew from the same place, with pip install "
            "--force-reinstall torch torchvision; texts alone work without it, after "
            f"pip uninstall torchvision. ({first_line(error)})"
        ) from error


def folder_of(model_name: Name) -> Path | None:
    """Return the folder that a name means, if there is one."""
    folder = Path(model_name).expanduser()
    return folder.resolve() if folder.is_dir() else None


def first_line(error: Exception) -> str:
    """Return what an error says, in short."""
    return str(error).strip().partition("\n")[0].rstrip(".")


def _check_hub() -> None:
    if importlib.util.find_spec("huggingface_hub") is None:
        raise ImportError(
            "Pretrained weights come by huggingface_hub. Install it with: "
            "pip install sklearn_nn[transformers] for texts, sklearn_nn[vision] for "
            "images"
        )


def commit_of(model_name: Name, revision: str | None) -> str:
    """Find the commit of a model: of the copy on this machine, or else on the hub."""
    _check_hub()
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
        if not isinstance(config, str) and WITHOUT_WEIGHTS.get():
            # What a file names is not asked for: the file may be anybody's.
            raise OSError("A model that is loaded from a file asks no hub")
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
            f"{model} has no config.json on the hub: it is no model for transformers "
            "or timm."
        ) from error
    except Exception as error:
        # Which error stands for a missing network changes with huggingface_hub.
        raise OSError(
            f"{model} (revision={revision!r}) is not on this machine, and the hub "
            "cannot be reached. Name a local folder, or download it once with a "
            f"network. ({first_line(error)})"
        ) from error
    return Path(config).parent.name
