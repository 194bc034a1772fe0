"""The contract on the outside; what computes inside is a subclass's affair."""

import warnings
from typing import Any, ClassVar, NoReturn, Self

import numpy as np
from sklearn.base import (
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    _fit_context,
    is_classifier,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import (
    _check_sample_weight,
    check_is_fitted,
    validate_data,
)

from sklearn_nn._checks import all_or_nothing, explained, stack_level
from sklearn_nn._contract.best_epoch import BestEpoch
from sklearn_nn._contract.divergence import DivergedError
from sklearn_nn._contract.sample import Sample
from sklearn_nn._contract.validation import split_off_validation
from sklearn_nn._declaration import estimator
from sklearn_nn._parameters import NetworkParameters

# Inference keeps nothing for the way back, so it affords larger batches.
MIN_INFERENCE_BATCH = 256


@estimator
class Network(ClassNamePrefixFeaturesOutMixin, TransformerMixin, NetworkParameters):
    """What every estimator with a network inside has in common.

    A subclass says how a net is made (:meth:`_net`), trained (:meth:`_run`) and
    applied (:meth:`_outputs`); another mixes in what the targets are.

    Attributes
    ----------
    history_ : list of dict
        One dict an epoch: ``epoch``, ``train_loss``, ``lr``, ``dur`` (seconds) and,
        with validation, ``valid_loss`` and, in classifiers, ``valid_acc``.
    n_iter_ : int
        Number of epochs trained.
    best_epoch_ : int
        The epoch whose weights were restored, counted from 1; with
        `early_stopping` only.
    n_features_in_ : int
        Number of columns of X in `fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of these columns, if X had names that are strings.
    """

    _validation_options: ClassVar[dict[str, Any]]
    _accept_sparse: ClassVar[str | bool] = "csr"
    _dtypes: ClassVar[list[type]] = [np.float64, np.float32]
    _text_cure: ClassVar[str] = (
        "encode it, or turn texts into numbers with a vectorizer such as "
        "TfidfVectorizer."
    )

    def _net(self, restart: bool, train: Sample, is_all: bool) -> Any:
        """Return a net to train: a new one, or else a copy of the present one.

        `is_all` says that no rows will come but those of `train`.
        """
        raise TypeError(f"{type(self).__name__} does not say how to build its net.")

    def _run(
        self,
        net: Any,
        train: Sample,
        valid: Sample | None,
        *,
        given: Sample,
        epochs: int,
        lr_schedule: str,
        best: BestEpoch | None,
    ) -> bool:
        """Train, restoring the best epoch if there is one; tell if interrupted."""
        raise TypeError(f"{type(self).__name__} does not say how to train.")

    def _outputs(self, X: Any, method: str) -> np.ndarray:
        """Return what ``"forward"`` or ``"features"`` makes of checked rows."""
        raise TypeError(f"{type(self).__name__} does not say how to apply its net.")

    def _check_X(self, X, y="no_validation", *, reset: bool, **options):
        """Validate X (and y)."""
        with explained(X, y, type(self).__name__, self._text_cure):
            checked = validate_data(
                self,
                X,
                y,
                reset=reset,
                accept_sparse=self._accept_sparse,
                dtype=self._dtypes,
                **options,
            )
        self._check_range(checked[0] if isinstance(checked, tuple) else checked, "X")
        return checked

    def _check_range(self, array: Any, name: str) -> None:
        """Refuse numbers that the net cannot compute with."""

    def _refuse_change(self, name: str) -> NoReturn:
        raise ValueError(
            f"The {name!r} parameter of {type(self).__name__} has changed since fit: "
            f"it is {getattr(self, name)!r} now. Set it back, or fit a clone."
        )

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        X_val: Any = None,
        y_val: Any = None,
    ) -> Self:
        """Train the network.

        Interrupting it (Ctrl-C) warns and leaves a fitted estimator that keeps what
        was learned so far.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training rows; sparse ones are densified a batch at a time. Estimators of
            token ids take an array of right-padded ids.
        y : array-like of shape (n_samples,)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Row weights; a row of weight two counts like two rows, and weights of
            one change nothing.
        X_val : {array-like, sparse matrix} of shape (n_val, n_features), default=None
            Rows to validate on, instead of a fraction of X.
        y_val : array-like of shape (n_val,), default=None
            Their targets.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError
            If X, y or a parameter is unusable, or if training diverges.
        RuntimeError
            If there is a `device` to choose and this machine lacks it.
        """
        return self._fit(X, y, sample_weight, X_val, y_val)

    def _check_Xy(self, X, y, reset: bool) -> tuple[Any, Any]:
        return self._check_X(X, y, reset=reset, **self._validation_options)

    def _fit(self, X, y, sample_weight, X_val, y_val) -> Self:
        restart = not (self.warm_start and hasattr(self, "net_"))
        with all_or_nothing(self):
            X, y = self._check_Xy(X, y, restart)
            given = self._sample(X, y, sample_weight)
            if restart:
                self._learn_targets(given.y)
                self._random_state_ = check_random_state(self.random_state)
            sample = given._replace(y=self._encode(given.y, given.rows))
            valid = self._check_validation(X_val, y_val)
            train = self._weigh_classes(sample)
            if valid is None and self.early_stopping:
                rows, held_out = split_off_validation(
                    sample.n_rows,
                    self.validation_fraction,
                    self._random_state_,
                    classes=sample.y if is_classifier(self) else None,
                )
                train, valid = train.at(rows), sample.at(held_out).normalised()
            train = train.normalised()
            net = self._net(restart, train, is_all=True)
            if restart:
                net.start_from(self._best_constant(train))
            return self._train(
                net, train, valid, given, self.max_epochs, self.lr_schedule
            )

    def _partial_fit(self, X, y, sample_weight) -> Self:
        first = not hasattr(self, "net_")
        if first:
            self._random_state_ = check_random_state(self.random_state)
        given = self._sample(X, y, sample_weight)
        sample = given._replace(y=self._encode(given.y, given.rows))
        train = self._weigh_classes(sample)
        net = self._net(first, train, is_all=False)
        return self._train(net, train, None, given, 1, "constant")

    def _train(
        self,
        net: Any,
        train: Sample,
        valid: Sample | None,
        given: Sample,
        epochs: int,
        lr_schedule: str,
    ) -> Self:
        if hasattr(self, "best_epoch_"):
            del self.best_epoch_
        stops_early = self.early_stopping and valid is not None
        best = BestEpoch(self.n_iter_no_change) if stops_early else None
        try:
            interrupted = self._run(
                net,
                train,
                valid,
                given=given,
                epochs=epochs,
                lr_schedule=lr_schedule,
                best=best,
            )
        except DivergedError as error:
            if not error.restored:
                raise
            if not net.history and hasattr(self, "net_"):
                # A former network is worth more than an untrained one.
                raise DivergedError(error.what, error.lr) from error
            self._keep(net, best)
            raise
        self._keep(net, best)
        if interrupted:
            warnings.warn(
                f"{type(self).__name__} was interrupted; it keeps what it learned in "
                f"{self.n_iter_} complete epoch(s).",
                ConvergenceWarning,
                stacklevel=stack_level(),
            )
        self._summarise(train)
        return self

    def _keep(self, net: Any, best: BestEpoch | None) -> None:
        self.net_ = net
        if best is not None and best.epoch is not None:
            self.best_epoch_: int = best.epoch

    def _summarise(self, trained_on: Sample) -> None:
        """Set fitted attributes that tell of the training rows, at the end of a fit."""

    def _sample(self, X, y, sample_weight) -> Sample:
        """Put checked data together; rows of weight zero are as if not given."""
        if sample_weight is not None:
            sample_weight = _check_sample_weight(
                sample_weight, X, dtype=np.float64, ensure_non_negative=True
            )
        return Sample(X, y, sample_weight).without_zeros()

    def _check_validation(self, X_val, y_val) -> Sample | None:
        if (X_val is None) != (y_val is None):
            raise ValueError("Give X_val and y_val together, or neither.")
        if X_val is None:
            return None
        try:
            X_val, y_val = self._check_Xy(X_val, y_val, reset=False)
            return Sample(X_val, self._encode(y_val))
        except ValueError as error:
            message = f"X_val and y_val cannot be validated on: {error}"
            raise ValueError(message) from error

    def _apply(self, X: Any, method: str = "forward") -> np.ndarray:
        check_is_fitted(self)
        return self._outputs(self._check_X(X, reset=False), method)

    @property
    def history_(self) -> list[dict[str, Any]]:
        """One dict an epoch."""
        return self.net_.epochs()

    @property
    def n_iter_(self) -> int:
        """Number of epochs trained."""
        return len(self.net_.history)

    def transform(self, X: Any) -> np.ndarray:
        """Return the representation that the network learned.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples, n_representation)
            What the last layer sees of each row.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before `fit`.
        ValueError
            If X is unlike the rows of `fit`, or holds what is no finite number.
        """
        return self._apply(X, "features")

    @property
    def _n_features_out(self) -> int:
        return self.net_.n_features

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "net_")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = bool(self._accept_sparse)
        tags.target_tags.required = True
        tags.transformer_tags.preserves_dtype = []
        return tags
