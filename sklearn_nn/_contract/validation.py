"""Setting rows aside to validate on."""

import numpy as np
from sklearn.model_selection import train_test_split


def split_off_validation(
    n_rows: int,
    fraction: float,
    rng: np.random.RandomState,
    classes: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Draw the rows to train on and those to validate on.

    Parameters
    ----------
    n_rows : int
        How many rows there are.
    fraction : float
        Share of the rows to set aside.
    rng : RandomState
        Where the draw comes from.
    classes : ndarray of shape (n_rows,), default=None
        Classes whose shares to keep, as far as there are rows enough.

    Returns
    -------
    train, valid : ndarray of int64
        Row numbers.

    Raises
    ------
    ValueError
        If one side would be empty.
    """
    strata = None
    if classes is not None:
        _, codes, counts = np.unique(classes, return_inverse=True, return_counts=True)
        # A class of one row cannot be on both sides; it stays in training.
        divisible = counts[codes] > 1
        rows, alone = np.flatnonzero(divisible), np.flatnonzero(~divisible)
        n_valid = int(np.ceil(fraction * len(rows)))
        room = min(n_valid, len(rows) - n_valid)
        if room >= (counts > 1).sum():
            strata = codes[rows]
    else:
        rows, alone = np.arange(n_rows), np.arange(0)
    try:
        train, valid = train_test_split(
            rows,
            test_size=fraction,
            stratify=strata,
            random_state=rng,
        )
    except ValueError as error:
        raise ValueError(
            f"validation_fraction={fraction} of {n_rows} rows cannot be set aside for "
            "early stopping: nothing would be left on one side. Change it, give rows "
            "to validate on to fit (X_val), or set early_stopping=False."
        ) from error
    return np.concatenate([train, alone]), valid
