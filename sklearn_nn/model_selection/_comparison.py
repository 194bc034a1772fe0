"""Which gaps between scenarios are larger than chance: a paired bootstrap of rows."""

from dataclasses import dataclass
from numbers import Integral, Real

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions, validate_params

from sklearn_nn.model_selection._bootstrap import (
    add_unseen_rows,
    largest_of_pairs,
    least_reach,
    pair_scales,
    resample,
    simultaneous,
)
from sklearn_nn.model_selection._results import ScenarioResults, ScenarioRun
from sklearn_nn.model_selection._summary import (
    METRICS,
    complete_runs,
    recomputable_metric,
    score_run,
)

# The difference of two scenarios that disagree on a row or two is anything but
# normal. Its standard error counts for at least this share of the scores' own, lest
# one flipped row sets the critical value of all comparisons.
_SMALLEST_SHARE = 1 / 8


@dataclass(kw_only=True)
class LeverEffect:
    """What one outcome of a lever does to the score, against the lever's baseline.

    Attributes
    ----------
    lever, outcome, baseline : str
        The names.
    n_pairs : int
        Pairs of scenarios that differ in this lever only.
    effect, low, high : float
        Mean difference of the metric over the pairs, and its simultaneous interval.
    p_value : float
        Of "no effect", corrected for all effects.
    spread, smallest, largest : float
        Standard deviation, minimum and maximum of the difference over the pairs.
    time : float
        Mean difference of fit and score time, in seconds.
    time_ratio : float
        Geometric mean of the ratio of these times; NaN if a time is zero.

    Examples
    --------
    Does scaling help the nearest neighbours, and by how much?

    >>> from sklearn.datasets import load_wine
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from sklearn.pipeline import Pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklearn_nn.model_selection import ScenarioSearchCV, compare_scenarios
    >>> X, y = load_wine(return_X_y=True)
    >>> steps = [("scale", "passthrough"), ("model", KNeighborsClassifier())]
    >>> levers = {"scale": {"off": "passthrough", "on": StandardScaler()}}
    >>> search = ScenarioSearchCV(Pipeline(steps), levers, cv=3).fit(X, y)
    >>> (effect,) = compare_scenarios(search.results_, random_state=0).effects
    >>> effect.lever, effect.outcome, effect.baseline, effect.beyond_chance
    ('scale', 'on', 'off', True)
    >>> 0.1 < effect.low < effect.effect < effect.high < 0.5  # of accuracy
    True
    """

    lever: str
    outcome: str
    baseline: str
    n_pairs: int
    effect: float
    low: float
    high: float
    p_value: float
    spread: float
    smallest: float
    largest: float
    time: float
    time_ratio: float

    @property
    def beyond_chance(self) -> bool:
        """Whether the interval leaves out zero: a bool."""
        return not self.low <= 0 <= self.high


@dataclass(kw_only=True)
class ScenarioComparison:
    """Scores with their uncertainty, as :func:`compare_scenarios` returns them.

    Attributes
    ----------
    metric : str
        What was compared.
    confidence : float
        Of all intervals.
    codes : list of str
        The scenarios that succeeded on every split.
    scores : ndarray of float of shape (n_scenarios,)
        Mean of the metric over the splits.
    intervals : ndarray of float of shape (n_scenarios, 2)
        An interval for each score, taken alone.
    best : int
        Place of the highest score.
    differences : ndarray of float of shape (n_scenarios,)
        Score minus the best score.
    difference_intervals : ndarray of float of shape (n_scenarios, 2)
        Simultaneous intervals of the differences.
    p_values : ndarray of float of shape (n_scenarios,)
        Of "as good as the best", corrected for the comparisons of all pairs.
    within_chance : ndarray of bool of shape (n_scenarios,)
        Whether the interval of the difference holds zero, which is where the p-value
        is above 1 - `confidence`.
    effects : list of LeverEffect
        One for each outcome, other than a baseline, that has a pair.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from sklearn.pipeline import Pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklearn_nn.model_selection import ScenarioSearchCV, compare_scenarios
    >>> X, y = load_wine(return_X_y=True)
    >>> steps = [("scale", "passthrough"), ("model", KNeighborsClassifier())]
    >>> levers = {"scale": {"off": "passthrough", "on": StandardScaler()}}
    >>> search = ScenarioSearchCV(Pipeline(steps), levers, cv=3).fit(X, y)
    >>> comparison = compare_scenarios(search.results_, random_state=0)
    >>> comparison.codes, comparison.codes[comparison.best]
    (['0', 'o'], 'o')
    >>> comparison.within_chance  # of the best
    array([False,  True])
    """

    metric: str
    confidence: float
    codes: list[str]
    scores: np.ndarray
    intervals: np.ndarray
    best: int
    differences: np.ndarray
    difference_intervals: np.ndarray
    p_values: np.ndarray
    within_chance: np.ndarray
    effects: list[LeverEffect]


