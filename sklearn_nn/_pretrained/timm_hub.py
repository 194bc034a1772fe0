"""timm's image backbones: which there are, what they read, and their weights."""

import difflib
import hashlib
import json
import logging
import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import torch
from sklearn.utils import check_random_state

from sklearn_nn._training.seeding import private_seed

from .pictures import Framing
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

_WEIGHTS = "model.safetensors"
_FOLDER = "local-dir:"
_CPU = torch.device("cpu")


class Spec(NamedTuple):
    """A backbone, as far as it is known without weights.

    Parameters
    ----------
    place : str
        What timm is asked for: the name of an architecture, or a folder.
    architecture : str
        timm's name of it.
    width : int
        Length of the vector that it makes of an image.
    framing : Framing
        What it reads.
    mean, std : tuple of float
        Of the three colours, from 0 to 1: what images are normalised by.
    """

    place: str
    architecture: str
    width: int
    framing: Framing
    mean: tuple[float, ...]
    std: tuple[float, ...]


def timm() -> Any:
    """Import timm, or say how to install it."""
    check_torchvision()
    try:
        import timm
    except ImportError as error:
        raise ImportError(
            "Image backbones need the packages timm and torchvision. Install them "
            "with: pip install sklearn_nn[vision]"
        ) from error
    return timm


def is_timm_name(model_name: Name) -> bool:
    """Tell whether timm's own list has a name."""
    return timm().is_model(str(model_name))


def spec_of(
    model_name: Name, revision: str | None, pretrained: bool, image_size: int | None
) -> Spec:
    """Describe a backbone.

    Parameters
    ----------
    model_name : str or path-like
        A name in timm, a name on the hub, or a folder.
    revision : str or None
        Branch, tag or commit on the hub.
    pretrained : bool
        Whether its weights will be needed.
    image_size : int or None
        Side of the images; None is the backbone's own.

    Returns
    -------
    spec : Spec

    Raises
    ------
    ImportError
        If timm is not installed.
    OSError
        If the model is not on this machine and the hub cannot be reached.
    ValueError
        If there is no such model, or it does not read images of that size.
    """
    pretrained = pretrained and not WITHOUT_WEIGHTS.get()
    place = _place(model_name, revision, pretrained)
    return _spec(place, _changed(place), str(model_name), image_size)


@lru_cache(maxsize=32)
def _spec(
    place: str, changed: tuple | None, model_name: str, image_size: int | None
) -> Spec:
    with torch.device("meta"):
        model = _created(place, model_name, image_size)
    config = timm().data.resolve_model_data_config(model)
    height, width = config["input_size"][1:]
    if image_size is not None:
        height = width = image_size
    framing = Framing(
        height,
        width,
        config["interpolation"],
        config["crop_pct"],
        config["crop_mode"] == "squash",
    )
    try:
        with torch.inference_mode():
            outputs = model.eval()(torch.empty(1, 3, height, width, device="meta"))
    except Exception as error:
        raise ValueError(
            f"model_name={model_name!r} does not read images of {height} x {width} "
            f"pixels. Set image_size=None, or another one. ({first_line(error)})"
        ) from error
    if getattr(outputs, "ndim", 0) != 2:
        raise ValueError(
            f"model_name={model_name!r} makes no single vector of an image. Name a "
            "backbone that classifies images."
        )
    mean, std = (_of_colours(config[name]) for name in ("mean", "std"))
    if len(mean) != 3 or len(std) != 3 or min(std) <= 0 or not 0 < framing.crop <= 1:
        raise ValueError(
            f"model_name={model_name!r} has a configuration that cannot be: "
            f"mean={mean}, std={std}, crop_pct={framing.crop}. Mend its config.json."
        )
    architecture = model.pretrained_cfg["architecture"]
    return Spec(place, architecture, outputs.shape[1], framing, mean, std)


def _changed(place: str) -> tuple | None:
    """Tell when the configuration of a folder was changed."""
    file = _config_file(place)
    if file is None:
        return None
    found = file.stat()
    return found.st_mtime_ns, found.st_size


def _of_colours(numbers: Sequence[float]) -> tuple[float, ...]:
    # What was made for grey images reads colours by the same numbers.
    return tuple(numbers) * (3 if len(numbers) == 1 else 1)


def load_backbone(
    model_name: Name, revision: str | None, pretrained: bool, image_size: int | None
) -> Any:
    """Build a backbone without its classifier.

    Parameters
    ----------
    model_name, revision, pretrained, image_size
        As in :func:`spec_of`.

    Returns
    -------
    backbone : torch.nn.Module
        With its pretrained weights, or drawn from torch's generator.

    Raises
    ------
    ImportError, OSError, ValueError
        As in :func:`spec_of`; or the weights are missing, damaged or another model's.
    """
    pretrained = pretrained and not WITHOUT_WEIGHTS.get()
    place = _place(model_name, revision, pretrained)
    return _created(place, str(model_name), image_size, pretrained)


