"""The bridge: scikit-learn's contract on the outside, a skorch net on the inside."""

import warnings
from contextlib import AbstractContextManager
from typing import Any, ClassVar, NoReturn, Self

import numpy as np
import scipy.sparse as sp
import torch
from sklearn.base import (
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    _fit_context,
    is_classifier,
)
from sklearn.callback import CallbackSupportMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import (
    _check_sample_weight,
    check_is_fitted,
    validate_data,
)

from sklearn_nn._checks import (
    all_or_nothing,
    check_float32_range,
    explained,
    stack_level,
)
from sklearn_nn._declaration import estimator
from sklearn_nn._parameters import TrainingParameters
from sklearn_nn._training.build import build_net, continue_net
from sklearn_nn._training.callbacks import EarlyStopping, FiniteLoss, watchers
from sklearn_nn._training.dataset import Dataset
from sklearn_nn._training.device import resolve_device
from sklearn_nn._training.net import Net
from sklearn_nn._training.rows import DenseRows, SparseRows, as_tensor
from sklearn_nn._training.sample import Sample
from sklearn_nn._training.seeding import private_seed
from sklearn_nn._training.validation import split_off_validation

# Up to here float64 costs next to nothing.
SMALL = 1024


@estimator
class NeuralEstimator(
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    CallbackSupportMixin,
    TrainingParameters,
):
    """What every estimator with a torch module inside has in common.

    A subclass says how its module is built (:meth:`_module`) and inherits from
    :class:`~sklearn_nn._classifier.NeuralClassifier`,
    :class:`~sklearn_nn._regressor.NeuralRegressor` or
    :class:`~sklearn_nn._reconstruction.NeuralReconstruction`. The module's
    ``features(x)`` is the learned representation, its ``n_features`` the width of it,
    and its ``output`` the linear layer on top, whose bias starts at the best constant
    prediction. If it has a ``penalty(weight)``, that is added to the loss of a
    training batch.

    Attributes
    ----------
    net_ : skorch.NeuralNet
        The trained net; ``net_.module_`` is the torch module.
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

    def _module(self, n_outputs: int) -> tuple[type[torch.nn.Module], dict[str, Any]]:
        """Return the module's class and arguments, from what `fit` has seen."""
        raise TypeError(f"{type(self).__name__} does not say how to build its module.")

    @property
    def _criterion(self) -> type[torch.nn.Module]:
        """The class of the loss."""
        raise TypeError(f"{type(self).__name__} does not say what its loss is.")

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

    def _check_range(self, array, name: str) -> None:
        if self.precision != "float64":
            check_float32_range(array, name)

    def _refuse_change(self, name: str) -> NoReturn:
        raise ValueError(
            f"The {name!r} parameter of {type(self).__name__} has changed since fit: "
            f"it is {getattr(self, name)!r} now. Set it back, or fit a clone."
        )

    def _rows(self, X, dtype: str, device: torch.device) -> DenseRows:
        """Wrap validated rows for batching."""
        rows = SparseRows if sp.issparse(X) else DenseRows
        return rows(X, dtype, device)

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
            If `device` names a device that this machine lacks.
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
            one_batch = train.n_rows <= min(self.batch_size, SMALL)
            net = self._net(restart, one_batch)
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
        net = self._net(first, one_batch=False)
        train = self._weigh_classes(sample)
        return self._train(net, train, None, given, 1, "constant")

    def _net(self, restart: bool, one_batch: bool) -> Net:
        module, arguments = self._module(self._n_outputs)
        if not restart:
            return continue_net(self, module, arguments)
        with self._private_seed(resolve_device(self.device)):
            return build_net(self, module, arguments, one_batch)

    def _train(
        self,
        net: Net,
        train: Sample,
        valid: Sample | None,
        given: Sample,
        epochs: int,
        lr_schedule: str,
    ) -> Self:
        if hasattr(self, "best_epoch_"):
            del self.best_epoch_
        stopping = EarlyStopping(self.n_iter_no_change)
        stops_early = self.early_stopping and valid is not None
        dataset = self._dataset(net, train)
        with self._private_seed(torch.device(net.device)):
            interrupted = net.train(
                dataset,
                None if valid is None else self._dataset(net, valid),
                epochs=epochs,
                lr_schedule=lr_schedule,
                estimator=self,
                first=[FiniteLoss(), *([stopping] if stops_early else [])],
                last=watchers(self, net, given, epochs),
            )
        self.net_ = net
        if stops_early and stopping.best_epoch_ is not None:
            self.best_epoch_: int = stopping.best_epoch_
        if interrupted:
            warnings.warn(
                f"{type(self).__name__} was interrupted; it keeps what it learned in "
                f"{self.n_iter_} complete epoch(s).",
                ConvergenceWarning,
                stacklevel=stack_level(),
            )
        self._summarise(dataset)
        return self

    def _summarise(self, trained_on: Dataset) -> None:
        """Set fitted attributes that tell of the training rows, at the end of a fit."""

    def _private_seed(self, device: torch.device) -> AbstractContextManager[None]:
        return private_seed(self._random_state_.randint(2**31 - 1), device)

    def _dataset(self, net: Net, sample: Sample) -> Dataset:
        rows = self._rows(sample.X, net.dtype, torch.device(net.device))
        y = weight = None
        if sample.y is not None:
            y_dtype = net.dtype if sample.y.dtype.kind == "f" else "int64"
            y = as_tensor(sample.y, y_dtype)
        if sample.weight is not None:
            weight = as_tensor(sample.weight, net.dtype)
        return Dataset(rows, y, weight)

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

    def _apply(self, X, method: str = "forward") -> np.ndarray:
        check_is_fitted(self)
        X = self._check_X(X, reset=False)
        net = self.net_
        rows = self._rows(X, net.dtype, torch.device(net.device))
        return net.apply(rows, method)

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
        """
        return self._apply(X, "features")

    @property
    def _n_features_out(self) -> int:
        return self.net_.module_.n_features

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "net_")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = bool(self._accept_sparse)
        tags.target_tags.required = True
        tags.transformer_tags.preserves_dtype = []
        return tags
