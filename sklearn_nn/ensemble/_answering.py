"""How a fitted fusion answers."""

from typing import Any, ClassVar

import numpy as np
from scipy.special import softmax
from sklearn.base import ClassifierMixin, TransformerMixin
from sklearn.utils import Bunch
from sklearn.utils.validation import check_is_fitted

from sklearn_nn.ensemble._class_pool import ClassPool
from sklearn_nn.ensemble._columns import Columns
from sklearn_nn.ensemble._combination import Combination
from sklearn_nn.ensemble._composition import Composition
from sklearn_nn.ensemble._fitting import Part, ask, known_labels
from sklearn_nn.ensemble._harmony import Reader, centred
from sklearn_nn.ensemble._pool import pooled


def view_parts(columns: Columns, bases: list[tuple]) -> list[Part]:
    """Return bases with what they see.

    Parameters
    ----------
    columns : Columns
        The rows.
    bases : list of tuple (name, classifier, columns)
        The bases.

    Returns
    -------
    list of Part
        One a base.
    """
    for name, _, names in bases:
        columns.check_has(name, names)
    # Bases that see the same columns get the same rows, not a copy each.
    seen: dict[Any, tuple] = {}
    parts = []
    for name, base, names in bases:
        key = names if isinstance(names, str) else tuple(names)
        if key not in seen:
            seen[key] = (columns.view(names), columns.present(names))
        parts.append(Part(name, base, *seen[key]))
    return parts


def _combiner(fitted: Any, codes: np.ndarray) -> Reader:
    """Return a booster or final classifier as one who answers."""
    name = type(fitted).__name__
    if isinstance(fitted, ClassPool):
        return Reader(name, fitted, fitted.classes_, fitted.classes_)
    labels = known_labels(name, fitted, len(codes))
    return Reader(name, fitted, labels, codes[labels])


