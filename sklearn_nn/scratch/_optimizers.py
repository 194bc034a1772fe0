"""Optimisers: from the gradients of batches to better parameters."""

from collections.abc import Iterator
from numbers import Integral
from typing import Any

import numpy as np

from sklearn_nn.scratch._losses import Loss
from sklearn_nn.scratch._module import Module


class Optimizer:
    """Plain gradient descent, one full step at a time.

    Parameters
    ----------
    net : Module
        What to train.
    loss : Loss
        What to make smaller.
    lr : float, default=0.01
        Learning rate.
    weight_decay : float, default=0.0
        Each step shrinks weights (biases and what else has one dimension are left) by
        `lr` times this share, beside what the gradient does [1]_.

    References
    ----------
    .. [1] Loshchilov, I., & Hutter, F. (2019). Decoupled weight decay regularization.
       ICLR.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_nn.scratch import Linear, MSELoss, Optimizer
    >>> layer = Linear(1, 1)
    >>> _ = layer.initialise((1,), np.random.default_rng(0))
    >>> step = Optimizer(layer, MSELoss(), lr=0.1).step
    >>> x = np.array([[1.0], [2.0], [3.0]])
    >>> losses = [step(x, 2 * x + 1) for _ in range(500)]
    >>> layer.parameters["weight"].round(2), layer.parameters["bias"].round(2)
    (array([[2.]]), array([1.]))
    """

    def __init__(
        self, net: Module, loss: Loss, lr: float = 0.01, weight_decay: float = 0.0
    ):
        self.net = net
        self.loss = loss
        self.lr = lr
        self.weight_decay = weight_decay

    def step(
        self, x: np.ndarray, y: np.ndarray, weight: np.ndarray | None = None
    ) -> float:
        """Forward, loss, backward, update.

        Parameters
        ----------
        x : ndarray of shape (n_rows, ...)
            A batch.
        y : ndarray of shape (n_rows, ...)
            Its targets.
        weight : ndarray of shape (n_rows,), default=None
            How often each row counts.

        Returns
        -------
        float
            The loss before the update.
        """
        self.net.zero_grad()
        output = self.net.forward(x)
        loss = self.loss.forward(output, y, weight)
        self.net.backward(x, self.loss.backward(output, y, weight), to_input=False)
        self.update()
        return loss

    def update(self) -> None:
        """Take one step against the gradients."""
        self._decay()
        self.net.update_parameters(self.lr)

    def forget(self) -> None:
        """Forget what earlier steps left, such as a velocity."""

    def _decay(self) -> None:
        if not self.weight_decay:
            return
        kept = 1 - float(self.lr * self.weight_decay)
        if not 0 < kept <= 1:
            raise ValueError(
                f"lr={self.lr:g} times weight_decay={self.weight_decay:g} must be in "
                "[0, 1): each step shrinks the weights by this share. Lower one of "
                "them."
            )
        for module in self.net.leaves():
            for value in module.parameters.values():
                if value.ndim > 1:
                    value *= kept

    def epoch(
        self,
        x: np.ndarray,
        y: np.ndarray,
        weight: np.ndarray | None = None,
        *,
        batch_size: int = 64,
        rng: np.random.Generator | None = None,
    ) -> Iterator[tuple[float, int]]:
        """Step through all rows once, a mini-batch at a time.

        Parameters
        ----------
        x : ndarray of shape (n_rows, ...)
            The rows.
        y : ndarray of shape (n_rows, ...)
            Their targets.
        weight : ndarray of shape (n_rows,), default=None
            How often each row counts.
        batch_size : int, default=64
            Rows a step.
        rng : numpy.random.Generator, default=None
            Shuffles the rows; None takes them in their order.

        Yields
        ------
        loss : float
            The loss of a batch before its step.
        n_rows : int
            The number of its rows.
        """
        for where in batches(len(x), batch_size, rng):
            part = x[where]
            loss = self.step(part, y[where], None if weight is None else weight[where])
            yield loss, len(part)

    def _each(self, *memories: dict) -> Iterator[tuple[np.ndarray, ...]]:
        """Yield each parameter, its gradient and what is remembered of it."""
        for place, module in enumerate(self.net.leaves()):
            for name, value in module.parameters.items():
                key = place, name
                for memory in memories:
                    if key not in memory:
                        memory[key] = np.zeros_like(value)
                yield (
                    value,
                    module.gradients[name],
                    *(memory[key] for memory in memories),
                )


def batches(
    n_rows: int, batch_size: int, rng: np.random.Generator | None = None
) -> Iterator[np.ndarray | slice]:
    """Cut rows into batches.

    Parameters
    ----------
    n_rows : int
        How many rows there are.
    batch_size : int
        Rows a batch; the last may be smaller.
    rng : numpy.random.Generator, default=None
        Shuffles the rows; None takes them in their order.

    Yields
    ------
    ndarray of int64, or slice
        Row numbers.

    Raises
    ------
    ValueError
        If `batch_size` is not a positive integer.
    """
    if not isinstance(batch_size, Integral) or batch_size < 1:
        raise ValueError(
            "The 'batch_size' parameter must be a positive integer. "
            f"Got {batch_size!r} instead."
        )
    order = None if rng is None else rng.permutation(n_rows)
    for start in range(0, n_rows, batch_size):
        where = slice(start, start + batch_size)
        yield where if order is None else order[where]


