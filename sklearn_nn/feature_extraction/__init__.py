"""From raw data to arrays that a network can read."""

from sklearn_nn.feature_extraction import text

__all__ = ["text"]
