"""How classifiers read an image: what heat maps need."""

import math
from abc import ABC, abstractmethod
from functools import cached_property
from numbers import Integral
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from sklearn_nn._classifier import NeuralClassifier
from sklearn_nn._pictures import check_images
from sklearn_nn._pretrained.image_features import load_frozen
from sklearn_nn._pretrained.picture_rows import PictureRows
from sklearn_nn._pretrained.pictures import Framing
from sklearn_nn.neural_network import TimmClassifier
from sklearn_nn.neural_network._images import ImageEstimator

from ._explained_model import described, taken_apart
from ._module_twins import Probabilities, Stacked, module_of, twin_of

EVERY = slice(None)
Shape = tuple[int, ...]


class ImageReader(ABC):
    """A classifier and the images that it gets.

    Parameters
    ----------
    estimator : classifier
        What is explained.
    images : sequence
        Its input.
    image_shape : tuple of int or None
        Shape of an image, where the input is flattened.

    Attributes
    ----------
    inputs : Tensor of shape (n_images, channels, height, width)
        What is altered, or differentiated by.
    shown : ndarray of shape (n_images, height, width) or (n_images, height, width, \
channels)
        The same, to be looked at.
    """

    inputs: Tensor
    shown: np.ndarray

    @abstractmethod
    def probabilities(self, x: Tensor) -> Tensor:
        """Map inputs to probabilities, (n, n_classes)."""

    @cached_property
    def module(self) -> Any:
        """The twin of the network's module, which maps inputs to logits."""
        raise NotImplementedError

    def baseline(self, value: float | None) -> Tensor:
        """Return an input that holds nothing."""
        return torch.full_like(self.inputs[:1], 0.0 if value is None else value)


class AnyImageReader(ImageReader):
    """Any classifier, asked for probabilities only."""

    def __init__(self, estimator: Any, images: Any, image_shape: Shape | None):
        self.estimator = estimator
        X = _array(images)
        self._row, self._dtype = X.shape[1:], X.dtype
        self._like = images
        self.shown = X
        if X.ndim == 2:
            self.shown = X.reshape(len(X), *_shape(X.shape[1], image_shape))
        self.inputs = _channels_first(self.shown)

    def probabilities(self, x: Tensor) -> Tensor:
        """Map inputs to probabilities, (n, n_classes)."""
        rows: Any = x.movedim(1, -1).reshape(len(x), *self._row).numpy()
        rows = _framed(rows.astype(self._dtype), self._like)
        return torch.from_numpy(self.estimator.predict_proba(rows))

    def baseline(self, value: float | None) -> Tensor:
        """Return an input that holds nothing, if the images can."""
        if value is not None and self._dtype.kind in "biu":
            least, most = _range(self._dtype)
            if value != int(value) or not least <= value <= most:
                raise ValueError(
                    f"baseline={value} is no value of images of {self._dtype}. Give an "
                    f"integer from {least} to {most}, or images of floats."
                )
        return super().baseline(value)


class NetReader(ImageReader):
    """A network of this package behind any steps."""

    @abstractmethod
    def _module(self) -> nn.Module:
        """Return what maps inputs to logits."""

    @cached_property
    def module(self) -> Any:
        """The twin of the network's module, which maps inputs to logits."""
        return twin_of(self._module())

    def probabilities(self, x: Tensor) -> Tensor:
        """Map inputs to probabilities, (n, n_classes)."""
        return Probabilities(self.module)(x)


class ConvolutionalReader(NetReader):
    """A :class:`CNNClassifier`."""

    def __init__(self, steps: list[Any], net: Any, images: Any):
        if net.ndim != 2:
            raise ValueError(
                f"explain_image explains images, but this {type(net).__name__} reads "
                f"signals (ndim={net.ndim})."
            )
        self.net = net
        _, device, _ = module_of(net.net_)
        X = net._check_X(_transformed(steps, images), reset=False)
        self.inputs = net._rows(X, net.net_.dtype, device).take(EVERY)
        self.shown = X.reshape(len(X), *net.image_shape_)
        if net.image_shape_[-1] == 1:
            self.shown = self.shown[..., 0]

    def _module(self) -> nn.Module:
        return module_of(self.net.net_)[0]


