"""Self-attention between a sequence and one latent vector.

Vaswani et al. (2017), "Attention is all you need", NeurIPS; Xiong et al. (2020), "On
layer normalization in the transformer architecture", ICML (the norm comes first).
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention


class AttentionEncoder(nn.Module):
    """Positions, attention layers, and a linear map of each position to the latent.

    Parameters
    ----------
    length : int
        Positions, at most.
    width : int
        Width of a position.
    n_heads, n_layers : int
        Attention heads, which divide `width`, and layers.
    n_components : int
        Width of the latent.
    """

    def __init__(
        self, length: int, width: int, n_heads: int, n_layers: int, n_components: int
    ):
        super().__init__()
        self.positions = nn.Parameter(torch.randn(length, width) / width**0.5)
        self.layers = nn.ModuleList(
            AttentionLayer(width, n_heads) for _ in range(n_layers)
        )
        self.norm = nn.LayerNorm(width)
        self.latent = nn.Linear(length * width, n_components)

    def forward(self, x: Tensor, is_there: Tensor | None = None) -> Tensor:
        """Map (n, length, width) to latents (n, n_components).

        ``is_there`` (n, length) is False where a position is to be left out.
        """
        length = x.shape[1]
        x = x + self.positions[:length]
        mask = None
        if is_there is not None:
            # A row of which nothing is there still needs something to attend to.
            first = torch.arange(length, device=x.device) == 0
            mask = (is_there | first)[:, None, None]
        for layer in self.layers:
            x = layer(x, mask=mask)
        x = self.norm(x)
        if is_there is not None:
            x = x * is_there.unsqueeze(-1)
        x = x.flatten(1)
        weight = self.latent.weight[:, : x.shape[1]]
        return nn.functional.linear(x, weight, self.latent.bias)


class AttentionDecoder(nn.Module):
    """A linear map of the latent to each position, and attention layers.

    Parameters
    ----------
    length, width, n_heads, n_layers, n_components : int
        As for :class:`AttentionEncoder`.
    causal : bool
        Whether a position sees only those before it, so that what it becomes does not
        depend on the length.
    """

    def __init__(
        self,
        length: int,
        width: int,
        n_heads: int,
        n_layers: int,
        n_components: int,
        causal: bool = False,
    ):
        super().__init__()
        self.width = width
        self.causal = causal
        # The biases are the positions.
        self.start = nn.Linear(n_components, length * width)
        self.layers = nn.ModuleList(
            AttentionLayer(width, n_heads) for _ in range(n_layers)
        )
        self.norm = nn.LayerNorm(width)

    def forward(self, z: Tensor, length: int | None = None) -> Tensor:
        """Map latents (n, n_components) to (n, length, width)."""
        end = None if length is None else length * self.width
        x = nn.functional.linear(z, self.start.weight[:end], self.start.bias[:end])
        x = x.unflatten(1, (-1, self.width))
        for layer in self.layers:
            x = layer(x, causal=self.causal)
        return self.norm(x)


class AttentionLayer(nn.Module):
    """Multi-head self-attention and a perceptron, each added to what comes in.

    Parameters
    ----------
    width, n_heads : int
        Width of a position, and heads that divide it.
    """

    def __init__(self, width: int, n_heads: int):
        super().__init__()
        self.n_heads = n_heads
        self.attention_norm = nn.LayerNorm(width)
        self.queries_keys_values = nn.Linear(width, 3 * width)
        self.mix = nn.Linear(width, width)
        self.perceptron = nn.Sequential(
            nn.LayerNorm(width),
            nn.Linear(width, 2 * width),
            nn.GELU(),
            nn.Linear(2 * width, width),
        )

    def forward(
        self, x: Tensor, mask: Tensor | None = None, causal: bool = False
    ) -> Tensor:
        """Map (n, length, width) to the same shape."""
        heads = self.queries_keys_values(self.attention_norm(x))
        q, k, v = heads.unflatten(2, (3, self.n_heads, -1)).permute(2, 0, 3, 1, 4)
        seen = scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=causal)
        x = x + self.mix(seen.transpose(1, 2).flatten(2))
        return x + self.perceptron(x)
