"""Short trainings of a clone that end as soon as a callback has found its answer."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from sklearn.base import BaseEstimator, clone
from skorch.callbacks import Callback
from torch import Tensor

from sklearn_nn.base import NeuralEstimator

# Whatever else the estimator says about its training stays in force.
PLAIN = {
    "early_stopping": False,
    "lr_schedule": "constant",
    "warm_start": False,
    "verbose": 0,
}
# Rows that the loss before the first step is measured on, at most.
N_INITIAL = 1024
# Epochs from one look at what was memorised to the next.
EVERY = 5


class Found(BaseException):
    """Ends a training from within; holds what the callback has found.

    No Exception: searches would take it for a fit that has failed, and go on.
    """


def network_in(estimator: Any) -> tuple[str, NeuralEstimator]:
    """Return the network that an estimator is or holds, and the prefix of its names.

    Parameters
    ----------
    estimator : estimator
        A network, or a pipeline or other meta-estimator with one inside.

    Returns
    -------
    prefix : str
        What stands before the names of its parameters, such as ``"mlp__"``.
    network : NeuralEstimator
        The network.

    Raises
    ------
    TypeError
        If there is none, or more than one.
    """
    if isinstance(estimator, NeuralEstimator):
        return "", estimator
    if not isinstance(estimator, BaseEstimator):
        raise TypeError(
            f"Give an estimator, such as MLPClassifier(). Got {estimator!r} instead."
        )
    inside = {
        f"{name}__": value
        for name, value in estimator.get_params(deep=True).items()
        if isinstance(value, NeuralEstimator)
    }
    if len(inside) != 1:
        names = ", ".join(name.removesuffix("__") for name in inside) or "none"
        raise TypeError(
            f"{type(estimator).__name__} must be a network of sklearn_nn, or hold "
            f"exactly one. Networks found in it: {names}."
        )
    return next(iter(inside.items()))


def probe(
    estimator: Any,
    callback: Callback,
    X: Any,
    y: Any = None,
    fit_params: dict[str, Any] | None = None,
    **settings: Any,
) -> Any:
    """Fit a clone until the callback raises :class:`Found`; return what it found.

    The clone trains with this callback alone, at a constant learning rate and without
    early stopping.

    Parameters
    ----------
    estimator : estimator
        Which is not touched.
    callback : skorch.callbacks.Callback
        What looks for the answer.
    X, y : any
        What to fit on; y may be None.
    fit_params : dict, default=None
        What else to hand to `fit`.
    **settings
        Parameters of the network in the clone.

    Returns
    -------
    answer : object
        The argument of the exception.
    """
    prefix, _ = network_in(estimator)
    settings = {**PLAIN, **settings, "callbacks": [callback]}
    twin = clone(estimator)
    twin.set_params(**{f"{prefix}{name}": value for name, value in settings.items()})
    targets = () if y is None else (y,)
    try:
        twin.fit(X, *targets, **(fit_params or {}))
    except Found as found:
        return found.args[0]
    raise RuntimeError(f"{type(estimator).__name__} did not train its network in fit.")


class Climb(Callback):
    """Train every batch at the next learning rate, until the loss is no number.

    Finds the losses, one for each batch.
    """

    def __init__(self, rates: Sequence[float], is_enough: Callable):
        self.rates = rates
        self.is_enough = is_enough

    def initialize(self) -> "Climb":
        """Forget the last training."""
        self.losses_: list[float] = []
        return self

    def on_batch_begin(self, net, batch=None, training=None, **kwargs):
        """Raise the learning rate."""
        for group in net.optimizer_.param_groups:
            group["lr"] = self.rates[len(self.losses_)]

    def on_batch_end(self, net, batch=None, training=None, **kwargs):
        """Note the loss, and end the training when there is no more to see."""
        self.losses_.append(float(kwargs["loss"].detach()))
        if len(self.losses_) == len(self.rates) or self.is_enough(self.losses_):
            raise Found(self.losses_)


class FirstBatches(Callback):
    """Look at the loss before the first step and at the gradients of some batches.

    Finds the loss (in training mode, for batch norm to be at work), that of the best
    constant on the same rows, the names of the parameters that got no gradient and of
    those whose gradients were not finite.
    """

    def __init__(self, n_batches: int):
        self.n_batches = n_batches

    def on_train_begin(self, net, X=None, y=None, **kwargs):
        """Compare the loss before the first step with that of the best constant."""
        constant = _best_constant(X.y, X.weight)
        of_net, of_constant = [], []
        net.module_.train()
        for index in torch.randperm(len(X))[:N_INITIAL].split(net.batch_size):
            batch = X[index]
            with torch.no_grad(), net._autocast():
                y_pred = net.module_(batch[0]).to(constant.dtype)
            of_net += [_mean_loss(y_pred, batch)] * len(index)
            constants = constant.expand_as(y_pred)
            of_constant += [_mean_loss(constants, batch)] * len(index)
        self.compared_ = float(np.mean(of_net)), float(np.mean(of_constant))
        self.reached_: dict[str, bool] = {}
        self.not_finite_: set[str] = set()
        self.seen_ = 0

    def on_grad_computed(self, net, named_parameters, batch=None, **kwargs):
        """Note which parameters a gradient reaches."""
        for name, parameter in named_parameters:
            gradient = parameter.grad
            reached = gradient is not None and bool((gradient != 0).any())
            self.reached_[name] = self.reached_.get(name, False) or reached
            if reached and not gradient.isfinite().all():
                self.not_finite_.add(name)

    def on_batch_end(self, net, batch=None, training=None, **kwargs):
        """End after some batches, or where the loss is no number any more."""
        self.seen_ += 1
        if self.seen_ == self.n_batches or not kwargs["loss"].isfinite():
            not_reached = [
                name for name, reached in self.reached_.items() if not reached
            ]
            raise Found((*self.compared_, not_reached, sorted(self.not_finite_)))


class Memorise(Callback):
    """Train until the network knows its rows by heart, or for some epochs.

    Finds the number of epochs, whether it knows them, and its loss and accuracy on
    them (the share of the variance that is explained, for numbers).
    """

    def __init__(self, n_epochs: int):
        self.n_epochs = n_epochs

    def on_train_begin(self, net, X=None, y=None, **kwargs):
        """Keep the rows."""
        self.rows_ = X

    def on_epoch_end(self, net, **kwargs):
        """Ask for the rows."""
        is_last = len(net.history) == self.n_epochs
        if len(net.history) % EVERY and not is_last:
            return
        y = self.rows_.y
        y_pred = torch.from_numpy(net.apply(self.rows_.rows)).to(y.device)
        loss = _mean_loss(y_pred, self.rows_[:])
        if y.is_floating_point():
            spread = (y - y.mean(0)).square().mean()
            score = float(1 - (y_pred - y).square().mean() / spread) if spread else 1.0
            knows = score >= 0.99
        else:
            score = float((y_pred.argmax(1) == y).double().mean())
            knows = score == 1
        if knows or is_last:
            raise Found((len(net.history), knows, loss, score))


def _best_constant(y: Tensor, weight: Tensor | None) -> Tensor:
    """Return the logits, or the numbers, that suit all rows best."""
    if weight is None:
        weight = torch.ones(len(y), device=y.device)
    if y.is_floating_point():
        return (y * weight[:, None]).sum(0) / weight.sum()
    return torch.bincount(y, weight).log().to(weight.dtype)


def _mean_loss(y_pred: Tensor, batch: tuple) -> float:
    """Return the loss without label smoothing and penalties."""
    y, weight = batch[1], getattr(batch, "weight", None)
    if y.is_floating_point():
        losses = (y_pred - y).square().mean(1)
    else:
        losses = torch.nn.functional.cross_entropy(y_pred, y, reduction="none")
    return float((losses if weight is None else losses * weight).mean())
