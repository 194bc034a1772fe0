"""Rules for single characters, applied to a text in one pass."""

import re
import unicodedata
from functools import lru_cache

JOINERS = "\u200c\u200d"
# Selectors of a picture's style and the frame of a key: nothing without an emoji.
_OF_EMOJI = "\ufe0e\ufe0f\u20e3"
_LONELY_JOINERS = re.compile(rf"(?<!\S)[{JOINERS}]+(?!\S)")
_APOSTROPHES = "'\u2019"
# A quotation mark, not an apostrophe.
_LONELY_APOSTROPHES = re.compile(
    rf"[{_APOSTROPHES}](?:(?!\w)|(?<!\w.))", flags=re.DOTALL
)


class Characters(dict):
    """What becomes of every character: a table for ``str.translate``.

    It is filled as characters are met. Texts in Latin-1 go through a table of bytes,
    which is ten times as fast.
    """

    def __init__(self, digits: bool, punctuation: bool, accents: str | None):
        super().__init__()
        self.digits = digits
        self.punctuation = punctuation
        self.accents = accents
        latin = {chr(code): self[code] for code in range(256)}
        self._deleted = "".join(c for c in latin if not latin[c]).encode("latin-1")
        becomes = "".join(new or old for old, new in latin.items())
        one_by_one = len(becomes) == 256 and max(becomes) < "\u0100"
        self._bytes = becomes.encode("latin-1") if one_by_one else None

    def __missing__(self, code: int) -> str:
        self[code] = "".join(map(self._replacement, self._without_accent(chr(code))))
        return self[code]

    def apply(self, text: str) -> str:
        """Replace the characters; runs of white space become one space."""
        text = self._replaced(text)
        if self.punctuation:
            if "'" in text or "\u2019" in text:
                text = _LONELY_APOSTROPHES.sub(" ", text)
            if "\u200d" in text:
                text = _LONELY_JOINERS.sub(" ", text)
        return " ".join(text.split())

    def _replaced(self, text: str) -> str:
        if self._bytes is not None:
            try:
                latin = text.encode("latin-1")
            except UnicodeEncodeError:
                pass
            else:
                return latin.translate(self._bytes, self._deleted).decode("latin-1")
        return text.translate(self)

    def _without_accent(self, char: str) -> str:
        if self.accents is None:
            return char
        parts = unicodedata.normalize("NFKD", char)
        if self.accents == "ascii":
            return "".join(filter(str.isascii, parts))
        return "".join(c for c in parts if not unicodedata.combining(c))

    def _replacement(self, char: str) -> str:
        category = unicodedata.category(char)
        if category in ("Cc", "Cs") or char.isspace() or char == "\u200b":
            return " "
        if category == "Cf" and char not in JOINERS:
            return ""
        if self.digits and category in ("Nd", "No"):
            return " "
        if self.punctuation and char in _OF_EMOJI:
            return ""
        if char in _APOSTROPHES:
            return char
        return " " if self.punctuation and category[0] in "PS" else char


@lru_cache(maxsize=16)
def characters(digits: bool, punctuation: bool, accents: str | None) -> Characters:
    """Return the table of these rules, shared by the texts of a process."""
    return Characters(digits, punctuation, accents)
