"""The loop: look up, claim, ask, try again, store."""

import random
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from joblib import Parallel, delayed

from .backends import Backend, check_answers, require
from .cache import TranslationCache
from .chunks import Key, group
from .errors import HOPELESS, REFUSED, UNAVAILABLE, TranslationError

# After that many requests in a row that failed for good, the rest is not asked.
_PATIENCE = {REFUSED: 10, UNAVAILABLE: 3, HOPELESS: 1}
_POLL = 0.1


class Engine:
    """Translate texts through one service, within one call of ``transform``.

    Parameters
    ----------
    backend : Backend
        The service.
    cache : TranslationCache
        An open cache.
    source : str
        The language to name when a text is asked for alone, a code or "auto".
    max_chars, max_rows : int
        The limits of one request.
    retries : int
        How often a request is repeated.
    backoff, max_wait : float
        Seconds before the first repetition, doubled at each further one; and the
        longest wait.
    n_jobs : int or None
        The number of requests under way at once.
    progress : callable
        Called after every request.

    Attributes
    ----------
    failures : dict of Key to str
        Why texts were not translated.
    n_requests : int
        How many requests were sent, repeated ones included.
    """

    def __init__(
        self,
        backend: Backend,
        cache: TranslationCache,
        *,
        source: str,
        max_chars: int,
        max_rows: int,
        retries: int,
        backoff: float,
        max_wait: float,
        n_jobs: int | None,
        progress: Callable[[], None],
    ) -> None:
        self.failures: dict[Key, str] = {}
        self.n_requests = 0
        self.max_chars = max_chars
        self.by_language = backend.by_language
        self._tenacity = require("tenacity")
        self._backend = backend
        self._source = source
        self._cache = cache
        self._max_rows = max_rows
        self._retries = retries
        self._backoff = backoff
        self._max_wait = max_wait
        self._n_jobs = n_jobs
        self._progress = progress
        # Of our own: the global generator stays as it is.
        self._random = random.Random()
        self._lock = threading.Lock()
        self._interrupted = threading.Event()
        self._in_a_row: dict[str, int] = dict.fromkeys(_PATIENCE, 0)
        self._given_up: str | None = None

    def translate(self, keys: Iterable[Key]) -> dict[Key, str]:
        """Translate texts, each once; those that fail are missing in the result."""
        wanted = list(dict.fromkeys(keys))
        known = self._cache.get(wanted)
        # In a list, LibreTranslate judges the language of a text by its neighbours.
        alone = "auto" if self.by_language else None
        while missing := self._missing(wanted, known):
            chunks = group(missing, self.max_chars, self._max_rows, alone)
            try:
                for found in Parallel(n_jobs=self._n_jobs, require="sharedmem")(
                    delayed(self._translate_chunk)(chunk) for chunk in chunks
                ):
                    known |= found
            except BaseException:
                self._interrupted.set()
                raise
            if self._missing(wanted, known) == missing:
                # All that is left is being asked for by others: wait for them.
                time.sleep(_POLL)
        return known

    def _missing(self, wanted: list[Key], known: dict[Key, str]) -> list[Key]:
        return [key for key in wanted if key not in known and key not in self.failures]

    def _translate_chunk(self, chunk: list[Key]) -> dict[Key, str]:
        known, claimed = self._cache.claim(chunk)
        if claimed:
            try:
                known |= self._ask_all(claimed)
            finally:
                self._cache.release([key for key in claimed if key not in known])
            self._progress()
        return known

    def _ask_all(self, keys: list[Key]) -> dict[Key, str]:
        """Ask for texts of one language together or, if refused, one by one."""
        source = keys[0].source
        try:
            return self._ask(keys, source)
        except TranslationError as error:
            # One text may have spoilt it, or the language was mistaken.
            other_way = len(keys) > 1 or source != self._source
            if error.kind != REFUSED or not other_way:
                self._record(keys, error)
                return {}
        found: dict[Key, str] = {}
        for key in keys:
            try:
                found |= self._ask([key], self._source)
            except TranslationError as error:
                self._record([key], error)
        return found

    def _ask(self, keys: list[Key], source: str) -> dict[Key, str]:
        """Send one request, again if that may help, and store what comes back."""
        texts = [key.text for key in keys]
        retrying = self._tenacity.Retrying(
            retry=self._tenacity.retry_if_exception(self._may_pass),
            stop=self._tenacity.stop_after_attempt(self._retries + 1)
            | self._tenacity.stop_when_event_set(self._interrupted),
            wait=self._wait,
            sleep=self._tenacity.sleep_using_event(self._interrupted),
            reraise=True,
        )
        found = dict(zip(keys, retrying(self._send, texts, source), strict=True))
        self._cache.put(found)
        with self._lock:
            self._in_a_row = dict.fromkeys(_PATIENCE, 0)
        return found

    def _send(self, texts: list[str], source: str) -> list[str]:
        if self._given_up is not None:
            raise TranslationError(f"not asked after: {self._given_up}", HOPELESS)
        with self._lock:
            self.n_requests += 1
        return check_answers(self._backend.translate(texts, source), len(texts))

    def _may_pass(self, error: BaseException) -> bool:
        return (
            isinstance(error, TranslationError)
            and error.transient
            and not self._asks_too_long(error)
        )

    def _asks_too_long(self, error: TranslationError) -> bool:
        return (error.retry_after or 0.0) > self._max_wait

    def _wait(self, state: Any) -> float:
        """Seconds to wait, spread at random so that workers do not return at once."""
        retry_after = state.outcome.exception().retry_after
        if retry_after is not None:
            return retry_after + self._backoff * self._random.random()
        longest = min(self._backoff * 2.0 ** (state.attempt_number - 1), self._max_wait)
        return longest * self._random.uniform(0.5, 1.0)

    def _record(self, keys: list[Key], error: TranslationError) -> None:
        with self._lock:
            self.failures |= dict.fromkeys(keys, str(error))
            if self._given_up is not None:
                return
            self._in_a_row[error.kind] += 1
            too_many = self._in_a_row[error.kind] >= _PATIENCE[error.kind]
            if too_many or self._asks_too_long(error):
                self._given_up = str(error)
