"""The contract of regressors."""

from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import MultiOutputMixin, RegressorMixin, _fit_context

from sklearn_nn._checks import all_or_nothing, explained
from sklearn_nn._contract.network import Network
from sklearn_nn._contract.sample import Sample
from sklearn_nn._declaration import estimator


@estimator
class NetworkRegressor(RegressorMixin, MultiOutputMixin, Network):
    """A network whose outputs are numbers; one target or several."""

    _validation_options: ClassVar[dict[str, Any]] = {
        "multi_output": True,
        "y_numeric": True,
    }

    def _learn_targets(self, y: np.ndarray) -> None:
        self._target_shape_ = y.shape[1:]

    def _encode(self, y: np.ndarray, rows: np.ndarray | None = None) -> np.ndarray:
        with explained(None, y, type(self).__name__, ""):
            y = np.asarray(y, dtype=np.float64)
        self._check_range(y, "y")
        if y.shape[1:] != self._target_shape_:
            former = ("n_samples", *map(str, self._target_shape_))
            raise ValueError(
                f"y has the shape {y.shape}, but {type(self).__name__} was fitted on "
                f"targets of shape ({', '.join(former)})."
            )
        return y.reshape(len(y), -1)

    @property
    def _n_outputs(self) -> int:
        return self._target_shape_[0] if self._target_shape_ else 1

    def _weigh_classes(self, sample: Sample) -> Sample:
        return sample

    def _best_constant(self, sample: Sample) -> np.ndarray:
        return np.average(sample.y, axis=0, weights=sample.weight)

    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train one epoch more, on these rows, at a constant learning rate.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training rows.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Their targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Row weights, comparable between calls.

        Returns
        -------
        self : object
            The estimator.

        Raises
        ------
        ValueError
            If X, y or a parameter is unusable, or if training diverges.
        """
        first = not hasattr(self, "net_")
        with all_or_nothing(self):
            X, y = self._check_X(X, y, reset=first, **self._validation_options)
            if first:
                self._learn_targets(y)
            return self._partial_fit(X, y, sample_weight)

    def predict(self, X: Any) -> np.ndarray:
        """Return the predicted targets.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
            As y in `fit`, in its units.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before `fit`.
        ValueError
            If X is unlike the rows of `fit`, or holds what is no finite number.
        """
        predicted = self._apply(X)
        return predicted.reshape(len(predicted), *self._target_shape_)
