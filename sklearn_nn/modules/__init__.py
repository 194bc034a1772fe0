"""Networks as torch modules: they take numbers and return logits.

A module knows nothing of scikit-learn. ``features(x)`` is the representation that
its last layer sees, ``n_features`` the width of it.
"""

from sklearn_nn.modules.bigru import BiGRUAttention
from sklearn_nn.modules.mlp import MLP

__all__ = ["MLP", "BiGRUAttention"]
