"""USPS: handwritten digits of 16 x 16 pixels."""

import gzip
import os
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.utils import Bunch
from sklearn.utils._param_validation import StrOptions, validate_params

from sklearn_nn.datasets._digits import pack_digits
from sklearn_nn.datasets._home import RemoteFile, fetch_file

_URL = "https://hastie.su.domains/ElemStatLearn/datasets/"
_SIDE = 16
_FILES = {
    "train": RemoteFile(
        "usps/zip.train.gz",
        "abc9f5c75b997cabe66b5d01727d5a681c69298e1641a8d37b55433a52129dc0",
        _URL + "zip.train.gz",
    ),
    "test": RemoteFile(
        "usps/zip.test.gz",
        "6bde17b4f1cd68e0630cd2751d6495b5795d9165ab2dc4a0be8b7002b732f4cc",
        _URL + "zip.test.gz",
    ),
}
_DESCR = """\
USPS handwritten digits
-----------------------

9,298 grey images of 16 x 16 pixels, -1 (background) to 1 (ink), of the digits 0 to 9,
scanned from envelopes by the U.S. Postal Service, deslanted and size-normalised:
7,291 to train, 2,007 to test, the official split. The test part is hard: people
make about 2.5 % of errors.

In this Bunch: {source}.

LeCun et al., "Handwritten Digit Recognition with a Back-Propagation Network",
NeurIPS 1989.
"""


@validate_params(
    {
        "subset": [StrOptions({"train", "test", "all"})],
        "data_home": [str, os.PathLike, None],
        "download_if_missing": ["boolean"],
        "return_X_y": ["boolean"],
        "as_frame": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)
def fetch_usps(
    *,
    subset: str = "train",
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
    as_frame: bool = False,
) -> Bunch | tuple[Any, Any]:
    """Load the USPS digits, downloading them if needed (classification).

    =================   ======================
    Classes                                 10
    Samples total          9298 (7291 + 2007)
    Dimensionality                         256
    Features                      real, -1 to 1
    =================   ======================

    Parameters
    ----------
    subset : {'train', 'test', 'all'}, default='train'
        The part to load; 'all' is the training rows followed by the test rows.

    data_home : str or path-like, default=None
        Folder of the data sets, see :func:`get_data_home`. The files are in its
        subfolder ``usps``.

    download_if_missing : bool, default=True
        If False, raise an OSError when the files are not in the data home.

    return_X_y : bool, default=False
        If True, return ``(data, target)`` instead of a Bunch.

    as_frame : bool, default=False
        If True, data is a DataFrame with a column per pixel, target a Series.

    Returns
    -------
    dataset : :class:`~sklearn.utils.Bunch`
        With the following attributes.

        data : ndarray of shape (n_samples, 256), dtype float32
            Pixels row after row, -1 (background) to 1 (ink).
        images : ndarray of shape (n_samples, 16, 16), dtype float32
            The same pixels as pictures; shares the memory of the array `data`.
        target : ndarray of shape (n_samples,), dtype int64
            Digits, from 0 to 9.
        target_names : list of str
            Names of the classes.
        feature_names : list of str
            ``pixel_ROW_COLUMN``.
        frame : DataFrame or None
            Data and target side by side, only with ``as_frame=True``.
        source : str
            The parts used and their number of rows.
        DESCR : str
            The description of the data set.

    (data, target) : tuple, if ``return_X_y`` is True
        The two attributes of the same names.

    Raises
    ------
    OSError
        If a file is missing and may not, or cannot, be downloaded. The message says
        where to put it by hand.
    ValueError
        If the content of a file is not the one expected.

    References
    ----------
    .. [1] LeCun et al., "Handwritten Digit Recognition with a Back-Propagation
       Network", Advances in Neural Information Processing Systems 2, 1989.
    .. [2] Hastie, Tibshirani, Friedman, "The Elements of Statistical Learning",
       2nd edition, Springer, 2009.

    Examples
    --------
    >>> from sklearn_nn.datasets import fetch_usps
    >>> digits = fetch_usps(subset="test")
    >>> digits.data.shape, digits.images.shape
    ((2007, 256), (2007, 16, 16))
    >>> digits.target[:5]
    array([9, 6, 3, 6, 6])
    """
    parts = {}
    for part in ("train", "test") if subset == "all" else (subset,):
        path = fetch_file(
            _FILES[part], data_home=data_home, download_if_missing=download_if_missing
        )
        table = _read(path)
        images = np.ascontiguousarray(table[:, 1:]).reshape(-1, _SIDE, _SIDE)
        parts[part] = images, table[:, 0]
    return pack_digits(parts, _DESCR, return_X_y=return_X_y, as_frame=as_frame)


def _read(path: Path) -> np.ndarray:
    """Read lines of a digit and 256 greys."""
    with gzip.open(path, "rt", encoding="ascii") as file:
        return np.loadtxt(file, dtype=np.float32, ndmin=2)
