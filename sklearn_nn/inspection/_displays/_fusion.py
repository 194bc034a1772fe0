"""What each base adds to a late fusion."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from sklearn_nn.inspection._displays._axes import (
    named_rows,
    no_figure_left,
    panels_for,
    plain,
    root_figure,
)
from sklearn_nn.inspection._displays._parts import part_with

NAMES = {
    "accuracy": "accuracy",
    "f1_macro": "macro F1",
    "f1_weighted": "weighted F1",
    "log_loss": "log loss",
}


class FusionDisplay:
    """How good each base of a late fusion is alone, and what it adds to the others.

    On the left, its score on rows that it was not fitted on. On the right, by how
    much the log loss of all bases together rises without it: little means that the
    others know the same, not that it is bad.

    Parameters
    ----------
    scores : dict of str to float
        Name of a base -> its score, out of fold.
    rises : dict of str to float
        Name of a base -> rise of the log loss without it, in nats a row.
    answered : dict of str to float, default=None
        Name of a base -> share of the rows that it answers; told if below one.
    metric : str, default="accuracy"
        What the scores are.

    Attributes
    ----------
    bars_ : list of matplotlib.container.BarContainer
        Those of the scores, and those of the rises.
    text_ : list of list of matplotlib.text.Annotation
        The numbers at their ends.
    axes_ : ndarray of matplotlib.axes.Axes of shape (2,)
        The two panels.
    ax_ : matplotlib.axes.Axes
        What was drawn on; it bounds the panels.
    figure_ : matplotlib.figure.Figure
        The figure.

    See Also
    --------
    sklearn_nn.ensemble.LateFusionClassifier : What is drawn here.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn_nn.datasets import make_product_listings
    >>> from sklearn_nn.ensemble import LateFusionClassifier
    >>> from sklearn_nn.inspection import FusionDisplay
    >>> from sklearn_nn.svm import TfidfLinearSVC
    >>> shop = make_product_listings(200, n_classes=3, image_size=8, random_state=0)
    >>> X = {"title": shop.data[:, 0], "pixels": shop.images.reshape(200, -1) / 255}
    >>> fusion = LateFusionClassifier(
    ...     estimators=[
    ...         ("text", TfidfLinearSVC(), "title"),
    ...         ("image", LogisticRegression(C=0.01), "pixels"),
    ...     ],
    ...     cv=2,
    ...     random_state=0,
    ... ).fit(X, shop.target)
    >>> display = FusionDisplay.from_estimator(fusion)
    >>> [len(bars) for bars in display.bars_], sorted(display.scores)
    ([2, 2], ['image', 'text'])
    """

    def __init__(
        self,
        *,
        scores: Mapping[str, float],
        rises: Mapping[str, float],
        answered: Mapping[str, float] | None = None,
        metric: str = "accuracy",
    ):
        self.scores = scores
        self.rises = rises
        self.answered = answered
        self.metric = metric

    @classmethod
    def from_estimator(
        cls, estimator: Any, *, metric: str = "accuracy", ax: Any = None
    ) -> "FusionDisplay":
        """Draw what a fit found out about the bases.

        Parameters
        ----------
        estimator : LateFusionClassifier
            Fitted; or a pipeline or search with one.
        metric : {"accuracy", "f1_macro", "f1_weighted", "log_loss"}, \
                default="accuracy"
            The score on the left.
        ax : matplotlib.axes.Axes or array-like of two, default=None
            As of `plot`.

        Returns
        -------
        display : FusionDisplay
            What was drawn.

        Raises
        ------
        ValueError
            If the estimator is no fusion, or the metric is unknown.
        sklearn.exceptions.NotFittedError
            If it is not fitted.
        """
        fusion, _ = part_with(
            estimator,
            "modality_scores_",
            cls.__name__,
            "bases to compare (modality_scores_)",
            "Give a fitted LateFusionClassifier.",
        )
        if metric not in NAMES:
            raise ValueError(
                f"metric must be one of {', '.join(NAMES)}. Got {metric!r} instead."
            )
        found = fusion.modality_scores_
        display = cls(
            scores={name: scores[metric] for name, scores in found.items()},
            rises=dict(fusion.ablation_),
            answered={name: scores["answered"] for name, scores in found.items()},
            metric=metric,
        )
        return display.plot(ax)

    @no_figure_left()
    def plot(self, ax: Any = None) -> "FusionDisplay":
        """Draw the bars; a number that is not finite is told, but has none.

        Parameters
        ----------
        ax : matplotlib.axes.Axes or array-like of two, default=None
            Where to draw: one axes, which is divided in two, or one for each panel.
            None makes a new figure.

        Returns
        -------
        self : object
            The display.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If `scores` and `rises` are not of the same bases.
        """
        names = list(self.scores)
        if not names or set(names) != set(self.rises):
            raise ValueError(
                "scores and rises must be of the same bases, one or more. Got "
                f"{names} and {list(self.rises)}."
            )
        size = 6.4, max(2.4, 0.34 * len(names) + 1.2)
        self.ax_, panels = panels_for(
            ax, type(self).__name__, (1, 2), gap=(0, 0.1), figsize=size
        )
        self.axes_ = panels.ravel()
        answered = self.answered or {}
        labels = [
            name
            if answered.get(name, 1.0) > 0.9995
            else f"{name}\n({100 * answered[name]:.3g} % of rows)"
            for name in names
        ]
        metric = NAMES.get(self.metric, plain(self.metric))
        drawn = (
            (self.scores, f"{metric} alone,\nout of fold", ".3f"),
            (self.rises, "rise of log loss\nwithout it", "+.3f"),
        )
        self.bars_, self.text_ = [], []
        for place, (values, title, style) in enumerate(drawn):
            panel = self.axes_[place]
            told = np.array([values[n] for n in names], dtype=np.float64)
            widths = np.where(np.isfinite(told), told, 0.0)
            bars = panel.barh(range(len(names)), widths, color=f"C{place}")
            self.bars_.append(bars)
            written = [format(value, style) for value in told.tolist()]
            self.text_.append(panel.bar_label(bars, written, padding=3, size="small"))
            panel.axvline(0, color="0.6", linewidth=1)
            # Room for the numbers beside the longest bars.
            low, high = widths.min(initial=0), widths.max(initial=0)
            room = 0.7 * (high - low)
            panel.set_xlim(low - room * (low < 0), high + room or 1)
            panel.set_xlabel(title)
            named_rows(panel, labels)
        self.axes_[1].set_yticklabels([])
        self.figure_ = root_figure(self.ax_)
        return self