class BackboneReader(NetReader):
    """A :class:`TimmClassifier`, frozen or fine-tuned."""

    def __init__(self, steps: list[Any], net: Any, images: Any):
        self.net = net
        module, device, _ = module_of(net.net_)
        X = check_images(_transformed(steps, images), caller=type(net).__name__)
        pixels = PictureRows(X, device, Framing._make(net._framing_)).take(EVERY)
        self.shown = pixels.movedim(1, -1).cpu().numpy()
        self.inputs = pixels.to(next(module.parameters()).dtype)

    def _module(self) -> nn.Module:
        net = self.net
        module, _, _ = module_of(net.net_)
        if not net._frozen_:
            return module
        backbone = load_frozen(
            weights=net.weights_,
            model_name=net.model_name,
            revision=net.revision,
            pretrained=net.pretrained,
            image_size=net.image_size,
            device=net.net_.device,
            precision=net.precision,
            caller=type(net).__name__,
        )
        return Stacked(backbone, module)

    def baseline(self, value: float | None) -> Tensor:
        """Return an input that holds nothing: the mean colour of the pretraining."""
        if value is not None:
            return super().baseline(value)
        mean = self.module.backbone.mean
        return mean.to(self.inputs).expand_as(self.inputs[:1]).contiguous()


class FlatReader(NetReader):
    """A network of numbers, whose columns are pixels."""

    def __init__(
        self, net: Any, transformed: Any, images: Any, image_shape: Shape | None
    ):
        self.net = net
        X = net._check_X(transformed, reset=False)
        # What a step of the pipeline flattens has a shape of its own.
        if image_shape is None and len(np.shape(images)) in (3, 4):
            image_shape = np.shape(images)[1:]
        X = X.toarray() if hasattr(X, "toarray") else X
        _, device, dtype = module_of(net.net_)
        self.shown = X.reshape(len(X), *_shape(X.shape[1], image_shape))
        self.inputs = _channels_first(self.shown).to(device, dtype)

    def _module(self) -> nn.Module:
        return nn.Sequential(_Flat(), module_of(self.net.net_)[0])


class _Flat(nn.Module):
    """Images to rows of numbers, channels last, as they came."""

    def forward(self, x: Tensor) -> Tensor:
        return x.movedim(1, -1).flatten(1)


def net_reader(
    estimator: Any, images: Any, image_shape: Shape | None
) -> NetReader | None:
    """Find the network of this package in a classifier, and how it reads images.

    Parameters
    ----------
    estimator : classifier
        What is explained.
    images : sequence
        Its input.
    image_shape : tuple of int or None
        Shape of an image, where the input is flattened.

    Returns
    -------
    reader : NetReader or None
        None if there is none that reads pixels.
    """
    steps, last = taken_apart(estimator)
    if isinstance(last, TimmClassifier):
        return BackboneReader(steps, last, images)
    if isinstance(last, ImageEstimator):
        return ConvolutionalReader(steps, last, images)
    is_of_numbers = isinstance(last, NeuralClassifier) and not (
        hasattr(last, "vocabulary_size_") or hasattr(last, "model_name")
    )
    if is_of_numbers and all(map(_keeps_pixels_apart, steps)):
        transformed = _transformed(steps, images)
        # A function may make other numbers of the pixels: how many there are tells.
        if not steps or _n_values(transformed) == _n_values(images):
            return FlatReader(last, transformed, images, image_shape)
    return None


