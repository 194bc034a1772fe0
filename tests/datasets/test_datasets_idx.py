"""The idx format: what it holds, and what is told of a broken file."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sklearn_nn.datasets._idx import parse_idx

CODES = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}


def as_idx(array):
    code = CODES[array.dtype.str[1:]]
    header = struct.pack(f">HBB{array.ndim}I", 0, code, array.ndim, *array.shape)
    return header + array.astype(array.dtype.newbyteorder(">")).tobytes()


@given(
    st.sampled_from(sorted(CODES)).flatmap(
        lambda dtype: hnp.arrays(dtype, hnp.array_shapes(max_dims=4, min_side=0))
    )
)
def test_round_trip(array):
    found = parse_idx(as_idx(array))
    assert found.dtype == array.dtype and found.flags.writeable
    np.testing.assert_array_equal(found, array)


@given(st.integers(0, 27))
def test_any_truncation_is_found(n):
    content = as_idx(np.arange(12, dtype="u1").reshape(3, 4))
    content = content + content[:4]  # 28 bytes, the last 4 too many
    if n == 24:
        assert parse_idx(content[:n]).shape == (3, 4)
    else:
        with pytest.raises(ValueError, match="truncated|not an idx file|too long"):
            parse_idx(content[:n], name="file")


def test_messages():
    content = as_idx(np.arange(12, dtype="u1").reshape(3, 4))
    with pytest.raises(ValueError, match=r"a\.idx is truncated.*24 bytes, found 23"):
        parse_idx(content[:-1], name="a.idx")
    with pytest.raises(ValueError, match="not an idx file: it starts with '1f 8b"):
        parse_idx(b"\x1f\x8b\x08\x00")
    with pytest.raises(ValueError, match="not an idx file"):
        parse_idx(b"\0\0\x0a\x01" + bytes(4))  # no such type


def test_announced_size_is_not_allocated():
    with pytest.raises(ValueError, match="truncated"):
        parse_idx(struct.pack(">HBB4I", 0, 8, 4, *[2**32 - 1] * 4))
