"""Networks as torch modules: they take numbers and return logits.

A module knows nothing of scikit-learn. ``features(x)`` is the representation that
its last layer sees, ``n_features`` the width of it.
"""

from sklearn_nn.modules.affine import RandomAffine
from sklearn_nn.modules.autoencoder_conv import ConvAutoencoder
from sklearn_nn.modules.autoencoder_dense import DenseAutoencoder
from sklearn_nn.modules.autoencoder_patches import PatchAutoencoder
from sklearn_nn.modules.autoencoder_tokens import TokenAutoencoder, TokenLoss
from sklearn_nn.modules.bigru import BiGRUAttention
from sklearn_nn.modules.cnn import CNN
from sklearn_nn.modules.mlp import MLP
from sklearn_nn.modules.moe import MoE, MoEHead
from sklearn_nn.modules.pooled_embedding import PooledEmbedding
from sklearn_nn.modules.text_cnn import TextCNN

__all__ = [
    "BiGRUAttention",
    "CNN",
    "ConvAutoencoder",
    "DenseAutoencoder",
    "MLP",
    "MoE",
    "MoEHead",
    "PatchAutoencoder",
    "PooledEmbedding",
    "RandomAffine",
    "TextCNN",
    "TokenAutoencoder",
    "TokenLoss",
]
