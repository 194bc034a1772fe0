"""Setting rows aside to validate on."""

import numpy as np
from sklearn.model_selection import train_test_split


def split_off_validation(
    y: np.ndarray, fraction: float, stratify: bool, rng: np.random.RandomState
) -> tuple[np.ndarray, np.ndarray]:
    """Draw the rows to train on and those to validate on.

    Parameters
    ----------
    y : ndarray of shape (n_samples, ...)
        The targets.
    fraction : float
        Share of the rows to set aside.
    stratify : bool
        Whether to keep the shares of the classes, as far as there are rows enough.
    rng : RandomState
        Where the draw comes from.

    Returns
    -------
    train, valid : ndarray of int64
        Row numbers.

    Raises
    ------
    ValueError
        If one side would be empty.
    """
    n_samples = len(y)
    if stratify:
        _, counts = np.unique(y, return_counts=True)
        n_valid = int(np.ceil(fraction * n_samples))
        room = min(n_valid, n_samples - n_valid)
        stratify = counts.min() >= 2 and room >= len(counts)
    train, valid = train_test_split(
        np.arange(n_samples),
        test_size=fraction,
        stratify=y if stratify else None,
        random_state=rng,
    )
    return train, valid
