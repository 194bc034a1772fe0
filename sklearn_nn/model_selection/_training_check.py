"""Is the network wired up, and does it learn? Four checks before a long training."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, clone, is_classifier, is_regressor
from sklearn.model_selection import train_test_split
from sklearn.utils import (
    _safe_indexing,
    check_random_state,
    column_or_1d,
    indexable,
)
from sklearn.utils._param_validation import validate_params
from sklearn.utils.validation import _num_samples

# What a training has to do at least before it is compared with the baselines.
FEWEST_STEPS, FEWEST_EPOCHS = 500, 10
N_OVERFIT, N_EPOCHS = 32, 1000
N_BATCHES = 8
# Standard errors between chance and a network that learns.
BEYOND_CHANCE = 3.0


@dataclass(frozen=True, kw_only=True)
class TrainingCheck:
    """What one check of :func:`check_training` found.

    Attributes
    ----------
    name : str
        What was checked.
    passed : bool
        Whether it is as it should be.
    figures : dict
        The figures behind it, by name.
    advice : str
        What to do, where it failed; else empty.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_nn.model_selection import check_training
    >>> from sklearn_nn.neural_network import MLPClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> model = MLPClassifier(lr=0.01, random_state=0)
    >>> check = check_training(model, X, y, random_state=0)["over-fits 32 rows"]
    >>> check.passed, check.figures["accuracy"], check.advice
    (True, 1.0, '')
    """

    name: str
    passed: bool
    figures: dict[str, Any]
    advice: str

    def __str__(self) -> str:
        verdict = "pass" if self.passed else "FAIL"
        figures = ", ".join(f"{k} {_shown(v)}" for k, v in self.figures.items())
        advice = f"\n      {self.advice}" if self.advice else ""
        return f"{verdict}  {self.name}: {figures}{advice}"


@dataclass(frozen=True, kw_only=True)
class TrainingReport:
    """What :func:`check_training` found; its text is made to be read.

    Attributes
    ----------
    checks : tuple of TrainingCheck
        One for each check, in the order in which to look at them.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_nn.model_selection import check_training
    >>> from sklearn_nn.neural_network import MLPClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> model = MLPClassifier(lr=0.01, random_state=0)
    >>> print(check_training(model, X, y, random_state=0))
    pass  initial loss: loss 1..., best constant 1.099
    pass  gradients: without none, not finite none
    pass  over-fits 32 rows: epochs ..., loss 0.0..., accuracy 1
    pass  beats the baselines: epochs 100, accuracy 0.9..., majority 0.3333, ...
    """

    checks: tuple[TrainingCheck, ...]

    @property
    def passed(self) -> bool:
        """Whether every check passed."""
        return all(check.passed for check in self.checks)

    def __getitem__(self, name: str) -> TrainingCheck:
        """Return the check of this name."""
        return {check.name: check for check in self.checks}[name]

    def to_frame(self) -> Any:
        """Return a pandas DataFrame with a row for every check.

        Returns
        -------
        pandas.DataFrame
            Columns ``passed``, ``figures`` and ``advice``; the index holds the names.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        import pandas as pd

        columns = {
            column: [getattr(check, column) for check in self.checks]
            for column in ("passed", "figures", "advice")
        }
        return pd.DataFrame(columns, index=[check.name for check in self.checks])

    def __str__(self) -> str:
        return "\n".join(map(str, self.checks))


