"""Texts of many languages brought into one."""

import os
import re
import warnings
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import numpy as np
from sklearn.utils import Bunch
from sklearn.utils._param_validation import HasMethods, StrOptions

from .._declaration import (
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    Verbosity,
    estimator,
)
from .._texts import check_texts
from ._base import TextTransformer
from ._codes import UNKNOWN
from ._language import detect_language
from ._translation.backends import Backend, main_code, make_backend
from ._translation.cache import TranslationCache
from ._translation.chunks import Key, Piece, cut, has_letter
from ._translation.engine import Engine

_CODE = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,4})?")


class TranslationWarning(UserWarning):
    """Some texts could not be translated and were kept as they are.

    Parameters
    ----------
    message : str
        How many, the first of them, and why.
    failures : dict of int to str, default=None
        The rows kept in their own language, and the reason for each.

    Attributes
    ----------
    failures : dict of int to str
        As given; empty without.

    Examples
    --------
    >>> import warnings
    >>> from sklearn_nn.preprocessing import TranslationWarning, Translator
    >>> def translate(texts):
    ...     phrases = {"a folding chair": "une chaise pliante"}
    ...     return [phrases[text] for text in texts]
    >>> step = Translator(source="en", target="fr", backend=translate, retries=0)
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always", TranslationWarning)
    ...     step.fit_transform(["a folding chair", "a low table"])
    array(['une chaise pliante', 'a low table'], dtype=object)
    >>> caught[0].message.failures
    {1: "KeyError: 'a low table'"}
    """

    def __init__(self, message: str, failures: dict[int, str] | None = None) -> None:
        super().__init__(message)
        self.failures = failures or {}


