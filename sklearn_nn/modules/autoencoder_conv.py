"""Autoencoder of strided convolutions."""

from collections.abc import Sequence

from torch import Tensor, nn

from sklearn_nn.modules.autoencoder import Autoencoder, Offset
from sklearn_nn.modules.mlp import ACTIVATIONS


class ConvAutoencoder(Autoencoder):
    """Convolutions that halve the image, a linear latent, and the same way back.

    The convolutional autoencoder of [1]_, with strides for its pooling. Rows are
    flattened images with their channels last; a signal is an image of height one. A
    side of one stays as it is.

    Parameters
    ----------
    image_shape : tuple of int
        Height, width and channels.
    n_components : int
        Width of the latent.
    channels : sequence of int
        Channels of each convolution.
    kernel_size : int
        Side of the kernels.
    activation, latent_activation : str
        Keys of :data:`~sklearn_nn.modules.mlp.ACTIVATIONS`.
    noise, latent_noise : float
        Standard deviations of the noise on inputs and latent in training.

    References
    ----------
    .. [1] Masci, J., Meier, U., Cireşan, D., & Schmidhuber, J. (2011). Stacked
       convolutional auto-encoders for hierarchical feature extraction. ICANN.

    Examples
    --------
    >>> import torch
    >>> from sklearn_nn.modules import ConvAutoencoder
    >>> net = ConvAutoencoder((8, 8, 1), n_components=3, channels=(4, 8))
    >>> images = torch.zeros(5, 64)
    >>> net.features(images).shape, net(images).shape
    (torch.Size([5, 3]), torch.Size([5, 64]))
    """

    def __init__(
        self,
        image_shape: tuple[int, int, int],
        n_components: int,
        channels: Sequence[int] = (16, 32),
        kernel_size: int = 3,
        activation: str = "tanh",
        latent_activation: str = "identity",
        noise: float = 0.0,
        latent_noise: float = 0.0,
    ):
        super().__init__(n_components, noise, latent_noise)
        height, width, n_channels = image_shape
        down: list[nn.Module] = [ImagesFirst(image_shape)]
        up: list[nn.Module] = [ImagesLast()]
        for n_maps in channels:
            rows, columns = _Side(height, kernel_size), _Side(width, kernel_size)
            height, width = rows.shorter, columns.shorter
            kernel = rows.kernel, columns.kernel
            stride = rows.stride, columns.stride
            padding = rows.padding, columns.padding
            down += [
                nn.Conv2d(n_channels, n_maps, kernel, stride, padding),
                ACTIVATIONS[activation](),
            ]
            # From the inside out; the outermost has its biases in `output`.
            up[:0] = [
                ACTIVATIONS[activation](),
                nn.ConvTranspose2d(
                    n_maps,
                    n_channels,
                    kernel,
                    stride,
                    padding,
                    output_padding=(rows.missing, columns.missing),
                    bias=len(up) > 1,
                ),
            ]
            n_channels = n_maps
        size = n_channels * height * width
        self.encoder = nn.Sequential(
            *down,
            nn.Flatten(),
            nn.Linear(size, n_components),
            ACTIVATIONS[latent_activation](),
        )
        self.decoder = nn.Sequential(
            nn.Linear(n_components, size),
            nn.Unflatten(1, (n_channels, height, width)),
            *up,
        )
        self.output = Offset(image_shape[0] * image_shape[1] * image_shape[2])


class _Side:
    """How a convolution halves one side of an image, and what the way back lacks."""

    def __init__(self, length: int, kernel_size: int):
        self.kernel, self.stride = (1, 1) if length == 1 else (kernel_size, 2)
        self.padding = self.kernel // 2
        self.shorter = (length + 2 * self.padding - self.kernel) // self.stride + 1
        back = (self.shorter - 1) * self.stride - 2 * self.padding + self.kernel
        self.missing = length - back


class ImagesFirst(nn.Module):
    """Flat rows to images with their channels first."""

    def __init__(self, image_shape: tuple[int, int, int]):
        super().__init__()
        self.image_shape = image_shape

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, n_features) to (n, channels, height, width)."""
        return x.unflatten(1, self.image_shape).movedim(-1, 1)


class ImagesLast(nn.Module):
    """Images with their channels first to flat rows."""

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, channels, height, width) to (n, n_features)."""
        return x.movedim(1, -1).flatten(1)
