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
        tree = parse(text, is_fragment=True)
        if _HIDDEN_TAG.search(text):
            tree.strip_tags(_HIDDEN)
        return tree.text()

    return text_of
