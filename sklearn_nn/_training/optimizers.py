"""Optimisers by name."""

from collections.abc import Callable
from typing import Any

from torch.optim import SGD, Adam, AdamW, NAdam, Optimizer, RMSprop

# Functions, because a function survives pickling as the same object. The fused kernels
# update all parameters in one pass; NAdam and RMSprop have none.


def _adam(parameters, **options) -> Optimizer:
    return Adam(parameters, fused=True, **options)


def _adamw(parameters, **options) -> Optimizer:
    return AdamW(parameters, fused=True, **options)


def _sgd(parameters, **options) -> Optimizer:
    return SGD(parameters, fused=True, **options)


def _momentum(parameters, **options) -> Optimizer:
    return SGD(parameters, momentum=0.9, nesterov=True, fused=True, **options)


OPTIMIZERS: dict[str, Callable[..., Optimizer]] = {
    "adam": _adam,
    "adamw": _adamw,
    "nadam": NAdam,
    "rmsprop": RMSprop,
    "sgd": _sgd,
    "momentum": _momentum,
}


def groups_by_depth(module: Any, lr: float, decays: bool) -> list[dict[str, Any]]:
    """Split the parameters of a module by how fast it wants them to learn.

    Parameters
    ----------
    module : torch.nn.Module
        Whose ``learning_rate_scales()`` gives a factor for each parameter by name.
    lr : float
        Learning rate to scale.
    decays : bool
        Whether the optimiser decays weights; biases and normalisations are left out.

    Returns
    -------
    list of dict
        Groups for an optimiser.
    """
    scales = module.learning_rate_scales()
    groups: dict[tuple[float, bool], dict[str, Any]] = {}
    # The fastest first: the history records its learning rate.
    for name, parameter in sorted(
        module.named_parameters(), key=lambda named: -scales[named[0]]
    ):
        key = scale, is_weight = scales[name], parameter.ndim > 1
        options = {"lr": scale * lr, "scale": scale, "decays": is_weight}
        if decays and not is_weight:
            options["weight_decay"] = 0.0
        groups.setdefault(key, {"params": [], **options})["params"].append(parameter)
    return list(groups.values())
