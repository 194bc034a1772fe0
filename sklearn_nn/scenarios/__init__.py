"""The lever catalogue, the command line and the report of a scenario matrix.

``python -m sklearn_nn.scenarios run MATRIX.toml`` runs a matrix; :func:`load_matrix`
makes the same search in Python.
"""

from sklearn_nn.scenarios._matrix import Matrix, load_matrix
from sklearn_nn.scenarios._report import write_report

__all__ = ["Matrix", "load_matrix", "write_report"]
