"""One request over HTTP, with a deadline and errors that say whether to try again."""

import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

from .errors import HOPELESS, REFUSED, UNAVAILABLE, TranslationError

_BLOCK = 1 << 16
_LARGEST_ANSWER = 1 << 26
_BUSY = {408, 425, 429, 502, 503, 504}
_HOPELESS = {401, 403, 404, 405}


class Answer(NamedTuple):
    """A complete answer with a status of success."""

    status_code: int
    body: bytes
    encoding: str

    @property
    def text(self) -> str:
        """The body as a text."""
        try:
            return self.body.decode(self.encoding, "replace")
        except LookupError:
            return self.body.decode("utf-8", "replace")

    def close(self) -> None:
        """Do nothing: the connection is closed already."""


def ask(
    method: str,
    url: str,
    *,
    timeout: float,
    secret: str | None = None,
    **arguments: Any,
) -> Answer:
    """Send one request and read the whole answer.

    Parameters
    ----------
    method : {"GET", "POST"}
        The method.
    url : str
        The address.
    timeout : float
        Seconds for the connection, and for the answer from its first to its last
        byte: the timeout of requests alone starts anew at every byte.
    secret : str, default=None
        What must not show in an error, should the service repeat it.
    **arguments
        Passed on to :func:`requests.request`.

    Returns
    -------
    answer : Answer
        What the service sent.

    Raises
    ------
    TranslationError
        If there is no complete answer, or its status is none of success.
    """
    import requests
    import urllib3

    try:
        # A redirect would carry texts and key to an address that nobody chose.
        with requests.request(
            method,
            url,
            timeout=timeout,
            stream=True,
            allow_redirects=False,
            **arguments,
        ) as response:
            body = _read(response.raw, timeout)
    except requests.exceptions.SSLError as error:
        raise TranslationError(f"no safe connection: {error}", HOPELESS) from None
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
        # The outer message of requests shows the address, which may hold the text.
        cause = error.args[0] if error.args else error
        reason = f"no complete answer: {getattr(cause, 'reason', cause)}"
        raise TranslationError(reason, UNAVAILABLE, transient=True) from None
    answer = Answer(response.status_code, body, response.encoding or "utf-8")
    if not 200 <= answer.status_code < 300:
        message = answer.text.replace(secret, "***") if secret else answer.text
        raise _error(answer.status_code, message, response.headers)
    return answer


def _read(stream: Any, timeout: float) -> bytes:
    deadline = time.monotonic() + timeout
    body = bytearray()
    while block := stream.read1(_BLOCK, decode_content=True):
        body += block
        if time.monotonic() > deadline:
            raise TimeoutError(f"the answer took more than {timeout:g} s")
        if len(body) > _LARGEST_ANSWER:
            raise OSError(f"the answer has more than {_LARGEST_ANSWER} bytes")
    return bytes(body)


def _error(code: int, message: str, headers: Any) -> TranslationError:
    reason = f"HTTP {code}: {message}"
    if 300 <= code < 400:
        place = headers.get("Location", "").split("?")[0]
        reason = (
            f"HTTP {code}: redirected to {place[:100]}; give the final address of the "
            "service as base_url"
        )
        return TranslationError(reason, HOPELESS)
    if code in _BUSY:
        wait = _seconds(headers.get("Retry-After"))
        return TranslationError(reason, UNAVAILABLE, transient=True, retry_after=wait)
    if code in _HOPELESS:
        return TranslationError(reason, HOPELESS)
    return TranslationError(reason, REFUSED, transient=code >= 500)


def _seconds(retry_after: str | None) -> float | None:
    """Read a Retry-After header: a number of seconds, or a date."""
    if retry_after is None:
        return None
    if retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        date = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    return max(0.0, (date - datetime.now(UTC)).total_seconds())
