"""Language detection as a step of a pipeline."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from .._declaration import PositiveInt, estimator
from ._base import BatchedTextStep
from ._language import Algorithm, Languages, detect_language, load_detector


@estimator
class LanguageDetector(BatchedTextStep):
    """Turn every text into the code of its language: one column.

    As a feature, or to compare scores by language. For the languages of some texts
    outside a pipeline, :func:`detect_language` is shorter and documents the rules.

    Parameters
    ----------
    algorithm : {"fasttext", "langid", "langdetect"}, default="fasttext"
        Who detects: the small model of fastText, langid.py or langdetect.
    languages : array-like of str, default=None
        The candidates, as codes such as "fr"; `None` means all that the algorithm
        knows.
    max_length : int, default=200
        Only the first `max_length` characters of a text are looked at.

    See Also
    --------
    detect_language : The same as a function; it has the references.

    Examples
    --------
    >>> from sklearn_nn.preprocessing import LanguageDetector
    >>> texts = ["une chaise pliante en bois", "a folding chair", "3 / 12"]
    >>> LanguageDetector().fit_transform(texts)
    array([['fr'],
           ['en'],
           ['und']], dtype=object)
    """

    algorithm: Algorithm = "fasttext"
    languages: Languages = None
    max_length: PositiveInt = 200

    def transform(self, X: Any) -> np.ndarray:
        """Detect the language of every text.

        Parameters
        ----------
        X : array-like of str of shape (n_samples,)
            The texts.

        Returns
        -------
        codes : ndarray of shape (n_samples, 1), dtype object
            One ``str`` for each row; "und" for a text without letters.

        Raises
        ------
        TypeError, ValueError
            If X is no sequence of texts, or a row is no text: the row is named.
        ImportError
            If a package that the step needs is not installed.
        """
        return self._in_batches(X).reshape(-1, 1)

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Name the column.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Ignored.

        Returns
        -------
        names : ndarray of shape (1,), dtype object
            ``["language"]``.
        """
        return np.array(["language"], dtype=object)

    def _check_resources(self) -> None:
        load_detector(self.algorithm, self.languages)

    def _transform_texts(self, texts: list[str]) -> Sequence[str]:
        return detect_language(
            texts,
            algorithm=self.algorithm,
            languages=self.languages,
            max_length=self.max_length,
        ).tolist()
