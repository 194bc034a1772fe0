"""The two ways in which every function here gives its data back."""

from typing import Any

import numpy as np
from sklearn.utils import Bunch


def pack(
    data: np.ndarray,
    target: np.ndarray,
    *,
    feature_names: list[str],
    return_X_y: bool,
    as_frame: bool,
    **fields: Any,
) -> Bunch | tuple[Any, Any]:
    """Return a Bunch or the pair (data, target), as pandas objects if asked for.

    Parameters
    ----------
    data : ndarray of shape (n_samples,) or (n_samples, n_features)
        One column is written for a 1-D array.

    target : ndarray of shape (n_samples,)
        The labels.

    feature_names : list of str
        Names of the columns.

    return_X_y : bool
        Whether to return the pair.

    as_frame : bool
        Whether data is a DataFrame and target a Series.

    **fields : dict
        Further fields of the Bunch.

    Returns
    -------
    packed : Bunch or tuple
        The Bunch has the field `frame`, None unless `as_frame`.
    """
    frame = None
    if as_frame:
        import pandas as pd

        columns = data.reshape(len(target), len(feature_names))
        frame = pd.DataFrame(columns, columns=feature_names)
        frame["target"] = target
        data, target = frame[feature_names], frame["target"]
    if return_X_y:
        return data, target
    return Bunch(
        data=data, target=target, frame=frame, feature_names=feature_names, **fields
    )
