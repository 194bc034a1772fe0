"""Labels of any kind for a classifier that knows only 0, 1, 2, ..."""

from typing import Any, Self

import numpy as np
from sklearn.base import _fit_context, clone
from sklearn.utils.validation import check_is_fitted, column_or_1d

from sklearn_nn._checks import all_or_nothing, check_has_y, check_labels
from sklearn_nn._declaration import estimator
from sklearn_nn.model_selection._delegate import DelegatingClassifier


@estimator
class LabelEncodingClassifier(DelegatingClassifier):
    """Give a classifier the labels 0, 1, 2, ..., and the caller the real ones.

    Some classifiers, such as ``xgboost.XGBClassifier``, refuse other labels.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn_nn.model_selection import LabelEncodingClassifier
    >>> model = LabelEncodingClassifier(estimator=LogisticRegression())
    >>> model.fit([[0.0], [1.0], [9.0]], ["low", "low", "high"]).predict([[8.0]])
    array(['high'], dtype='<U4')
    >>> model.estimator_.classes_
    array([0, 1])
    """

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Any, y: Any, **fit_params: Any) -> Self:
        """Fit the classifier with encoded labels.

        Parameters
        ----------
        X : rows of the kind that the classifier takes
            The training rows.
        y : array-like of shape (n_samples,)
            Their labels.
        **fit_params : dict
            Passed on to the classifier, such as ``sample_weight``.

        Returns
        -------
        self : object
            The fitted classifier.

        Raises
        ------
        ValueError
            If `y` is missing or holds no classes.
        """
        name = type(self).__name__
        check_has_y(y, name)
        labels, codes = check_labels(column_or_1d(y, warn=True), name)
        with all_or_nothing(self):
            self.estimator_ = clone(self._template()).fit(X, codes, **fit_params)
            self.classes_ = labels
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Predict the class of every row.

        Parameters
        ----------
        X : rows of the kind that the classifier takes
            What to predict.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Labels, as they were in `fit`.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before `fit`.
        """
        check_is_fitted(self)
        return self.classes_[self.estimator_.predict(X).astype(int)]
