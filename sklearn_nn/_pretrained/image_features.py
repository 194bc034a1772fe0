"""Features of images, out of a backbone of timm that stays as it is."""

from collections.abc import Iterator

import numpy as np
import torch

from sklearn_nn._training.device import resolve_device
from sklearn_nn._training.seeding import private_seed
from sklearn_nn.modules.timm_backbone import TimmBackbone

from .cache import Path
from .frozen import loaded, outputs_of
from .known import each_once, row_keys
from .picture_rows import PictureRows
from .pictures import content_of
from .places import Name, revision_of
from .precision import encoder_precision
from .timm_hub import digest, is_timm_name, spec_of

_CPU = torch.device("cpu")


def image_features(
    images: np.ndarray,
    *,
    weights: str,
    model_name: Name,
    revision: str | None = None,
    pretrained: bool = True,
    image_size: int | None = None,
    batch_size: int = 32,
    n_jobs: int | None = None,
    device: str = "auto",
    precision: str = "auto",
    cache: Path | None = None,
    verbose: int = 0,
    caller: str = "This estimator",
) -> np.ndarray:
    """Compute one vector for every image, unless it is known already.

    Parameters
    ----------
    images : ndarray
        As :func:`~sklearn_nn._pictures.check_images` returns them.
    weights : str
        What :func:`~sklearn_nn._pretrained.timm_hub.weights_of` gave in the fit.
    model_name : str or path-like
        A name in timm, a name on the hub, or a folder.
    revision : str, default=None
        Branch, tag or commit on the hub.
    pretrained : bool, default=True
        Whether the weights are not random.
    image_size : int, default=None
        Side of the images; None is the backbone's own.
    batch_size : int, default=32
        Images read at a time.
    n_jobs : int, default=None
        Processes that read them.
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
    features : ndarray of float32 of shape (n_images, n_features)
        In the order of the images.

    Raises
    ------
    ImportError, OSError, ValueError
        If the backbone cannot be had, the weights of the fit are no longer there, or
        an image cannot be read.
    MemoryError
        If a batch does not fit.
    RuntimeError
        If the device is missing, or the file cannot be used.
    """
    place = _revision(weights, model_name, revision, pretrained, caller)
    spec = spec_of(model_name, place, pretrained, image_size)
    where = resolve_device(device)
    how = encoder_precision(precision, where)
    # Architectures may share their weights: the random ones of a seed do.
    made_of = weights, "" if pretrained else spec.architecture, spec.mean, spec.std
    space = ("image", *made_of, *spec.framing, str(how.autocast or how.dtype))

    def compute(groups: list[list[int]]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        backbone = load_frozen(
            weights=weights,
            model_name=model_name,
            revision=revision,
            pretrained=pretrained,
            image_size=image_size,
            device=device,
            precision=precision,
            caller=caller,
        )
        new = images
        if len(groups) < len(images):
            new = images[np.array([rows[0] for rows in groups])]
        rows = PictureRows(new, where, spec.framing, n_jobs=n_jobs)
        cure = f"{caller} ran out of memory. Lower batch_size={batch_size}."
        return outputs_of(backbone, rows, rows.in_order(batch_size), how, cure)

    return each_once(
        row_keys(space, map(content_of, images)),
        spec.width,
        compute,
        cache=cache,
        unit="image",
        caller=caller,
        verbose=verbose,
    )


def load_frozen(
    *,
    weights: str,
    model_name: Name,
    revision: str | None,
    pretrained: bool,
    image_size: int | None,
    device: str = "auto",
    precision: str = "auto",
    caller: str = "This estimator",
) -> TimmBackbone:
    """Load a backbone that nobody will change, or take it from those used last.

    Parameters
    ----------
    weights, model_name, revision, pretrained, image_size, device, precision, caller
        As in :func:`image_features`.

    Returns
    -------
    backbone : TimmBackbone
        Shared: leave it as it is.

    Raises
    ------
    ImportError, OSError, ValueError
        If the backbone cannot be had, or the weights of the fit are no longer there.
    RuntimeError
        If the device is missing.
    """
    place = _revision(weights, model_name, revision, pretrained, caller)
    spec = spec_of(model_name, place, pretrained, image_size)
    where = resolve_device(device)
    dtype = encoder_precision(precision, where).dtype

    def load() -> TimmBackbone:
        seed = 0 if pretrained else int(weights.split()[1])
        with private_seed(seed, _CPU):
            backbone = TimmBackbone(model_name, place, pretrained, image_size)
        if not pretrained and digest(backbone.model) != weights.split()[2]:
            raise ValueError(
                f"{caller} was fitted with random weights that this version of torch "
                "or timm does not draw again. Fit again, or go back to the versions "
                "of the fit."
            )
        return backbone.to(where, dtype).eval()

    return loaded((weights, spec, where, dtype), load)


def _revision(
    weights: str,
    model_name: Name,
    revision: str | None,
    pretrained: bool,
    caller: str,
) -> str | None:
    """Return the revision of the fit."""
    if pretrained == weights.startswith("random"):
        raise ValueError(
            f"The 'pretrained' parameter of {caller} has changed since fit: it is "
            f"{pretrained} now. Set it back, or fit a clone."
        )
    if pretrained and is_timm_name(model_name):
        return weights
    if pretrained:
        return revision_of(weights, model_name, revision, caller)
    return revision
