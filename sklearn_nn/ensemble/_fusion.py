"""Late fusion of classifiers that see different columns of a sample."""

from copy import deepcopy
from numbers import Integral
from typing import Annotated, Any, Literal, Self

import numpy as np
from sklearn.base import _fit_context
from sklearn.utils._param_validation import HasMethods, Options

from sklearn_nn._checks import all_or_nothing
from sklearn_nn._declaration import RandomState, Verbosity, estimator
from sklearn_nn.ensemble._answering import AnsweringClassifier, view_parts
from sklearn_nn.ensemble._class_pool import ClassPool
from sklearn_nn.ensemble._columns import Columns, check_unseen
from sklearn_nn.ensemble._combination import (
    DEFAULT_FINALS,
    fit_combination,
    named_finals,
)
from sklearn_nn.ensemble._composition import check_parts, kept
from sklearn_nn.ensemble._description import agreement, modality_scores
from sklearn_nn.ensemble._fitting import CrossFit, Part, ask, cross_fit
from sklearn_nn.ensemble._folds import make_folds
from sklearn_nn.ensemble._harmony import calibrate
from sklearn_nn.ensemble._pool import ablation, fit_class_pool, fit_pool
from sklearn_nn.ensemble._prefit import read_prefit
from sklearn_nn.ensemble._preparing import draw_seeds, seeded, seeded_bases
from sklearn_nn.ensemble._targets import (
    Target,
    check_met,
    check_rows,
    frequencies,
    target_of,
)

# From this share of the training rows on, the final classifiers know a pattern of
# missing bases.
LEARNED_SHARE = 0.05


