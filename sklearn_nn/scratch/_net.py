"""A module in training: epochs, validation, history."""

from collections.abc import Callable
from functools import partial
from math import prod
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

from sklearn_nn._contract.best_epoch import BestEpoch
from sklearn_nn._contract.divergence import DivergedError
from sklearn_nn._contract.network import MIN_INFERENCE_BATCH
from sklearn_nn._contract.reconstruction import RAREST
from sklearn_nn.scratch._activations import LogSoftmax, Sigmoid, Softmax
from sklearn_nn.scratch._linear import Linear
from sklearn_nn.scratch._losses import Loss
from sklearn_nn.scratch._module import Module, Shape
from sklearn_nn.scratch._optimizers import Optimizer, batches
from sklearn_nn.scratch._schedules import Schedule
from sklearn_nn.scratch._sequential import Sequential


class Batch(NamedTuple):
    """Rows, their targets and how often each counts, in the dtype of a net."""

    x: Any
    y: Any
    weight: np.ndarray | None = None


class Net:
    """A module with its loss, its optimiser and what its training has been like.

    Parameters
    ----------
    module : Sequential
        Initialised.
    loss : Loss
        What is made smaller.
    optimizer : Optimizer
        What makes it smaller.
    rng : numpy.random.Generator
        Shuffles the rows.
    dtype : dtype
        What the module computes in.
    input_shape : tuple of int
        Shape of one row.
    encoder : int
        How many modules lead to the representation that is learned.
    scores_classes : bool
        Whether outputs are compared with classes in validation.
    """

    def __init__(
        self,
        module: Sequential,
        loss: Loss,
        optimizer: Optimizer,
        rng: np.random.Generator,
        dtype: Any,
        input_shape: Shape,
        encoder: int,
        scores_classes: bool,
    ):
        self.module = module
        self.loss = loss
        self.optimizer = optimizer
        self.rng = rng
        self.dtype = np.dtype(dtype)
        self.encoder = Sequential(module.modules[:encoder])
        self.latent_shape = self.encoder.output_shape(input_shape)
        self.scores_classes = scores_classes
        self.history: list[dict[str, Any]] = []

    @property
    def n_features(self) -> int:
        """Width of the representation that the module learns."""
        return prod(self.latent_shape)

    def epochs(self) -> list[dict[str, Any]]:
        """Return the history, one dict an epoch."""
        return [dict(row) for row in self.history]

    def start_from(self, outputs: np.ndarray) -> None:
        """Start from the best constant prediction instead of learning it.

        Parameters
        ----------
        outputs : ndarray of shape (n_outputs,)
            What the last layer should return at first. Where it is unknown which bias
            does that, the bias stays at zero.
        """
        end = last = self.end
        bias = outputs
        if not isinstance(end, Linear):
            *_, last, _ = (None, *self.module.leaves())
        if isinstance(end, Sigmoid):
            odds = outputs.clip(RAREST, 1 - RAREST)
            bias = np.log(odds / (1 - odds))
        elif isinstance(end, Softmax):
            bias = np.log(outputs.clip(RAREST))
        elif not isinstance(end, Linear | LogSoftmax):
            return
        if isinstance(last, Linear):
            # What is too large for the dtype gets an error with the rows.
            with np.errstate(over="ignore"):
                last.parameters["bias"][...] = bias

    @property
    def end(self) -> Module:
        """The last layer, inside of whatever it is."""
        *_, last = self.module.leaves()
        return last

    def train(
        self,
        train: Batch,
        valid: Batch | None,
        *,
        epochs: int,
        batch_size: int,
        lr_schedule: str,
        best: BestEpoch | None,
        watch: Callable[[dict[str, Any]], None],
    ) -> bool:
        """Train for some epochs more.

        Parameters
        ----------
        train, valid : Batch
            All rows to train on and, if given, to validate on after every epoch.
        epochs : int
            How many epochs at most.
        batch_size : int
            Rows a step.
        lr_schedule : str
            How the learning rate moves.
        best : BestEpoch, default=None
            Stops the training when it does not improve and names the epoch whose
            weights are restored.
        watch : callable
            Called with the row of each epoch.

        Returns
        -------
        interrupted : bool
            Whether the user interrupted an epoch. That epoch is not in the history;
            what was learned in it is kept.

        Raises
        ------
        DivergedError
            If the loss or a weight is no finite number any more. The weights of the
            best epoch, if one is followed, or else of the last finite one are restored.
        """
        n_steps = epochs * -(-len(train.x) // batch_size)
        schedule = Schedule(lr_schedule, self.optimizer, n_steps)
        finite = self.module.state()
        best_state = None
        interrupted = False
        try:
            for _ in range(epochs):
                row = self._epoch(train, valid, batch_size, schedule)
                finite = self.module.state()
                self.history.append(row)
                if best is not None and best.improved_by(row):
                    best_state = finite
                watch(row)
                if best is not None and best.is_long_ago(row):
                    break
        except DivergedError:
            self.module.load_state(finite if best_state is None else best_state)
            self.optimizer.forget()
            raise
        except KeyboardInterrupt:
            interrupted = True
            if not self._is_finite():
                self.module.load_state(finite)
        finally:
            schedule.end()
            self.module.train(False)
        if best_state is not None:
            self.module.load_state(best_state)
        return interrupted

    def _epoch(
        self, train: Batch, valid: Batch | None, batch_size: int, schedule: Schedule
    ) -> dict[str, Any]:
        started = perf_counter()
        number = len(self.history) + 1
        row: dict[str, Any] = {"epoch": number, "lr": self.optimizer.lr}
        total = 0.0
        diverged = partial(DivergedError, lr=schedule.before["lr"], restored=True)
        self.module.train()
        # A loss that is no number any more gets an error of its own below.
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            for loss, n_rows in self.optimizer.epoch(
                *train, batch_size=batch_size, rng=self.rng
            ):
                if not np.isfinite(loss):
                    raise diverged(f"the loss is {loss} in epoch {number}")
                total += loss * n_rows
                schedule.after_step()
            if not self._is_finite():
                raise diverged(
                    f"the weights are no finite numbers after epoch {number}"
                )
            row["train_loss"] = total / len(train.x)
            if valid is not None:
                row |= self._validate(valid, batch_size)
                if not np.isfinite(row["valid_loss"]):
                    raise diverged(
                        f"valid_loss is {row['valid_loss']} after epoch {number}"
                    )
        schedule.after_epoch(row.get("valid_loss", row["train_loss"]))
        return row | {"dur": perf_counter() - started}

    def _validate(self, valid: Batch, batch_size: int) -> dict[str, float]:
        self.module.train(False)
        losses, hits = [], []
        for where in self._places(len(valid.x), batch_size):
            output, y = self.module.forward(valid.x[where]), valid.y[where]
            losses.append(self.loss.rows(output, y))
            if self.scores_classes:
                classes = y if y.ndim == 1 else y.argmax(axis=1)
                hits.append(output.argmax(axis=1) == classes)
        scores = {"valid_loss": _mean(losses, valid.weight)}
        return scores | ({"valid_acc": _mean(hits, valid.weight)} if hits else {})

    def apply(
        self, x: Any, batch_size: int, function: Callable[[np.ndarray], np.ndarray]
    ) -> np.ndarray:
        """Return what a function makes of all rows, a batch at a time.

        Parameters
        ----------
        x : ndarray or SparseRows of shape (n_rows, ...)
            The rows.
        batch_size : int
            Rows a step of the training.
        function : callable
            What maps a batch to an array, usually the `forward` of a module.

        Returns
        -------
        ndarray of shape (n_rows, width)
        """
        self.module.train(False)
        self.encoder.train(False)
        with np.errstate(over="ignore", invalid="ignore"):
            parts = [function(x[where]) for where in self._places(len(x), batch_size)]
        return np.concatenate([part.reshape(len(part), -1) for part in parts])

    def _places(self, n_rows: int, batch_size: int):
        return batches(n_rows, max(batch_size, MIN_INFERENCE_BATCH))

    def _is_finite(self) -> bool:
        return all(
            np.isfinite(value).all()
            for module in self.module.leaves()
            for value in (module.parameters | module.buffers).values()
        )


def _mean(parts: list[np.ndarray], weight: np.ndarray | None) -> float:
    return float(np.average(np.concatenate(parts), weights=weight))
