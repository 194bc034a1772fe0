"""Bases that were fitted before."""

import numpy as np
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from sklearn_nn.ensemble._fitting import Part
from sklearn_nn.ensemble._harmony import Reader


def read_prefit(part: Part, classes: np.ndarray) -> Reader:
    """Return a base that was fitted before, once it is known to be so.

    Parameters
    ----------
    part : Part
        The base.
    classes : ndarray
        The labels of y, sorted.

    Returns
    -------
    Reader
        Its answers.
    """
    if not hasattr(part.template, "fit"):
        raise ValueError(
            f"{part.name!r}, of type {type(part.template).__name__}, is no estimator: "
            "it has no fit. Wrap it in a class that has."
        )
    try:
        check_is_fitted(part.template)
    except NotFittedError as error:
        raise NotFittedError(
            f"cv='prefit', but {part.name!r} is not fitted. Fit it on other rows, or "
            "set cv to a number of folds."
        ) from error
    labels = np.asarray(getattr(part.template, "classes_", ()))
    if sorted(map(str, labels.tolist())) != sorted(map(str, classes.tolist())):
        raise ValueError(
            f"{part.name!r} was fitted on the classes {labels.tolist()}, but y has "
            f"{classes.tolist()}. Both must be the same."
        )
    place = {label: code for code, label in enumerate(classes.tolist())}
    try:
        codes = np.array([place[label] for label in labels.tolist()])
    except KeyError as error:
        raise ValueError(
            f"{part.name!r} was fitted on labels of another type than those of y: "
            f"{error.args[0]!r} is not among {classes.tolist()}."
        ) from None
    return Reader(part.name, part.template, labels, codes)