def last_feature_maps(module: nn.Module, x: Tensor, estimator: Any) -> nn.Module:
    """Find the layer that gives the last feature maps of convolutions.

    It is what follows the last convolution (normalisation, activation, the sum with a
    shortcut) as long as the maps keep their size.

    Parameters
    ----------
    module : nn.Module
        Any module.
    x : Tensor of shape (1, channels, height, width)
        An input.
    estimator : classifier
        Whose module it is, for the message.

    Returns
    -------
    layer : nn.Module

    Raises
    ------
    ValueError
        If there is none: no convolution, or only one that cuts the image into patches.
    """
    seen: list[tuple[nn.Module, Shape]] = []

    def note(layer: nn.Module, _: Any, output: Any) -> None:
        if isinstance(output, Tensor):
            seen.append((layer, tuple(output.shape)))

    hooks = [part.register_forward_hook(note) for part in module.modules()]
    try:
        with torch.inference_mode():
            module(x)
    finally:
        for hook in hooks:
            hook.remove()
    found = [
        i
        for i, (layer, shape) in enumerate(seen)
        if isinstance(layer, nn.Conv2d) and not _cuts_patches(layer)
        # What weighs channels convolves a single pixel.
        if len(shape) == 4 and math.prod(shape[2:]) > 1
    ]
    if not found:
        raise ValueError(
            f"method='grad_cam' does not fit this {described(estimator)}: it needs "
            "convolutions over the image. method='integrated_gradients' and "
            "method='occlusion' do without."
        )
    shape = seen[found[-1]][1]
    return [layer for layer, other in seen[found[-1] :] if other == shape][-1]


def _cuts_patches(layer: nn.Conv2d) -> bool:
    return layer.stride == layer.kernel_size and layer.kernel_size != (1, 1)


def _keeps_pixels_apart(step: Any) -> bool:
    """Say whether a step alters columns one by one: a scaler, or most functions."""
    from sklearn.base import OneToOneFeatureMixin
    from sklearn.preprocessing import FunctionTransformer

    return isinstance(step, OneToOneFeatureMixin | FunctionTransformer)


def _n_values(images: Any) -> int:
    return math.prod(np.shape(images)[1:])


def _framed(rows: np.ndarray, like: Any) -> Any:
    """Make a frame of rows, if they were cut from one: its columns have names."""
    if hasattr(like, "schema"):
        return type(like)(rows, schema=like.schema, orient="row")
    if hasattr(like, "columns"):
        return type(like)(rows, columns=like.columns)
    return rows


def _range(dtype: np.dtype) -> tuple[int, int]:
    """Return the least and the largest integer."""
    if dtype.kind == "b":
        return 0, 1
    limits = np.iinfo(dtype)
    return int(limits.min), int(limits.max)


def _transformed(steps: list[Any], images: Any) -> Any:
    for step in steps:
        images = step.transform(images)
    return images


def _array(images: Any) -> np.ndarray:
    X = np.asarray(images)
    if X.dtype.kind not in "biuf" or X.ndim not in (2, 3, 4):
        raise ValueError(
            "explain_image expects numbers of shape (n_images, height, width), "
            "(n_images, height, width, channels) or, flattened, (n_images, n_pixels); "
            f"got {X.dtype} of shape {X.shape}."
        )
    return X


def _shape(n_values: int, image_shape: Shape | None) -> Shape:
    if image_shape is not None:
        are_sides = all(isinstance(n, Integral) and n > 0 for n in image_shape)
        if (
            not are_sides
            or len(image_shape) not in (2, 3)
            or math.prod(image_shape) != n_values
        ):
            raise ValueError(
                f"image_shape={tuple(image_shape)} does not match rows of {n_values} "
                "pixels. Give (height, width) or (height, width, channels)."
            )
        return tuple(image_shape)
    side = math.isqrt(n_values)
    if side**2 != n_values:
        raise ValueError(
            f"Rows of {n_values} pixels are no square images: give "
            "image_shape=(height, width) or (height, width, channels)."
        )
    return side, side


def _channels_first(images: np.ndarray) -> Tensor:
    x = torch.from_numpy(images.astype(np.float64))
    return x.unsqueeze(1) if x.ndim == 3 else x.movedim(-1, 1).contiguous()
