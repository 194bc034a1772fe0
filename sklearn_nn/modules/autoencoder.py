"""What autoencoders have in common: encode, decode, noise in training.

Hinton & Salakhutdinov (2006), "Reducing the dimensionality of data with neural
networks", Science 313; Vincent, Larochelle, Bengio & Manzagol (2008), "Extracting and
composing robust features with denoising autoencoders", ICML; Salakhutdinov & Hinton
(2009), "Semantic hashing", International Journal of Approximate Reasoning 50 (noise on
the latent).
"""

import torch
from torch import Tensor, nn


class Autoencoder(nn.Module):
    """An encoder to a narrow latent and a decoder back.

    A subclass sets ``encoder``, ``decoder`` and ``output``, the decoder's last layer,
    which has one bias a feature. Rows are flat at both ends, whatever is between.

    Parameters
    ----------
    n_components : int
        Width of the latent.
    noise, latent_noise : float
        Standard deviations of the Gaussian noise added, in training, to the inputs
        and to the latent.
    """

    encoder: nn.Module
    decoder: nn.Module
    output: nn.Module

    def __init__(
        self, n_components: int, noise: float = 0.0, latent_noise: float = 0.0
    ):
        super().__init__()
        self.n_features = n_components
        self.corrupt = GaussianNoise(noise)
        self.corrupt_latent = GaussianNoise(latent_noise)

    def features(self, x: Tensor) -> Tensor:
        """Map rows (n, n_inputs) to latents (n, n_components)."""
        return self.encoder(x)

    def decode(self, z: Tensor) -> Tensor:
        """Map latents (n, n_components) to logits, or values, (n, n_inputs)."""
        return self.output(self.decoder(z))

    def reconstruct(self, z: Tensor) -> Tensor:
        """Map latents to rows as a matrix."""
        return self.decode(z)

    def forward(self, x: Tensor) -> Tensor:
        """Map rows (n, n_inputs) to their reconstruction, (n, n_inputs)."""
        latents = self.features(self.corrupt(x))
        return self.decode(self.corrupt_latent(latents))


class GaussianNoise(nn.Module):
    """Adds noise, in training only.

    Parameters
    ----------
    std : float
        Its standard deviation.
    """

    def __init__(self, std: float):
        super().__init__()
        self.std = std

    def forward(self, x: Tensor) -> Tensor:
        """Map to the same shape."""
        if not self.training or not self.std:
            return x
        return x + self.std * torch.randn_like(x)


class Offset(nn.Module):
    """Adds one learned number to each feature."""

    def __init__(self, n_features: int):
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(n_features))

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, n_features) to the same shape."""
        return x + self.bias
