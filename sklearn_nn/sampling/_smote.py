"""SMOTE on vectors, and on nothing else."""

from typing import Any

import numpy as np
import scipy.sparse as sp
from imblearn import over_sampling
from imblearn.utils import check_target_type
from sklearn.base import _fit_context
from sklearn.utils import _safe_indexing

from sklearn_nn._checks import _first_row, _is_text, explained
from sklearn_nn.sampling._rows import as_labels

ROWS_INSTEAD = (
    "over-sample the rows as they are, with sklearn_nn.sampling.RandomOverSampler"
)


class SMOTE(over_sampling.SMOTE):
    """Invent rows of the small classes between neighbours of the same class.

    imbalanced-learn's SMOTE, which refuses what has no meaning between two rows (texts,
    token ids), says what to do about classes with too few rows, and leaves `y` of the
    kind it was.

    Parameters
    ----------
    sampling_strategy : float, str, dict or callable, default="auto"
        Which classes gain rows, as in :class:`RandomOverSampler`.
    random_state : int, RandomState instance or None, default=None
        Seed of the draw.
    k_neighbors : int or nearest neighbours estimator, default=5
        How many neighbours a row has; each class to over-sample must have one row more
        than that.

    Attributes
    ----------
    sampling_strategy_ : dict
        The rows that are added to each class.
    n_features_in_ : int
        Number of columns.
    feature_names_in_ : ndarray of str of shape (n_features,)
        Names of the columns; only for data frames whose names are all strings.

    See Also
    --------
    RandomOverSampler : Repeats rows, whatever they are.

    References
    ----------
    .. [1] N. V. Chawla, K. W. Bowyer, L. O. Hall, W. P. Kegelmeyer, "SMOTE: Synthetic
       Minority Over-sampling Technique", Journal of Artificial Intelligence Research
       16, 2002. `doi:10.1613/jair.953 <https://doi.org/10.1613/jair.953>`_

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_nn.sampling import SMOTE
    >>> X = np.array([[0.0], [1.0], [5.0], [6.0], [7.0]])
    >>> y = ["low", "low", "high", "high", "high"]
    >>> X_more, y_more = SMOTE(k_neighbors=1, random_state=0).fit_resample(X, y)
    >>> y_more[5:], bool(0 <= X_more[5, 0] <= 1)
    (['low'], True)
    """

    @_fit_context(prefer_skip_nested_validation=True)
    def fit_resample(self, X: Any, y: Any) -> tuple[Any, Any]:
        """Add the invented rows.

        Parameters
        ----------
        X : array-like, data frame or sparse matrix of shape (n_samples, n_features)
            The training rows. Dense integers are refused, since they may be token ids.
        y : array-like of shape (n_samples,)
            Their labels.

        Returns
        -------
        X_resampled : of the kind and dtype of X
            The rows of `X` in their order, then the invented ones, class by class.
            Sparse counts (integers) become float64, to have something between them.
        y_resampled : of the kind and dtype of y
            Their labels.

        Raises
        ------
        ValueError
            If `X` holds texts or is a dense matrix of integers, or if a class to be
            over-sampled has no more than `k_neighbors` rows.
        """
        polars = type(X).__module__.startswith("polars")
        labels = check_target_type(as_labels(y))
        matrix, labels_resampled = super().fit_resample(
            X.to_numpy() if polars else X, labels
        )
        first_rows = {label: row for row, label in reversed([*enumerate(labels)])}
        invented = [first_rows[label] for label in labels_resampled[len(labels) :]]
        rows = np.array([*range(len(labels)), *invented])
        X_resampled = type(X)(matrix, schema=X.schema) if polars else matrix
        return X_resampled, _safe_indexing(y, rows)

    def _check_X_y(self, X: Any, y: Any, accept_sparse: Any = None) -> tuple:
        cure = (
            "put a vectoriser such as TfidfVectorizer before this step, or "
            f"{ROWS_INSTEAD}."
        )
        name = type(self).__name__
        with explained(X, y, name, cure):
            try:
                return super()._check_X_y(X, y, accept_sparse)
            except (ValueError, TypeError) as error:
                row = _first_row(X, _is_text)
                if row is None:
                    raise
                raise ValueError(
                    f"{name} takes vectors. Row {row} of X holds text: {cure}"
                ) from error

    def _fit_resample(self, X: Any, y: np.ndarray) -> tuple[Any, np.ndarray]:
        if X.dtype.kind in "iub":
            if not sp.issparse(X):
                raise ValueError(
                    f"{type(self).__name__} invents rows between two others, but X is "
                    f"a dense matrix of {X.dtype}: between two token ids or codes "
                    f"there is no third one. For those, {ROWS_INSTEAD}; if the "
                    "integers are quantities, convert them: X.astype(float)."
                )
            X = X.astype(np.float64)
        self._check_class_counts(y)
        return super()._fit_resample(X, y)

    def _check_class_counts(self, y: np.ndarray) -> None:
        self._validate_estimator()
        needed = self.nn_k_.n_neighbors
        for label, n_new in self.sampling_strategy_.items():
            count = int((y == label).sum())
            if n_new and count < needed:
                lower = f"set k_neighbors={count - 1} or lower, or " * (count > 1)
                raise ValueError(
                    f"{type(self).__name__} with {needed - 1} neighbours needs at "
                    f"least {needed} rows of a class, but class "
                    f"{np.asarray(label).item()!r} has n_samples = {count}: {lower}"
                    f"{ROWS_INSTEAD}."
                )
