"""Classifiers with a torch module inside."""

import torch

from sklearn_nn._contract.classifier import NetworkClassifier
from sklearn_nn._declaration import Probability, estimator
from sklearn_nn.base import NeuralEstimator


@estimator
class NeuralClassifier(NetworkClassifier, NeuralEstimator):
    """Cross-entropy on the logits of a torch module, with labels of any type.

    Parameters
    ----------
    label_smoothing : float, default=0.0
        Share of each target, in [0, 1), that is spread evenly over all classes in
        training.
    """

    label_smoothing: Probability = 0.0

    @property
    def _criterion(self) -> type[torch.nn.Module]:
        return torch.nn.CrossEntropyLoss
