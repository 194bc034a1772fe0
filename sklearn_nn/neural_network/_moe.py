"""Mixtures of experts."""

from sklearn_nn._classifier import NeuralClassifier
from sklearn_nn._declaration import PositiveInt, estimator
from sklearn_nn._regressor import NeuralRegressor
from sklearn_nn.modules import MoE
from sklearn_nn.neural_network._either_input import EitherInputEstimator
from sklearn_nn.neural_network._experts import ExpertsEstimator


@estimator
class _MoEEstimator(ExpertsEstimator, EitherInputEstimator):
    """Fields and input of both mixtures.

    Parameters
    ----------
    inputs : {"features", "token_ids"}, default="features"
        What X holds: numbers, dense or sparse, or right-padded token ids, of which
        the mean of their learned vectors is taken.
    embedding_dim : int, default=200
        Width of the vectors of token ids.
    vocabulary_size : int, default=None
        Number of token ids, with padding (0). None takes the largest id in `fit` plus
        one; give it when later rows may hold larger ids. The number in use is in
        ``vocabulary_size_``.
    """

    embedding_dim: PositiveInt = 200

    def _module(self, n_outputs: int):
        n_inputs, vocabulary_size = self.n_features_in_, None
        if self._reads_ids:
            n_inputs, vocabulary_size = self.embedding_dim, self._known_ids
        return MoE, {
            "n_inputs": n_inputs,
            "n_outputs": n_outputs,
            "vocabulary_size": vocabulary_size,
            **self._experts(),
        }


@estimator
class MoEClassifier(_MoEEstimator, NeuralClassifier):
    """Mixture of experts trained by cross-entropy.

    A linear router weighs, row by row, what several perceptrons make of the row; a
    linear layer turns the weighted sum into logits. Scaled inputs keep the router's
    first choices open. After training, a ConvergenceWarning tells of experts whose
    share of the rows is under a tenth of an even share.

    Attributes
    ----------
    expert_usage_ : ndarray of shape (n_classes, n_experts)
        Each expert's share of the training rows of a class: rows sum to one. NaN for
        a class without training rows. After `partial_fit`, that of its rows.

    See Also
    --------
    MoERegressor : The same network for numbers.
    MLPClassifier : A single perceptron.

    References
    ----------
    Shazeer et al. (2017). Outrageously large neural networks: the sparsely-gated
    mixture-of-experts layer. ICLR.

    Fedus, Zoph & Shazeer (2022). Switch transformers: scaling to trillion parameter
    models with simple and efficient sparsity. JMLR 23.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.preprocessing import scale
    >>> from sklearn_nn.neural_network import MoEClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> X = scale(X)
    >>> model = MoEClassifier(n_experts=4, top_k=2, max_epochs=20, random_state=0)
    >>> model.fit(X, y).score(X, y) > 0.95
    True
    >>> model.gate(X).shape
    (150, 4)
    >>> model.expert_usage_.shape
    (3, 4)
    """


@estimator
class MoERegressor(_MoEEstimator, NeuralRegressor):
    """Mixture of experts trained by squared error.

    A linear router weighs, row by row, what several perceptrons make of the row; a
    linear layer turns the weighted sum into numbers. After training, a
    ConvergenceWarning tells of experts whose share of the rows is under a tenth of an
    even share.

    Attributes
    ----------
    expert_usage_ : ndarray of shape (n_experts,)
        Each expert's share of the training rows: they sum to one. After
        `partial_fit`, that of its rows.

    See Also
    --------
    MoEClassifier : The same network for labels.
    sklearn.compose.TransformedTargetRegressor : Scales y, which helps when its
        spread is far from one.

    References
    ----------
    Jacobs, Jordan, Nowlan & Hinton (1991). Adaptive mixtures of local experts. Neural
    Computation 3, 79-87.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_nn.neural_network import MoERegressor
    >>> X = np.linspace(-1, 1, 200).reshape(-1, 1)
    >>> y = np.abs(X.ravel())
    >>> model = MoERegressor(n_experts=2, lr=0.01, random_state=0).fit(X, y)
    >>> model.score(X, y) > 0.98
    True
    """
