"""What learns from the logits of the bases: a booster, and those who decide."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression

from sklearn_nn.ensemble._class_pool import ClassPool
from sklearn_nn.ensemble._composition import POOL, is_pool, kept
from sklearn_nn.ensemble._fitting import Part, cross_fit
from sklearn_nn.ensemble._folds import stratified
from sklearn_nn.ensemble._harmony import Reader
from sklearn_nn.ensemble._pool import fit_mixture
from sklearn_nn.ensemble._preparing import seeded
from sklearn_nn.ensemble._targets import Target

# Few rows are enough for the pool; what it cannot say, the regression learns from more.
# How strongly that is regularised, and the width of the pool's prior, had the least
# out-of-fold loss on 840 products with 7 classes and on 6,000 with 27.
DEFAULT_FINALS = (
    ("logistic", LogisticRegression(C=0.1, max_iter=1000)),
    ("pool", POOL),
)


def named_finals(
    finals: Any, seeds: list[int], shape: tuple[int, int]
) -> list[tuple[str, Any]]:
    """Return the final classifiers, seeded, and the pool as one.

    Parameters
    ----------
    finals : list of tuple (name, classifier) or None
        As named by the user.
    seeds : list of int
        One for each of them, or of the default ones.
    shape : tuple (n_bases, n_classes)
        Of the logits.

    Returns
    -------
    list of tuple (name, classifier)
        Without those that are dropped.
    """
    finals = finals or DEFAULT_FINALS
    names = [name for name, _ in finals]
    seeds_of = dict(zip(names, seeds, strict=True))
    return [
        (name, ClassPool(*shape) if is_pool(final) else seeded(final, seeds_of[name]))
        for name, final in kept(finals)
    ]


@dataclass
class Combination:
    """A fitted booster and fitted final classifiers.

    Parameters
    ----------
    booster : Reader or None
        Its softmax is appended to the logits.
    finals : list of Reader
        Those who decide.
    weights : ndarray of shape (n_finals,)
        Weights of their probabilities.
    codes : ndarray of int
        The classes that the final classifiers have met.
    """

    booster: Reader | None
    finals: list[Reader]
    weights: np.ndarray
    codes: np.ndarray

    def predict_proba(self, logits: np.ndarray, n_classes: int) -> np.ndarray:
        """Return the probabilities of the classes.

        Parameters
        ----------
        logits : ndarray of shape (n_samples, n_bases * n_classes)
            The answers of the bases.
        n_classes : int
            Number of classes.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            The weighted mean of the final classifiers.
        """
        if self.booster is not None:
            logits = _appended(logits, self.booster(logits, n_classes))
        return sum(
            weight * softmax(final(logits, n_classes), axis=1)
            for weight, final in zip(self.weights, self.finals, strict=True)
        )


def _appended(logits: np.ndarray, boosted: np.ndarray) -> np.ndarray:
    return np.hstack([logits, softmax(boosted, axis=1)])


def fit_combination(
    logits: np.ndarray,
    target: Target,
    *,
    booster: Any,
    finals: list[tuple[str, Any]],
    blend: str,
    n_splits: int,
    seeds: tuple[int, int],
    n_jobs: int | None,
    verbose: int,
) -> Combination:
    """Fit a booster, and final classifiers on what it says out of fold.

    Parameters
    ----------
    logits : ndarray of shape (n_samples, n_bases * n_classes)
        Out-of-fold answers of the bases.
    target : Target
        The classes of the rows.
    booster : classifier or None
        What is cloned for the booster.
    finals : list of tuple (name, classifier)
        What is cloned for the final classifiers.
    blend : {"alpha", "mean"}
        How their probabilities are weighed.
    n_splits : int
        Number of stratified folds for both.
    seeds : tuple of int
        Seeds of the folds of the booster and of the final classifiers.
    n_jobs, verbose
        For joblib.

    Returns
    -------
    Combination
        All fitted on all rows.
    """
    how: dict[str, Any] = {"n_jobs": n_jobs, "verbose": verbose}
    reader = None
    if booster is not None:
        part = Part("booster", booster, logits, np.ones(len(target), dtype=bool))
        folds = stratified(target, n_splits, seeds[0])
        if not folds:
            raise ValueError(
                "booster learns in folds: it needs two rows of a class, of two groups."
            )
        boosted = cross_fit([part], target, folds, **how)
        (reader,) = boosted.readers
        # Of a class that it had not met in a fold, its softmax says the contrary.
        rows = np.flatnonzero(boosted.knew[:, 0])
        logits = _appended(logits, boosted.answers[:, 0])[rows]
        target = target.at(rows)
    everywhere = np.ones(len(target), dtype=bool)
    parts = [
        Part(name, final, logits, everywhere, isinstance(final, ClassPool))
        for name, final in finals
    ]
    is_learned = blend == "alpha" and len(finals) > 1
    folds = stratified(target, n_splits, seeds[1]) if is_learned else []
    fitted = cross_fit(parts, target, folds, **how)
    weights = np.full(len(finals), 1 / len(finals))
    if folds:
        probabilities = softmax(fitted.answers, axis=2)
        true = probabilities[np.arange(len(target)), :, target.codes]
        weights = fit_mixture(true, target.weight)
    return Combination(reader, fitted.readers, weights, np.unique(target.codes))
