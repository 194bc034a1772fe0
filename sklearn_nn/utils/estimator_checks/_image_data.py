"""Images as arrays, as pictures of pillow and as files."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any

import numpy as np

from ._data import NAMES_ROW, Data, series, wrong_row

_HEIGHT, _WIDTH = 24, 20
_COLOURS = np.array([[200, 60, 50], [60, 180, 70], [70, 60, 210]])


@contextmanager
def open_images() -> Iterator["ImageData"]:
    """Give images, and a folder for their files that is removed afterwards."""
    import_pillow()
    with TemporaryDirectory() as folder:
        # As the system names open files, without symbolic links.
        yield ImageData(Path(folder).resolve())


def import_pillow() -> Any:
    """Import ``PIL.Image``, or say how to install it."""
    try:
        from PIL import Image
    except ImportError as error:
        raise ImportError(
            "The checks of image estimators write files with pillow. Install it: "
            'pip install "sklearn_nn[vision]"'
        ) from error
    return Image


class ImageData(Data):
    """Rows that are images; the files among them lie in `folder`.

    Parameters
    ----------
    folder : Path
        An empty folder.
    """

    name = "arrays"
    refusals = (ValueError, TypeError, OSError)

    def __init__(self, folder: Path):
        self.folder = folder

    def make(self, n_classes: int = 3) -> tuple[list[np.ndarray], np.ndarray]:
        """Draw vertical stripes, horizontal stripes and discs in noise."""
        rng = np.random.RandomState(0)
        y = np.arange(60) % n_classes
        return [_draw(label, rng) for label in y], y

    def altered(self, row: np.ndarray) -> np.ndarray:
        """Turn an image into its negative."""
        return 255 - row

    def forms(self, X: list[np.ndarray]) -> Iterator[tuple[str, list[Any]]]:
        """Write images as arrays, as pictures and as the paths of PNG files."""
        yield "arrays", X
        pictures = [import_pillow().fromarray(image) for image in X]
        yield "PIL images", pictures
        yield "paths", self.save(pictures)

    def containers(self, X: list[np.ndarray]) -> Iterator[tuple[str, Any]]:
        """Put images or their paths into all that may hold them."""
        batch = np.stack(X)
        yield "an array", batch
        # As views of other arrays and memory-mapped files are.
        reverse = batch[:, :, ::-1].copy()[:, :, ::-1]
        reverse.flags.writeable = False
        yield "a read-only array with a negative stride", reverse
        opaque = np.pad(batch, [(0, 0)] * 3 + [(0, 1)], constant_values=255)
        yield "an RGBA array", opaque
        (_, _), (_, pictures), (_, paths) = self.forms(X)
        yield "a list of PIL images", pictures
        (_, _), (_, pictures), (_, rgba_paths) = self.forms(list(opaque))
        yield "a list of RGBA PIL images", pictures
        yield "a tuple of paths of RGBA files", tuple(map(Path, rgba_paths))
        yield "a list of paths (str)", paths
        yield "a list of paths (Path)", [Path(path) for path in paths]
        yield "an object array of paths", np.array(paths, dtype=object)
        for paths_in_series in series(paths):
            library = type(paths_in_series).__module__.partition(".")[0]
            yield f"a {library} Series of paths", paths_in_series

    def unusual(self, X: list[np.ndarray]) -> Iterator[tuple[list, list]]:
        """Give very small and oblong images, and every kind of pixel."""
        ordinary = dict(self.forms(X))
        # One pixel high, one pixel in all, very small, very oblong, grey, see-through.
        shapes = [(1, 20, 3), (1, 1, 3), (2, 3), (3, 2, 1), (2, 300, 3), (24, 20, 4)]
        rng = np.random.RandomState(1)
        arrays = [rng.randint(256, size=shape).astype(np.uint8) for shape in shapes]
        yield ordinary["arrays"], arrays
        paths = self.unusual_files(arrays)
        yield ordinary["PIL images"], self.opened(paths)
        yield ordinary["paths"], paths

    def unusual_files(self, arrays: list[np.ndarray]) -> list[str]:
        """Write arrays, and one picture with every kind of pixel, into files."""
        Image = import_pillow()
        pictures = [Image.fromarray(np.squeeze(array)) for array in arrays]
        picture = Image.fromarray(self.make(1)[0][0])
        modes = [picture.convert(mode) for mode in ("L", "LA", "RGBA", "P", "1")]
        cmyk = self.save([picture.convert("CMYK")], "jpg")
        grey = np.asarray(picture.convert("L"))
        return self.save([*pictures, *modes, deep(grey)]) + cmyk

    def opened(self, paths: list[str]) -> list[Any]:
        """Read files as pictures; none of the files stays open."""
        pictures = []
        for path in paths:
            with import_pillow().open(path) as picture:
                pictures.append(picture.copy())
        return pictures

    def wrong(self, X: list[np.ndarray]) -> Iterator[tuple[Any, tuple[str, ...]]]:
        """Give what is no image, among images and among paths."""
        *_, (_, paths) = self.forms(X)
        for path in self.broken_files():
            yield wrong_row(paths, path), (NAMES_ROW,)
        for rows in (X, paths):
            for value in (None, float("nan"), 3, b"bytes"):
                yield wrong_row(rows, value), (NAMES_ROW,)
        for row in (X[0] / 255, X[0].astype(np.int64)):
            yield wrong_row(X, row), (NAMES_ROW, "uint8")
            yield np.stack([row] * 8), ("uint8",)
        for n_channels in (2, 5):
            image = np.zeros((_HEIGHT, _WIDTH, n_channels), np.uint8)
            yield wrong_row(X, image), (NAMES_ROW, "channel|shape")
            yield np.stack([image] * 8), ("channel|shape",)
        yield np.zeros((8, 4), np.uint8), ("image|path|shape|dimension",)
        matrix = np.array(paths, dtype=object).reshape(-1, 2)
        yield matrix, ("image|path|shape|dimension",)
        yield paths[0], ("list|sequence|single",)
        yield [], ("image|sample|empty",)

    def broken_files(self) -> list[str]:
        """Name files that are missing, no image at all, or cut in half."""
        folder = self._new_folder()
        folder.joinpath("text.png").write_text("This is no image.\n")
        folder.joinpath("empty.png").touch()
        noise = np.random.RandomState(2).randint(256, size=(64, 64, 3))
        picture = import_pillow().fromarray(noise.astype(np.uint8))
        for name in ("cut.png", "cut.jpg"):
            picture.save(path := folder / name)
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        names = ("missing.png", "text.png", "empty.png", "cut.png", "cut.jpg")
        return [str(folder), *(str(folder / name) for name in names)]

    def save(self, pictures: list[Any], suffix: str = "png") -> list[str]:
        """Write pictures of pillow into files of a new folder."""
        folder = self._new_folder()
        paths = [f"{folder / f'image_{i:02}'}.{suffix}" for i in range(len(pictures))]
        for picture, path in zip(pictures, paths, strict=True):
            picture.save(path)
        return paths

    def _new_folder(self) -> Path:
        return Path(mkdtemp(dir=self.folder))


def deep(grey: np.ndarray) -> Any:
    """Make the 16-bit picture of the same greys as those of an 8-bit array."""
    return import_pillow().fromarray(grey.astype(np.uint16) * 257)


def _draw(label: np.integer, rng: np.random.RandomState) -> np.ndarray:
    row, column = np.ogrid[:_HEIGHT, :_WIDTH]
    phase = rng.randint(6)
    shapes: list[Callable[[], np.ndarray]] = [
        lambda: (row + phase) % 6 < 3,
        lambda: (column + phase) % 6 < 3,
        lambda: np.hypot(row - 9 - phase, column - 10) < 7,
    ]
    inside = np.broadcast_to(shapes[label](), (_HEIGHT, _WIDTH))[..., None]
    image = np.where(inside, _COLOURS[label], 30) + rng.randint(-15, 16, size=3)
    noise = rng.randint(-10, 11, size=(_HEIGHT, _WIDTH, 3))
    return (image + noise).clip(0, 255).astype(np.uint8)
