"""One file for the state of a training: written in one step, read without pickle."""

import contextlib
import hashlib
import io
import os
import re
from pathlib import Path
from typing import Any

import torch

FORMAT = "sklearn_nn checkpoint 1"


class CheckpointError(ValueError):
    """A checkpoint cannot be written or read, or belongs to another training.

    Examples
    --------
    >>> import os, tempfile
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_nn.callbacks import Checkpoint, CheckpointError
    >>> from sklearn_nn.neural_network import MLPClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     checkpoint = Checkpoint(os.path.join(folder, "iris.ckpt"))
    ...     model = MLPClassifier(callbacks=[checkpoint], max_epochs=2, random_state=0)
    ...     model = model.fit(X, y).set_params(lr=0.01)
    ...     try:
    ...         model.fit(X, y)
    ...     except CheckpointError as error:
    ...         print(error)
    The checkpoint ...iris.ckpt belongs to another fit. What differs: lr (0.001 there,
    0.01 here). Go back to what it was made with to resume; ...
    """


class CheckpointFile:
    """A checkpoint on the disk that one training at a time writes to.

    Parameters
    ----------
    path : path-like
        Where it lies.
    """

    def __init__(self, path: str | os.PathLike):
        self.path = Path(path)
        # Where a link leads, lest it be replaced; a callback may leave the folder.
        self.place = Path(os.path.realpath(path))
        self.seen = self._stamp()

    def read(self) -> dict[str, Any] | None:
        """Return the state that was written last; None when there is no file."""
        try:
            content = self.place.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise CheckpointError(
                f"The checkpoint {self.path} cannot be read: {error}. Give a file name "
                "in a folder that you may write to."
            ) from error
        try:
            outside = _load(content)
            if outside["format"] != FORMAT:
                raise ValueError(f"its format is {outside['format']!r}")
            inside = outside["state"].numpy().tobytes()
            if hashlib.sha256(inside).hexdigest() != outside["sha256"]:
                raise ValueError("its content does not match its hash")
            return _load(inside)
        # torch tells a damaged file by errors of many kinds.
        except Exception as error:
            reason = str(error).partition("\n")[0] or type(error).__name__
            raise CheckpointError(
                f"{self.path} is damaged, or is no checkpoint of this package "
                f"({reason}). Move it away to train from the "
                "start, or name another file."
            ) from error

    def write(self, state: dict[str, Any]) -> None:
        """Replace the file in one step, unless another training has done so."""
        inside = _dump(state)
        outside = _dump(
            {
                "format": FORMAT,
                "sha256": hashlib.sha256(inside).hexdigest(),
                "state": torch.frombuffer(bytearray(inside), dtype=torch.uint8),
            }
        )
        # The number of the process keeps two trainings from writing to one part.
        part = self.place.with_name(f"{self.place.name}.{os.getpid()}.part")
        try:
            with open(part, "wb") as file:
                file.write(outside)
                file.flush()
                os.fsync(file.fileno())
            if self._stamp() not in (self.seen, None):
                raise CheckpointError(
                    f"Another training has written to the checkpoint {self.path} since "
                    "this one began. Give each its own path; in a search, leave "
                    "Checkpoint out: all candidates would share one."
                )
            os.replace(part, self.place)
            self.seen = self._stamp()
            _sync_folder(self.place.parent)
        except OSError as error:
            raise CheckpointError(
                f"The checkpoint {self.path} cannot be written: {error}. Give a file "
                "name in a folder that exists, that you may write to, and that has "
                "space left."
            ) from error
        finally:
            with contextlib.suppress(OSError):
                part.unlink()

    def clear_up(self) -> None:
        """Remove the parts that kills have left behind."""
        part = re.compile(rf"{re.escape(self.place.name)}\.\d+\.part")
        with contextlib.suppress(OSError):
            for found in self.place.parent.iterdir():
                if part.fullmatch(found.name):
                    found.unlink()

    def _stamp(self) -> tuple[int, int, int] | None:
        """Tell one writing of the file from another."""
        try:
            found = os.stat(self.place)
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size


def _load(content: bytes) -> Any:
    return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)


def _dump(state: Any) -> bytes:
    buffer = io.BytesIO()
    torch.save(state, buffer)
    return buffer.getvalue()


def _sync_folder(folder: Path) -> None:
    """Make a new name in the folder outlast a power cut, where that can be asked."""
    if os.name != "posix":
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
