"""Learning rates that move while a network trains."""

from math import cos, inf, pi
from typing import Any

from sklearn_nn._contract.schedules import PLATEAU, SHORTEST_CYCLE, up_and_down

# Where one cycle starts, and where it ends beside that, against its peak [1]_.
START, END = 1 / 25, 1e-4
# Its share of the steps that lead up to the peak, and the bounds of the momentum.
UPHILL, LOW_MOMENTUM, HIGH_MOMENTUM = 0.3, 0.85, 0.95
# A loss is lower on a plateau if it is so by more than this share.
LOWER = 1e-4


class Schedule:
    """Moves the learning rate of an optimiser, from the one it has at first.

    Parameters
    ----------
    name : {"constant", "linear", "cosine", "warmup", "onecycle", "plateau"}
        ``"linear"`` and ``"cosine"`` fall to zero, ``"warmup"`` rises for a tenth of
        the steps and falls in a line, ``"onecycle"`` rises and falls, momentum moving
        against it [1]_, and ``"plateau"`` halves at each third epoch in a row without a
        lower loss.
    optimizer : Optimizer
        What to set `lr` of, and `momentum` or `betas`, if it has any.
    n_steps : int
        How many steps there will be at most.

    References
    ----------
    .. [1] Smith, L. N., & Topin, N. (2018). Super-convergence: Very fast training of
       neural networks using large learning rates. arXiv:1708.07120.
    """

    def __init__(self, name: str, optimizer: Any, n_steps: int):
        short = name == "onecycle" and n_steps < SHORTEST_CYCLE
        self.name = "constant" if short else name
        self.optimizer = optimizer
        self.n_steps = n_steps
        self.n_done = 0
        self.before = dict(vars(optimizer))
        self.lowest, self.n_epochs_since = inf, 0
        self._set()

    def after_step(self) -> None:
        """Set what the next step takes."""
        self.n_done += 1
        self._set()

    def after_epoch(self, loss: float) -> None:
        """Look at the loss of an epoch.

        Parameters
        ----------
        loss : float
            That of the validation rows, where there are any.
        """
        if self.name != "plateau":
            return
        if loss < self.lowest * (1 - LOWER):
            self.lowest, self.n_epochs_since = loss, 0
            return
        self.n_epochs_since += 1
        if self.n_epochs_since >= PLATEAU:
            self.optimizer.lr /= 2
            self.n_epochs_since = 0

    def end(self) -> None:
        """Leave the optimiser as it was before."""
        for name in ("lr", "momentum", "betas"):
            if name in self.before:
                setattr(self.optimizer, name, self.before[name])

    def _set(self) -> None:
        done = min(self.n_done / self.n_steps, 1.0)
        lr = self.before["lr"]
        if self.name == "linear":
            self.optimizer.lr = lr * (1 - done)
        elif self.name == "cosine":
            self.optimizer.lr = lr * _between(1, 0, done)
        elif self.name == "warmup":
            self.optimizer.lr = lr * up_and_down(self.n_done, self.n_steps)
        elif self.name == "onecycle":
            peak = UPHILL * self.n_steps - 1
            if self.n_done <= peak:
                uphill, way = True, self.n_done / peak
            else:
                uphill = False
                way = min((self.n_done - peak) / (self.n_steps - 1 - peak), 1.0)
            self.optimizer.lr = lr * (
                _between(START, 1, way) if uphill else _between(1, START * END, way)
            )
            ends = HIGH_MOMENTUM, LOW_MOMENTUM
            self._set_momentum(_between(*(ends if uphill else ends[::-1]), way))

    def _set_momentum(self, momentum: float) -> None:
        if "betas" in self.before:
            self.optimizer.betas = (momentum, self.before["betas"][1])
        elif self.before.get("momentum"):
            self.optimizer.momentum = momentum


def _between(start: float, end: float, way: float) -> float:
    """Go from start to end along half a wave of the cosine."""
    return end + (start - end) * (1 + cos(pi * way)) / 2
