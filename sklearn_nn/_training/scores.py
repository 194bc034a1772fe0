"""How well a network does on validation rows."""

from collections.abc import Sequence
from typing import Any

import torch
from sklearn.metrics import f1_score
from torch import Tensor


def weighted_hits(batch: Any, y_pred: Tensor) -> Tensor:
    """Return the sum of the weights of the rows whose class is predicted.

    Parameters
    ----------
    batch : tuple
        ``(x, y)``, with a ``weight`` if rows differ in it.
    y_pred : Tensor of shape (n_rows, n_classes)
        Logits.

    Returns
    -------
    Tensor, a scalar
    """
    hits = (y_pred.argmax(1) == batch[1]).float()
    weight = getattr(batch, "weight", None)
    return (hits if weight is None else hits * weight).sum()


def judgement(batch: Any, y_pred: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return what the F1 score needs of a batch: classes, predicted ones, weights."""
    y = batch[1]
    weight = getattr(batch, "weight", None)
    return y, y_pred.argmax(1), torch.ones(len(y)) if weight is None else weight


def weighted_f1(judged: Sequence[tuple[Tensor, Tensor, Tensor]]) -> float:
    """Return the F1 score of the classes, weighted by their frequency.

    Parameters
    ----------
    judged : sequence of tuple of Tensor
        What `judgement` returned of each batch.

    Returns
    -------
    float
    """
    y, predicted, weight = (
        torch.cat(column).cpu() for column in zip(*judged, strict=True)
    )
    score = f1_score(
        y, predicted, sample_weight=weight, average="weighted", zero_division=0
    )
    return float(score)