@estimator
class LateFusionClassifier(AnsweringClassifier):
    """Combine classifiers that see different columns, such as a text and an image.

    Stacked generalisation [1]_ over modalities. Each base is fitted on its own columns.
    Whatever it offers (probabilities, scores or labels) becomes centred
    log-probabilities, calibrated by a temperature [2]_. One or more final classifiers
    learn from these. All that learns to combine sees answers for rows only that the
    bases were not fitted on.

    Parameters
    ----------
    estimators : list of tuple (name, classifier, columns), default=()
        The bases. `columns` is a name, for one column as a 1-D array (of a dict: what
        it holds), or a list of names, for a frame (of a dict: a matrix of numbers).
        "drop" in place of a classifier leaves it out. A base learns the classes as
        0, 1, 2, ...; a dict of class weights names them by their labels.
    booster : classifier or None, default=None
        Learns from the stacked logits; its softmax is appended to them. An
        :class:`~sklearn_nn.neural_network.MLPClassifier` finds interactions between
        the bases that linear final classifiers cannot.
    final_estimators : list of tuple (name, classifier) or None, default=None
        What decides. "pool" in place of a classifier is the logarithmic pool [3]_ with
        a weight for each base and class: few parameters, for few rows. `None` is a
        multinomial :class:`~sklearn.linear_model.LogisticRegression`, and the pool.
    cv : int, splitter, iterable or "prefit", default=5
        Who answers for which rows while the combination is learned. An int makes
        stratified, shuffled folds that keep groups together, if `fit` gets any.
        "prefit": the bases are fitted already, and `fit` gets rows that none of them
        has seen.
    blend : {"alpha", "mean"}, default="alpha"
        How the probabilities of several final classifiers are weighed: "alpha" by the
        weights with the least log loss in stratified cross-validation, "mean" evenly.
    n_jobs : int or None, default=None
        Number of joblib workers, over bases and folds; it does not change the result.
        Pipelines that see the same columns and begin alike, seeds included, go to one
        worker, which fits what they share once a fold.
    random_state : int, RandomState instance or None, default=None
        Seed of the folds, and of all classifiers inside that have none of their own.
    verbose : int, default=0
        Verbosity of joblib.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    estimators_ : list of classifier
        The bases, fitted on all rows.
    named_estimators_ : Bunch
        The same by name.
    booster_ : classifier or None
        The fitted booster.
    final_estimators_ : list of classifier
        The fitted final classifiers.
    blend_weights_ : ndarray of shape (n_final_estimators,)
        Weights of their probabilities; they sum to one.
    temperatures_ : ndarray of shape (n_bases,)
        By what the logits of each base are divided. Above one, its probabilities are
        too sure; scores have a scale of their own.
    base_weights_ : ndarray of shape (n_bases,)
        Weights of the bases in the logarithmic pool [3]_, which answers for rows
        without some of them. They need not sum to one.
    class_weights_ : ndarray of shape (n_bases, n_classes)
        Weights in a pool with one for each class: which base knows which class. They
        stay near those of the base where few rows say otherwise.
    modality_scores_ : dict of str to dict
        For each base, out of fold, over the rows that it answers: "accuracy",
        "f1_macro", "f1_weighted", "log_loss" (calibrated); and "answered", the share
        of these rows.
    agreement_ : ndarray of shape (n_bases, n_bases)
        Share of the rows for which two bases predict the same out of fold, of those
        that both answer; NaN without any.
    ablation_ : dict of str to float
        By how much the log loss of the pool of out-of-fold answers rises without that
        base, the weights of the others fitted anew. On few rows, noise rises a little,
        too.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Their names.

    See Also
    --------
    sklearn.ensemble.StackingClassifier : Bases that see the same columns.

    Notes
    -----
    **Missing values.** A base is not asked for a row where all its columns are missing
    (None, NaN or an empty string): its logits are zero there, and it is not fitted on
    such rows. When predicting, a row without some base is answered by the pool of
    the others (a single one by its calibrated probabilities), unless that very pattern
    made up 5 % of the training rows, so that the final classifiers know it. A row
    without any gets the frequencies of the classes.

    **Folds.** Booster and final classifiers learn in folds of their own, stratified,
    as many as `cv` says (five, if it is no number), with groups kept together. Rows
    whose class a base had not met in a fold, since all of that class are in one, teach
    nothing: there the base is wrong for certain. If that is so for a whole class,
    which is warned of, the pool answers for it.

    **Searches.** A dict of arrays cannot be split by scikit-learn; a frame can, with a
    column of arrays for images. Bases that are fitted already survive
    cloning inside a :class:`~sklearn.frozen.FrozenEstimator`.

    References
    ----------
    .. [1] D. H. Wolpert, "Stacked Generalization", Neural Networks 5(2), 1992.
    .. [2] C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger, "On Calibration of Modern Neural
       Networks", International Conference on Machine Learning, 2017.
    .. [3] C. Genest, J. V. Zidek, "Combining Probability Distributions: A Critique and
       an Annotated Bibliography", Statistical Science 1(1), 1986.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn_nn.datasets import make_product_listings
    >>> from sklearn_nn.ensemble import LateFusionClassifier
    >>> from sklearn_nn.svm import TfidfLinearSVC
    >>> shop = make_product_listings(400, n_classes=4, image_size=8, random_state=0)
    >>> X = {
    ...     "title": shop.data[:, 0],
    ...     "pixels": shop.images.reshape(400, -1) / 255,
    ... }
    >>> model = LateFusionClassifier(
    ...     estimators=[
    ...         ("text", TfidfLinearSVC(), "title"),
    ...         ("image", LogisticRegression(C=0.01), "pixels"),
    ...     ],
    ...     random_state=0,
    ... )
    >>> model = model.fit(X, shop.target)
    >>> {name: round(s["accuracy"], 2) for name, s in model.modality_scores_.items()}
    {'text': 0.86, 'image': 0.71}
    >>> new = {"title": ["une table en bois", ""], "pixels": X["pixels"][:2]}
    >>> model.predict_proba(new).shape
    (2, 4)
    """

    estimators: list | tuple = ()
    booster: Annotated[Any, HasMethods(["fit", "predict"]), None] = None
    final_estimators: list | tuple | None = None
    cv: Annotated[Any, "cv_object", Options(str, {"prefit"})] = 5
    blend: Literal["alpha", "mean"] = "alpha"
    n_jobs: int | None = None
    random_state: RandomState = None
    verbose: Verbosity = 0

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        X_seen: Any = None,
        groups: Any = None,
    ) -> Self:
        """Fit the bases, and what combines them.

        Parameters
        ----------
        X : pandas or polars DataFrame, or dict of str to array-like
            Rows by column. With ``cv="prefit"``, rows that no base was fitted on.
        y : array-like of shape (n_samples,)
            Their labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows, for the bases that take any and all that is learned
            from their answers.
        X_seen : like X, default=None
            With ``cv="prefit"``, rows that the bases were fitted on: none of them may
            be in `X`.
        groups : array-like of shape (n_samples,), default=None
            Rows of one group stay together in all folds, those of booster and final
            classifiers too. Give it where rows are nearly the same.

        Returns
        -------
        self : object
            The fitted classifier.

        Raises
        ------
        TypeError
            If `X` is of another type.
        ValueError
            If a base, a name or a column cannot be used, or if rows of `X_seen` are in
            `X`. The message names it.
        sklearn.exceptions.NotFittedError
            If a base is not fitted, with ``cv="prefit"``.
        """
        with all_or_nothing(self):
            self._fit(X, y, sample_weight, X_seen, groups)
        return self

    @_fit_context(prefer_skip_nested_validation=False)
    def fit_transform(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        X_seen: Any = None,
        groups: Any = None,
    ) -> np.ndarray:
        """Fit, and return the *out-of-fold* logits, other than `fit` and `transform`.

        They are what a further classifier may learn from.

        Parameters
        ----------
        X : pandas or polars DataFrame, or dict of str to array-like
            Rows by column.
        y : array-like of shape (n_samples,)
            Their labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.
        X_seen : like X, default=None
            As in `fit`.
        groups : array-like of shape (n_samples,), default=None
            Rows of one group stay together in all folds.

        Returns
        -------
        logits : ndarray of shape (n_samples, n_bases * n_classes)
            As of `transform`, each row by bases that were not fitted on it.
        """
        with all_or_nothing(self):
            stack = self._fit(X, y, sample_weight, X_seen, groups)
        return stack.reshape(len(stack), -1)

    def _fit(
        self, X: Any, y: Any, sample_weight: Any, X_seen: Any, groups: Any
    ) -> np.ndarray:
        """Fit all, and return the out-of-fold logits, (n, n_bases, n_classes)."""
        caller = type(self).__name__
        is_prefit = isinstance(self.cv, str)
        self._check_names()
        check_parts(
            self.estimators, self.booster, self.final_estimators, is_prefit, caller
        )
        if X_seen is not None and not is_prefit:
            raise ValueError(
                f"X_seen is for cv='prefit' only; cv={self.cv!r} of {caller} fits the "
                "bases itself. Leave X_seen out."
            )
        columns = Columns(X, caller)
        seeds = draw_seeds(
            self.random_state,
            folds=3,
            booster=1,
            bases=len(self.estimators),
            finals=len(self.final_estimators or DEFAULT_FINALS),
        )
        bases = seeded_bases(self.estimators, None if is_prefit else seeds["bases"])
        parts = view_parts(columns, bases)
        self.classes_, target = target_of(
            y, sample_weight, groups, columns.n_rows, caller
        )
        self._frequencies_ = frequencies(target.codes, target.weight)
        check_rows(parts, target)
        if X_seen is not None:
            seen = Columns(X_seen, caller, "X_seen")
            check_unseen(columns, seen, kept(self.estimators), caller)
        found = self._answers(parts, target, seeds["folds"][0])
        self.n_features_in_ = len(columns.names)
        self.feature_names_in_ = np.array(columns.names, dtype=object)
        self.estimators_ = [reader.estimator for reader in found.readers]
        self._names_ = [reader.name for reader in found.readers]
        self._labels_ = [reader.labels for reader in found.readers]
        self._codes_ = [reader.codes for reader in found.readers]
        self._columns_ = [deepcopy(seen) for _, _, seen in kept(self.estimators)]
        there = np.column_stack([part.there for part in parts])
        rows = target.counted()
        known = target.at(rows)
        self.temperatures_, self._scales_ = calibrate(
            found.answers[rows],
            (there & found.knew)[rows],
            [reader.is_hard for reader in found.readers],
            known.codes,
            known.weight,
        )
        stack = found.answers * self._scales_[:, np.newaxis]
        self.modality_scores_ = {
            name: modality_scores(
                stack[rows, place], there[rows, place], known.codes, known.weight
            )
            for place, name in enumerate(self._names_)
        }
        self.agreement_ = agreement(stack[rows], there[rows])
        # Of a class that a base had not met in a fold, it says the contrary.
        rows = rows[found.knew[rows].all(axis=1)]
        check_met(target, rows, self.classes_, caller)
        self._combine(stack[rows], there[rows], target.at(rows), seeds)
        return stack

    def _answers(self, parts: list[Part], target: Target, seed: int) -> CrossFit:
        """Return what the bases say out of fold, and the bases for later rows."""
        if isinstance(self.cv, str):
            readers = [read_prefit(part, self.classes_) for part in parts]
            answers = ask(readers, parts, len(target), target.n_classes)
            return CrossFit(answers, np.ones(answers.shape[:2], dtype=bool), readers)
        folds = make_folds(self.cv, target, seed, type(self).__name__)
        how: dict[str, Any] = {"n_jobs": self.n_jobs, "verbose": self.verbose}
        return cross_fit(parts, target, folds, **how)

    def _combine(
        self,
        stack: np.ndarray,
        there: np.ndarray,
        target: Target,
        seeds: dict[str, np.ndarray],
    ) -> None:
        """Learn the pools, the booster and the final classifiers."""
        codes, weight = target.codes, target.weight
        self.base_weights_ = fit_pool(stack, there, codes, weight)
        rises = ablation(stack, there, codes, np.log(self._frequencies_), weight)
        self.ablation_ = dict(zip(self._names_, rises.tolist(), strict=True))
        patterns, place = np.unique(there, axis=0, return_inverse=True)
        counts = np.bincount(place.ravel(), weight)
        self._learned_ = patterns[counts >= LEARNED_SHARE * counts.sum()]
        # Rows without any base have nothing to learn from.
        rows = np.flatnonzero(there.any(axis=1))
        stack, there, target = stack[rows], there[rows], target.at(rows)
        # An ensemble that is not fitted yet has no truth value.
        booster = self.booster
        if booster is not None:
            booster = seeded(booster, int(seeds["booster"][0]))
        combination = fit_combination(
            stack.reshape(len(stack), -1),
            target,
            booster=booster,
            finals=named_finals(
                self.final_estimators, seeds["finals"].tolist(), stack.shape[1:]
            ),
            blend=self.blend,
            n_splits=int(self.cv) if isinstance(self.cv, Integral) else 5,
            seeds=tuple(seeds["folds"][1:].tolist()),
            n_jobs=self.n_jobs,
            verbose=self.verbose,
        )
        fitted = combination.booster
        self.booster_ = None if fitted is None else fitted.estimator
        self._booster_codes_ = np.unique(target.codes)
        self._final_codes_ = combination.codes
        self.final_estimators_ = [final.estimator for final in combination.finals]
        self.blend_weights_ = combination.weights
        pools = [f for f in self.final_estimators_ if isinstance(f, ClassPool)]
        self.class_weights_ = (
            pools[0].coef_
            if pools
            else fit_class_pool(stack, there, target.codes, target.weight)[0]
        )
