"""Neural networks from scratch: layers, losses and optimisers in NumPy alone.

To be read, from ``Module`` on, and to be used: the estimators on them are ordinary
estimators of this package. Nothing here needs torch.
"""

import importlib
from typing import Any

from sklearn_nn.scratch._activations import LogSoftmax, ReLU, Sigmoid, Softmax, Tanh
from sklearn_nn.scratch._convolution import Conv1D, Conv2D
from sklearn_nn.scratch._linear import Linear
from sklearn_nn.scratch._losses import (
    BCELoss,
    CrossEntropyLoss,
    Loss,
    MSELoss,
    NLLLoss,
)
from sklearn_nn.scratch._module import Module, ShapeError
from sklearn_nn.scratch._optimizers import SGD, Adam, Optimizer
from sklearn_nn.scratch._pooling import AvgPool1D, AvgPool2D, MaxPool1D, MaxPool2D
from sklearn_nn.scratch._regularization import BatchNorm, Dropout
from sklearn_nn.scratch._sequential import Sequential
from sklearn_nn.scratch._shapes import Flatten, Reshape

# Estimators need scikit-learn; the rest does not.
_ESTIMATORS = {
    "SequentialAutoencoder": "_autoencoder",
    "SequentialClassifier": "_classifier",
    "SequentialRegressor": "_regressor",
}

__all__ = [
    "SGD",
    "Adam",
    "AvgPool1D",
    "AvgPool2D",
    "BCELoss",
    "BatchNorm",
    "Conv1D",
    "Conv2D",
    "CrossEntropyLoss",
    "Dropout",
    "Flatten",
    "Linear",
    "LogSoftmax",
    "Loss",
    "MSELoss",
    "MaxPool1D",
    "MaxPool2D",
    "Module",
    "NLLLoss",
    "Optimizer",
    "ReLU",
    "Reshape",
    "Sequential",
    "SequentialAutoencoder",
    "SequentialClassifier",
    "SequentialRegressor",
    "ShapeError",
    "Sigmoid",
    "Softmax",
    "Tanh",
]


def __getattr__(name: str) -> Any:
    """Import an estimator when it is first used."""
    if name in _ESTIMATORS:
        module = importlib.import_module(f"{__name__}.{_ESTIMATORS[name]}")
        return getattr(module, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
