"""Whatever a classifier offers, as calibrated, centred log-probabilities."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from sklearn.utils.validation import _num_samples

# The best first: what needs no guess about the scale comes before what does.
METHODS = ("predict_log_proba", "predict_proba", "decision_function", "predict")
FLOOR = np.log(1e-6)
# In units of the standard deviation of the logits.
TEMPERATURES = (0.02, 100.0)


def method_of(estimator: Any) -> str | None:
    """Return the best of the methods that a classifier has.

    Parameters
    ----------
    estimator : object
        Fitted or not.

    Returns
    -------
    str or None
        None if it has none of them.
    """
    return next((name for name in METHODS if hasattr(estimator, name)), None)


@dataclass
class Reader:
    """A fitted classifier, and how its answers are to be read.

    Parameters
    ----------
    name : str
        What it is called in messages.
    estimator : object
        The classifier.
    labels : ndarray
        Its labels, in the order of its columns.
    codes : ndarray of int
        The places of these labels among all classes.
    """

    name: str
    estimator: Any
    labels: np.ndarray
    codes: np.ndarray

    @property
    def is_hard(self) -> bool:
        """Whether it offers labels only."""
        return method_of(self.estimator) == "predict"

    def __call__(
        self, X: Any, n_classes: int, rows: np.ndarray | None = None
    ) -> np.ndarray:
        """Answer for rows.

        Parameters
        ----------
        X : rows of the kind that the classifier takes
            What to answer for.
        n_classes : int
            Number of all classes.
        rows : ndarray of int of shape (n_samples,), default=None
            Their numbers, for messages.

        Returns
        -------
        ndarray of float64 of shape (n_samples, n_classes)
            Centred log-probabilities. Of labels alone: centred indicators, whose
            scale is yet to be found (:func:`hard_scale`).
        """
        method = method_of(self.estimator)
        if method is None:
            raise ValueError(f"{self.name!r} has none of the methods {METHODS}.")
        try:
            # A probability of zero is no mistake of the caller.
            with np.errstate(divide="ignore"):
                answer = np.asarray(getattr(self.estimator, method)(X))
        except Exception as error:
            error.add_note(f"This happened while {self.name!r} was asked.")
            raise
        if len(answer) != _num_samples(X):
            raise ValueError(
                f"{method} of {self.name!r} returns {len(answer)} answers for "
                f"{_num_samples(X)} rows."
            )
        if method == "predict":
            return centred(self._indicators(answer, n_classes))
        scores = answer.astype(np.float64)
        if method == "decision_function" and (scores.ndim == 1 or scores.shape[1] == 1):
            half = scores.ravel() / 2
            scores = np.column_stack([-half, half])
        self._check(scores, method, rows)
        if method == "predict_proba":
            with np.errstate(divide="ignore"):
                scores = np.log(scores)
        return centred(_spread(scores, self.codes, n_classes))

    def _indicators(self, labels: np.ndarray, n_classes: int) -> np.ndarray:
        place = {label: i for i, label in enumerate(self.labels.tolist())}
        try:
            columns = [place[label] for label in labels.ravel().tolist()]
        except KeyError as error:
            raise ValueError(
                f"{self.name!r} predicts {error.args[0]!r}, which is none of its "
                f"classes: {self.labels.tolist()}."
            ) from None
        return np.eye(n_classes)[self.codes[columns]]

    def _check(self, scores: np.ndarray, method: str, rows: np.ndarray | None) -> None:
        if scores.ndim != 2 or scores.shape[1] != len(self.codes):
            raise ValueError(
                f"{method} of {self.name!r} returns the shape {scores.shape} for "
                f"{len(self.codes)} classes: one column a class is needed "
                "(decision_function_shape='ovr' of support vector machines)."
            )
        wrong = np.isnan(scores) | (scores == np.inf)
        what = "is not finite"
        if method == "decision_function":
            wrong |= np.isinf(scores)
        if method == "predict_proba" and not wrong.any():
            wrong, what = scores < 0, "is negative"
        if wrong.any():
            row = int(wrong.any(axis=1).argmax())
            row = row if rows is None else int(rows[row])
            raise ValueError(f"{method} of {self.name!r} {what} for row {row}.")


def _spread(scores: np.ndarray, codes: np.ndarray, n_classes: int) -> np.ndarray:
    """Put log-probabilities into the columns of all classes, zero ones floored.

    What is finite is believed, however small, and left to the temperature.
    """
    scores = log_softmax(scores, axis=1)
    finite = np.where(np.isfinite(scores), scores, 0.0)
    floor = np.minimum(finite.min(axis=1, keepdims=True), FLOOR)
    full = np.repeat(floor, n_classes, axis=1)
    full[:, codes] = np.where(np.isfinite(scores), scores, floor)
    return full


def centred(scores: np.ndarray) -> np.ndarray:
    """Return the scores with a mean of zero over the classes of a row.

    Parameters
    ----------
    scores : ndarray of shape (n_samples, n_classes)
        Logits.

    Returns
    -------
    ndarray of shape (n_samples, n_classes)
        Logits of the same probabilities.
    """
    return scores - scores.mean(axis=1, keepdims=True)


def mean_loss(
    logits: np.ndarray, codes: np.ndarray, weight: np.ndarray | None = None
) -> float:
    """Return the mean log loss of logits.

    Parameters
    ----------
    logits : ndarray of shape (n_samples, n_classes)
        Logits, or log-probabilities.
    codes : ndarray of int of shape (n_samples,)
        The true classes.
    weight : ndarray of shape (n_samples,), default=None
        Weights of the rows.

    Returns
    -------
    float
        In nats.
    """
    true = log_softmax(logits, axis=1)[np.arange(len(codes)), codes]
    return float(-np.average(true, weights=weight))


def hard_scale(
    answers: np.ndarray, codes: np.ndarray, weight: np.ndarray | None = None
) -> float:
    """Return the logit that labels deserve by how often they are right.

    Parameters
    ----------
    answers : ndarray of shape (n_samples, n_classes)
        Centred indicators.
    codes : ndarray of int of shape (n_samples,)
        The true classes.
    weight : ndarray of shape (n_samples,), default=None
        Weights of the rows.

    Returns
    -------
    float
        With it, the probability of the predicted class is the accuracy, counted as
        if one more row were right and one more were wrong; next to nothing if that is
        no better than chance.
    """
    n_rows, n_classes = answers.shape
    hits = np.average(answers.argmax(axis=1) == codes, weights=weight) * n_rows
    accuracy = (hits + 1) / (n_rows + 2)
    return max(1e-6, float(np.log(accuracy * (n_classes - 1) / (1 - accuracy))))


def fit_temperature(
    logits: np.ndarray, codes: np.ndarray, weight: np.ndarray | None = None
) -> float:
    """Return the temperature by which the logits have the least log loss.

    Parameters
    ----------
    logits : ndarray of shape (n_samples, n_classes)
        Answers for rows that the classifier was not fitted on.
    codes : ndarray of int of shape (n_samples,)
        The true classes.
    weight : ndarray of shape (n_samples,), default=None
        Weights of the rows.

    Returns
    -------
    float
        What to divide the logits by; one if they are all zero.
    """
    if not len(logits) or not logits.any():
        return 1.0
    found = minimize_scalar(
        lambda log_t: mean_loss(logits / np.exp(log_t), codes, weight),
        bounds=np.log(logits.std()) + np.log(TEMPERATURES),
        method="bounded",
    )
    return float(np.exp(found.x))


def calibrate(
    answers: np.ndarray,
    there: np.ndarray,
    is_hard: list[bool],
    codes: np.ndarray,
    weight: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Learn the scale of every base.

    Parameters
    ----------
    answers : ndarray of shape (n_samples, n_bases, n_classes)
        What the bases say out of fold.
    there : ndarray of bool of shape (n_samples, n_bases)
        Which bases answer, and had met the class of the row.
    is_hard : list of bool
        Which bases offer labels only.
    codes : ndarray of int of shape (n_samples,)
        The true classes.
    weight : ndarray of shape (n_samples,), default=None
        Weights of the rows.

    Returns
    -------
    temperatures : ndarray of shape (n_bases,)
        Temperatures of the logits.
    scales : ndarray of shape (n_bases,)
        What to multiply the answers by.
    """
    temperatures, scales = [], []
    for base, hard in enumerate(is_hard):
        rows = there[:, base]
        said, true = answers[rows, base], codes[rows]
        known = None if weight is None else weight[rows]
        scale = hard_scale(said, true, known) if hard else 1.0
        temperatures.append(fit_temperature(said * scale, true, known))
        scales.append(scale / temperatures[-1])
    return np.array(temperatures), np.array(scales)
