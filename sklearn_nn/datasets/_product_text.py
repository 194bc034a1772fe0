"""Titles and descriptions of product listings, whole columns at a time."""

from collections.abc import Sequence
from html.entities import codepoint2name

import numpy as np

from sklearn_nn.datasets._product_phrases import (
    ADJECTIVES,
    BRAND_ENDS,
    BRAND_STARTS,
    ENDS,
    GENERIC,
    LINKS,
    OPENERS,
)
from sklearn_nn.datasets._product_words import CATEGORIES, FAMILIES, LANGUAGES

MAX_TITLE = 250
MAX_DESCRIPTION = 12_000
N_LANGUAGES = len(LANGUAGES)

_NAMES = [category.name for category in CATEGORIES]
_FAMILY_NAMES = list(FAMILIES)
_FAMILY = np.array([_FAMILY_NAMES.index(c.family) for c in CATEGORIES])

# Pairs sold with the same words: most of the time only the picture tells them apart.
_TWINS = (
    ("new books", "second-hand books"),
    ("furniture", "garden furniture"),
    ("figurines", "trading cards"),
    ("video games", "retro games"),
)
_TWIN = np.arange(len(CATEGORIES))
for _left, _right in _TWINS:
    _TWIN[_NAMES.index(_left)] = _NAMES.index(_right)
    _TWIN[_NAMES.index(_right)] = _NAMES.index(_left)

# How hard the task is: shares of the rows, found by measuring a linear SVM.
_P_TWIN_WORDS = 0.5  # a row of a pair takes its words from both categories
_P_MISFILED = 0.02  # the words are those of another category of the family
_P_FAMILY_ONLY = 0.03  # only words that the whole family shares
_P_VAGUE = 0.02  # no telling word at all
_P_TITLE_TYPO = 0.15
_P_TERM_TYPO = 0.03

_ENTITIES = {code: f"&{name};" for code, name in codepoint2name.items() if code > 127}
_ENTITIES[ord("'")] = "&#39;"


class _Table:
    """Lists of strings of any lengths, drawn from by a list number per row."""

    def __init__(self, lists: Sequence[Sequence[str]]) -> None:
        self.values = np.array([v for values in lists for v in values], dtype=object)
        self.sizes = np.array([len(values) for values in lists])
        self.starts = np.cumsum(self.sizes) - self.sizes

    def draw(
        self, rng: np.random.RandomState, which: np.ndarray, *, skew: float = 1.0
    ) -> np.ndarray:
        """Draw one string from list ``which[i]`` for each i, early ones more often."""
        rank = self.sizes[which] * rng.uniform(size=len(which)) ** skew
        return self.values[self.starts[which] + rank.astype(np.intp)]


def _table(texts: Sequence[str], separator: str = ", ") -> _Table:
    return _Table([text.split(separator) for text in texts])


_TERMS = _table([getattr(c, lang) for c in CATEGORIES for lang in LANGUAGES])
_SHARED = _table([FAMILIES[f][lang] for f in _FAMILY_NAMES for lang in LANGUAGES])
_ADJECTIVES = _table([ADJECTIVES[lang] for lang in LANGUAGES])
_OPENERS = _table([OPENERS[lang] for lang in LANGUAGES], "|")
_LINKS = _table([LINKS[lang] for lang in LANGUAGES], "|")
_ENDS = _table([ENDS[lang] for lang in LANGUAGES], "|")
_GENERIC = _table([GENERIC[lang] for lang in LANGUAGES], "|")
_BRANDS = np.array(
    [
        start + end
        for start in BRAND_STARTS.split(", ")
        for end in BRAND_ENDS.split(", ")
    ],
    dtype=object,
)


