"""The bridge: scikit-learn's contract on the outside, a skorch net on the inside."""

import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, ClassVar, Literal, Self

import numpy as np
import scipy.sparse as sp
import torch
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    _fit_context,
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
from sklearn_nn._declaration import (
    NonNegativeFloat,
    OpenFraction,
    PositiveFloat,
    PositiveInt,
    RandomState,
    Verbosity,
    estimator,
)
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
    BaseEstimator,
):
    """What every estimator with a torch module inside has in common.

    A subclass says how its module is built (:meth:`_module`) and inherits from
    :class:`~sklearn_nn._classifier.NeuralClassifier` or
    :class:`~sklearn_nn._regressor.NeuralRegressor`. The module's ``features(x)`` is
    the learned representation, its ``n_features`` the width of it, and its ``output``
    the linear layer on top, whose bias starts at the best constant prediction.

    Parameters
    ----------
    max_epochs : int, default=100
        Number of passes over the training rows, at most.
    batch_size : int, default=64
        Rows a step of the optimiser.
    lr : float, default=0.001
        Learning rate; with `lr_schedule`, its start or peak.
    weight_decay : float, default=0.0
        Weight decay, handed to the optimiser (decoupled in ``"adamw"``, an L2
        penalty in the others).
    optimizer : str or callable, default="adam"
        ``"adam"``, ``"adamw"``, ``"nadam"``, ``"rmsprop"``, ``"sgd"`` or
        ``"momentum"`` (SGD with Nesterov momentum 0.9); or what is called like a
        class of :mod:`torch.optim`.
    lr_schedule : {"constant", "linear", "cosine", "onecycle"}, default="constant"
        How the learning rate moves, a batch at a time, until `max_epochs`. In
        ``"onecycle"`` momentum moves against it, where the optimiser has any.
    early_stopping : bool, default=False
        Whether to stop when the validation score no longer improves and to restore
        the best epoch. The score is the accuracy, ties broken by the loss, for
        classifiers and the loss for regressors.
    validation_fraction : float, default=0.1
        Share of the training rows to validate on when `early_stopping` is set and
        `fit` is given no `X_val`; stratified by class.
    n_iter_no_change : int, default=5
        Epochs without improvement after which early stopping stops.
    warm_start : bool, default=False
        Whether `fit` goes on from the present weights.
    device : str, default="auto"
        ``"auto"`` (a GPU when there is one) or a torch device.
    precision : {"auto", "float32", "float64", "bfloat16"}, default="auto"
        What to compute in. ``"bfloat16"`` keeps float32 weights and autocasts.
        ``"auto"`` takes float64 on a CPU when the training set fits in one batch
        (full-batch descent, then independent of the order of the rows), bfloat16
        on a GPU made for it, and float32 otherwise.
    callbacks : list of skorch.callbacks.Callback, default=None
        Callbacks for the skorch net in ``net_``. For scikit-learn's own callbacks
        see `set_callbacks`.
    random_state : int, RandomState instance or None, default=None
        Seeds the weights, the batches, dropout and the validation split. Global
        generators of torch stay as they are.
    verbose : int, default=0
        0 is silent, 1 shows a progress bar, 2 prints a line an epoch.

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

    max_epochs: PositiveInt = 100
    batch_size: PositiveInt = 64
    lr: PositiveFloat = 1e-3
    weight_decay: NonNegativeFloat = 0.0
    optimizer: (
        Literal["adam", "adamw", "nadam", "rmsprop", "sgd", "momentum"] | Callable
    ) = "adam"
    lr_schedule: Literal["constant", "linear", "cosine", "onecycle"] = "constant"
    early_stopping: bool = False
    validation_fraction: OpenFraction = 0.1
    n_iter_no_change: PositiveInt = 5
    warm_start: bool = False
    device: str = "auto"
    precision: Literal["auto", "float32", "float64", "bfloat16"] = "auto"
    callbacks: list | tuple | None = None
    random_state: RandomState = None
    verbose: Verbosity = 0

    _criterion: ClassVar[type[torch.nn.Module]]
    _validation_options: ClassVar[dict[str, Any]]
    _text_cure: ClassVar[str] = (
        "encode it, or turn texts into numbers with a vectorizer such as "
        "TfidfVectorizer."
    )

    def _module(self, n_outputs: int) -> tuple[type[torch.nn.Module], dict[str, Any]]:
        """Return the module's class and arguments, from what `fit` has seen."""
        raise TypeError(f"{type(self).__name__} does not say how to build its module.")

    def _check_X(self, X, y="no_validation", *, reset: bool, **options):
        """Validate X (and y)."""
        with explained(X, y, type(self).__name__, self._text_cure):
            checked = validate_data(
                self,
                X,
                y,
                reset=reset,
                accept_sparse="csr",
                dtype=[np.float64, np.float32],
                **options,
            )
        self._check_range(checked[0] if isinstance(checked, tuple) else checked, "X")
        return checked

    def _check_range(self, array, name: str) -> None:
        if self.precision != "float64":
            check_float32_range(array, name)

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
        restart = not (self.warm_start and hasattr(self, "net_"))
        with all_or_nothing(self):
            X, y = self._check_X(X, y, reset=restart, **self._validation_options)
            given = self._sample(X, y, sample_weight)
            if restart:
                self._learn_targets(given.y)
                self._random_state_ = check_random_state(self.random_state)
            sample = given._replace(y=self._encode(given.y, given.rows))
            valid = self._check_validation(X_val, y_val)
            train = self._weigh_classes(sample)
            if valid is None and self.early_stopping:
                rows, held_out = split_off_validation(
                    sample.y,
                    self.validation_fraction,
                    stratify=self._criterion is torch.nn.CrossEntropyLoss,
                    rng=self._random_state_,
                )
                train, valid = train.at(rows), sample.at(held_out).normalised()
            train = train.normalised()
            one_batch = len(train.y) <= min(self.batch_size, SMALL)
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
            return continue_net(self, arguments)
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
        with self._private_seed(torch.device(net.device)):
            interrupted = net.train(
                self._dataset(net, train),
                None if valid is None else self._dataset(net, valid),
                epochs=epochs,
                lr_schedule=lr_schedule,
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
        return self

    def _private_seed(self, device: torch.device) -> AbstractContextManager[None]:
        return private_seed(self._random_state_.randint(2**31 - 1), device)

    def _dataset(self, net: Net, sample: Sample) -> Dataset:
        rows = self._rows(sample.X, net.dtype, torch.device(net.device))
        y_dtype = net.dtype if sample.y.dtype.kind == "f" else "int64"
        weight = None
        if sample.weight is not None:
            weight = as_tensor(sample.weight, net.dtype)
        return Dataset(rows, as_tensor(sample.y, y_dtype), weight)

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
            X_val, y_val = self._check_X(
                X_val, y_val, reset=False, **self._validation_options
            )
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
        tags.input_tags.sparse = True
        tags.target_tags.required = True
        tags.transformer_tags.preserves_dtype = []
        return tags
