"""What the sets of handwritten digits have in common."""

from typing import Any

import numpy as np
from sklearn.utils import Bunch

from sklearn_nn.datasets._bunch import pack


def pack_digits(
    parts: dict[str, tuple[np.ndarray, np.ndarray]],
    description: str,
    *,
    return_X_y: bool,
    as_frame: bool,
) -> Bunch | tuple[Any, Any]:
    """Put the parts of a set together.

    Parameters
    ----------
    parts : dict of str to tuple (images, labels)
        By the name of the part; images of shape (n, height, width).
    description : str
        With a place for ``{source}``.
    return_X_y, as_frame : bool
        As in :func:`pack`.

    Returns
    -------
    packed : Bunch or tuple
        As :func:`pack` returns it.
    """
    pictures, labels = zip(*parts.values(), strict=True)
    images = pictures[0] if len(parts) == 1 else np.concatenate(pictures)
    source = " + ".join(
        f"the official {name} rows ({len(part[1]):,})" for name, part in parts.items()
    )
    n_samples, height, width = images.shape
    return pack(
        images.reshape(n_samples, -1),
        np.concatenate(labels).astype(np.int64),
        feature_names=[
            f"pixel_{row}_{column}" for row in range(height) for column in range(width)
        ],
        return_X_y=return_X_y,
        as_frame=as_frame,
        images=images,
        target_names=[str(digit) for digit in range(10)],
        source=source,
        DESCR=description.format(source=source),
    )
