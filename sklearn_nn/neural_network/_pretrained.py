"""What estimators with a pretrained backbone share."""

import os
import warnings
from collections.abc import Callable
from numbers import Real
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils._param_validation import Interval
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_consistent_length, column_or_1d

from sklearn_nn._checks import check_has_y, check_labels, stack_level
from sklearn_nn._classifier import NeuralClassifier
from sklearn_nn._contract.sample import Sample
from sklearn_nn._declaration import (
    NonNegativeFloat,
    PositiveFloat,
    PositiveInt,
    estimator,
)
from sklearn_nn._parameters import LrSchedule, TorchOptimizer
from sklearn_nn._pretrained.precision import encoder_precision
from sklearn_nn._training.device import Precision
from sklearn_nn.modules.heads import ExpertsHead, FineTuned, LinearHead
from sklearn_nn.neural_network._experts import ExpertsEstimator

# Below this learning rate a head on a frozen backbone hardly moves.
SLOWEST = 1e-4


def _has_experts(estimator: Any) -> bool:
    if estimator.head != "moe":
        raise AttributeError("gate needs experts: set head='moe'.")
    return True


@estimator
class PretrainedClassifier(ExpertsEstimator, NeuralClassifier):
    """A pretrained backbone, frozen or fine-tuned, with a head.

    A subclass computes features with the frozen backbone, or says how the module of
    the backbone is built and what it reads (:meth:`_read`, :meth:`_backbone`).

    Parameters
    ----------
    head : {"linear", "moe"}, default="linear"
        What tells the classes apart: a linear layer, or a mixture of experts.
    freeze_backbone : bool, default=False
        Whether the backbone stays as it is. Its features are then computed once and
        kept for later epochs, folds, candidates and estimators with the same backbone.
    layer_decay : float, default=1.0
        Factor of the learning rate from one layer of the backbone to that before it,
        in (0, 1].
    head_lr_scale : float, default=1.0
        Factor of the learning rate of the head, where the backbone is trained with it.
    accumulation_steps : int, default=1
        Batches whose gradients make one step of the optimiser: a large batch in the
        memory of a small one.
    gradient_checkpointing : bool, default=False
        Whether the backbone's activations are computed again on the way back instead
        of being kept: less memory, about a third more time. Averages of batch
        normalisation, where there is any, then move twice a step.
    max_epochs : int, default=3
        Number of passes over the training rows, at most. With a frozen backbone they
        cost little: take 20.
    batch_size : int, default=32
        Rows a forward pass, that of a frozen backbone included.
    lr : float, default=5e-5
        Learning rate; with `lr_schedule`, its start or peak. With a frozen backbone
        take 1e-3.
    weight_decay : float, default=0.01
        Weight decay, handed to the optimiser. Biases and normalisations of a backbone
        that is trained are left out.
    optimizer : str or callable, default="adamw"
        ``"adam"``, ``"adamw"``, ``"nadam"``, ``"rmsprop"``, ``"sgd"`` or
        ``"momentum"`` (SGD with Nesterov momentum 0.9); or what is called like a
        class of :mod:`torch.optim`.
    lr_schedule : str, default="warmup"
        How the learning rate moves: ``"constant"``; ``"linear"``, ``"cosine"``,
        ``"warmup"`` (up for a tenth of the steps, then down in a line) or
        ``"onecycle"``, a batch at a time, until `max_epochs`; or ``"plateau"``.
    max_grad_norm : float, default=1.0
        Gradients are scaled down to this Euclidean norm, over all parameters, when
        theirs is larger. None leaves them.
    early_stopping : bool, default=False
        Whether to stop when the F1 score of the validation rows, weighted by the
        frequency of the classes, no longer improves, and to restore the best epoch.
    dropout : float, default=0.0
        Probability of dropping a number in the head in training.
    precision : {"auto", "float32", "float64", "bfloat16"}, default="auto"
        What to compute in. ``"bfloat16"`` keeps float32 weights and autocasts;
        ``"auto"`` takes it for the backbone on processors and GPUs made for it.

    Attributes
    ----------
    history_ : list of dict
        One dict an epoch: ``epoch``, ``train_loss``, ``lr`` (of the part that learns
        fastest), ``dur`` (seconds) and, with validation, ``valid_loss``, ``valid_acc``
        and ``valid_f1``.
    expert_usage_ : ndarray of shape (n_classes, n_experts)
        With ``head="moe"``, each expert's share of the training rows of a class: one
        more pass over them at the end of a fit.
    """

    model_name: str | os.PathLike
    head: Literal["linear", "moe"] = "linear"
    freeze_backbone: bool = False
    layer_decay: Annotated[float, Interval(Real, 0, 1, closed="right")] = 1.0
    head_lr_scale: PositiveFloat = 1.0
    accumulation_steps: PositiveInt = 1
    gradient_checkpointing: bool = False
    max_epochs: PositiveInt = 3
    batch_size: PositiveInt = 32
    lr: PositiveFloat = 5e-5
    weight_decay: NonNegativeFloat = 0.01
    optimizer: TorchOptimizer | Callable = "adamw"
    lr_schedule: LrSchedule = "warmup"
    max_grad_norm: PositiveFloat | None = 1.0

    _scores_f1: ClassVar[bool] = True
    _places: ClassVar[tuple[str, ...]] = ("model_name", "revision")
    # Raw input has no columns.
    _not_set: ClassVar[tuple[str, ...]] = ("n_features_in_", "feature_names_in_")

    def _check_raw(self, X: Any) -> Any:
        """Return the rows, checked but as they are."""
        raise TypeError(f"{type(self).__name__} does not say what it reads.")

    def _architecture(self) -> str:
        """Return what the backbone is, wherever it lies."""
        raise TypeError(f"{type(self).__name__} does not say what its backbone is.")

    def _features_of(self, rows: Any, device: str) -> np.ndarray:
        """Return what the frozen backbone, on a device, makes of rows."""
        raise TypeError(f"{type(self).__name__} does not say how to freeze.")

    def _inputs_of(self, rows: Any) -> np.ndarray:
        """Return what a backbone in training reads of rows."""
        raise TypeError(f"{type(self).__name__} does not say what to train on.")

    def _backbone(self) -> tuple[type[torch.nn.Module], dict[str, Any]]:
        """Return the class of the backbone and its arguments."""
        raise TypeError(f"{type(self).__name__} does not say what its backbone is.")

    def _fit(self, X, y, sample_weight, X_val, y_val):
        if (X_val is None) != (y_val is None):
            # Before the backbone computes for long.
            self._check_validation(X_val, y_val)
        return super()._fit(X, y, sample_weight, X_val, y_val)

    def _check_X(self, X, y="no_validation", *, reset: bool, **options):
        rows = self._check_raw(X)
        has_y = not (isinstance(y, str) and y == "no_validation")
        if has_y:
            check_has_y(y, type(self).__name__)
            y = column_or_1d(y, warn=True)
            check_consistent_length(rows, y)
        if reset:
            self._frozen_ = self.freeze_backbone
            # Before the backbone computes for long.
            if has_y:
                check_labels(y, type(self).__name__)
            if self.head == "moe":
                self._experts()
            if self._frozen_:
                self._warn_of_slow_head()
            self._model_name_ = os.fspath(self.model_name)
            self._architecture_ = self._architecture()
        elif self._frozen_ != self.freeze_backbone:
            self._refuse_change("freeze_backbone")
        elif not self._frozen_ and os.fspath(self.model_name) != self._model_name_:
            # It may have moved.
            if self._architecture() != self._architecture_:
                self._refuse_change("model_name")
        if not self._frozen_:
            inputs = self._inputs_of(rows)
        else:
            # A model that was fitted on a GPU predicts where there is none, too.
            net = None if reset else getattr(self, "net_", None)
            inputs = self._features_of(rows, net.device if net else self.device)
            self._width_ = inputs.shape[1]
        return (inputs, y) if has_y else inputs

    def _warn_of_slow_head(self) -> None:
        if self.lr < SLOWEST:
            warnings.warn(
                f"{type(self).__name__} trains a head alone (freeze_backbone=True), "
                f"which hardly learns with lr={self.lr}: that is for a whole backbone. "
                "Take lr=1e-3 or more, and max_epochs=20.",
                ConvergenceWarning,
                stacklevel=stack_level(),
            )

    def _module(self, n_outputs: int):
        linear = self.head == "linear"
        options = {"dropout": self.dropout} if linear else self._experts()
        if self._frozen_:
            head = LinearHead if linear else ExpertsHead
            return head, {"n_inputs": self._width_, "n_outputs": n_outputs, **options}
        backbone, arguments = self._backbone()
        return FineTuned, {
            "backbone": backbone,
            "head": self.head,
            "n_outputs": n_outputs,
            "layer_decay": self.layer_decay,
            "head_lr_scale": self.head_lr_scale,
            "head_options": options,
            **arguments,
        }

    def _resolve_precision(self, device: torch.device, one_batch: bool) -> Precision:
        if self._frozen_:
            return super()._resolve_precision(device, one_batch)
        return encoder_precision(self.precision, device)

    def _summarise(self, trained_on: Sample) -> None:
        if self.head == "moe":
            return super()._summarise(trained_on)
        # Of a former fit, perhaps.
        self.__dict__.pop("expert_usage_", None)
        self.__dict__.pop("routing_entropy_", None)

    def _memory_cure(self) -> str:
        half = max(self.batch_size // 2, 1)
        return (
            f"{type(self).__name__} ran out of memory. Lower batch_size (now "
            f"{self.batch_size}) and raise accumulation_steps (now "
            f"{self.accumulation_steps}) in proportion, such as batch_size={half} and "
            f"accumulation_steps={2 * self.accumulation_steps}, which trains on the "
            "same number of rows a step; or set gradient_checkpointing=True."
        )

    @available_if(_has_experts)
    def gate(self, X: Any) -> np.ndarray:
        """Return how much each expert counts; only with ``head="moe"``.

        Parameters
        ----------
        X : array-like of shape (n_samples,)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples, n_experts)
            Weights of the experts' outputs; zero for those not among the `top_k`.
        """
        return super().gate(X)
