"""The bridge to NumPy: scikit-learn's contract outside, our own layers inside."""

import warnings
from collections.abc import Callable
from copy import deepcopy
from typing import Any, Literal

import numpy as np
import scipy.sparse as sp
from sklearn.base import is_classifier

from sklearn_nn._checks import check_float32_range, stack_level
from sklearn_nn._contract.best_epoch import BestEpoch
from sklearn_nn._contract.network import Network
from sklearn_nn._contract.progress import EpochProgress
from sklearn_nn._contract.sample import Sample
from sklearn_nn._declaration import Probability, estimator
from sklearn_nn.scratch._advice import faults
from sklearn_nn.scratch._layer_lists import LayerLists
from sklearn_nn.scratch._linear import Linear
from sklearn_nn.scratch._losses import (
    BCELoss,
    CrossEntropyLoss,
    Loss,
    MSELoss,
    NLLLoss,
)
from sklearn_nn.scratch._module import Module, ShapeError
from sklearn_nn.scratch._net import Batch, Net
from sklearn_nn.scratch._optimizers import SGD, Adam, Optimizer
from sklearn_nn.scratch._rows import SparseRows
from sklearn_nn.scratch._sequential import Sequential

LOSSES: dict[str, type[Loss]] = {
    "cross_entropy": CrossEntropyLoss,
    "nll": NLLLoss,
    "mse": MSELoss,
    "bce": BCELoss,
}


