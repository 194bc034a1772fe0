"""Weights of words from texts that lack some: LIME and occlusion."""

from collections.abc import Callable, Iterator
from itertools import product
from zlib import crc32

import numpy as np
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.metrics.pairwise import cosine_distances

from ._explained_model import explain_package
from ._words import without

Ask = Callable[[np.ndarray], np.ndarray]
# Settles the weights of texts with more words than samples; too little to be felt.
PENALTY = 1e-3


def occlusion(
    texts: list[str],
    spans: list[np.ndarray],
    codes: list[int],
    ask: Ask,
    probabilities: np.ndarray,
    batch_size: int,
) -> list[np.ndarray]:
    """Weigh each word by how far the probability falls without it.

    Parameters
    ----------
    texts : list of str
        The texts.
    spans : list of ndarray of int of shape (n_words, 2)
        Their words.
    codes : list of int
        The class to explain, of each text.
    ask : callable
        Texts to probabilities.
    probabilities : ndarray of shape (n_texts, n_classes)
        Those of the texts as they are.
    batch_size : int
        Texts to ask for at a time.

    Returns
    -------
    weights : list of ndarray of shape (n_words,)

    References
    ----------
    Zeiler & Fergus (2014). Visualizing and understanding convolutional networks. ECCV.

    Li, Monroe & Jurafsky (2016). Understanding neural networks through representation
    erasure. arXiv:1612.08220.
    """
    weights = [np.zeros(len(of_text)) for of_text in spans]
    places = [
        (row, word) for row, of_text in enumerate(spans) for word in range(len(of_text))
    ]
    for start in range(0, len(places), batch_size):
        batch = places[start : start + batch_size]
        shorter = []
        for row, word in batch:
            kept = np.ones(len(spans[row]), dtype=bool)
            kept[word] = False
            shorter.append(without(texts[row], spans[row], kept))
        found = ask(_column(shorter))
        for (row, word), left in zip(batch, found, strict=True):
            weights[row][word] = probabilities[row, codes[row]] - left[codes[row]]
    return weights


def lime(
    texts: list[str],
    spans: list[np.ndarray],
    codes: list[int],
    ask: Ask,
    n_samples: int,
    seed: int,
) -> Iterator[np.ndarray]:
    """Weigh words by a linear model of what happens when some are missing.

    The kernel, which counts texts for less that lack more, and the fit are LIME's, but
    for its penalty: that would outweigh the few texts that there are of a short one.

    Parameters
    ----------
    texts, spans, codes, ask
        As in :func:`occlusion`.
    n_samples : int
        Texts with words missing, of each text, or all that there are, if these are no
        more; the first lacks none.
    seed : int
        What draws the words that are missing, whatever the other texts are.

    Yields
    ------
    weights : ndarray of shape (n_words,)
        One array a text.

    References
    ----------
    Ribeiro, Singh & Guestrin (2016). "Why should I trust you?": explaining the
    predictions of any classifier. KDD.
    """
    lime_text = explain_package("lime.lime_text", 'method="lime"')
    explainer = lime_text.LimeTextExplainer(random_state=0).base
    for text, of_text, code in zip(texts, spans, codes, strict=True):
        n_words = len(of_text)
        weights = np.zeros(n_words)
        if n_words:
            kept = _masks(n_words, n_samples, _draws(seed, text))
            is_complete = len(kept) == 2**n_words
            shorter = [without(text, of_text, mask) for mask in kept]
            _, found, _, _ = explainer.explain_instance_with_data(
                kept.astype(np.float64),
                ask(_column(shorter)),
                100 * cosine_distances(kept[:1], kept)[0],
                code,
                n_words,
                feature_selection="none",
                model_regressor=(LinearRegression() if is_complete else Ridge(PENALTY)),
            )
            places, slopes = zip(*found, strict=True)
            weights[list(places)] = slopes
        yield weights


def _masks(n_words: int, n_samples: int, draws: np.random.Generator) -> np.ndarray:
    """Return which words stay, none missing first: every choice, or random ones."""
    if 2**n_words <= n_samples:
        return np.array(list(product((True, False), repeat=n_words)))
    # As LIME draws: how many are missing, then which.
    n_missing = draws.integers(1, n_words, size=(n_samples - 1, 1), endpoint=True)
    places = draws.random((n_samples - 1, n_words)).argsort(axis=1)
    return np.vstack([np.ones(n_words, dtype=bool), places >= n_missing])


def _draws(seed: int, text: str) -> np.random.Generator:
    # By the text, not by its place: so its weights do not depend on the others.
    return np.random.default_rng([seed, crc32(text.encode(errors="surrogatepass"))])


def _column(texts: list[str]) -> np.ndarray:
    column = np.empty(len(texts), dtype=object)
    column[:] = texts
    return column
