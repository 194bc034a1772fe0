"""Validation of images, shared by every estimator that reads them as they are."""

import os
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

_FORMS = (
    "an array of uint8 of shape (n_samples, height, width) or (n_samples, height, "
    "width, channels) with 1, 3 or 4 channels, or a sequence with a path, a PIL image "
    "or such an array a row"
)


class Picture(NamedTuple):
    """An image that is not read yet.

    Parameters
    ----------
    row : int
        Which row of X it was.
    source : ndarray, PIL.Image.Image, str or path-like
        The image, or where it is.
    """

    row: int
    source: Any


def check_images(X: Any, *, caller: str = "This estimator") -> np.ndarray:
    """Turn images, or paths to images, into an array that can be cut by rows.

    Parameters
    ----------
    X : array-like
        An array of uint8 of shape (n_samples, height, width) or (n_samples, height,
        width, channels), or a sequence of paths, PIL images and single such arrays.
    caller : str, default="This estimator"
        The name that opens the error messages, normally the estimator's class.

    Returns
    -------
    images : ndarray
        The array itself, or an array of :class:`Picture` of shape (n_samples,). The
        files are there, but not read.

    Raises
    ------
    ValueError
        If X is none of these, is empty, or a file is missing.
    TypeError
        If a row is none of these.
    """
    shape = getattr(X, "shape", None)
    if shape is not None and len(shape) >= 3:
        return _checked_array(np.asarray(X), "X", caller)
    rows = _as_list(X, caller)
    if not rows:
        raise ValueError(f"{caller} needs at least one image; X is empty (0 samples).")
    images = np.empty(len(rows), dtype=object)
    for row, source in enumerate(rows):
        images[row] = Picture(row, _checked_source(source, row, caller))
    return images


def _as_list(X: Any, caller: str) -> list[Any]:
    kind = type(X).__name__
    if isinstance(X, str | bytes | os.PathLike) or hasattr(X, "getpixel"):
        raise ValueError(
            f"{caller} expects a sequence of images, got a single {kind}. Wrap one "
            "image in a list: [image]."
        )
    if hasattr(X, "columns"):
        raise ValueError(
            f"{caller} expects a sequence of images, got a {kind}. Pass the column "
            "that holds the paths: X['name of the column']."
        )
    if len(getattr(X, "shape", (0,))) != 1:
        raise ValueError(
            f"{caller} expects {_FORMS}; got a {kind} of shape {tuple(X.shape)}. "
            "Flattened images come back by X.reshape(len(X), height, width)."
        )
    for method in ("to_list", "tolist"):
        if hasattr(X, method):
            return getattr(X, method)()
    if not isinstance(X, Sequence):
        raise TypeError(f"{caller} expects {_FORMS}; got a {kind}.")
    return list(X)


def _checked_source(source: Any, row: int, caller: str) -> Any:
    if isinstance(source, str | os.PathLike):
        path = os.path.abspath(os.path.expanduser(os.fspath(source)))
        if not os.path.isfile(path):
            raise ValueError(
                f"{caller} cannot read row {row} of X: there is no file "
                f"{os.fspath(source)!r}. Paths are relative to the working directory, "
                f"{os.getcwd()!r}."
            )
        return path
    if hasattr(source, "getpixel"):
        try:
            # An image may be open and not read yet, which several processes cannot do.
            source.load()
        except Exception as error:
            raise ValueError(
                f"{caller} cannot read row {row} of X, an image of PIL: {error}"
            ) from error
        return source
    if isinstance(source, np.ndarray) or hasattr(source, "__array_interface__"):
        array = np.asarray(source)
        return _checked_array(array[np.newaxis], f"row {row} of X", caller)[0]
    missing = source is None or (isinstance(source, float) and source != source)
    what = f"missing ({source!r})" if missing else f"of type {type(source).__name__}"
    cure = (
        "Leave such rows out, or put a blank image there."
        if missing
        else "Pass a path, a PIL image or an array of uint8."
    )
    kind = ValueError if missing else TypeError
    raise kind(f"{caller} expects an image a row; row {row} is {what}. {cure}")


def _checked_array(array: np.ndarray, name: str, caller: str) -> np.ndarray:
    shape = array.shape
    if array.ndim not in (3, 4) or (array.ndim == 4 and shape[3] not in (1, 3, 4)):
        found = shape if name == "X" else shape[1:]
        hint = ""
        if array.ndim == 4 and shape[1] in (1, 3, 4):
            hint = " If the channels come first, np.moveaxis(X, 1, -1) puts them last."
        raise ValueError(
            f"{caller} expects {_FORMS}; {name} has the shape {found}.{hint}"
        )
    if name == "X" and array.ndim == 3 and shape[2] in (3, 4):
        raise ValueError(
            f"{caller} expects {_FORMS}; X has the shape {shape}, that of one image in "
            "colours. Wrap one image: X[np.newaxis]."
        )
    if array.dtype != np.uint8:
        raise ValueError(
            f"{caller} expects pixels of uint8, from 0 to 255; {name} has the dtype "
            f"{array.dtype}. If it holds numbers from 0 to 1, take "
            "(255 * X).round().astype('uint8')."
        )
    if 0 in shape:
        raise ValueError(
            f"{caller} needs at least one image with at least one pixel; {name} has "
            f"the shape {shape}."
        )
    return array
