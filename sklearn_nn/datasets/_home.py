"""Where data sets are kept, and how a missing file gets there."""

import http.client
import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sklearn.utils._param_validation import validate_params

from sklearn_nn.datasets._download import ResumableDownloader
from sklearn_nn.datasets._hashing import content_sha256

ENVIRONMENT_VARIABLE = "SKLEARN_NN_DATA"


@validate_params(
    {"data_home": [str, os.PathLike, None]}, prefer_skip_nested_validation=True
)
def get_data_home(data_home: str | os.PathLike[str] | None = None) -> str:
    """Return the path of the folder that holds the downloaded data sets.

    Each data set has a folder of its own in it. The folder is not created by this
    function: it appears with the first download, so that a data home that holds
    every file may be read-only.

    Parameters
    ----------
    data_home : str or path-like, default=None
        The folder to use; ``~`` stands for the user's home. If `None`, the value
        of the environment variable ``SKLEARN_NN_DATA``, and when that is not set
        either, a folder in the user's cache.

    Returns
    -------
    data_home : str
        Absolute path of the folder.

    See Also
    --------
    fetch_ag_news : News texts in 4 topics.
    fetch_mnist : Handwritten digits of 28 x 28 pixels.
    fetch_usps : Handwritten digits of 16 x 16 pixels.

    Examples
    --------
    >>> import os
    >>> from sklearn_nn.datasets import get_data_home
    >>> os.path.basename(get_data_home("my_data"))
    'my_data'
    """
    if data_home is None:
        data_home = os.environ.get(ENVIRONMENT_VARIABLE) or None
    if data_home is None:
        import pooch

        data_home = pooch.os_cache("sklearn_nn")
    return os.path.abspath(os.path.expanduser(os.fspath(data_home)))


@dataclass(frozen=True)
class RemoteFile:
    """A file of a data set.

    Attributes
    ----------
    path : str
        Where it lies in the data home, such as ``"usps/zip.test.gz"``.

    sha256 : str
        Hash of its content; of the decompressed content if `path` ends in ``.gz``.

    url : str or None
        Its public address; None for a file that can only be put there by hand.
    """

    path: str
    sha256: str
    url: str | None

    @property
    def gzipped(self) -> bool:
        """Whether the file is compressed, as its name says."""
        return self.path.endswith(".gz")

    def in_home(self, data_home: str | os.PathLike[str] | None = None) -> Path:
        """Where the file is, or would be, in the data home."""
        return Path(get_data_home(data_home), *PurePosixPath(self.path).parts)


def fetch_file(
    file: RemoteFile,
    *,
    data_home: str | os.PathLike[str] | None = None,
    download_if_missing: bool = True,
    n_retries: int = 3,
    delay: float = 1.0,
) -> Path:
    """Return the path of a file whose content was checked, downloading it if needed.

    The content is hashed at each call: the files are small, and a file that went
    wrong on the disk is told from a bug in a model.

    Parameters
    ----------
    file : RemoteFile
        What to fetch.

    data_home : str or path-like, default=None
        See :func:`get_data_home`.

    download_if_missing : bool, default=True
        If False, raise an OSError when the file is not in the data home.

    n_retries : int, default=3
        How often to try again after a cut connection.

    delay : float, default=1.0
        Seconds before the first retry.

    Returns
    -------
    path : Path
        The file.

    Raises
    ------
    OSError
        If the file is neither in the data home nor can be downloaded. The message
        says which file it is, its address, and where to put it by hand.

    ValueError
        If the content, found or downloaded, is not the one expected.
    """
    target = file.in_home(data_home)
    if target.is_file():
        _check_content(target, file, target)
        return target
    by_hand = _by_hand(file, target)
    if file.url is None or not download_if_missing:
        why = "" if download_if_missing else " and download_if_missing=False"
        raise OSError(f"{file.path} is not in the data home{why}. {by_hand}")

    import pooch

    _make_writable(target, by_hand)
    downloader = ResumableDownloader(
        target,
        lambda path: _check_content(path, file, target),
        n_retries=n_retries,
        delay=delay,
    )
    # The hash that pooch could check is that of the compressed bytes, which differ
    # from mirror to mirror: the downloader checks the content instead.
    cache = pooch.create(
        path=target.parent,
        base_url="",
        registry={target.name: None},
        urls={target.name: file.url},
    )
    try:
        cache.fetch(target.name, downloader=downloader)
    except (OSError, http.client.HTTPException) as error:
        raise OSError(
            f"{file.path} is not in the data home and could not be downloaded: "
            f"{error}. {by_hand}"
        ) from error
    return target


def _by_hand(file: RemoteFile, target: Path) -> str:
    if file.url is None:
        return f"It has no public address: put the file at {target}"
    return f"Download {file.url} by hand and put the file at {target}"


def _check_content(path: Path, file: RemoteFile, target: Path) -> None:
    """Raise ValueError unless `path` holds the content that `file` should have."""
    try:
        found = content_sha256(path, gzipped=file.gzipped)
    except ValueError as error:
        found = str(error)
    if found == file.sha256:
        return
    if path == target:
        cure = f"Delete {target} and call the function again to download it anew"
        if file.url is None:
            cure = f"Replace {target} by an intact copy"
    else:
        cure = (
            f"The download from {file.url} was deleted: try again later, "
            f"or put an intact copy at {target}"
        )
    what = "decompressed content" if file.gzipped else "content"
    raise ValueError(
        f"{target} is truncated or corrupted, or it is another version: the SHA-256 "
        f"of its {what} should be {file.sha256}, found {found}. {cure}."
    )


def _make_writable(target: Path, by_hand: str) -> None:
    """Create the folder of `target`, or raise an OSError that says what is wrong."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        writable = os.access(target.parent, os.W_OK | os.X_OK)
    except OSError:
        writable = False
    if not writable:
        raise PermissionError(
            f"{target.name} is missing and cannot be downloaded, because the folder "
            f"{target.parent} is not writable. Choose another folder with data_home "
            f"or the environment variable {ENVIRONMENT_VARIABLE}. {by_hand}"
        )
