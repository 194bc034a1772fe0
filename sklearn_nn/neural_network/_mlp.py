"""Multilayer perceptrons."""

from collections.abc import Sequence

import numpy as np

from sklearn_nn._classifier import NeuralClassifier
from sklearn_nn._declaration import Activation, PositiveInt, Probability, estimator
from sklearn_nn._regressor import NeuralRegressor
from sklearn_nn.base import NeuralEstimator
from sklearn_nn.modules import MLP
from sklearn_nn.neural_network._sizes import check_sizes


@estimator
class _MLPEstimator(NeuralEstimator):
    """Fields and module of both perceptrons.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default=(128,)
        Widths of the hidden layers; an empty sequence makes a linear model.
    activation : str, default="relu"
        Activation of the hidden layers: ``"relu"``, ``"tanh"``, ``"logistic"``,
        ``"gelu"``, ``"silu"`` or ``"identity"``.
    dropout : float, default=0.0
        Probability of dropping a hidden unit in training.
    """

    hidden_layer_sizes: PositiveInt | Sequence | np.ndarray = (128,)
    activation: Activation = "relu"
    dropout: Probability = 0.0

    def _module(self, n_outputs: int):
        return MLP, {
            "n_inputs": self.n_features_in_,
            "n_outputs": n_outputs,
            "hidden": check_sizes(self, "hidden_layer_sizes"),
            "activation": self.activation,
            "dropout": self.dropout,
        }


@estimator
class MLPClassifier(_MLPEstimator, NeuralClassifier):
    """Multilayer perceptron trained by cross-entropy.

    Beside scikit-learn's class of the same name it takes sparse rows without
    densifying them at once, sample and class weights, dropout, validation rows and a
    GPU, and gives the logits and the last hidden layer.

    See Also
    --------
    MLPRegressor : The same network for numbers.
    sklearn.neural_network.MLPClassifier : The one of scikit-learn, in NumPy.

    References
    ----------
    Rumelhart, Hinton & Williams (1986). Learning representations by
    back-propagating errors. Nature 323, 533-536.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklearn_nn.neural_network import MLPClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> model = make_pipeline(StandardScaler(), MLPClassifier(random_state=0))
    >>> model.fit(X, y).score(X, y) > 0.95
    True
    """


@estimator
class MLPRegressor(_MLPEstimator, NeuralRegressor):
    """Multilayer perceptron trained by squared error.

    See Also
    --------
    MLPClassifier : The same network for labels.
    sklearn.compose.TransformedTargetRegressor : Scales y, which helps when its
        spread is far from one.

    References
    ----------
    Rumelhart, Hinton & Williams (1986). Learning representations by
    back-propagating errors. Nature 323, 533-536.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_nn.neural_network import MLPRegressor
    >>> X = np.linspace(-1, 1, 64).reshape(-1, 1)
    >>> y = np.sin(3 * X.ravel())
    >>> model = MLPRegressor(lr=0.01, batch_size=16, random_state=0).fit(X, y)
    >>> model.score(X, y) > 0.99
    True
    """
