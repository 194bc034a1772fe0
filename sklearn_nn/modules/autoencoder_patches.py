"""Attention autoencoder over the patches of an image."""

from torch import Tensor, nn
from torch.nn.functional import pad

from sklearn_nn.modules.autoencoder import Autoencoder, Offset
from sklearn_nn.modules.autoencoder_attention import AttentionDecoder, AttentionEncoder
from sklearn_nn.modules.mlp import ACTIVATIONS


class PatchAutoencoder(Autoencoder):
    """Patches of an image, attention among them, one latent, and the same way back.

    Patches are embedded as in the vision transformer [1]_. Rows are flattened images
    with their channels last; a signal is an image of height one. An image that is no
    multiple of the patches is filled up with zeros.

    Parameters
    ----------
    image_shape : tuple of int
        Height, width and channels.
    n_components : int
        Width of the latent.
    patch_size : int
        Side of a patch; a side of the image that is shorter is taken whole.
    width, n_heads, n_layers : int
        Width of a patch's embedding, attention heads, and layers on each side.
    latent_activation : str
        A key of :data:`~sklearn_nn.modules.mlp.ACTIVATIONS`.
    noise, latent_noise : float
        Standard deviations of the noise on inputs and latent in training.

    References
    ----------
    .. [1] Dosovitskiy, A., et al. (2021). An image is worth 16x16 words: Transformers
       for image recognition at scale. ICLR.

    Examples
    --------
    >>> import torch
    >>> from sklearn_nn.modules import PatchAutoencoder
    >>> net = PatchAutoencoder((6, 6, 1), n_components=3, patch_size=4, width=8)
    >>> images = torch.zeros(5, 36)
    >>> net.features(images).shape, net(images).shape
    (torch.Size([5, 3]), torch.Size([5, 36]))
    >>> net.encoder[0](images).shape  # 4 patches of 16 pixels
    torch.Size([5, 4, 16])
    """

    def __init__(
        self,
        image_shape: tuple[int, int, int],
        n_components: int,
        patch_size: int = 4,
        width: int = 64,
        n_heads: int = 4,
        n_layers: int = 2,
        latent_activation: str = "identity",
        noise: float = 0.0,
        latent_noise: float = 0.0,
    ):
        super().__init__(n_components, noise, latent_noise)
        patches = Patches(image_shape, patch_size)
        sizes = (patches.n_patches, width, n_heads, n_layers, n_components)
        self.encoder = nn.Sequential(
            patches,
            nn.Linear(patches.n_values, width),
            AttentionEncoder(*sizes),
            ACTIVATIONS[latent_activation](),
        )
        self.decoder = nn.Sequential(
            AttentionDecoder(*sizes),
            nn.Linear(width, patches.n_values, bias=False),
            Image(patches),
        )
        self.output = Offset(image_shape[0] * image_shape[1] * image_shape[2])


class Patches(nn.Module):
    """Flat images to their patches.

    Parameters
    ----------
    image_shape : tuple of int
        Height, width and channels.
    patch_size : int
        Side of a patch.
    """

    def __init__(self, image_shape: tuple[int, int, int], patch_size: int):
        super().__init__()
        self.image_shape = image_shape
        self.height, self.width, n_channels = image_shape
        self.sides = min(patch_size, self.height), min(patch_size, self.width)
        self.grid = -(-self.height // self.sides[0]), -(-self.width // self.sides[1])
        self.n_patches = self.grid[0] * self.grid[1]
        self.n_values = self.sides[0] * self.sides[1] * n_channels

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, n_features) to (n, n_patches, n_values)."""
        below = self.grid[0] * self.sides[0] - self.height
        beside = self.grid[1] * self.sides[1] - self.width
        x = pad(x.unflatten(1, self.image_shape), (0, 0, 0, beside, 0, below))
        x = x.unflatten(2, (-1, self.sides[1])).unflatten(1, (-1, self.sides[0]))
        return x.transpose(2, 3).flatten(3).flatten(1, 2)


class Image(nn.Module):
    """Patches to the flat images that they are of.

    Parameters
    ----------
    patches : Patches
        What cut them.
    """

    def __init__(self, patches: Patches):
        super().__init__()
        self.cut = patches

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, n_patches, n_values) to (n, n_features)."""
        cut = self.cut
        x = x.unflatten(2, (*cut.sides, -1)).unflatten(1, cut.grid)
        x = x.transpose(2, 3).flatten(3, 4).flatten(1, 2)
        return x[:, : cut.height, : cut.width].flatten(1)
