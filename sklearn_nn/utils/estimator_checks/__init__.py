"""Checks for estimators that take raw texts or images.

scikit-learn's own suite runs no check at all on an estimator whose tag
``two_d_array`` is False. These ask of it what scikit-learn asks of the others. A check
is a function of one unfitted estimator and a description of the data that raises
``AssertionError`` when the estimator breaks the contract; to add one, write it and
append it to its group.
"""

from ._images import check_image_estimator, parametrize_with_image_checks
from ._texts import check_text_estimator, parametrize_with_text_checks

__all__ = [
    "check_image_estimator",
    "check_text_estimator",
    "parametrize_with_image_checks",
    "parametrize_with_text_checks",
]
