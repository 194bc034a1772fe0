"""Losses: how far outputs are from their targets, and which way to go."""

import numpy as np

from sklearn_nn.scratch._activations import LogSoftmax, Softmax

# As torch does, so that the loss of a certain but wrong probability stays finite.
SMALLEST_LOG = -100.0


class Loss:
    """A mean over rows of how far each output is from its target.

    A subclass says the loss of each row (:meth:`rows`) and its derivative by the
    output (:meth:`slope`).

    Examples
    --------
    A loss of one's own, the absolute error of one output:

    >>> import numpy as np
    >>> from sklearn_nn.scratch import Linear, Loss, Optimizer
    >>> class AbsoluteError(Loss):
    ...     def rows(self, output, target):
    ...         return np.abs(output - target)[:, 0]
    ...
    ...     def slope(self, output, target):
    ...         return np.sign(output - target)
    >>> AbsoluteError().forward(np.array([[1.0], [5.0]]), np.array([[2.0], [2.0]]))
    2.0
    >>> layer = Linear(1, 1)
    >>> _ = layer.initialise((1,), np.random.default_rng(0))
    >>> step = Optimizer(layer, AbsoluteError(), lr=0.01).step
    >>> x = np.array([[1.0], [2.0], [3.0]])
    >>> losses = [step(x, 2 * x + 1) for _ in range(1000)]
    >>> losses[-1] < 0.1 < losses[0]
    True
    """

    def forward(
        self, output: np.ndarray, target: np.ndarray, weight: np.ndarray | None = None
    ) -> float:
        """Return the mean loss.

        Parameters
        ----------
        output : ndarray of shape (n_rows, ...)
            What the network returned.
        target : ndarray of shape (n_rows,) or that of `output`
            What it should have returned: codes of classes, or numbers.
        weight : ndarray of shape (n_rows,), default=None
            How often each row counts; None is once.

        Returns
        -------
        float
            Sum of the weighted losses divided by the number of rows.
        """
        losses = self.rows(output, target)
        if weight is not None:
            losses = losses * weight.reshape(-1)
        return float(np.mean(losses))

    def backward(
        self, output: np.ndarray, target: np.ndarray, weight: np.ndarray | None = None
    ) -> np.ndarray:
        """Return the derivative of the mean loss by the output.

        Parameters
        ----------
        output : ndarray of shape (n_rows, ...)
            What the network returned.
        target : ndarray of shape (n_rows,) or that of `output`
            What it should have returned.
        weight : ndarray of shape (n_rows,), default=None
            How often each row counts.

        Returns
        -------
        ndarray of the shape of `output`
            Of the weighted mean over all rows.
        """
        delta = self.slope(output, target)
        delta /= len(output)
        if weight is not None:
            by_row = weight.astype(delta.dtype, copy=False)
            delta *= by_row.reshape(-1, *[1] * (delta.ndim - 1))
        return delta

    def rows(self, output: np.ndarray, target: np.ndarray) -> np.ndarray:
        """Return the loss of each row.

        Parameters
        ----------
        output : ndarray of shape (n_rows, ...)
            What the network returned.
        target : ndarray of shape (n_rows,) or that of `output`
            What it should have returned.

        Returns
        -------
        ndarray of shape (n_rows,)
            Without weights.

        Raises
        ------
        TypeError
            If a subclass does not override this.
        ValueError
            If the target does not fit the output.
        """
        raise TypeError(f"{type(self).__name__} does not say the loss of a row.")

    def slope(self, output: np.ndarray, target: np.ndarray) -> np.ndarray:
        """Return the derivative of each row's loss by its output, a new array.

        Parameters
        ----------
        output : ndarray of shape (n_rows, ...)
            What the network returned.
        target : ndarray of shape (n_rows,) or that of `output`
            What it should have returned.

        Returns
        -------
        ndarray of the shape of `output`
            The caller may change it.

        Raises
        ------
        TypeError
            If a subclass does not override this.
        ValueError
            If the target does not fit the output.
        """
        raise TypeError(f"{type(self).__name__} does not say its derivative.")

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class MSELoss(Loss):
    """The squared error: its mean over the numbers of a row.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_nn.scratch import MSELoss
    >>> MSELoss().forward(np.array([[1.0, 3.0]]), np.array([[1.0, 1.0]]))
    2.0
    """

    def rows(self, output, target):
        """Return ``mean((output - target) ** 2)`` of each row."""
        return _row_means(np.square(output - _like(output, target)))

    def slope(self, output, target):
        """Return ``2 (output - target) / width``."""
        delta = output - _like(output, target)
        delta *= 2 / delta[0].size
        return delta


