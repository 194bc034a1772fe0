"""Samplers that pick rows by their number, whatever a row is."""

from abc import abstractmethod
from collections.abc import Sequence
from numbers import Number
from typing import Any, Self

import numpy as np
import scipy.sparse as sp
from imblearn.base import BaseSampler
from imblearn.utils import check_target_type
from sklearn.base import _fit_context
from sklearn.utils import _safe_indexing, check_random_state
from sklearn.utils.validation import (
    _num_samples,
    check_consistent_length,
    validate_data,
)

from sklearn_nn._checks import all_or_nothing, check_has_y, check_labels
from sklearn_nn._declaration import RandomState, estimator
from sklearn_nn._texts import _is_missing


def as_labels(y: Any) -> Any:
    """Return y as an array or Series whose dtype scikit-learn knows."""
    if getattr(getattr(y, "dtype", None), "kind", "") == "T":
        return np.asarray(y, dtype=object)
    return y if hasattr(y, "shape") else np.asarray(y)


@estimator
class RowSampler(BaseSampler):
    """A sampler that picks rows by their number, so that X may be anything indexable.

    A subclass gives ``_select``, which returns the numbers of the rows.

    Attributes
    ----------
    sample_indices_ : ndarray of int of shape (n_samples_new,)
        Where each row of the result stood in `X`.
    """

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any) -> Self:
        """Decide which rows to pick, without picking them: see `fit_resample`.

        Parameters
        ----------
        X : list, ndarray, Series, data frame or sparse matrix of n_samples rows
            The training rows.
        y : array-like of shape (n_samples,)
            Their labels.

        Returns
        -------
        self : object
            The sampler.

        Raises
        ------
        TypeError, ValueError
            As in `fit_resample`.
        """
        self._decide(X, y)
        return self

    @_fit_context(prefer_skip_nested_validation=True)
    def fit_resample(self, X: Any, y: Any) -> tuple[Any, Any]:
        """Pick the rows to train on.

        Parameters
        ----------
        X : list, ndarray, Series, data frame or sparse matrix of n_samples rows
            The training rows: texts, vectors or anything else that can be picked by
            number.
        y : array-like of shape (n_samples,)
            Their labels.

        Returns
        -------
        X_resampled : of the kind and dtype of X
            Rows of `X`: those kept first, in their order, then the copies, class by
            class.
        y_resampled : of the kind and dtype of y
            Their labels.

        Raises
        ------
        TypeError
            If rows of `X` cannot be picked by number.
        ValueError
            If `y` is no list of classes, or has another length than `X`.
        """
        return self._fit_resample(self._decide(X, y), y)

    def _decide(self, X: Any, y: Any) -> Any:
        """Set `sample_indices_`; return X in a form whose rows can be picked."""
        with all_or_nothing(self):
            X, labels = self._check_rows(X, y)
            self.sample_indices_ = self._select(X, labels)
        return X

    def _fit_resample(self, X: Any, y: Any) -> tuple[Any, Any]:
        rows = self.sample_indices_
        return _safe_indexing(X, rows), _safe_indexing(y, rows)

    def _check_rows(self, X: Any, y: Any) -> tuple[Any, np.ndarray]:
        """Check that rows can be picked and labels told apart; return both."""
        name = type(self).__name__
        if isinstance(X, str | bytes) or not (
            hasattr(X, "shape") or isinstance(X, Sequence)
        ):
            raise TypeError(
                f"{name} picks rows by their number, from a list, array, Series, data "
                f"frame or sparse matrix; it got a {type(X).__name__}. Convert it "
                "first: list(X)."
            )
        check_has_y(y, name)
        if sp.issparse(X) and X.format not in ("csr", "csc"):
            X = X.tocsr()
        for row, label in enumerate(np.asarray(y, dtype=object).ravel()):
            if _is_missing(label):
                raise ValueError(
                    f"Row {row} of y has no label ({label!r}). Leave rows without a "
                    f"label out before {name}."
                )
        labels = check_target_type(as_labels(y))
        check_labels(labels, name)
        check_consistent_length(X, labels)
        self._check_shape(X, name)
        validate_data(self, X, labels, skip_check_array=True)
        return X, labels

    def _check_shape(self, X: Any, name: str) -> None:
        shape: tuple[int, ...] = getattr(X, "shape", (_num_samples(X),))
        if shape[0] == 0:
            raise ValueError(f"{name} needs at least one row; X has 0 samples.")
        if len(shape) > 1 and shape[1] == 0:
            raise ValueError(
                f"{name} got 0 feature(s) (shape={shape}) while a minimum of 1 is "
                "required."
            )
        if len(shape) == 1 and isinstance(next(iter(X)), Number):
            raise ValueError(
                f"{name} got a 1-D array of numbers. Reshape your data: "
                "X.reshape(-1, 1) if it is one column, X.reshape(1, -1) if one row."
            )
        if getattr(getattr(X, "dtype", None), "kind", "") == "c":
            raise ValueError(f"Complex data not supported by {name}: take X.real.")

    @abstractmethod
    def _select(self, X: Any, labels: np.ndarray) -> np.ndarray:
        """Return the numbers of the rows to train on."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.allow_nan = True
        tags.sampler_tags.sample_indices = True
        return tags


@estimator
class ClassCountSampler(RowSampler):
    """A sampler that gives every class a number of rows.

    A subclass gives ``_wanted``, which returns these numbers.

    Parameters
    ----------
    random_state : int, RandomState instance or None, default=None
        Seed of the draw.

    Attributes
    ----------
    sampling_strategy_ : dict
        The rows per class that the sampler works with.
    n_features_in_ : int
        Number of columns; only for `X` with columns.
    feature_names_in_ : ndarray of str of shape (n_features,)
        Names of the columns; only for data frames whose names are all strings.
    """

    random_state: RandomState = None

    @abstractmethod
    def _wanted(self, labels: np.ndarray, counts: dict[Any, int]) -> dict[Any, int]:
        """Return the rows that each class is to have, and set `sampling_strategy_`."""

    def _select(self, X: Any, labels: np.ndarray) -> np.ndarray:
        classes, counts = np.unique(labels, return_counts=True)
        if len(classes) < 2:
            raise ValueError(
                f"{type(self).__name__} needs rows of more than 1 class; y has 1 class "
                f"only ({classes.tolist()[0]!r}). Check how the rows were selected."
            )
        wanted = self._wanted(labels, dict(zip(classes, counts, strict=True)))
        random_state = check_random_state(self.random_state)
        kept, copies = [], []
        for label, n_wanted in wanted.items():
            rows = np.flatnonzero(labels == label)
            n_missing = n_wanted - len(rows)
            if n_missing < 0:
                rows = random_state.choice(rows, n_wanted, replace=False)
            elif n_missing > 0:
                copies.append(random_state.choice(rows, n_missing))
            kept.append(rows)
        return np.concatenate([np.sort(np.concatenate(kept)), *copies])
