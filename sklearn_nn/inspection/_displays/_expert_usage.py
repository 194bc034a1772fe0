"""Which experts answer for which classes."""

from typing import Any

import numpy as np
from sklearn.utils import column_or_1d
from sklearn.utils.validation import check_array, check_consistent_length

from sklearn_nn._texts import _is_missing
from sklearn_nn.inspection._displays._axes import (
    axes_for,
    colour_bar,
    letters,
    named_rows,
    no_figure_left,
    root_figure,
    shortened,
    without_colour_bar,
)
from sklearn_nn.inspection._displays._parts import part_with


class ExpertUsageDisplay:
    """Heat map of how much each expert counts for the rows of each class.

    A mixture whose experts have specialised shows bright cells, a router that has
    collapsed one bright column.

    Parameters
    ----------
    usage : array-like of float of shape (n_classes, n_experts)
        Mean weight of the experts over the rows of a class, such as the attribute
        `expert_usage_` of a classifier; NaN for a class without rows.
    display_labels : array-like of shape (n_classes,), default=None
        Names of the classes; None counts them from zero.

    Attributes
    ----------
    im_ : matplotlib.image.AxesImage
        The heat map, classes down and experts across.
    text_ : ndarray of matplotlib.text.Text of shape (n_classes, n_experts) or None
        The numbers in the cells.
    ax_ : matplotlib.axes.Axes
        What was drawn on.
    figure_ : matplotlib.figure.Figure
        The figure.

    References
    ----------
    Jacobs, Jordan, Nowlan & Hinton (1991). Adaptive mixtures of local experts. Neural
    Computation 3, 79-87.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.preprocessing import scale
    >>> from sklearn_nn.inspection import ExpertUsageDisplay
    >>> from sklearn_nn.neural_network import MoEClassifier
    >>> iris = load_iris()
    >>> X, y = scale(iris.data), iris.target_names[iris.target]
    >>> model = MoEClassifier(n_experts=4, max_epochs=3, random_state=0).fit(X, y)
    >>> display = ExpertUsageDisplay.from_estimator(model, X, y)
    >>> display.usage.shape
    (3, 4)
    """

    def __init__(self, *, usage: Any, display_labels: Any = None):
        self.usage = usage
        self.display_labels = display_labels

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any,
        *,
        sample_weight: Any = None,
        display_labels: Any = None,
        ax: Any = None,
        **plot_kw: Any,
    ) -> "ExpertUsageDisplay":
        """Draw which experts a classifier asks for the rows of each class.

        Parameters
        ----------
        estimator : classifier
            Fitted, with experts: `MoEClassifier`, `TransformerClassifier` or
            `TimmClassifier` with ``head="moe"``, or a pipeline or search with one.
        X : {array-like, sparse matrix} of shape (n_samples, ...)
            Rows.
        y : array-like of shape (n_samples,)
            Their true classes.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.
        display_labels : array-like of shape (n_classes,), default=None
            Names of the classes in the order of `classes_`; None takes these.
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a new figure.
        **plot_kw : dict
            For `plot`.

        Returns
        -------
        display : ExpertUsageDisplay
            What was drawn.

        Raises
        ------
        ValueError
            If the estimator has no experts or no classes, or `y` others.
        sklearn.exceptions.NotFittedError
            If it is not fitted.
        """
        network, prepare = part_with(
            estimator,
            "gate",
            cls.__name__,
            "experts (no method gate)",
            "Give a MoEClassifier, or a TransformerClassifier or TimmClassifier with "
            "head='moe'.",
        )
        classes = getattr(estimator, "classes_", None)
        if classes is None:
            raise ValueError(
                f"{type(estimator).__name__} has no classes to compare its experts "
                "by. Group the rows yourself: ExpertUsageDisplay.from_predictions("
                "model.gate(X), groups)."
            )
        return cls.from_predictions(
            network.gate(prepare(X)),
            y,
            labels=classes,
            sample_weight=sample_weight,
            display_labels=display_labels,
            ax=ax,
            **plot_kw,
        )

    @classmethod
    def from_predictions(
        cls,
        gate: Any,
        y: Any,
        *,
        labels: Any = None,
        sample_weight: Any = None,
        display_labels: Any = None,
        ax: Any = None,
        **plot_kw: Any,
    ) -> "ExpertUsageDisplay":
        """Draw the weights that experts had, by class or any other group of rows.

        Parameters
        ----------
        gate : array-like of float of shape (n_samples, n_experts)
            Weights of the experts, as the method `gate` returns them. Each row is
            divided by its sum: the weight of a single expert is a probability.
        y : array-like of shape (n_samples,)
            Class or group of each row.
        labels : array-like of shape (n_classes,), default=None
            The classes to draw, in order; None takes those of `y`, sorted.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.
        display_labels : array-like of shape (n_classes,), default=None
            Names of the classes; None takes `labels`.
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a new figure.
        **plot_kw : dict
            For `plot`.

        Returns
        -------
        display : ExpertUsageDisplay
            What was drawn.

        Raises
        ------
        ValueError
            If the shapes do not fit, `y` holds a class that is not in `labels` or a
            missing one, `labels` holds one twice, or a weight is negative.
        """
        gate = check_array(gate, dtype=np.float64, input_name="gate")
        y = column_or_1d(y)
        check_consistent_length(gate, y, sample_weight)
        missing = np.array([_is_missing(label) for label in y.tolist()])
        labels = np.unique(y[~missing]) if labels is None else column_or_1d(labels)
        names, counts = np.unique(labels, return_counts=True)
        if (counts > 1).any():
            raise ValueError(
                f"labels holds {names.tolist()[counts.argmax()]!r} twice. Give each "
                "class once."
            )
        unknown = missing | ~np.isin(y, labels)
        if unknown.any():
            row = int(unknown.argmax())
            raise ValueError(
                f"Row {row} of y is {y.tolist()[row]!r}, which is not among the "
                f"classes {labels.tolist()}. Leave such rows out."
            )
        total = gate.sum(axis=1, keepdims=True)
        _refuse("gate", gate.min(axis=1) < 0, "holds a negative weight")
        _refuse("gate", total[:, 0] == 0, "asks no expert: its sum is 0")
        weight = np.ones(len(y)) if sample_weight is None else sample_weight
        weight = check_array(
            weight, dtype=np.float64, ensure_2d=False, input_name="sample_weight"
        )
        _refuse("sample_weight", weight < 0, "is negative")
        of_class = (y[:, np.newaxis] == labels) * weight[:, np.newaxis]
        with np.errstate(invalid="ignore"):
            usage = of_class.T @ (gate / total) / of_class.sum(axis=0)[:, np.newaxis]
        names = labels if display_labels is None else display_labels
        return cls(usage=usage, display_labels=names).plot(ax, **plot_kw)

    @no_figure_left()
    def plot(
        self,
        ax: Any = None,
        *,
        include_values: bool = True,
        values_format: str = ".2f",
        cmap: Any = "viridis",
        colorbar: bool = True,
    ) -> "ExpertUsageDisplay":
        """Draw the heat map.

        Drawn again on the same axes, it covers the former one.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a new figure.
        include_values : bool, default=True
            Whether to write the numbers into the cells.
        values_format : str, default=".2f"
            How.
        cmap : str or matplotlib.colors.Colormap, default="viridis"
            The colours.
        colorbar : bool, default=True
            Whether to draw their key.

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
        usage = np.asarray(self.usage, dtype=np.float64)
        if usage.ndim != 2 or not usage.size:
            raise ValueError(
                "usage must be of shape (n_classes, n_experts). Got "
                f"{usage.shape}; of a regressor, give usage[np.newaxis]."
            )
        labels = self.display_labels
        labels = list(range(len(usage)) if labels is None else labels)
        if len(labels) != len(usage):
            raise ValueError(
                f"display_labels has {len(labels)} names, but usage has {len(usage)} "
                "rows, one a class. Give a name for each."
            )
        names = max(len(shortened(label)) for label in labels)
        size = (
            max(6.4, 1.8 + 0.07 * names + 0.42 * usage.shape[1]),
            max(4.8, 1 + 0.2 * len(usage)),
        )
        self.ax_ = ax = axes_for(ax, type(self).__name__, figsize=size)
        without_colour_bar(self, ax)
        former: Any = getattr(self, "text_", None)
        for text in [] if former is None else former.flat:
            if text.axes is ax:
                text.remove()
        self.im_ = ax.imshow(
            usage, cmap=cmap, vmin=0, vmax=np.nanmax(usage, initial=0), aspect="auto"
        )
        if colorbar:
            colour_bar(self, self.im_, "mean weight of the expert")
        # A class without rows stays blank, on grey.
        ax.set_facecolor("0.85")
        named_rows(ax, labels)
        ax.set_ylim(len(usage) - 0.5, -0.5)
        n_experts = usage.shape[1]
        fontsize = letters(ax, n_experts, along="x", width=1.5)
        ax.set_xticks(range(n_experts), range(n_experts), fontsize=fontsize)
        ax.set(xlabel="expert", ylabel="class")
        self.text_ = self._values(usage, values_format) if include_values else None
        self.figure_ = root_figure(ax)
        return self

    def _values(self, usage: np.ndarray, values_format: str) -> np.ndarray:
        texts = np.empty(usage.shape, dtype=object)
        widest = max(len(format(value, values_format)) for value in usage.flat)
        size = min(
            letters(self.ax_, usage.shape[0]),
            letters(self.ax_, usage.shape[1], along="x", width=0.6 * widest),
        )
        ends = self.im_.cmap(1.0), self.im_.cmap(0)
        middle = self.im_.norm.vmax / 2
        for (i, j), value in np.ndenumerate(usage):
            texts[i, j] = self.ax_.text(
                j,
                i,
                "" if np.isnan(value) else format(value, values_format),
                color=ends[int(value > middle)],
                fontsize=size,
                ha="center",
                va="center",
            )
        return texts


def _refuse(name: str, wrong: np.ndarray, why: str) -> None:
    if wrong.any():
        row = int(wrong.argmax())
        raise ValueError(f"Row {row} of {name} {why}. Leave such rows out.")
