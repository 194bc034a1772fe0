"""Rows with their targets and weights, and batches of them for the net."""

from collections.abc import Iterator

import torch
from torch import Tensor

from sklearn_nn._training.rows import DenseRows


class WeightedBatch(tuple):
    """An ``(x, y)`` batch, as skorch's callbacks expect it, carrying row weights."""

    weight: Tensor


class Dataset(torch.utils.data.Dataset):
    """What one fit trains or validates on.

    Parameters
    ----------
    rows : DenseRows
        The inputs.
    y : Tensor of shape (n_samples,) or (n_samples, n_outputs), default=None
        The targets; None where the inputs are to be reconstructed.
    weight : Tensor of shape (n_samples,) or None
        Row weights; one means "once".
    """

    def __init__(
        self, rows: DenseRows, y: Tensor | None = None, weight: Tensor | None = None
    ):
        self.rows = rows
        self.y = None if y is None else y.to(rows.device)
        self.weight = None if weight is None else weight.to(rows.device)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index):
        """Return the batch at `index`: an (x, y) tuple, weighted if rows are."""
        return self.batch(self.rows.take(index), index)

    def batch(self, x: Tensor, index: Tensor | slice) -> tuple[Tensor, Tensor]:
        """Put the inputs of the rows at `index` together with their targets."""
        pair = x, x if self.y is None else self.y[index]
        if self.weight is None:
            return pair
        batch = WeightedBatch(pair)
        batch.weight = self.weight[index]
        return batch


class Batches:
    """Batches of one epoch: in random order to train, in the cheapest to evaluate."""

    def __init__(self, dataset: Dataset, batch_size: int, training: bool):
        self.dataset = dataset
        self.batch_size = batch_size
        self.training = training

    def __len__(self) -> int:
        if self.training:
            return self.dataset.rows.n_batches(self.batch_size)
        return -(-len(self.dataset) // self.batch_size)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        rows = self.dataset.rows
        cut = rows.shuffled if self.training else rows.in_order
        places = list(cut(self.batch_size))
        all_rows = range(len(rows))
        #: How many rows each batch of this epoch has.
        self.sizes = [
            len(all_rows[where] if isinstance(where, slice) else where)
            for where in places
        ]
        return map(self.dataset.batch, rows.stream(places, self.training), places)
