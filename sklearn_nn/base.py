"""The bridge to torch: scikit-learn's contract outside, a skorch net inside."""

from contextlib import AbstractContextManager
from typing import Any, ClassVar

import numpy as np
import scipy.sparse as sp
import torch
from sklearn.callback import CallbackSupportMixin

from sklearn_nn._checks import check_float32_range
from sklearn_nn._contract.best_epoch import BestEpoch
from sklearn_nn._contract.network import Network
from sklearn_nn._contract.sample import Sample
from sklearn_nn._declaration import estimator
from sklearn_nn._parameters import TrainingParameters
from sklearn_nn._training.build import build_net, continue_net
from sklearn_nn._training.callbacks import EarlyStopping, FiniteLoss, watchers
from sklearn_nn._training.dataset import Dataset
from sklearn_nn._training.device import (
    Precision,
    resolve_device,
    resolve_precision,
)
from sklearn_nn._training.memory import explained_memory
from sklearn_nn._training.net import Net
from sklearn_nn._training.rows import DenseRows, SparseRows, as_tensor
from sklearn_nn._training.seeding import private_seed

# Up to here full batches in float64 cost next to nothing.
SMALL = 1024


@estimator
class NeuralEstimator(Network, CallbackSupportMixin, TrainingParameters):
    """What every estimator with a torch module inside has in common.

    A subclass says how its module is built (:meth:`_module`) and inherits from
    :class:`~sklearn_nn._classifier.NeuralClassifier`,
    :class:`~sklearn_nn._regressor.NeuralRegressor` or
    :class:`~sklearn_nn._reconstruction.NeuralReconstruction`. The module's
    ``features(x)`` is the learned representation, its ``n_features`` the width of it,
    and its ``output`` the linear layer on top, whose bias starts at the best constant
    prediction. If it has a ``penalty(weight)``, that is added to the loss of a
    training batch.

    Attributes
    ----------
    net_ : skorch.NeuralNet
        The trained net; ``net_.module_`` is the torch module.

    Examples
    --------
    A classifier of one's own, around a torch module:

    >>> from sklearn.datasets import load_iris
    >>> from torch import nn
    >>> from sklearn_nn._classifier import NeuralClassifier
    >>> from sklearn_nn._declaration import PositiveInt, estimator
    >>> class OneLayer(nn.Module):
    ...     def __init__(self, n_inputs, n_outputs, width):
    ...         super().__init__()
    ...         self.hidden = nn.Linear(n_inputs, width)
    ...         self.output = nn.Linear(width, n_outputs)
    ...         self.n_features = width
    ...
    ...     def features(self, x):
    ...         return self.hidden(x).relu()
    ...
    ...     def forward(self, x):
    ...         return self.output(self.features(x))
    >>> @estimator
    ... class OneLayerClassifier(NeuralClassifier):
    ...     width: PositiveInt = 16
    ...
    ...     def _module(self, n_outputs):
    ...         sizes = {"n_inputs": self.n_features_in_, "n_outputs": n_outputs}
    ...         return OneLayer, {**sizes, "width": self.width}
    >>> X, y = load_iris(return_X_y=True)
    >>> model = OneLayerClassifier(lr=0.01, random_state=0).fit(X, y)
    >>> model.score(X, y) > 0.9, model.transform(X).shape
    (True, (150, 16))
    """

    def _module(self, n_outputs: int) -> tuple[type[torch.nn.Module], dict[str, Any]]:
        """Return the module's class and arguments, from what `fit` has seen."""
        raise TypeError(f"{type(self).__name__} does not say how to build its module.")

    @property
    def _criterion(self) -> type[torch.nn.Module]:
        """The class of the loss."""
        raise TypeError(f"{type(self).__name__} does not say what its loss is.")

    _scores_f1: ClassVar[bool] = False
    # Arguments of the module that say where its weights lie, not what they are.
    _places: ClassVar[tuple[str, ...]] = ()

    def _resolve_precision(self, device: torch.device, one_batch: bool) -> Precision:
        """Return what to compute in on a device."""
        return resolve_precision(self.precision, device, one_batch)

    def _check_range(self, array: Any, name: str) -> None:
        if self.precision != "float64":
            check_float32_range(array, name)

    def _rows(self, X, dtype: str, device: torch.device) -> DenseRows:
        """Wrap validated rows for batching."""
        rows = SparseRows if sp.issparse(X) else DenseRows
        return rows(X, dtype, device)

    def _net(self, restart: bool, train: Sample, is_all: bool) -> Net:
        module, arguments = self._module(self._n_outputs)
        if not restart:
            return continue_net(self, module, arguments)
        one_batch = is_all and train.n_rows <= min(self.batch_size, SMALL)
        with self._private_seed(resolve_device(self.device)):
            return build_net(self, module, arguments, one_batch)

    def _run(
        self,
        net: Net,
        train: Sample,
        valid: Sample | None,
        *,
        given: Sample,
        epochs: int,
        lr_schedule: str,
        best: BestEpoch | None,
    ) -> bool:
        seeded = self._private_seed(torch.device(net.device))
        with explained_memory(self._memory_cure()), seeded:
            return net.train(
                self._dataset(net, train),
                None if valid is None else self._dataset(net, valid),
                epochs=epochs,
                lr_schedule=lr_schedule,
                estimator=self,
                first=[FiniteLoss(), *([] if best is None else [EarlyStopping(best)])],
                last=watchers(self, net, given, epochs),
            )

    def _private_seed(self, device: torch.device) -> AbstractContextManager[None]:
        return private_seed(self._random_state_.randint(2**31 - 1), device)

    def _dataset(self, net: Net, sample: Sample) -> Dataset:
        rows = self._rows(sample.X, net.dtype, torch.device(net.device))
        y = weight = None
        if sample.y is not None:
            y_dtype = net.dtype if sample.y.dtype.kind == "f" else "int64"
            y = as_tensor(sample.y, y_dtype)
        if sample.weight is not None:
            weight = as_tensor(sample.weight, net.dtype)
        return Dataset(rows, y, weight)

    def _outputs(self, X: Any, method: str) -> np.ndarray:
        net = self.net_
        rows = self._rows(X, net.dtype, torch.device(net.device))
        with explained_memory(self._memory_cure()):
            return net.apply(rows, method)

    def _memory_cure(self) -> str:
        """Return what to say when memory runs out."""
        return (
            f"{type(self).__name__} ran out of memory. Lower batch_size (now "
            f"{self.batch_size}), or the width of the network."
        )