@validate_params(
    {
        "results": [ScenarioResults],
        "metric": [StrOptions(set(METRICS)), None],
        "confidence": [Interval(Real, 0, 1, closed="neither")],
        "n_resamples": [Interval(Integral, 100, None, closed="left")],
        "random_state": ["random_state"],
    },
    prefer_skip_nested_validation=True,
)
def compare_scenarios(
    results: ScenarioResults,
    *,
    metric: str | None = None,
    confidence: float = 0.95,
    n_resamples: int = 1000,
    random_state: int | np.random.RandomState | None = None,
) -> ScenarioComparison:
    r"""Compare scenarios on the same test rows by a paired bootstrap.

    Test rows are drawn with replacement, and every scenario is scored anew on each
    draw, from its predicted classes. A row in the test part of several splits is
    drawn for all of them at once. Intervals are symmetric around the score on all
    rows, and cut at the ends of the metric's range.

    The intervals of the differences hold *together*: their width comes from the
    largest studentised difference between any two scenarios (max-\|t\|), so that the
    best may be picked by looking at the same rows. So do those of the effects of
    levers. An effect is the mean difference over all pairs of scenarios that differ
    in one lever only.

    A handful of rows that all agree are no proof, though no draw of them differs from
    another. So each score varies by one row more than the draws do (a standard error
    of ``1 / n_rows``), a difference is judged by its variance if there were none, as
    in McNemar's test, and the interval of a score is at least as long as Wilson's [4]_
    at a score of 0 or 1. Six rows are the fewest that can tell two scenarios apart.

    Parameters
    ----------
    results : ScenarioResults
        The matrix; scenarios that failed or are not finished are left out.
    metric : {"accuracy", "balanced_accuracy", "f1_macro", "f1_weighted"}, default=None
        None is the metric that ranks the results.
    confidence : float, default=0.95
        Probability with which an interval is to cover.
    n_resamples : int, default=1000
        Number of draws, at least 100.
    random_state : int, RandomState instance or None, default=None
        Pass an int for the same intervals at each call.

    Returns
    -------
    comparison : ScenarioComparison
        Scores, intervals, differences to the best and effects of the levers.

    Raises
    ------
    ValueError
        If no scenario is complete, a parameter is out of range, `n_resamples` is too
        small for `confidence`, or the metric that ranks cannot be recomputed from
        predicted classes.

    Notes
    -----
    The intervals answer "what if the test rows had been others?". They do not cover
    the variance of training: other training rows, another seed or other
    hyper-parameters may move a score further [3]_. Nor do they cover what all rows
    share, such as their month or their source. With few rows of a class, the interval
    of a macro average is too short.

    References
    ----------
    .. [1] P. Koehn, "Statistical Significance Tests for Machine Translation
       Evaluation", Empirical Methods in Natural Language Processing, 2004 (the paired
       bootstrap of test rows).
    .. [2] J. P. Romano, M. Wolf, "Exact and Approximate Stepdown Methods for Multiple
       Hypothesis Testing", Journal of the American Statistical Association 100(469),
       94-108, 2005 (max-\|t\|; here its first step, for all pairs).
    .. [3] X. Bouthillier et al., "Accounting for Variance in Machine Learning
       Benchmarks", Machine Learning and Systems, 2021.
    .. [4] E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical
       Inference", Journal of the American Statistical Association 22(158), 209-212,
       1927.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_nn.model_selection import compare_scenarios
    >>> from sklearn_nn.model_selection import ScenarioResults, ScenarioRun
    >>> rows = np.arange(1000)
    >>> y = rows % 2
    >>> wrong = {"w": rows < 300, "p": rows < 200, "c": rows % 100 < 21}
    >>> results = ScenarioResults(
    ...     levers={"ngram": {"w": "words", "p": "pairs", "c": "characters"}},
    ...     outcomes={},
    ...     codes=list(wrong),
    ...     excluded={},
    ...     classes=["no", "yes"],
    ...     rows=[rows],
    ...     y=[y],
    ...     languages=None,
    ...     metric="accuracy",
    ...     runs=[
    ...         ScenarioRun(code=code, split=0, scores={}, predicted=y ^ where)
    ...         for code, where in wrong.items()
    ...     ],
    ...     about={},
    ... )
    >>> comparison = compare_scenarios(results, random_state=0)
    >>> comparison.scores
    array([0.7 , 0.8 , 0.79])
    >>> comparison.within_chance
    array([False,  True,  True])
    >>> [(e.outcome, round(e.effect, 2), e.beyond_chance) for e in comparison.effects]
    [('pairs', 0.1, True), ('characters', 0.09, True)]
    """
    runs = complete_runs(results)
    if not runs:
        raise ValueError(
            "There is nothing to compare: no scenario has succeeded on all "
            f"{len(results.rows)} splits. Look at the errors of the runs."
        )
    metric = metric or recomputable_metric(results)
    if metric is None:
        raise ValueError(
            f"The metric {results.metric!r} cannot be recomputed from predicted "
            f"classes. Pass metric=, one of {', '.join(METRICS)}."
        )
    if (1 - confidence) * (1 + n_resamples) < 1:
        raise ValueError(
            f"n_resamples={n_resamples} draws are too few for confidence={confidence}: "
            f"pass n_resamples={int(np.ceil(1 / (1 - confidence)))} or more."
        )
    scores = np.array(
        [
            np.mean([score_run(results, run)[metric] for run in of])
            for of in runs.values()
        ]
    )
    rng = check_random_state(random_state)
    drawn = resample(results, list(runs.values()), metric, n_resamples, rng)
    of_draws = drawn - drawn.mean(axis=1, keepdims=True)
    n_rows = len(np.unique(np.concatenate(results.rows)))
    deviations = add_unseen_rows(of_draws, 1 / n_rows, rng)
    floor = _SMALLEST_SHARE * float(np.median(deviations.std(axis=1)))

    best = int(np.argmax(scores))
    differences = scores - scores[best]
    scales = pair_scales(deviations, floor)
    largest = largest_of_pairs(deviations, scales)
    margins, p_values = simultaneous(
        differences, scales[best], largest, n_rows, confidence
    )
    margins[best] = 0.0
    reach = np.quantile(np.abs(of_draws), confidence, axis=1)
    reach = np.maximum(reach, least_reach(n_rows, confidence))
    return ScenarioComparison(
        metric=metric,
        confidence=confidence,
        codes=list(runs),
        scores=scores,
        intervals=np.stack([scores - reach, scores + reach], axis=1).clip(0, 1),
        best=best,
        differences=differences,
        difference_intervals=np.stack(
            [differences - margins, differences + margins], axis=1
        ).clip(-1, 1),
        p_values=p_values,
        within_chance=p_values > 1 - confidence,
        effects=_effects(results, runs, scores, of_draws, n_rows, confidence, rng),
    )


