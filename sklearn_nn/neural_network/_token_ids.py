"""Token ids as the input of an estimator."""

import warnings
from numbers import Integral
from typing import Annotated

import numpy as np
import torch
from sklearn.exceptions import DataConversionWarning
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import validate_data

from sklearn_nn._declaration import estimator
from sklearn_nn._training.rows import DenseRows, TokenRows
from sklearn_nn.base import NeuralEstimator

LARGEST_ID = np.iinfo(np.int32).max - 1


@estimator
class TokenIdsEstimator(NeuralEstimator):
    """An estimator whose X is a matrix of right-padded token ids.

    Parameters
    ----------
    vocabulary_size : int, default=None
        Number of ids, with padding (0). None takes the largest id in `fit` plus one;
        give it when later rows may hold larger ids.
    """

    vocabulary_size: Annotated[
        int | None, Interval(Integral, 2, LARGEST_ID, closed="both"), None
    ] = None

    def _check_X(self, X, *args, reset=True, **options):
        checked = validate_data(self, X, *args, reset=reset, dtype="numeric", **options)
        X, *y = checked if args else (checked,)
        ids = self._check_ids(X, reset)
        return (ids, *y) if args else ids

    def _check_ids(self, X: np.ndarray, reset: bool) -> np.ndarray:
        name = type(self).__name__
        if reset:
            limit = self.vocabulary_size or LARGEST_ID
            cure = "Raise vocabulary_size."
        else:
            limit = self.vocabulary_size_
            cure = (
                "Fit on ids that include the largest, or set vocabulary_size to the "
                "number of all ids (SequenceVectorizer has it as vocabulary_size_)."
            )
        if X.dtype.kind == "f" and (X % 1).any():
            warnings.warn(
                f"X holds fractions, but {name} reads token ids, which are whole "
                "numbers: rounding down and clipping to the known ids. "
                "SequenceVectorizer makes ids from texts.",
                DataConversionWarning,
                stacklevel=2,
            )
            X = np.clip(np.floor(X), 0, limit - 1)
        if X.min() < 0:
            raise ValueError(
                f"Negative values in data passed to {name}: row {_first_row(X < 0)} "
                "of X has a negative token id. Ids start at 0, the padding; "
                "SequenceVectorizer makes them from texts."
            )
        if X.max() >= limit:
            row = _first_row(X >= limit)
            raise ValueError(
                f"Row {row} of X has the token id {int(X[row].max())}, but {name} "
                f"knows the ids 0 to {limit - 1}. {cure}"
            )
        if reset:
            inferred = max(int(X.max()) + 1, 2)
            self.vocabulary_size_: int = self.vocabulary_size or inferred
        return X.astype(np.int32, copy=False)

    def _rows(self, X, dtype: str, device: torch.device) -> DenseRows:
        return TokenRows(X, dtype, device)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = False
        tags.input_tags.categorical = True
        tags.input_tags.positive_only = True
        return tags


def _first_row(is_bad: np.ndarray) -> int:
    return int(is_bad.any(axis=1).argmax())
