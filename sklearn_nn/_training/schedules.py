"""Learning-rate schedules by name, stepped once a batch (plateau: once an epoch)."""

from collections.abc import Callable
from functools import partial

from torch.optim import Optimizer
from torch.optim.lr_scheduler import (
    CosineAnnealingLR,
    LambdaLR,
    LinearLR,
    LRScheduler,
    OneCycleLR,
    ReduceLROnPlateau,
)

from sklearn_nn._contract.schedules import PLATEAU, SHORTEST_CYCLE, up_and_down

# What torch's schedules leave behind in an optimiser, and would take up again.
_REMAINS = ("initial_lr", "max_lr", "min_lr", "base_momentum", "max_momentum")


def start_anew(optimizer: Optimizer, lr: float) -> None:
    """Give an optimiser its learning rate back after a schedule.

    Parameters
    ----------
    optimizer : torch.optim.Optimizer
        Changed in place.
    lr : float
        The learning rate of groups with a ``scale``, which multiplies it.
    """
    for group in optimizer.param_groups:
        for name in _REMAINS:
            group.pop(name, None)
        if "scale" in group:
            group["lr"] = lr * group["scale"]


def _warmup(optimizer: Optimizer, n_steps: int) -> LRScheduler:
    return LambdaLR(optimizer, partial(up_and_down, n_steps=n_steps))


def _onecycle(optimizer: Optimizer, n_steps: int) -> LRScheduler | None:
    if n_steps < SHORTEST_CYCLE:
        return None
    peak = [group["lr"] for group in optimizer.param_groups]
    # As Smith and Topin (2018) have it, momentum moves against the learning rate, in
    # optimisers that have any.
    options = optimizer.defaults
    return OneCycleLR(
        optimizer,
        max_lr=peak,
        total_steps=n_steps,
        cycle_momentum="betas" in options or options.get("momentum", 0) > 0,
    )


SCHEDULES: dict[str, Callable[[Optimizer, int], LRScheduler | None]] = {
    "constant": lambda optimizer, n_steps: None,
    "linear": lambda optimizer, n_steps: LinearLR(
        optimizer, start_factor=1.0, end_factor=0.0, total_iters=n_steps
    ),
    "cosine": lambda optimizer, n_steps: CosineAnnealingLR(optimizer, T_max=n_steps),
    "warmup": _warmup,
    "onecycle": _onecycle,
    "plateau": lambda optimizer, n_steps: ReduceLROnPlateau(
        optimizer, factor=0.5, patience=PLATEAU - 1
    ),
}
