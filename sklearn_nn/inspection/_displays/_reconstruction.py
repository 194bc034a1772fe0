"""Rows above what an autoencoder makes of them."""

import math
from collections.abc import Sequence
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import _num_samples, check_is_fitted

from sklearn_nn.inspection._displays._axes import (
    letters,
    no_figure_left,
    panels_for,
    plain,
    root_figure,
)
from sklearn_nn.inspection._displays._parts import check_refitted

ERRORS = {"mse": "mean squared error", "bce": "binary cross-entropy"}


class ReconstructionDisplay:
    """Originals above their reconstructions, with the error under each.

    Parameters
    ----------
    originals : array-like of shape (n, n_features), (n, height, width) \
            or (n, height, width, channels)
        Images or signals.
    reconstructions : array-like of the same number of values
        What was rebuilt of them, flattened or not.
    errors : array-like of float of shape (n,)
        How far each is from its original.
    image_shape : tuple of int, default=None
        ``(height, width)`` or ``(height, width, channels)`` of an image, with one,
        three or four channels; ``(length,)`` or ``(1, length, channels)`` of a
        signal. None takes the shape of the originals; flattened ones are square
        images, or, if that is impossible, signals.
    error_name : str, default="mean squared error"
        What the errors are.

    Attributes
    ----------
    axes_ : ndarray of matplotlib.axes.Axes of shape (2, n)
        A panel for each picture.
    artists_ : ndarray of object of shape (2, n)
        The images (AxesImage), or the lists of lines (Line2D) of signals.
    text_ : list of matplotlib.text.Text
        The errors.
    ax_ : matplotlib.axes.Axes
        What was drawn on; it bounds the panels.
    figure_ : matplotlib.figure.Figure
        The figure.

    See Also
    --------
    LatentSpaceDisplay : Where the latents lie.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_nn.inspection import ReconstructionDisplay
    >>> from sklearn_nn.neural_network import AutoencoderTransformer
    >>> X = load_digits().data / 16
    >>> model = AutoencoderTransformer(n_components=12, max_epochs=5, random_state=0)
    >>> display = ReconstructionDisplay.from_estimator(model.fit(X), X, n=5)
    >>> display.axes_.shape, display.artists_[0, 0].get_array().shape
    ((2, 5), (8, 8))
    """

    def __init__(
        self,
        *,
        originals: Any,
        reconstructions: Any,
        errors: Any,
        image_shape: tuple[int, ...] | None = None,
        error_name: str = "mean squared error",
    ):
        self.originals = originals
        self.reconstructions = reconstructions
        self.errors = errors
        self.image_shape = image_shape
        self.error_name = error_name

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        *,
        n: int = 8,
        image_shape: tuple[int, ...] | None = None,
        ax: Any = None,
        **plot_kw: Any,
    ) -> "ReconstructionDisplay":
        """Draw what an autoencoder makes of the first rows.

        Parameters
        ----------
        estimator : transformer
            Fitted, with `inverse_transform`: `AutoencoderTransformer`,
            `SequentialAutoencoder`, a pipeline with one, or PCA for comparison. The
            error is the estimator's own (`reconstruction_error`), or else the mean
            squared error.
        X : array-like of shape (n_samples, ...)
            Images or signals, flattened or not.
        n : int, default=8
            How many rows to draw, from the first one.
        image_shape : tuple of int, default=None
            As of the class; None takes that of X, or that of the estimator.
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a new figure.
        **plot_kw : dict
            For `plot`.

        Returns
        -------
        display : ReconstructionDisplay
            What was drawn.

        Raises
        ------
        TypeError
            If the estimator rebuilds nothing.
        ValueError
            If the rows are no pictures.
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        """
        name = type(estimator).__name__
        check_refitted(estimator)
        if not hasattr(estimator, "inverse_transform"):
            raise TypeError(
                f"{name} has no inverse_transform: it rebuilds nothing. Give an "
                "AutoencoderTransformer, or a pipeline whose steps can all go back."
            )
        check_is_fitted(estimator)
        if getattr(estimator, "inputs", None) == "token_ids":
            raise ValueError(
                f"{name} rebuilds token ids, which are no picture. Compare X with "
                "inverse_transform(transform(X)) as texts."
            )
        if not isinstance(n, Integral) or n < 1:
            raise ValueError(f"n must be an int of one or more. Got {n!r} instead.")
        rows = _safe_indexing(X, np.arange(min(n, _num_samples(X))))
        originals = rows.toarray() if hasattr(rows, "toarray") else np.asarray(rows)
        if originals.dtype.kind not in "biuf":
            raise TypeError(
                f"X holds {originals.dtype.name}, which is no picture. Give what the "
                "autoencoder itself reads, and it without the steps before."
            )
        rebuilt = np.asarray(estimator.inverse_transform(estimator.transform(rows)))
        if hasattr(estimator, "reconstruction_error"):
            errors = estimator.reconstruction_error(rows)
            error_name = ERRORS.get(getattr(estimator, "loss", ""), "error")
        else:
            gaps = originals.reshape(len(rebuilt), -1) - rebuilt.reshape(
                len(rebuilt), -1
            )
            errors, error_name = (gaps**2).mean(axis=1), ERRORS["mse"]
        if image_shape is None:
            image_shape = _own_shape(estimator, originals[0].size)
        display = cls(
            originals=originals,
            reconstructions=rebuilt,
            errors=errors,
            image_shape=image_shape,
            error_name=error_name,
        )
        return display.plot(ax, **plot_kw)

    @no_figure_left()
    def plot(self, ax: Any = None, *, cmap: Any = "gray") -> "ReconstructionDisplay":
        """Draw the pictures.

        All share one range of values, that of the originals: 0 to 1 or 0 to 255 if
        they lie within.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw: it is divided among the pictures. None makes a new figure.
        cmap : str or matplotlib.colors.Colormap, default="gray"
            Colours of images with one channel.

        Returns
        -------
        self : object
            The display.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If the shapes do not fit.
        """
        rows = [np.asarray(self.originals), np.asarray(self.reconstructions)]
        shape = self._shape(*rows)
        n = len(rows[0])
        rows = [row.reshape(n, *shape).astype(np.float64) for row in rows]
        width = max(6.4, 0.55 * n)
        is_image = len(shape) == 3
        tall = shape[0] / shape[1] if is_image else 1.5
        size = width, float(np.clip(2 * tall * width / n + 0.8, 1.8, 9))
        self.ax_, self.axes_ = panels_for(
            ax, type(self).__name__, (2, n), gap=(0.02, 0.1 / n), figsize=size
        )
        low, high = _range(rows[0])
        self.artists_ = np.empty((2, n), dtype=object)
        for (i, j), panel in np.ndenumerate(self.axes_):
            panel.set(xticks=[], yticks=[])
            if is_image:
                # Both rows towards the middle, where the axes are too high.
                panel.set_anchor("NS"[i == 0])
                image = rows[i][j]
                if shape[-1] == 1:
                    image = image[..., 0]
                else:
                    image = (image.clip(low, high) - low) / ((high - low) or 1)
                scale = {"cmap": cmap, "vmin": low, "vmax": high}
                self.artists_[i, j] = panel.imshow(image, **scale)
                panel.spines[:].set_visible(False)
            else:
                self.artists_[i, j] = panel.plot(rows[i][j])
                margin = 0.05 * (high - low) or 1
                panel.set_ylim(low - margin, high + margin)
        for panel, label in zip(self.axes_[:, 0], ("original", "rebuilt"), strict=True):
            panel.set_ylabel(label, rotation=0, ha="right", va="center")
        fontsize = letters(self.axes_[0, 0], 1, along="x", width=4.0)
        self.text_ = []
        for panel, error in zip(self.axes_[1], np.asarray(self.errors), strict=True):
            panel.set_xlabel(f"{error:.2g}", fontsize=fontsize)
            self.text_.append(panel.xaxis.label)
        self.ax_.annotate(
            f"{plain(self.error_name)} of each",
            (0.5, 0),
            xycoords=(self.ax_.transAxes, self.text_[0]),
            xytext=(0, -4),
            textcoords="offset points",
            ha="center",
            va="top",
        )
        self.figure_ = root_figure(self.ax_)
        return self

    def _shape(self, originals: np.ndarray, rebuilt: np.ndarray) -> tuple[int, ...]:
        """Return (height, width, channels) of images, (length, channels) of signals."""
        n = len(originals)
        if not n or originals.ndim < 2 or originals.size != rebuilt.size:
            raise ValueError(
                "originals and reconstructions must hold the same rows, one or more. "
                f"Got the shapes {originals.shape} and {rebuilt.shape}."
            )
        if np.shape(self.errors) != (n,):
            raise ValueError(
                f"errors must hold one number for each of the {n} rows. Got the shape "
                f"{np.shape(self.errors)}."
            )
        n_values = originals[0].size
        shape = self.image_shape
        if shape is None:
            shape = originals.shape[1:]
            side = math.isqrt(n_values)
            if len(shape) == 1 and side * side == n_values:
                shape = side, side
        if not isinstance(shape, Sequence | np.ndarray) or not all(
            isinstance(side, Integral) and side > 0 for side in shape
        ):
            raise ValueError(
                "image_shape must be a tuple of ints of one or more, such as (28, 28) "
                f"or (28, 28, 3). Got {shape!r}."
            )
        shape = tuple(int(side) for side in shape)
        if math.prod(shape) != n_values:
            raise ValueError(
                f"image_shape={shape} makes {math.prod(shape)} values, but a row has "
                f"{n_values}. Give the height and width, and the channels, of a row."
            )
        if len(shape) == 1:
            return *shape, 1
        shape = (*shape, 1)[:3]
        if shape[0] == 1:
            return shape[1:]
        if shape[-1] not in (1, 3, 4):
            raise ValueError(
                f"A row of the shape {shape} has {shape[-1]} channels; a picture has "
                "1, 3 or 4, and they come last. Give those to draw, such as "
                "X[..., :3]; for a signal, image_shape=(1, length, channels)."
            )
        return shape


def _own_shape(estimator: Any, n_values: int) -> tuple[int, ...] | None:
    """Return the shape of an image that the last step was fitted on, if it is this."""
    while hasattr(estimator, "steps"):
        estimator = estimator.steps[-1][1]
    shape = getattr(estimator, "image_shape_", None)
    if shape is None or math.prod(shape) != n_values:
        return None
    # Of a signal, (length, channels).
    return (1, *shape)[-3:]


def _range(originals: np.ndarray) -> tuple[float, float]:
    known = originals[np.isfinite(originals)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    for least, most in ((0.0, 1.0), (0.0, 255.0)):
        if least <= low and high <= most:
            return least, most
    return low, high
