"""Optimisers by name."""

from collections.abc import Callable

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
