"""A classifier of layers in NumPy."""

from typing import Literal

import numpy as np

from sklearn_nn._contract.classifier import NetworkClassifier
from sklearn_nn._contract.sample import Sample
from sklearn_nn._declaration import estimator
from sklearn_nn.scratch._activations import ReLU, Sigmoid, Softmax
from sklearn_nn.scratch._estimator import LOSSES, ScratchEstimator
from sklearn_nn.scratch._linear import Linear
from sklearn_nn.scratch._losses import Loss
from sklearn_nn.scratch._module import Module

# What a probability of zero is taken for, so that it has a logarithm.
LEAST = 1e-12


@estimator
class SequentialClassifier(ScratchEstimator, NetworkClassifier):
    """Layers of one's own, in NumPy alone, that learn to tell classes apart.

    Parameters
    ----------
    layers : list of Module, default=None
        The layers, from the input to the output; a linear one whose widths are left
        out takes what comes and gives one output a class. They stay as they are: a
        fit trains copies. None is ``[Linear(out_features=100), ReLU(), Linear()]``.
        Searches reach them by place: ``layers__0__out_features``.
    loss : {"cross_entropy", "nll", "mse", "bce"}, default="cross_entropy"
        What to minimise: the cross-entropy, whose outputs are logits; the negative
        log-likelihood, which needs LogSoftmax at the end; the squared error, or the
        binary cross-entropy, which needs Sigmoid or Softmax at the end, to one output
        a class that is 1 for the right one and else 0.

    See Also
    --------
    SequentialRegressor : The same for numbers.
    sklearn_nn.neural_network.MLPClassifier : Perceptrons in torch.

    Notes
    -----
    `decision_function` returns logits whatever the end: the logarithm of what Softmax
    gives, the log-odds of what Sigmoid gives. Squared error on plain linear outputs
    leaves them uncalibrated.

    References
    ----------
    Rumelhart, Hinton & Williams (1986). Learning representations by
    back-propagating errors. Nature 323, 533-536.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_nn.scratch import Linear, SequentialClassifier, Tanh
    >>> X, y = load_digits(return_X_y=True)
    >>> model = SequentialClassifier(
    ...     layers=[Linear(64, 32), Tanh(), Linear(32, 10)],
    ...     optimizer="sgd",
    ...     lr=0.1,
    ...     max_epochs=20,
    ...     random_state=0,
    ... )
    >>> model.fit(X[::2] / 16, y[::2]).score(X[1::2] / 16, y[1::2]) > 0.9
    True
    """

    layers: list | tuple | None = None
    loss: Literal["cross_entropy", "nll", "mse", "bce"] = "cross_entropy"

    def _modules(self) -> list[Module]:
        return self._stack("layers", [Linear(out_features=100), ReLU(), Linear()])

    @property
    def _loss(self) -> Loss:
        return LOSSES[self.loss]()

    def _targets(self, sample: Sample) -> np.ndarray:
        if self.loss in ("cross_entropy", "nll"):
            return sample.y
        return np.eye(self._n_outputs)[sample.y]

    def _best_constant(self, sample: Sample) -> np.ndarray:
        log_shares = super()._best_constant(sample)
        takes_logs = self.loss in ("cross_entropy", "nll")
        return log_shares if takes_logs else np.exp(log_shares)

    def _outputs(self, X, method):
        outputs = super()._outputs(X, method)
        if method == "features":
            return outputs
        end = self.net_.end
        if isinstance(end, Softmax):
            return np.log(np.maximum(outputs, LEAST))
        if isinstance(end, Sigmoid):
            odds = np.maximum(outputs, LEAST) / np.maximum(1 - outputs, LEAST)
            return np.log(odds)
        return outputs
