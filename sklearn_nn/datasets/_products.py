"""Products with a name, a description and a picture, in a folder of the user's."""

import csv
import gzip
import hashlib
import lzma
import os
import shutil
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path, PureWindowsPath
from typing import Any

import numpy as np
from sklearn.utils import Bunch
from sklearn.utils._param_validation import StrOptions, validate_params

from sklearn_nn.datasets._bunch import pack
from sklearn_nn.datasets._hashing import content_sha256
from sklearn_nn.datasets._home import ENVIRONMENT_VARIABLE, get_data_home

_TABLES = ("products.csv", "products.csv.gz")
_ARCHIVE = "images.zip"
_IMAGES = "images"
_TEXTS = ("product_name", "description")
# Beyond these, an archive is taken for one made to fill the disk.
_MAX_BYTES = 16 << 30
_MAX_FILES = 1_000_000
_N_NAMED = 5  # rows that an error lists
_FLIPKART_SHA256 = "ddd8c04b2b75cd019be8d5ae83731c8a571e30159438b9bb1798d81581ebe849"
_DESCR = """\
Products with text and picture
------------------------------

{n_samples:,} products, each with a name, a description and a picture, in {n_classes}
categories:

{categories}
{origin}
In this Bunch: {source}.
"""
_FLIPKART = """
A sample of the catalogue of the Indian marketplace Flipkart, in English, with seven
almost equally frequent categories, the first level of the shop's own tree. Pictures of
at most 224 pixels a side. Some products differ in a word or two only, or share their
picture: rows drawn at random into a training and a test set are not quite strangers.
The licence is believed to be CC BY-SA 4.0 and was not verified.
"""


