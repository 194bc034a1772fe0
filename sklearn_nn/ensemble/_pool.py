"""The logarithmic pool of several bases, its weights, and weights of a mixture."""

import numpy as np
from scipy.optimize import minimize
from scipy.special import softmax

from sklearn_nn.ensemble._harmony import mean_loss

LARGEST_WEIGHT = 10.0
# How far the weights of one class are expected to be from those of the others.
PRIOR = 0.3


def pooled(stack: np.ndarray, weights: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Return the weighted sums of the logits of the bases that are there.

    Parameters
    ----------
    stack : ndarray of shape (n_samples, n_bases, n_classes)
        Calibrated logits, zero where a base is not there.
    weights : ndarray of shape (n_bases,)
        Weights of the bases.
    there : ndarray of bool of shape (n_samples, n_bases)
        Which bases answer.

    Returns
    -------
    ndarray of shape (n_samples, n_classes)
        Logits. A base that is alone counts as one: its temperature was fitted so. And
        so do bases of weight zero among themselves: they added nothing to the others,
        which are not there.
    """
    by_row = there * weights
    even = (there.sum(axis=1) == 1) | (by_row.sum(axis=1) == 0)
    by_row[even] = there[even]
    return np.einsum("nb,nbk->nk", by_row, stack)


def fit_pool(
    stack: np.ndarray,
    there: np.ndarray,
    codes: np.ndarray,
    weight: np.ndarray | None = None,
) -> np.ndarray:
    """Return the non-negative weights by which the pool has the least log loss.

    Parameters
    ----------
    stack : ndarray of shape (n_samples, n_bases, n_classes)
        Calibrated, out-of-fold logits, zero where a base is not there.
    there : ndarray of bool of shape (n_samples, n_bases)
        Which bases answer. Rows with fewer than two say nothing about weights.
    codes : ndarray of int of shape (n_samples,)
        The true classes.
    weight : ndarray of shape (n_samples,), default=None
        Weights of the rows.

    Returns
    -------
    ndarray of shape (n_bases,)
        Weights, which need not sum to one: the evidence of bases that err
        independently adds up. Ones if no two bases meet.
    """
    n_bases = stack.shape[1]
    share = np.ones(len(codes)) if weight is None else weight
    rows = (there.sum(axis=1) > 1) & (share > 0)
    if not rows.any():
        return np.ones(n_bases)
    stack, codes, share = stack[rows], codes[rows], share[rows] / share[rows].sum()
    n_rows = len(codes)
    true = stack[np.arange(n_rows), :, codes]

    def loss(weights):
        logits = np.einsum("b,nbk->nk", weights, stack)
        expected = np.einsum("nk,nbk->nb", softmax(logits, axis=1), stack)
        return mean_loss(logits, codes, share), share @ (expected - true)

    found = minimize(
        loss,
        np.full(n_bases, 1 / n_bases),
        jac=True,
        method="L-BFGS-B",
        bounds=[(0.0, LARGEST_WEIGHT)] * n_bases,
    )
    return found.x


def fit_class_pool(
    stack: np.ndarray,
    there: np.ndarray,
    codes: np.ndarray,
    weight: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return weights of the bases for each class, and a constant for each class.

    They have the least log loss, with normal priors: of each weight around that of the
    base (:func:`fit_pool`), of each constant around zero. So they differ between
    classes only as far as there are rows to tell. A class without rows keeps those of
    the bases.

    Parameters
    ----------
    stack, there, codes, weight
        As for :func:`fit_pool`.

    Returns
    -------
    weights : ndarray of shape (n_bases, n_classes)
        Not negative.
    constants : ndarray of shape (n_classes,)
        What is added to the weighted sums.
    """
    if weight is not None and (weight == 0).any():
        rows = np.flatnonzero(weight)
        stack, there = stack[rows], there[rows]
        codes, weight = codes[rows], weight[rows]
    known = np.unique(codes)
    base = fit_pool(stack, there, codes, weight)
    weights = np.tile(base[:, np.newaxis], (1, stack.shape[2]))
    constants = np.zeros(stack.shape[2])
    weights[:, known], constants[known] = _fit_known(
        stack[:, :, known], np.searchsorted(known, codes), weight, base
    )
    return weights, constants


def _fit_known(
    stack: np.ndarray, codes: np.ndarray, weight: np.ndarray | None, base: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Fit the pool by class, of classes that have rows."""
    n_rows, n_bases, n_classes = stack.shape
    centre = np.repeat(base, n_classes)
    start = np.concatenate([centre, np.zeros(n_classes)])
    share = np.ones(n_rows) if weight is None else weight
    rows = np.arange(n_rows)

    def loss(parameters):
        weights, constants = _cut(parameters, n_bases)
        logits = np.einsum("bk,nbk->nk", weights, stack) + constants
        away = (parameters - start) / PRIOR
        slopes = softmax(logits, axis=1)
        slopes[rows, codes] -= 1
        slopes *= share[:, np.newaxis]
        by_base = np.einsum("nk,nbk->bk", slopes, stack).ravel()
        slope = np.concatenate([by_base, slopes.sum(axis=0)]) + away / PRIOR
        total = share.sum() * mean_loss(logits, codes, share)
        return total + away @ away / 2, slope

    bounds = [(0.0, LARGEST_WEIGHT)] * len(centre) + [(None, None)] * n_classes
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds)
    return _cut(found.x, n_bases)


def _cut(parameters: np.ndarray, n_bases: int) -> tuple[np.ndarray, np.ndarray]:
    table = parameters.reshape(n_bases + 1, -1)
    return table[:-1], table[-1]


def pool_loss(
    stack: np.ndarray,
    there: np.ndarray,
    codes: np.ndarray,
    log_frequencies: np.ndarray,
    weight: np.ndarray | None = None,
) -> float:
    """Return the log loss of the pool with the best weights.

    Parameters
    ----------
    stack : ndarray of shape (n_samples, n_bases, n_classes)
        Calibrated, out-of-fold logits.
    there : ndarray of bool of shape (n_samples, n_bases)
        Which bases answer.
    codes : ndarray of int of shape (n_samples,)
        The true classes.
    log_frequencies : ndarray of shape (n_classes,)
        The answer for rows that no base answers.
    weight : ndarray of shape (n_samples,), default=None
        Weights of the rows.

    Returns
    -------
    float
        In nats.
    """
    logits = np.tile(log_frequencies, (len(codes), 1))
    rows = there.any(axis=1)
    weights = fit_pool(stack, there, codes, weight)
    logits[rows] = pooled(stack[rows], weights, there[rows])
    return mean_loss(logits, codes, weight)


def ablation(
    stack: np.ndarray,
    there: np.ndarray,
    codes: np.ndarray,
    log_frequencies: np.ndarray,
    weight: np.ndarray | None = None,
) -> np.ndarray:
    """Return by how much the log loss of the pool rises without each base.

    Parameters
    ----------
    stack, there, codes, log_frequencies, weight
        As for :func:`pool_loss`.

    Returns
    -------
    ndarray of shape (n_bases,)
        Rises; the weights of the other bases are fitted anew.
    """
    whole = pool_loss(stack, there, codes, log_frequencies, weight)
    return np.array(
        [
            pool_loss(
                np.delete(stack, base, axis=1),
                np.delete(there, base, axis=1),
                codes,
                log_frequencies,
                weight,
            )
            - whole
            for base in range(stack.shape[1])
        ]
    )


def fit_mixture(true: np.ndarray, weight: np.ndarray | None = None) -> np.ndarray:
    """Return the weights of a mixture of classifiers with the least log loss.

    Parameters
    ----------
    true : ndarray of shape (n_samples, n_classifiers)
        Out-of-fold probabilities of the true class.
    weight : ndarray of shape (n_samples,), default=None
        Weights of the rows.

    Returns
    -------
    ndarray of shape (n_classifiers,)
        Non-negative weights whose sum is one; even ones if all are equally good.
    """
    n_rows, n = true.shape
    share = np.ones(n_rows) if weight is None else weight
    share = share / share.sum()
    # Bounded away from zero, so that one impossible row does not decide everything.
    true = np.maximum(true, np.finfo(np.float64).eps)

    def loss(weights):
        mixed = true @ weights
        return -share @ np.log(mixed), -(share / mixed) @ true

    # The loss is convex, so that there is one optimum on the simplex.
    found = minimize(
        loss,
        np.full(n, 1 / n),
        jac=True,
        method="SLSQP",
        bounds=[(0.0, 1.0)] * n,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1, "jac": np.ones_like},
        options={"ftol": 1e-9},
    )
    weights = np.clip(found.x, 0, 1)
    return weights / weights.sum()
