"""The skorch net inside an estimator, with a lean loop over batches."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

import numpy as np
import skorch
import torch
from skorch.callbacks import Callback, EpochTimer
from torch import Tensor

from sklearn_nn._training.dataset import Batches, Dataset
from sklearn_nn._training.rows import DenseRows
from sklearn_nn._training.schedules import SCHEDULES

BATCH_HOOKS = ("on_batch_begin", "on_batch_end", "on_grad_computed")
# Inference needs no gradients, so it affords larger batches.
MIN_INFERENCE_BATCH = 256


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
        **kwargs,
    ):
        self.dtype = dtype
        self.autocast = autocast
        self.scores_classes = scores_classes
        super().__init__(module, criterion, **kwargs)

    @property
    def _default_callbacks(self) -> list[tuple[str, Callback]]:
        return [("epoch_timer", EpochTimer())]

    def initialize_module(self) -> "Net":
        """Build the module in its dtype."""
        super().initialize_module()
        self.module_.to(getattr(torch, self.dtype))
        return self

    def train(
        self,
        train: Dataset,
        valid: Dataset | None = None,
        *,
        epochs: int,
        lr_schedule: str = "constant",
        callbacks: Sequence[Callback] = (),
    ) -> bool:
        """Train for some epochs more.

        Parameters
        ----------
        train, valid : Dataset
            What to train on and, if given, what to validate on after every epoch.
        epochs : int
            How many epochs at most. A callback ends the training, as everywhere in
            skorch, by raising KeyboardInterrupt after an epoch.
        lr_schedule : str, default="constant"
            A key of :data:`SCHEDULES`.
        callbacks : sequence of skorch.callbacks.Callback
            Callbacks for this training only, beside the net's own.

        Returns
        -------
        interrupted : bool
            Whether the user interrupted an epoch. That epoch is not in the history;
            what was learned in it is kept.
        """
        batches = Batches(train, self.batch_size, training=True)
        valid_batches = None
        if valid is not None:
            valid_batches = Batches(valid, self._inference_batch, training=False)
        make_scheduler = SCHEDULES[lr_schedule]
        self.scheduler_ = make_scheduler and make_scheduler(
            self.optimizer_, epochs * len(batches)
        )
        own_callbacks = self.callbacks_
        self.callbacks_ = own_callbacks + [
            (type(callback).__name__, callback.initialize()) for callback in callbacks
        ]
        self.listens_to_batches_ = any(map(_listens_to_batches, self.callbacks_))
        datasets = {"dataset_train": train, "dataset_valid": valid}
        interrupted = False
        try:
            self.notify("on_train_begin", X=train, y=None)
            try:
                for _ in range(epochs):
                    self.notify("on_epoch_begin", **datasets)
                    interrupted = self._run_epoch(batches, valid_batches)
                    if interrupted:
                        break
                    self.notify("on_epoch_end", **datasets)
            except KeyboardInterrupt:
                pass
            self.notify("on_train_end", X=train, y=None)
        finally:
            self.callbacks_ = own_callbacks
            del self.scheduler_
        return interrupted

    def _run_epoch(self, batches: Batches, valid_batches: Batches | None) -> bool:
        try:
            self.history.record("lr", self.optimizer_.param_groups[0]["lr"])
            self.run_single_epoch(batches, True, "train", self.train_step)
            self.run_single_epoch(valid_batches, False, "valid", self.validation_step)
        except KeyboardInterrupt:
            del self.history[-1]
            return True
        return False

    def run_single_epoch(self, iterator, training, prefix, step_fn, **fit_params):
        """Run `step_fn` on every batch and record the mean loss of a row."""
        if iterator is None:
            return
        total: Tensor | float = 0.0
        n_correct: Tensor | int = 0
        n_rows = 0
        for batch in iterator:
            if self.module_.training != training:
                self._set_training(training)
            if self.listens_to_batches_:
                self.notify("on_batch_begin", batch=batch, training=training)
            step = step_fn(batch)
            size = len(batch[1])
            total = total + step["loss"].detach() * size
            n_rows += size
            if not training and self.scores_classes:
                n_correct = n_correct + _weighted_hits(batch, step["y_pred"])
            if self.listens_to_batches_:
                self.history.record_batch(f"{prefix}_loss", step["loss"].item())
                self.history.record_batch(f"{prefix}_batch_size", size)
                self.notify("on_batch_end", batch=batch, training=training, **step)
        self.history.record(f"{prefix}_loss", float(total) / n_rows)
        self.history.record(f"{prefix}_batch_count", len(iterator))
        if not training and self.scores_classes:
            self.history.record("valid_acc", float(n_correct) / n_rows)

    def train_step(self, batch, **fit_params):
        """Take one step of the optimiser."""
        self.optimizer_.zero_grad()
        step = self._loss_step(batch)
        step["loss"].backward()
        if self.listens_to_batches_:
            self.notify(
                "on_grad_computed",
                named_parameters=list(self.get_all_learnable_params()),
                batch=batch,
                training=True,
            )
        self.optimizer_.step()
        if self.scheduler_ is not None:
            self.scheduler_.step()
        return step

    def validation_step(self, batch, **fit_params):
        """Compute the loss of one batch without gradients."""
        with torch.inference_mode():
            return self._loss_step(batch)

    def _loss_step(self, batch) -> dict[str, Tensor]:
        x, y = batch
        with self._autocast():
            y_pred = self.module_(x)
        if self.autocast is not None:
            y_pred = y_pred.float()
        weight = getattr(batch, "weight", None)
        self.criterion_.reduction = "mean" if weight is None else "none"
        loss = self.criterion_(y_pred, y)
        if weight is not None:
            loss = (loss.reshape(len(weight), -1).mean(1) * weight).mean()
        return {"loss": loss, "y_pred": y_pred}

    def apply(self, rows: DenseRows, method: str = "forward") -> np.ndarray:
        """Run a method of the module on all rows, without gradients.

        Parameters
        ----------
        rows : DenseRows
            The inputs.
        method : str, default="forward"
            Name of the module's method; it maps a batch to a matrix.

        Returns
        -------
        ndarray of shape (n_samples, width)
            The outputs in the order of the rows; batches of rows shorter than the
            longest are filled up with zeros.
        """
        self._set_training(False)
        function = getattr(self.module_, method)
        places = list(rows.in_order(self._inference_batch))
        with torch.inference_mode(), self._autocast():
            parts = [function(rows.take(where)).to("cpu") for where in places]
        width = max(part.shape[1] for part in parts)
        outputs = np.zeros((len(rows), width), dtype=self.dtype)
        for where, part in zip(places, parts, strict=True):
            outputs[where, : part.shape[1]] = part.float() if self.autocast else part
        return outputs

    @property
    def _inference_batch(self) -> int:
        return max(self.batch_size, MIN_INFERENCE_BATCH)

    def _autocast(self) -> AbstractContextManager:
        if self.autocast is None:
            return nullcontext()
        device_type = torch.device(self.device).type
        return torch.autocast(device_type, getattr(torch, self.autocast))


def _listens_to_batches(named_callback: tuple[str, Callback]) -> bool:
    kind = type(named_callback[1])
    return any(
        getattr(kind, hook) is not getattr(Callback, hook) for hook in BATCH_HOOKS
    )


def _weighted_hits(batch, y_pred: Tensor) -> Tensor:
    hits = (y_pred.argmax(1) == batch[1]).float()
    weight = getattr(batch, "weight", None)
    return (hits if weight is None else hits * weight).sum()
