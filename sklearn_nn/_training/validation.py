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
    if stratify:
        _, codes, counts = np.unique(y, return_inverse=True, return_counts=True)
        # A class of one row cannot be on both sides; it stays in training.
        divisible = counts[codes] > 1
        rows, alone = np.flatnonzero(divisible), np.flatnonzero(~divisible)
        n_valid = int(np.ceil(fraction * len(rows)))
        room = min(n_valid, len(rows) - n_valid)
        stratify = room >= (counts > 1).sum()
    else:
        rows, alone = np.arange(len(y)), np.arange(0)
    try:
        train, valid = train_test_split(
            rows,
            test_size=fraction,
            stratify=codes[rows] if stratify else None,
            random_state=rng,
        )
    except ValueError as error:
        raise ValueError(
            f"validation_fraction={fraction} of {len(y)} rows cannot be set aside for "
            "early stopping: nothing would be left on one side. Change it, give "
            "X_val and y_val to fit, or set early_stopping=False."
        ) from error
    return np.concatenate([train, alone]), valid
