"""An autoencoder of layers in NumPy."""

from typing import ClassVar

import numpy as np
from scipy.special import expit

from sklearn_nn._contract.reconstruction import NetworkReconstruction
from sklearn_nn._contract.sample import Sample
from sklearn_nn._declaration import estimator
from sklearn_nn.scratch._activations import Sigmoid, Tanh
from sklearn_nn.scratch._estimator import LOSSES, ScratchEstimator
from sklearn_nn.scratch._linear import Linear
from sklearn_nn.scratch._losses import Loss
from sklearn_nn.scratch._module import Module
from sklearn_nn.scratch._sequential import Sequential


@estimator
class SequentialAutoencoder(ScratchEstimator, NetworkReconstruction):
    """An encoder and a decoder of one's own layers, in NumPy alone.

    `transform` gives the codes ("latents"), `inverse_transform` rebuilds rows,
    `reconstruction_error` tells how unlike the training rows a row is.

    Parameters
    ----------
    encoder : list of Module, default=None
        The layers from a row to its latent. None is
        ``[Linear(out_features=32), Tanh()]``.
    decoder : list of Module, default=None
        The layers from a latent to a row; the width of the last linear one can be
        left out. None is ``[Linear()]``, followed by ``Sigmoid()`` where the loss is
        ``"bce"``. Layers stay as they are: a fit trains copies. Searches reach them
        by place: ``encoder__0__out_features``.
    loss : {"mse", "bce"}, default="mse"
        What to minimise, a feature: the squared error, or the binary cross-entropy,
        for which X must lie between 0 and 1 and the decoder end with Sigmoid.

    See Also
    --------
    sklearn_nn.neural_network.AutoencoderTransformer : Autoencoders in torch.
    sklearn.decomposition.PCA : The best linear code of the same size.

    References
    ----------
    Hinton & Salakhutdinov (2006). Reducing the dimensionality of data with neural
    networks. Science 313, 504-507.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_nn.scratch import Linear, SequentialAutoencoder, Sigmoid, Tanh
    >>> X = load_digits().data / 16
    >>> model = SequentialAutoencoder(
    ...     encoder=[Linear(64, 32), Tanh(), Linear(32, 8), Tanh()],
    ...     decoder=[Linear(8, 32), Tanh(), Linear(32, 64), Sigmoid()],
    ...     loss="bce",
    ...     max_epochs=20,
    ...     random_state=0,
    ... )
    >>> latents = model.fit_transform(X)
    >>> latents.shape, model.inverse_transform(latents).shape
    ((1797, 8), (1797, 64))
    """

    encoder: list | tuple | None = None
    decoder: list | tuple | None = None

    _layer_lists: ClassVar[tuple[str, ...]] = ("encoder", "decoder")

    def _modules(self) -> list[Module]:
        end = [Sigmoid()] if self.loss == "bce" else []
        return [
            Sequential(self._stack("encoder", [Linear(out_features=32), Tanh()])),
            Sequential(self._stack("decoder", [Linear(), *end])),
        ]

    def _depth(self, modules: list[Module]) -> int:
        return 1

    @property
    def _loss(self) -> Loss:
        return LOSSES[self.loss]()

    def _targets(self, sample: Sample) -> None:
        """Return nothing: the targets are the rows."""

    def _best_constant(self, sample: Sample) -> np.ndarray:
        constant = super()._best_constant(sample)
        return expit(constant) if self.loss == "bce" else constant

    def _decode(self, latents: np.ndarray) -> np.ndarray:
        decoder, shape = self.net_.module.modules[1], self.net_.latent_shape
        return self._map(latents, lambda z: decoder.forward(z.reshape(len(z), *shape)))

    def _errors(self, X):
        net = self.net_
        if isinstance(net.loss, LOSSES["bce"]):
            self._check_probabilities(X)

        def errors(x: np.ndarray) -> np.ndarray:
            return net.loss.rows(net.module.forward(x), x)

        return self._map(X, errors)[:, 0]
