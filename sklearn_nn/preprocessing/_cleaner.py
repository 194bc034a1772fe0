"""Cleaning of raw texts."""

from typing import Literal

from .._declaration import estimator
from ._base import TextTransformer
from ._characters import characters
from ._html import load_html_parser


@estimator
class TextCleaner(TextTransformer):
    """Remove from texts what is not words.

    In this order: markup, accents, digits and punctuation, capitals. Runs of white
    space and of control characters always become one space, and none is left at the
    ends; invisible marks (soft hyphens, marks of direction, byte order marks) and lone
    surrogates are removed. A text may become empty.

    Parameters
    ----------
    lowercase : bool, default=True
        Convert to lower case.
    strip_html : bool, default=True
        Replace HTML by its text, as a browser would show it: entities become
        characters, tags and comments disappear, scripts and styles with what is in
        them. Tags such as ``<br>`` or ``<li>`` separate words, ``<b>`` and the like
        do not. "a < b" and "AT&T" stay as they are: without a ``>`` after it, ``<``
        is a character like others. A text that leaves more than 1,000 tags open
        inside one another, among more than 10,000, has its tags cut out one by one
        instead of being parsed, which takes time in proportion to its length.
    strip_digits : bool, default=False
        Replace every digit by a space: decimal digits of all scripts, "²" and "½".
    strip_punctuation : bool, default=True
        Replace punctuation and symbols (categories P and S of Unicode) by a space,
        emoji among them. Accents and vowel signs that are characters of their own
        stay, and so do apostrophes inside a word, for the stop words: "l'eau",
        "don't".
    strip_accents : {"ascii", "unicode"}, default=None
        Remove accents and compatibility forms, as
        :class:`~sklearn.feature_extraction.text.CountVectorizer` does. "ascii" also
        drops every character that has no ASCII form; "unicode" takes all scripts, but
        is meant for the European ones. `None` keeps accents.

    See Also
    --------
    TextMerger : Makes one text of several columns.

    Examples
    --------
    >>> from sklearn_nn.preprocessing import TextCleaner
    >>> texts = ["Caf&eacute; cr&egrave;me<br/>2&nbsp;kg, <b>NEW</b>!", "AT&T: 3 < 5"]
    >>> TextCleaner().fit_transform(texts)
    array(['café crème 2 kg new', 'at t 3 5'], dtype=object)
    >>> cleaner = TextCleaner(strip_punctuation=False, strip_accents="unicode")
    >>> cleaner.fit_transform(texts)
    array(['cafe creme 2 kg, new!', 'at&t: 3 < 5'], dtype=object)
    """

    lowercase: bool = True
    strip_html: bool = True
    strip_digits: bool = False
    strip_punctuation: bool = True
    strip_accents: Literal["ascii", "unicode"] | None = None

    def _check_resources(self) -> None:
        if self.strip_html:
            load_html_parser()

    def _transform_texts(self, texts: list[str]) -> list[str]:
        if self.strip_html:
            texts = list(map(load_html_parser(), texts))
        table = characters(
            self.strip_digits, self.strip_punctuation, self.strip_accents
        )
        texts = list(map(table.apply, texts))
        return list(map(str.lower, texts)) if self.lowercase else texts