@validate_params(
    {
        "folder": [str, os.PathLike],
        "data_home": [str, os.PathLike, None],
        "images": ["boolean"],
        "image_cache": [str, os.PathLike, None],
        "missing_images": [StrOptions({"error", "ignore"})],
        "return_X_y": ["boolean"],
        "as_frame": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)
def fetch_products(
    *,
    folder: str | os.PathLike[str] = "flipkart_1050",
    data_home: str | os.PathLike[str] | None = None,
    images: bool = True,
    image_cache: str | os.PathLike[str] | None = None,
    missing_images: str = "error",
    return_X_y: bool = False,
    as_frame: bool = False,
) -> Bunch | tuple[Any, Any]:
    """Load products with name, description and picture (classification).

    The default is a sample of the marketplace Flipkart, which cannot be downloaded:
    its licence was not verified.

    =================   ==============================
    Classes                                          7
    Samples total                                 1047
    Dimensionality                                   3
    Features                  two texts, path of image
    =================   ==============================

    Any other folder of the same shape is loaded alike. It holds

    - ``products.csv`` or ``products.csv.gz``: UTF-8, with the columns
      ``product_name``, ``description``, ``category`` and ``image``; further columns
      are left alone;
    - the files that the column ``image`` names, in a folder ``images`` or in an archive
      ``images.zip``.

    Parameters
    ----------
    folder : str or path-like, default="flipkart_1050"
        The folder of the products: its name in the data home, or an absolute path.

    data_home : str or path-like, default=None
        Folder of the data sets, see :func:`get_data_home`.

    images : bool, default=True
        Whether to look for the images. Without them nothing is extracted, and there
        is no column ``image``.

    image_cache : str or path-like, default=None
        Where ``images.zip`` is extracted, once: a subfolder is made there for the
        content of each archive. If `None`, a folder in the user's cache. A folder
        ``images`` is used where it is.

    missing_images : {'error', 'ignore'}, default='error'
        What to do about rows without a file of theirs: raise an error that names
        them, or put None for their path.

    return_X_y : bool, default=False
        If True, return ``(data, target)`` instead of a Bunch.

    as_frame : bool, default=False
        If True, data is a DataFrame, target a Series.

    Returns
    -------
    dataset : :class:`~sklearn.utils.Bunch`
        With the following attributes.

        data : dict of str to ndarray of shape (n_samples,), dtype object
            ``product_name`` and ``description``, texts that may be empty, and
            ``image``, absolute paths. No image is opened.
        target : ndarray of shape (n_samples,), dtype int64
            Categories, from 0 on, in the order of `target_names`.
        target_names : list of str
            Names of the categories, sorted.
        feature_names : list of str
            Names of the columns.
        rows_without_image : ndarray of shape (n_missing,), dtype int64
            Rows whose path is None; none unless ``missing_images="ignore"``.
        frame : DataFrame or None
            Data and target side by side, only with ``as_frame=True``.
        source : str
            The file used and its number of rows: quote it beside a score.
        DESCR : str
            The description of the data set.

    (data, target) : tuple, if ``return_X_y`` is True
        The two attributes of the same names.

    Raises
    ------
    OSError
        If a file is missing or cannot be extracted. The message says what to do.
    ValueError
        If a file is damaged, a row has no category, or a name of an image leads out.

    See Also
    --------
    make_product_listings : Generated ones, in five languages.

    Notes
    -----
    Several processes may call this at once: one of them extracts the archive, into a
    folder that gets its name when it is complete. One that was damaged is made again.

    Examples
    --------
    >>> from sklearn_nn.datasets import fetch_products
    >>> products = fetch_products(images=False)
    >>> products.data["product_name"][1]
    'Sathiyas Cotton Bath Towel'
    >>> products.target_names[products.target[1]]
    'Baby Care'
    """
    home = Path(get_data_home(data_home), Path(folder).expanduser())
    table = _find_table(home)
    features = [*_TEXTS, "image"] if images else [*_TEXTS]
    columns = _read_columns(table, [*features, "category"])
    categories = columns.pop("category")
    if unnamed := [row for row, name in enumerate(categories) if not name.strip()]:
        raise ValueError(
            f"{table}: {_listed(unnamed)} without a category. Fill it in, or leave "
            "such rows out of the file."
        )
    without_image: list[int] = []
    if images:
        base = _image_folder(home, image_cache)
        paths = [
            _locate(name, base, f"{table}: row {row}")
            for row, name in enumerate(columns["image"])
        ]
        without_image = [row for row, path in enumerate(paths) if path is None]
        if without_image and missing_images == "error":
            row = without_image[0]
            raise FileNotFoundError(
                f"{table}: {_listed(without_image)} without an image; row {row} names "
                f"{columns['image'][row]!r}. Put the images into {home / _IMAGES} or "
                f"{home / _ARCHIVE}, or pass missing_images='ignore' for None instead."
            )
        columns["image"] = paths

    names, target = np.unique(categories, return_inverse=True)
    arrays = {name: _objects(cells) for name, cells in columns.items()}
    source = f"{home.name}/{table.name} ({len(target):,} rows)"
    known = content_sha256(table, gzipped=table.suffix == ".gz") == _FLIPKART_SHA256
    data: Any = np.column_stack(list(arrays.values())) if as_frame else arrays
    return pack(
        data,
        target.astype(np.int64),
        feature_names=features,
        return_X_y=return_X_y,
        as_frame=as_frame,
        target_names=names.tolist(),
        rows_without_image=np.array(without_image, dtype=np.int64),
        source=source,
        DESCR=_DESCR.format(
            n_samples=len(target),
            n_classes=len(names),
            categories="\n".join(f"- {c}: {categories.count(c):,}" for c in names),
            origin=_FLIPKART if known else "",
            source=source,
        ),
    )


def _objects(cells: Sequence[str | None]) -> np.ndarray:
    array = np.empty(len(cells), dtype=object)
    array[:] = cells
    return array


def _listed(rows: list[int]) -> str:
    """Return how many rows there are, and the first of them."""
    shown = ", ".join(map(str, rows[:_N_NAMED]))
    return f"{len(rows)} rows ({shown}{', ...' if len(rows) > _N_NAMED else ''})"


def _find_table(home: Path) -> Path:
    for name in _TABLES:
        if (home / name).is_file():
            return home / name
    raise FileNotFoundError(
        f"There is no {' or '.join(_TABLES)} in {home}. Products cannot be downloaded: "
        f"put one of the two files there (columns {', '.join(_TEXTS)}, category and "
        f"image), and the images into {home / _IMAGES} or {home / _ARCHIVE}. For a "
        "folder elsewhere, pass its absolute path as folder, or choose the data home "
        f"with data_home or the environment variable {ENVIRONMENT_VARIABLE}."
    )


def _read_columns(table: Path, names: list[str]) -> dict[str, list[Any]]:
    """Read the columns named, as texts."""
    columns: dict[str, list[Any]] = {name: [] for name in names}
    opener = gzip.open if table.suffix == ".gz" else open
    row = 0
    try:
        with opener(table, "rt", encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            found = reader.fieldnames or []
            if absent := [name for name in names if name not in found]:
                raise ValueError(
                    f"{table} lacks the columns {', '.join(absent)}: it has "
                    f"{', '.join(found) or 'none'}. Name them in its first line."
                )
            for row, cells in enumerate(reader):
                if None in cells or None in cells.values():
                    raise ValueError(
                        f"{table}: row {row}, which ends in line {reader.line_num}, "
                        f"does not have the {len(found)} cells of the first line. "
                        "Quote texts with commas or line breaks."
                    )
                for name in names:
                    columns[name].append(cells[name])
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(
            f"{table} is truncated or corrupted ({error}). Replace it by a good copy."
        ) from error
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{table} is not UTF-8 behind row {row} ({error}). Save it as UTF-8."
        ) from error
    except csv.Error as error:
        raise ValueError(
            f"{table} is no CSV behind row {row} ({error}). Save the table anew."
        ) from error
    if not columns[names[0]]:
        raise ValueError(f"{table} has a first line only. Add a row for each product.")
    return columns


def _leads_out(name: str) -> bool:
    """Say whether a path may be anything but one downwards, on any system."""
    path = PureWindowsPath(name)  # which knows both slashes, and drives
    return bool(path.anchor) or ".." in path.parts or "\0" in name


def _locate(name: str, base: Path, where: str) -> str | None:
    """Return the path of an image, None if there is no such file."""
    if _leads_out(name):
        raise ValueError(
            f"{where} names the image {name!r}, which leads out of the folder of "
            "images. Name it by its path from there, with slashes and without '..'."
        )
    # Archives are packed with and without the folder.
    candidates = (base / _IMAGES / name, base / name)
    return next((str(path) for path in candidates if path.is_file()), None)


def _image_folder(home: Path, cache: str | os.PathLike[str] | None) -> Path:
    """Return the folder in which the images lie, extracting the archive if needed."""
    if (home / _IMAGES).is_dir():
        return home
    archive = home / _ARCHIVE
    if not archive.is_file():
        raise FileNotFoundError(
            f"{home} has neither a folder {_IMAGES} nor {_ARCHIVE}. Put the files that "
            "the column image names into one of them, or pass images=False."
        )
    if cache is None:
        import pooch

        cache = Path(pooch.os_cache("sklearn_nn"), "products")
    cache = Path(os.path.abspath(os.path.expanduser(cache)))
    by_hand = f"unpack the archive by hand into {home / _IMAGES}"
    try:
        with zipfile.ZipFile(archive) as opened:
            return _extracted(opened, cache / home.name, by_hand)
    except (zipfile.BadZipFile, EOFError, zlib.error, lzma.LZMAError) as error:
        raise ValueError(
            f"{archive} is truncated or corrupted ({error}). Replace it by a good copy."
        ) from error
    except (NotImplementedError, RuntimeError) as error:
        # A password, or a compression that Python does not know.
        raise ValueError(f"{archive} cannot be read: {error}; {by_hand}.") from error
    except OSError as error:
        raise OSError(
            f"{archive} could not be extracted into {cache}: {error}. Choose another "
            f"folder, writable and large enough, with image_cache, or {by_hand}."
        ) from error


def _extracted(archive: zipfile.ZipFile, stem: Path, by_hand: str) -> Path:
    """Return the folder that holds the files of an archive, and all of them."""
    from filelock import FileLock

    members = {info.filename: info for info in archive.infolist() if not info.is_dir()}
    _check_members(members, archive.filename, by_hand)
    # The checksums name the content: another archive gets another folder.
    content = sorted((i.filename, i.file_size, i.CRC) for i in members.values())
    digest = hashlib.sha256(repr(content).encode()).hexdigest()[:16]
    target = stem.with_name(f"{stem.name}-{digest}")
    if _is_whole(target, members):
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    # The lock stays behind: removing it could let two others in at once.
    with FileLock(f"{target}.lock"):
        if _is_whole(target, members):
            return target
        part = target.with_name(f"{target.name}.part")
        shutil.rmtree(part, ignore_errors=True)  # of a process that was killed
        try:
            part.mkdir()
            for name, info in members.items():
                path = part / name
                path.parent.mkdir(parents=True, exist_ok=True)
                # Copied, so that what an archive calls a link becomes a plain file.
                with archive.open(info) as source, open(path, "xb") as file:
                    shutil.copyfileobj(source, file)
            shutil.rmtree(target, ignore_errors=True)
            part.rename(target)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise
    return target


def _check_members(
    members: dict[str, zipfile.ZipInfo], archive: str | None, by_hand: str
) -> None:
    for name in members:
        if _leads_out(name):
            raise ValueError(
                f"{archive} was not extracted: it holds {name!r}, which leads out of "
                "the folder that it is extracted into. If you trust it, " + by_hand
            )
    n_bytes = sum(info.file_size for info in members.values())
    if n_bytes > _MAX_BYTES or len(members) > _MAX_FILES:
        raise ValueError(
            f"{archive} was not extracted: {n_bytes:,} bytes in {len(members):,} files "
            f"are more than {_MAX_BYTES:,} bytes or {_MAX_FILES:,} files. If this is "
            "right, " + by_hand
        )


def _is_whole(folder: Path, members: dict[str, zipfile.ZipInfo]) -> bool:
    try:
        sizes = [(folder / name).stat().st_size for name in members]
    except OSError:
        return False
    return folder.is_dir() and sizes == [i.file_size for i in members.values()]
