"""What a file holds, as a SHA-256: the same before and after a recompression."""

import gzip
import hashlib
import zlib
from pathlib import Path

_BLOCK = 1 << 20


def content_sha256(path: str | Path, *, gzipped: bool) -> str:
    """Hash the content of a file: what it decompresses to when it is a gzip file.

    Mirrors compress the same content in different ways, so that the bytes of a
    ``.gz`` file identify a mirror, not a data set.

    Parameters
    ----------
    path : str or Path
        The file.

    gzipped : bool
        Whether the file is compressed. Told by the caller and not by the name,
        because a download in progress has a name of its own.

    Returns
    -------
    digest : str
        64 hexadecimal digits.

    Raises
    ------
    ValueError
        If the file is not a complete gzip file though it should be one.
    """
    digest = hashlib.sha256()
    opener = gzip.open if gzipped else open
    try:
        with opener(path, "rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"not a complete gzip file ({error})") from error
    return digest.hexdigest()
