"""Words cut down to their stems."""

from collections.abc import Sequence
from functools import cache

from .._declaration import estimator
from ._base import LanguageAwareTransformer
from ._resources import check_language, encodable, import_optional

_ALGORITHMS = {
    "ar": "arabic",
    "ca": "catalan",
    "cs": "czech",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "eo": "esperanto",
    "es": "spanish",
    "et": "estonian",
    "eu": "basque",
    "fa": "persian",
    "fi": "finnish",
    "fr": "french",
    "ga": "irish",
    "hi": "hindi",
    "hu": "hungarian",
    "hy": "armenian",
    "id": "indonesian",
    "it": "italian",
    "lt": "lithuanian",
    "ne": "nepali",
    "nl": "dutch",
    "no": "norwegian",
    "pl": "polish",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sr": "serbian",
    "st": "sesotho",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
    "yi": "yiddish",
}


@estimator
class Stemmer(LanguageAwareTransformer):
    """Replace every word by its stem, with the Snowball algorithm of its language.

    Words are what white space separates. They should be in lower case, since the
    algorithms know no capital letters, and free of punctuation: "chairs," has no
    ending that the English algorithm knows. A text whose detected language has no
    algorithm stays as it is.

    See Also
    --------
    Lemmatizer : Replace words by their dictionary form, which is a word.

    References
    ----------
    .. [1] M. F. Porter, "Snowball: A language for stemming algorithms", 2001.
       `snowballstem.org <https://snowballstem.org>`_

    Examples
    --------
    >>> from sklearn_nn.preprocessing import Stemmer
    >>> Stemmer(language="en").fit_transform(["folding chairs", "two folded chairs"])
    array(['fold chair', 'two fold chair'], dtype=object)
    """

    def _check_resources(self) -> None:
        super()._check_resources()
        check_language(self.language, _algorithms(), "Snowball algorithm")

    def _transform_in(self, language: str, texts: list[str]) -> Sequence[str]:
        algorithm = _algorithms().get(language)
        if algorithm is None:
            return texts
        # One for every batch: a stemmer remembers words, and threads may not share it.
        stem_words = import_optional("Stemmer").Stemmer(algorithm).stemWords
        stemmed = []
        for text in texts:
            words = encodable(text).split()
            stems = stem_words(words)
            if "" in stems:
                stems = [stem or word for stem, word in zip(stems, words, strict=True)]
            stemmed.append(" ".join(stems))
        return stemmed


@cache
def _algorithms() -> dict[str, str]:
    """Return the algorithm of every language; older releases know fewer."""
    known = import_optional("Stemmer").algorithms()
    return {code: name for code, name in _ALGORITHMS.items() if name in known}