@estimator
class ScratchEstimator(LayerLists, Network):
    """What every estimator with layers in NumPy inside has in common.

    A subclass says which modules there are (:meth:`_modules`), how many of them lead
    to the representation (:meth:`_depth`) and what its loss is (:meth:`_loss`).

    Parameters
    ----------
    optimizer : {"sgd", "adam"}, default="adam"
        Stochastic gradient descent or Adam.
    momentum : float, default=0.0
        Share of the last step that ``"sgd"`` takes again, in [0, 1).
    weight_decay : float, default=0.0
        Each step shrinks the weights by `lr` times this share.

    Attributes
    ----------
    net_ : sklearn_nn.scratch._net.Net
        The trained net; ``net_.module`` is the Sequential of layers.
    """

    optimizer: Literal["sgd", "adam"] = "adam"
    momentum: Probability = 0.0

    def _modules(self) -> list[Module]:
        """Return fresh modules, from the input to the output."""
        raise TypeError(f"{type(self).__name__} does not say what its modules are.")

    def _depth(self, modules: list[Module]) -> int:
        """Return how many of the modules lead to the representation."""
        return max(
            i
            for i, module in enumerate(modules)
            if any(leaf.parameters for leaf in module.leaves())
        )

    @property
    def _loss(self) -> Loss:
        """The loss."""
        raise TypeError(f"{type(self).__name__} does not say what its loss is.")

    def _targets(self, sample: Sample) -> np.ndarray | None:
        """Return what the outputs are compared with; None for the rows themselves."""
        return sample.y

    # A net is built, or goes on.

    def _net(self, restart: bool, train: Sample, is_all: bool) -> Net:
        module = Sequential(self._modules())
        if not restart:
            return self._continued(self._completed(module))
        rng = np.random.default_rng(self._random_state_.randint(2**31 - 1))
        self._completed(module).initialise((self.n_features_in_,), rng, train.X.dtype)
        if not any(m.parameters for m in module.leaves()):
            raise ValueError(
                f"The layers of {type(self).__name__} have nothing to learn. Put a "
                "Linear() among them."
            )
        layers = list(module.leaves())
        for fault in faults(layers, self._loss, is_classifier(self)):
            warnings.warn(fault, UserWarning, stacklevel=stack_level())
        return self._net_of(module, self._optimizer(module), rng, train.X.dtype)

    def _net_of(
        self,
        module: Sequential,
        optimizer: Optimizer,
        rng: np.random.Generator,
        dtype: Any,
    ) -> Net:
        """Return the net of an initialised module."""
        return Net(
            module,
            self._loss,
            optimizer,
            rng,
            dtype,
            (self.n_features_in_,),
            self._depth(list(module.modules)),
            is_classifier(self),
        )

    def _completed(self, module: Sequential) -> Sequential:
        """Give the last linear layer its width; refuse layers that do not fit."""
        caller, wanted = type(self).__name__, (self._n_outputs,)
        linear = [leaf for leaf in module.leaves() if isinstance(leaf, Linear)]
        if linear and linear[-1].out_features is None:
            linear[-1].out_features = self._n_outputs
        try:
            shape = module.output_shape((self.n_features_in_,))
        except ShapeError as error:
            cure = ""
            if error.giver is None and not isinstance(error.taker, Linear):
                cure = (
                    " Columns become images, or signals, by Reshape((channels, ...)) "
                    "as the first layer."
                )
            raise ValueError(
                f"The layers of {caller} do not fit X or each other. {error}{cure}"
            ) from error
        if shape != wanted:
            raise ValueError(
                f"The last layer of {caller}, {module.modules[-1]!r}, gives rows of "
                f"{shape}, but the targets need {wanted}. Leave out_features of the "
                "last Linear() out to have it filled in."
            )
        return module

    def _continued(self, module: Sequential) -> Net:
        """Return a copy of the present net, with the parameters of now."""
        net = deepcopy(self.net_)
        if repr(module) != repr(net.module) or repr(self._loss) != repr(net.loss):
            raise ValueError(
                f"{type(self).__name__} continues its present network, but its layers "
                "or its loss have changed. Set warm_start=False, or clone the "
                "estimator, to train a new one."
            )
        now = self._optimizer(net.module)
        if type(now) is type(net.optimizer):
            for name in ("lr", "momentum", "weight_decay"):
                if hasattr(now, name):
                    setattr(net.optimizer, name, getattr(now, name))
        else:
            net.optimizer = now
        return net

    def _optimizer(self, module: Module) -> Optimizer:
        loss, lr, decay = self._loss, self.lr, self.weight_decay
        if self.optimizer == "adam":
            return Adam(module, loss, lr, weight_decay=decay)
        return SGD(module, loss, lr, self.momentum, decay)

    # It is trained and applied.

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
        bar = None
        if self.verbose == 1:
            bar = EpochProgress(epochs, type(self).__name__)

        def watch(row: dict[str, Any]) -> None:
            if bar is not None:
                bar.advance(row)
            elif self.verbose:
                losses = ("train_loss", "valid_loss", "valid_acc")
                shown = [f"{name} {row[name]:.4f}" for name in losses if name in row]
                print(f"epoch {row['epoch']}: {', '.join(shown)}, {row['dur']:.2f} s")

        try:
            return net.train(
                self._batch(net, train),
                None if valid is None else self._batch(net, valid),
                epochs=epochs,
                batch_size=self.batch_size,
                lr_schedule=lr_schedule,
                best=best,
                watch=watch,
            )
        finally:
            if bar is not None:
                bar.close()

    def _batch(self, net: Net, sample: Sample) -> Batch:
        x, y = self._in_dtype(net, sample.X, "X"), self._targets(sample)
        if y is None:
            y = x
        elif y.dtype.kind == "f":
            y = self._in_dtype(net, y, "y")
        weight = sample.weight
        if weight is not None:
            weight = self._in_dtype(net, weight, "sample_weight")
        return Batch(x, y, weight)

    def _in_dtype(self, net: Net, rows: Any, name: str) -> Any:
        if net.dtype == np.float32:
            check_float32_range(rows, name, "give float64 to fit")
        rows = rows.astype(net.dtype, copy=False)
        return SparseRows(rows) if sp.issparse(rows) else rows

    def _outputs(self, X: Any, method: str) -> np.ndarray:
        net = self.net_
        module = net.encoder if method == "features" else net.module
        return self._map(X, module.forward)

    def _map(self, X: Any, function: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        net = self.net_
        return net.apply(self._in_dtype(net, X, "X"), self.batch_size, function)
