"""Autoencoder of linear layers, symmetric, with tied weights if asked for."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from sklearn_nn.modules.autoencoder import Autoencoder
from sklearn_nn.modules.mlp import ACTIVATIONS


class DenseAutoencoder(Autoencoder):
    """Linear layers to the latent, and the same widths back [1]_.

    Parameters
    ----------
    n_inputs, n_components : int
        Widths of a row and of its latent.
    hidden : sequence of int
        Widths of the layers between, from the input to the latent.
    activation, latent_activation : str
        Keys of :data:`~sklearn_nn.modules.mlp.ACTIVATIONS`, after the hidden layers
        and after the latent.
    tied_weights : bool
        Whether the decoder's weights are the encoder's, transposed.
    noise, latent_noise : float
        Standard deviations of the noise on inputs and latent in training.

    References
    ----------
    .. [1] Hinton, G. E., & Salakhutdinov, R. R. (2006). Reducing the dimensionality of
       data with neural networks. Science, 313.

    Examples
    --------
    >>> import torch
    >>> from sklearn_nn.modules import DenseAutoencoder
    >>> net = DenseAutoencoder(n_inputs=20, n_components=2, hidden=(8,))
    >>> x = torch.ones(5, 20)
    >>> net.features(x).shape, net(x).shape
    (torch.Size([5, 2]), torch.Size([5, 20]))

    Tied weights leave the decoder its biases alone.

    >>> tied = DenseAutoencoder(20, 2, hidden=(8,), tied_weights=True)
    >>> [sum(p.numel() for p in n.parameters()) for n in (net, tied)]
    [390, 214]
    """

    def __init__(
        self,
        n_inputs: int,
        n_components: int,
        hidden: Sequence[int] = (256,),
        activation: str = "tanh",
        latent_activation: str = "identity",
        tied_weights: bool = False,
        noise: float = 0.0,
        latent_noise: float = 0.0,
    ):
        super().__init__(n_components, noise, latent_noise)
        widths = (n_inputs, *hidden, n_components)
        down = [nn.Linear(*pair) for pair in pairwise(widths)]
        up = [
            TiedLinear(linear)
            if tied_weights
            else nn.Linear(linear.out_features, linear.in_features)
            for linear in reversed(down)
        ]
        encoder: list[nn.Module] = []
        for linear in down:
            encoder += [linear, ACTIVATIONS[activation]()]
        encoder[-1] = ACTIVATIONS[latent_activation]()
        self.encoder = nn.Sequential(*encoder)
        decoder: list[nn.Module] = []
        for layer in up[:-1]:
            decoder += [layer, ACTIVATIONS[activation]()]
        self.decoder = nn.Sequential(*decoder)
        self.output = up[-1]


class TiedLinear(nn.Module):
    """The way back through a linear layer: its weights transposed, a bias of its own.

    Parameters
    ----------
    linear : nn.Linear
        The layer whose weights are used.
    """

    def __init__(self, linear: nn.Linear):
        super().__init__()
        self.linear = linear
        self.bias = nn.Parameter(torch.zeros(linear.in_features))

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, out_features) to (n, in_features)."""
        return nn.functional.linear(x, self.linear.weight.t(), self.bias)
