"""Which pixels of an image speak for a class."""

import math
from numbers import Integral, Real
from typing import Any, Literal

import numpy as np
from scipy.sparse import issparse
from sklearn.utils._param_validation import Interval, StrOptions, validate_params

from ._explained_model import (
    batched_probabilities,
    described,
    fitted_classifier,
    target_codes,
)
from ._explanation import Explanations, ImageExplanation

CALLER = "explain_image"
_POSITIVE = Interval(Integral, 1, None, closed="left")


@validate_params(
    {
        "method": [StrOptions({"grad_cam", "integrated_gradients", "occlusion"})],
        "image_shape": [tuple, list, None],
        "window": [_POSITIVE, None],
        "stride": [_POSITIVE, None],
        "baseline": [Interval(Real, None, None, closed="neither"), None],
        "n_steps": [_POSITIVE],
        "batch_size": [_POSITIVE],
    },
    prefer_skip_nested_validation=False,
)
def explain_image(
    estimator: Any,
    images: Any,
    *,
    method: Literal["grad_cam", "integrated_gradients", "occlusion"] = "grad_cam",
    target: Any = None,
    image_shape: tuple | None = None,
    window: int | None = None,
    stride: int | None = None,
    baseline: float | None = None,
    n_steps: int = 50,
    batch_size: int = 32,
) -> "Explanations[ImageExplanation]":
    """Weigh the pixels of images by what they do for a class.

    Parameters of other methods than the one that is taken are ignored.

    Parameters
    ----------
    estimator : classifier
        Fitted, on images, with ``predict_proba``: one of this package, a pipeline, or
        a search, of which the best model is explained.
    images : array-like
        What the estimator takes: an array of shape (n_images, height, width),
        (n_images, height, width, channels) or, flattened, (n_images, n_pixels), or,
        for `TimmClassifier`, paths and PIL images, too.
    method : {"grad_cam", "integrated_gradients", "occlusion"}, default="grad_cam"
        - ``"grad_cam"``: the last feature maps of the convolutions, weighted by the
          mean gradient of the logit, scaled up to the image [1]_. Never below zero.
          For `CNNClassifier` and for a `TimmClassifier` with convolutions.
        - ``"integrated_gradients"``: the gradient of the probability by the pixels,
          integrated from `baseline` to the image [2]_. For these, and for networks of
          this package on flattened images, alone or behind scalers and
          ``FunctionTransformer``.
        - ``"occlusion"``: how far the probability falls when a square covers the
          pixel, the mean over squares [3]_. For any classifier.
    target : label or array-like of labels, default=None
        The class to explain: one for all images, or one an image. None is the class
        that the model predicts.
    image_shape : tuple of int, default=None
        ``(height, width)`` or ``(height, width, channels)`` of flattened images; None
        takes them for square. Networks for images know it.
    window, stride : int, default=None
        For ``"occlusion"``: side of the square, and how far it moves, in pixels. None
        is a seventh of the shorter side (at least 2), and half of that.
    baseline : float, default=None
        A pixel that holds nothing, for all methods but ``"grad_cam"``. None is 0, or,
        for `TimmClassifier`, the mean colour of what its backbone was trained on.
    n_steps : int, default=50
        Steps of ``"integrated_gradients"`` on the way to the image.
    batch_size : int, default=32
        Images that the model gets at a time.

    Returns
    -------
    explanations : Explanations
        A sequence with an :class:`ImageExplanation` an image, a method ``to_frame()``
        and one to draw them, ``plot(row)``.

    Raises
    ------
    sklearn.exceptions.NotFittedError
        If the estimator is not fitted.
    TypeError
        If it has no ``predict_proba``.
    ValueError
        If there is no image, `target` holds an unknown label, shapes do not match,
        images of integers cannot hold `baseline`, or the method does not fit the
        estimator; the message names those that do.
    ImportError
        If captum is missing (``pip install sklearn_nn[explain]``).

    See Also
    --------
    SaliencyDisplay : Draw an image with its heat map.

    Notes
    -----
    Of a network behind other steps of a pipeline, what reaches the network is shown
    and altered; of other classifiers, what goes into the pipeline. Networks compute in
    the precision of their weights, float32 where they autocast to bfloat16. The network
    and torch's generators stay as they were; as by every prediction, it is set to
    evaluate.

    References
    ----------
    .. [1] R. R. Selvaraju, M. Cogswell, A. Das, R. Vedantam, D. Parikh, D. Batra,
       "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based
       Localization", ICCV, 2017.
    .. [2] M. Sundararajan, A. Taly, Q. Yan, "Axiomatic Attribution for Deep
       Networks", ICML, 2017.
    .. [3] M. D. Zeiler, R. Fergus, "Visualizing and Understanding Convolutional
       Networks", ECCV, 2014.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_nn.inspection import explain_image
    >>> from sklearn_nn.neural_network import CNNClassifier
    >>> digits = load_digits()
    >>> X, y = digits.images / 16, digits.target
    >>> model = CNNClassifier(lr=0.005, max_epochs=3, random_state=0).fit(X, y)
    >>> (explanation,) = explain_image(model, X[:1], method="integrated_gradients")
    >>> explanation.target, explanation.heat_map.shape
    (0, (8, 8))
    >>> explanation.to_frame().columns.tolist()
    ['y', 'x', 'weight']
    """
    model = fitted_classifier(estimator, CALLER)
    images = _checked_images(images, model)
    probabilities = batched_probabilities(model, images, batch_size)
    classes = np.asarray(model.classes_)
    codes = target_codes(target, model, images, batch_size)
    shown, heat_maps = _heat_maps(
        model,
        images,
        codes,
        method=method,
        image_shape=None if image_shape is None else tuple(image_shape),
        window=window,
        stride=stride,
        baseline=baseline,
        n_steps=n_steps,
        batch_size=batch_size,
    )
    return Explanations(
        [
            ImageExplanation(
                image=image,
                heat_map=heat_map,
                target=classes.tolist()[code],
                probability=float(of_classes[code]),
                method=method,
                classes=classes,
            )
            for image, heat_map, code, of_classes in zip(
                shown, heat_maps, codes, probabilities, strict=True
            )
        ]
    )


