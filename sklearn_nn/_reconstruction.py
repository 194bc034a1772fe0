"""Estimators with a torch module inside that learn to give back their input."""

from typing import Any

import numpy as np
import torch
from scipy.special import expit

from sklearn_nn._contract.reconstruction import NetworkReconstruction
from sklearn_nn._declaration import estimator
from sklearn_nn._training.rows import DenseRows
from sklearn_nn.base import NeuralEstimator


@estimator
class NeuralReconstruction(NetworkReconstruction, NeuralEstimator):
    """A torch module that encodes rows and decodes them: X is its own target."""

    @property
    def _criterion(self) -> type[torch.nn.Module]:
        mse = self.loss == "mse"
        return torch.nn.MSELoss if mse else torch.nn.BCEWithLogitsLoss

    def _rebuilds_probabilities(self) -> bool:
        return self._criterion is torch.nn.BCEWithLogitsLoss

    def _decode(self, latents: np.ndarray) -> np.ndarray:
        net = self.net_
        rows = DenseRows(latents, net.dtype, torch.device(net.device))
        return self._in_units(net.apply(rows, "reconstruct"))

    def _in_units(self, decoded: np.ndarray) -> np.ndarray:
        """Turn what the module decoded into what X holds."""
        is_logits = self.net_.criterion is torch.nn.BCEWithLogitsLoss
        return expit(decoded) if is_logits else decoded

    def _errors(self, X: Any) -> np.ndarray:
        net = self.net_
        if net.criterion is torch.nn.BCEWithLogitsLoss:
            self._check_probabilities(X)
        criterion = net.criterion(reduction="none")

        def errors(x):
            return criterion(net.infer(x), x).reshape(len(x), -1).mean(1, True)

        rows = self._rows(X, net.dtype, torch.device(net.device))
        return net.apply(rows, errors)[:, 0]
