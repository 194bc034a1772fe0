"""Files that a matrix writes: none of them takes the place of another's."""

from collections.abc import Mapping
from pathlib import Path

# Stands in every page that `write_report` has written.
REPORT_MARK = b"Written by sklearn_nn."
# The first columns of every table that `write_csv` has written.
CSV_MARK = b"rank,scenario"
_HEAD = 1 << 16


def check_paths(written: Mapping[str, Path], read: Mapping[str, Path]) -> None:
    """Refuse to write a file over one that is read, or over another one written.

    Parameters
    ----------
    written, read : dict of str -> Path
        The files, by what they are: "the report".

    Raises
    ------
    FileExistsError
        If two are the same file, links included.
    IsADirectoryError
        If a file to be written is a folder.
    """
    known = dict(read)
    for what, path in written.items():
        if path.is_dir():
            raise IsADirectoryError(f"{path} is a folder: name a file for {what}.")
        for other, place in known.items():
            if _is_same(path, place):
                raise FileExistsError(
                    f"{path} is {other}: name another file for {what}."
                )
        known[what] = path


def _is_same(one: Path, other: Path) -> bool:
    if one.exists() and other.exists():
        return one.samefile(other)
    return one.resolve() == other.resolve()


def check_replaceable(path: Path, mark: bytes, what: str) -> None:
    """Refuse to replace a file that we have not written.

    Parameters
    ----------
    path : Path
        What is to be written.
    mark : bytes
        What stands near the beginning of every such file of ours.
    what : str
        What it is: "the report".

    Raises
    ------
    FileExistsError
        If there is such a file, and it is none of ours.
    FileNotFoundError
        If there is no folder to hold it.
    IsADirectoryError
        If it is a folder itself.
    """
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder: name a file for {what}.")
    if not path.exists():
        if not path.parent.is_dir():
            raise FileNotFoundError(f"{path}: there is no folder {path.parent}.")
        return
    with path.open("rb") as file:
        if mark not in file.read(_HEAD):
            raise FileExistsError(
                f"{path} is there already, and was not written as {what}: it is not "
                "replaced. Move it away, or name another file."
            )