class SGD(Optimizer):
    """Gradient descent with momentum: the steps are a decaying sum of gradients [1]_.

    Parameters
    ----------
    net : Module
        What to train.
    loss : Loss
        What to make smaller.
    lr : float, default=0.01
        Learning rate.
    momentum : float, default=0.0
        Share of the last step that is taken again, in [0, 1).
    weight_decay : float, default=0.0
        Each step shrinks weights by `lr` times this share.

    References
    ----------
    .. [1] Polyak, B. T. (1964). Some methods of speeding up the convergence of
       iteration methods. USSR Computational Mathematics and Mathematical Physics, 4.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_nn.scratch import SGD, Linear, MSELoss
    >>> rng = np.random.default_rng(0)
    >>> layer = Linear(1, 1)
    >>> _ = layer.initialise((1,), rng)
    >>> sgd = SGD(layer, MSELoss(), lr=0.05, momentum=0.9)
    >>> x = rng.normal(size=(100, 1))
    >>> for _ in range(20):
    ...     losses = list(sgd.epoch(x, 2 * x + 1, batch_size=10, rng=rng))
    >>> layer.parameters["weight"].round(2), layer.parameters["bias"].round(2)
    (array([[2.]]), array([1.]))
    """

    def __init__(
        self,
        net: Module,
        loss: Loss,
        lr: float = 0.01,
        momentum: float = 0.0,
        weight_decay: float = 0.0,
    ):
        super().__init__(net, loss, lr, weight_decay)
        self.momentum = momentum
        self.velocity: dict[Any, np.ndarray] = {}

    def update(self) -> None:
        """Add the gradients to the velocity and step against it."""
        if not self.momentum:
            self.forget()
            super().update()
            return
        self._decay()
        lr, momentum = float(self.lr), float(self.momentum)
        for value, gradient, velocity in self._each(self.velocity):
            velocity *= momentum
            velocity += gradient
            value -= lr * velocity

    def forget(self) -> None:
        """Stand still."""
        self.velocity = {}


class Adam(Optimizer):
    """Steps scaled by a running root mean square of the gradients [1]_.

    Parameters
    ----------
    net : Module
        What to train.
    loss : Loss
        What to make smaller.
    lr : float, default=0.001
        Learning rate: about the length of a step, whatever the gradients.
    betas : tuple of two floats, default=(0.9, 0.999)
        How slowly the running means of gradients, and of their squares, forget.
    eps : float, default=1e-8
        Keeps the division from zero.
    weight_decay : float, default=0.0
        Each step shrinks weights by `lr` times this share.

    References
    ----------
    .. [1] Kingma, D. P., & Ba, J. (2015). Adam: A method for stochastic optimization.
       ICLR.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_nn.scratch import Adam, Linear, MSELoss
    >>> layer = Linear(1, 1)
    >>> _ = layer.initialise((1,), np.random.default_rng(0))
    >>> adam = Adam(layer, MSELoss(), lr=0.1)
    >>> x = np.array([[1.0], [2.0], [3.0]])
    >>> losses = [adam.step(x, 2 * x + 1) for _ in range(500)]
    >>> layer.parameters["weight"].round(2), layer.parameters["bias"].round(2)
    (array([[2.]]), array([1.]))
    """

    def __init__(
        self,
        net: Module,
        loss: Loss,
        lr: float = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ):
        super().__init__(net, loss, lr, weight_decay)
        self.betas = betas
        self.eps = eps
        self.n_steps = 0
        self.means: dict[Any, np.ndarray] = {}
        self.squares: dict[Any, np.ndarray] = {}

    def update(self) -> None:
        """Step against the mean gradient, divided by its root mean square."""
        self._decay()
        self.n_steps += 1
        lr, eps, beta, gamma = map(float, (self.lr, self.eps, *self.betas))
        # Both means start at zero; this is what they have of their final size.
        size, root = 1 - beta**self.n_steps, (1 - gamma**self.n_steps) ** 0.5
        for value, gradient, mean, square in self._each(self.means, self.squares):
            step = (1 - beta) * gradient
            mean *= beta
            mean += step
            np.square(gradient, out=step)
            step *= 1 - gamma
            square *= gamma
            square += step
            np.sqrt(square, out=step)
            # mean / size / (sqrt(square) / root + eps), in fewer passes.
            step += eps * root
            np.divide(mean, step, out=step)
            step *= lr * root / size
            value -= step

    def forget(self) -> None:
        """Start the running means anew."""
        self.n_steps, self.means, self.squares = 0, {}, {}
