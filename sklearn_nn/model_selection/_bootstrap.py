"""The paired bootstrap of test rows, and intervals that hold together."""

import numpy as np
from scipy.sparse import csc_array
from scipy.stats import norm

from sklearn_nn.model_selection._results import ScenarioResults, ScenarioRun
from sklearn_nn.model_selection._summary import METRICS

_WEIGHTS_AT_ONCE = 4_000_000
_PAIRS_AT_ONCE = 128


def resample(
    results: ScenarioResults,
    runs: list[list[ScenarioRun]],
    metric: str,
    n_resamples: int,
    rng: np.random.RandomState,
) -> np.ndarray:
    """Score every scenario on every draw: (n_scenarios, n_resamples)."""
    row_ids, places = np.unique(np.concatenate(results.rows), return_inverse=True)
    ends = np.cumsum([len(rows) for rows in results.rows])
    places_of_split = np.split(places, ends[:-1])
    block = max(1, min(n_resamples, _WEIGHTS_AT_ONCE // len(row_ids)))
    scores = np.empty((len(runs), n_resamples))
    for start in range(0, n_resamples, block):
        stop = min(start + block, n_resamples)
        weights = _draw(rng, len(row_ids), stop - start)
        total, present = 0.0, 0.0
        for split, rows in enumerate(places_of_split):
            of_split = weights[rows]
            drawn = _score_draws(
                results, [of[split] for of in runs], split, metric, of_split
            )
            # A small split may be left without any row.
            total = total + np.nan_to_num(drawn)
            present = present + ~np.isnan(drawn)
        scores[:, start:stop] = total / np.maximum(present, 1)
    return scores


def _draw(rng: np.random.RandomState, n_rows: int, n_draws: int) -> np.ndarray:
    """How often each row is drawn: (n_rows, n_draws), float32, exact to 2**24."""
    drawn = rng.randint(n_rows, size=(n_rows, n_draws))
    drawn *= n_draws
    drawn += np.arange(n_draws)
    counts = np.bincount(drawn.ravel(), minlength=n_rows * n_draws)
    return counts.reshape(n_rows, n_draws).astype(np.float32)


def _score_draws(
    results: ScenarioResults,
    runs: list[ScenarioRun],
    split: int,
    metric: str,
    weights: np.ndarray,
) -> np.ndarray:
    n, y = len(results.classes), results.y[split]
    true = _add_up(y, n, weights)
    scores = np.empty((len(runs), weights.shape[1]))
    for place, run in enumerate(runs):
        predicted = np.asarray(run.predicted)
        misses_and_hits = _add_up(predicted + n * (predicted == y), 2 * n, weights)
        misses, hits = misses_and_hits[:n], misses_and_hits[n:]
        scores[place] = METRICS[metric](hits, misses + hits, true)
    return scores


def _add_up(groups: np.ndarray, n_groups: int, weights: np.ndarray) -> np.ndarray:
    """Sum the rows of `weights` group by group, as a sparse product."""
    n_rows = len(groups)
    ones = np.ones(n_rows, dtype=np.float32)
    members = csc_array((ones, groups, np.arange(n_rows + 1)), (n_groups, n_rows))
    return members @ weights


def add_unseen_rows(
    deviations: np.ndarray, error: float, rng: np.random.RandomState
) -> np.ndarray:
    """Add normal noise of standard error `error`, so that no draw is without spread.

    Where all rows agree, all draws do, however few the rows are.
    """
    return deviations + error * rng.standard_normal(deviations.shape)


def least_reach(n_rows: int, confidence: float) -> float:
    """Length of Wilson's interval of a proportion of exactly 0 or 1."""
    square = norm.ppf((1 + confidence) / 2) ** 2
    return square / (n_rows + square)


def pair_scales(deviations: np.ndarray, floor: float) -> np.ndarray:
    """Standard errors of the differences of all pairs, at least `floor`."""
    products = deviations @ deviations.T / deviations.shape[1]
    variances = np.diag(products)
    squares = variances[:, None] + variances[None, :] - 2 * products
    return np.sqrt(squares.clip(floor**2))


def largest_of_pairs(deviations: np.ndarray, scales: np.ndarray) -> np.ndarray:
    """Of each draw, the largest studentised difference between two scenarios."""
    values = deviations.astype(np.float32)
    weights = (1 / scales).astype(np.float32)
    largest = np.zeros(values.shape[1], dtype=np.float32)
    buffer = np.empty((_PAIRS_AT_ONCE, values.shape[1]), dtype=np.float32)
    for i in range(len(values)):
        for start in range(i + 1, len(values), _PAIRS_AT_ONCE):
            others = slice(start, start + _PAIRS_AT_ONCE)
            gaps = np.subtract(
                values[others], values[i], out=buffer[: len(values[others])]
            )
            np.abs(gaps, out=gaps)
            gaps *= weights[i, others, None]
            np.maximum(largest, gaps.max(axis=0), out=largest)
    return largest


def simultaneous(
    estimates: np.ndarray,
    scales: np.ndarray,
    largest: np.ndarray,
    n_rows: int,
    confidence: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Half widths and p-values that hold for all estimates together.

    An estimate is judged by its variance if the truth were zero, which is larger by
    its square over `n_rows` than the variance around the estimate. The half width is
    solved for that: infinite where so few rows cannot tell any difference from zero.
    An estimate is beyond its half width where the p-value is at most 1 - confidence.
    """
    largest = np.sort(largest)
    critical = float(largest[-int((1 - confidence) * (1 + len(largest)))])
    left = 1 - critical**2 / n_rows
    margins = critical * scales / np.sqrt(left) if left > 0 else scales + np.inf
    ratios = estimates / scales
    statistics = np.abs(ratios) / np.sqrt(1 + ratios**2 / n_rows)
    reached = len(largest) - np.searchsorted(largest, statistics)
    return margins, (1 + reached) / (1 + len(largest))
