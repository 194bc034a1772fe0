"""The loss of a batch, whose rows may be weighted and mixed."""

from typing import NamedTuple

import torch
from torch import Tensor, nn


class Mixture(NamedTuple):
    """A batch whose rows are mixed with others of it.

    Parameters
    ----------
    x : Tensor of shape (n_rows, ...)
        The rows, in floating point.
    partner : Tensor of shape (n_rows,)
        The row that each was mixed with.
    share : Tensor, a scalar
        How much of a mixture is its partner's, at most a half.
    """

    x: Tensor
    partner: Tensor
    share: Tensor


def mixed(x: Tensor, alpha: float) -> Mixture:
    """Mix each row of a batch with another one.

    Parameters
    ----------
    x : Tensor of shape (n_rows, ...)
        The batch.
    alpha : float
        Both parameters of the Beta distribution that the share is drawn from.

    Returns
    -------
    mixture : Mixture

    References
    ----------
    Zhang, Cisse, Dauphin & Lopez-Paz (2018). mixup: beyond empirical risk
    minimization. ICLR.
    """
    share = torch.distributions.Beta(alpha, alpha).sample()
    share = torch.minimum(share, 1 - share).to(x.device)
    partner = torch.randperm(len(x)).to(x.device)
    x = x if x.is_floating_point() else x.float()
    return Mixture(x.lerp(x[partner], share.to(x.dtype)), partner, share)


def batch_loss(
    criterion: nn.Module,
    y_pred: Tensor,
    y: Tensor,
    weight: Tensor | None = None,
    mixture: Mixture | None = None,
) -> Tensor:
    """Return the mean loss of the rows of a batch.

    Parameters
    ----------
    criterion : torch.nn.Module
        The loss; it does not reduce where rows are weighted.
    y_pred, y : Tensor of shape (n_rows, ...)
        Outputs and targets.
    weight : Tensor of shape (n_rows,), default=None
        Weights of the rows.
    mixture : Mixture, default=None
        What the rows were mixed with.

    Returns
    -------
    loss : Tensor, a scalar
    """
    loss = criterion(y_pred, y)
    if weight is not None:
        loss = (loss.reshape(len(weight), -1).mean(1) * weight).mean()
    if mixture is None:
        return loss
    partner, share = mixture.partner, mixture.share.to(loss.dtype)
    weight = None if weight is None else weight[partner]
    return loss.lerp(batch_loss(criterion, y_pred, y[partner], weight), share)
