"""Callbacks of one training: early stopping, progress, scikit-learn's protocol."""

from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.callback import CallbackContext
from skorch.callbacks import Callback, PrintLog

from sklearn_nn._contract.best_epoch import BestEpoch
from sklearn_nn._contract.divergence import DivergedError
from sklearn_nn._contract.progress import EpochProgress
from sklearn_nn._contract.sample import Sample

BATCH_HOOKS = ("on_batch_begin", "on_batch_end", "on_grad_computed")


class EarlyStopping(Callback):
    """Stop when validation no longer improves, and restore the best epoch.

    Parameters
    ----------
    best : BestEpoch
        Which epoch that is.
    """

    def __init__(self, best: BestEpoch):
        self.best = best

    def on_train_begin(self, net, X=None, y=None, **kwargs):
        """Start without weights to restore."""
        self.best_weights_: dict | None = None

    def on_epoch_end(self, net, **kwargs):
        """Keep the weights of the best epoch; stop when it is long ago."""
        row = net.history[-1]
        if self.best.improved_by(row):
            self.best_weights_ = deepcopy(net.module_.state_dict())
        elif self.best.is_long_ago(row):
            net.stop_ = True

    def on_train_end(self, net, X=None, y=None, **kwargs):
        """Restore the best epoch."""
        if self.best_weights_ is not None:
            net.module_.load_state_dict(self.best_weights_)

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint has to keep."""
        return {
            "best": self.best.score,
            "best_epoch": self.best.epoch,
            "best_weights": self.best_weights_,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what a checkpoint kept."""
        self.best.score = state["best"]
        self.best.epoch = state["best_epoch"]
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
        return DivergedError(f"{what} after epoch {len(net.history)}", net.lr)


class EpochBar(Callback):
    """A tqdm bar over the epochs with the last losses beside it."""

    def __init__(self, epochs: int, description: str):
        self.epochs = epochs
        self.description = description

    def on_train_begin(self, net, X=None, y=None, **kwargs):
        """Draw the bar."""
        self.bar_ = EpochProgress(self.epochs, self.description, net.n_resumed_)

    def on_epoch_end(self, net, **kwargs):
        """Move on by one epoch."""
        self.bar_.advance(net.history[-1])

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


def named(callbacks: Sequence[Callback]) -> list[tuple[str, Callback]]:
    """Return callbacks, initialised, with the names of their classes."""
    return [(type(callback).__name__, callback.initialize()) for callback in callbacks]


def listens_to_batches(named_callback: tuple[str, Callback]) -> bool:
    """Tell whether a callback wants to know of batches."""
    kind = type(named_callback[1])
    return any(
        getattr(kind, hook) is not getattr(Callback, hook) for hook in BATCH_HOOKS
    )