def _checked_images(images: Any, model: Any) -> Any:
    """Return the images, dense, if there are some and not a single one."""
    if issparse(images):
        images = images.toarray()
    is_single = isinstance(images, str | bytes)
    if is_single or not hasattr(images, "__len__") or len(images) == 0:
        got = f" Wrap one image in a list: [{images!r}]." if is_single else ""
        raise ValueError(f"{CALLER} needs a sequence of at least one image.{got}")
    n_values = getattr(model, "n_features_in_", None)
    shape: tuple[int, ...] = getattr(images, "shape", ())
    if len(shape) > 1 and shape[0] > 1 and n_values == math.prod(shape):
        raise ValueError(
            f"images of shape {tuple(shape)} are a single image of the {n_values} "
            "values that the model takes, not a sequence of them. Pass "
            "images[np.newaxis]."
        )
    return images


def _heat_maps(
    model: Any,
    images: Any,
    codes: list[int],
    *,
    method: str,
    image_shape: tuple[int, ...] | None,
    window: int | None,
    stride: int | None,
    baseline: float | None,
    n_steps: int,
    batch_size: int,
) -> tuple[np.ndarray, np.ndarray]:
    from ._image_methods import grad_cam, integrated_gradients, occlusion
    from ._image_readers import AnyImageReader, net_reader

    reader = net_reader(model, images, image_shape)
    if method == "occlusion":
        any_reader = reader or AnyImageReader(model, images, image_shape)
        return any_reader.shown, occlusion(
            any_reader, codes, baseline, window, stride, batch_size
        )
    if reader is None:
        raise ValueError(
            f"method={method!r} does not fit this {described(model)}: it is for "
            "networks of sklearn_nn that read pixels, alone or behind steps that keep "
            "the pixels apart: scalers and FunctionTransformer. method='occlusion' "
            "fits every classifier of images."
        )
    if method == "grad_cam":
        return reader.shown, grad_cam(reader, codes, model, batch_size)
    return reader.shown, integrated_gradients(
        reader, codes, baseline, n_steps, batch_size
    )
