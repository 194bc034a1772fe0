"""Callbacks of one training: early stopping, progress, scikit-learn's protocol."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.callback import CallbackContext
from skorch.callbacks import Callback, PrintLog
from tqdm.auto import tqdm

from sklearn_nn._training.sample import Sample


class DivergedError(ValueError):
    """A loss or a weight is no finite number any more."""


class EarlyStopping(Callback):
    """Stop when validation no longer improves, and restore the best epoch.

    Better means a higher ``valid_acc`` (where there is one), then a lower
    ``valid_loss``.

    Parameters
    ----------
    patience : int
        Epochs without improvement after which training stops.
    """

    def __init__(self, patience: int):
        self.patience = patience

    def on_train_begin(self, net, X=None, y=None, **kwargs):
        """Forget the last training."""
        self.best_: tuple[float, float] | None = None
        self.best_epoch_: int | None = None
        self.best_weights_: dict | None = None

    def on_epoch_end(self, net, **kwargs):
        """Keep the weights of the best epoch; stop when it is long ago."""
        row = net.history[-1]
        score = row.get("valid_acc", 0.0), -row["valid_loss"]
        if self.best_ is None or score > self.best_:
            self.best_ = score
            self.best_epoch_ = row["epoch"]
            self.best_weights_ = deepcopy(net.module_.state_dict())
        elif row["epoch"] - self.best_epoch_ >= self.patience:
            net.stop_ = True

    def on_train_end(self, net, X=None, y=None, **kwargs):
        """Restore the best epoch."""
        if self.best_weights_ is not None:
            net.module_.load_state_dict(self.best_weights_)

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint has to keep."""
        return {
            "best": self.best_,
            "best_epoch": self.best_epoch_,
            "best_weights": self.best_weights_,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what a checkpoint kept."""
        self.best_ = state["best"]
        self.best_epoch_ = state["best_epoch"]
        self.best_weights_ = state["best_weights"]


class FiniteLoss(Callback):
    """Raise an error as soon as a loss, or a weight, is not a finite number."""

    def on_epoch_end(self, net, **kwargs):
        """Check the last epoch."""
        row = net.history[-1]
        for name in ("train_loss", "valid_loss"):
            if not np.isfinite(row.get(name, 0.0)):
                raise self._diverged(net, f"{name} is {row[name]}")

    def on_train_end(self, net, X=None, y=None, **kwargs):
        """Check what the last step left."""
        if not all(p.isfinite().all() for p in net.module_.parameters()):
            raise self._diverged(net, "the weights are no finite numbers")

    def _diverged(self, net, what: str) -> DivergedError:
        return DivergedError(
            f"Training diverged: {what} after epoch {len(net.history)}. Lower lr (now "
            f"{net.lr:g}), or scale X to about unit variance."
        )


class EpochBar(Callback):
    """A tqdm bar over the epochs with the last losses beside it."""

    def __init__(self, epochs: int, description: str):
        self.epochs = epochs
        self.description = description

    def on_train_begin(self, net, X=None, y=None, **kwargs):
        """Draw the bar."""
        self.bar_ = tqdm(
            total=self.epochs,
            initial=net.n_resumed_,
            desc=self.description,
            unit="epoch",
        )

    def on_epoch_end(self, net, **kwargs):
        """Move on by one epoch."""
        row = net.history[-1]
        shown = ("train_loss", "valid_loss", "valid_acc")
        self.bar_.set_postfix({key: row[key] for key in shown if key in row})
        self.bar_.update()

    def on_train_end(self, net, X=None, y=None, **kwargs):
        """Leave the bar as it is."""
        self.bar_.close()


class EpochTable(PrintLog):
    """skorch's table of epochs, whatever the net's own verbosity."""

    def _sink(self, text, verbose):
        self.sink(text)


class FitTasks(Callback):
    """Report every epoch to scikit-learn's callbacks as a task of the fit.

    Parameters
    ----------
    estimator : BaseEstimator
        The estimator being fitted.
    context : sklearn.callback.CallbackContext
        Its root context.
    snapshot : callable
        Returns the attributes that make a copy of the estimator a fitted one, as if
        training had stopped here.
    data : dict
        ``X``, ``y`` and ``metadata``, as the callbacks may ask for them.
    """

    def __init__(
        self,
        estimator: BaseEstimator,
        context: CallbackContext,
        snapshot: Callable[[], dict],
        data: dict,
    ):
        self.estimator = estimator
        self.context = context
        self.snapshot = snapshot
        self.data = data

    def on_train_begin(self, net, X=None, y=None, **kwargs):
        """Announce the fit."""
        self._begin(self.context)

    def on_epoch_begin(self, net, **kwargs):
        """Open a task."""
        self.task_ = self.context.subcontext(task_name="epoch")
        self._begin(self.task_)

    def on_epoch_end(self, net, **kwargs):
        """Close it; stop when a callback asks for it."""
        net.stop_ |= self._end(self.task_)

    def on_train_end(self, net, X=None, y=None, **kwargs):
        """Close the fit."""
        self._end(self.context)

    def _begin(self, task: CallbackContext) -> None:
        task.call_on_fit_task_begin(
            estimator=self.estimator,
            reconstruction_attributes=self.snapshot,
            **self.data,
        )

    def _end(self, task: CallbackContext) -> bool:
        return task.call_on_fit_task_end(
            estimator=self.estimator,
            reconstruction_attributes=self.snapshot,
            **self.data,
        )


def watchers(estimator: Any, net: Any, given: Sample, epochs: int) -> list[Callback]:
    """Return the callbacks that show a training to its user.

    Parameters
    ----------
    estimator : NeuralEstimator
        Whose `verbose` and scikit-learn callbacks to serve.
    net : Net
        The net in training.
    given : Sample
        The data as the user gave them.
    epochs : int
        How many epochs at most.

    Returns
    -------
    list of skorch.callbacks.Callback
    """
    callbacks: list[Callback] = []
    if estimator.verbose == 1:
        callbacks.append(EpochBar(epochs, type(estimator).__name__))
    elif estimator.verbose:
        callbacks.append(EpochTable())
    context = estimator._init_callback_context(max_subtasks=epochs)
    if hasattr(estimator, "_skl_callbacks"):
        metadata = {"sample_weight": given.weight}
        data = {"X": given.X, "y": given.y, "metadata": metadata}
        callbacks.append(
            FitTasks(estimator, context, lambda: {"net_": net.duplicate()}, data)
        )
    return callbacks
