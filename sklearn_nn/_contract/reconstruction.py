"""The contract of networks that learn to give back their input."""

from typing import Any, Literal, Self

import numpy as np
from scipy.special import logit
from sklearn.base import _fit_context
from sklearn.utils.validation import (
    _check_sample_weight,
    check_array,
    check_is_fitted,
)

from sklearn_nn._checks import all_or_nothing, explained
from sklearn_nn._contract.network import Network
from sklearn_nn._contract.sample import Sample
from sklearn_nn._declaration import estimator

# The bias of a feature that is always 0, or always 1, starts at the logit of this.
RAREST = 1e-4


@estimator
class NetworkReconstruction(Network):
    """A network that encodes rows and decodes them: X is its own target.

    Parameters
    ----------
    loss : {"mse", "bce"}, default="mse"
        What to minimise, a feature: the squared error, or the binary cross-entropy,
        for which X must lie between 0 and 1.
    """

    loss: Literal["mse", "bce"] = "mse"

    @property
    def _n_outputs(self) -> int:
        return self.n_features_in_

    def _learn_targets(self, y: None) -> None:
        """Learn nothing: the targets are the rows."""

    def _encode(self, y: None, rows: np.ndarray | None = None) -> None:
        """Return no targets beside the rows."""

    def _weigh_classes(self, sample: Sample) -> Sample:
        return sample

    def _check_Xy(self, X, y, reset: bool) -> tuple[Any, None]:
        X = self._check_X(X, reset=reset)
        if self._rebuilds_probabilities():
            self._check_probabilities(X)
        return X, None

    def _rebuilds_probabilities(self) -> bool:
        """Tell whether the loss compares probabilities."""
        return self.loss == "bce"

    def _check_probabilities(self, X: Any) -> None:
        """Refuse rows that the loss cannot compare with a probability."""
        outside = (X < 0) + (X > 1)
        if outside.sum():
            row = int(outside.nonzero()[0].min())
            raise ValueError(
                f"Row {row} of X has values outside [0, 1], which the binary "
                f"cross-entropy of {type(self).__name__} cannot compare with "
                "probabilities. Scale X with MinMaxScaler(clip=True), or set "
                "loss='mse'."
            )

    def _check_validation(self, X_val, y_val) -> Sample | None:
        if X_val is None:
            return None
        try:
            return Sample(*self._check_Xy(X_val, None, reset=False))
        except ValueError as error:
            raise ValueError(f"X_val cannot be validated on: {error}") from error

    def _best_constant(self, sample: Sample) -> np.ndarray:
        weight = np.ones(sample.n_rows) if sample.weight is None else sample.weight
        # Like this it serves sparse rows too, and dense ones without a copy.
        mean = weight.astype(sample.X.dtype) @ sample.X / sample.n_rows
        return logit(mean.clip(RAREST, 1 - RAREST)) if self.loss == "bce" else mean

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self, X: Any, y: Any = None, sample_weight: Any = None, X_val: Any = None
    ) -> Self:
        """Train the network.

        Interrupting it (Ctrl-C) warns and leaves a fitted estimator that keeps what
        was learned so far.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training rows; sparse ones are densified a batch at a time.
        y : None
            Ignored; there because a pipeline hands it on.
        sample_weight : array-like of shape (n_samples,), default=None
            Row weights; a row of weight two counts like two rows, and weights of
            one change nothing.
        X_val : {array-like, sparse matrix} of shape (n_val, n_features), default=None
            Rows to validate on, instead of a fraction of X.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If X or a parameter is unusable, or if training diverges.
        RuntimeError
            If there is a `device` to choose and this machine lacks it.
        """
        return self._fit(X, None, sample_weight, X_val, None)

    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """Train one epoch more, on these rows, at a constant learning rate.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training rows.
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,), default=None
            Row weights, comparable between calls.

        Returns
        -------
        self : object
            The estimator.

        Raises
        ------
        ValueError
            If X or a parameter is unusable, or if training diverges.
        """
        with all_or_nothing(self):
            X, _ = self._check_Xy(X, None, not hasattr(self, "net_"))
            return self._partial_fit(X, None, sample_weight)

    def inverse_transform(self, X: Any) -> np.ndarray:
        """Return the rows that latents stand for.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_components)
            Latents, as `transform` returns them.

        Returns
        -------
        ndarray of shape (n_samples, n_features)
            Reconstructions in the units of X in `fit`, images flattened; between 0
            and 1 where the loss is the binary cross-entropy.

        Raises
        ------
        ValueError
            If the columns are not those that `transform` returns.
        """
        check_is_fitted(self)
        with explained(X, None, type(self).__name__, "what transform returns."):
            latents = check_array(X, dtype=self._dtypes, estimator=self, input_name="X")
        self._check_range(latents, "X")
        if latents.shape[1] != self._n_features_out:
            raise ValueError(
                f"X has {latents.shape[1]} columns, but inverse_transform of "
                f"{type(self).__name__} takes latents of {self._n_features_out}, as "
                "transform returns them."
            )
        return self._decode(latents)

    def _decode(self, latents: np.ndarray) -> np.ndarray:
        """Return the rows, in the units of X, of checked latents."""
        raise TypeError(f"{type(self).__name__} does not say how to decode.")

    def reconstruction_error(self, X: Any) -> np.ndarray:
        """Return how far each row is from its reconstruction.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples,)
            The loss of each row: its mean over the features.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before `fit`.
        ValueError
            If X is unlike the rows of `fit`, or holds what is no finite number.
        """
        check_is_fitted(self)
        return self._errors(self._check_X(X, reset=False))

    def _errors(self, X: Any) -> np.ndarray:
        """Return the loss of each of the checked rows."""
        raise TypeError(f"{type(self).__name__} does not say how to compare rows.")

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """Return minus the mean reconstruction error.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.
        y : None
            Ignored.
        sample_weight : array-like of shape (n_samples,), default=None
            Row weights.

        Returns
        -------
        float
            The higher, the better.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before `fit`.
        ValueError
            If X is unlike the rows of `fit`, or holds what is no finite number.
        """
        errors = self.reconstruction_error(X).astype(np.float64)
        weight = _check_sample_weight(
            sample_weight, errors, dtype=np.float64, ensure_non_negative=True
        )
        return -float(np.average(errors, weights=weight))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = False
        return tags
