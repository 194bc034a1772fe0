"""Autoencoders as transformers."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import scipy.sparse as sp
import torch

from sklearn_nn._contract.sample import Sample
from sklearn_nn._declaration import Activation, NonNegativeFloat, PositiveInt, estimator
from sklearn_nn._reconstruction import NeuralReconstruction
from sklearn_nn._training.rows import DenseRows, as_tensor
from sklearn_nn.modules import (
    ConvAutoencoder,
    DenseAutoencoder,
    PatchAutoencoder,
    TokenAutoencoder,
    TokenLoss,
)
from sklearn_nn.modules.autoencoder_tokens import token_shares
from sklearn_nn.neural_network._either_input import EitherInputEstimator
from sklearn_nn.neural_network._images import ImageEstimator
from sklearn_nn.neural_network._sizes import check_sizes


# The order of the bases matters: `_check_X` and `_rows` leave some of them out.
@estimator
class _AutoencoderInput(NeuralReconstruction, EitherInputEstimator, ImageEstimator):
    """What an autoencoder reads and what it is compared with.

    Parameters
    ----------
    architecture : {"dense", "conv", "attention"}, default="dense"
        What encodes and decodes: linear layers; convolutions that halve the image,
        with a linear layer to the latent; or self-attention among the patches of an
        image or among token ids, with a linear map of every position to the latent.
    inputs : {"features", "token_ids"}, default="features"
        What X holds: numbers (a matrix, sparse for ``"dense"``, or an array of images
        or signals), or, for ``"attention"``, right-padded token ids. Of these the
        number known is in ``vocabulary_size_``; their loss is the cross-entropy, the
        mean over the tokens of a row and its end, whatever `loss` says, and
        `inverse_transform` returns ids.
    """

    architecture: Literal["dense", "conv", "attention"] = "dense"

    @property
    def _criterion(self) -> type[torch.nn.Module]:
        return TokenLoss if self._reads_ids else super()._criterion

    def _check_X(self, X, y="no_validation", *, reset: bool, **options):
        name = type(self).__name__
        if reset:
            # What a fit on other inputs may have left.
            for attribute in ("image_shape_", "_guessed_shape_"):
                self.__dict__.pop(attribute, None)
        if self._reads_ids and self.architecture != "attention":
            raise ValueError(
                f"{name} reads token ids with architecture='attention' only. Got "
                f"architecture={self.architecture!r} and inputs='token_ids'."
            )
        if sp.issparse(X) and self.architecture != "dense":
            raise TypeError(
                f"{name} takes sparse rows with architecture='dense' only. Give it "
                "X.toarray()."
            )
        return super()._check_X(X, y, reset=reset, **options)

    def _rows(self, X, dtype: str, device: torch.device) -> DenseRows:
        # The modules take images flat, as they are to give them back.
        reader: Any = super() if self._reads_ids else super(ImageEstimator, self)
        return reader._rows(X, dtype, device)

    def _best_constant(self, sample: Sample) -> np.ndarray:
        if not self._reads_ids:
            return super()._best_constant(sample)
        weight = np.ones(sample.n_rows) if sample.weight is None else sample.weight
        ids = as_tensor(sample.X, "int32")
        shares = token_shares(ids).numpy() * weight[:, None]
        counts = np.bincount(sample.X.flat, shares.flat, minlength=self._known_ids)
        # An id that never came counts as half of the rarest that did.
        counts = np.where(counts, counts, counts[counts > 0].min() / 2)
        return np.log(counts / counts.sum())

    def _in_units(self, decoded: np.ndarray) -> np.ndarray:
        if self._reads_ids:
            return decoded.astype(np.int64)
        return super()._in_units(decoded)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = self.architecture == "dense"
        return tags


@estimator
class AutoencoderTransformer(_AutoencoderInput):
    """Autoencoder: learns a short code of each row from which the row can be rebuilt.

    `transform` gives the codes ("latents"), `inverse_transform` rebuilds rows,
    `reconstruction_error` tells how unlike the training rows a row is.

    Parameters
    ----------
    n_components : int, default=64
        Size of the latent.
    hidden_layer_sizes : int or sequence of int, default=(256,)
        Widths of the layers between the input and the latent of ``"dense"``; the
        decoder has them in reverse. An empty sequence leaves one layer on each side.
    activation : str, default="tanh"
        Activation of the layers between of ``"dense"`` and ``"conv"``: ``"relu"``,
        ``"tanh"``, ``"logistic"``, ``"gelu"``, ``"silu"`` or ``"identity"``.
    latent_activation : str, default="identity"
        Activation of the latent, one of the same.
    tied_weights : bool, default=False
        Whether the decoder of ``"dense"`` uses the encoder's weights, transposed.
    noise : float, default=0.0
        Standard deviation of Gaussian noise added to the input in training, while the
        target stays clean (a denoising autoencoder). Token ids have it added to
        their embedding.
    latent_noise : float, default=0.0
        Standard deviation of Gaussian noise added to the latent in training. It limits
        what a latent can tell, so that rows which look alike come to lie together;
        with a bounded `latent_activation` it drives the codes to its ends.
    channels : int or sequence of int, default=(16, 32)
        Channels of each convolution of ``"conv"``.
    kernel_size : int, default=3
        Side of its kernels.
    patch_size : int, default=4
        Side of the patches that ``"attention"`` cuts an image into, or length of
        those of a signal.
    embedding_dim : int, default=64
        Width of ``"attention"``.
    num_heads : int, default=4
        Its attention heads, which must divide `embedding_dim`.
    num_layers : int, default=2
        Its layers in the encoder, and in the decoder.

    See Also
    --------
    sklearn.decomposition.PCA : The best linear code of the same size.

    References
    ----------
    Hinton & Salakhutdinov (2006). Reducing the dimensionality of data with neural
    networks. Science 313, 504-507.

    Vincent, Larochelle, Bengio & Manzagol (2008). Extracting and composing robust
    features with denoising autoencoders. ICML.

    Salakhutdinov & Hinton (2009). Semantic hashing. International Journal of
    Approximate Reasoning 50, 969-978.

    Masci, Meier, Ciresan & Schmidhuber (2011). Stacked convolutional auto-encoders
    for hierarchical feature extraction. ICANN.

    Vaswani et al. (2017). Attention is all you need. NeurIPS.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_nn.neural_network import AutoencoderTransformer
    >>> X = load_digits().data / 16
    >>> model = AutoencoderTransformer(n_components=8, max_epochs=20, random_state=0)
    >>> latents = model.fit_transform(X)
    >>> latents.shape, model.inverse_transform(latents).shape
    ((1797, 8), (1797, 64))
    >>> model.score(X) > -0.03
    True
    """

    n_components: PositiveInt = 64
    hidden_layer_sizes: PositiveInt | Sequence | np.ndarray = (256,)
    activation: Activation = "tanh"
    latent_activation: Activation = "identity"
    tied_weights: bool = False
    noise: NonNegativeFloat = 0.0
    latent_noise: NonNegativeFloat = 0.0
    channels: PositiveInt | Sequence | np.ndarray = (16, 32)
    kernel_size: PositiveInt = 3
    patch_size: PositiveInt = 4
    embedding_dim: PositiveInt = 64
    num_heads: PositiveInt = 4
    num_layers: PositiveInt = 2

    def _module(self, n_outputs: int):
        arguments = {
            "n_components": self.n_components,
            "latent_activation": self.latent_activation,
            "noise": self.noise,
            "latent_noise": self.latent_noise,
        }
        if self.architecture == "dense":
            return DenseAutoencoder, arguments | {
                "n_inputs": n_outputs,
                "hidden": check_sizes(self, "hidden_layer_sizes"),
                "activation": self.activation,
                "tied_weights": self.tied_weights,
            }
        if self.architecture == "conv":
            self._check_kernel_fits(self.kernel_size)
            return ConvAutoencoder, arguments | {
                "image_shape": self._image_sides(),
                "channels": check_sizes(self, "channels", least=1),
                "kernel_size": self.kernel_size,
                "activation": self.activation,
            }
        if self.embedding_dim % self.num_heads:
            raise ValueError(
                f"The 'embedding_dim' parameter of {type(self).__name__} must be a "
                f"multiple of num_heads={self.num_heads}. Got {self.embedding_dim} "
                "instead."
            )
        arguments |= {
            "width": self.embedding_dim,
            "n_heads": self.num_heads,
            "n_layers": self.num_layers,
        }
        if self._reads_ids:
            return TokenAutoencoder, arguments | {
                "vocabulary_size": self._known_ids,
                "max_length": n_outputs,
            }
        return PatchAutoencoder, arguments | {
            "image_shape": self._image_sides(),
            "patch_size": self.patch_size,
        }

    def _image_sides(self) -> tuple[int, ...]:
        """Height, width and channels; a signal is an image of height one."""
        return (1, *self.image_shape_)[-3:]
