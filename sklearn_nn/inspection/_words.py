"""The words of a text, and texts without some of them."""

from collections.abc import Iterable
from unicodedata import category

import numpy as np

Span = tuple[int, int]


def by_white_space(text: str) -> list[tuple[Span, str]]:
    """Cut a text at its white space, as ``str.split`` does, and say where."""
    parts, end = [], 0
    for part in text.split():
        start = text.index(part, end)
        end = start + len(part)
        parts.append(((start, end), part))
    return parts


def words_of(text: str) -> np.ndarray:
    """Find the words of a text.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    spans : ndarray of int of shape (n_words, 2)
        Where each word begins and ends: what stands between white space, without the
        punctuation around it. Marks, symbols and ``#`` are no punctuation.
    """
    spans = []
    for (start, end), part in by_white_space(text):
        if all(category(letter)[0] in "PC" for letter in part):
            continue
        while _is_punctuation(text[start]):
            start += 1
        while _is_punctuation(text[end - 1]):
            end -= 1
        spans.append((start, end))
    return np.array(spans, dtype=np.intp).reshape(-1, 2)


def _is_punctuation(letter: str) -> bool:
    # Unicode takes the sign of C# and of hashtags for punctuation, but not that of C++.
    return letter != "#" and category(letter)[0] == "P"


def without(text: str, spans: np.ndarray, kept: np.ndarray) -> str:
    """Take words out of a text; what stands around them stays.

    Parameters
    ----------
    text : str
        The text.
    spans : ndarray of int of shape (n_words, 2)
        Its words.
    kept : ndarray of bool of shape (n_words,)
        Which of them stay.

    Returns
    -------
    shorter : str
    """
    parts, place = [], 0
    for start, end in spans[~kept].tolist():
        parts.append(text[place:start])
        place = end
    return "".join([*parts, text[place:]])


def summed_by_word(
    spans: np.ndarray,
    tokens: Iterable[Span],
    token_weights: Iterable[float],
) -> np.ndarray:
    """Sum the weights of tokens by the word that they are part of.

    Parameters
    ----------
    spans : ndarray of int of shape (n_words, 2)
        The words of a text.
    tokens : iterable of (start, end)
        Where each token stands in the text. One that belongs to no word (punctuation,
        or a special token, which is empty) does not count; one over several words
        counts for the first of them.
    token_weights : iterable of float
        Their weights.

    Returns
    -------
    weights : ndarray of float of shape (n_words,)
        Zero for a word without tokens: the model does not read it.
    """
    weights = np.zeros(len(spans))
    for (start, end), weight in zip(tokens, token_weights, strict=True):
        word = np.searchsorted(spans[:, 1], start, side="right")
        if word < len(spans) and spans[word, 0] < end:
            weights[word] += weight
    return weights
