"""Random movements of images."""

import numpy as np
import pytest
import torch
from scipy.ndimage import map_coordinates

from sklearn_nn.modules import RandomAffine


@pytest.fixture(autouse=True)
def seed():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


def blobs(height, width, n=40):
    """Round spots in the middle half of the images."""
    down, across = np.mgrid[:height, :width]
    rng = np.random.default_rng(0)
    places = rng.uniform(0.4, 0.6, (n, 2, 1, 1)) * [[[height]], [[width]]]
    far = (down - places[:, 0]) ** 2 + (across - places[:, 1]) ** 2
    return torch.from_numpy(np.exp(-far / 4)).float().unsqueeze(1)


def centres(images):
    """Centre of the ink of each image: (down, across), in pixels from the middle."""
    ink = images[:, 0].double()
    total = ink.sum((1, 2))
    height, width = ink.shape[1:]
    down = torch.arange(height) - (height - 1) / 2
    across = torch.arange(width) - (width - 1) / 2
    return torch.stack(
        [(ink.sum(2) * down).sum(1) / total, (ink.sum(1) * across).sum(1) / total], 1
    )


def test_evaluation_changes_nothing():
    images = torch.rand(3, 2, 8, 8)
    module = RandomAffine(30, 0.3, 0.3).eval()
    assert module(images) is images


def test_no_movement_is_the_identity():
    images = torch.rand(5, 3, 7, 10)
    torch.testing.assert_close(RandomAffine()(images), images, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("shape", [(21, 21), (20, 31), (1, 30)])
def test_equals_interpolation_by_scipy(shape):
    height, width = shape
    images = torch.rand(6, 1, height, width, dtype=torch.float64)
    module = RandomAffine(rotation=0 if height == 1 else 25, translation=0.1)
    module.scaling = 0.2
    torch.manual_seed(3)
    moved = module(images)
    torch.manual_seed(3)
    matrices = module._draw(images).numpy()
    down, across = np.mgrid[:height, :width]
    # Pixels as places from -1 to 1, through the matrix, and back to pixels.
    places = np.stack([(2 * across + 1) / width - 1, (2 * down + 1) / height - 1])
    for image, result, matrix in zip(images, moved, matrices):
        x, y = np.einsum("ij,jhw->ihw", matrix[:, :2], places) + matrix[:, 2:, None]
        where = [((y + 1) * height - 1) / 2, ((x + 1) * width - 1) / 2]
        if height == 1:
            np.testing.assert_allclose(where[0], 0, atol=1e-12)
        expected = map_coordinates(
            np.pad(image[0], 2), np.stack(where) + 2, order=1, mode="constant"
        )
        np.testing.assert_allclose(result[0], expected, atol=1e-9)


@pytest.mark.parametrize("shape", [(32, 32), (24, 40)])
def test_translation_is_a_share_of_each_side(shape):
    images = blobs(*shape)
    moved = RandomAffine(translation=0.2)(images)
    shares = (centres(moved) - centres(images)) / torch.tensor(shape)
    assert shares.abs().max() <= 0.2 + 1e-3
    assert (shares.abs().amax(0) > 0.15).all()
    assert (shares.amin(0) < 0).all() and (shares.amax(0) > 0).all()


@pytest.mark.parametrize("shape", [(32, 32), (24, 40)])
def test_rotation_keeps_distances_and_is_in_degrees(shape):
    height, width = shape
    images = torch.zeros(60, 1, height, width)
    images[:, 0, height // 2, 3 * width // 4] = 1
    start, end = centres(images), centres(RandomAffine(rotation=30)(images))
    torch.testing.assert_close(end.norm(dim=1), start.norm(dim=1), atol=0.1, rtol=0)
    degrees = torch.rad2deg(
        torch.atan2(end[:, 0], end[:, 1]) - torch.atan2(start[:, 0], start[:, 1])
    )
    assert 25 < degrees.max() <= 31 and -31 <= degrees.min() < -25


def test_scaling_is_a_share():
    image = torch.zeros(60, 1, 40, 40)
    image[:, :, 12:28, 12:28] = 1
    area = RandomAffine(scaling=0.25)(image).sum((1, 2, 3)) / 256
    assert 0.74**2 < area.min() < 0.82**2
    assert 1.18**2 < area.max() < 1.26**2


def test_each_image_has_its_own_draw_and_its_channels_move_together():
    image = blobs(16, 16, n=1).expand(8, 3, 16, 16)
    moved = RandomAffine(10, 0.2, 0.2)(image)
    assert len(torch.unique(moved[:, 0].flatten(1), dim=0)) == 8
    torch.testing.assert_close(moved[:, 0], moved[:, 2], atol=0, rtol=0)


@pytest.mark.parametrize("axis", [2, 3])
def test_signals_move_along_their_length(axis):
    signal = torch.zeros(40, 1, 50)
    signal[..., 25] = 1
    signal = signal.unsqueeze(5 - axis)
    moved = RandomAffine(translation=0.2)(signal)
    # Nothing fades in from the sides.
    torch.testing.assert_close(moved.sum((1, 2, 3)), torch.ones(40))
    shifts = (centres(moved) - centres(signal))[:, axis - 2]
    assert 8 < shifts.abs().max() <= 10 + 1e-4


def test_autocast_neither_moves_nor_blurs():
    images = torch.rand(5, 1, 28, 28)
    with torch.autocast("cpu", torch.bfloat16):
        kept = RandomAffine()(images)
    torch.testing.assert_close(kept, images, atol=1e-4, rtol=0)
