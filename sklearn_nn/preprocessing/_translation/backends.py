"""Who translates: LibreTranslate, Google through deep-translator, or the user."""

import functools
import json
from collections.abc import Callable, Sequence
from importlib import import_module
from types import FunctionType, SimpleNamespace
from typing import Any, Protocol
from urllib.parse import urlsplit

from . import http
from .errors import REFUSED, UNAVAILABLE, TranslationError

# What Google calls some languages of ISO 639-1.
_GOOGLE_CODES = {"zh": "zh-CN", "he": "iw", "jv": "jw", "nb": "no", "nn": "no"}


class Backend(Protocol):
    """What the engine asks of a service.

    Attributes
    ----------
    service : str or None
        The name under which translations are cached.
    max_chars, max_rows : int
        The usual limits of one request.
    by_language : bool
        Whether the texts of a request should be of one language, and be said to be.
    """

    service: str | None
    max_chars: int
    max_rows: int
    by_language: bool

    def translate(self, texts: list[str], source: str) -> Any:
        """Translate texts; what comes back is checked by the caller.

        Raises
        ------
        TranslationError
            If the request fails.
        """


class LibreTranslate:
    """The LibreTranslate protocol, with many texts a request.

    deep-translator speaks it too, but with the key and the text in the address, where
    proxies and servers log them, one text a request and no timeout.
    """

    max_chars = 2000
    max_rows = 25
    by_language = True

    def __init__(
        self, base_url: str | None, target: str, api_key: str | None, timeout: float
    ) -> None:
        require("requests")
        if base_url is None:
            raise ValueError(
                "backend='libre' needs base_url, the address of a LibreTranslate "
                "service: base_url='http://localhost:5000' for one of your own, or a "
                "public one, mostly with api_key_env."
            )
        base_url = check_url(base_url).removesuffix("/translate")
        self.service: str | None = f"libretranslate {base_url}"
        self._url = f"{base_url}/translate"
        self._target = target
        self._api_key = api_key
        self._timeout = timeout

    def translate(self, texts: list[str], source: str) -> Any:
        """Send the texts as one list."""
        question = {
            "q": texts,
            "source": source,
            "target": self._target,
            "format": "text",
        }
        if self._api_key:
            question["api_key"] = self._api_key
        answer = http.ask(
            "POST",
            self._url,
            timeout=self._timeout,
            secret=self._api_key,
            json=question,
        )
        try:
            return json.loads(answer.body)["translatedText"]
        except (ValueError, KeyError, TypeError, RecursionError):
            reason = "the answer is no JSON object with translatedText"
            raise TranslationError(reason, REFUSED, transient=True) from None


class Google:
    """Google's page of translations as deep-translator reads it, a text a request."""

    # The text travels in the address: in Chinese, these are 14 kB of it.
    max_chars = 1500
    max_rows = 1
    by_language = False

    def __init__(
        self, base_url: str | None, source: str, target: str, timeout: float
    ) -> None:
        require("requests")
        self._class = _google_with_deadline(
            require("deep_translator.google"), self._get
        )
        self._exceptions = require("deep_translator.exceptions")
        self._base_url = None if base_url is None else check_url(base_url)
        self.service: str | None = f"google {self._base_url or ''}".strip()
        self._target = target
        self._timeout = timeout
        for name, code in (("source", source), ("target", target)):
            try:
                self._translator(source=code, target=code)
            except self._exceptions.LanguageNotSupportedException:
                raise ValueError(
                    f"{name}={code!r} is no language of backend='google'; see "
                    "deep_translator.GoogleTranslator().get_supported_languages"
                    "(as_dict=True)."
                ) from None

    def translate(self, texts: list[str], source: str) -> Any:
        """Ask for the single text of the list."""
        translator = self._translator(source=source, target=self._target)
        try:
            return [translator.translate(text) for text in texts]
        except self._exceptions.TranslationNotFound:
            reason = "the page holds no translation"
            raise TranslationError(reason, REFUSED, transient=True) from None
        except self._exceptions.NotValidLength as error:
            raise TranslationError(error.message, REFUSED) from None

    def _translator(self, source: str, target: str) -> Any:
        codes = {"source": source, "target": target}
        translator = self._class(
            **{name: _GOOGLE_CODES.get(code, code) for name, code in codes.items()}
        )
        if self._base_url is not None:
            translator._base_url = self._base_url
        return translator

    def _get(self, url: str, **arguments: Any) -> http.Answer:
        return http.ask("GET", url, timeout=self._timeout, **arguments)


