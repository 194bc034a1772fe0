"""What every step from texts to texts shares: checks, batches, workers, languages."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from joblib import Parallel, delayed
from sklearn.base import BaseEstimator, TransformerMixin, _fit_context

from .._declaration import PositiveInt, estimator
from .._texts import check_texts
from ._codes import normalise
from ._language import Languages, detect_language, load_detector


@estimator
class BatchedTextStep(TransformerMixin, BaseEstimator, ABC):
    """A step that finds something for every text, each by itself.

    A subclass gives ``_transform_texts``, which treats one batch.

    Parameters
    ----------
    batch_size : int, default=1000
        Rows treated at a time: working memory grows with it, not with the corpus.
    n_jobs : int, default=None
        Number of joblib workers that share the batches; ``None`` means one, unless
        inside a :class:`joblib.parallel_config` block, ``-1`` all cores.
    """

    batch_size: PositiveInt = 1000
    n_jobs: int | None = None

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> "BatchedTextStep":
        """Check the parameters and the texts; there is nothing to learn.

        Parameters
        ----------
        X : array-like of str of shape (n_samples,)
            The texts.
        y : None
            Ignored.

        Returns
        -------
        self : object
            The same step.

        Raises
        ------
        TypeError, ValueError
            If X is no sequence of texts, or a row is no text: the row is named.
        ImportError
            If a package that the step needs is not installed.
        """
        check_texts(X, caller=type(self).__name__)
        self._check_resources()
        return self

    def _in_batches(self, X: Any) -> np.ndarray:
        """Treat every text; return an array of objects of shape (n_samples,)."""
        texts = check_texts(X, caller=type(self).__name__)
        self._validate_params()
        self._check_resources()
        starts = range(0, len(texts), self.batch_size)
        treated = np.empty(len(texts), dtype=object)
        batches = Parallel(n_jobs=self.n_jobs, return_as="generator")(
            delayed(self._transform_texts)(texts[start : start + self.batch_size])
            for start in starts
        )
        for start, batch in zip(starts, batches, strict=True):
            treated[start : start + self.batch_size] = batch
        return treated

    def _check_resources(self) -> None:
        """Raise early, in the parent, when a package or a word list is missing."""

    @abstractmethod
    def _transform_texts(self, texts: list[str]) -> Sequence[str]:
        """Treat one batch; the result has the same length."""

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        tags.requires_fit = False
        return tags


class TextOutput(TransformerMixin):
    """What a step that gives texts answers where others speak of columns."""

    def __init_subclass__(cls, **kwargs):
        # Texts are one-dimensional: scikit-learn must not make them a data frame.
        super().__init_subclass__(auto_wrap_output_keys=None, **kwargs)

    def set_output(self, *, transform: Any = None) -> "TextOutput":
        """Do nothing: texts stay texts, so that a pipeline may set its output.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"}, default=None
            Ignored.

        Returns
        -------
        self : object
            The same step.
        """
        return self

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Name what comes out, so that a pipeline can ask its last step.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Ignored.

        Returns
        -------
        names : ndarray of shape (1,), dtype object
            ``["text"]``.
        """
        return np.array(["text"], dtype=object)


@estimator
class TextTransformer(TextOutput, BatchedTextStep):
    """A step that maps every text to a text, each by itself.

    A subclass gives ``_transform_texts``, which treats one batch.
    """

    def transform(self, X: Any) -> np.ndarray:
        """Treat every text.

        Parameters
        ----------
        X : array-like of str of shape (n_samples,)
            The texts.

        Returns
        -------
        texts : ndarray of shape (n_samples,), dtype object
            One ``str`` for each row, in the same order.

        Raises
        ------
        TypeError, ValueError
            If X is no sequence of texts, or a row is no text: the row is named.
        ImportError
            If a package that the step needs is not installed.
        """
        return self._in_batches(X)


@estimator
class LanguageAwareTransformer(TextTransformer):
    """A step that treats every text by the rules of its language.

    A subclass gives ``_transform_in``, which treats texts of one language. One that
    overrides ``_check_resources`` calls this class's, too.

    Parameters
    ----------
    language : str, default="auto"
        An ISO 639-1 code such as "fr" for all rows, or "auto": detected for every row.
    languages : array-like of str, default=None
        The candidates of ``language="auto"``. Short texts are often mistaken for one
        of a language that does not occur at all: name those that do.
    detector : {"fasttext", "langid", "langdetect"}, default="fasttext"
        Who detects, see :class:`~sklearn_nn.preprocessing.LanguageDetector`.
    """

    language: str = "auto"
    languages: Languages = None
    detector: Literal["fasttext", "langid", "langdetect"] = "fasttext"

    def _check_resources(self) -> None:
        super()._check_resources()
        if self.language == "auto":
            load_detector(self.detector, self.languages)

    def _transform_texts(self, texts: list[str]) -> Sequence[str]:
        if self.language != "auto":
            return self._transform_in(normalise(self.language), texts)
        languages = detect_language(
            texts, algorithm=self.detector, languages=self.languages
        )
        treated = np.empty(len(texts), dtype=object)
        rows_of: dict[str, list[int]] = {}
        for row, language in enumerate(languages.tolist()):
            rows_of.setdefault(language, []).append(row)
        for language, rows in rows_of.items():
            treated[rows] = self._transform_in(language, [texts[row] for row in rows])
        return treated.tolist()

    @abstractmethod
    def _transform_in(self, language: str, texts: list[str]) -> Sequence[str]:
        """Treat texts of one language; of an unknown one, leave them as they are."""
