"""A regressor of layers in NumPy."""

from sklearn_nn._contract.regressor import NetworkRegressor
from sklearn_nn._declaration import estimator
from sklearn_nn.scratch._activations import ReLU
from sklearn_nn.scratch._estimator import ScratchEstimator
from sklearn_nn.scratch._linear import Linear
from sklearn_nn.scratch._losses import Loss, MSELoss
from sklearn_nn.scratch._module import Module


@estimator
class SequentialRegressor(ScratchEstimator, NetworkRegressor):
    """Layers of one's own, in NumPy alone, that learn numbers by squared error.

    Parameters
    ----------
    layers : list of Module, default=None
        The layers, from the input to the output; a linear one whose widths are left
        out takes what comes and gives one output a target. They stay as they are: a
        fit trains copies. None is ``[Linear(out_features=100), ReLU(), Linear()]``.
        Searches reach them by place: ``layers__0__out_features``.

    See Also
    --------
    SequentialClassifier : The same for labels.
    sklearn_nn.neural_network.MLPRegressor : Perceptrons in torch.
    sklearn.compose.TransformedTargetRegressor : Scales y, which helps when its
        spread is far from one.

    References
    ----------
    Rumelhart, Hinton & Williams (1986). Learning representations by
    back-propagating errors. Nature 323, 533-536.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_nn.scratch import Linear, SequentialRegressor, Tanh
    >>> X = np.linspace(-1, 1, 64).reshape(-1, 1)
    >>> y = np.sin(3 * X.ravel())
    >>> layers = [Linear(1, 32), Tanh(), Linear(32, 1)]
    >>> model = SequentialRegressor(
    ...     layers=layers, lr=0.01, batch_size=16, max_epochs=300, random_state=0
    ... )
    >>> model.fit(X, y).score(X, y) > 0.99
    True
    """

    layers: list | tuple | None = None

    def _modules(self) -> list[Module]:
        return self._stack("layers", [Linear(out_features=100), ReLU(), Linear()])

    @property
    def _loss(self) -> Loss:
        return MSELoss()
