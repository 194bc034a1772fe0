"""Steps that change the number of training rows, and never touch rows to predict.

They belong into a :class:`~imblearn.pipeline.Pipeline` of imbalanced-learn, which calls
them in `fit` alone. All but :class:`SMOTE` pick rows by their number, so that they work
on raw texts as well as on vectors.
"""

from sklearn_nn.sampling._clamp import ClassCountClamp
from sklearn_nn.sampling._language_filter import LanguageFilter
from sklearn_nn.sampling._random import RandomOverSampler, RandomUnderSampler
from sklearn_nn.sampling._smote import SMOTE

__all__ = [
    "SMOTE",
    "ClassCountClamp",
    "LanguageFilter",
    "RandomOverSampler",
    "RandomUnderSampler",
]