@validate_params(
    {"random_state": ["random_state"]},
    prefer_skip_nested_validation=False,
)
def check_training(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    random_state: int | np.random.RandomState | None = None,
) -> TrainingReport:
    """Check that a network is wired up and learns, before training it for long.

    Clones are trained; the estimator itself is not touched. The checks:

    initial loss
        Before the first step it should be that of the best constant prediction: the
        entropy of the class shares (``ln(n_classes)`` when they are equal), or the
        variance of y. Classifiers may start a quarter higher, or by 0.5 if that is
        more; regressors at twice the variance.
    gradients
        Every parameter should get gradients that are finite, and not zero in all of
        the first batches.
    over-fits 32 rows
        The network should know 32 training rows by heart (accuracy 1, or 1 % of the
        variance) within 1,000 epochs. Learning rate, dropout, weight decay and the
        like are as they are: where those forbid it, the check fails too.
    beats the baselines
        On held-out rows, after ten epochs or 500 steps (whichever is more, and no
        more than `max_epochs`), the network should be better than the most frequent
        class and than guessing (a constant for regressors), by more than three standard
        errors. For classifiers either the accuracy or the balanced accuracy counts.

    Parameters
    ----------
    estimator : estimator
        A classifier or regressor of this package, or a pipeline or other
        meta-estimator that holds exactly one. It is trained at a constant learning
        rate, without early stopping and its callbacks.
    X : {array-like, sparse matrix, list} of shape (n_samples, ...)
        Training rows, as `fit` takes them. A fifth of them is held out for the
        baselines.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Their targets.
    random_state : int, RandomState instance or None, default=None
        Draws the 32 rows and those that are held out.

    Returns
    -------
    report : TrainingReport
        ``report.passed``, ``str(report)``, ``report.to_frame()`` and, by name,
        ``report["gradients"]``.

    Raises
    ------
    TypeError
        If the estimator is no classifier or regressor, or does not hold exactly one
        network.
    ValueError
        If X or y is unusable.

    References
    ----------
    .. [1] A. Karpathy, "A Recipe for Training Neural Networks", 2019.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_nn.model_selection import check_training
    >>> from sklearn_nn.neural_network import MLPClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> report = check_training(
    ...     MLPClassifier(random_state=0), X / 16, y, random_state=0
    ... )
    >>> report.passed
    True
    >>> report = check_training(
    ...     MLPClassifier(lr=1e-9, random_state=0), X / 16, y, random_state=0
    ... )
    >>> [check.name for check in report.checks if not check.passed]
    ['over-fits 32 rows', 'beats the baselines']
    """
    is_estimator = isinstance(estimator, BaseEstimator)
    if not (is_estimator and (is_classifier(estimator) or is_regressor(estimator))):
        raise TypeError(
            f"check_training takes classifiers and regressors. Got {estimator!r}."
        )
    X, y = indexable(X, y)
    if is_classifier(estimator):
        y = column_or_1d(y)
    rng = check_random_state(random_state)
    n_rows = _num_samples(X)
    if n_rows < 10:
        raise ValueError(f"check_training needs at least 10 rows. Got {n_rows}.")
    few = _draw(estimator, y, N_OVERFIT, rng)
    train, held_out = _split(estimator, y, rng)
    return TrainingReport(
        checks=(
            *_check_first_batches(estimator, X, y),
            _check_overfit(estimator, _safe_indexing(X, few), _safe_indexing(y, few)),
            _check_baselines(estimator, X, y, train, held_out),
        )
    )


def _check_first_batches(estimator: Any, X: Any, y: Any) -> list[TrainingCheck]:
    from sklearn_nn.model_selection._probe import FirstBatches, probe

    callback = FirstBatches(N_BATCHES)
    loss, expected, silent, not_finite = probe(
        estimator, callback, X, y, max_epochs=N_BATCHES
    )
    slack = max(0.25 * expected, 0.5) if is_classifier(estimator) else expected
    near = loss <= expected + slack
    scales = "X" if is_classifier(estimator) else "X and y"
    gradients = not (silent or not_finite)
    return [
        TrainingCheck(
            name="initial loss",
            passed=near,
            figures={"loss": loss, "best constant": expected},
            advice=""
            if near
            else f"The first outputs are too large. Scale {scales} to about unit "
            "variance, or give the module smaller initial weights.",
        ),
        TrainingCheck(
            name="gradients",
            passed=gradients,
            figures={"without": silent, "not finite": not_finite},
            advice=""
            if gradients
            else "Look for parameters that are frozen, detached or not used in "
            "forward, for units that are dead (ReLU of negative numbers only), and "
            "for a loss that overflows.",
        ),
    ]


def _check_overfit(estimator: Any, X: Any, y: Any) -> TrainingCheck:
    from sklearn_nn._contract.divergence import DivergedError
    from sklearn_nn.model_selection._probe import Memorise, probe

    name = f"over-fits {N_OVERFIT} rows"
    callback = Memorise(N_EPOCHS)
    try:
        found = probe(estimator, callback, X, y, max_epochs=N_EPOCHS)
    except DivergedError as error:
        return TrainingCheck(name=name, passed=False, figures={}, advice=str(error))
    n_epochs, knows, loss, score = found
    metric = "accuracy" if is_classifier(estimator) else "R2"
    return TrainingCheck(
        name=name,
        passed=knows,
        figures={"epochs": n_epochs, "loss": loss, metric: score},
        advice=""
        if knows
        else "Find another lr (find_learning_rate), scale X (and y, if it is numbers), "
        "lower what regularises (dropout, weight_decay, noise), or make the network "
        "larger; if nothing helps, it does not see what tells the rows apart.",
    )


