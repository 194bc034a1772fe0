"""Weights of words from texts that lack some: LIME and occlusion."""

from collections.abc import Callable, Iterator

import numpy as np

from ._explained_model import explain_package
from ._words import without

Ask = Callable[[np.ndarray], np.ndarray]


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
    random_state: np.random.RandomState,
) -> Iterator[np.ndarray]:
    """Weigh words by a linear model of what happens when some are missing.

    Parameters
    ----------
    texts, spans, codes, ask
        As in :func:`occlusion`.
    n_samples : int
        Texts with words missing, of each text; the first lacks none.
    random_state : RandomState
        What draws the words that are missing.

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
    explainer = lime_text.LimeTextExplainer(
        feature_selection="none", random_state=random_state
    )
    for text, of_text, code in zip(texts, spans, codes, strict=True):
        weights = np.zeros(len(of_text))
        if len(weights):
            # LIME gets the numbers of the words instead of the words: so every
            # occurrence is one of its own, and what is a word is settled here.
            explained = explainer.explain_instance(
                " ".join(map(str, range(len(of_text)))),
                _of_numbers(text, of_text, ask),
                labels=(code,),
                num_features=len(of_text),
                num_samples=n_samples,
            )
            words = explained.domain_mapper.indexed_string.inverse_vocab
            for place, weight in explained.local_exp[code]:
                weights[int(words[place])] = weight
        yield weights


def _of_numbers(text: str, spans: np.ndarray, ask: Ask) -> Callable:
    def probabilities(numbered: list[str]) -> np.ndarray:
        shorter = []
        for numbers in numbered:
            kept = np.zeros(len(spans), dtype=bool)
            kept[[int(number) for number in numbers.split()]] = True
            shorter.append(without(text, spans, kept))
        return ask(_column(shorter))

    return probabilities


def _column(texts: list[str]) -> np.ndarray:
    column = np.empty(len(texts), dtype=object)
    column[:] = texts
    return column
