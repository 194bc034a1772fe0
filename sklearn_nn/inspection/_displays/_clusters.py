"""How well k-means finds the classes in a space."""

from typing import Any

import numpy as np
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score
from sklearn.metrics.cluster import contingency_matrix


def cluster_quality(
    rows: np.ndarray, y: Any, n_clusters: int, random_state: Any
) -> tuple[float | None, float]:
    """Cluster rows by k-means; return purity and silhouette.

    Parameters
    ----------
    rows : ndarray of shape (n_samples, n_features)
        The space.
    y : array-like of shape (n_samples,) or None
        Classes.
    n_clusters : int
        Of k-means.
    random_state : int, RandomState instance or None
        Seed of k-means.

    Returns
    -------
    purity : float or None
        Mean over the clusters of the share of their most frequent class; None without
        classes.
    silhouette : float
        Mean silhouette coefficient; NaN if k-means found a single cluster.
    """
    model = KMeans(n_clusters, n_init=10, random_state=random_state)
    clusters = model.fit_predict(rows)
    purity = None
    if y is not None:
        table = contingency_matrix(y, clusters)
        purity = float((table.max(axis=0) / table.sum(axis=0)).mean())
    n_found = len(np.unique(clusters))
    if not 1 < n_found < len(rows):
        return purity, float("nan")
    return purity, float(silhouette_score(rows, clusters))
