"""Checks of image estimators only."""

import gc
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
from sklearn.base import BaseEstimator

from ._data import wrong_row
from ._image_data import ImageData, deep
from ._results import assert_same, fitted_on, fresh, outputs_of


def own_checks(estimator: BaseEstimator) -> Iterator[Callable]:
    """Find the checks of images only that apply to the estimator."""
    yield from (check_grey_images, check_opened_files, check_closed_files)
    if "n_jobs" in estimator.get_params(deep=False):
        yield check_n_jobs


def check_grey_images(estimator: BaseEstimator, data: ImageData) -> None:
    """An image in grey is the same with one channel, three or none, and 16 bits."""
    fitted, X, y = fitted_on(estimator, data)
    grey = np.stack(X)[..., 1]
    in_colour = np.repeat(grey[..., None], 3, axis=-1)
    expected = outputs_of(fitted, in_colour)
    expected_of_grey = outputs_of(fresh(estimator).fit(in_colour, y), in_colour)
    deep_paths = data.save([deep(image) for image in grey])
    for name, images in (
        ("grey arrays (n, H, W)", grey),
        ("grey arrays (n, H, W, 1)", grey[..., None]),
        ("a list of grey arrays (H, W, 1)", list(grey[..., None])),
        *((f"grey {form}", rows) for form, rows in data.forms(list(grey))),
        ("paths of 16-bit files", deep_paths),
        ("16-bit PIL images", data.opened(deep_paths)),
    ):
        assert_same(outputs_of(fitted, images), expected, f"for {name}")
        outputs = outputs_of(fresh(estimator).fit(images, y), images)
        assert_same(outputs, expected_of_grey, f"for {name} in fit")


def check_opened_files(estimator: BaseEstimator, data: ImageData) -> None:
    """A file of any kind gives what the PIL image read from it gives."""
    fitted, X, _ = fitted_on(estimator, data)
    *_, (_, paths) = data.unusual(X)
    for path, picture in zip(paths, data.opened(paths), strict=True):
        expected = outputs_of(fitted, [path])
        when = f"for a PIL image of mode {picture.mode} and its file"
        assert_same(outputs_of(fitted, [picture]), expected, when)


def check_closed_files(estimator: BaseEstimator, data: ImageData) -> None:
    """No file stays open, not even after one that is refused."""
    X, y = data.make()
    *_, (_, paths) = data.forms(X)
    estimator = fresh(estimator)
    gc.collect()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ResourceWarning)
        outputs_of(estimator.fit(paths, y), paths)
        for broken in data.broken_files():
            wrong = wrong_row(paths, broken)
            with suppress(*data.refusals):
                fresh(estimator).fit(wrong, y[: len(wrong)])
        gc.collect()
    left = _open_files(data.folder)
    assert not left, f"{left[0]} stays open"
    unclosed = [w for w in caught if issubclass(w.category, ResourceWarning)]
    assert not unclosed, f"a file is left to be closed: {unclosed[0].message}"


def check_n_jobs(estimator: BaseEstimator, data: ImageData) -> None:
    """The number of jobs changes no result."""
    X, y = data.make()
    for form, rows in data.forms(X):
        one, two = (
            outputs_of(fresh(estimator).set_params(n_jobs=n_jobs).fit(rows, y), rows)
            for n_jobs in (1, 2)
        )
        assert_same(two, one, f"with n_jobs=2 for {form}")


def _open_files(folder: Path) -> list[str]:
    """Name the open files of a folder, where the system lists them."""
    names = []
    for link in Path("/proc/self/fd").glob("*"):
        # The one that reads the list is gone by now.
        with suppress(OSError):
            names.append(os.readlink(link))
    return [name for name in names if name.startswith(str(folder))]
