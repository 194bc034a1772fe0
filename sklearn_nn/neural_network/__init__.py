"""Neural networks as scikit-learn estimators."""

from sklearn_nn.neural_network._bigru import BiGRUClassifier
from sklearn_nn.neural_network._mlp import MLPClassifier, MLPRegressor

__all__ = ["BiGRUClassifier", "MLPClassifier", "MLPRegressor"]
