"""What autoencoders have in common: encode, decode, noise in training."""

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
        [1]_ and to the latent [2]_.

    References
    ----------
    .. [1] Vincent, P., Larochelle, H., Bengio, Y., & Manzagol, P.-A. (2008). Extracting
       and composing robust features with denoising autoencoders. ICML.
    .. [2] Salakhutdinov, R., & Hinton, G. (2009). Semantic hashing. International
       Journal of Approximate Reasoning, 50.
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
        """Encode rows.

        Parameters
        ----------
        x : Tensor of shape (n, n_inputs)
            The rows, flat.

        Returns
        -------
        Tensor of shape (n, n_components)
            The latents.
        """
        return self.encoder(x)

    def decode(self, z: Tensor) -> Tensor:
        """Decode latents.

        Parameters
        ----------
        z : Tensor of shape (n, n_components)
            The latents.

        Returns
        -------
        Tensor of shape (n, n_inputs)
            Values, or logits where the loss takes logits.
        """
        return self.output(self.decoder(z))

    def reconstruct(self, z: Tensor) -> Tensor:
        """Decode latents to rows as a matrix.

        Parameters
        ----------
        z : Tensor of shape (n, n_components)
            The latents.

        Returns
        -------
        Tensor of shape (n, n_inputs)
            What :meth:`decode` returns.
        """
        return self.decode(z)

    def forward(self, x: Tensor) -> Tensor:
        """Encode and decode rows, with noise in training.

        Parameters
        ----------
        x : Tensor of shape (n, n_inputs)
            The rows, flat.

        Returns
        -------
        Tensor of shape (n, n_inputs)
            Their reconstruction, as :meth:`decode` gives it.
        """
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
