"""Real digits as small grey pictures, in arrays and in files."""

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits

_DIGITS = load_digits()
PICTURES = (_DIGITS.images * 15).astype(np.uint8)
LABELS = _DIGITS.target


def files(folder, pictures):
    """Save pictures as PNG; return their paths."""
    paths = [folder / f"{i}.png" for i in range(len(pictures))]
    for path, picture in zip(paths, pictures, strict=True):
        Image.fromarray(picture).save(path)
    return paths
