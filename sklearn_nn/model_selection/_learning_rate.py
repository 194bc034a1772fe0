"""Which learning rate? A range test: one short training at ever higher ones."""

import warnings
from dataclasses import dataclass
from functools import partial
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils._param_validation import Interval, validate_params

from sklearn_nn._checks import stack_level

# The smoothing kernel is this share of the curve wide (one standard deviation).
KERNEL = 0.03
# The first batches tell where the loss starts.
N_START = 5
# A loss of so many times the start ends the test; a single one counts for no more
# than twice the start, lest it drown its neighbours.
DIVERGED, CEILING = 1.5, 2.0
# The loss begins to fall where it has done this share of its way down.
BEGUN = 0.1
# The lowest loss lies close to where training diverges: keep away by this factor.
SAFETY = 5.0


@dataclass(frozen=True, kw_only=True, eq=False)
class LearningRateCurve:
    """The loss at ever higher learning rates, as :func:`find_learning_rate` saw it.

    Attributes
    ----------
    lr : ndarray of float of shape (n_steps_done,)
        Learning rates, one for each batch.
    loss : ndarray of float of shape (n_steps_done,)
        Training loss of these batches, each before the step at its learning rate.
    smoothed_loss : ndarray of float of shape (n_steps_done,)
        The same, smoothed by a Gaussian kernel.
    stable_window : tuple of two floats or None
        Learning rates between which the smoothed loss falls: from where it has done a
        tenth of its way down to its lowest point. None if it never falls.
    suggestion : float or None
        Where the smoothed loss falls fastest, or a fifth of the learning rate of its
        lowest point if that is less; inside the window. None if the loss never falls.
    diverged : bool
        Whether the loss exploded before `lr_max` was reached.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_nn.model_selection import find_learning_rate
    >>> from sklearn_nn.neural_network import MLPClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> curve = find_learning_rate(MLPClassifier(random_state=0), X, y)
    >>> lowest, highest = curve.stable_window
    >>> lowest < curve.suggestion < highest
    True
    >>> curve.to_frame().columns.tolist()
    ['lr', 'loss', 'smoothed_loss']
    """

    lr: np.ndarray
    loss: np.ndarray
    smoothed_loss: np.ndarray
    stable_window: tuple[float, float] | None
    suggestion: float | None
    diverged: bool

    def to_frame(self) -> Any:
        """Return the curve as a pandas DataFrame.

        Returns
        -------
        pandas.DataFrame
            Columns ``lr``, ``loss`` and ``smoothed_loss``; a row for each batch.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        import pandas as pd

        columns = ("lr", "loss", "smoothed_loss")
        return pd.DataFrame({column: getattr(self, column) for column in columns})

    def plot(self, ax: Any = None) -> Any:
        """Draw the curve, the stable window and the suggestion.

        :class:`~sklearn_nn.inspection.LearningRateDisplay` does it, and keeps what
        was drawn.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        matplotlib.axes.Axes
            What was drawn on.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        from sklearn_nn.inspection import LearningRateDisplay

        return LearningRateDisplay.from_curve(self, ax=ax).ax_


