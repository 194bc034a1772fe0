"""Windows that slide over images: what a kernel sees, as long runs of memory."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from math import prod
from numbers import Integral
from typing import Any

import numpy as np

from sklearn_nn.scratch._module import Module, Shape, ShapeError

Pair = tuple[int, int]
ALL = slice(None)

# What a chunk of images is spread out to: about what a second-level cache holds.
CHUNK_BYTES = 3 * 2**19


class Windows:
    """The places of a kernel on images of one shape, and what it sees there.

    A padded image is split into phases: phase (a, b) holds the pixels
    ``(a + stride * y, b + stride * x)``. What one number of the kernel sees, from
    place to place, lies side by side in its phase, so that it is copied and added in
    long runs instead of pixel by pixel. A run goes on over the ends of rows: there it
    passes a few places that do not exist, which `crop` takes out again. Phases hold all
    images of a chunk, channels first: (channels, a, b, images, numbers).

    Parameters
    ----------
    image : tuple of int
        Channels, height and width.
    kernel, stride, padding : tuple of two int
        For height and width.

    Attributes
    ----------
    places : tuple of two int
        How many places there are, down and across.
    row : int
        Length of a row of places in a run.
    """

    def __init__(self, image: Shape, kernel: Pair, stride: Pair, padding: Pair):
        self.n_channels, *size = image
        self.kernel, self.stride = kernel, stride
        self._axes = list(zip(size, kernel, stride, padding, strict=True))
        down, across = ((n + 2 * p - k) // s + 1 for n, k, s, p in self._axes)
        self.places = down, across
        self._height = down + (kernel[0] - 1) // stride[0]
        self.row = across + (kernel[1] - 1) // stride[1]
        self._buffers: dict[tuple[str, Shape], np.ndarray] = {}

    @cached_property
    def _phases(self) -> list[tuple[tuple, tuple]]:
        """Where the pixels of each phase are, in it and in an image."""
        down, across = self._axes
        return [
            ((ALL, a, b, ALL, y, x), (ALL, ALL, top, left))
            for a, (y, top) in enumerate(_phases(*down, self._height))
            for b, (x, left) in enumerate(_phases(*across, self.row))
        ]

    def chunks(
        self, n_images: int, numbers: int, dtype: np.dtype
    ) -> Iterator[tuple[slice, list[slice]]]:
        """Yield slices of images, and of the rows of their places, to do at once.

        Parameters
        ----------
        n_images : int
            How many images there are.
        numbers : int
            How many numbers are needed for each place.
        dtype : dtype
            Of the numbers.

        Yields
        ------
        images : slice
        bands : list of slice
            One for all rows, unless a single image is too large.
        """
        down, _ = self.places
        n_rows = CHUNK_BYTES // (numbers * self.row * dtype.itemsize)
        step, band = max(n_rows // down, 1), min(max(n_rows, 1), down)
        bands = [slice(i, min(i + band, down)) for i in range(0, down, band)]
        for first in range(0, n_images, step):
            yield slice(first, first + step), bands

    def split(self, images: np.ndarray, fill: float = 0.0) -> np.ndarray:
        """Return the phases of images, with `fill` around them.

        Parameters
        ----------
        images : ndarray of shape (n_images, n_channels, height, width)
            Images of a chunk.
        fill : float, default=0
            What the padding consists of.

        Returns
        -------
        ndarray of shape (n_channels, a, b, n_images, n_numbers)
        """
        shape = self._shape(len(images))
        phases = self.buffer("phases", shape, images.dtype, fill)
        for phase, pixels in self._pairs(phases, images):
            phase[...] = pixels
        return phases

    def join(self, phases: np.ndarray, images: np.ndarray) -> None:
        """Write what phases hold into images, without the padding.

        Parameters
        ----------
        phases : ndarray of shape (n_channels, a, b, n_images, n_numbers)
            As from `split`.
        images : ndarray of shape (n_images, n_channels, height, width)
            To write to; pixels that the kernel never sees stay as they are.
        """
        for phase, pixels in self._pairs(phases, images):
            pixels[...] = phase

    def zeros(self, n_images: int, dtype: Any) -> np.ndarray:
        """Return phases to add to.

        Parameters
        ----------
        n_images : int
            How many images they are for.
        dtype : dtype
            Of the numbers.

        Returns
        -------
        ndarray of shape (n_channels, a, b, n_images, n_numbers)
        """
        sums = self.buffer("sums", self._shape(n_images), dtype)
        sums.fill(0)
        return sums

    def _shape(self, n_images: int) -> Shape:
        (k, m), (s, t) = self.kernel, self.stride
        # The run of the kernel's last number ends a little behind the image.
        numbers = self._height * self.row + (m - 1) // t
        return self.n_channels, min(k, s), min(m, t), n_images, numbers

    def runs(self, phases: np.ndarray, rows: slice) -> list[np.ndarray]:
        """Return what each number of the kernel sees, as views into phases.

        Parameters
        ----------
        phases : ndarray of shape (n_channels, a, b, n_images, n_numbers)
            As from `split`.
        rows : slice
            The rows of places.

        Returns
        -------
        list of ndarray of shape (n_channels, n_images, n_places)
            In the order of the kernel's numbers, row by row.
        """
        (k, m), (s, t) = self.kernel, self.stride
        starts = rows.start * self.row, rows.stop * self.row
        views = []
        for i in range(k):
            for j in range(m):
                offset = i // s * self.row + j // t
                run = slice(*(start + offset for start in starts))
                views.append(phases[:, i % s, j % t, :, run])
        return views

    def columns(self, phases: np.ndarray, rows: slice) -> np.ndarray:
        """Return what the kernel sees, side by side for all places.

        Parameters
        ----------
        phases : ndarray of shape (n_channels, a, b, n_images, n_numbers)
            As from `split`.
        rows : slice
            The rows of places.

        Returns
        -------
        ndarray of shape (n_channels, kernel, n_images, n_places)
        """
        runs = self.runs(phases, rows)
        n_channels, *places = runs[0].shape
        shape = n_channels, len(runs), *places
        columns = self.buffer("columns", shape, phases.dtype)
        return np.stack(runs, axis=1, out=columns)

    def add_columns(self, phases: np.ndarray, columns: np.ndarray, rows: slice) -> None:
        """Add columns to what the kernel saw: `columns` the other way.

        Parameters
        ----------
        phases : ndarray of shape (n_channels, a, b, n_images, n_numbers)
            To add to.
        columns : ndarray of shape (n_channels, kernel, n_images, n_places)
            As from `columns`, zero in the places that do not exist.
        rows : slice
            The rows of places.
        """
        for i, run in enumerate(self.runs(phases, rows)):
            run += columns[:, i]

    def crop(self, flat: np.ndarray) -> np.ndarray:
        """Return a view, image by image, of the places that exist.

        Parameters
        ----------
        flat : ndarray of shape (n_channels, n_images, n_places)
            A number for each place and channel.

        Returns
        -------
        ndarray of shape (n_images, n_channels, n_rows, n_places across)
        """
        by_row = flat.reshape(*flat.shape[:2], -1, self.row)
        return by_row[..., : self.places[1]].transpose(1, 0, 2, 3)

    def flatten(self, grid: np.ndarray) -> np.ndarray:
        """Return the opposite of `crop`, with zeros in the places that do not exist.

        Parameters
        ----------
        grid : ndarray of shape (n_images, n_channels, n_rows, n_places across)
            A number for each place and channel.

        Returns
        -------
        ndarray of shape (n_channels, n_images, n_places)
        """
        n_images, n_channels, n_rows, _ = grid.shape
        shape = n_channels, n_images, n_rows * self.row
        flat = self.buffer("flat", shape, grid.dtype)
        self.crop(flat)[...] = grid
        return flat

    def buffer(
        self, name: str, shape: Shape, dtype: Any, fill: float = 0.0
    ) -> np.ndarray:
        """Return an array to write to, the same one for each chunk of a size.

        To take memory from the system for every chunk costs more time than what is
        computed in it.

        Parameters
        ----------
        name : str
            What the array is for.
        shape : tuple of int
            Its shape.
        dtype : dtype
            Of its numbers.
        fill : float, default=0
            What a new one holds; a used one holds what was left in it.

        Returns
        -------
        ndarray
        """
        if (name, shape) not in self._buffers:
            self._buffers[name, shape] = np.full(shape, fill, dtype)
        return self._buffers[name, shape]

    def _pairs(
        self, phases: np.ndarray, images: np.ndarray
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield views of the same pixels in phases and in images."""
        size = self._height, self.row
        by_row = phases[..., : prod(size)].reshape(*phases.shape[:-1], *size)
        channels_first = images.transpose(1, 0, 2, 3)
        for in_phase, in_image in self._phases:
            yield by_row[in_phase], channels_first[in_image]


