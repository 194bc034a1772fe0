"""Convolutions of several widths over token ids."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sklearn_nn.modules.bigru import PAD

EMBEDDING_RANGE = 0.25


class TextCNN(nn.Module):
    """Embedding, convolutions of several widths, maximum over time, linear output.

    The network of Kim [1]_. Rows are right-padded token ids. Only the windows within a
    row count; a row shorter than a width has one window of it, filled up with zeros,
    and a row without tokens none, so that its features are zero. A row's logits
    therefore do not depend on the rows beside it, nor on the padding.

    Parameters
    ----------
    vocabulary_size : int
        Number of ids, with padding (0).
    n_outputs : int
        Number of logits.
    embedding_dim : int
        Width of the embedding.
    widths : sequence of int
        Tokens that a filter sees, for each group of filters.
    n_filters : int
        Filters of each width.
    embedding_dropout, dropout : float
        Dropout after the embedding, and before the output.

    References
    ----------
    .. [1] Kim, Y. (2014). Convolutional neural networks for sentence classification.
       EMNLP.

    Examples
    --------
    >>> import torch
    >>> from sklearn_nn.modules import TextCNN
    >>> net = TextCNN(vocabulary_size=10, n_outputs=2, n_filters=4).eval()
    >>> ids = torch.tensor([[4, 2, 7], [5, 0, 0]])
    >>> net(ids).shape, net.features(ids).shape  # 4 filters of each of 3 widths
    (torch.Size([2, 2]), torch.Size([2, 12]))

    Longer rows beside it change nothing for a row.

    >>> bool(torch.allclose(net(ids)[1:], net(ids[1:, :1])))
    True
    """

    def __init__(
        self,
        vocabulary_size: int,
        n_outputs: int,
        embedding_dim: int = 200,
        widths: Sequence[int] = (3, 4, 5),
        n_filters: int = 100,
        embedding_dropout: float = 0.1,
        dropout: float = 0.5,
    ):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary_size, embedding_dim, padding_idx=PAD)
        with torch.no_grad():
            # As in the paper. torch's, of variance one, learn several times as slowly.
            self.embedding.weight.uniform_(-EMBEDDING_RANGE, EMBEDDING_RANGE)
            self.embedding.weight[PAD] = 0
        self.embedding_dropout = nn.Dropout(embedding_dropout)
        self.widths = tuple(widths)
        self.convolutions = nn.ModuleList(
            nn.Conv1d(embedding_dim, n_filters, width) for width in self.widths
        )
        self.dropout = nn.Dropout(dropout)
        self.n_features = n_filters * len(widths)
        self.output = nn.Linear(self.n_features, n_outputs)

    def forward(self, ids: Tensor) -> Tensor:
        """Compute the logits.

        Parameters
        ----------
        ids : Tensor of int of shape (n, length)
            Token ids, right-padded with 0.

        Returns
        -------
        Tensor of shape (n, n_outputs)
            What the last layer makes of :meth:`features`.
        """
        return self.output(self.dropout(self.features(ids)))

    def features(self, ids: Tensor) -> Tensor:
        """Compute the maximum of each filter over a row's windows.

        Parameters
        ----------
        ids : Tensor of int of shape (n, length)
            Token ids, right-padded with 0.

        Returns
        -------
        Tensor of shape (n, n_features)
            The maxima, behind the ReLU; zeros for a row without tokens.
        """
        position = torch.arange(1, ids.shape[1] + 1, device=ids.device)
        lengths = ((ids != PAD) * position).amax(1, keepdim=True)
        x = self.embedding_dropout(self.embedding(ids)).transpose(1, 2)
        maxima = [
            _maximum(conv(F.pad(x, (0, max(width - x.shape[2], 0)))), width, lengths)
            for width, conv in zip(self.widths, self.convolutions, strict=True)
        ]
        return torch.cat(maxima, dim=1)


def _maximum(responses: Tensor, width: int, lengths: Tensor) -> Tensor:
    """Return the ReLU of the largest response of each filter to a row's windows."""
    start = torch.arange(responses.shape[2], device=responses.device)
    # A row shorter than the width has the first window, if it has any token.
    is_window = (start <= lengths - width) | ((start == 0) & (lengths > 0))
    responses = responses.masked_fill(~is_window.unsqueeze(1), -torch.inf)
    # ReLU last is quicker, and makes zero of a row without windows.
    return responses.max(2).values.relu()
