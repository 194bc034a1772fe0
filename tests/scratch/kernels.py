"""What convolutions and pooling share in tests: kernels of all sizes on all shapes."""

from unittest.mock import patch

from hypothesis import strategies as st

from sklearn_nn.scratch import _windows


def chunks_of(n_bytes):
    """Work in chunks of that size for a while."""
    return patch.object(_windows, "CHUNK_BYTES", n_bytes)


# From rows of places that are done one by one to all images at once.
CHUNKS = st.sampled_from([1, 300, 2000, _windows.CHUNK_BYTES])


@st.composite
def kernels(draw, n_axes, largest_padding):
    """Draw kernel_size, stride and padding, and the shape of a batch they fit."""
    kernel = [draw(st.integers(1, 4)) for _ in range(n_axes)]
    stride = [draw(st.integers(1, 3)) for _ in range(n_axes)]
    padding = [draw(st.integers(0, largest_padding(k))) for k in kernel]
    size = [
        max(k - 2 * p, 1) + draw(st.integers(0, 5)) for k, p in zip(kernel, padding)
    ]
    batch = draw(st.integers(1, 4)), draw(st.integers(1, 3)), *size
    arguments = {"kernel_size": kernel, "stride": stride, "padding": padding}
    if n_axes == 1:
        return {name: value for name, (value,) in arguments.items()}, batch
    return {name: tuple(value) for name, value in arguments.items()}, batch
