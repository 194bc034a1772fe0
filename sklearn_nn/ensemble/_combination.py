"""What learns from the logits of the bases: a booster, and those who decide."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import softmax

from sklearn_nn.ensemble._fitting import Part, cross_fit, stratified
from sklearn_nn.ensemble._harmony import Reader
from sklearn_nn.ensemble._pool import fit_mixture


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
    """

    booster: Reader | None
    finals: list[Reader]
    weights: np.ndarray

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
    codes: np.ndarray,
    weight: np.ndarray | None,
    n_classes: int,
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
    codes : ndarray of int of shape (n_samples,)
        The classes.
    weight : ndarray of shape (n_samples,) or None
        Weights of the rows.
    n_classes : int
        Number of classes.
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
    everywhere = np.ones(len(codes), dtype=bool)
    how: dict[str, Any] = {"n_jobs": n_jobs, "verbose": verbose}
    reader = None
    if booster is not None:
        part = Part("booster", booster, logits, everywhere)
        folds = stratified(codes, n_splits, seeds[0])
        boosted, (reader,) = cross_fit([part], codes, weight, folds, n_classes, **how)
        logits = _appended(logits, boosted[:, 0])
    parts = [Part(name, final, logits, everywhere) for name, final in finals]
    is_learned = blend == "alpha" and len(finals) > 1
    folds = stratified(codes, n_splits, seeds[1]) if is_learned else []
    answers, readers = cross_fit(parts, codes, weight, folds, n_classes, **how)
    weights = np.full(len(finals), 1 / len(finals))
    if is_learned:
        probabilities = softmax(answers, axis=2)
        true = probabilities[np.arange(len(codes)), :, codes]
        weights = fit_mixture(true, weight)
    return Combination(reader, readers, weights)
