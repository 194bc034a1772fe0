"""MNIST: handwritten digits of 28 x 28 pixels."""

import gzip
import os
from typing import Any

from sklearn.utils import Bunch
from sklearn.utils._param_validation import StrOptions, validate_params

from sklearn_nn.datasets._digits import pack_digits
from sklearn_nn.datasets._home import RemoteFile, fetch_file
from sklearn_nn.datasets._idx import parse_idx

_URL = "https://ossci-datasets.s3.amazonaws.com/mnist/"


def _remote(name: str, sha256: str) -> RemoteFile:
    return RemoteFile(f"mnist/{name}", sha256, _URL + name)


# Images, then labels.
_FILES = {
    "train": (
        _remote(
            "train-images-idx3-ubyte.gz",
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        ),
        _remote(
            "train-labels-idx1-ubyte.gz",
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        ),
    ),
    "test": (
        _remote(
            "t10k-images-idx3-ubyte.gz",
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        ),
        _remote(
            "t10k-labels-idx1-ubyte.gz",
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        ),
    ),
}
_DESCR = """\
MNIST handwritten digits
------------------------

70,000 grey images of 28 x 28 pixels, 0 (background) to 255 (ink), of the digits 0 to
9: 60,000 to train, 10,000 to test, the official split. The digits were written by
census employees and by pupils, size-normalised and centred.

In this Bunch: {source}.

LeCun, Bottou, Bengio, Haffner, "Gradient-Based Learning Applied to Document
Recognition", Proceedings of the IEEE 86(11), 1998.
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
def fetch_mnist(
    *,
    subset: str = "train",
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
    as_frame: bool = False,
) -> Bunch | tuple[Any, Any]:
    """Load the MNIST digits, downloading them if needed (classification).

    =================   =========================
    Classes                                    10
    Samples total         70000 (60000 + 10000)
    Dimensionality                            784
    Features                   integers, 0 to 255
    =================   =========================

    Parameters
    ----------
    subset : {'train', 'test', 'all'}, default='train'
        The part to load; 'all' is the training rows followed by the test rows.

    data_home : str or path-like, default=None
        Folder of the data sets, see :func:`get_data_home`. The files are in its
        subfolder ``mnist``.

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

        data : ndarray of shape (n_samples, 784), dtype uint8
            Pixels row after row, 0 (background) to 255 (ink). Divide by 255 before
            training a network.
        images : ndarray of shape (n_samples, 28, 28), dtype uint8
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
    .. [1] LeCun, Bottou, Bengio, Haffner, "Gradient-Based Learning Applied to
       Document Recognition", Proceedings of the IEEE 86(11), 2278-2324, 1998.

    Examples
    --------
    >>> from sklearn_nn.datasets import fetch_mnist
    >>> digits = fetch_mnist(subset="test")
    >>> digits.data.shape, digits.images.shape
    ((10000, 784), (10000, 28, 28))
    >>> digits.target[:5]
    array([7, 2, 1, 0, 4])
    """
    parts = {}
    for part in ("train", "test") if subset == "all" else (subset,):
        paths = [
            fetch_file(
                file, data_home=data_home, download_if_missing=download_if_missing
            )
            for file in _FILES[part]
        ]
        images, labels = (
            parse_idx(gzip.decompress(path.read_bytes()), name=str(path))
            for path in paths
        )
        parts[part] = images, labels
    return pack_digits(parts, _DESCR, return_X_y=return_X_y, as_frame=as_frame)
