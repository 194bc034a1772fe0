"""The parameters that every network shares."""

from collections.abc import Callable
from typing import Literal

from sklearn.base import BaseEstimator

from sklearn_nn._declaration import (
    NonNegativeFloat,
    OpenFraction,
    PositiveFloat,
    PositiveInt,
    RandomState,
    Verbosity,
    estimator,
)

LrSchedule = Literal["constant", "linear", "cosine", "warmup", "onecycle", "plateau"]
TorchOptimizer = Literal["adam", "adamw", "nadam", "rmsprop", "sgd", "momentum"]


@estimator
class NetworkParameters(BaseEstimator):
    """How any network is trained, whatever computes it.

    Parameters
    ----------
    max_epochs : int, default=100
        Number of passes over the training rows, at most.
    batch_size : int, default=64
        Rows a step of the optimiser.
    lr : float, default=0.001
        Learning rate; with `lr_schedule`, its start or peak.
    weight_decay : float, default=0.0
        How much the weights are drawn to zero.
    lr_schedule : str, default="constant"
        How the learning rate moves: ``"constant"``; ``"linear"``, ``"cosine"``,
        ``"warmup"`` (up for a tenth of the steps, then down in a line) or
        ``"onecycle"``, a batch at a time, until `max_epochs` (in ``"onecycle"``
        momentum moves against it, where the optimiser has any); or ``"plateau"``,
        which halves it when the loss (on validation rows, where there are any) has
        not improved for three epochs.
    early_stopping : bool, default=False
        Whether to stop when the validation score no longer improves and to restore
        the best epoch. The score is the accuracy, ties broken by the loss, for
        classifiers and the loss for all others.
    validation_fraction : float, default=0.1
        Share of the training rows to validate on when `early_stopping` is set and
        `fit` is given no `X_val`; stratified by class.
    n_iter_no_change : int, default=5
        Epochs without improvement after which early stopping stops.
    warm_start : bool, default=False
        Whether `fit` goes on from the present weights.
    random_state : int, RandomState instance or None, default=None
        Seeds the weights, the batches, dropout and the validation split. Global
        generators stay as they are.
    verbose : int, default=0
        0 is silent, 1 shows a progress bar, 2 prints a line an epoch.
    """

    max_epochs: PositiveInt = 100
    batch_size: PositiveInt = 64
    lr: PositiveFloat = 1e-3
    weight_decay: NonNegativeFloat = 0.0
    lr_schedule: LrSchedule = "constant"
    early_stopping: bool = False
    validation_fraction: OpenFraction = 0.1
    n_iter_no_change: PositiveInt = 5
    warm_start: bool = False
    random_state: RandomState = None
    verbose: Verbosity = 0


@estimator
class TrainingParameters(NetworkParameters):
    """How a network in torch is trained.

    Parameters
    ----------
    weight_decay : float, default=0.0
        Weight decay, handed to the optimiser (decoupled in ``"adamw"``, an L2
        penalty in the others).
    optimizer : str or callable, default="adam"
        ``"adam"``, ``"adamw"``, ``"nadam"``, ``"rmsprop"``, ``"sgd"`` or
        ``"momentum"`` (SGD with Nesterov momentum 0.9); or what is called like a
        class of :mod:`torch.optim`.
    max_grad_norm : float, default=None
        Gradients are scaled down to this Euclidean norm, over all parameters, when
        theirs is larger. None leaves them.
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
    """

    optimizer: TorchOptimizer | Callable = "adam"
    max_grad_norm: PositiveFloat | None = None
    device: str = "auto"
    precision: Literal["auto", "float32", "float64", "bfloat16"] = "auto"
    callbacks: list | tuple | None = None
