"""Rows of X in the four forms the package knows, and how they form batches."""

import warnings
from collections.abc import Iterable
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp
import torch
from torch import Tensor

from sklearn_nn._contract.network import MIN_INFERENCE_BATCH

# Batches of token ids are drawn from this many shuffled batches sorted by length:
# enough for little padding, few enough to keep the batches random.
BUCKET_BATCHES = 50


class DenseRows:
    """A dense matrix (or stack of images), cut by index or by slice.

    Parameters
    ----------
    X : ndarray of shape (n_samples, ...)
        The rows.
    dtype : str
        Name of the dtype that the module computes in.
    device : torch.device
        Where the batches go.
    """

    min_inference_batch = MIN_INFERENCE_BATCH

    def __init__(self, X: np.ndarray, dtype: str, device: torch.device):
        self.X = as_tensor(X, dtype)
        self.device = device

    def __len__(self) -> int:
        return self.X.shape[0]

    def take(self, index: Tensor | slice) -> Tensor:
        """Return the rows at `index` on the device."""
        return self.X[index].to(self.device, non_blocking=True)

    def stream(
        self, places: Iterable[Tensor | slice], training: bool = False
    ) -> Iterable[Tensor]:
        """Return the batches at `places`, one after another, for training or not."""
        return map(self.take, places)

    def inference_batch(self, batch_size: int) -> int:
        """Return how many rows to compute at once where nothing is learned."""
        return max(batch_size, self.min_inference_batch)

    def shuffled(self, batch_size: int) -> Iterable[Tensor]:
        """Cut a random order of the rows into batches of indices."""
        return torch.randperm(len(self)).split(batch_size)

    def n_batches(self, batch_size: int) -> int:
        """Return how many batches `shuffled` makes."""
        return -(-len(self) // batch_size)

    def in_order(self, batch_size: int) -> Iterable[Tensor | slice]:
        """Cut the rows into batches in the cheapest order."""
        starts = range(0, len(self), batch_size)
        return [slice(start, start + batch_size) for start in starts]


class ImageRows(DenseRows):
    """Flattened images or signals, given to the module with their channels first."""

    def __init__(
        self, X: np.ndarray, dtype: str, device: torch.device, shape: tuple[int, ...]
    ):
        super().__init__(X, dtype, device)
        self.shape = shape

    def take(self, index: Tensor | slice) -> Tensor:
        """Return the rows at `index` as (n, channels, *sides)."""
        return super().take(index).unflatten(1, self.shape).movedim(-1, 1)


class SparseRows(DenseRows):
    """A CSR matrix, densified a batch at a time."""

    X: Any

    def __init__(self, X, dtype: str, device: torch.device):
        self.X = sp.csr_array(X, dtype=dtype)
        self.device = device

    def take(self, index: Tensor | slice) -> Tensor:
        """Return the rows at `index`, dense, on the device."""
        rows = self.X[index if isinstance(index, slice) else index.numpy()]
        return torch.from_numpy(rows.toarray()).to(self.device)


class TokenRows(DenseRows):
    """Right-padded token ids, batched by length and trimmed to the longest row."""

    def __init__(self, X: np.ndarray, dtype: str, device: torch.device):
        super().__init__(X, "int32", device)

    @cached_property
    def lengths(self) -> Tensor:
        """Number of ids of each row up to its last token, int64."""
        position = torch.arange(1, self.X.shape[1] + 1, dtype=torch.int32)
        return ((self.X != 0) * position).amax(1).long()

    def take(self, index: Tensor | slice) -> Tensor:
        """Return the rows at `index`, cut after the longest of them."""
        longest = max(int(self.lengths[index].max()), 1)
        return self.X[index, :longest].to(self.device, non_blocking=True)

    def shuffled(self, batch_size: int) -> Iterable[Tensor]:
        """Cut a random order into batches of rows of about the same length."""
        batches = []
        for bucket in torch.randperm(len(self)).split(batch_size * BUCKET_BATCHES):
            by_length = bucket[self.lengths[bucket].argsort(stable=True)]
            batches.extend(by_length.split(batch_size))
        return tuple(batches[i] for i in torch.randperm(len(batches)))

    def in_order(self, batch_size: int) -> Iterable[Tensor | slice]:
        """Cut the rows, sorted by length, into batches."""
        return self.lengths.argsort(stable=True).split(batch_size)


class LongTokenRows(TokenRows):
    """Token ids for a network so large that a batch to infer is one to train on."""

    # Short batches of one length are padded least, too.
    min_inference_batch = 1


def as_tensor(array: np.ndarray, dtype: str) -> Tensor:
    """Share the memory of `array` with a tensor, or copy it to another dtype."""
    with warnings.catch_warnings():
        # torch warns of read-only memory (joblib's workers get such). Nobody writes.
        warnings.filterwarnings("ignore", "The given NumPy array is not writable")
        return torch.from_numpy(np.require(array, dtype, "C"))
