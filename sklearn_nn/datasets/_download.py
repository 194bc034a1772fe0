"""Downloads that survive a cut connection: the downloader given to pooch."""

import http.client
import os
import re
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

_BLOCK = 1 << 16
_TRANSIENT_STATUS = {408, 425, 429, 500, 502, 503, 504}


class ResumableDownloader:
    """Download over HTTP into ``<target>.part``, going on where the last try stopped.

    Follows the protocol of pooch's downloaders: called with the address and the
    name of a temporary file, it leaves a complete and checked file there, which
    pooch then renames. Whatever goes wrong, the bytes received so far stay in the
    ``.part`` file, unless they were all received and proved to be wrong.

    Parameters
    ----------
    target : Path
        The final name of the file; ``<target>.part`` lies next to it.

    check : callable
        Called with the path of a complete download; raises ValueError when its
        content is not the one expected.

    n_retries : int, default=3
        How many times to try again after a cut connection or an answer that may
        be temporary (HTTP 408, 425, 429 and most 5xx).

    delay : float, default=1.0
        Seconds to wait before the first retry, doubled at each further one.

    timeout : float, default=30.0
        Seconds without any data after which a connection counts as cut.
    """

    def __init__(
        self,
        target: Path,
        check: Callable[[Path], None],
        *,
        n_retries: int = 3,
        delay: float = 1.0,
        timeout: float = 30.0,
    ) -> None:
        self.target = target
        self.check = check
        self.n_retries = n_retries
        self.delay = delay
        self.timeout = timeout

    @property
    def part(self) -> Path:
        """Where the bytes received so far are kept."""
        return self.target.with_name(self.target.name + ".part")

    def __call__(self, url: str, output_file: Any, pooch: Any = None) -> None:
        """Download `url`; `output_file` appears there only complete and checked."""
        output = Path(os.fspath(output_file))
        n_received = 0
        for attempt in range(self.n_retries + 1):
            resumed = self._size() > 0
            try:
                self._receive(url)
                os.replace(self.part, output)
                try:
                    self.check(output)
                    return
                except ValueError:
                    output.unlink()
                    # A stale `.part` file spoils a good download: begin again.
                    if not resumed or attempt == self.n_retries:
                        raise
            except (OSError, http.client.HTTPException) as error:
                if attempt == self.n_retries or not _is_transient(error):
                    raise
                # Progress means that waiting longer each time is not needed.
                n_received, n_before = self._size(), n_received
                wait = self.delay * (1 if n_received > n_before else 2**attempt)
                time.sleep(wait)

    def _size(self) -> int:
        return self.part.stat().st_size if self.part.is_file() else 0

    def _receive(self, url: str) -> None:
        """Append to the ``.part`` file until it is as long as the server says."""
        offset = self._size()
        request = urllib.request.Request(url, headers={"Accept-Encoding": "identity"})
        if offset:
            request.add_header("Range", f"bytes={offset}-")
        try:
            response = urllib.request.urlopen(request, timeout=self.timeout)
        except urllib.error.HTTPError as error:
            error.close()
            if error.code != http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                raise
            if _range_total(error.headers) == offset:
                return  # nothing is missing: the last try stopped before the check
            self.part.unlink(missing_ok=True)
            raise ConnectionError(f"the server refused to resume {url}") from error
        with response:
            if offset and _range_start(response.headers) != offset:
                offset = 0  # the server sends the whole file again
            self._append(response, offset)

    def _append(self, response: Any, offset: int) -> None:
        from tqdm import tqdm

        length = response.headers.get("Content-Length")
        total = None if length is None else offset + int(length)
        with (
            open(self.part, "ab" if offset else "wb") as file,
            tqdm(
                total=total,
                initial=offset,
                desc=self.target.name,
                unit="B",
                unit_scale=True,
                unit_divisor=1024,
            ) as bar,
        ):
            while block := response.read(_BLOCK):
                file.write(block)
                bar.update(len(block))
        if total is not None and self._size() < total:
            raise ConnectionError(
                f"the connection was cut after {self._size()} of {total} bytes"
            )


def _is_transient(error: Exception) -> bool:
    if isinstance(error, urllib.error.HTTPError):
        return error.code in _TRANSIENT_STATUS
    if isinstance(getattr(error, "reason", None), socket.gaierror):
        return False  # no network: say so at once
    return isinstance(
        error,
        (
            ConnectionError,
            TimeoutError,
            urllib.error.URLError,
            http.client.HTTPException,
        ),
    )


def _range_start(headers: Any) -> int | None:
    """Where the part sent begins, None when the whole file is sent."""
    found = re.match(r"bytes (\d+)-", headers.get("Content-Range") or "")
    return int(found[1]) if found else None


def _range_total(headers: Any) -> int | None:
    """Length of the whole file, as told with the answer 416."""
    found = re.match(r"bytes \*/(\d+)", headers.get("Content-Range") or "")
    return int(found[1]) if found else None