class CrossEntropyLoss(Loss):
    """Minus the log-probability of the right class, out of logits.

    The logits are outputs of a linear layer: softmax is inside of the loss, where
    its derivative is the difference between probabilities and target.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_nn.scratch import CrossEntropyLoss
    >>> round(CrossEntropyLoss().forward(np.zeros((1, 10)), np.array([3])), 4)
    2.3026
    """

    def rows(self, output, target):
        """Return minus the log-softmax of each row at its class."""
        return -LogSoftmax().forward(output)[_places(output, target)]

    def slope(self, output, target):
        """Return the probabilities, less one at the class of each row."""
        delta = Softmax().forward(output)
        delta[_places(output, target)] -= 1
        return delta


class NLLLoss(Loss):
    """Minus the log-probability of the right class, out of `LogSoftmax`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_nn.scratch import NLLLoss
    >>> NLLLoss().forward(np.array([[-0.5, -2.0]]), np.array([1]))
    2.0
    """

    def rows(self, output, target):
        """Return minus the output of each row at its class."""
        return -output[_places(output, target)]

    def slope(self, output, target):
        """Return minus one at the class of each row, and zero beside it."""
        delta = np.zeros_like(output)
        delta[_places(output, target)] = -1
        return delta


class BCELoss(Loss):
    """The binary cross-entropy between probabilities and numbers from 0 to 1.

    Logarithms are clipped at -100: what is certain but wrong costs much, not
    infinitely much.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_nn.scratch import BCELoss
    >>> BCELoss().forward(np.array([[0.0]]), np.array([[1.0]]))
    100.0
    """

    def rows(self, output, target):
        """Return the mean of ``-t log(p) - (1 - t) log(1 - p)`` of each row."""
        target = _like(output, target)
        with np.errstate(divide="ignore"):
            log_p = np.maximum(np.log(output), SMALLEST_LOG)
            log_q = np.maximum(np.log1p(-output), SMALLEST_LOG)
        return -_row_means(target * log_p + (1 - target) * log_q)

    def slope(self, output, target):
        """Return ``(p - t) / (p (1 - p))`` divided by the width of a row."""
        target = _like(output, target)
        variance = output * (1 - output)
        # Before a sigmoid it is multiplied by p (1 - p) again, which takes care of
        # numbers near the bound.
        delta = (output - target) / np.maximum(variance, 1e-12)
        delta /= delta[0].size
        return delta


def _row_means(values: np.ndarray) -> np.ndarray:
    return values.reshape(len(values), -1).mean(axis=1)


def _like(output: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return `target` in the dtype of `output`, whose shape it must have."""
    if target.shape != output.shape:
        raise ValueError(
            f"The target must have the shape of the output, {output.shape}, so that "
            f"each number has its own. Got {target.shape} instead."
        )
    return target.astype(output.dtype, copy=False)


def _places(output: np.ndarray, classes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return where `output` has the number of each row's class."""
    if classes.shape != (len(output),) or classes.dtype.kind not in "iu":
        raise ValueError(
            f"The target must hold {len(output)} integers, the class of each row. Got "
            f"{classes.dtype} of shape {classes.shape} instead."
        )
    # Counted from the end, a negative number would be a class too.
    if not 0 <= classes.min() <= classes.max() < output.shape[1]:
        raise ValueError(
            f"The target must hold codes of classes from 0 to {output.shape[1] - 1}, "
            f"the columns of the output. Got {classes.min()} to {classes.max()}."
        )
    return np.arange(len(output)), classes
