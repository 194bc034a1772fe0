"""Classifiers that leave the work to another one."""

from copy import deepcopy
from typing import Annotated, Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin
from sklearn.linear_model import LogisticRegression
from sklearn.utils import get_tags
from sklearn.utils._param_validation import HasMethods
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from sklearn_nn._declaration import estimator


def _has(method: str):
    """Make a check that the wrapped estimator, fitted or not, has a method."""

    def check(self: "DelegatingClassifier") -> bool:
        getattr(getattr(self, "estimator_", self._template()), method)
        return True

    return check


@estimator
class DelegatingClassifier(MetaEstimatorMixin, ClassifierMixin, BaseEstimator):
    """A classifier around another, whose abilities it has.

    A subclass gives ``fit``, which sets ``estimator_`` and ``classes_``.

    Parameters
    ----------
    estimator : classifier or None, default=None
        The classifier inside, which is cloned; `None` is a
        :class:`~sklearn.linear_model.LogisticRegression`.

    Attributes
    ----------
    estimator_ : classifier
        The fitted classifier.
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    n_features_in_ : int
        Number of columns, where the classifier counts them.
    feature_names_in_ : ndarray of str of shape (n_features,)
        Names of the columns, where `X` had any.
    """

    estimator: Annotated[Any, HasMethods(["fit", "predict"]), None] = None

    def _template(self) -> Any:
        return LogisticRegression() if self.estimator is None else self.estimator

    def predict(self, X: Any) -> np.ndarray:
        """Predict the class of every row.

        Parameters
        ----------
        X : rows of the kind that the classifier takes
            What to predict.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Labels.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before `fit`.
        """
        check_is_fitted(self)
        return self.estimator_.predict(X)

    @available_if(_has("predict_proba"))
    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probability of each class.

        Parameters
        ----------
        X : rows of the kind that the classifier takes
            What to predict.

        Returns
        -------
        probabilities : ndarray of shape (n_samples, n_classes)
            In the order of ``classes_``.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before `fit`.
        """
        check_is_fitted(self)
        return self.estimator_.predict_proba(X)

    @available_if(_has("predict_log_proba"))
    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Return the logarithm of the probability of each class.

        Parameters
        ----------
        X : rows of the kind that the classifier takes
            What to predict.

        Returns
        -------
        log_probabilities : ndarray of shape (n_samples, n_classes)
            In the order of ``classes_``.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before `fit`.
        """
        check_is_fitted(self)
        return self.estimator_.predict_log_proba(X)

    @available_if(_has("decision_function"))
    def decision_function(self, X: Any) -> np.ndarray:
        """Return the scores of the classes.

        Parameters
        ----------
        X : rows of the kind that the classifier takes
            What to predict.

        Returns
        -------
        scores : ndarray of shape (n_samples, n_classes) or (n_samples,)
            In the order of ``classes_``; for two classes, that of ``classes_[1]``.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before `fit`.
        """
        check_is_fitted(self)
        return self.estimator_.decision_function(X)

    @available_if(_has("transform"))
    def transform(self, X: Any) -> Any:
        """Return the rows as the classifier sees them.

        Parameters
        ----------
        X : rows of the kind that the classifier takes
            What to transform.

        Returns
        -------
        X_transformed : ndarray or sparse matrix of shape (n_samples, n_features)
            The output of the classifier's own ``transform``.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before `fit`.
        """
        check_is_fitted(self)
        return self.estimator_.transform(X)

    @property
    def n_features_in_(self) -> int:
        """Number of columns."""
        return self._fitted("n_features_in_")

    @property
    def feature_names_in_(self) -> np.ndarray:
        """Names of the columns."""
        return self._fitted("feature_names_in_")

    def _fitted(self, name: str) -> Any:
        if "estimator_" not in vars(self):
            raise AttributeError(f"{type(self).__name__} has no {name} before fit.")
        return getattr(self.estimator_, name)

    def get_metadata_routing(self) -> MetadataRouter:
        """Say that what is passed to `fit` goes to the classifier inside.

        Returns
        -------
        routing : MetadataRouter
            See the user guide of scikit-learn on metadata routing.
        """
        return MetadataRouter(owner=self).add(
            estimator=self._template(),
            method_mapping=MethodMapping().add(caller="fit", callee="fit"),
        )

    def __sklearn_is_fitted__(self) -> bool:
        return "estimator_" in vars(self)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inside = get_tags(self._template())
        tags.input_tags = deepcopy(inside.input_tags)
        tags.classifier_tags = deepcopy(inside.classifier_tags)
        tags.classifier_tags.multi_label = False
        tags.transformer_tags = deepcopy(inside.transformer_tags)
        tags.non_deterministic = inside.non_deterministic
        return tags
