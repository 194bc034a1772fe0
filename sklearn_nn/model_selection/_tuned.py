"""A classifier that is tuned while it is fitted."""

import warnings
from collections.abc import Callable
from typing import Annotated, Any, Literal, Self

import numpy as np
from sklearn.base import _fit_context, clone
from sklearn.model_selection import StratifiedKFold, check_cv
from sklearn.utils import check_random_state
from sklearn.utils.validation import column_or_1d

from sklearn_nn._checks import all_or_nothing, check_has_y, check_labels
from sklearn_nn._declaration import PositiveInt, RandomState, estimator
from sklearn_nn.model_selection._delegate import DelegatingClassifier
from sklearn_nn.model_selection._spaces import check_space
from sklearn_nn.model_selection._tuned_searches import make_search


@estimator
class TunedClassifier(DelegatingClassifier):
    """A classifier, and the search for its parameters as a parameter.

    As the last step of a pipeline it makes two levers of the choice of a model: its
    parameter ``estimator`` says which one, ``search`` how it is tuned. The search is
    nested: it splits the rows that `fit` gets, and sees no others.

    Parameters
    ----------
    search : {"off", "grid", "random", "bayes", "optuna"}, default="off"
        How parameters are chosen:

        - "off": they are left as they are;
        - "grid": every combination of a few values
          (:class:`~sklearn.model_selection.GridSearchCV`);
        - "random": `n_iter` draws
          (:class:`~sklearn.model_selection.RandomizedSearchCV`);
        - "bayes": `n_iter` candidates chosen by a Gaussian process (scikit-optimize);
        - "optuna": `n_iter` candidates chosen by a tree-structured Parzen estimator
          [1]_ (Optuna), in a study of their own.
    space : dict or None, default=None
        What is searched: parameter names with a ``LogRange``, ``LinearRange``,
        ``IntRange``, ``Choice`` or a list of scalars each. `None` is the default space
        of the classifier.
    n_iter : int, default=10
        Candidates to try, for all searches but the grid; fewer if the space has fewer.
    cv : int, splitter or iterable, default=3
        The inner splits. An int makes stratified folds without shuffling, as in
        :class:`~sklearn.model_selection.GridSearchCV`.
    scoring : str, callable or None, default=None
        What the search maximises; `None` is the score of the classifier, accuracy.
    n_jobs : int or None, default=None
        Number of joblib workers for the inner fits; it does not change the result.
    random_state : int, RandomState instance or None, default=None
        Seed of the search. The classifier has its own.

    Attributes
    ----------
    best_params_ : dict
        The parameters found; empty for ``search="off"``.
    best_score_ : float
        Their mean score over the inner splits; NaN for ``search="off"``.
    search_results_ : dict of str to ndarray
        All candidates, like ``cv_results_`` of a search; empty for ``search="off"``.

    Notes
    -----
    Copies that a sampler made before this step are on both sides of the inner splits,
    which flatters candidates that learn rows by heart; leaving rows out does not.

    References
    ----------
    .. [1] J. Bergstra, R. Bardenet, Y. Bengio, B. Kégl, "Algorithms for Hyper-Parameter
       Optimization", Neural Information Processing Systems, 2011.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.svm import LinearSVC
    >>> from sklearn_nn.model_selection import TunedClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> model = TunedClassifier(
    ...     estimator=LinearSVC(random_state=0),
    ...     search="grid",
    ...     space={"C": [0.0001, 1.0]},
    ... )
    >>> model.fit(X, y).best_params_
    {'C': 1.0}
    """

    search: Literal["off", "grid", "random", "bayes", "optuna"] = "off"
    space: dict | None = None
    n_iter: PositiveInt = 10
    cv: Annotated[Any, "cv_object"] = 3
    scoring: str | Callable | None = None
    n_jobs: int | None = None
    random_state: RandomState = None

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Any, y: Any, **fit_params: Any) -> Self:
        """Find the parameters, and fit the classifier with them on all rows.

        Parameters
        ----------
        X : rows of the kind that the classifier takes
            The training rows.
        y : array-like of shape (n_samples,)
            Their labels.
        **fit_params : dict
            Passed on to the classifier, such as ``sample_weight``: what is as long as
            `X` is split like it.

        Returns
        -------
        self : object
            The fitted classifier.

        Raises
        ------
        ValueError
            If a class has fewer rows than there are inner folds, if the space does not
            suit the classifier, or if a candidate fails.
        ImportError
            If the search needs a package that is not installed.
        """
        check_has_y(y, type(self).__name__)
        with all_or_nothing(self):
            if self.search == "off":
                self.estimator_ = clone(self._template()).fit(X, y, **fit_params)
                self.best_params_: dict[str, Any] = {}
                self.best_score_ = np.nan
                self.search_results_: dict[str, Any] = {}
            else:
                self._search(X, y, fit_params)
            self.classes_ = self.estimator_.classes_
        return self

    def _search(self, X: Any, y: Any, fit_params: dict[str, Any]) -> None:
        template = _with_vocabulary(self._template(), X)
        search = make_search(
            self.search,
            template,
            check_space(self.space, template),
            n_iter=self.n_iter,
            seed=check_random_state(self.random_state).randint(np.iinfo(np.int32).max),
            cv=self._splits(y),
            scoring=self.scoring,
            n_jobs=self.n_jobs,
        )
        with warnings.catch_warnings():
            # Of a small space, scikit-optimize may propose the same point again.
            warnings.filterwarnings("ignore", "The objective has been evaluated")
            search.fit(X, y, **fit_params)
        self.estimator_ = search.best_estimator_
        self.best_params_ = {
            name: value.item() if isinstance(value, np.generic) else value
            for name, value in search.best_params_.items()
        }
        self.best_score_ = float(search.best_score_)
        self.search_results_ = search.cv_results_

    def _splits(self, y: Any) -> Any:
        """Return the inner splitter, once every class has rows for all its folds."""
        labels, codes = check_labels(column_or_1d(y, warn=True), type(self).__name__)
        splitter = check_cv(self.cv, y, classifier=True)
        if isinstance(splitter, StratifiedKFold):
            counts = np.bincount(codes)
            rarest, n_folds = counts.argmin(), splitter.n_splits
            if counts[rarest] < n_folds:
                raise ValueError(
                    f"{type(self).__name__} with search={self.search!r} splits its "
                    f"rows into {n_folds} folds, but class "
                    f"{labels.tolist()[rarest]!r} has "
                    f"n_samples={counts[rarest]}. Lower cv, put "
                    f"ClassCountClamp(min_count={n_folds}) before this step, leave the "
                    "class out, or set search='off'."
                )
        return splitter


def _with_vocabulary(template: Any, X: Any) -> Any:
    """Tell a network of all token ids, since an inner fold may lack the largest."""
    if template.get_params(deep=False).get("vocabulary_size", 0) is not None:
        return template
    ids = np.asarray(X)
    if ids.dtype.kind not in "iu" or not ids.size:
        return template
    return clone(template).set_params(vocabulary_size=max(2, int(ids.max()) + 1))
