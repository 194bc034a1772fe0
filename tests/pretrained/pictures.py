"""Small pictures and the files that hold them."""

import numpy as np
from PIL import Image


def noise(*shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, size=shape, dtype=np.uint8)


def smooth(height, width, channels=3):
    """A picture without sharp edges, which JPEG hardly changes."""
    down, right = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    waves = [np.sin(3 * down + 2 * i * right + i) for i in range(channels)]
    return ((np.stack(waves, axis=-1) + 1) * 127).round().astype(np.uint8)


def save(path, pixels, **options):
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    image.save(path, **options)
    return str(path)