def _check_baselines(
    estimator: Any, X: Any, y: Any, train: np.ndarray, held_out: np.ndarray
) -> TrainingCheck:
    from sklearn_nn._contract.divergence import DivergedError
    from sklearn_nn.model_selection._probe import PLAIN, network_in

    name = "beats the baselines"
    prefix, network = network_in(estimator)
    steps = math.ceil(len(train) / network.batch_size)
    epochs = max(FEWEST_EPOCHS, math.ceil(FEWEST_STEPS / steps))
    settings = {
        **PLAIN,
        "callbacks": None,
        "max_epochs": min(network.max_epochs, epochs),
    }
    twin = clone(estimator).set_params(
        **{f"{prefix}{name}": value for name, value in settings.items()}
    )
    y_train, y_test = _safe_indexing(y, train), _safe_indexing(y, held_out)
    try:
        twin.fit(_safe_indexing(X, train), y_train)
    except DivergedError as error:
        return TrainingCheck(name=name, passed=False, figures={}, advice=str(error))
    predicted = twin.predict(_safe_indexing(X, held_out))
    compare = _beats_guessing if is_classifier(estimator) else _beats_the_mean
    passed, figures = compare(np.asarray(y_train), np.asarray(y_test), predicted)
    return TrainingCheck(
        name=name,
        passed=passed,
        figures={"epochs": settings["max_epochs"], **figures},
        advice=""
        if passed
        else "Do the targets belong to the rows? If so: another lr "
        "(find_learning_rate), a longer training, class_weight for rare classes, or "
        "better features.",
    )


def _beats_guessing(
    y_train: np.ndarray, y: np.ndarray, predicted: np.ndarray
) -> tuple[bool, dict[str, float]]:
    labels, counts = np.unique(y_train, return_counts=True)
    hits = predicted == y
    majority = float((labels[counts.argmax()] == y).mean())
    uniform = 1 / len(labels)
    by_class = [hits[y == label] for label in np.unique(y)]
    balanced = float(np.mean([of_class.mean() for of_class in by_class]))
    best = max(majority, uniform)
    error = math.sqrt(best * (1 - best) / len(y))
    rows = sum(1 / len(of_class) for of_class in by_class) / len(by_class) ** 2
    balanced_error = math.sqrt(uniform * (1 - uniform) * rows)
    beats = hits.mean() > best + BEYOND_CHANCE * error
    beats |= balanced > 1 / len(by_class) + BEYOND_CHANCE * balanced_error
    return bool(beats), {
        "accuracy": float(hits.mean()),
        "majority": majority,
        "uniform": uniform,
        "balanced accuracy": balanced,
    }


def _beats_the_mean(
    y_train: np.ndarray, y: np.ndarray, predicted: np.ndarray
) -> tuple[bool, dict[str, float]]:
    of_mean = (y - y_train.mean(axis=0)) ** 2
    of_network = (y - predicted) ** 2
    gains = (of_mean - of_network).reshape(len(y), -1).mean(axis=1)
    error = gains.std() / math.sqrt(len(gains))
    return bool(gains.mean() > BEYOND_CHANCE * error), {
        "squared error": float(of_network.mean()),
        "of the mean": float(of_mean.mean()),
    }


def _draw(
    estimator: Any, y: Any, n_rows: int, rng: np.random.RandomState
) -> np.ndarray:
    """Draw rows, of several classes where there are some."""
    order = rng.permutation(_num_samples(y))
    if is_classifier(estimator):
        # The first row of each class comes first.
        _, first = np.unique(y[order], return_index=True)
        order = np.concatenate([order[first], np.delete(order, first)])
    return order[:n_rows]


def _split(
    estimator: Any, y: Any, rng: np.random.RandomState
) -> tuple[np.ndarray, np.ndarray]:
    rows = np.arange(_num_samples(y))
    options: dict[str, Any] = {"test_size": 0.2, "random_state": rng}
    if is_classifier(estimator):
        _, counts = np.unique(y, return_counts=True)
        if counts.min() > 1 and len(counts) <= 0.2 * len(rows):
            options["stratify"] = y
    train, held_out = train_test_split(rows, **options)
    return train, held_out


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return (", ".join(value) or "none") if isinstance(value, list) else str(value)
