"""What the outcomes of levers do to the score."""

from collections.abc import Sequence
from typing import Any

from sklearn_nn.inspection._displays._axes import (
    axes_for,
    letters,
    no_figure_left,
    plain,
    root_figure,
    shortened,
)
from sklearn_nn.inspection._displays._scenario import results_of

# Height of a line of the picture, and of what surrounds the lines, in inches.
LINE, AROUND = 0.26, 1.3


class LeverEffectDisplay:
    """What each outcome of a lever adds to the score, with its interval.

    An effect is the mean difference over all pairs of scenarios that differ in nothing
    else. A filled point is larger than chance: its interval leaves out zero. The
    intervals hold for all effects together.

    Parameters
    ----------
    effects : list of LeverEffect
        As the attribute `effects` of a
        :class:`~sklearn_nn.model_selection.ScenarioComparison` holds them: objects
        with ``lever``, ``outcome``, ``baseline``, ``effect``, ``low``, ``high``.
    metric : str, default="score"
        What the score is.
    confidence : float, default=None
        Of the intervals, for the label of the axis.

    Attributes
    ----------
    lines_ : list of matplotlib.container.ErrorbarContainer
        Point and interval of each effect, in the order of `effects`.
    ax_ : matplotlib.axes.Axes
        What was drawn on.
    figure_ : matplotlib.figure.Figure
        The figure.

    See Also
    --------
    ScenarioDisplay : Score against time.
    sklearn_nn.model_selection.compare_scenarios : Where the intervals come from.

    Examples
    --------
    >>> from sklearn.feature_extraction.text import TfidfVectorizer
    >>> from sklearn.pipeline import Pipeline
    >>> from sklearn.svm import LinearSVC
    >>> from sklearn_nn.inspection import LeverEffectDisplay
    >>> from sklearn_nn.model_selection import ScenarioSearchCV
    >>> X = ["hot tea", "green tea", "red car", "fast car"] * 20
    >>> y = ["drink", "drink", "drive", "drive"] * 20
    >>> pipeline = Pipeline([("words", TfidfVectorizer()), ("model", LinearSVC())])
    >>> levers = {"model__C": {"one": 1.0, "ten": 10.0}}
    >>> search = ScenarioSearchCV(pipeline, levers, cv=2).fit(X, y)
    >>> display = LeverEffectDisplay.from_search(search, random_state=0)
    >>> [(effect.outcome, effect.effect) for effect in display.effects]
    [('ten', 0.0)]
    """

    def __init__(
        self,
        *,
        effects: Sequence[Any],
        metric: str = "score",
        confidence: float | None = None,
    ):
        self.effects = effects
        self.metric = metric
        self.confidence = confidence

    @classmethod
    def from_comparison(
        cls, comparison: Any, *, ax: Any = None
    ) -> "LeverEffectDisplay":
        """Draw the effects of a comparison.

        Parameters
        ----------
        comparison : ScenarioComparison
            As :func:`~sklearn_nn.model_selection.compare_scenarios` returns it.
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        display : LeverEffectDisplay
            What was drawn.

        Raises
        ------
        TypeError
            If `comparison` is something else.
        ValueError
            If no two scenarios differ in one lever only.
        """
        if not hasattr(comparison, "effects"):
            raise TypeError(
                "comparison must be what compare_scenarios returns. Got a "
                f"{type(comparison).__name__}; for results there is from_results, for "
                "a search from_search."
            )
        display = cls(
            effects=comparison.effects,
            metric=comparison.metric,
            confidence=comparison.confidence,
        )
        return display.plot(ax)

    @classmethod
    def from_results(
        cls,
        results: Any,
        *,
        metric: str | None = None,
        confidence: float = 0.95,
        random_state: Any = None,
        ax: Any = None,
    ) -> "LeverEffectDisplay":
        """Compare the scenarios of a matrix, and draw the effects.

        Parameters
        ----------
        results : ScenarioResults
            The matrix.
        metric : str, default=None
            As of :func:`~sklearn_nn.model_selection.compare_scenarios`; None is what
            ranks.
        confidence : float, default=0.95
            Of the intervals.
        random_state : int, RandomState instance or None, default=None
            Pass an int for the same intervals at each call.
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        display : LeverEffectDisplay
            What was drawn.

        Raises
        ------
        ValueError
            If nothing can be compared, or no two scenarios differ in one lever only.
        """
        from sklearn_nn.model_selection import compare_scenarios

        comparison = compare_scenarios(
            results, metric=metric, confidence=confidence, random_state=random_state
        )
        return cls.from_comparison(comparison, ax=ax)

    @classmethod
    def from_search(cls, search: Any, **options: Any) -> "LeverEffectDisplay":
        """Compare the scenarios of a search, and draw the effects.

        Parameters
        ----------
        search : ScenarioSearchCV
            Fitted.
        **options : dict
            As of `from_results`.

        Returns
        -------
        display : LeverEffectDisplay
            What was drawn.

        Raises
        ------
        TypeError
            If `search` is no matrix of scenarios.
        sklearn.exceptions.NotFittedError
            If it is not fitted.
        """
        return cls.from_results(results_of(search), **options)

    @no_figure_left()
    def plot(self, ax: Any = None) -> "LeverEffectDisplay":
        """Draw the effects, those of a lever side by side.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a new figure, as high as it takes.

        Returns
        -------
        self : object
            The display.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If there is no effect.
        """
        if not len(self.effects):
            raise ValueError(
                "effects is empty: no two scenarios that succeeded differ in one "
                "lever only. Run the matrix with scenarios='product' or "
                "'one-at-a-time'."
            )
        levers: dict[str, list[Any]] = {}
        for effect in self.effects:
            levers.setdefault(effect.lever, []).append(effect)
        n = len(levers) + len(self.effects)
        size = 6.4, max(2.4, LINE * n + AROUND)
        self.ax_ = ax = axes_for(ax, type(self).__name__, figsize=size)
        ax.axvline(0, color="0.6", linewidth=1, zorder=0)
        lines: dict[int, Any] = {}
        labels: list[str] = []
        heads = []
        for number, (lever, effects) in enumerate(levers.items()):
            heads.append(len(labels))
            base = shortened(effects[0].baseline, 20)
            labels.append(plain(f"{shortened(lever, 20)}, against {base}"))
            for effect in effects:
                lines[id(effect)] = self._line(effect, len(labels), f"C{number % 10}")
                labels.append(plain(shortened(effect.outcome)))
        self.lines_ = [lines[id(effect)] for effect in self.effects]
        ax.set_yticks(range(n), labels, fontsize=letters(ax, n))
        for head in heads:
            ax.get_yticklabels()[head].set_fontweight("bold")
            ax.yaxis.get_major_ticks()[head].tick1line.set_visible(False)
            if head:
                ax.axhline(head - 0.5, color="0.9", linewidth=1, zorder=0)
        ax.set_ylim(n - 0.4, -0.6)
        ax.margins(x=0.08)
        share = "" if self.confidence is None else f"{100 * self.confidence:g} % "
        ax.set_xlabel(f"difference in {plain(self.metric)}\nwith {share}intervals")
        for face, label in (("0.3", "larger than chance"), ("white", "may be chance")):
            ax.plot([], [], "o", color="0.3", markerfacecolor=face, label=label)
        ax.legend(
            loc="lower right",
            bbox_to_anchor=(1.0, 1.0),
            ncols=2,
            frameon=False,
            fontsize="small",
            columnspacing=1.0,
            handletextpad=0.2,
        )
        self.figure_ = root_figure(ax)
        return self

    def _line(self, effect: Any, place: int, colour: str) -> Any:
        beyond = not effect.low <= 0 <= effect.high
        # An interval that was cut at the end of the range may leave the effect out.
        below = max(effect.effect - effect.low, 0)
        above = max(effect.high - effect.effect, 0)
        return self.ax_.errorbar(
            [effect.effect],
            [place],
            xerr=[[below], [above]],
            fmt="o",
            color=colour,
            markerfacecolor=colour if beyond else "white",
            capsize=3,
        )
