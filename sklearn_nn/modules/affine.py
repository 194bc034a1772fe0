"""Small random affine movements of images."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class RandomAffine(nn.Module):
    """Rotates, moves and scales each image of a batch by its own draw, in training.

    A cheap way to more training images [1]_. Each is drawn uniformly. Values between
    pixels are interpolated, and what comes in from outside is zero. Nothing is moved
    along a side of one pixel, so that signals, which are images of height 1, are moved
    and scaled along their length. In evaluation nothing changes.

    Parameters
    ----------
    rotation : float
        Degrees, at most, in both directions.
    translation : float
        Share of each side, at most, in both directions.
    scaling : float
        Share, at most, by which an image grows or shrinks.

    References
    ----------
    .. [1] Simard, P. Y., Steinkraus, D., & Platt, J. C. (2003). Best practices for
       convolutional neural networks applied to visual document analysis. ICDAR.

    Examples
    --------
    >>> import torch
    >>> from sklearn_nn.modules import RandomAffine
    >>> move = RandomAffine(rotation=15, translation=0.1)
    >>> images = torch.rand(2, 1, 8, 8)
    >>> moved = move(images)
    >>> moved.shape, bool(torch.equal(moved, images))
    (torch.Size([2, 1, 8, 8]), False)
    >>> bool(torch.equal(move.eval()(images), images))
    True
    """

    def __init__(
        self, rotation: float = 0.0, translation: float = 0.0, scaling: float = 0.0
    ):
        super().__init__()
        self.rotation = rotation
        self.translation = translation
        self.scaling = scaling

    def forward(self, x: Tensor) -> Tensor:
        """Move the images, in training.

        Parameters
        ----------
        x : Tensor of shape (n, channels, height, width)
            The images.

        Returns
        -------
        Tensor of shape (n, channels, height, width)
            The images moved; in evaluation, `x` itself.
        """
        if not self.training:
            return x
        # In full precision: rounded places blur and shift the image.
        with torch.autocast(x.device.type, enabled=False):
            grid = F.affine_grid(self._draw(x), list(x.shape), align_corners=False)
            return F.grid_sample(x, grid, align_corners=False)

    def _draw(self, x: Tensor) -> Tensor:
        """Draw matrices (n, 2, 3) from places in the result to places in x.

        Places are (across, down), each side running from -1 to 1.
        """
        n_rows, _, height, width = x.shape
        angle, across, down, growth = (
            2 * torch.rand(4, n_rows, dtype=x.dtype, device=x.device) - 1
        )
        angle = angle * math.radians(self.rotation)
        cos, sin = angle.cos(), angle.sin()
        # A turn keeps distances in pixels, not in shares of unequal sides.
        turn = [cos, -sin * height / width, sin * width / height, cos]
        turn = torch.stack(turn, dim=1).unflatten(1, (2, 2))
        turn = turn / (1 + self.scaling * growth)[:, None, None]
        shift = 2 * self.translation * torch.stack([across, down], dim=1)
        # Across a side of one pixel there is nothing but an edge to fade in.
        if width == 1:
            shift[:, 0] = 0
        if height == 1:
            shift[:, 1] = 0
        return torch.cat([turn, turn @ shift.unsqueeze(2)], dim=2)