class AnsweringClassifier(ClassifierMixin, TransformerMixin, Composition):
    """A fitted fusion; a subclass fits it."""

    classes_: np.ndarray
    feature_names_in_: np.ndarray
    estimators_: list[Any]
    booster_: Any
    final_estimators_: list[Any]
    blend_weights_: np.ndarray
    base_weights_: np.ndarray
    # Of each base: its name, what it sees, the labels of its columns, their places
    # among the classes, and what its answers are multiplied by. Plain data, so that
    # `persistence` can save them.
    _names_: list[str]
    _columns_: list[Any]
    _labels_: list[np.ndarray]
    _codes_: list[np.ndarray]
    _scales_: np.ndarray
    # The classes that booster and final classifiers know, the patterns of missing
    # bases, and the frequencies of the classes.
    _booster_codes_: np.ndarray
    _final_codes_: np.ndarray
    _learned_: np.ndarray
    _frequencies_: np.ndarray

    _lists: ClassVar[dict[str, str]] = {
        "estimators": "(name, classifier, columns)",
        "final_estimators": "(name, classifier)",
    }

    @property
    def named_estimators_(self) -> Bunch:
        """The bases by name."""
        return Bunch(**dict(zip(self._names_, self.estimators_, strict=True)))

    def _readers(self) -> list[Reader]:
        """Return the bases as those who answer."""
        bases = (self._names_, self.estimators_, self._labels_, self._codes_)
        return [Reader(*base) for base in zip(*bases, strict=True)]

    def _combination(self) -> Combination:
        booster = None
        if self.booster_ is not None:
            booster = _combiner(self.booster_, self._booster_codes_)
        known = self._final_codes_
        finals = [_combiner(final, known) for final in self.final_estimators_]
        return Combination(booster, finals, self.blend_weights_, known)

    def _stack(self, X: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return the calibrated logits of all bases, and which bases answered."""
        check_is_fitted(self)
        columns = Columns(X, type(self).__name__)
        columns.check_same(self.feature_names_in_.tolist())
        bases = zip(self._names_, self.estimators_, self._columns_, strict=True)
        parts = view_parts(columns, list(bases))
        answers = ask(self._readers(), parts, columns.n_rows, len(self.classes_))
        there = np.column_stack([part.there for part in parts])
        return answers * self._scales_[:, np.newaxis], there

    def transform(self, X: Any) -> np.ndarray:
        """Return the calibrated logits of all bases, side by side.

        Parameters
        ----------
        X : pandas or polars DataFrame, or dict of str to array-like
            Rows by column.

        Returns
        -------
        logits : ndarray of shape (n_samples, n_bases * n_classes)
            Centred log-probabilities; zeros where the columns of a base are missing.
        """
        stack, _ = self._stack(X)
        return stack.reshape(len(stack), -1)

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probability of each class.

        Parameters
        ----------
        X : pandas or polars DataFrame, or dict of str to array-like
            Rows by column.

        Returns
        -------
        probabilities : ndarray of shape (n_samples, n_classes)
            In the order of ``classes_``.
        """
        stack, there = self._stack(X)
        n_classes = len(self.classes_)
        probabilities = np.tile(self._frequencies_, (len(stack), 1))
        any_there = there.any(axis=1)
        known = (there[:, np.newaxis] == self._learned_).all(axis=2).any(axis=1)
        final = any_there & (known | there.all(axis=1))
        if final.any():
            logits = stack[final].reshape(final.sum(), -1)
            said = self._combination().predict_proba(logits, n_classes)
            probabilities[final] = self._completed(said, stack[final], there[final])
        pool = any_there & ~final
        logits = pooled(stack[pool], self.base_weights_, there[pool])
        probabilities[pool] = softmax(logits, axis=1)
        return probabilities

    def _completed(
        self, said: np.ndarray, stack: np.ndarray, there: np.ndarray
    ) -> np.ndarray:
        """Let the pool answer for classes that the final classifiers never met."""
        unmet = np.setdiff1d(np.arange(said.shape[1]), self._final_codes_)
        if not len(unmet):
            return said
        pool = softmax(pooled(stack, self.base_weights_, there), axis=1)[:, unmet]
        said = said.copy()
        said[:, unmet] = 0
        said *= ((1 - pool.sum(axis=1)) / said.sum(axis=1))[:, np.newaxis]
        said[:, unmet] = pool
        return said

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Return the logarithm of the probability of each class.

        Parameters
        ----------
        X : pandas or polars DataFrame, or dict of str to array-like
            Rows by column.

        Returns
        -------
        log_probabilities : ndarray of shape (n_samples, n_classes)
            In the order of ``classes_``.
        """
        smallest = np.finfo(np.float64).tiny
        return np.log(np.maximum(self.predict_proba(X), smallest))

    def decision_function(self, X: Any) -> np.ndarray:
        """Return the logits.

        Parameters
        ----------
        X : pandas or polars DataFrame, or dict of str to array-like
            Rows by column.

        Returns
        -------
        logits : ndarray of shape (n_samples, n_classes) or (n_samples,)
            Centred log-probabilities; with two classes, the second minus the first.
        """
        logits = centred(self.predict_log_proba(X))
        return logits[:, 1] - logits[:, 0] if len(self.classes_) == 2 else logits

    def predict(self, X: Any) -> np.ndarray:
        """Predict the class of every row.

        Parameters
        ----------
        X : pandas or polars DataFrame, or dict of str to array-like
            Rows by column.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Labels, as they were in `fit`.
        """
        codes = self.predict_proba(X).argmax(axis=1)
        return self.classes_[codes]

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Name the columns of `transform`.

        Parameters
        ----------
        input_features : None
            Ignored; here for compatibility with other transformers.

        Returns
        -------
        names : ndarray of str, dtype object, of shape (n_bases * n_classes,)
            "base_class".
        """
        check_is_fitted(self)
        classes = self.classes_.tolist()
        names = [f"{base}_{label}" for base in self._names_ for label in classes]
        return np.array(names, dtype=object)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        # Columns of any kind: none of scikit-learn's checks, which pass numbers, apply.
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        tags.input_tags.allow_nan = True
        return tags
