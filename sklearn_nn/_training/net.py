"""The skorch net inside an estimator, with a lean loop over batches."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from copy import copy
from typing import Any, NamedTuple

import numpy as np
import skorch
import torch
from skorch.callbacks import Callback, EpochTimer
from torch import Tensor
from torch.optim.lr_scheduler import ReduceLROnPlateau

from sklearn_nn._training.callbacks import listens_to_batches, named
from sklearn_nn._training.dataset import Batches, Dataset
from sklearn_nn._training.loss import batch_loss, mixed
from sklearn_nn._training.optimizers import groups_by_depth
from sklearn_nn._training.rows import DenseRows
from sklearn_nn._training.schedules import SCHEDULES, start_anew
from sklearn_nn._training.scores import judgement, weighted_f1, weighted_hits


class Plan(NamedTuple):
    """What is trained on what for how long; ``net.plan_`` while a training lasts."""

    estimator: Any
    train: Dataset
    valid: Dataset | None
    epochs: int


class Net(skorch.NeuralNet):
    """A skorch net fed with slices of the data.

    skorch notifies every callback and writes its history at every batch, which
    costs a small network as much as a fifth of its time; here that happens only
    when a callback listens to batches. Everything else (callbacks, history, saved
    parameters, pickling between devices) is skorch's.

    Parameters
    ----------
    module : type
        The module class; its arguments come as ``module__*``.
    criterion : type
        The loss class, with a ``reduction`` attribute.
    dtype, autocast : str
        Names of the parameters' dtype and of the dtype to autocast to, if any.
    scores_classes : bool
        Whether ``valid_acc`` is recorded beside ``valid_loss``.
    scores_f1 : bool
        Whether ``valid_f1``, weighted by the frequency of the classes, is, too.
    max_grad_norm : float or None
        Norm to clip the gradient to.
    label_smoothing : float
        Share of the target spread over all classes, in training only.
    accumulation_steps : int
        Batches whose gradients make one step of the optimiser.
    mixup : float
        Both parameters of the Beta distribution from which the share of a row's
        partner is drawn in training; 0 leaves rows as they are.
    **kwargs
        The rest of skorch's parameters.
    """

    callbacks_: list[tuple[str, Callback]]

    def __init__(
        self,
        module: type,
        criterion: type,
        *,
        dtype: str = "float32",
        autocast: str | None = None,
        scores_classes: bool = False,
        scores_f1: bool = False,
        max_grad_norm: float | None = None,
        label_smoothing: float = 0.0,
        accumulation_steps: int = 1,
        mixup: float = 0.0,
        **kwargs,
    ):
        self.dtype = dtype
        self.autocast = autocast
        self.scores_classes = scores_classes
        self.scores_f1 = scores_f1
        self.max_grad_norm = max_grad_norm
        self.label_smoothing = label_smoothing
        self.accumulation_steps = accumulation_steps
        self.mixup = mixup
        super().__init__(module, criterion, **kwargs)

    @property
    def _default_callbacks(self) -> list[tuple[str, Callback]]:
        return [("epoch_timer", EpochTimer())]

    def initialize_module(self) -> "Net":
        """Build the module in its dtype."""
        super().initialize_module()
        # A pretrained part comes in evaluation mode, which the whole would not show.
        self.module_.to(getattr(torch, self.dtype)).train()
        return self

    def initialize_callbacks(self) -> "Net":
        """Initialise the callbacks that every training of this net has."""
        super().initialize_callbacks()
        self.permanent_callbacks_ = self.callbacks_
        return self

    def initialize_history(self) -> "Net":
        """Start with an empty history."""
        self.lowest_: dict[str, float] = {}
        return super().initialize_history()

    @property
    def n_features(self) -> int:
        """Width of the representation that the module learns."""
        return self.module_.n_features

    def _get_params_for_optimizer(self, prefix, named_parameters):
        """Split the parameters by how fast the module wants them to learn."""
        args, kwargs = super()._get_params_for_optimizer(prefix, named_parameters)
        if not hasattr(self.module_, "learning_rate_scales"):
            return args, kwargs
        groups = groups_by_depth(
            self.module_, kwargs["lr"], decays="weight_decay" in kwargs
        )
        return (groups,), kwargs

    def start_from(self, bias: np.ndarray) -> None:
        """Start from the best constant prediction instead of learning it."""
        with torch.no_grad():
            self.module_.output.bias.copy_(torch.from_numpy(bias))

    def duplicate(self) -> "Net":
        """Return a net of the same state that goes its own way from here."""
        # skorch's pickling copies module, criterion and optimiser; the rest is shared.
        twin = copy(self)
        twin.history = copy(self.history)
        twin.lowest_ = dict(self.lowest_)
        twin.callbacks_ = self.permanent_callbacks_
        return twin

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__()
        state.pop("plan_", None)
        return state

    def epochs(self) -> list[dict[str, Any]]:
        """Return the history without what skorch keeps in it for its callbacks."""
        internal = ("batches", "_count", "_best")
        return [
            {key: value for key, value in row.items() if not key.endswith(internal)}
            for row in self.history
        ]

    def train(
        self,
        train: Dataset,
        valid: Dataset | None = None,
        *,
        epochs: int,
        lr_schedule: str = "constant",
        estimator: Any = None,
        first: Sequence[Callback] = (),
        last: Sequence[Callback] = (),
    ) -> bool:
        """Train for some epochs more.

        Parameters
        ----------
        train, valid : Dataset
            What to train on and, if given, what to validate on after every epoch.
        epochs : int
            How many epochs at most. A callback ends the training after an epoch by
            setting ``net.stop_``, or by raising KeyboardInterrupt, as in skorch; one
            that restores an earlier state says in ``net.n_resumed_`` how many of
            these epochs are done with.
        lr_schedule : str, default="constant"
            A key of :data:`SCHEDULES`.
        estimator : NeuralEstimator
            Whose net it is, for callbacks that ask.
        first, last : sequence of skorch.callbacks.Callback
            Callbacks for this training only, before and after the user's.

        Returns
        -------
        interrupted : bool
            Whether the user interrupted an epoch. That epoch is not in the history;
            what was learned in it is kept.
        """
        batches = Batches(train, self.batch_size, training=True)
        valid_batches = None
        if valid is not None:
            size = valid.rows.inference_batch(self.batch_size)
            valid_batches = Batches(valid, size, training=False)
        momenta = [
            {name: group[name] for name in ("betas", "momentum") if name in group}
            for group in self.optimizer_.param_groups
        ]
        start_anew(self.optimizer_, self.lr)
        n_steps = epochs * -(-len(batches) // self.accumulation_steps)
        self.scheduler_ = SCHEDULES[lr_schedule](self.optimizer_, n_steps)
        timer, *users = self.permanent_callbacks_
        self.callbacks_ = [timer, *named(first), *users, *named(last)]
        self.listens_to_batches_ = any(map(listens_to_batches, self.callbacks_))
        self.stop_ = False
        self.n_resumed_ = 0
        self.plan_ = Plan(estimator, train, valid, epochs)
        try:
            return self._run_epochs(epochs, batches, valid_batches)
        finally:
            # A schedule may have moved them.
            groups = self.optimizer_.param_groups
            for group, momentum in zip(groups, momenta, strict=True):
                group.update(momentum)
            self.callbacks_ = self.permanent_callbacks_
            del self.scheduler_, self.plan_

    def _run_epochs(
        self, epochs: int, batches: Batches, valid_batches: Batches | None
    ) -> bool:
        datasets = {
            "dataset_train": batches.dataset,
            "dataset_valid": valid_batches and valid_batches.dataset,
        }
        n_complete = len(self.history)
        interrupted = between_epochs = False
        try:
            self.notify("on_train_begin", X=batches.dataset, y=None)
            n_complete = len(self.history)
            for _ in range(epochs - self.n_resumed_):
                between_epochs = False
                self.notify("on_epoch_begin", **datasets)
                self.history.record("lr", self.optimizer_.param_groups[0]["lr"])
                self.run_single_epoch(batches, True, "train", self.train_step)
                self.run_single_epoch(
                    valid_batches, False, "valid", self.validation_step
                )
                if isinstance(self.scheduler_, ReduceLROnPlateau):
                    row = self.history[-1]
                    self.scheduler_.step(row.get("valid_loss", row["train_loss"]))
                n_complete += 1
                between_epochs = True
                self.notify("on_epoch_end", **datasets)
                if self.stop_:
                    break
        except KeyboardInterrupt:
            interrupted = not between_epochs
            del self.history[n_complete:]
        try:
            self.notify("on_train_end", X=batches.dataset, y=None)
        except KeyboardInterrupt:
            interrupted = True
        return interrupted

    def run_single_epoch(self, iterator, training, prefix, step_fn, **fit_params):
        """Run `step_fn` on every batch and record the mean loss of a row."""
        if iterator is None:
            return
        total: Tensor | float = 0.0
        n_correct: Tensor | int = 0
        judged: list[tuple[Tensor, Tensor, Tensor]] = []
        n_rows = 0
        if not self.listens_to_batches_:
            # Some of skorch's callbacks look for at least one batch in the history.
            self.history.new_batch()
        for i, batch in enumerate(iterator):
            self.place_ = i, iterator.sizes
            if self.listens_to_batches_:
                self.notify("on_batch_begin", batch=batch, training=training)
            if self.module_.training != training:
                self._set_training(training)
            step = step_fn(batch)
            size = len(batch[1])
            total = total + step["loss"].detach() * size
            n_rows += size
            if not training and self.scores_classes:
                n_correct = n_correct + weighted_hits(batch, step["y_pred"])
                if self.scores_f1:
                    judged.append(judgement(batch, step["y_pred"]))
            if self.listens_to_batches_:
                self.history.record_batch(f"{prefix}_loss", step["loss"].item())
                self.history.record_batch(f"{prefix}_batch_size", size)
                self.notify("on_batch_end", batch=batch, training=training, **step)
        self._record_best(f"{prefix}_loss", float(total) / n_rows)
        self.history.record(f"{prefix}_batch_count", len(iterator))
        if not training and self.scores_classes:
            self.history.record("valid_acc", float(n_correct) / n_rows)
            if self.scores_f1:
                self.history.record("valid_f1", weighted_f1(judged))

    def _record_best(self, name: str, loss: float) -> None:
        """Record a loss and, as skorch's callbacks want it, whether it is the best."""
        is_best = loss < self.lowest_.get(name, np.inf)
        if is_best:
            self.lowest_[name] = loss
        self.history.record(name, loss)
        self.history.record(f"{name}_best", is_best)

    def train_step(self, batch, **fit_params):
        """Take one step of the optimiser, or prepare it."""
        place, sizes = self.place_
        first = place - place % self.accumulation_steps
        together = sizes[first : first + self.accumulation_steps]
        if place == first:
            self.optimizer_.zero_grad()
        step = self._loss_step(batch)
        # A row counts alike in a full batch and in the short one.
        share = sizes[place] / sum(together)
        (step["loss"] * share if share < 1 else step["loss"]).backward()
        if self.listens_to_batches_:
            self.notify(
                "on_grad_computed",
                named_parameters=list(self.get_all_learnable_params()),
                batch=batch,
                training=True,
            )
        if place < first + len(together) - 1:
            return step
        if self.max_grad_norm is not None:
            torch.nn.utils.clip_grad_norm_(
                self.module_.parameters(), self.max_grad_norm
            )
        self.optimizer_.step()
        if not isinstance(self.scheduler_, ReduceLROnPlateau | None):
            self.scheduler_.step()
        return step

    def validation_step(self, batch, **fit_params):
        """Compute the loss of one batch without gradients."""
        with torch.inference_mode():
            return self._loss_step(batch)

    def _loss_step(self, batch) -> dict[str, Tensor]:
        x, y = batch
        weight = getattr(batch, "weight", None)
        self.criterion_.reduction = "mean" if weight is None else "none"
        training = self.module_.training
        if self.scores_classes:
            self.criterion_.label_smoothing = self.label_smoothing if training else 0.0
        mixture = mixed(x, self.mixup) if training and self.mixup else None
        y_pred = self.infer(x if mixture is None else mixture.x)
        loss = batch_loss(self.criterion_, y_pred, y, weight, mixture)
        if training and hasattr(self.module_, "penalty"):
            loss = loss + self.module_.penalty(weight)
        return {"loss": loss, "y_pred": y_pred}

    def infer(self, x, **fit_params) -> Tensor:
        """Map a batch to the module's outputs, float32 where it autocasts."""
        with self._autocast():
            outputs = self.module_(x)
        return outputs if self.autocast is None else outputs.float()

    def predict(self, X) -> np.ndarray:
        """Predict class codes or targets, for skorch's scoring callbacks."""
        outputs = self.predict_proba(X)
        return outputs.argmax(axis=1) if self.scores_classes else outputs

    def apply(
        self, rows: DenseRows, method: str | Callable[[Tensor], Tensor] = "forward"
    ) -> np.ndarray:
        """Run a method of the module on all rows, without gradients.

        Parameters
        ----------
        rows : DenseRows
            The inputs.
        method : str or callable, default="forward"
            What maps a batch to a matrix: the name of a method of the module, or a
            function.

        Returns
        -------
        ndarray of shape (n_samples, width)
            The outputs in the order of the rows; batches of rows shorter than the
            longest are filled up with zeros.
        """
        self._set_training(False)
        function = method if callable(method) else getattr(self.module_, method)
        places = list(rows.in_order(rows.inference_batch(self.batch_size)))
        with torch.inference_mode(), self._autocast():
            parts = [function(batch).to("cpu") for batch in rows.stream(places)]
        width = max(part.shape[1] for part in parts)
        outputs = np.zeros((len(rows), width), dtype=self.dtype)
        for where, part in zip(places, parts, strict=True):
            outputs[where, : part.shape[1]] = part.float() if self.autocast else part
        return outputs

    def _autocast(self) -> AbstractContextManager:
        if self.autocast is None:
            return nullcontext()
        device_type = torch.device(self.device).type
        return torch.autocast(device_type, getattr(torch, self.autocast))