@validate_params(
    {
        "lr_min": [Interval(Real, 0, None, closed="neither")],
        "lr_max": [Interval(Real, 0, None, closed="neither")],
        "n_steps": [Interval(Integral, 20, None, closed="left")],
    },
    prefer_skip_nested_validation=False,
)
def find_learning_rate(
    estimator: Any,
    X: Any,
    y: Any = None,
    *,
    lr_min: float = 1e-6,
    lr_max: float = 1.0,
    n_steps: int = 100,
    **fit_params: Any,
) -> LearningRateCurve:
    """Find a learning rate by one short training at ever higher ones.

    A clone is trained, one batch at each of `n_steps` learning rates between `lr_min`
    and `lr_max`, evenly spaced on a logarithmic scale [1]_. Where the loss begins to
    fall, and where it no longer does, bound the learning rates that work. The test
    ends when the loss explodes. The rows are gone through again when they make fewer
    batches.

    The estimator is not touched. What it says about the training holds (optimiser,
    batch size, weight decay, `max_grad_norm`, label smoothing, ...), but for
    `callbacks`, `early_stopping`, `lr_schedule` and `max_epochs`. An int as its
    `random_state` gives the same curve at each call.

    Parameters
    ----------
    estimator : estimator
        A network of this package, or a pipeline or other meta-estimator that holds
        exactly one. In the latter, the first network that is fitted is looked at.
    X : {array-like, sparse matrix, list} of shape (n_samples, ...)
        Training rows, as `fit` takes them.
    y : array-like of shape (n_samples,), default=None
        Their targets; None for networks that do without.
    lr_min, lr_max : float, default=1e-6 and 1.0
        The first and the last learning rate.
    n_steps : int, default=100
        Number of learning rates, at least 20. With small batches, whose losses
        vary much, take more.
    **fit_params : dict
        What else `fit` is to get, such as ``sample_weight``.

    Returns
    -------
    curve : LearningRateCurve
        ``curve.suggestion`` for the parameter `lr`, and what it rests upon.

    Raises
    ------
    TypeError
        If the estimator does not hold exactly one network.
    ValueError
        If the data or the bounds are unusable.

    Warns
    -----
    ConvergenceWarning
        If the loss does not fall at any learning rate. There is no suggestion then.

    References
    ----------
    .. [1] L. N. Smith, "Cyclical Learning Rates for Training Neural Networks", Winter
       Conference on Applications of Computer Vision, 2017.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_nn.model_selection import find_learning_rate
    >>> from sklearn_nn.neural_network import MLPClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> model = MLPClassifier(random_state=0)
    >>> curve = find_learning_rate(model, X / 16, y)
    >>> 1e-3 < curve.suggestion < 2e-2
    True
    >>> model = model.set_params(lr=curve.suggestion).fit(X / 16, y)
    """
    from sklearn_nn.model_selection._probe import Climb, probe

    if lr_min >= lr_max:
        raise ValueError(
            f"lr_min must be below lr_max. Got lr_min={lr_min} and lr_max={lr_max}."
        )
    lr = np.geomspace(lr_min, lr_max, n_steps)
    width = KERNEL * n_steps
    climb = Climb(lr.tolist(), partial(_has_exploded, width=width))
    found = probe(
        estimator, climb, X, y, fit_params, max_epochs=n_steps, lr=float(lr_min)
    )
    diverged = _has_exploded(found, width)
    loss = np.array(found if np.isfinite(found[-1]) else found[:-1])
    if len(loss) < N_START:
        raise ValueError(
            f"The loss is no finite number after {len(loss)} steps at learning rates "
            f"from lr_min={lr_min:g}. Lower lr_min, or scale X to about unit variance."
        )
    lr = lr[: len(loss)]
    smoothed = _smooth(loss, width, np.arange(len(loss)))
    lowest = int(smoothed.argmin())
    start = smoothed[:N_START].mean()
    way_down = start - smoothed[lowest]
    noise = (loss - smoothed)[: lowest + 1].std()
    window = suggestion = None
    if lowest and way_down > noise:
        begun = int((smoothed < start - BEGUN * way_down).argmax())
        slopes = np.gradient(smoothed[: lowest + 1])
        window = float(lr[begun]), float(lr[lowest])
        suggestion = float(min(lr[slopes.argmin()], lr[lowest] / SAFETY))
        suggestion = max(suggestion, window[0])
    else:
        warnings.warn(
            f"The loss falls at no learning rate from {lr_min:g} to {lr[-1]:g} by more "
            "than it varies between batches: there is no suggestion. Widen the range, "
            "take more steps, or look for the fault with check_training.",
            ConvergenceWarning,
            stacklevel=stack_level(),
        )
    return LearningRateCurve(
        lr=lr,
        loss=loss,
        smoothed_loss=smoothed,
        stable_window=window,
        suggestion=suggestion,
        diverged=diverged,
    )


def _has_exploded(losses: list[float], width: float) -> bool:
    if not np.isfinite(losses[-1]):
        return True
    if len(losses) <= N_START:
        return False
    last = np.array([len(losses) - 1])
    return bool(_smooth(losses, width, last)[0] > DIVERGED * np.mean(losses[:N_START]))


def _smooth(losses: Any, width: float, places: np.ndarray) -> np.ndarray:
    """Return the Gaussian-weighted means of the losses around some places."""
    distances = (places[:, None] - np.arange(len(losses))) / width
    weights = np.exp(-0.5 * distances**2)
    ceiling = CEILING * np.mean(losses[:N_START])
    return weights @ np.minimum(losses, ceiling) / weights.sum(axis=1)
