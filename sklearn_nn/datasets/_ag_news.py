"""AG News: news texts in 4 topics."""

import csv
import gzip
import os
from typing import Any

import numpy as np
from sklearn.utils import Bunch
from sklearn.utils._param_validation import StrOptions, validate_params

from sklearn_nn.datasets._bunch import pack
from sklearn_nn.datasets._home import RemoteFile, fetch_file

_URL = (
    "https://raw.githubusercontent.com/mhjabreel/CharCnn_Keras/master/data/ag_news_csv/"
)
_TRAIN_SHA256 = "76a0a2d2f92b286371fe4d4044640910a04a803fdd2538e0f3f29a5c6f6b672e"
_TEST_SHA256 = "521465c2428ed7f02f8d6db6ffdd4b5447c1c701962353eb2c40d548c3c85699"
_PART_SHA256 = "9528ced4ec586dd1a706aee5f835961fccaf7003314c3987db9c29d32700b05a"

# For each part, the files that may hold it: the first one found in the data home is
# used, and the first one of all is downloaded when there is none.
_FILES = {
    "train": (
        RemoteFile("ag_news/train.csv", _TRAIN_SHA256, _URL + "train.csv"),
        RemoteFile("ag_news/train.csv.gz", _TRAIN_SHA256, None),
        RemoteFile("ag_news/train_part.csv.gz", _PART_SHA256, None),
    ),
    "test": (
        RemoteFile("ag_news/test.csv", _TEST_SHA256, _URL + "test.csv"),
        RemoteFile("ag_news/test.csv.gz", _TEST_SHA256, None),
    ),
}
_TARGET_NAMES = ["World", "Sports", "Business", "Sci/Tech"]
_DESCR = """\
AG News topic classification
----------------------------

English news articles (title and first sentences) in 4 balanced topics: World,
Sports, Business, Sci/Tech. The official split has 120,000 training and 7,600 test
rows. Built by Xiang Zhang from the AG corpus of Antonio Gulli; research and
non-commercial use. Raw texts: HTML entities and the backslashes that stand for line
breaks are left as they are.

In this Bunch: {source}.

Zhang, Zhao, LeCun, "Character-level Convolutional Networks for Text
Classification", NeurIPS 2015.
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
def fetch_ag_news(
    *,
    subset: str = "train",
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
    as_frame: bool = False,
) -> Bunch | tuple[Any, Any]:
    """Load the AG News texts, downloading them if needed (classification).

    =================   ==========================
    Classes                                      4
    Samples total       127600 (120000 + 7600)
    Dimensionality                               1
    Features                                  text
    =================   ==========================

    Parameters
    ----------
    subset : {'train', 'test', 'all'}, default='train'
        The part to load; 'all' is the training rows followed by the test rows.

    data_home : str or path-like, default=None
        Folder of the data sets, see :func:`get_data_home`. The files are in its
        subfolder ``ag_news``.

    download_if_missing : bool, default=True
        If False, raise an OSError when the files are not in the data home.

    return_X_y : bool, default=False
        If True, return ``(data, target)`` instead of a Bunch.

    as_frame : bool, default=False
        If True, data is a DataFrame with the column ``text``, target a Series.

    Returns
    -------
    dataset : :class:`~sklearn.utils.Bunch`
        With the following attributes.

        data : ndarray of shape (n_samples,), dtype object
            Raw texts: title, a space, description.
        target : ndarray of shape (n_samples,), dtype int64
            Topics, from 0 to 3.
        target_names : list of str
            Names of the topics.
        feature_names : list of str
            ``["text"]``.
        frame : DataFrame or None
            Data and target side by side, only with ``as_frame=True``.
        source : str
            The files used and their number of rows: quote it beside a score.
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

    Notes
    -----
    The official ``train.csv`` is used when it is in the data home. If it is not,
    but ``train_part.csv.gz`` is, that smaller set of 29,680 rows is used: its
    scores are not those of the official training set. See `source`.

    References
    ----------
    .. [1] Zhang, Zhao, LeCun, "Character-level Convolutional Networks for Text
       Classification", Advances in Neural Information Processing Systems 28, 2015.

    Examples
    --------
    >>> from sklearn_nn.datasets import fetch_ag_news
    >>> news = fetch_ag_news(subset="test")
    >>> news.data.shape
    (7600,)
    >>> news.data[0][:33]
    'Fears for T N pension after talks'
    >>> news.target_names[news.target[0]]
    'Business'
    """
    parts = ("train", "test") if subset == "all" else (subset,)
    texts: list[str] = []
    labels: list[int] = []
    sources = []
    for part in parts:
        file = _choose(_FILES[part], data_home)
        path = fetch_file(
            file, data_home=data_home, download_if_missing=download_if_missing
        )
        part_texts, part_labels = _read(path, header="part" in path.name)
        texts += part_texts
        labels += part_labels
        official = "a part of the" if file.sha256 == _PART_SHA256 else "the official"
        n_official = "120,000" if part == "train" else "7,600"
        rows = f"{len(part_texts):,} rows"
        sources.append(f"{path.name} ({rows}, {official} {n_official} {part} rows)")
    source = " + ".join(sources)

    data = np.empty(len(texts), dtype=object)
    data[:] = texts
    return pack(
        data,
        np.asarray(labels, dtype=np.int64),
        feature_names=["text"],
        return_X_y=return_X_y,
        as_frame=as_frame,
        target_names=list(_TARGET_NAMES),
        source=source,
        DESCR=_DESCR.format(source=source),
    )


def _choose(
    files: tuple[RemoteFile, ...], data_home: str | os.PathLike[str] | None
) -> RemoteFile:
    for file in files:
        if file.in_home(data_home).is_file():
            return file
    return files[0]


def _read(path: os.PathLike[str], *, header: bool) -> tuple[list[str], list[int]]:
    """Read rows of class (1 to 4) and one or two columns of text."""
    opener = gzip.open if str(path).endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        if header:
            next(reader)
        rows = list(reader)
    return [" ".join(row[1:]) for row in rows], [int(row[0]) - 1 for row in rows]
