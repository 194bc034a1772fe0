"""The text of HTML, by a parser that follows the standard as browsers do."""

import html
import re
from collections.abc import Callable

from ._resources import import_optional

# Tags inside a word or a sentence; every other tag ends a word.
_INLINE = (
    "a|abbr|acronym|b|bdi|bdo|big|cite|code|data|del|dfn|em|font|i|ins|kbd|label|mark"
    "|nobr|q|s|samp|small|span|strike|strong|sub|sup|time|tt|u|var|wbr"
)
_WORD_END = re.compile(rf"<(?=/?[a-z])(?!/?(?:{_INLINE})\b)", flags=re.IGNORECASE)
_HIDDEN = ["script", "style", "iframe", "noembed", "noframes"]
_HIDDEN_TAG = re.compile(rf"<(?:{'|'.join(_HIDDEN)})\b", flags=re.IGNORECASE)

# The parser's time grows with the product of tags and depth, and with the square of the
# attributes of a tag. No page has tags that deep; attributes hold no text.
_MANY_TAGS = 10_000
_DEEPEST = 1_000
_LONGEST_TAG = 2_000
_TOKEN = re.compile(
    rf"""
      <!--.*?(?:-->|\Z)
    | <({"|".join(_HIDDEN)})\b.*?(?:</\1\b[^>]*(?:>|\Z)|\Z)
    | <(/?)([a-z][^\s/>]*)
      (?:[^>=]++|=\s*+(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z))?+)*+(?:>|\Z)
    | <[!?/][^>]*(?:>|\Z)
    """,
    flags=re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
_VOID = frozenset(
    "area base br col embed hr img input link meta param source track wbr".split()
)
# The open tags that a tag closes, if they are the innermost.
_CLOSES = {
    "p": ("p",),
    "li": ("p", "li"),
    "dd": ("p", "dd", "dt"),
    "dt": ("p", "dd", "dt"),
    "option": ("option",),
    "td": ("p", "td", "th"),
    "th": ("p", "td", "th"),
    "tr": ("p", "td", "th", "tr"),
}
# Only inside a picture does "/>" close a tag. These have no other place than that.
_PICTURE = frozenset(
    "circle defs ellipse g line path polygon polyline rect stop svg use".split()
)
_CLOSED_TAG = re.compile(
    r"""<\w+(?:\s+[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'))*\s*/>""", flags=re.ASCII
)


def load_html_parser() -> Callable[[str], str]:
    """Return a function from a text that may hold markup to the text alone."""
    parse = import_optional("selectolax.lexbor").LexborHTMLParser

    def text_of(text: str) -> str:
        start = text.find("<")
        if start < 0 or text.find(">", start) < 0:
            # No tag is ever closed, as in "a < b".
            return html.unescape(text) if "&" in text else text
        # The parser drops what no page shows, the character nul among it.
        text = _WORD_END.sub(" <", text.replace("\0", " "))
        if len(text) > _LONGEST_TAG:
            text = _TOKEN.sub(_short, text)
        if text.count("<") > _MANY_TAGS and _is_deeper(text, _DEEPEST):
            return html.unescape(_TOKEN.sub("", text))
        tree = parse(text, is_fragment=True)
        if _HIDDEN_TAG.search(text):
            tree.strip_tags(_HIDDEN)
        return tree.text()

    return text_of


def _short(token: re.Match[str]) -> str:
    """Leave out the attributes of a tag that has very many."""
    whole, closing, name = token[0], token[2], token[3]
    if not name or len(whole) <= _LONGEST_TAG or whole[-1] != ">":
        return whole
    return f"<{closing}{name}{'/' * (whole[-2] == '/')}>"


def _is_deeper(text: str, limit: int) -> bool:
    """Tell whether tags may nest deeper than `limit`, in one pass.

    A closing tag counts where it closes one of the innermost tags only, and a tag that
    is never closed goes on to count: the depth is over-, never underestimated.
    """
    open_tags: list[str] = []
    in_picture = False
    for token in _TOKEN.finditer(text):
        name = (token[3] or "").lower()
        if not name or name in _VOID:
            continue
        in_picture = name in _PICTURE and (in_picture or name == "svg")
        if token[2]:
            in_picture = in_picture and name != "svg"
            for place in range(1, 1 + min(5, len(open_tags))):
                if open_tags[-place] == name:
                    del open_tags[-place:]
                    break
                if open_tags[-place] not in _CLOSES:
                    break
            continue
        if in_picture and name != "svg" and _CLOSED_TAG.fullmatch(token[0]):
            continue
        while open_tags and open_tags[-1] in _CLOSES.get(name, ()):
            open_tags.pop()
        open_tags.append(name)
        if len(open_tags) > limit:
            return True
    return False
