"""Neural networks from scratch: layers, losses and optimisers in NumPy alone.

To be read, from ``Module`` on, and to be used: the estimators on them are ordinary
estimators of this package. Nothing here needs torch.
"""

from sklearn_nn.scratch._activations import LogSoftmax, ReLU, Sigmoid, Softmax, Tanh
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
from sklearn_nn.scratch._regularization import BatchNorm, Dropout
from sklearn_nn.scratch._sequential import Sequential
from sklearn_nn.scratch._shapes import Flatten, Reshape

__all__ = [
    "SGD",
    "Adam",
    "BCELoss",
    "BatchNorm",
    "CrossEntropyLoss",
    "Dropout",
    "Flatten",
    "Linear",
    "LogSoftmax",
    "Loss",
    "MSELoss",
    "Module",
    "NLLLoss",
    "Optimizer",
    "ReLU",
    "Reshape",
    "Sequential",
    "ShapeError",
    "Sigmoid",
    "Softmax",
    "Tanh",
]
