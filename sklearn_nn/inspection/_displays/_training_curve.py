"""Losses and scores by epoch."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sklearn_nn.inspection._displays._axes import (
    axes_for,
    colours,
    legend_for,
    no_figure_left,
    panels_for,
    plain,
    root_figure,
    shortened,
    styled,
)
from sklearn_nn.inspection._displays._parts import part_with

UNITS = {
    "loss": "loss",
    "acc": "accuracy",
    "f1": "F1",
    "lr": "learning rate",
    "dur": "time of an epoch, seconds",
}
STYLES = {"train_": "-", "valid_": "--"}
ROLES = {"train_": "training", "valid_": "validation"}
RING = {"marker": "o", "markersize": 9, "markerfacecolor": "none"}


class TrainingCurveDisplay:
    """Losses and scores by epoch, of one training or of several.

    Training is solid and validation dashed, in one colour for each run. A ring marks
    the epoch that early stopping restored.

    Parameters
    ----------
    histories : dict of str to list of dict
        Name of a run -> its epochs, as the attribute `history_` of a network holds
        them: a dict with ``epoch`` and, say, ``train_loss`` and ``valid_loss``.
    best_epochs : dict of str to int or None, default=None
        Name of a run -> the epoch to mark.
    metrics : str or list of str, default=None
        What to draw: ``"loss"`` stands for ``train_loss`` and ``valid_loss``,
        ``"acc"`` for ``valid_acc``; any other key of an epoch is drawn as it is. Each
        has a panel. None is the loss.

    Attributes
    ----------
    lines_ : list of matplotlib.lines.Line2D
        The curves, by panel, then by run.
    best_ : list of matplotlib.lines.Line2D
        The rings.
    axes_ : ndarray of matplotlib.axes.Axes of shape (n_metrics,)
        The panels.
    ax_ : matplotlib.axes.Axes
        What was drawn on; with several metrics, what bounds the panels.
    figure_ : matplotlib.figure.Figure
        The figure.

    See Also
    --------
    LearningRateDisplay : Which learning rate to train with.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_nn.inspection import TrainingCurveDisplay
    >>> from sklearn_nn.neural_network import MLPClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> runs = {
    ...     f"lr={lr}": MLPClassifier(lr=lr, max_epochs=5, random_state=0).fit(X, y)
    ...     for lr in (0.001, 0.01)
    ... }
    >>> display = TrainingCurveDisplay.from_estimators(runs)
    >>> [line.get_label() for line in display.lines_]
    ['lr=0.001, training loss', 'lr=0.01, training loss']
    """

    def __init__(
        self,
        *,
        histories: Mapping[str, Sequence[Mapping[str, Any]]],
        best_epochs: Mapping[str, int | None] | None = None,
        metrics: str | Sequence[str] | None = None,
    ):
        self.histories = histories
        self.best_epochs = best_epochs
        self.metrics = metrics

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        *,
        metrics: str | Sequence[str] | None = None,
        name: str | None = None,
        ax: Any = None,
        line_kw: dict[str, Any] | None = None,
    ) -> "TrainingCurveDisplay":
        """Draw the training of one estimator.

        Parameters
        ----------
        estimator : estimator
            A fitted network of this package, a pipeline with one (the last counts),
            or a search that has refitted one.
        metrics : str or list of str, default=None
            As of the class.
        name : str, default=None
            What the run is called; None takes the name of the network's class.
        ax : matplotlib.axes.Axes or array-like of them, default=None
            As of `plot`.
        line_kw : dict, default=None
            As of `plot`.

        Returns
        -------
        display : TrainingCurveDisplay
            What was drawn.

        Raises
        ------
        ValueError
            If there is no history, or none of that metric.
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        """
        network = _network(estimator)
        name = type(network).__name__ if name is None else name
        runs = {name: estimator}
        return cls.from_estimators(runs, metrics=metrics, ax=ax, line_kw=line_kw)

    @classmethod
    def from_estimators(
        cls,
        estimators: Mapping[str, Any],
        *,
        metrics: str | Sequence[str] | None = None,
        ax: Any = None,
        line_kw: dict[str, Any] | None = None,
    ) -> "TrainingCurveDisplay":
        """Draw the trainings of several estimators, one over the other.

        Parameters
        ----------
        estimators : dict of str to estimator
            Name of a run -> an estimator as `from_estimator` takes it.
        metrics : str or list of str, default=None
            As of the class.
        ax : matplotlib.axes.Axes or array-like of them, default=None
            As of `plot`.
        line_kw : dict, default=None
            As of `plot`.

        Returns
        -------
        display : TrainingCurveDisplay
            What was drawn.

        Raises
        ------
        TypeError
            If `estimators` is no dict.
        ValueError
            If there is no history, or none of that metric.
        sklearn.exceptions.NotFittedError
            If an estimator is not fitted.
        """
        if not isinstance(estimators, Mapping):
            raise TypeError(
                "from_estimators takes a dict of name -> estimator. Got a "
                f"{type(estimators).__name__}; name the runs, or use from_estimator."
            )
        networks = {name: _network(given) for name, given in estimators.items()}
        display = cls(
            histories={name: found.history_ for name, found in networks.items()},
            best_epochs={
                name: getattr(found, "best_epoch_", None)
                for name, found in networks.items()
            },
            metrics=metrics,
        )
        return display.plot(ax, line_kw=line_kw)

    @no_figure_left()
    def plot(
        self, ax: Any = None, *, line_kw: dict[str, Any] | None = None
    ) -> "TrainingCurveDisplay":
        """Draw the curves.

        Parameters
        ----------
        ax : matplotlib.axes.Axes or array-like of them, default=None
            Where to draw: one axes, which several metrics divide among them, or one
            for each. None makes a new figure.
        line_kw : dict, default=None
            What else ``Axes.plot`` is to get for the curves, such as ``{"lw": 1}``.

        Returns
        -------
        self : object
            The display.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        TypeError
            If `histories` is no dict of lists of dicts.
        ValueError
            If there is no run, an empty one, or none with a metric.
        """
        metrics = self._metrics()
        caller = type(self).__name__
        if len(metrics) == 1 and not isinstance(ax, list | tuple | np.ndarray):
            self.ax_ = axes_for(ax, caller)
            axes = np.array([self.ax_], dtype=object)
        else:
            shape = len(metrics), 1
            self.ax_, axes = panels_for(ax, caller, shape, gap=(0.08, 0))
        self.axes_ = axes.ravel()
        self.lines_: list[Any] = []
        self.best_: list[Any] = []
        for panel, (metric, keys) in zip(self.axes_, metrics.items(), strict=True):
            self._draw(panel, metric, keys, line_kw or {})
        for panel in self.axes_[:-1]:
            panel.set_xticklabels([])
        self.axes_[-1].set_xlabel("epoch")
        self._explain(self.axes_[0])
        self.figure_ = root_figure(self.ax_)
        return self

    def _metrics(self) -> dict[str, list[str]]:
        """Return metric -> the keys of an epoch that it stands for."""
        if not isinstance(self.histories, Mapping):
            raise TypeError(
                "histories must be a dict of name of a run -> its epochs. Got a "
                f"{type(self.histories).__name__}; of one run, give "
                "{'name': model.history_}."
            )
        if not self.histories:
            raise ValueError("histories holds no run: give name -> list of epochs.")
        known: dict[str, None] = {}
        for name, rows in self.histories.items():
            if not len(rows):
                raise ValueError(
                    f"The run {name!r} of histories has no epochs: fit it first, with "
                    "max_epochs of one or more."
                )
            if not all(isinstance(row, Mapping) for row in rows):
                raise TypeError(
                    f"The run {name!r} of histories must be a list of dicts, one an "
                    "epoch, as history_ of a fitted network."
                )
            if not all("epoch" in row for row in rows):
                raise ValueError(
                    f"An epoch of the run {name!r} has no key 'epoch': count them, "
                    "from 1."
                )
            known.update(dict.fromkeys(key for row in rows for key in row))
        wanted = self.metrics
        if wanted is None:
            wanted = "loss"
        wanted = [wanted] if isinstance(wanted, str) else list(wanted)
        if not wanted:
            raise ValueError("metrics is empty: name one, or leave it out for 'loss'.")
        found = {}
        for metric in wanted:
            keys = (f"train_{metric}", f"valid_{metric}", metric)
            found[metric] = [key for key in keys if key in known]
            if not found[metric]:
                names = dict.fromkeys(_base(key) for key in known if key != "epoch")
                raise ValueError(
                    f"metrics={metric!r} is in none of the histories, which hold "
                    f"{', '.join(names)}. Scores need validation rows: "
                    "early_stopping=True, or X_val and y_val in fit."
                )
        return found

    def _draw(self, ax: Any, metric: str, keys: list[str], line_kw: dict) -> None:
        from matplotlib.lines import Line2D
        from matplotlib.ticker import MaxNLocator

        several = len(self.histories) > 1
        palette = colours(len(self.histories))
        for colour, (name, rows) in zip(palette, self.histories.items(), strict=True):
            for key in keys:
                places = [row["epoch"] for row in rows if key in row]
                values = [row[key] for row in rows if key in row]
                if not places:
                    continue
                label = f"{ROLES.get(key[:6], '')} {_base(key)}".lstrip()
                label = plain(f"{name}, {label}" if several else label)
                style: dict[str, Any] = {
                    "color": colour,
                    "linestyle": STYLES.get(key[:6], "-"),
                    "marker": "." if len(places) == 1 else None,
                    "label": label,
                }
                self.lines_ += ax.plot(places, values, **styled(style, line_kw, Line2D))
            best = (self.best_epochs or {}).get(name)
            judged = [row for row in rows if row["epoch"] == best and keys[-1] in row]
            if judged:
                self.best_ += ax.plot(
                    [best],
                    [judged[0][keys[-1]]],
                    markeredgewidth=1.8,
                    markeredgecolor=colour,
                    linestyle="none",
                    **RING,
                    label=plain(f"{name}, best epoch")
                    if several
                    else f"best epoch: {best}",
                )
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.set_ylabel(UNITS.get(_base(metric), plain(metric)))

    def _explain(self, ax: Any) -> None:
        """Draw a legend: an entry for each run, then one for each style."""
        if len(self.histories) == 1:
            for panel in self.axes_:
                panel.legend()
            return
        palette = colours(len(self.histories))
        entries = [
            _entry(plain(shortened(name)), color=colour)
            for colour, name in zip(palette, self.histories, strict=True)
        ]
        drawn = {line.get_linestyle() for line in self.lines_}
        entries += [
            _entry(ROLES[key], linestyle=style)
            for key, style in STYLES.items()
            if style in drawn and len(drawn) > 1
        ]
        if self.best_:
            entries.append(_entry("best epoch", linestyle="none", **RING))
        legend_for(ax, entries)


def _network(estimator: Any) -> Any:
    network, _ = part_with(
        estimator,
        "history_",
        "TrainingCurveDisplay",
        "training history (history_)",
        "Give a fitted network of sklearn_nn, a pipeline with one, or a search with "
        "refit=True over one.",
    )
    return network


def _base(key: str) -> str:
    """Return what a key of an epoch measures, on whatever rows."""
    return key.removeprefix("train_").removeprefix("valid_")


def _entry(label: str, **style: Any) -> Any:
    from matplotlib.lines import Line2D

    return Line2D([], [], **{"color": "0.3", "label": label, **style})
