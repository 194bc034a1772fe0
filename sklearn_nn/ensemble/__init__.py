"""Ensembles of models that see different things of a sample."""

from sklearn_nn.ensemble._fusion import LateFusionClassifier

__all__ = ["LateFusionClassifier"]
