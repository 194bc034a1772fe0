"""The router and the experts of an estimator."""

import warnings
from numbers import Integral
from typing import Annotated, Any

import numpy as np
from scipy.stats import entropy
from sklearn.base import is_classifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils._param_validation import Interval

from sklearn_nn._checks import stack_level
from sklearn_nn._contract.sample import Sample
from sklearn_nn._declaration import (
    Activation,
    NonNegativeFloat,
    PositiveInt,
    Probability,
    estimator,
)
from sklearn_nn.base import NeuralEstimator

# An expert is called idle below this part of an even share, if there were enough rows
# to give each this many.
IDLE = 0.1
ENOUGH_ROWS = 10


@estimator
class ExpertsEstimator(NeuralEstimator):
    """An estimator whose module has a router and experts.

    Parameters
    ----------
    n_experts : int, default=8
        Number of experts: perceptrons with a normalised hidden layer.
    hidden_size : int, default=128
        Width of the experts' hidden layer and of what they return, at least 2.
    top_k : int, default=None
        Experts computed for a row, at most `n_experts`. None weighs all of them (soft
        routing).
    router_noise : float, default=0.0
        Standard deviation of Gaussian noise on the router's scores in training.
    router_aux_loss_coef : float, default=0.01
        Weight of the load-balancing loss, which keeps all experts in use.
    router_z_loss_coef : float, default=0.001
        Weight of the router z loss, which keeps its scores small.
    dropout : float, default=0.0
        Probability of dropping an expert's hidden unit in training.
    activation : str, default="relu"
        Activation of the hidden layers: ``"relu"``, ``"tanh"``, ``"logistic"``,
        ``"gelu"``, ``"silu"`` or ``"identity"``.

    Attributes
    ----------
    routing_entropy_ : float
        Entropy of the experts' shares of the training rows, over that of even shares:
        1 when all are used alike, 0 when one decides alone.
    """

    n_experts: PositiveInt = 8
    hidden_size: Annotated[int, Interval(Integral, 2, None, closed="left")] = 128
    top_k: PositiveInt | None = None
    router_noise: NonNegativeFloat = 0.0
    router_aux_loss_coef: NonNegativeFloat = 0.01
    router_z_loss_coef: NonNegativeFloat = 0.001
    dropout: Probability = 0.0
    activation: Activation = "relu"

    def _experts(self) -> dict[str, Any]:
        """Return the arguments of the module that are about experts."""
        if self.top_k is not None and self.top_k > self.n_experts:
            raise ValueError(
                f"The 'top_k' parameter of {type(self).__name__} must be at most "
                f"n_experts={self.n_experts}. Got {self.top_k} instead."
            )
        return {
            "n_experts": self.n_experts,
            "hidden_size": self.hidden_size,
            "top_k": self.top_k,
            "router_noise": self.router_noise,
            "aux_loss_coef": self.router_aux_loss_coef,
            "z_loss_coef": self.router_z_loss_coef,
            "dropout": self.dropout,
            "activation": self.activation,
        }

    def _summarise(self, trained_on: Sample) -> None:
        gate = self._outputs(trained_on.X, "gate").astype(np.float64)
        # The weight of a single expert is a probability: what it decides is all.
        used = gate / gate.sum(axis=1, keepdims=True)
        weight = np.ones(len(used))
        if trained_on.weight is not None:
            weight = trained_on.weight
        self.expert_usage_: np.ndarray = self._usage(used, weight, trained_on)
        shares = np.average(used, axis=0, weights=weight)
        even = np.log(self.n_experts)
        self.routing_entropy_: float = float(entropy(shares) / even) if even else 1.0
        if len(used) * (self.top_k or 1) >= ENOUGH_ROWS * self.n_experts:
            _warn_of_idle_experts(shares, type(self).__name__)

    def _usage(self, used: np.ndarray, weight: np.ndarray, rows: Sample) -> np.ndarray:
        if not is_classifier(self):
            return np.average(used, axis=0, weights=weight)
        of_class = np.eye(self._n_outputs)[rows.y] * weight[:, None]
        with np.errstate(invalid="ignore"):
            return of_class.T @ used / of_class.sum(axis=0)[:, None]

    def gate(self, X: Any) -> np.ndarray:
        """Return how much each expert counts.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples, n_experts)
            Weights of the experts' outputs; zero for those not among the `top_k`. They
            sum to one in a row, except with ``top_k=1``, where the weight is the
            router's probability for the expert.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before `fit`.
        ValueError
            If X is unlike the rows of `fit`, or holds what is no finite number.
        """
        return self._apply(X, "gate")


def _warn_of_idle_experts(shares: np.ndarray, caller: str) -> None:
    least = IDLE / len(shares)
    idle = int((shares < least).sum())
    if idle:
        warnings.warn(
            f"{idle} of the {len(shares)} experts of {caller} have less than "
            f"{least:.2%} of the say in the training rows each: the router has "
            "collapsed onto the others. Raise router_aux_loss_coef or router_noise, or "
            "lower n_experts; if the columns of X are large, scale them.",
            ConvergenceWarning,
            stacklevel=stack_level(),
        )