def _google_with_deadline(module: Any, get: Callable) -> type:
    """Subclass GoogleTranslator so that its requests go through `get`.

    It calls ``requests.get`` without a timeout and hides the status. Its code is given
    another ``requests`` here, in this class alone: nothing global is patched.
    """
    original = module.GoogleTranslator.translate
    names = vars(module) | {"requests": SimpleNamespace(get=get)}
    translate = FunctionType(original.__code__, names, argdefs=original.__defaults__)
    return type(
        "GoogleTranslator", (module.GoogleTranslator,), {"translate": translate}
    )


class OwnBackend:
    """A function or an object of the user's."""

    max_chars = 10_000
    max_rows = 100
    by_language = False

    def __init__(self, backend: Any, target: str) -> None:
        self._call = getattr(backend, "translate_batch", backend)
        if isinstance(backend, type) or not callable(self._call):
            raise TypeError(
                f"backend={backend!r} cannot translate: pass 'libre', 'google', a "
                "function from a list of str to a list of str, or an object (no class) "
                "with such a method translate_batch."
            )
        own_target = getattr(backend, "target", target)
        if isinstance(own_target, str) and main_code(own_target) != main_code(target):
            raise ValueError(
                f"The backend translates into {own_target!r}, not into "
                f"target={target!r}; make them agree."
            )
        self.service = _name(backend)

    def translate(self, texts: list[str], source: str) -> Any:
        """Call the backend; only an OSError is held to be passing."""
        try:
            return self._call(texts)
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            if isinstance(error, OSError):
                raise TranslationError(reason, UNAVAILABLE, transient=True) from error
            raise TranslationError(reason, REFUSED) from error


def _name(backend: Any) -> str | None:
    """Name a backend so that its translations are not mistaken for another's."""
    service = getattr(backend, "service", None)
    if isinstance(service, str):
        return service
    if isinstance(backend, functools.partial):
        return None
    named = backend if hasattr(backend, "__qualname__") else type(backend)
    name = f"{named.__module__}.{named.__qualname__}"
    return None if "<" in name else name


def main_code(language: str) -> str:
    """Return the language without its script or country: "zh" of "zh-CN"."""
    normalised = {google: iso for iso, google in list(_GOOGLE_CODES.items())[:3]}
    return normalised.get(language, language).split("-")[0].lower()


def check_url(base_url: str) -> str:
    """Return the address without a slash at its end, or say what is wrong with it."""
    try:
        parts = urlsplit(base_url)
        web = parts.scheme in ("http", "https")
        usable = web and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        problem = "is no address that starts with http:// or https://"
    elif parts.username or parts.password:
        problem = "holds a user or password, which would show; use api_key_env"
        base_url = parts._replace(netloc=f"***@{parts.hostname}").geturl()
    elif parts.query or parts.fragment:
        problem = "has a part after ? or #; give the address alone"
    else:
        return base_url.rstrip("/")
    raise ValueError(f"base_url={base_url!r} {problem}.")


def make_backend(
    backend: Any,
    *,
    base_url: str | None,
    api_key: str | None,
    source: str,
    target: str,
    timeout: float,
) -> Backend:
    """Build the service that the parameters of a Translator name."""
    require("tenacity")
    if api_key is not None and backend != "libre":
        raise ValueError(
            "api_key_env is for backend='libre'; no other one takes a key."
        )
    if backend == "libre":
        return LibreTranslate(base_url, target, api_key, timeout)
    if backend == "google":
        return Google(base_url, source, target, timeout)
    if base_url is not None:
        raise ValueError(
            f"base_url={base_url!r} is for backend='libre' and 'google'; a backend of "
            "your own knows its address."
        )
    return OwnBackend(backend, target)


def check_answers(answers: Any, n_texts: int) -> list[str]:
    """Return the answers if there is one good one for each text.

    Raises
    ------
    TranslationError
        If the list has another length, or holds what is no text.
    """
    if not isinstance(answers, Sequence) or isinstance(answers, str | bytes):
        reason = f"the answer is a {type(answers).__name__}, not a list"
    elif len(answers) != n_texts:
        reason = f"{len(answers)} translations came back for {n_texts} texts"
    elif not all(isinstance(answer, str) and answer.strip() for answer in answers):
        reason = "a translation is empty or no text"
    else:
        # A lone surrogate is no character: it can be neither stored nor sent on.
        return [answer.encode("utf-8", "replace").decode() for answer in answers]
    raise TranslationError(reason, REFUSED, transient=True)


def require(name: str) -> Any:
    """Import an optional package, or name the extra that brings it."""
    try:
        return import_module(name)
    except ImportError as error:
        raise ImportError(
            f"Translator needs the package {error.name}: pip install sklearn_nn[text]"
        ) from error
