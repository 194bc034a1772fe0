"""Image files and arrays to pixels of one size."""

import hashlib
import io
import math
import os
from functools import cache, lru_cache
from typing import Any, NamedTuple

import numpy as np

from sklearn_nn._pictures import Picture

# Readers that run nothing: PIL's for PostScript starts a program.
_FORMATS = ("JPEG", "MPO", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "AVIF")
# The EXIF tag that says how the camera was held.
_ORIENTATION = 0x0112
# A JPEG is decoded at a half, quarter or eighth if that leaves so many pixels a pixel.
_OVERSAMPLING = 2


class Framing(NamedTuple):
    """How an image is brought to the size that a backbone reads.

    Parameters
    ----------
    height, width : int
        That size.
    interpolation : str
        A name in PIL's ``Resampling``.
    crop : float
        Share of the image, around its middle, that is kept.
    squash : bool
        Whether the sides are scaled on their own; else what the longer one has too
        much is cut off at both ends.
    """

    height: int
    width: int
    interpolation: str = "bicubic"
    crop: float = 1.0
    squash: bool = False

    def box(self, size: tuple[int, int]) -> tuple[float, float, float, float]:
        """Return the part of an image of (width, height) that is kept."""
        # The part of each side that a pixel of the result takes.
        x, y = size[0] / self.width, size[1] / self.height
        if not self.squash:
            x = y = min(x, y)
        width, height = self.crop * x * self.width, self.crop * y * self.height
        left, top = (size[0] - width) / 2, (size[1] - height) / 2
        # Rounding must not lead out of the image.
        right, bottom = min(left + width, size[0]), min(top + height, size[1])
        return max(left, 0.0), max(top, 0.0), right, bottom


def read_picture(picture: Any, framing: Framing) -> Any:
    """Read an image, in colours, at the size that a backbone wants.

    Grey becomes colours, transparency white, and a photograph is turned as its camera
    was.

    Parameters
    ----------
    picture : Picture or ndarray of uint8
        What to read.
    framing : Framing
        Its size.

    Returns
    -------
    image : PIL.Image.Image
        In RGB.

    Raises
    ------
    ValueError
        If the file is no image, or a damaged one; the message names the row.
    """
    row, source = picture if isinstance(picture, Picture) else (None, picture)
    try:
        image = _opened(source, framing)
        image = _rgb(image)
        return image.resize(
            (framing.width, framing.height),
            _resampling(framing.interpolation),
            box=framing.box(image.size),
        )
    except MemoryError:
        raise
    except Exception as error:
        # A damaged file raises whatever the reader of its format raises.
        place = f": {source!r}" if isinstance(source, str) else ""
        raise ValueError(
            f"Row {row} of X cannot be read as an image{place}. It is damaged, or of "
            f"another format than {', '.join(_formats())}. Repair it or leave the row "
            f"out. ({error})"
        ) from error


def content_of(picture: Any) -> bytes:
    """Return what an image is, to tell it from others.

    Parameters
    ----------
    picture : Picture or ndarray of uint8
        An image.

    Returns
    -------
    content : bytes
        A SHA-256 of the file, or the pixels with their shape.

    Raises
    ------
    ValueError
        If the file cannot be read.
    """
    row, source = picture if isinstance(picture, Picture) else (None, picture)
    if isinstance(source, str):
        try:
            found = os.stat(source)
            return _digest(source, found.st_size, found.st_mtime_ns, found.st_ino)
        except OSError as error:
            raise ValueError(f"Row {row} of X cannot be read: {error}") from error
    if not isinstance(source, np.ndarray):
        source = np.asarray(_rgb(_upright(source)))
    pixels = np.ascontiguousarray(source)
    return f"{pixels.shape}{pixels.dtype}".encode() + pixels.tobytes()


# As long as a file keeps size and time of change, it is not read for this again.
@lru_cache(maxsize=500_000)
def _digest(path: str, *changed: int) -> bytes:
    with open(path, "rb") as file:
        return b"file" + hashlib.file_digest(file, "sha256").digest()


def pil() -> Any:
    """Import PIL's Image module, or say how to install it."""
    try:
        from PIL import Image
    except ImportError as error:
        raise ImportError(
            "Reading images needs the package pillow. Install it with: "
            "pip install sklearn_nn[vision]"
        ) from error
    return Image


def _opened(source: Any, framing: Framing) -> Any:
    if isinstance(source, np.ndarray):
        return pil().fromarray(_array(source))
    if not isinstance(source, str):
        return _upright(source)
    with open(source, "rb") as file:
        content = file.read()
    # In memory, so that no file stays open.
    image = pil().open(io.BytesIO(content), formats=_formats())
    left, top, right, bottom = framing.box(image.size)
    ratio = min((right - left) / framing.width, (bottom - top) / framing.height)
    wanted = _OVERSAMPLING / max(ratio, _OVERSAMPLING)
    # Only JPEG does anything here.
    image.draft(image.mode, tuple(math.ceil(side * wanted) for side in image.size))
    return _upright(image)


def _upright(image: Any) -> Any:
    """Turn a photograph as its camera was."""
    from PIL import ImageOps

    turned = image.getexif().get(_ORIENTATION, 1) != 1
    return ImageOps.exif_transpose(image) if turned else image


def _array(array: np.ndarray) -> np.ndarray:
    return array[:, :, 0] if array.ndim == 3 and array.shape[2] == 1 else array


def _rgb(image: Any) -> Any:
    if image.mode.startswith("I"):
        # Two bytes a pixel, of which the higher one counts.
        grey = np.asarray(image).astype(np.int64)
        if image.mode != "I" or grey.max() > 255:
            grey >>= 8
        return pil().fromarray(grey.clip(0, 255).astype(np.uint8)).convert("RGB")
    if image.mode == "F":
        raise ValueError("its pixels are floating-point numbers")
    if not image.has_transparency_data:
        return image.convert("RGB")
    image = image.convert("RGBA")
    white = pil().new("RGBA", image.size, "white")
    return pil().alpha_composite(white, image).convert("RGB")


@cache
def _formats() -> tuple[str, ...]:
    image = pil()
    image.init()
    return tuple(name for name in _FORMATS if name in image.OPEN)


def _resampling(name: str) -> Any:
    # "random" is timm's name for either of two while training.
    known = pil().Resampling.__members__
    return known.get(name.upper(), pil().Resampling.BILINEAR)