def _phases(
    size: int, kernel: int, stride: int, padding: int, length: int
) -> list[tuple[slice, slice]]:
    """Return, for each phase along an axis, its part inside the image, and which."""
    slices = []
    for a in range(min(kernel, stride)):
        start = max(-((a - padding) // stride), 0)
        first = a + stride * start - padding
        n = max(min(length - start, -((first - size) // stride)), 0)
        inside = slice(first, first + n * stride, stride)
        slices.append((slice(start, start + n), inside))
    return slices


class WindowModule(Module):
    """A layer whose kernel slides over images, or over signals: images one wide.

    A subclass has the arguments `kernel_size`, `stride` and `padding`, says in `_axes`
    how the axes behind that of the channels are called, and computes on images.
    """

    _axes: tuple[str, ...] = ()
    in_channels: int | None = None
    kernel_size: int | Pair
    stride: int | Pair | None
    padding: int | Pair

    def output_shape(self, input_shape):
        """Return the channels, and how many places the kernel has along each axis."""
        places = self._windows(input_shape).places
        return (self._out_channels(input_shape), *places[: len(self._axes)])

    def _out_channels(self, input_shape: Shape) -> int:
        return input_shape[0]

    def forward(self, x):
        """Return what the kernel makes of `x` at each place."""
        z = self._slide(self._windows(x.shape[1:]), self._images(x))
        return z if len(self._axes) == 2 else z[..., 0]

    def backward_delta(self, x, delta):
        """Return `delta` sent back to what the kernel saw."""
        windows = self._windows(x.shape[1:])
        back = self._slide_back(windows, self._images(x), self._images(delta))
        return back.reshape(x.shape)

    def _slide(self, windows: Windows, x: np.ndarray) -> np.ndarray:
        raise TypeError(f"{type(self).__name__} does not say what it computes.")

    def _slide_back(
        self, windows: Windows, x: np.ndarray, delta: np.ndarray
    ) -> np.ndarray:
        raise TypeError(f"{type(self).__name__} does not say its derivative.")

    def _images(self, rows: np.ndarray) -> np.ndarray:
        """Return rows as images; a copy only if they are not floating-point."""
        rows = rows.astype(np.result_type(rows, np.float32), copy=False)
        return rows if len(self._axes) == 2 else rows[..., None]

    def _windows(self, input_shape: Shape) -> Windows:
        """Return the windows over rows of that shape; check it and the arguments."""
        kernel = self._pair("kernel_size", 1)
        stride, padding = self._pair("stride", 1), self._pair("padding", 0)
        n_axes = len(self._axes)
        if len(input_shape) != 1 + n_axes or (
            self.in_channels not in (None, input_shape[0])
        ):
            raise self._misfit(self._axes, input_shape)
        least = [max(k - 2 * p, 1) for k, p in zip(kernel, padding, strict=True)]
        needed = dict(zip(self._axes, least[:n_axes], strict=True))
        if any(n < m for n, m in zip(input_shape[1:], needed.values(), strict=True)):
            raise self._misfit([f"{a} >= {m}" for a, m in needed.items()], input_shape)
        image = *input_shape, *[1] * (2 - n_axes)
        return Windows(image, kernel, stride, padding)

    def _misfit(self, axes: Sequence[str], given: Shape) -> ShapeError:
        n = self.in_channels
        channels = "channels" if n is None else f"{n} channels"
        return ShapeError(self, f"rows of ({', '.join((channels, *axes))})", given)

    def _pair(self, name: str, smallest: int) -> Pair:
        """Return an argument down and across."""
        value = getattr(self, name)
        n_axes = len(self._axes)
        numbers = [value] * n_axes if isinstance(value, Integral) else value
        if (
            not isinstance(numbers, list | tuple)
            or len(numbers) != n_axes
            or not all(isinstance(n, Integral) for n in numbers)
            or min(numbers) < smallest
        ):
            pair = ", or two of them" if n_axes == 2 else ""
            raise ValueError(
                f"The '{name}' parameter of {type(self).__name__} must be an integer "
                f">= {smallest}{pair}. Got {value!r} instead."
            )
        # A signal is an image one wide, and so is a kernel on it.
        return int(numbers[0]), int(numbers[1]) if n_axes == 2 else smallest
