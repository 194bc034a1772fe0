"""Token ids as the input of an estimator."""

import warnings
from numbers import Integral
from typing import Annotated, ClassVar

import numpy as np
import torch
from sklearn.exceptions import DataConversionWarning
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import validate_data

from sklearn_nn._checks import explained, stack_level
from sklearn_nn._declaration import estimator
from sklearn_nn._training.rows import DenseRows, TokenRows
from sklearn_nn.base import NeuralEstimator

# Larger ids are int32 no more, or, not asked for, hardly meant as ids.
LARGEST_ID = np.iinfo(np.int32).max - 1
LARGEST_INFERRED = 2**24


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

    _accept_sparse: ClassVar[str | bool] = False
    _text_cure = "SequenceVectorizer turns texts into token ids."

    @property
    def _known_ids(self) -> int:
        return self.vocabulary_size or self.vocabulary_size_

    def _check_X(self, X, y="no_validation", *, reset: bool, **options):
        with explained(X, y, type(self).__name__, self._text_cure):
            checked = validate_data(self, X, y, reset=reset, dtype="numeric", **options)
        if isinstance(checked, tuple):
            return self._check_ids(checked[0], reset), checked[1]
        return self._check_ids(checked, reset)

    def _check_ids(self, X: np.ndarray, reset: bool) -> np.ndarray:
        name = type(self).__name__
        if not reset:
            limit = self.vocabulary_size_
            cure = (
                "Fit on ids that include the largest, or set vocabulary_size to the "
                "number of all ids (SequenceVectorizer has it as vocabulary_size_)."
            )
        elif self.vocabulary_size is not None:
            limit, cure = self.vocabulary_size, "Raise vocabulary_size."
        else:
            limit = LARGEST_INFERRED
            cure = "If these are ids, set vocabulary_size to the number of them."
        # An error would be kinder, but scikit-learn's checks fit such matrices and
        # ask for no more than that it does not fail.
        if X.dtype.kind == "f" and (X % 1).any():
            warnings.warn(
                f"X holds fractions, but {name} reads token ids, which are whole "
                "numbers: rounding down and clipping to the known ids. "
                "SequenceVectorizer makes ids from texts.",
                DataConversionWarning,
                stacklevel=stack_level(),
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
        tags.input_tags.categorical = True
        tags.input_tags.positive_only = True
        return tags


def _first_row(is_bad: np.ndarray) -> int:
    return int(is_bad.any(axis=1).argmax())
