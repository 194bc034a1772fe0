"""The linear support vector machine on TF-IDF: the model every network must beat."""

from numbers import Integral
from typing import Annotated, Literal

import numpy as np
from scipy.special import expit, softmax
from sklearn.base import (
    BaseEstimator,
    ClassifierMixin,
    TransformerMixin,
    _fit_context,
)
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC
from sklearn.utils._param_validation import Interval, RealNotInt
from sklearn.utils.validation import (
    _check_sample_weight,
    check_consistent_length,
    check_is_fitted,
    column_or_1d,
)

from sklearn_nn._checks import check_labels
from sklearn_nn._declaration import PositiveFloat, PositiveInt, RandomState, estimator
from sklearn_nn._texts import check_texts

__all__ = ["TfidfLinearSVC"]

DocumentFrequency = Annotated[
    int | float,
    Interval(RealNotInt, 0, 1, closed="both"),
    Interval(Integral, 1, None, closed="left"),
]


@estimator
class TfidfLinearSVC(ClassifierMixin, TransformerMixin, BaseEstimator):
    """Linear support vector machine on the TF-IDF of raw texts.

    The same as a pipeline of :class:`~sklearn.feature_extraction.text.TfidfVectorizer`
    and :class:`~sklearn.svm.LinearSVC` (one against the rest), in one estimator with
    defaults that suit topics: words and pairs of words, logarithmic counts.

    Parameters
    ----------
    C : float, default=1.0
        Inverse strength of the regularisation.
    ngram_range : tuple (min_n, max_n), default=(1, 2)
        The shortest and the longest sequence of words that makes a feature.
    sublinear_tf : bool, default=True
        Replace a count ``tf`` by ``1 + log(tf)``.
    min_df : float in [0.0, 1.0] or int, default=1
        Leave out n-grams in fewer texts than this (a proportion, or a number).
    max_df : float in [0.0, 1.0] or int, default=1.0
        Leave out n-grams in more texts than this (a proportion, or a number).
    max_features : int or None, default=None
        Keep only that many n-grams, the most frequent.
    stop_words : {"english"}, list of str or None, default=None
        Words to leave out.
    lowercase : bool, default=True
        Convert the texts to lower case first.
    class_weight : dict, "balanced" or None, default=None
        Weight of each class; "balanced" is inversely proportional to its frequency.
    max_iter : int, default=1000
        Most iterations of the solver.
    tol : float, default=1e-4
        Tolerance at which the solver stops.
    random_state : int, RandomState instance or None, default=None
        Seed of the order in which the solver visits the texts.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels met in `fit`, sorted.
    vectorizer_ : sklearn.feature_extraction.text.TfidfVectorizer
        The fitted vectoriser.
    classifier_ : sklearn.svm.LinearSVC
        The fitted classifier.
    coef_ : ndarray of shape (n_classes, n_features) or (1, n_features)
        The weight of each n-gram for each class; one row for two classes.
    intercept_ : ndarray of shape (n_classes,) or (1,)
        The constants of the decision function.
    vocabulary_ : dict of str to int
        The column of each n-gram.

    See Also
    --------
    sklearn.calibration.CalibratedClassifierCV : Turn its scores into probabilities
        that can be trusted.

    References
    ----------
    .. [1] T. Joachims, "Text Categorization with Support Vector Machines: Learning
       with Many Relevant Features", European Conference on Machine Learning, 1998.
       `doi:10.1007/BFb0026683 <https://doi.org/10.1007/BFb0026683>`_
    .. [2] R.-E. Fan, K.-W. Chang, C.-J. Hsieh, X.-R. Wang, C.-J. Lin, "LIBLINEAR: A
       Library for Large Linear Classification", Journal of Machine Learning Research
       9, 2008.

    Examples
    --------
    >>> from sklearn_nn.svm import TfidfLinearSVC
    >>> texts = ["fast red car", "a car with an engine", "green tea", "tea with milk"]
    >>> topics = ["cars", "cars", "drinks", "drinks"]
    >>> model = TfidfLinearSVC(random_state=0).fit(texts, topics)
    >>> model.predict(["milk in my tea", "the engine"])
    array(['drinks', 'cars'], dtype='<U6')
    """

    C: PositiveFloat = 1.0
    ngram_range: tuple[int, int] = (1, 2)
    sublinear_tf: bool = True
    min_df: DocumentFrequency = 1
    max_df: DocumentFrequency = 1.0
    max_features: PositiveInt | None = None
    stop_words: Literal["english"] | list[str] | None = None
    lowercase: bool = True
    class_weight: dict | Literal["balanced"] | None = None
    max_iter: PositiveInt = 1000
    tol: PositiveFloat = 1e-4
    random_state: RandomState = None

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None):
        """Learn the vocabulary, the weights of its n-grams and the classifier.

        Parameters
        ----------
        X : array-like of str of shape (n_samples,)
            The training texts.
        y : array-like of shape (n_samples,)
            Their labels, at least two different ones.
        sample_weight : array-like of shape (n_samples,) or None, default=None
            Weight of each text in the loss; a text of weight zero is left out, of
            the vocabulary and the document frequencies too.

        Returns
        -------
        self : TfidfLinearSVC
            The fitted classifier.

        Raises
        ------
        TypeError
            If a row is not a string.
        ValueError
            If `X` is not a one-dimensional sequence of texts, has a missing value or
            holds no usable word; if `y` has another length or a single class.
        """
        match self.ngram_range:
            case (int(shortest), int(longest)) if 1 <= shortest <= longest:
                pass
            case _:
                raise ValueError(
                    f"The 'ngram_range' parameter of {type(self).__name__} must be a "
                    "tuple (shortest, longest) of ints from 1 on. Got "
                    f"{self.ngram_range!r} instead."
                )
        texts, y, sample_weight = self._check_training_set(X, y, sample_weight)
        vectorizer = TfidfVectorizer(
            ngram_range=self.ngram_range,
            sublinear_tf=self.sublinear_tf,
            min_df=self.min_df,
            max_df=self.max_df,
            max_features=self.max_features,
            stop_words=self.stop_words,
            lowercase=self.lowercase,
        )
        try:
            tfidf = vectorizer.fit_transform(texts)
        except ValueError as error:
            raise ValueError(
                f"{type(self).__name__} could not build a vocabulary from the "
                f"{len(texts)} texts: {error} Are the texts empty? Otherwise check "
                "min_df, max_df, ngram_range and stop_words."
            ) from error
        classifier = LinearSVC(
            C=self.C,
            class_weight=self.class_weight,
            max_iter=self.max_iter,
            tol=self.tol,
            random_state=self.random_state,
        )
        self.classifier_ = classifier.fit(tfidf, y, sample_weight)
        self.vectorizer_ = vectorizer
        self.classes_ = classifier.classes_
        return self

    def transform(self, X):
        """Compute the TF-IDF of texts, as the classifier sees them.

        Parameters
        ----------
        X : array-like of str of shape (n_samples,)
            The texts.

        Returns
        -------
        tfidf : CSR matrix of float64 of shape (n_samples, n_features)
            One row of length one per text (all zero without a known n-gram). As it
            is sparse, ``set_output`` accepts no data frame for it.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If `fit` was not called.
        TypeError, ValueError
            If `X` is not a one-dimensional sequence of strings.
        """
        return self._tfidf(X)

    def decision_function(self, X):
        """Compute the scores of the classes: signed distances, not probabilities.

        Parameters
        ----------
        X : array-like of str of shape (n_samples,)
            The texts.

        Returns
        -------
        scores : ndarray of float64 of shape (n_samples, n_classes) or (n_samples,)
            One score per class; for two classes, that of ``classes_[1]`` alone.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If `fit` was not called.
        TypeError, ValueError
            If `X` is not a one-dimensional sequence of strings.
        """
        tfidf = self._tfidf(X)
        return self.classifier_.decision_function(tfidf)

    def predict_proba(self, X):
        """Turn the scores into numbers that sum to one, without calibration.

        They are the softmax of :meth:`decision_function` (the logistic function for
        two classes), which a support vector machine does not train to be
        probabilities: use them to rank, and wrap the estimator in
        :class:`sklearn.calibration.CalibratedClassifierCV` to rely on their values.

        Parameters
        ----------
        X : array-like of str of shape (n_samples,)
            The texts.

        Returns
        -------
        probabilities : ndarray of float64 of shape (n_samples, n_classes)
            In the order of ``classes_``.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If `fit` was not called.
        TypeError, ValueError
            If `X` is not a one-dimensional sequence of strings.
        """
        scores = self.decision_function(X)
        if scores.ndim == 1:
            return np.column_stack([expit(-scores), expit(scores)])
        return softmax(scores, axis=1)

    def predict(self, X):
        """Predict the class of texts.

        Parameters
        ----------
        X : array-like of str of shape (n_samples,)
            The texts.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            For each text, the label with the largest score.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If `fit` was not called.
        TypeError, ValueError
            If `X` is not a one-dimensional sequence of strings.
        """
        tfidf = self._tfidf(X)
        return self.classifier_.predict(tfidf)

    def get_feature_names_out(self, input_features=None):
        """Name the columns of `transform`.

        Parameters
        ----------
        input_features : None
            Ignored; here for compatibility with other transformers.

        Returns
        -------
        names : ndarray of str, dtype object, of shape (n_features,)
            The n-grams, their words joined by a space.
        """
        check_is_fitted(self)
        return self.vectorizer_.get_feature_names_out()

    @property
    def coef_(self) -> np.ndarray:
        """The weight of each n-gram for each class."""
        return self.classifier_.coef_

    @property
    def intercept_(self) -> np.ndarray:
        """The constants of the decision function."""
        return self.classifier_.intercept_

    @property
    def vocabulary_(self) -> dict[str, int]:
        """The column of each n-gram."""
        return self.vectorizer_.vocabulary_

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.transformer_tags.preserves_dtype = []
        return tags

    def _check_training_set(self, X, y, sample_weight):
        """Validate before the long work, and leave out the texts of weight zero."""
        texts = check_texts(X, caller=type(self).__name__)
        if y is None:
            raise ValueError(f"{type(self).__name__} needs labels: y is None.")
        y = column_or_1d(y, warn=True)
        check_consistent_length(texts, y)
        check_labels(y, type(self).__name__)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(
                sample_weight, texts, ensure_non_negative=True
            )
            kept = np.flatnonzero(sample_weight)
            texts, y = [texts[i] for i in kept], y[kept]
            sample_weight = sample_weight[kept]
        classes = np.unique(y)
        if len(classes) < 2:
            raise ValueError(
                f"{type(self).__name__} needs at least 2 classes to tell apart; y has "
                f"1 class only ({classes.tolist()[0]!r}). Check the labels or how the "
                "rows were selected."
            )
        return texts, y, sample_weight

    def _tfidf(self, X):
        """Compute the TF-IDF, out of reach of ``set_output``."""
        check_is_fitted(self)
        texts = check_texts(X, caller=type(self).__name__)
        return self.vectorizer_.transform(texts)
