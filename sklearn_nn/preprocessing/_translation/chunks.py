"""Long texts cut at natural borders, and texts grouped into requests."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

# Where a text may be cut, the best place first: lines, sentences, words.
_BORDERS = (
    re.compile(r"\n\s*"),
    re.compile(r"[.!?…]+[\"'»”’)\]]*\s+|[。！？।۔]+\s*"),
    re.compile(r"\s+"),
)


class Key(NamedTuple):
    """What is asked for: a text, and the language it is said to be in."""

    source: str
    text: str


class Piece(NamedTuple):
    """A part of a text: what to translate, between blanks that stay as they are."""

    before: str
    text: str
    after: str


def has_letter(text: str) -> bool:
    """Tell whether there is anything to translate."""
    return any(map(str.isalpha, text))


def cut(text: str, max_chars: int) -> list[Piece]:
    """Cut a text into pieces of at most `max_chars` characters.

    Parameters
    ----------
    text : str
        Any text.
    max_chars : int
        The longest piece; a word that is longer is cut too.

    Returns
    -------
    pieces : list of Piece
        Joined again, they are the text. The text of a piece without a letter is
        empty, all of it stands in `before`.

    Examples
    --------
    >>> [piece.text for piece in cut("One chair. Two very small tables.", 20)]
    ['One chair.', 'Two very small', 'tables.']
    """
    pieces = []
    start = 0
    while len(text) - start > max_chars:
        end = _border(text, start, start + max_chars)
        pieces.append(_piece(text[start:end]))
        start = end
    return [*pieces, _piece(text[start:])]


def _border(text: str, start: int, limit: int) -> int:
    for border in _BORDERS:
        ends = [match.end() for match in border.finditer(text, start, limit)]
        # A cut near the start of the window would make pieces of a few words.
        if ends and ends[-1] - start > (limit - start) // 4:
            return ends[-1]
    return limit


def _piece(text: str) -> Piece:
    if not has_letter(text):
        return Piece(text, "", "")
    start = len(text) - len(text.lstrip())
    end = len(text.rstrip())
    return Piece(text[:start], text[start:end], text[end:])


def group(
    keys: Iterable[Key], max_chars: int, max_rows: int, alone: str | None = None
) -> Iterator[list[Key]]:
    """Group texts into requests below the service's limits.

    The texts of a group are said to be in one language; those in the language `alone`
    get a group each.
    """
    groups: dict[str, list[Key]] = {}
    sizes: dict[str, int] = {}
    for key in keys:
        if key.source == alone:
            yield [key]
            continue
        chunk = groups.setdefault(key.source, [])
        size = sizes.get(key.source, 0) + len(key.text)
        if chunk and (size > max_chars or len(chunk) == max_rows):
            yield chunk
            chunk = groups[key.source] = []
            size = len(key.text)
        chunk.append(key)
        sizes[key.source] = size
    yield from groups.values()
