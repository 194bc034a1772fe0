"""The loss at ever higher learning rates."""

from typing import Any

import numpy as np

from sklearn_nn.inspection._displays._axes import axes_for, no_figure_left, root_figure


class LearningRateDisplay:
    """The loss at ever higher learning rates, the stable window and the suggestion.

    Parameters
    ----------
    lr : array-like of float of shape (n_steps,)
        Learning rates, one for each batch.
    loss : array-like of float of shape (n_steps,)
        Training loss of these batches.
    smoothed_loss : array-like of float of shape (n_steps,)
        The same, smoothed.
    stable_window : tuple of two floats, default=None
        Learning rates between which the loss falls.
    suggestion : float, default=None
        The learning rate to take.

    Attributes
    ----------
    lines_ : list of matplotlib.lines.Line2D
        The loss of the batches, and the smoothed one.
    window_ : matplotlib.patches.Polygon or Rectangle, or None
        The stable window.
    suggestion_ : matplotlib.lines.Line2D or None
        The suggestion.
    ax_ : matplotlib.axes.Axes
        What was drawn on.
    figure_ : matplotlib.figure.Figure
        The figure.

    See Also
    --------
    sklearn_nn.model_selection.find_learning_rate : How the curve is found.

    References
    ----------
    L. N. Smith, "Cyclical Learning Rates for Training Neural Networks", Winter
    Conference on Applications of Computer Vision, 2017.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_nn.inspection import LearningRateDisplay
    >>> from sklearn_nn.neural_network import MLPClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> model = MLPClassifier(random_state=0)
    >>> display = LearningRateDisplay.from_estimator(model, X / 16, y)
    >>> 1e-3 < display.suggestion < 2e-2
    True
    """

    def __init__(
        self,
        *,
        lr: Any,
        loss: Any,
        smoothed_loss: Any,
        stable_window: tuple[float, float] | None = None,
        suggestion: float | None = None,
    ):
        self.lr = lr
        self.loss = loss
        self.smoothed_loss = smoothed_loss
        self.stable_window = stable_window
        self.suggestion = suggestion

    @classmethod
    def from_curve(cls, curve: Any, *, ax: Any = None) -> "LearningRateDisplay":
        """Draw a curve that is there already.

        Parameters
        ----------
        curve : LearningRateCurve
            As :func:`sklearn_nn.model_selection.find_learning_rate` returns it.
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        display : LearningRateDisplay
            What was drawn.

        Raises
        ------
        TypeError
            If `curve` is something else.
        """
        names = ("lr", "loss", "smoothed_loss", "stable_window", "suggestion")
        if not all(hasattr(curve, name) for name in names):
            raise TypeError(
                "curve must be what find_learning_rate returns. Got a "
                f"{type(curve).__name__}; for an estimator there is from_estimator."
            )
        return cls(**{name: getattr(curve, name) for name in names}).plot(ax)

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any = None,
        *,
        lr_min: float = 1e-6,
        lr_max: float = 1.0,
        n_steps: int = 100,
        ax: Any = None,
        **fit_params: Any,
    ) -> "LearningRateDisplay":
        """Search the learning rate of an estimator, and draw what was found.

        Parameters
        ----------
        estimator : estimator
            A network of this package, or a pipeline with one. It is not touched.
        X : {array-like, sparse matrix, list} of shape (n_samples, ...)
            Training rows.
        y : array-like of shape (n_samples,), default=None
            Their targets.
        lr_min, lr_max : float, default=1e-6 and 1.0
            The first and the last learning rate.
        n_steps : int, default=100
            Number of learning rates.
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a new figure.
        **fit_params : dict
            What else `fit` is to get.

        Returns
        -------
        display : LearningRateDisplay
            What was drawn.

        Raises
        ------
        TypeError
            If the estimator does not hold exactly one network.
        ValueError
            If the data or the bounds are unusable.
        """
        from sklearn_nn.model_selection import find_learning_rate

        bounds: dict[str, Any] = {"lr_min": lr_min, "lr_max": lr_max}
        curve = find_learning_rate(
            estimator, X, y, n_steps=n_steps, **bounds, **fit_params
        )
        return cls.from_curve(curve, ax=ax)

    @no_figure_left()
    def plot(self, ax: Any = None) -> "LearningRateDisplay":
        """Draw the curve, without the losses that are not finite.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        self : object
            The display.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If the arrays are of different lengths, empty, or without a finite loss.
        """
        lr, loss, smoothed = (
            np.asarray(values, dtype=np.float64)
            for values in (self.lr, self.loss, self.smoothed_loss)
        )
        if not lr.size or not lr.shape == loss.shape == smoothed.shape == (lr.size,):
            raise ValueError(
                "lr, loss and smoothed_loss must be of one length, one or more. Got "
                f"the shapes {lr.shape}, {loss.shape} and {smoothed.shape}."
            )
        loss, smoothed = (
            np.where(np.isfinite(values), values, np.nan) for values in (loss, smoothed)
        )
        if np.isnan(loss).all() or np.isnan(smoothed).all():
            raise ValueError(
                "loss and smoothed_loss must hold a finite number each. Search again "
                "with a lower lr_min, and X scaled."
            )
        self.ax_ = ax = axes_for(ax, type(self).__name__)
        self.lines_ = [
            *ax.semilogx(lr, loss, color="0.75", label="loss of a batch"),
            *ax.semilogx(lr, smoothed, color="C0", label="smoothed"),
        ]
        self.window_ = self.suggestion_ = None
        if self.stable_window is not None:
            self.window_ = ax.axvspan(
                *self.stable_window, color="C0", alpha=0.1, label="stable window"
            )
        if self.suggestion is not None:
            label = f"suggestion: {self.suggestion:.2g}"
            self.suggestion_ = ax.axvline(
                self.suggestion, color="C1", linestyle="--", label=label
            )
        ax.set(xlabel="learning rate", ylabel="training loss")
        low, high = min(0.0, np.nanmin(loss)), np.nanmax(smoothed)
        ax.set_ylim(low, high + 0.1 * (high - low) or 1.0)
        ax.legend()
        self.figure_ = root_figure(ax)
        return self
