"""From an estimator's parameters to a net."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from sklearn.base import is_classifier
from skorch.callbacks import Callback

from sklearn_nn._training.device import resolve_device
from sklearn_nn._training.net import Net
from sklearn_nn._training.optimizers import OPTIMIZERS


def build_net(
    estimator: Any, module: type[torch.nn.Module], arguments: Mapping, one_batch: bool
) -> Net:
    """Make the net of an estimator; its weights come from torch's generator.

    Parameters
    ----------
    estimator : NeuralEstimator
        Whose parameters and loss to use.
    module : type
        The module's class.
    arguments : mapping
        The module's arguments.
    one_batch : bool
        Whether the whole training set fits in one batch.

    Returns
    -------
    Net
        Initialised, not trained.
    """
    device = resolve_device(estimator.device)
    precision = estimator._resolve_precision(device, one_batch)
    net = Net(
        module,
        estimator._criterion,
        dtype=_name(precision.dtype),
        autocast=None if precision.autocast is None else _name(precision.autocast),
        scores_classes=is_classifier(estimator),
        scores_f1=estimator._scores_f1,
        train_split=None,
        device=str(device),
        verbose=0,
        **_settings(estimator),
        **{f"module__{name}": value for name, value in arguments.items()},
    )
    with _explained_optimizer(estimator, net):
        return net.initialize()


def continue_net(
    estimator: Any, module: type[torch.nn.Module], arguments: Mapping
) -> Net:
    """Return a copy of an estimator's net, with the estimator's parameters of now.

    A copy, so that a training that fails leaves the estimator's own as it was.

    Raises
    ------
    ValueError
        If a parameter has changed that shapes the net.
    """
    net = estimator.net_.duplicate()
    if (module, estimator._criterion) != (net.module, net.criterion):
        raise ValueError(
            f"{type(estimator).__name__} continues its present network, but its "
            "architecture or loss has changed. Set warm_start=False, or clone the "
            "estimator, to train a new one."
        )
    before = {name: getattr(net, f"module__{name}") for name in arguments}
    changed = [
        f"{name} (was {before[name]!r})"
        for name, value in arguments.items()
        if name not in estimator._places and before[name] != value
    ]
    device = torch.device(net.device)
    if estimator.device != "auto" and resolve_device(estimator.device) != device:
        changed.append("device")
    if estimator.precision not in ("auto", net.autocast or net.dtype):
        changed.append("precision")
    if changed:
        raise ValueError(
            f"{type(estimator).__name__} continues its present network, but what "
            f"shapes it has changed: {', '.join(changed)}. Set warm_start=False, or "
            "clone the estimator, to train a new one."
        )
    settings = _settings(estimator)
    # skorch's set_params applies neither of these two to a net that has started.
    optimizer, callbacks = settings.pop("optimizer"), settings.pop("callbacks")
    decay = settings.pop("optimizer__weight_decay", 0.0)
    if optimizer is not net.optimizer:
        vars(net).pop("optimizer__weight_decay", None)
        if decay:
            net.optimizer__weight_decay = decay
        net.optimizer = optimizer
        with _explained_optimizer(estimator, net):
            net._initialize_optimizer()
    elif decay != getattr(net, "optimizer__weight_decay", 0.0):
        exempt = [g for g in net.optimizer_.param_groups if not g.get("decays", True)]
        net.set_params(optimizer__weight_decay=decay)
        for group in exempt:
            group["weight_decay"] = 0.0
    if callbacks != net.callbacks:
        net.callbacks = callbacks
        net.initialize_callbacks()
    return net.set_params(**settings)


@contextmanager
def _explained_optimizer(estimator: Any, net: Net) -> Iterator[None]:
    """Say which parameter is to blame when the optimiser cannot be made."""
    try:
        yield
    except (TypeError, ValueError) as error:
        if not hasattr(net, "criterion_"):
            raise
        raise TypeError(
            f"The 'optimizer' parameter of {type(estimator).__name__} must be called "
            f"like a class of torch.optim, with parameters and lr; calling "
            f"{estimator.optimizer!r} failed: {error}"
        ) from error


def _settings(estimator: Any) -> dict[str, Any]:
    callbacks = list(estimator.callbacks or ())
    for callback in callbacks:
        bare = callback[-1] if isinstance(callback, tuple) else callback
        if not isinstance(bare, Callback):
            raise TypeError(
                f"The 'callbacks' parameter of {type(estimator).__name__} must be a "
                f"list of instances of skorch.callbacks.Callback. Got {bare!r} instead."
            )
    optimizer = estimator.optimizer
    if isinstance(optimizer, str):
        optimizer = OPTIMIZERS[optimizer]
    settings = {
        "optimizer": optimizer,
        "lr": estimator.lr,
        "batch_size": estimator.batch_size,
        "callbacks": callbacks,
        "max_grad_norm": estimator.max_grad_norm,
        "label_smoothing": getattr(estimator, "label_smoothing", 0.0),
        "accumulation_steps": getattr(estimator, "accumulation_steps", 1),
        "mixup": getattr(estimator, "mixup", 0.0),
    }
    # Not every optimiser has weight decay.
    if estimator.weight_decay:
        settings["optimizer__weight_decay"] = estimator.weight_decay
    return settings


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
