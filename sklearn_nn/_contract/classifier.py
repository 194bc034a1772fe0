"""The contract of classifiers."""

from typing import Any, ClassVar, Literal, Self

import numpy as np
from scipy.special import log_softmax, softmax
from sklearn.base import ClassifierMixin, _fit_context
from sklearn.utils.class_weight import compute_class_weight

from sklearn_nn._checks import all_or_nothing, check_labels
from sklearn_nn._contract.network import Network
from sklearn_nn._contract.sample import Sample
from sklearn_nn._declaration import estimator


@estimator
class NetworkClassifier(ClassifierMixin, Network):
    """A network whose outputs are logits, with labels of any type.

    Parameters
    ----------
    class_weight : dict, "balanced" or None, default=None
        Weights of the classes in training, by label; ``"balanced"`` weighs them
        inversely to their frequency.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    """

    class_weight: dict | Literal["balanced"] | None = None

    _validation_options: ClassVar[dict[str, Any]] = {}

    @property
    def _n_outputs(self) -> int:
        return len(self.classes_)

    def _learn_targets(self, y: np.ndarray, name: str = "y") -> None:
        labels, _ = check_labels(y, type(self).__name__)
        if len(labels) < 2:
            raise ValueError(
                f"{type(self).__name__} needs rows of at least two classes, but {name} "
                f"holds one class only: {labels.tolist()[0]!r}."
            )
        self.classes_ = labels

    def _encode(self, y: np.ndarray, rows: np.ndarray | None = None) -> np.ndarray:
        labels, codes = check_labels(y, type(self).__name__)
        known = np.isin(labels, self.classes_)
        if not known.all():
            code = known.argmin()
            row = (codes == code).argmax()
            raise ValueError(
                f"Row {row if rows is None else rows[row]} of y has the class "
                f"{labels.tolist()[code]!r}, which is not among the known ones: "
                f"{self.classes_.tolist()}. Known are those of the first fit, or the "
                "`classes` of the first partial_fit."
            )
        return np.searchsorted(self.classes_, labels)[codes]

    def _weigh_classes(self, sample: Sample) -> Sample:
        if self.class_weight is None:
            return sample
        by_class = np.ones(len(self.classes_))
        if isinstance(self.class_weight, dict):
            self._check_class_weight(self.class_weight)
            for i, label in enumerate(self.classes_.tolist()):
                by_class[i] = self.class_weight.get(label, 1.0)
        else:
            present = np.unique(sample.y)
            by_class[present] = compute_class_weight(
                self.class_weight,
                classes=present,
                y=sample.y,
                sample_weight=sample.weight,
            )
        by_row = by_class[sample.y]
        if sample.weight is not None:
            by_row = by_row * sample.weight
        return sample._replace(weight=by_row)

    def _check_class_weight(self, by_label: dict) -> None:
        unknown = [label for label in by_label if label not in self.classes_.tolist()]
        wrong = {k: w for k, w in by_label.items() if not 0 < w < np.inf}
        if unknown or wrong:
            raise ValueError(
                f"The 'class_weight' parameter of {type(self).__name__} must give "
                f"positive weights to labels among {self.classes_.tolist()}. Got "
                + (f"the label(s) {unknown}." if unknown else f"{wrong}.")
            )

    def _best_constant(self, sample: Sample) -> np.ndarray:
        counts = np.bincount(sample.y, sample.weight, minlength=len(self.classes_))
        # A class without rows counts as half a row. Rounded, because at the exact
        # optimum of constant rows the gradient is pure rounding noise, which Adam
        # blows up to steps of full size.
        return np.log(np.where(counts > 0, counts, 0.5) / len(sample.y)).round(2)

    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(
        self,
        X: Any,
        y: Any,
        classes: Any = None,
        sample_weight: Any = None,
    ) -> Self:
        """Train one epoch more, on these rows, at a constant learning rate.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Training rows.
        y : array-like of shape (n_samples,)
            Their labels.
        classes : array-like of shape (n_classes,), default=None
            All labels that will ever come. Needed at the first call when `y` lacks
            some of them.
        sample_weight : array-like of shape (n_samples,), default=None
            Row weights, comparable between calls.

        Returns
        -------
        self : object
            The estimator.

        Raises
        ------
        ValueError
            If a label is not among the classes of the first call, or if
            ``class_weight="balanced"``: the frequencies are not known yet.
        """
        if self.class_weight == "balanced":
            raise ValueError(
                "class_weight='balanced' needs all rows at once and is not supported "
                "by partial_fit. Pass a dict of weights by label instead."
            )
        first = not hasattr(self, "net_")
        with all_or_nothing(self):
            X, y = self._check_X(X, y, reset=first)
            if first and classes is None:
                self._learn_targets(y)
            elif first:
                self._learn_targets(np.asarray(classes), "classes")
            elif classes is not None and not np.array_equal(
                np.unique(classes), self.classes_
            ):
                raise ValueError(
                    f"classes={np.unique(classes).tolist()} differ from those of the "
                    f"first call, {self.classes_.tolist()}."
                )
            return self._partial_fit(X, y, sample_weight)

    def decision_function(self, X: Any) -> np.ndarray:
        """Return the logits.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples, n_classes), or (n_samples,) with two classes
            Logits, whose softmax is `predict_proba`; with two classes, the second
            minus the first, whose logistic sigmoid is the second's probability.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before `fit`.
        ValueError
            If X is unlike the rows of `fit`, or holds what is no finite number.
        """
        logits = self._apply(X)
        return logits[:, 1] - logits[:, 0] if len(self.classes_) == 2 else logits

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probability of each class.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of float64 of shape (n_samples, n_classes)
            Probabilities, in the order of ``classes_``.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before `fit`.
        ValueError
            If X is unlike the rows of `fit`, or holds what is no finite number.
        """
        return softmax(self._apply(X).astype(np.float64), axis=1)

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Return the logarithm of the probability of each class.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of float64 of shape (n_samples, n_classes)
            Log-probabilities, in the order of ``classes_``.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before `fit`.
        ValueError
            If X is unlike the rows of `fit`, or holds what is no finite number.
        """
        return log_softmax(self._apply(X).astype(np.float64), axis=1)

    def predict(self, X: Any) -> np.ndarray:
        """Return the most probable label.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples,)
            Labels, of the dtype of y in `fit`.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before `fit`.
        ValueError
            If X is unlike the rows of `fit`, or holds what is no finite number.
        """
        codes = self._apply(X).argmax(axis=1)
        return self.classes_[codes]
