"""Frequent words left out."""

import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, Literal

from .._declaration import estimator
from . import _spacy
from ._base import LanguageAwareTransformer
from ._codes import normalise
from ._resources import check_language, import_optional

# Written together with the next word, and stop words in whatever list.
_ELIDED = {
    "fr": "c d j jusqu l lorsqu m n puisqu qu quoiqu s t",
    "it": "all c d dall dell gl l m n nell quell quest s sull t un v",
    "ca": "d l m n s t",
}
# Written together with the word before.
_ENGLISH_ENDINGS = ("n't", "'d", "'ll", "'m", "'re", "'s", "'ve")
_HEAD = re.compile(r"\w+['’](?=\w)")


@estimator
class StopWordRemover(LanguageAwareTransformer):
    """Leave out the frequent words of each text's language.

    Words are what white space separates, compared without regard to capitals. Both
    apostrophes, ' and ’, are the same. In French, Italian and Catalan an elided
    article or pronoun is cut off the word that follows: "l'eau" becomes "eau",
    "qu'il" disappears. In English "isn't" and "we're" are stop words since their parts
    are. It does not matter therefore whether a tokeniser has cut there before. But
    "new," is not "new": cut punctuation off first.

    A text whose detected language has no list stays as it is, but for `extra_words`.

    Parameters
    ----------
    source : {"spacy", "stop-words", "both"}, default="spacy"
        Whose lists: spaCy's (over 70 languages), those of the package stop-words
        (over 30), or the words in either.
    extra_words : list, tuple or set of str, or dict, default=()
        Further words to leave out: of every text, or by the code of the language, as
        in ``{"fr": ["lot"], "en": ["pack"]}``.

    See Also
    --------
    sklearn.feature_extraction.text.TfidfVectorizer : Its `max_df` leaves out words
        that are frequent in the texts at hand.

    Examples
    --------
    >>> from sklearn_nn.preprocessing import StopWordRemover
    >>> texts = ["une table pour l'extérieur", "a table that isn't for children"]
    >>> StopWordRemover().fit_transform(texts)
    array(['table extérieur', 'table children'], dtype=object)
    >>> StopWordRemover(extra_words=["table"]).fit_transform(texts)
    array(['extérieur', 'children'], dtype=object)
    """

    source: Literal["spacy", "stop-words", "both"] = "spacy"
    extra_words: list[str] | tuple[str, ...] | set[str] | dict[str, Any] = ()

    def _check_resources(self) -> None:
        super()._check_resources()
        extra_languages = _check_extra_words(self.extra_words)
        supported = _languages_of(self.source) | extra_languages
        check_language(self.language, supported, f"list in source={self.source!r}")

    def _transform_in(self, language: str, texts: list[str]) -> Sequence[str]:
        words = self._words_of(language)
        if not words:
            return texts
        elides = language in _ELIDED
        kept = []
        for text in texts:
            tokens = text.split()
            if elides and ("'" in text or "’" in text):
                tokens = [_without_heads(token, words) for token in tokens]
            # Texts are mostly in lower case already, which saves a third of the time.
            if text == text.lower():
                kept.append(" ".join([t for t in tokens if t not in words]))
            else:
                kept.append(" ".join([t for t in tokens if t.lower() not in words]))
        return kept

    def _words_of(self, language: str) -> frozenset[str]:
        words = _load_words(self.source, language)
        extra: Any = self.extra_words
        if isinstance(extra, dict):
            by_code = {normalise(code): words for code, words in extra.items()}
            extra = by_code.get(language, ())
        return words | _both_apostrophes(map(str.lower, extra)) if extra else words


def _check_extra_words(extra_words: Any) -> set[str]:
    """Check the words; return the languages that have words of their own."""
    if not isinstance(extra_words, dict):
        extra_words = {None: extra_words}
    for language, words in extra_words.items():
        if language is not None and not re.fullmatch("[a-z]{2,3}", str(language)):
            raise ValueError(
                f"extra_words has the key {language!r}, which is no code of a "
                "language; write for instance {'fr': ['lot']}."
            )
        if not isinstance(words, list | tuple | set | frozenset):
            raise ValueError(
                f"extra_words[{language!r}] must be a list of words, got {words!r}."
            )
        for word in words:
            if not isinstance(word, str) or word.split() != [word]:
                raise ValueError(
                    f"extra_words holds {word!r}, which is no single word and would "
                    "never be found: texts are split at white space. List each word "
                    "by itself."
                )
    return {normalise(language) for language in extra_words if language is not None}


@cache
def _languages_of(source: str) -> frozenset[str]:
    languages: frozenset[str] = frozenset()
    if source != "stop-words":
        languages |= _spacy.languages_with("stop_words")
    if source != "spacy":
        languages |= set(map(normalise, import_optional("stop_words").LANGUAGE_MAPPING))
    return languages


@cache
def _load_words(source: str, language: str) -> frozenset[str]:
    """Return every spelling of the stop words of a language, in lower case."""
    listed: set[str] = set()
    if source != "stop-words" and language in _languages_of("spacy"):
        listed |= _spacy.load_stop_words(language)
    if source != "spacy" and language in _languages_of("stop-words"):
        get = import_optional("stop_words").get_stop_words
        listed |= set(get(_spacy.spacy_code(language)))
    words = {word.lower() for word in listed if len(word.split()) == 1}
    if language in _ELIDED:
        words |= {f"{head}'" for head in _ELIDED[language].split()}
    if language == "en":
        words |= {word + ending for word in words for ending in _ENGLISH_ENDINGS}
        words |= set(_ENGLISH_ENDINGS)
    return _both_apostrophes(words)


def _both_apostrophes(words: Iterable[str]) -> frozenset[str]:
    straight = {word.replace("’", "'") for word in words}
    return frozenset(straight | {word.replace("'", "’") for word in straight})


def _without_heads(token: str, words: frozenset[str]) -> str:
    """Cut off elided words, such as the "l'" of "l'eau"."""
    if "'" not in token and "’" not in token:
        return token
    while token.lower() not in words:
        head = _HEAD.match(token)
        if head is None or head[0].lower() not in words:
            break
        token = token[head.end() :]
    return token
