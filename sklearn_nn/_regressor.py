"""Regressors with a torch module inside."""

import torch

from sklearn_nn._contract.regressor import NetworkRegressor
from sklearn_nn._declaration import estimator
from sklearn_nn.base import NeuralEstimator


@estimator
class NeuralRegressor(NetworkRegressor, NeuralEstimator):
    """Squared error on the outputs of a torch module; one target or several."""

    @property
    def _criterion(self) -> type[torch.nn.Module]:
        return torch.nn.MSELoss
