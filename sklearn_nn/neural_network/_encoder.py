"""What encoders share: raw rows to the vectors of a backbone that stays as it is."""

import os
from typing import Any, Literal

import numpy as np
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    _fit_context,
)
from sklearn.utils.validation import check_is_fitted

from sklearn_nn._declaration import PositiveInt, Verbosity, estimator
from sklearn_nn._pretrained.cache import FeatureCache


@estimator
class PretrainedEncoder(
    ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator
):
    """A step that turns raw rows into vectors of a pretrained backbone.

    Parameters
    ----------
    revision : str, default=None
        Branch, tag or commit on the hub; None is the copy on this machine, or else
        the newest.
    cache : str or path-like, default=None
        A SQLite file, made if missing, that keeps the vectors for later and for other
        processes. It holds a hash of every row, never the row. A run that is stopped
        goes on from the last batch. It is looked into once, when a call starts:
        processes that start together on the same rows each compute them, so call
        `transform` on the rows once before a search with several processes.
    device : str, default="auto"
        ``"auto"`` (a GPU when there is one) or a torch device.
    precision : {"auto", "float32", "float64", "bfloat16"}, default="auto"
        What to compute in. ``"bfloat16"`` keeps float32 weights and autocasts; the
        vectors then agree with float32 to about two digits. ``"auto"`` takes it on
        processors and GPUs made for it, and float32 on others.
    verbose : int, default=0
        0 is silent, 1 shows a progress bar.

    Attributes
    ----------
    n_features_ : int
        The length of a vector.
    weights_ : str
        Which weights: the commit of a model on the hub, or a SHA-256 over a folder.
    """

    model_name: str | os.PathLike
    revision: str | None = None
    batch_size: PositiveInt = 32
    cache: str | os.PathLike | None = None
    device: str = "auto"
    precision: Literal["auto", "float32", "float64", "bfloat16"] = "auto"
    verbose: Verbosity = 0

    def _check_raw(self, X: Any) -> Any:
        """Return the rows, checked but as they are."""
        raise TypeError(f"{type(self).__name__} does not say what it reads.")

    def _find_backbone(self) -> tuple[int, str]:
        """Return the length of a vector, and which weights there are."""
        raise TypeError(f"{type(self).__name__} does not say what its backbone is.")

    def _features_of(self, rows: Any, **shared: Any) -> np.ndarray:
        """Return the vectors of rows."""
        raise TypeError(f"{type(self).__name__} does not say how to compute.")

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Find the backbone and check the rows; there is nothing to learn.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            The rows.
        y : None
            Ignored; here so that the estimator fits into a pipeline.

        Returns
        -------
        self : object
            The fitted encoder.

        Raises
        ------
        TypeError
            If a row is of another type.
        ValueError
            If `X` is no sequence of such rows or has a missing value, or if there is
            no such backbone, or none for these parameters.
        ImportError
            If a package is missing; the message names the extra that brings it.
        OSError
            If the model is not on this machine and the hub cannot be reached.
        RuntimeError
            If the device is missing, or the file that `cache` names cannot be used.
        """
        self._check_raw(X)
        n_features, weights = self._find_backbone()
        with FeatureCache(self.cache):
            pass
        self.n_features_, self.weights_ = n_features, weights
        return self

    def transform(self, X):
        """Turn rows into vectors.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            The rows.

        Returns
        -------
        features : ndarray of float32 of shape (n_samples, n_features_)
            A vector depends on its row alone, but for rounding.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If `fit` was not called.
        TypeError
            If a row is of another type.
        ValueError
            If `X` is no sequence of such rows, a row cannot be read, or the weights
            of the fit are no longer there.
        MemoryError
            If a batch does not fit.
        RuntimeError
            If the file that `cache` names cannot be used.
        """
        check_is_fitted(self)
        rows = self._check_raw(X)
        self._validate_params()
        return self._features_of(
            rows,
            model_name=self.model_name,
            batch_size=self.batch_size,
            device=self.device,
            precision=self.precision,
            cache=self.cache,
            verbose=self.verbose,
            caller=type(self).__name__,
        )

    @property
    def _n_features_out(self) -> int:
        return self.n_features_

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.transformer_tags.preserves_dtype = []
        return tags
