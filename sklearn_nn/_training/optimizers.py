"""Optimisers by name."""

from collections.abc import Callable, Hashable
from functools import partial

from torch.optim import SGD, Adam, AdamW, NAdam, RMSprop

# The fused kernels update all parameters in one pass; NAdam and RMSprop have none.
OPTIMIZERS: dict[Hashable, Callable] = {
    "adam": partial(Adam, fused=True),
    "adamw": partial(AdamW, fused=True),
    "nadam": NAdam,
    "rmsprop": RMSprop,
    "sgd": partial(SGD, fused=True),
    "momentum": partial(SGD, momentum=0.9, nesterov=True, fused=True),
}
