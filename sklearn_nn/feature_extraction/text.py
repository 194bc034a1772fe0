"""From raw texts to sequences of word ids."""

import re
from collections import defaultdict
from typing import Literal

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin, _fit_context
from sklearn.utils.validation import check_array, check_is_fitted

from sklearn_nn._declaration import PositiveInt, estimator
from sklearn_nn._texts import check_texts

__all__ = ["SequenceVectorizer"]

PAD, UNKNOWN = 0, 1
N_RESERVED = 2
UNKNOWN_WORD = "<unk>"


class _Punctuation(dict):
    r"""A table for ``str.translate`` that deletes what ``[^\w\s]`` matches.

    It is filled as characters are met; translating is about twice as fast as
    ``re.sub`` on English posts.
    """

    _pattern = re.compile(r"[^\w\s]")

    def __missing__(self, code: int) -> int | None:
        self[code] = None if self._pattern.match(chr(code)) else code
        return self[code]


_PUNCTUATION = _Punctuation()


@estimator
class SequenceVectorizer(TransformerMixin, BaseEstimator):
    r"""Turn raw texts into padded sequences of word ids.

    A text is lower-cased, stripped of its punctuation and split on white space; every
    word becomes its id in the vocabulary learned by ``fit``, and the sequence is cut
    or padded on the right to a fixed length. The defaults are a usual preparation of
    20 Newsgroups for a recurrent network: it keeps the order of the words, which a
    bag of words loses.

    Parameters
    ----------
    lowercase : bool, default=True
        Convert the texts to lower case first.
    strip_punctuation : bool, default=True
        Remove every character that is neither a word character nor white space
        (the regular expression ``[^\w\s]``), so that "don't" becomes "dont".
        Symbols such as emoji are removed too, and so are combining marks:
        normalise to NFC first, or set this to False, for scripts that need them.
    max_features : int, default=50_000
        The largest number of words in the vocabulary: the most frequent are kept,
        and among equally frequent ones the first in alphabetical order.
    min_frequency : int, default=2
        How often a word must occur in the training texts, in total, to be kept. What
        truncation cuts off does not count, so that every word of the vocabulary
        occurs in the output of `fit_transform` and the largest id there is known to
        the network trained on it.
    max_length : int, default=400
        The number of columns of the output.
    truncation : {"head", "tail", "both"}, default="head"
        What is kept of a text of more than `max_length` words: its beginning, its
        end, or half of each (the beginning gets the extra word of an odd length).

    Attributes
    ----------
    vocabulary_ : dict of str to int
        The id of every word kept, from 2 for the most frequent; 0 is padding and
        1 is any other word.
    vocabulary_size_ : int
        The number of different ids, ``len(vocabulary_) + 2``: the number of rows
        that an embedding needs.

    See Also
    --------
    sklearn.feature_extraction.text.TfidfVectorizer : Weighted counts of words,
        without their order.

    References
    ----------
    .. [1] K. Lang, "NewsWeeder: Learning to Filter Netnews", International
       Conference on Machine Learning, 1995.
    .. [2] D. Bahdanau, K. Cho, Y. Bengio, "Neural Machine Translation by Jointly
       Learning to Align and Translate", International Conference on Learning
       Representations, 2015. `arXiv:1409.0473 <https://arxiv.org/abs/1409.0473>`_
       (sequences of words over a frequency-cut vocabulary, with one unknown token).

    Examples
    --------
    >>> from sklearn_nn.feature_extraction.text import SequenceVectorizer
    >>> texts = ["The cat sat.", "The cat ran, and the dog sat!"]
    >>> vectorizer = SequenceVectorizer(max_length=5)
    >>> vectorizer.fit_transform(texts)
    array([[2, 3, 1, 0, 0],
           [2, 3, 1, 1, 2]], dtype=int32)
    >>> vectorizer.vocabulary_
    {'the': 2, 'cat': 3}
    >>> vectorizer.inverse_transform([[2, 3, 1, 0, 0]])
    array(['the cat <unk>'], dtype=object)
    """

    lowercase: bool = True
    strip_punctuation: bool = True
    max_features: PositiveInt = 50_000
    min_frequency: PositiveInt = 2
    max_length: PositiveInt = 400
    truncation: Literal["head", "tail", "both"] = "head"

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Learn the vocabulary.

        Parameters
        ----------
        X : array-like of str of shape (n_samples,)
            The training texts.
        y : None
            Ignored; here so that the estimator fits into a pipeline.

        Returns
        -------
        self : SequenceVectorizer
            The fitted vectorizer.

        Raises
        ------
        TypeError
            If a row is not a string.
        ValueError
            If `X` is not a one-dimensional sequence of texts, has a missing value,
            or holds no word frequent enough for the vocabulary.
        """
        self._learn(X)
        return self

    @_fit_context(prefer_skip_nested_validation=True)
    def fit_transform(self, X, y=None):
        """Learn the vocabulary and return the ids, splitting every text only once.

        Parameters
        ----------
        X : array-like of str of shape (n_samples,)
            The training texts.
        y : None
            Ignored; here so that the estimator fits into a pipeline.

        Returns
        -------
        ids : ndarray of int32 of shape (n_samples, max_length)
            The same as ``fit(X).transform(X)``.

        Raises
        ------
        TypeError, ValueError
            As in :meth:`fit`.
        """
        rows, final_ids = self._learn(X)
        return self._pad([final_ids[row] for row in rows])

    def transform(self, X):
        """Turn texts into ids.

        Parameters
        ----------
        X : array-like of str of shape (n_samples,)
            The texts; one without any word becomes a row of zeros.

        Returns
        -------
        ids : ndarray of int32 of shape (n_samples, max_length)
            0 is padding (on the right), 1 a word outside the vocabulary.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If `fit` was not called.
        TypeError
            If a row is not a string.
        ValueError
            If `X` is not a one-dimensional sequence of texts or has a missing value.
        """
        check_is_fitted(self)
        get = self.vocabulary_.get
        texts = check_texts(X, caller=type(self).__name__)
        words = map(self._words, texts)
        return self._pad([[get(word, UNKNOWN) for word in row] for row in words])

    def inverse_transform(self, X):
        """Turn ids back into texts, as far as they remember them.

        Parameters
        ----------
        X : array-like of int of shape (n_samples, any length)
            Ids such as :meth:`transform` returns.

        Returns
        -------
        texts : ndarray of str, dtype object, of shape (n_samples,)
            The words joined by one space; padding is left out, an unknown word is
            ``"<unk>"``.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If `fit` was not called.
        ValueError
            If `X` is not a 2-D array of integers within the vocabulary.
        """
        check_is_fitted(self)
        ids = self._check_ids(X)
        words = np.array(["", UNKNOWN_WORD, *self.vocabulary_], dtype=object)
        texts = [" ".join(words[row[row != PAD]]) for row in ids]
        return np.array(texts, dtype=object)

    def get_feature_names_out(self, input_features=None):
        """Name the columns of the output.

        Parameters
        ----------
        input_features : None
            Ignored; here for compatibility with other transformers.

        Returns
        -------
        names : ndarray of str, dtype object, of shape (max_length,)
            "token0", "token1", ...
        """
        check_is_fitted(self)
        return np.array([f"token{i}" for i in range(self.max_length)], dtype=object)

    @property
    def vocabulary_size_(self) -> int:
        """The number of different ids, padding and unknown included."""
        return len(self.vocabulary_) + N_RESERVED

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.transformer_tags.preserves_dtype = []
        return tags

    def _words(self, text: str) -> list[str]:
        """Split a text and cut it to `max_length` words."""
        if self.lowercase:
            text = text.lower()
        if self.strip_punctuation:
            text = text.translate(_PUNCTUATION)
        return self._cut(text.split())

    def _cut(self, words: list) -> list:
        """Leave what truncation leaves of a text's words, whatever stands for them."""
        length = self.max_length
        if len(words) <= length or self.truncation == "head":
            return words[:length]
        if self.truncation == "tail":
            return words[-length:]
        n_last = length // 2
        return words[: length - n_last] + words[len(words) - n_last :]

    def _learn(self, X) -> tuple[list[np.ndarray], np.ndarray]:
        """Learn the vocabulary.

        Returns the texts as provisional ids (words numbered as they are met) and the
        array that maps a provisional id to the final one.
        """
        texts = check_texts(X, caller=type(self).__name__)
        numbers: defaultdict[str, int] = defaultdict()
        numbers.default_factory = numbers.__len__
        rows = [
            np.fromiter(map(numbers.__getitem__, self._words(text)), dtype=np.int32)
            for text in texts
        ]
        words = list(numbers)
        counts = np.bincount(np.concatenate(rows), minlength=len(words)).tolist()
        kept = self._select(words, counts, n_texts=len(texts))
        self.vocabulary_ = {words[k]: N_RESERVED + i for i, k in enumerate(kept)}
        final_ids = np.full(len(words), UNKNOWN, dtype=np.int32)
        final_ids[kept] = np.arange(N_RESERVED, N_RESERVED + len(kept))
        return rows, final_ids

    def _select(self, words: list[str], counts: list[int], n_texts: int) -> list[int]:
        """Indices of the words to keep, by falling count, then alphabetically."""
        if not words:
            raise ValueError(
                f"{type(self).__name__} has an empty vocabulary: it found no word in "
                f"the {n_texts} texts, all are empty or hold only what "
                f"strip_punctuation={self.strip_punctuation} removes. Pass texts with "
                "words, or set strip_punctuation=False."
            )
        kept = [k for k, count in enumerate(counts) if count >= self.min_frequency]
        if not kept:
            raise ValueError(
                f"{type(self).__name__} has an empty vocabulary: no word occurs "
                f"min_frequency={self.min_frequency} times in the {n_texts} texts "
                f"(the most frequent: {max(counts)}). Lower min_frequency or fit on "
                "more texts."
            )
        kept.sort(key=lambda k: (-counts[k], words[k]))
        return kept[: self.max_features]

    def _pad(self, rows: list) -> np.ndarray:
        ids = np.full((len(rows), self.max_length), PAD, dtype=np.int32)
        for i, row in enumerate(rows):
            ids[i, : len(row)] = row
        return ids

    def _check_ids(self, X) -> np.ndarray:
        name = type(self).__name__
        ids = check_array(X, dtype=None, input_name="X", ensure_min_features=0)
        if ids.dtype.kind not in "iu":
            raise ValueError(
                f"{name}.inverse_transform expects integer ids, got {ids.dtype}. "
                "Pass what transform returned."
            )
        wrong = np.argwhere((ids < 0) | (ids >= self.vocabulary_size_))
        if len(wrong):
            row, column = wrong[0]
            raise ValueError(
                f"{name}.inverse_transform expects ids from 0 to "
                f"{self.vocabulary_size_ - 1}; row {row} has {ids[row, column]}. "
                "Were these ids made by another vectorizer?"
            )
        return ids
