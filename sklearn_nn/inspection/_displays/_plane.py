"""Rows of any length, laid out in the plane."""

from typing import Any

import numpy as np
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE

PERPLEXITY = 30


def scaled_rows(rows: np.ndarray) -> np.ndarray:
    """Return rows between 0 and 1, in proportion; zeros if all are equal.

    t-SNE starts from principal components in float32, divided by their spread: where
    this is rounded to zero, it would run on NaN and crash the interpreter.

    Parameters
    ----------
    rows : ndarray of shape (n_samples, n_features)
        Of any size, however small or large.

    Returns
    -------
    ndarray of shape (n_samples, n_features)
        The same, moved and scaled.
    """
    rows = rows / (np.abs(rows).max() or 1)
    rows = rows - rows.min(axis=0)
    return rows / (rows.max() or 1)


def in_the_plane(rows: np.ndarray, method: str, rng: Any) -> np.ndarray:
    """Return a place in the plane for each row.

    Parameters
    ----------
    rows : ndarray of shape (n_samples, n_features)
        The space; for t-SNE, scaled.
    method : {"tsne", "pca"}
        How.
    rng : RandomState instance
        What is drawn from.

    Returns
    -------
    ndarray of shape (n_samples, 2)
        The places.
    """
    if rows.shape[1] == 1:
        rows = np.pad(rows, ((0, 0), (0, 1)))
    if method == "pca":
        return PCA(2, random_state=rng).fit_transform(rows)
    perplexity = min(PERPLEXITY, (len(rows) - 1) / 3)
    return TSNE(perplexity=perplexity, random_state=rng).fit_transform(rows)
