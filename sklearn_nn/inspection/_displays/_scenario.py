"""Score against time, scenario by scenario."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.exceptions import NotFittedError

from sklearn_nn.inspection._displays._axes import (
    axes_for,
    no_figure_left,
    plain,
    root_figure,
    shortened,
)


class ScenarioDisplay:
    """Score of each scenario against the seconds that its fit takes.

    Up and to the left is better: no scenario is both faster and better than one of
    the Pareto front.

    Parameters
    ----------
    codes : list of str
        The scenarios.
    scores : array-like of float of shape (n_scenarios,)
        Their scores, the higher the better.
    fit_times : array-like of float of shape (n_scenarios,)
        Seconds that their fits take, each alone.
    baseline : str, default=None
        The code of the scenario to compare with.
    metric : str, default="score"
        What the score is.

    Attributes
    ----------
    front_ : ndarray of int of shape (n_front,)
        Places of the scenarios of the Pareto front, from the fastest to the best.
    points_ : matplotlib.collections.PathCollection
        All scenarios.
    line_ : matplotlib.lines.Line2D
        The Pareto front.
    text_ : list of matplotlib.text.Annotation
        The codes of the best scenario and of the baseline.
    ax_ : matplotlib.axes.Axes
        What was drawn on.
    figure_ : matplotlib.figure.Figure
        The figure.

    See Also
    --------
    LeverEffectDisplay : What the single choices do.

    Examples
    --------
    >>> from sklearn_nn.inspection import ScenarioDisplay
    >>> display = ScenarioDisplay(
    ...     codes=["0s", "0b", "cs", "cb"],
    ...     scores=[0.80, 0.78, 0.83, 0.79],
    ...     fit_times=[1.5, 0.2, 2.5, 1.0],
    ...     baseline="0s",
    ...     metric="f1_macro",
    ... ).plot()
    >>> [display.codes[place] for place in display.front_]
    ['0b', 'cb', '0s', 'cs']
    """

    def __init__(
        self,
        *,
        codes: Sequence[str],
        scores: Any,
        fit_times: Any,
        baseline: str | None = None,
        metric: str = "score",
    ):
        self.codes = codes
        self.scores = scores
        self.fit_times = fit_times
        self.baseline = baseline
        self.metric = metric

    @classmethod
    def from_results(
        cls, results: Any, *, metric: str | None = None, ax: Any = None
    ) -> "ScenarioDisplay":
        """Draw the scenarios of a matrix that succeeded on every split.

        Parameters
        ----------
        results : ScenarioResults
            The matrix, finished or not.
        metric : str, default=None
            A metric that the runs recorded, or one of "accuracy", "f1_macro",
            "f1_weighted" and "balanced_accuracy". None is what ranks.
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        display : ScenarioDisplay
            What was drawn.

        Raises
        ------
        ValueError
            If no scenario has succeeded on every split, or none has that metric.
        """
        from sklearn_nn.model_selection._summary import (
            complete_runs,
            summarize_scenario,
        )

        runs = complete_runs(results)
        if not runs:
            raise ValueError(
                "There is nothing to draw: no scenario has succeeded on all "
                f"{len(results.rows)} splits. Look at the errors of the runs."
            )
        metric = metric or results.metric
        rows = [summarize_scenario(results, of) for of in runs.values()]
        lacking = [row["code"] for row in rows if metric not in row["mean"]]
        if lacking:
            raise ValueError(
                f"metric={metric!r} is not among the scores of {lacking[0]!r}: "
                f"{', '.join(rows[0]['mean'])}."
            )
        display = cls(
            codes=[row["code"] for row in rows],
            scores=np.array([row["mean"][metric] for row in rows]),
            fit_times=np.array([row["fit_time"] for row in rows]),
            baseline="".join(next(iter(of)) for of in results.levers.values()),
            metric=metric,
        )
        return display.plot(ax)

    @classmethod
    def from_search(
        cls, search: Any, *, metric: str | None = None, ax: Any = None
    ) -> "ScenarioDisplay":
        """Draw the scenarios of a search.

        Parameters
        ----------
        search : ScenarioSearchCV
            Fitted.
        metric : str, default=None
            As of `from_results`.
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        display : ScenarioDisplay
            What was drawn.

        Raises
        ------
        TypeError
            If `search` is no matrix of scenarios.
        sklearn.exceptions.NotFittedError
            If it is not fitted.
        """
        return cls.from_results(results_of(search), metric=metric, ax=ax)

    @no_figure_left()
    def plot(self, ax: Any = None) -> "ScenarioDisplay":
        """Draw the scenarios, the Pareto front, and the names of two.

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
            If the lengths differ, or a time is not positive.
        """
        scores = np.asarray(self.scores, dtype=np.float64)
        times = np.asarray(self.fit_times, dtype=np.float64)
        self._check(scores, times)
        self.ax_ = ax = axes_for(ax, type(self).__name__)
        ax.set_xscale("log")
        self.points_ = ax.scatter(times, scores, s=28, color="0.6", label="scenario")
        order = np.lexsort((-scores, times))
        highest = np.maximum.accumulate(scores[order])
        is_front = scores[order] > np.concatenate([[-np.inf], highest[:-1]])
        self.front_ = order[is_front]
        (self.line_,) = ax.plot(
            times[self.front_],
            scores[self.front_],
            marker="D",
            color="C0",
            drawstyle="steps-post",
            label="Pareto front",
        )
        best = int(np.argmax(scores))
        named = {best: "best"}
        codes = list(self.codes)
        if self.baseline is not None and self.baseline in codes:
            place = codes.index(self.baseline)
            named[place] = "best, baseline" if place == best else "baseline"
            ring = {"facecolors": "none", "edgecolors": "C1", "linewidths": 1.8}
            ax.scatter(
                times[place], scores[place], s=110, label="baseline", zorder=3, **ring
            )
        self.text_ = [
            self._name(place, role, times, scores) for place, role in named.items()
        ]
        ax.margins(0.12)
        ax.set(xlabel="fit time, seconds (log scale)", ylabel=plain(self.metric))
        ax.legend()
        self.figure_ = root_figure(ax)
        return self

    def _check(self, scores: np.ndarray, times: np.ndarray) -> None:
        n = len(self.codes)
        if not n or not scores.shape == times.shape == (n,):
            raise ValueError(
                "codes, scores and fit_times must be of one length, one or more. Got "
                f"{n} codes and the shapes {scores.shape} and {times.shape}."
            )
        for what, wrong in (
            ("scores", ~np.isfinite(scores)),
            ("fit_times", ~(np.isfinite(times) & (times > 0))),
        ):
            if wrong.any():
                place = int(wrong.argmax())
                value = {"scores": scores, "fit_times": times}[what][place]
                raise ValueError(
                    f"{what} of the scenario {self.codes[place]!r} is {value}, which "
                    "has no place on the axis. Leave this scenario out."
                )

    def _name(self, place: int, role: str, times: Any, scores: Any) -> Any:
        """Write the code of a scenario beside it, on the side where there is room."""
        to_the_left = np.log(times[place]) > np.log([times.min(), times.max()]).mean()
        return self.ax_.annotate(
            f"{role}: {plain(shortened(self.codes[place]))}",
            (times[place], scores[place]),
            xytext=(-9 if to_the_left else 9, -14 if role == "baseline" else 7),
            textcoords="offset points",
            ha="right" if to_the_left else "left",
            zorder=4,
            bbox={"facecolor": "white", "alpha": 0.75, "linewidth": 0, "pad": 0.5},
        )


def results_of(search: Any) -> Any:
    """Return the results of a fitted search of scenarios.

    Parameters
    ----------
    search : ScenarioSearchCV
        Fitted.

    Returns
    -------
    results : ScenarioResults
        Its results.

    Raises
    ------
    TypeError
        If it is another search.
    sklearn.exceptions.NotFittedError
        If it is not fitted.
    """
    if hasattr(search, "results_"):
        return search.results_
    if not hasattr(search, "levers"):
        raise TypeError(
            "search must be a fitted ScenarioSearchCV. Got a "
            f"{type(search).__name__}; for ScenarioResults there is from_results."
        )
    raise NotFittedError(
        f"This {type(search).__name__} is not fitted yet. Call fit before drawing it."
    )
