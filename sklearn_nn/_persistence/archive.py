"""The file of a saved model: a zip of known members, none of them compressed.

Nothing is unpacked to a disk, and what is read is no larger than the file.
"""

import hashlib
import io
import json
import os
import re
import secrets
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sklearn_nn._persistence.errors import PersistenceError

FORMAT, FORMAT_VERSION = "sklearn_nn model", 1
MANIFEST = "manifest.json"
_KNOWN = re.compile(r"estimator\.skops|(collections|nets)\.json|net-\d+\.safetensors")
# Sparse matrices are stored compressed; numbers do not shrink more than this.
_MOST_SHRUNK, _ALWAYS_FINE = 200, 1 << 20


def write_archive(
    path: Path, about: Mapping[str, Any], members: Mapping[str, bytes]
) -> None:
    """Write a model's file, whole or not at all.

    Parameters
    ----------
    path : Path
        The file; another one of that name is replaced.
    about : dict
        What the manifest tells beside the members.
    members : dict of str -> bytes
        The content.
    """
    manifest = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        **about,
        "members": {name: _seal(content) for name, content in members.items()},
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(MANIFEST, json.dumps(manifest, indent=1))
        for name, content in members.items():
            archive.writestr(name, content)
    write_whole(path, buffer.getbuffer())


def write_whole(path: Path, content: bytes | memoryview) -> None:
    """Write a file so that nobody ever sees half of it; a link stays a link."""
    path = Path(os.path.realpath(path))
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with part.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def _seal(content: bytes) -> dict[str, Any]:
    return {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def read_archive(content: bytes) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Read a model's file.

    Parameters
    ----------
    content : bytes
        The file's.

    Returns
    -------
    manifest : dict
        What it tells of itself.
    members : dict of str -> bytes
        The content, as it was written.

    Raises
    ------
    PersistenceError
        If the file is no such archive, or was changed since.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            check_stored(archive, len(content))
            manifest = _read_manifest(archive)
            members = {name: archive.read(name) for name in manifest["members"]}
    except (zipfile.BadZipFile, EOFError) as error:
        raise PersistenceError(f"it is damaged, or no model: {error}") from error
    changed = [n for n, c in members.items() if _seal(c) != manifest["members"][n]]
    if changed:
        raise PersistenceError(f"{changed[0]} in it was changed after it was saved")
    return manifest, members


def _read_manifest(archive: zipfile.ZipFile) -> dict[str, Any]:
    names = archive.namelist()
    if MANIFEST not in names:
        raise PersistenceError(f"it has no {MANIFEST}")
    manifest = json.loads(archive.read(MANIFEST))
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise PersistenceError("it was not written by sklearn_nn.persistence.save")
    if manifest.get("format_version") != FORMAT_VERSION:
        raise PersistenceError(
            f"its format {manifest.get('format_version')!r} is not {FORMAT_VERSION}, "
            "the one that this version of sklearn_nn reads"
        )
    listed = [MANIFEST, *manifest["members"]]
    if sorted(names) != sorted(listed):
        odd = sorted(set(names) ^ set(listed)) or names
        raise PersistenceError(f"its members are not those of its list: {odd[0]!r}")
    foreign = [name for name in listed[1:] if not _KNOWN.fullmatch(name)]
    if foreign:
        raise PersistenceError(f"{foreign[0]!r} in it is no part of a model")
    return manifest


def check_stored(archive: zipfile.ZipFile, size: int) -> None:
    """Refuse a zip with members of one name, compressed ones or more than it holds."""
    infos = archive.infolist()
    if len({info.filename for info in infos}) < len(infos):
        raise PersistenceError("two parts in it have the same name")
    if any(info.compress_type != zipfile.ZIP_STORED for info in infos):
        raise PersistenceError("a part in it is compressed, which no part should be")
    if sum(info.file_size for info in infos) > size:
        raise PersistenceError("its parts are larger than the file")


def check_inner(content: bytes) -> None:
    """Check the archive of skops within, and the sparse matrices within that."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        check_stored(archive, len(content))
        for name in archive.namelist():
            if not re.fullmatch(r"schema\.json|[\w-]+\.(npy|npz|bin)", name):
                raise PersistenceError(f"{name!r} in it is no part of a model")
            if name.endswith(".npz"):
                _check_compressed(archive.read(name))


def _check_compressed(content: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as matrix:
        size = sum(info.file_size for info in matrix.infolist())
    if size > max(_ALWAYS_FINE, _MOST_SHRUNK * len(content)):
        raise PersistenceError(f"a matrix in it would grow to {size} bytes")