def _effects(
    results: ScenarioResults,
    runs: dict[str, list[ScenarioRun]],
    scores: np.ndarray,
    of_draws: np.ndarray,
    n_rows: int,
    confidence: float,
    rng: np.random.RandomState,
) -> list[LeverEffect]:
    pairs = _pairs(results, list(runs))
    if not pairs:
        return []
    resampled = np.stack(
        [(of_draws[new] - of_draws[old]).mean(axis=0) for *_, new, old in pairs]
    )
    # Not of each scenario: pairs that all agree are no more rows than one pair is.
    resampled = add_unseen_rows(resampled, np.sqrt(2) / n_rows, rng)
    scales = resampled.std(axis=1)
    gains = [scores[new] - scores[old] for *_, new, old in pairs]
    estimates = np.array([gain.mean() for gain in gains])
    largest = (np.abs(resampled) / scales[:, None]).max(axis=0)
    margins, p_values = simultaneous(estimates, scales, largest, n_rows, confidence)
    low, high = (estimates - margins).clip(-1), (estimates + margins).clip(None, 1)
    times = np.array(
        [np.mean([run.fit_time + run.score_time for run in of]) for of in runs.values()]
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        log_times = np.log(times)
        ratios = [np.exp((log_times[n] - log_times[o]).mean()) for *_, n, o in pairs]
    return [
        LeverEffect(
            lever=lever,
            outcome=results.levers[lever][character],
            baseline=next(iter(results.levers[lever].values())),
            n_pairs=len(new),
            effect=float(estimates[i]),
            low=float(low[i]),
            high=float(high[i]),
            p_value=float(p_values[i]),
            spread=float(gains[i].std()),
            smallest=float(gains[i].min()),
            largest=float(gains[i].max()),
            time=float((times[new] - times[old]).mean()),
            time_ratio=float(ratios[i]) if np.isfinite(ratios[i]) else np.nan,
        )
        for i, (lever, character, new, old) in enumerate(pairs)
    ]


def _pairs(
    results: ScenarioResults, codes: list[str]
) -> list[tuple[str, str, np.ndarray, np.ndarray]]:
    """Places of the scenarios with an outcome and of their twins with the baseline."""
    places = {code: i for i, code in enumerate(codes)}
    found = []
    for position, (lever, outcomes) in enumerate(results.levers.items()):
        baseline, *others = outcomes
        for character in others:
            twins = [
                (i, places[twin])
                for code, i in places.items()
                if code[position] == character
                and (twin := code[:position] + baseline + code[position + 1 :])
                in places
            ]
            if twins:
                new, old = np.array(twins).T
                found.append((lever, character, new, old))
    return found
