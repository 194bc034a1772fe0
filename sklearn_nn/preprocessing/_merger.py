"""One text of several columns."""

from typing import Annotated, Any

import numpy as np
from sklearn.base import BaseEstimator, _fit_context
from sklearn.utils.validation import check_is_fitted, validate_data

from .._declaration import estimator
from .._texts import _is_missing
from ._base import TextOutput


@estimator
class TextMerger(TextOutput, BaseEstimator):
    """Make one text of several columns, such as a title and a description.

    The first step of a pipeline on a data frame. Values lose white
    space at their ends; those that are then missing, empty or equal to one before them
    in their row are left out. A row without any value becomes an empty text.

    Parameters
    ----------
    columns : array-like of str or int, default=None
        The columns to merge, in this order: names in a data frame, positions in an
        array. `None` means all of them, which must then be the same at every call.
    separator : str, default=" "
        What stands between two values.

    Attributes
    ----------
    n_features_in_ : int
        Number of columns seen in `fit`.
    feature_names_in_ : ndarray of str of shape (n_features,)
        Their names, if all are strings.

    See Also
    --------
    TextCleaner : Removes markup and more from texts.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn_nn.preprocessing import TextMerger
    >>> X = pd.DataFrame(
    ...     {
    ...         "title": ["red chair", "a lamp", "sofa"],
    ...         "description": ["It folds.", None, "sofa"],
    ...     }
    ... )
    >>> TextMerger(separator=". ").fit_transform(X)
    array(['red chair. It folds.', 'a lamp', 'sofa'], dtype=object)
    """

    columns: Annotated[Any, "array-like", None] = None
    separator: str = " "

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> "TextMerger":
        """Note the columns and check the values.

        Parameters
        ----------
        X : pandas or polars DataFrame, or ndarray of shape (n_samples, n_columns)
            Texts and missing values (None, NaN, NA).
        y : None
            Ignored.

        Returns
        -------
        self : object
            The same step, fitted.

        Raises
        ------
        TypeError
            If a value is neither a string nor missing.
        ValueError
            If a column is not there, or `X` has not two dimensions.
        """
        self._merged(X, reset=True)
        return self

    @_fit_context(prefer_skip_nested_validation=True)
    def fit_transform(self, X: Any, y: Any = None) -> np.ndarray:
        """Fit and merge, reading the values only once.

        Parameters
        ----------
        X : pandas or polars DataFrame, or ndarray of shape (n_samples, n_columns)
            Texts and missing values (None, NaN, NA).
        y : None
            Ignored.

        Returns
        -------
        texts : ndarray of shape (n_samples,), dtype object
            One ``str`` for each row.

        Raises
        ------
        TypeError
            If a value is neither a string nor missing.
        ValueError
            If a column is not there, or `X` has not two dimensions.
        """
        return self._merged(X, reset=True)

    def transform(self, X: Any) -> np.ndarray:
        """Merge the columns.

        Parameters
        ----------
        X : pandas or polars DataFrame, or ndarray of shape (n_samples, n_columns)
            Texts and missing values (None, NaN, NA).

        Returns
        -------
        texts : ndarray of shape (n_samples,), dtype object
            One ``str`` for each row, in the same order.

        Raises
        ------
        TypeError
            If a value is neither a string nor missing.
        ValueError
            If a column is not there, or `X` has not two dimensions.
        """
        check_is_fitted(self)
        self._validate_params()
        return self._merged(X, reset=False)

    def _merged(self, X: Any, reset: bool) -> np.ndarray:
        names = self._names(X)
        if reset or self.columns is None:
            validate_data(self, X, reset=reset, skip_check_array=True)
        positions = self._positions(names)
        columns = [_values(X, position) for position in positions]
        texts = np.empty(len(X), dtype=object)
        for i, row in enumerate(zip(*columns, strict=True)):
            kept: dict[str, None] = {}
            for position, value in zip(positions, row, strict=True):
                if isinstance(value, str):
                    kept[value.strip()] = None
                elif not _is_missing(value):
                    raise TypeError(
                        f"TextMerger expects texts; row {i} of column "
                        f"{names[position]!r} is of type {type(value).__name__}. Name "
                        "the columns that hold texts, columns=[...], or convert this "
                        "one to str first."
                    )
            kept.pop("", None)
            texts[i] = self.separator.join(kept)
        return texts

    @staticmethod
    def _names(X: Any) -> list:
        """Return the names of the columns; those of an array are their positions."""
        shape = getattr(X, "shape", None)
        if shape is None or len(shape) != 2:
            found = type(X).__name__ if shape is None else f"{len(shape)}-D array-like"
            raise ValueError(
                f"TextMerger expects a data frame or a 2-D array of texts, got a "
                f"{found}. Pass several columns, such as X[['title', 'description']]; "
                "what is one text a row needs no merging."
            )
        if 0 in shape:
            raise ValueError(
                f"TextMerger needs at least one row and one column; X has the shape "
                f"{tuple(shape)} (0 samples or columns)."
            )
        return list(X.columns) if hasattr(X, "columns") else list(range(shape[1]))

    def _positions(self, names: list) -> list[int]:
        if self.columns is None:
            return list(range(len(names)))
        unknown = [column for column in self.columns if column not in names]
        if unknown or not len(self.columns):
            raise ValueError(
                f"columns={list(self.columns)!r} names "
                f"{', '.join(map(repr, unknown)) or 'no column'}; X has {names!r}."
            )
        return [names.index(column) for column in self.columns]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        # Columns of texts: none of scikit-learn's checks, which pass numbers, apply.
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        tags.input_tags.allow_nan = True
        return tags


def _values(X: Any, position: int) -> list:
    """Return one column as a list, from a frame of pandas or polars or an array."""
    if hasattr(X, "iloc"):
        return X.iloc[:, position].tolist()
    if hasattr(X, "columns"):
        return X.to_series(position).to_list()
    return X[:, position].tolist()