@estimator
class Translator(TextTransformer):
    """Translate every text that is not yet in the language wanted.

    Texts go to a service in requests below its limits; a text that is longer is cut
    at the end of a line or a sentence and put together again, its blanks untouched.
    Requests that may succeed later are repeated, after the wait that the service asks
    for or else after longer and longer ones. With a `cache`, what was translated once
    is never asked for again: not by a run that continues after it was killed, nor in
    another fold, scenario, thread or process, even at the same time.

    A row that fails is kept in its own language, and all of it: never a half of it,
    and never the translation of its neighbour. Rows that failed are counted in one
    :class:`TranslationWarning` at the end, whose ``failures`` tells the reason row by
    row; :meth:`translate` returns them. Transforming sets no attribute, since a
    pipeline may be used by several threads. Failures are not cached, the next call
    tries again. Within a call, a service that refuses the key, fails to answer three
    requests in a row or refuses ten texts in a row is not asked any more.

    Parameters
    ----------
    target : str, default="fr"
        The language wanted, an ISO 639-1 code.
    source : str, default="auto"
        The language of the texts, a code; or "auto", in which case LibreTranslate is
        told what `detector` finds for each row and other services find out themselves.
    backend : {"libre", "google"}, callable or object, default="libre"
        Who translates:

        - "libre": a LibreTranslate service at `base_url`;
        - "google": the page of Google Translate as read by the package deep-translator,
          one text a request. It is no official interface and may block callers who ask
          much; blanks within a text may change;
        - a function from a list of str to a list of str as long, or an object with
          such a method ``translate_batch``. It is called with texts of `max_chars`
          characters in all, knows its own languages, should raise an OSError, such as
          ConnectionError or TimeoutError, when trying again may help, and must bear
          several threads if `n_jobs` says so; :func:`sklearn.base.clone` copies an
          object. The other classes of deep-translator fit too, but have no timeout
          and may hang.
    base_url : str, default=None
        The address of the service, http or https; LibreTranslate needs one. Use https
        for all but your own machine or network: texts and key travel in the request.
    api_key_env : str, default=None
        The name of the environment variable that holds the key of the service. The key
        itself is no parameter, so that it is in no repr, pickle, log or cache; workers
        on other machines need the variable too.
    detector : {"fasttext", "langid", "langdetect"} or None, default="fasttext"
        Who decides that a row is in the target language already and need not be sent,
        see :func:`detect_language`. With ``None`` all rows with a letter are sent, and
        LibreTranslate gets them one by one unless `source` is given: in a list, it
        judges the language of short texts by their neighbours.
    cache : str or path-like, default=None
        A SQLite file that keeps the translations, on a local disk; made if missing.
        It holds the translations and the SHA-256 of the texts. They are told apart by
        service and languages; a backend of your own is known by the name of its
        function or class, or by its attribute ``service`` (a str), which should name
        the model and its version. ``None`` keeps nothing after the call.
    max_chars : int, default=None
        The most characters in a request. ``None`` means 2000 for "libre", the limit of
        the public service, 1500 for "google" and 10,000 for others.
    max_rows : int, default=None
        The most texts in a request. ``None`` means 25 for "libre" and 100 for a
        backend of your own; "google" always takes one.
    retries : int, default=4
        How often a request is repeated after no answer, a wrong one, or HTTP 408, 425,
        429 and 5xx; other errors are final.
    backoff : float, default=1.0
        Seconds before the first repetition, doubled each time, less up to a half at
        random. A ``Retry-After`` of the service has precedence.
    max_wait : float, default=120.0
        The longest wait in seconds; a service that asks for more is given up.
    timeout : float, default=60.0
        Seconds to wait for a connection, for the beginning of an answer and for the
        rest of it. A backend of your own sets its own.
    batch_size : int, default=1000
        Rows treated at a time.
    n_jobs : int, default=None
        Number of requests under way at the same time, in threads; ``None`` means one,
        unless inside a :class:`joblib.parallel_config` block.
    verbose : int, default=0
        With 1, a progress bar on the standard error stream.

    See Also
    --------
    LanguageDetector : Tell the languages without changing the texts.

    Examples
    --------
    >>> from sklearn_nn.preprocessing import Translator
    >>> def translate(texts):
    ...     phrases = {"a folding chair": "une chaise pliante"}
    ...     return [phrases[text] for text in texts]
    >>> texts = ["a folding chair", "une table basse pour le salon", "42"]
    >>> Translator(target="fr", backend=translate).fit_transform(texts)
    array(['une chaise pliante', 'une table basse pour le salon', '42'],
          dtype=object)
    """

    target: str = "fr"
    source: str = "auto"
    backend: Annotated[
        Any, StrOptions({"libre", "google"}), callable, HasMethods("translate_batch")
    ] = "libre"
    base_url: str | None = None
    api_key_env: str | None = None
    detector: Literal["fasttext", "langid", "langdetect"] | None = "fasttext"
    cache: str | os.PathLike | None = None
    max_chars: PositiveInt | None = None
    max_rows: PositiveInt | None = None
    retries: NonNegativeInt = 4
    backoff: NonNegativeFloat = 1.0
    max_wait: NonNegativeFloat = 120.0
    timeout: PositiveFloat = 60.0
    verbose: Verbosity = 0

    def transform(self, X: Any) -> np.ndarray:
        """Translate every text.

        Parameters
        ----------
        X : array-like of str of shape (n_samples,)
            The texts.

        Returns
        -------
        texts : ndarray of shape (n_samples,), dtype object
            One ``str`` for each row, in the same order.

        Raises
        ------
        ImportError
            If a package of the extra "text" is missing.
        RuntimeError
            If the cache is damaged, locked by another program or cannot be written.
        ValueError
            If a parameter, the environment variable or the cache is of no use.

        Warns
        -----
        TranslationWarning
            If rows were kept in their own language.
        """
        result = self.translate(X)
        if failures := result.failures:
            row, reason = next(iter(failures.items()))
            message = (
                f"{len(failures)} of {len(result.texts)} texts could not be translated "
                f"and are kept as they are; the first is row {row} ({reason}). "
                "Transform again to try these once more."
            )
            warnings.warn(TranslationWarning(message, failures), stacklevel=2)
        return result.texts

    def translate(self, X: Any) -> Bunch:
        """Translate every text and account for what failed; gives no warning.

        Parameters
        ----------
        X : array-like of str of shape (n_samples,)
            The texts.

        Returns
        -------
        result : :class:`~sklearn.utils.Bunch`
            A dictionary with attributes:

            texts : ndarray of shape (n_samples,), dtype object
                What :meth:`transform` returns.
            failures : dict of int to str
                The rows kept in their own language, and why.
            n_requests : int
                How many requests were sent, repeated ones included.

        Raises
        ------
        ImportError, RuntimeError, ValueError
            As in :meth:`transform`.
        """
        texts = check_texts(X, caller=type(self).__name__)
        self._validate_params()
        backend = self._make_backend()
        treated = np.empty(len(texts), dtype=object)
        failures: dict[int, str] = {}
        with self._open_cache(backend) as cache, self._progress(len(texts)) as bar:
            engine = Engine(
                backend,
                cache,
                source=self.source,
                max_chars=self.max_chars or backend.max_chars,
                max_rows=1
                if backend.max_rows == 1
                else self.max_rows or backend.max_rows,
                retries=self.retries,
                backoff=self.backoff,
                max_wait=self.max_wait,
                n_jobs=self.n_jobs,
                progress=lambda: bar.set_postfix(
                    requests=engine.n_requests, failed=len(engine.failures)
                ),
            )
            for start in range(0, len(texts), self.batch_size):
                batch = texts[start : start + self.batch_size]
                treated[start : start + len(batch)], failed = self._treat(batch, engine)
                failures |= {start + row: reason for row, reason in failed.items()}
                bar.update(len(batch))
        return Bunch(texts=treated, failures=failures, n_requests=engine.n_requests)

    def _check_resources(self) -> None:
        if self.detector is not None:
            detect_language(["a"], algorithm=self.detector)
        with self._open_cache(self._make_backend()):
            pass

    def _transform_texts(self, texts: list[str]) -> Sequence[str]:
        return self.translate(texts).texts

    def _treat(
        self, texts: list[str], engine: Engine
    ) -> tuple[list[str], dict[int, str]]:
        """Return a batch translated, and the reasons of the rows that are not."""
        pieces = self._cut(texts, engine)
        wanted = (
            Key(source, piece.text)
            for source, row in pieces.values()
            for piece in row
            if piece.text
        )
        translations = engine.translate(wanted)
        treated, failed = list(texts), {}
        for number, (source, row) in pieces.items():
            keys = [Key(source, piece.text) for piece in row]
            lost = [key for key in keys if key.text and key not in translations]
            if lost:
                failed[number] = engine.failures[lost[0]]
                continue
            treated[number] = "".join(
                piece.before + translations.get(key, "") + piece.after
                for piece, key in zip(row, keys, strict=True)
            )
        return treated, failed

    def _cut(
        self, texts: list[str], engine: Engine
    ) -> dict[int, tuple[str, list[Piece]]]:
        """Cut what has to be translated; by row, with the language to name."""
        languages = np.full(len(texts), UNKNOWN)
        if self.detector is not None:
            languages = detect_language(texts, algorithm=self.detector)
        pieces = {}
        for row, (text, language) in enumerate(zip(texts, languages, strict=True)):
            if not has_letter(text) or language == main_code(self.target):
                continue
            guessed = self.source == "auto" and engine.by_language
            source = str(language) if guessed and language != UNKNOWN else self.source
            pieces[row] = source, cut(text, engine.max_chars)
        return pieces

    def _make_backend(self) -> Backend:
        for name, code in (("target", self.target), ("source", self.source)):
            if not _CODE.fullmatch(code) and (name, code) != ("source", "auto"):
                raise ValueError(
                    f"{name}={code!r} is no language code; pass one such as 'fr'."
                )
        if main_code(self.source) == main_code(self.target):
            raise ValueError(
                f"source={self.source!r} and target={self.target!r} are one language; "
                "there is nothing to translate."
            )
        api_key = None
        if self.api_key_env is not None and not (
            api_key := os.environ.get(self.api_key_env)
        ):
            raise ValueError(
                f"The environment variable {self.api_key_env!r} named by api_key_env "
                "is not set; put the key of the service into it."
            )
        return make_backend(
            self.backend,
            base_url=self.base_url,
            api_key=api_key,
            source=self.source,
            target=self.target,
            timeout=self.timeout,
        )

    def _open_cache(self, backend: Backend) -> TranslationCache:
        if self.cache is not None and backend.service is None:
            raise ValueError(
                f"backend={self.backend!r} has no name that tells its translations in "
                "the cache from others': write it as a function of a module, or give "
                "it an attribute service, a str that names it."
            )
        return TranslationCache(self.cache, backend.service or "", self.target)

    def _progress(self, n_texts: int) -> Any:
        from tqdm import tqdm

        return tqdm(
            total=n_texts,
            desc=type(self).__name__,
            unit="text",
            disable=not self.verbose,
        )
