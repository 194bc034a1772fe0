"""How good the bases are, one by one."""

import numpy as np
from sklearn.metrics import accuracy_score, f1_score

from sklearn_nn.ensemble._harmony import mean_loss


def modality_scores(
    logits: np.ndarray,
    there: np.ndarray,
    codes: np.ndarray,
    weight: np.ndarray | None = None,
) -> dict[str, float]:
    """Return the scores of one base over the rows that it answers.

    Parameters
    ----------
    logits : ndarray of shape (n_samples, n_classes)
        Its calibrated, out-of-fold logits.
    there : ndarray of bool of shape (n_samples,)
        Which rows it answers.
    codes : ndarray of int of shape (n_samples,)
        The true classes.
    weight : ndarray of shape (n_samples,), default=None
        Weights of the rows.

    Returns
    -------
    dict of str to float
        By the name of the score.
    """
    answered = float(np.average(there, weights=weight))
    logits, codes = logits[there], codes[there]
    weight = None if weight is None else weight[there]
    predicted = logits.argmax(axis=1)
    f1 = {
        f"f1_{average}": float(
            f1_score(
                codes,
                predicted,
                average=average,
                sample_weight=weight,
                zero_division=0.0,
            )
        )
        for average in ("macro", "weighted")
    }
    return {
        "accuracy": float(accuracy_score(codes, predicted, sample_weight=weight)),
        **f1,
        "log_loss": mean_loss(logits, codes, weight),
        "answered": answered,
    }


def agreement(stack: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Return how often two bases predict the same.

    Parameters
    ----------
    stack : ndarray of shape (n_samples, n_bases, n_classes)
        Out-of-fold logits.
    there : ndarray of bool of shape (n_samples, n_bases)
        Which bases answer.

    Returns
    -------
    ndarray of shape (n_bases, n_bases)
        Shares of the rows that both answer; NaN if there are none.
    """
    predicted = stack.argmax(axis=2)
    same = predicted[:, :, np.newaxis] == predicted[:, np.newaxis]
    both = there[:, :, np.newaxis] & there[:, np.newaxis]
    counts = both.sum(axis=0)
    shares = (same & both).sum(axis=0) / np.maximum(counts, 1)
    return np.where(counts > 0, shares, np.nan)
