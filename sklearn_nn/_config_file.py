"""A configuration file, read and looked through down to its tables."""

import tomllib
from collections.abc import Collection
from os import PathLike
from pathlib import Path
from typing import Any

from sklearn_nn._config import ALLOWED_PACKAGES, ConfigError, Place, check_keys


def read_tables(
    path: Path,
    known: Collection[str],
    *,
    needed: Collection[str],
    optional: Collection[str],
    allow: Collection[str],
) -> tuple[dict[str, Any], Place]:
    """Read a TOML file of known tables.

    Parameters
    ----------
    path : Path
        The file.
    known : collection of str
        The keys there are.
    needed, optional : collection of str
        The tables that must be there, and those that are empty if they are not.
    allow : collection of str
        Further packages whose classes the file may name.

    Returns
    -------
    tables : dict
        Its content.
    place : Place
        The file, for errors.

    Raises
    ------
    ConfigError
        If there is no such file, it is no TOML, or a key is unknown or missing.
    """
    tables = read_toml(path)
    place = Place(path.name, allowed=(*ALLOWED_PACKAGES, *allow))
    check_keys(tables, known, place)
    for name in needed:
        if name not in tables:
            raise place.error(f"there is no table [{name}].")
    for name in optional:
        tables.setdefault(name, {})
    return tables, place


def read_toml(path: str | PathLike) -> dict[str, Any]:
    """Read a TOML file.

    Parameters
    ----------
    path : str or path-like
        The file.

    Returns
    -------
    tables : dict
        Its content.

    Raises
    ------
    ConfigError
        If there is no such file, or it is no TOML.
    """
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{path} is not UTF-8 (byte {error.start}). Save it as UTF-8."
        ) from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(f"{path} is no TOML: {error}.") from None