def draw_texts(
    rng: np.random.RandomState, category: np.ndarray, language: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Write a title and a description, None at times, for each row.

    Parameters
    ----------
    rng : RandomState
        Source of all choices.

    category : ndarray of shape (n_samples,)
        Positions in `CATEGORIES`.

    language : ndarray of shape (n_samples,)
        Positions in `LANGUAGES`.

    Returns
    -------
    designation : ndarray of shape (n_samples,), dtype object
        Titles of at most 250 characters.

    description : ndarray of shape (n_samples,), dtype object
        Texts with HTML of at most 12,000 characters, or None in 35 % of the rows.
    """
    words = _Words(rng, category, language)
    designation = _titles(rng, words)
    description = _descriptions(rng, words)
    described = np.array([text is not None for text in description])
    same = described & (rng.uniform(size=len(category)) < 0.03)
    description[same] = designation[same]
    return designation, description


class _Words:
    """What each row may say: decided per row, so that long texts stay ambiguous."""

    def __init__(
        self, rng: np.random.RandomState, category: np.ndarray, language: np.ndarray
    ) -> None:
        n = len(category)
        self.rng = rng
        self.language = language
        self.category = category.copy()
        self.family = _FAMILY[category]
        misfiled = np.flatnonzero(rng.uniform(size=n) < _P_MISFILED)
        for row in misfiled:
            self.category[row] = rng.choice(np.flatnonzero(_FAMILY == self.family[row]))
        mixed = rng.uniform(size=n) < _P_TWIN_WORDS
        self.twin = np.where(mixed, _TWIN[self.category], self.category)
        self.p_shared = rng.uniform(0.05, 0.6, size=n)
        self.p_shared[rng.uniform(size=n) < _P_FAMILY_ONLY] = 1.0
        self.vague = rng.uniform(size=n) < _P_VAGUE

    def terms(self, rows: np.ndarray) -> np.ndarray:
        """Draw a term for each of `rows`, which may repeat."""
        rng, n = self.rng, len(rows)
        category = np.where(
            rng.uniform(size=n) < 0.5, self.category[rows], self.twin[rows]
        )
        language = self.language[rows]
        terms = _TERMS.draw(rng, category * N_LANGUAGES + language, skew=1.4)
        shared = rng.uniform(size=n) < self.p_shared[rows]
        terms[shared] = _SHARED.draw(
            rng, (self.family[rows] * N_LANGUAGES + language)[shared]
        )
        vague = self.vague[rows]
        terms[vague] = _ADJECTIVES.draw(rng, language[vague])
        for i in np.flatnonzero(rng.uniform(size=n) < _P_TERM_TYPO):
            terms[i] = _with_typo(rng, terms[i])
        return terms


def _titles(rng: np.random.RandomState, words: _Words) -> np.ndarray:
    n = len(words.language)
    rows = np.arange(n)

    def sometimes(values: np.ndarray, p: float) -> np.ndarray:
        """Leave out most values, put a space before the others."""
        return np.where(rng.uniform(size=n) < p, " " + values, "")

    # Half of the brands are known for one family, the other half sells anything.
    own = (words.family * 45 + rng.randint(45, size=n)) % len(_BRANDS)
    brand = np.where(rng.uniform(size=n) < 0.4, own, rng.randint(len(_BRANDS), size=n))
    brands = sometimes(_BRANDS[brand], 0.6)
    product = words.terms(rows) + sometimes(words.terms(rows), 0.6)
    extra = (
        sometimes(_ADJECTIVES.draw(rng, words.language), 0.5)
        + sometimes(words.terms(rows), 0.3)
        + sometimes(_specifications(rng, n), 0.6)
    )
    brand_first = rng.uniform(size=n) < 0.4
    titles = np.where(
        brand_first, brands + " " + product + extra, product + extra + brands
    )
    # Some sellers fill the title with everything that a buyer might search for.
    for stuffed in np.flatnonzero(rng.uniform(size=n) < 0.03):
        stuffing = words.terms(np.full(rng.randint(5, 40), stuffed))
        titles[stuffed] += " " + " ".join(stuffing)
    case = rng.uniform(size=n)
    typo = rng.uniform(size=n) < _P_TITLE_TYPO
    result = np.empty(n, dtype=object)
    for row, title in enumerate(titles.tolist()):
        title = title.strip()
        if typo[row]:
            title = _with_typo(rng, title)
        if case[row] < 0.1:
            title = title.upper()
        elif case[row] < 0.7:
            title = title[:1].upper() + title[1:]
        result[row] = title[:MAX_TITLE].strip()
    return result


def _specifications(rng: np.random.RandomState, n: int) -> np.ndarray:
    """Sizes, references and years: digits that say little."""
    a, b = rng.randint(2, 250, size=n), rng.randint(2, 120, size=n)
    year, kind = rng.randint(1975, 2024, size=n), rng.randint(5, size=n)
    forms = ("{a} x {b} cm", "ref {b}{year}", "({year})", "x{b}", "- {a}{b}Z - {year}")
    filled = [
        forms[k].format(a=i, b=j, year=y)
        for k, i, j, y in zip(kind, a, b, year, strict=True)
    ]
    return np.array(filled, dtype=object)


def _descriptions(rng: np.random.RandomState, words: _Words) -> np.ndarray:
    n = len(words.language)
    described = np.flatnonzero(rng.uniform(size=n) >= 0.35)
    # Log-normal: half of the texts are short, one in a thousand is very long.
    n_sentences = np.ceil(rng.lognormal(1.8, 1.0, size=len(described)))
    n_sentences = np.clip(n_sentences, 1, 250).astype(np.intp)
    sentences = _sentences(rng, words, np.repeat(described, n_sentences)).tolist()

    style = rng.uniform(size=len(described))
    entities = rng.uniform(size=len(described)) < 0.4
    result = np.full(n, None, dtype=object)
    ends = np.cumsum(n_sentences)
    for i, row in enumerate(described):
        lines = sentences[ends[i] - n_sentences[i] : ends[i]]
        if style[i] < 0.45:
            text = " ".join(lines)
        elif style[i] < 0.7:
            text = "<br />".join(lines)
        elif style[i] < 0.85:
            text = "<p>" + "</p><p>".join(lines) + "</p>"
        else:
            items = "</li><li>".join(lines[1:])
            text = f"<b>{lines[0]}</b>&nbsp;<ul><li>{items}</li></ul>"
        if style[i] >= 0.45 and entities[i]:
            text = text.translate(_ENTITIES)
        result[row] = text[:MAX_DESCRIPTION].strip()
    return result


def _sentences(
    rng: np.random.RandomState, words: _Words, rows: np.ndarray
) -> np.ndarray:
    """Write a sentence for each of `rows`: half of them fit any product."""
    language = words.language[rows]
    sentences = _GENERIC.draw(rng, language)
    telling = np.flatnonzero(rng.uniform(size=len(rows)) < 0.5)
    rows, language = rows[telling], language[telling]
    sentences[telling] = (
        _OPENERS.draw(rng, language)
        + " "
        + words.terms(rows)
        + " "
        + _LINKS.draw(rng, language)
        + " "
        + words.terms(rows)
        + " "
        + _ENDS.draw(rng, language)
    )
    return sentences


def _with_typo(rng: np.random.RandomState, text: str) -> str:
    """Drop, double or swap one letter."""
    if len(text) < 4:
        return text
    i, kind = rng.randint(1, len(text) - 1), rng.randint(3)
    middle = ("", 2 * text[i], text[i + 1] + text[i])[kind]
    return text[:i] + middle + text[i + 1 + (kind == 2) :]
