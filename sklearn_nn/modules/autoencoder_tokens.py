"""Attention autoencoder over token ids, and what it is trained by."""

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, pad

from sklearn_nn.modules.autoencoder import Autoencoder
from sklearn_nn.modules.autoencoder_attention import AttentionDecoder, AttentionEncoder
from sklearn_nn.modules.bigru import PAD
from sklearn_nn.modules.mlp import ACTIVATIONS


class TokenAutoencoder(Autoencoder):
    """Embedded tokens, attention among them, one latent, and logits of every token.

    The layers of both sides are those of the transformer [1]_. Padding is neither
    attended to nor encoded. A decoded position sees only those before it, so that
    nothing depends on the other rows' lengths.

    Parameters
    ----------
    vocabulary_size : int
        Number of ids, with padding (0).
    max_length : int
        Tokens of a row, at most.
    n_components : int
        Width of the latent.
    width, n_heads, n_layers : int
        Width of the embedding, attention heads, and layers on each side.
    latent_activation : str
        A key of :data:`~sklearn_nn.modules.mlp.ACTIVATIONS`.
    noise, latent_noise : float
        Standard deviations of the noise on embedded tokens and latent in training.

    References
    ----------
    .. [1] Vaswani, A., et al. (2017). Attention is all you need. NeurIPS.

    Examples
    --------
    >>> import torch
    >>> from sklearn_nn.modules import TokenAutoencoder
    >>> net = TokenAutoencoder(vocabulary_size=10, max_length=4, n_components=2)
    >>> ids = torch.tensor([[4, 2], [5, 0]])
    >>> z = net.features(ids)
    >>> z.shape, net.reconstruct(z).shape
    (torch.Size([2, 2]), torch.Size([2, 4]))
    >>> net(ids).shape  # two tokens and the end
    torch.Size([2, 3, 10])
    """

    def __init__(
        self,
        vocabulary_size: int,
        max_length: int,
        n_components: int,
        width: int = 64,
        n_heads: int = 4,
        n_layers: int = 2,
        latent_activation: str = "identity",
        noise: float = 0.0,
        latent_noise: float = 0.0,
    ):
        super().__init__(n_components, noise, latent_noise)
        self.max_length = max_length
        self.embedding = nn.Embedding(vocabulary_size, width, padding_idx=PAD)
        sizes = (max_length, width, n_heads, n_layers, n_components)
        self.encoder = AttentionEncoder(*sizes)
        self.latent_activation = ACTIVATIONS[latent_activation]()
        self.decoder = AttentionDecoder(*sizes, causal=True)
        self.output = nn.Linear(width, vocabulary_size)

    def features(self, ids: Tensor) -> Tensor:
        """Encode rows of tokens.

        Parameters
        ----------
        ids : Tensor of int of shape (n, length)
            Token ids, right-padded with 0.

        Returns
        -------
        Tensor of shape (n, n_components)
            The latents.
        """
        embedded = self.corrupt(self.embedding(ids))
        return self.latent_activation(self.encoder(embedded, ids != PAD))

    def decode(self, z: Tensor, length: int | None = None) -> Tensor:
        """Decode latents to the logits of every token.

        Parameters
        ----------
        z : Tensor of shape (n, n_components)
            The latents.
        length : int, default=None
            How many tokens to decode; None is `max_length`.

        Returns
        -------
        Tensor of shape (n, length, vocabulary_size)
            The logits.
        """
        return self.output(self.decoder(z, length))

    def reconstruct(self, z: Tensor) -> Tensor:
        """Decode latents to the likeliest token of each place.

        Parameters
        ----------
        z : Tensor of shape (n, n_components)
            The latents.

        Returns
        -------
        Tensor of int of shape (n, max_length)
            Token ids, padded after the first end.
        """
        ids = self.decode(z).argmax(2)
        return ids * (ids != PAD).cumprod(1)

    def forward(self, ids: Tensor) -> Tensor:
        """Encode tokens, and decode them and, if there is room, the end.

        Parameters
        ----------
        ids : Tensor of int of shape (n, length)
            Token ids, right-padded with 0.

        Returns
        -------
        Tensor of shape (n, min(length + 1, max_length), vocabulary_size)
            The logits.
        """
        length = min(ids.shape[1] + 1, self.max_length)
        return self.decode(self.corrupt_latent(self.features(ids)), length)


class TokenLoss(nn.Module):
    """Cross-entropy, the mean over the tokens of a row and its end.

    The padding that follows a row's last token is its end; the rest of it does not
    count.

    Parameters
    ----------
    reduction : {"mean", "none"}
        Whether to return the mean over the rows or the loss of every row.

    Examples
    --------
    >>> import torch
    >>> from sklearn_nn.modules import TokenLoss
    >>> logits, ids = torch.zeros(2, 3, 10), torch.tensor([[4, 2], [5, 0]])
    >>> loss = TokenLoss()(logits, ids)
    >>> round(loss.item(), 4)  # ln 10: each of 10 ids is as likely
    2.3026
    """

    def __init__(self, reduction: str = "mean"):
        super().__init__()
        self.reduction = reduction

    def forward(self, logits: Tensor, ids: Tensor) -> Tensor:
        """Compare logits with the tokens that they should be.

        Parameters
        ----------
        logits : Tensor of shape (n, length, vocabulary_size)
            What the network returned.
        ids : Tensor of int of shape (n, length) or shorter
            The tokens, right-padded with 0; what is missing is padding.

        Returns
        -------
        Tensor of shape () or (n,)
            The mean over the rows, or the loss of each.
        """
        ids = pad(ids, (0, logits.shape[1] - ids.shape[1]))
        shares = token_shares(ids).to(logits.dtype)
        losses = cross_entropy(logits.transpose(1, 2), ids.long(), reduction="none")
        by_row = (losses * shares).sum(1)
        return by_row.mean() if self.reduction == "mean" else by_row


def token_shares(ids: Tensor) -> Tensor:
    """Return how much each position of a row counts (n, length); a row sums to one."""
    is_token = ids != PAD
    position = torch.arange(ids.shape[1], device=ids.device)
    end = (is_token * (position + 1)).amax(1, keepdim=True)
    counts = is_token | (position == end)
    return counts / counts.sum(1, keepdim=True)