def weights_of(
    model_name: Name,
    revision: str | None,
    pretrained: bool,
    image_size: int | None,
    random_state: Any,
) -> str:
    """Identify the weights of a backbone.

    Parameters
    ----------
    model_name, revision, pretrained, image_size
        As in :func:`spec_of`.
    random_state : int, RandomState instance or None
        Where the seed of random weights comes from.

    Returns
    -------
    weights : str
        The commit on the hub; a SHA-256 over a folder; or ``"random"``, the seed and a
        SHA-256 over what was drawn.
    """
    if pretrained:
        source = source_of(model_name)
        named = is_timm_name(model_name)
        return (commit_of if named else fingerprint)(source, revision)
    seed = int(check_random_state(random_state).randint(2**31 - 1))
    with private_seed(seed, _CPU):
        backbone = load_backbone(model_name, revision, False, image_size)
    return f"random {seed} {digest(backbone)}"


def digest(backbone: torch.nn.Module) -> str:
    """Return a SHA-256 over the weights of a backbone on the CPU."""
    whole = hashlib.sha256()
    for name, tensor in backbone.state_dict().items():
        whole.update(f"{name}{tuple(tensor.shape)}\0".encode())
        whole.update(tensor.numpy().tobytes())
    return whole.hexdigest()


def source_of(model_name: Name) -> Name:
    """Return the folder or the name on the hub where pretrained weights lie.

    Parameters
    ----------
    model_name : str or path-like
        A name in timm, a name on the hub, or a folder.

    Returns
    -------
    source : str or path-like

    Raises
    ------
    ValueError
        If timm knows no such model, or no weights of it.
    """
    name = str(model_name)
    if not is_timm_name(name):
        if folder_of(model_name) is None and "/" not in name and os.sep not in name:
            close = difflib.get_close_matches(name, timm().list_models(), n=3)
            meant = f", such as {', '.join(close)}" if close else ""
            raise ValueError(
                f"model_name={name!r} is neither a folder on this machine nor a model "
                f"of timm{meant}. timm.list_models() names them all; a name on the "
                "hub has an owner, such as 'timm/resnet50.a1_in1k'."
            )
        return model_name
    config = timm().get_pretrained_cfg(name)
    if config is None or not config.hf_hub_id:
        raise ValueError(
            f"There are no pretrained weights of model_name={name!r}. Set "
            "pretrained=False, or name one of timm.list_models(pretrained=True)."
        )
    return config.hf_hub_id


def _place(model_name: Name, revision: str | None, pretrained: bool) -> str:
    """Return what timm is to build: an architecture, or a folder."""
    name = str(model_name)
    if is_timm_name(name) and not pretrained:
        return name
    source = source_of(model_name)
    # What timm's own names stand for is on the hub, never a folder nearby.
    folder = None if is_timm_name(name) else folder_of(source)
    if folder is None:
        folder = _downloaded(str(source), revision, pretrained)
    if not (folder / "config.json").is_file() or (
        pretrained and not (folder / _WEIGHTS).is_file()
    ):
        raise ValueError(
            f"model_name={name!r} is not complete: it needs config.json and, with "
            f"pretrained=True, {_WEIGHTS}, as timm.models.save_for_hf writes them. "
            "Weights as a pickle are never read."
        )
    return f"{_FOLDER}{folder}"


def _downloaded(name: str, revision: str | None, pretrained: bool) -> Path:
    """Return the folder of the copy of a model on the hub."""
    commit = commit_of(name, revision)
    from huggingface_hub import hf_hub_download

    folder = Path(hf_hub_download(name, "config.json", revision=commit)).parent
    if pretrained and not (folder / _WEIGHTS).is_file():
        try:
            with quiet():
                hf_hub_download(name, _WEIGHTS, revision=commit)
        except Exception as error:
            raise OSError(
                f"model_name={name!r}: {_WEIGHTS} is not on this machine and cannot be "
                f"had from the hub. ({first_line(error)})"
            ) from error
    return folder


def _created(
    place: str, model_name: str, image_size: int | None, pretrained: bool = False
) -> Any:
    options: dict[str, Any] = {"in_chans": 3}
    if not pretrained:
        options["num_classes"] = 0
    logger = logging.getLogger("timm")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        file = _config_file(place)
        config = json.loads(file.read_text(encoding="utf-8")) if file else {}
        _check_arguments(config)
        if image_size is not None and _has_fixed_size(place, config):
            options["img_size"] = image_size
        # With its classifier, or else timm would pass over what does not fit.
        model = timm().create_model(place, pretrained=pretrained, **options)
        if pretrained:
            model.reset_classifier(0)
        return model
    except ImportError:
        raise
    except Exception as error:
        size = "" if image_size is None else f" with image_size={image_size}"
        raise ValueError(
            f"timm cannot build model_name={model_name!r}{size}: {first_line(error)}"
        ) from error
    finally:
        logger.setLevel(level)


def _config_file(place: str) -> Path | None:
    """Return the configuration of a folder; timm has that of its own names."""
    folder = place.removeprefix(_FOLDER)
    return None if folder == place else Path(folder, "config.json")


def _check_arguments(config: dict[str, Any]) -> None:
    """Refuse a configuration that says where weights come from."""
    for name in config.get("model_args") or {}:
        if name.startswith(("pretrained", "checkpoint", "cache")):
            raise ValueError(f"its config.json sets {name!r}")


def _has_fixed_size(place: str, config: dict[str, Any]) -> bool:
    if not config:
        return bool(timm().get_pretrained_cfg(place).fixed_input_size)
    settings = config.get("pretrained_cfg", config)
    return bool(settings.get("fixed_input_size"))
