"""Sparse rows that are dense where they are looked at."""

from typing import Any

import numpy as np


class SparseRows:
    """A CSR matrix whose batches are dense arrays.

    Parameters
    ----------
    X : csr_array or csr_matrix of shape (n_samples, n_features)
        The rows.
    """

    def __init__(self, X: Any):
        self.X = X

    def __len__(self) -> int:
        return self.X.shape[0]

    def __getitem__(self, where: np.ndarray | slice) -> np.ndarray:
        return self.X[where].toarray()
