"""Learning-rate schedules by name, stepped once a batch."""

from collections.abc import Callable

from torch.optim import Optimizer
from torch.optim.lr_scheduler import (
    CosineAnnealingLR,
    LinearLR,
    LRScheduler,
    OneCycleLR,
)


def _onecycle(optimizer: Optimizer, n_steps: int) -> LRScheduler:
    peak = [group["lr"] for group in optimizer.param_groups]
    return OneCycleLR(optimizer, max_lr=peak, total_steps=n_steps)


SCHEDULES: dict[str, Callable[[Optimizer, int], LRScheduler] | None] = {
    "constant": None,
    "linear": lambda optimizer, n_steps: LinearLR(
        optimizer, start_factor=1.0, end_factor=0.0, total_iters=n_steps
    ),
    "cosine": lambda optimizer, n_steps: CosineAnnealingLR(optimizer, T_max=n_steps),
    "onecycle": _onecycle,
}
