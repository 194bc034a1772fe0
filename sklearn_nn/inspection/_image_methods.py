"""Heat maps by captum, for what reads images."""

from typing import Any

import numpy as np
import torch

from ._explained_model import explain_package
from ._image_readers import ImageReader, last_feature_maps
from ._module_twins import Probabilities


def grad_cam(
    reader: ImageReader, codes: list[int], estimator: Any, batch_size: int
) -> np.ndarray:
    """Weigh the last feature maps by the mean gradient of the logit (Grad-CAM).

    Parameters
    ----------
    reader : ImageReader
        The images and the network.
    codes : list of int
        The class to explain, of each image.
    estimator : classifier
        What is explained, for messages.
    batch_size : int
        Images at a time.

    Returns
    -------
    heat_maps : ndarray of shape (n_images, height, width)
        Not negative; in the size of the images.

    References
    ----------
    Selvaraju et al. (2017). Grad-CAM: visual explanations from deep networks via
    gradient-based localization. ICCV.
    """
    attr = _captum("grad_cam")
    layer = last_feature_maps(reader.module, reader.inputs[:1], estimator)
    cam = attr.LayerGradCam(reader.module, layer)
    sides = tuple(reader.inputs.shape[2:])
    maps = []
    for start in range(0, len(codes), batch_size):
        part = slice(start, start + batch_size)
        # The weights may be set to take no gradient; the images then do.
        x = reader.inputs[part].detach().clone().requires_grad_()
        found = cam.attribute(x, target=codes[part], relu_attributions=True)
        found = attr.LayerAttribution.interpolate(found, sides, "bilinear")
        maps.append(found[:, 0].detach().cpu().numpy())
    return np.concatenate(maps).astype(np.float64)


def integrated_gradients(
    reader: ImageReader,
    codes: list[int],
    baseline: float | None,
    n_steps: int,
    batch_size: int,
) -> np.ndarray:
    """Integrate the gradient of the probability on the way to the image.

    Parameters
    ----------
    reader, codes
        As in :func:`grad_cam`.
    baseline : float or None
        The pixel to start from; None is the reader's.
    n_steps : int
        Steps on the way.
    batch_size : int
        Of these at a time.

    Returns
    -------
    heat_maps : ndarray of shape (n_images, height, width)
        Summed over the channels.
    """
    attr = _captum("integrated_gradients")
    paths = attr.IntegratedGradients(Probabilities(reader.module))
    start = reader.baseline(baseline)
    maps = [
        paths.attribute(
            x[None],
            baselines=start,
            target=code,
            n_steps=n_steps,
            internal_batch_size=batch_size,
        )
        for x, code in zip(reader.inputs, codes, strict=True)
    ]
    return torch.cat(maps).sum(1).detach().cpu().double().numpy()


def occlusion(
    reader: ImageReader,
    codes: list[int],
    baseline: float | None,
    window: int | None,
    stride: int | None,
    batch_size: int,
) -> np.ndarray:
    """Weigh each pixel by how far the probability falls when a square covers it.

    Parameters
    ----------
    reader, codes
        As in :func:`grad_cam`.
    baseline : float or None
        The pixel of the square; None is the reader's.
    window, stride : int or None
        Side of the square and how far it moves; None is a seventh of the shorter side
        of the image, at least two pixels, and half of that.
    batch_size : int
        Images with a square that are looked at together.

    Returns
    -------
    heat_maps : ndarray of shape (n_images, height, width)
        The mean over the squares that cover a pixel.

    Raises
    ------
    ValueError
        If the square is larger than the image, or moves by more than its side.
    """
    attr = _captum("occlusion")
    n_channels, height, width = reader.inputs.shape[1:]
    shorter = min(height, width)
    side = window or min(max(shorter // 7, 2), shorter)
    step = stride or max(side // 2, 1)
    if side > shorter or step > side:
        raise ValueError(
            f"window={side} and stride={step} do not suit images of {height} by "
            f"{width} pixels: the window must fit in, and move by its side at most."
        )
    squares = attr.Occlusion(reader.probabilities)
    cover = reader.baseline(baseline)
    maps = [
        squares.attribute(
            x[None],
            sliding_window_shapes=(n_channels, side, side),
            strides=(n_channels, step, step),
            baselines=cover,
            target=code,
            perturbations_per_eval=batch_size,
        )
        for x, code in zip(reader.inputs, codes, strict=True)
    ]
    # A square covers all channels, so that their weights are equal.
    return torch.cat(maps)[:, 0].detach().cpu().double().numpy()


def _captum(method: str) -> Any:
    return explain_package("captum.attr", f'method="{method}"')
