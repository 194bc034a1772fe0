"""An image with a heat map over it."""

from typing import Any

import numpy as np

from ._displays._axes import axes_for, root_figure
from ._explain_image import explain_image
from ._explanation import ImageExplanation
from ._plotting import scale_of, surround, title_of

# Bright, to be seen on black as on white: signed, and from zero on.
COLOURS = ("#2b8cff", "white", "#ff2a1f"), ("white", "#ff6a00")


class SaliencyDisplay:
    """An image with a heat map over it, of an explanation.

    Make it with :meth:`from_estimator` or :meth:`from_explanation`.

    Parameters
    ----------
    image : array-like of shape (height, width) or (height, width, channels)
        The image; grey if it has one channel.
    heat_map : array-like of float of shape (height, width)
        How much each pixel counts.
    title : str, default=None
        What to write above.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        What was drawn on.
    figure_ : matplotlib.figure.Figure
        Its figure.
    image_, heat_map_ : matplotlib.image.AxesImage
        What was drawn.
    colorbar_ : matplotlib.colorbar.Colorbar or None
        The legend of the colours.

    Raises
    ------
    ValueError
        If the heat map does not have the height and width of the image.

    See Also
    --------
    explain_image : Weigh the pixels of images.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn_nn.inspection import SaliencyDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> model = LogisticRegression().fit(X / 16, y)
    >>> display = SaliencyDisplay.from_estimator(model, X[0] / 16, method="occlusion")
    >>> display.ax_.get_title()
    'occlusion: 0 (0.99)'
    """

    def __init__(self, image: Any, heat_map: Any, *, title: Any = None):
        self.image = np.asarray(image)
        self.heat_map = np.asarray(heat_map, dtype=np.float64)
        self.title = title
        has_axes = self.image.ndim in (2, 3) and self.heat_map.ndim == 2
        if not has_axes or self.image.shape[:2] != self.heat_map.shape:
            raise ValueError(
                "SaliencyDisplay needs an image of shape (height, width) or (height, "
                "width, channels) and a heat map of shape (height, width). Got shapes "
                f"{self.image.shape} and {self.heat_map.shape}."
            )

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        image: Any,
        *,
        method: str = "grad_cam",
        target: Any = None,
        ax: Any = None,
        explain_options: dict[str, Any] | None = None,
        **options: Any,
    ) -> "SaliencyDisplay":
        """Explain one image and draw it.

        Parameters
        ----------
        estimator : classifier
            Fitted, on images.
        image : array-like, path or PIL image
            One row of what the estimator takes: an array of shape (height, width) or
            (height, width, channels), or of the flat rows of `fit`.
        method : str, default="grad_cam"
            See :func:`explain_image`.
        target : label, default=None
            The class to explain; None is the predicted one.
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a new figure.
        explain_options : dict, default=None
            What else :func:`explain_image` takes, such as ``window``.
        **options : dict
            What else :meth:`plot` takes.

        Returns
        -------
        SaliencyDisplay
            Drawn.

        Raises
        ------
        ImportError
            If matplotlib or captum is not installed.
        """
        (explanation,) = explain_image(
            estimator, [image], method=method, target=target, **(explain_options or {})
        )
        return cls.from_explanation(explanation, ax=ax, **options)

    @classmethod
    def from_explanation(
        cls, explanation: ImageExplanation, *, ax: Any = None, **options: Any
    ) -> "SaliencyDisplay":
        """Draw an explanation of an image.

        Parameters
        ----------
        explanation : ImageExplanation
            One of those that :func:`explain_image` returns.
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a new figure.
        **options : dict
            What else :meth:`plot` takes.

        Returns
        -------
        SaliencyDisplay
            Drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        display = cls(
            explanation.image,
            explanation.heat_map,
            title=title_of(explanation, 16),
        )
        return display.plot(ax=ax, **options)

    def plot(
        self,
        ax: Any = None,
        *,
        cmap: Any = None,
        vmax: float | None = None,
        alpha: float = 0.9,
        colorbar: bool = True,
    ) -> "SaliencyDisplay":
        """Draw the heat map over the image in grey.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a new figure.
        cmap : str or matplotlib.colors.Colormap, default=None
            Colours; None is red for weights above zero and blue below it, or orange
            where none is below zero. Those of its ends are laid over the image.
        vmax : float, default=None
            The weight of the strongest colour; None is the largest absolute weight.
            Give the same to displays that are to be compared.
        alpha : float, default=0.9
            How opaque the largest weight is; smaller ones are so in proportion.
        colorbar : bool, default=True
            Whether to add a legend of the colours.

        Returns
        -------
        SaliencyDisplay
            Itself, with ``ax_`` and ``figure_``.

        Raises
        ------
        ValueError
            If `vmax` is not above zero.
        ImportError
            If matplotlib is not installed.
        """
        scale = scale_of(self.heat_map, "SaliencyDisplay", cmap or COLOURS, vmax)
        ax = axes_for(ax, "SaliencyDisplay", figsize=(4.8, 4.0))
        self.ax_ = ax
        self.figure_ = root_figure(ax)
        self.image_ = ax.imshow(_grey(self.image), cmap="gray")
        largest = scale.norm.vmax
        colours = scale.to_rgba(np.sign(self.heat_map) * largest)
        colours[..., 3] = alpha * np.clip(np.abs(self.heat_map) / largest, 0, 1)
        self.heat_map_ = ax.imshow(colours)
        surround(self, scale, colorbar=colorbar, pad=0.03)
        ax.set(xticks=[], yticks=[])
        return self


def _grey(image: np.ndarray) -> np.ndarray:
    """Return how bright an image is, since colours are for the weights."""
    if image.ndim == 2:
        return image
    channels = image[..., :3] if image.shape[2] > 3 else image
    if channels.shape[2] == 3:
        return channels @ np.array([0.299, 0.587, 0.114])
    return channels.mean(axis=2)
