"""The idx format, in which MNIST is published."""

import math
import struct

import numpy as np

_DTYPES = {
    0x08: ">u1",
    0x09: ">i1",
    0x0B: ">i2",
    0x0C: ">i4",
    0x0D: ">f4",
    0x0E: ">f8",
}


def parse_idx(content: bytes, *, name: str = "idx data") -> np.ndarray:
    """Turn the content of an idx file into an array.

    The format: two zero bytes, a byte for the type of the numbers, a byte for the
    number of dimensions, each dimension as a big-endian 32-bit integer, the numbers.

    Parameters
    ----------
    content : bytes
        The content of the file, decompressed.

    name : str, default="idx data"
        What error messages call it.

    Returns
    -------
    array : ndarray
        Writable, in the byte order of the machine.

    Raises
    ------
    ValueError
        If the magic number is wrong or the length is not what the header says.

    Examples
    --------
    >>> from sklearn_nn.datasets._idx import parse_idx
    >>> parse_idx(bytes([0, 0, 8, 1, 0, 0, 0, 2, 7, 9]))
    array([7, 9], dtype=uint8)
    """
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in _DTYPES:
        raise ValueError(
            f"{name} is not an idx file: it starts with {content[:4].hex(' ')!r}, "
            "not with two zero bytes and the code of a type"
        )
    dtype, n_dims = np.dtype(_DTYPES[content[2]]), content[3]
    start = 4 + 4 * n_dims
    if len(content) < start:
        raise ValueError(f"{name} is truncated in its header of {start} bytes")
    shape = struct.unpack(f">{n_dims}I", content[4:start])
    expected = start + math.prod(shape) * dtype.itemsize
    if len(content) != expected:
        wrong = "is truncated" if len(content) < expected else "is too long"
        raise ValueError(
            f"{name} {wrong}: its header announces shape {shape}, that is {expected} "
            f"bytes, found {len(content)}"
        )
    array = np.frombuffer(content, dtype=dtype, offset=start).reshape(shape)
    return array.astype(dtype.newbyteorder("="))
