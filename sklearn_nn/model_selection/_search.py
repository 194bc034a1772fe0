"""Searches over pipelines that fit every shared step once."""

import time
from collections.abc import Generator, Iterable, Sequence
from contextlib import closing
from numbers import Real
from typing import Any

import numpy as np
from sklearn.base import _fit_context, clone, is_classifier
from sklearn.metrics._scorer import _MultimetricScorer
from sklearn.model_selection import GridSearchCV, check_cv
from sklearn.model_selection._search import BaseSearchCV
from sklearn.model_selection._validation import (
    _insert_error_scores,
    _warn_or_raise_about_fit_failures,
)
from sklearn.utils._metadata_requests import _routing_enabled
from sklearn.utils.validation import _check_method_params, indexable

from ._evaluation import Evaluation, Outcome, run_all
from ._memory import parse_size
from ._prefix import Candidate


class PrefixSearch(BaseSearchCV):
    """A search of scikit-learn's whose candidates are evaluated as one tree.

    It replaces ``fit``; what a subclass of :class:`BaseSearchCV` defines, above all
    ``_run_search``, stays as it is, and so does all that is left after the fit.
    """

    memory_budget: int | str | None

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Any, y: Any = None, **params: Any) -> "PrefixSearch":
        """Evaluate all candidates, then fit the best one on all rows.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            Whatever the estimator takes: texts, arrays, sparse matrices, frames.
        y : array-like of shape (n_samples,), default=None
            Labels or numbers to predict.
        **params : dict of str -> object
            For ``fit`` of the estimator (``step__parameter`` for a pipeline), and
            ``groups`` for the splitter. With metadata routing switched on and any
            parameter given, no step is shared: scikit-learn's own search runs.

        Returns
        -------
        self : object
            Instance of fitted estimator.

        Raises
        ------
        ValueError
            If every fit failed, or ``memory_budget`` is no amount of memory.
        """
        budget = parse_size(self.memory_budget)
        if params and _routing_enabled():
            return super().fit(X, y, **params)
        scorers, refit_metric = self._get_scorers()
        X, y = indexable(X, y)
        routed = self._get_routed_params_for_fit(_check_method_params(X, params=params))
        root = self._init_callback_context(max_subtasks=1 + (self.refit is not False))
        root.call_on_fit_task_begin(estimator=self, X=X, y=y)
        folds = self._folds(X, y, routed.splitter.split)
        base = clone(self.estimator)
        all_params: list[dict] = []
        all_outcomes: list[Outcome] = []
        results: dict[str, Any] = {}

        def evaluate_candidates(
            candidate_params: Iterable[dict],
            cv: Any = None,
            more_results: dict | None = None,
            callback_ctx: Any = None,
        ) -> dict[str, Any]:
            if cv is not None:
                raise ValueError(
                    "A splitter for some of the candidates is not offered."
                )
            new = list(candidate_params)
            evaluation = Evaluation(
                base,
                [Candidate.of(n, self._configured(base, p)) for n, p in enumerate(new)],
                folds,
                scorers,
                fit_params=routed.estimator.fit,
                score_params=routed.scorer.score,
                error_score=self.error_score,
                with_train=self.return_train_score,
                budget=budget,
            )
            outcomes = self._evaluate(evaluation, X, y, new, callback_ctx)
            all_params.extend(new)
            all_outcomes.extend(outcomes)
            results.update(self._gather(all_params, all_outcomes, more_results))
            return results

        self._run_search(evaluate_candidates, callback_ctx=root)
        self._choose(results, all_outcomes, refit_metric)
        if self.refit:
            self._refit(base, X, y, routed.estimator.fit, root)
        is_multimetric = isinstance(scorers, _MultimetricScorer)
        self.scorer_ = scorers._scorers if is_multimetric else scorers
        self.cv_results_ = results
        root.call_on_fit_task_end(estimator=self, X=X, y=y)
        return self

    def _folds(self, X: Any, y: Any, split_params: dict) -> list[tuple[Any, Any]]:
        self._checked_cv_orig = check_cv(
            self.cv, y, classifier=is_classifier(self.estimator)
        )
        self.n_splits_ = self._checked_cv_orig.get_n_splits(X, y, **split_params)
        folds = list(self._checked_cv_orig.split(X, y, **split_params))
        if len(folds) != self.n_splits_:
            raise ValueError(
                "cv.split and cv.get_n_splits return inconsistent results. Expected "
                f"{self.n_splits_} splits, got {len(folds)}"
            )
        # Ranges and lists of rows are as good as arrays.
        return [(np.asarray(train), np.asarray(test)) for train, test in folds]

    def _configured(self, base: Any, params: dict) -> Any:
        # Parameters may be estimators, which every candidate gets for itself.
        return clone(base).set_params(**clone(params, safe=False))

    def _evaluate(
        self,
        evaluation: Evaluation,
        X: Any,
        y: Any,
        candidate_params: Sequence[dict],
        callback_ctx: Any,
    ) -> list[Outcome]:
        """Return the outcomes of all candidates, by candidate and split."""
        n_splits = len(evaluation.folds)
        pairs = [(c, s) for c in range(len(candidate_params)) for s in range(n_splits)]
        if not pairs:
            raise ValueError(
                "No fits were performed. Was the CV iterator empty? Were there no "
                "candidates?"
            )
        if self.verbose:
            self._say(
                f"Fitting {n_splits} folds for each of {len(candidate_params)} "
                f"candidates, totalling {len(pairs)} fits"
            )
        done: dict[tuple[int, int], Outcome] = {}
        with closing(self._outcomes(evaluation, X, y, pairs)) as outcomes:
            for outcome in outcomes:
                done[outcome.candidate, outcome.split] = outcome
                if callback_ctx is not None:
                    task = callback_ctx.subcontext(
                        task_name="candidate-split-evaluation", task_id=len(done) - 1
                    )
                    task.call_on_fit_task_begin(estimator=self, X=X, y=y)
                    task.call_on_fit_task_end(estimator=self, X=X, y=y)
                if self.verbose > 1:
                    params = candidate_params[outcome.candidate]
                    self._say(_line(outcome, params, n_splits))
        return [done[pair] for pair in pairs]

    def _outcomes(
        self, evaluation: Evaluation, X: Any, y: Any, pairs: Sequence[tuple[int, int]]
    ) -> Generator[Outcome]:
        options = {"pre_dispatch": self.pre_dispatch}
        yield from run_all(evaluation, X, y, pairs, n_jobs=self.n_jobs, **options)

    def _say(self, text: str) -> None:
        print(text)

    def _gather(
        self,
        candidate_params: list[dict],
        outcomes: list[Outcome],
        more_results: dict | None,
    ) -> dict[str, Any]:
        out = [outcome.as_result() for outcome in outcomes]
        _warn_or_raise_about_fit_failures(out, self.error_score)
        if callable(self.scoring):
            # Only now is it known whether a failure has one score or a dict of them.
            _insert_error_scores(out, self.error_score)
            for outcome, result in zip(outcomes, out, strict=True):
                outcome.test_scores = result["test_scores"]
        return self._format_results(candidate_params, self.n_splits_, out, more_results)

    def _choose(
        self, results: dict, outcomes: list[Outcome], refit_metric: str
    ) -> None:
        scores = outcomes[0].test_scores
        self.multimetric_ = isinstance(scores, dict)
        if callable(self.scoring) and self.multimetric_:
            self._check_refit_for_multimetric(scores)
            refit_metric = self.refit
        if not self.refit and self.multimetric_:
            return
        self.best_index_ = self._select_best_index(self.refit, refit_metric, results)
        if not callable(self.refit):
            self.best_score_ = results[f"mean_test_{refit_metric}"][self.best_index_]
        self.best_params_ = results["params"][self.best_index_]

    def _refit(self, base: Any, X: Any, y: Any, fit_params: dict, root: Any) -> None:
        self.best_estimator_ = self._configured(base, self.best_params_)
        task = root.subcontext(task_name="refit-with-best-params")
        with task.propagate_callback_context(self.best_estimator_):
            task.call_on_fit_task_begin(estimator=self, X=X, y=y)
            started = time.time()
            if y is None:
                self.best_estimator_.fit(X, **fit_params)
            else:
                self.best_estimator_.fit(X, y, **fit_params)
            self.refit_time_ = time.time() - started
        if hasattr(self.best_estimator_, "feature_names_in_"):
            self.feature_names_in_ = self.best_estimator_.feature_names_in_
        task.call_on_fit_task_end(estimator=self, X=X, y=y)


def _line(outcome: Outcome, params: dict, n_splits: int) -> str:
    scores = outcome.test_scores
    scores = scores if isinstance(scores, dict) else {"score": scores}
    said = [f"{name}={value}" for name, value in sorted(params.items())]
    said += [f"{name}: {value:.4f}" for name, value in scores.items()]
    seconds = outcome.fit_time + outcome.score_time
    return f"[CV {outcome.split + 1}/{n_splits}] {', '.join(said)}; {seconds:.1f} s"


class PrefixGridSearchCV(PrefixSearch, GridSearchCV):
    """A grid search over a pipeline that fits every shared step once.

    It finds what :class:`sklearn.model_selection.GridSearchCV` finds, with the same
    scores, and takes its place without another change. Candidates whose pipelines begin
    with the same steps, equal in every parameter, share those steps: on each split they
    are fitted once, and once applied to the test rows. ``Pipeline(memory=...)`` saves
    the fit only, and has to hash and store what it saves.

    Parameters
    ----------
    estimator : estimator object
        Normally a :class:`sklearn.pipeline.Pipeline` or imbalanced-learn's; the
        ``memory`` of the pipeline is not used. Any other estimator is searched as
        usual, without anything to share.
    param_grid : dict or list of dicts
        As in GridSearchCV: parameter name -> values to try. Whole steps may be values,
        ``"passthrough"`` too.
    scoring : str, callable, list, tuple or dict, default=None
        As in GridSearchCV.
    n_jobs : int, default=None
        As in GridSearchCV. Workers get whole splits, or parts of them where there are
        more workers than splits. joblib's backends (loky, Dask, Ray) all do.
    refit : bool, str or callable, default=True
        As in GridSearchCV.
    cv : int, cross-validation generator or iterable, default=None
        As in GridSearchCV: None is five splits.
    verbose : int, default=0
        As in GridSearchCV.
    pre_dispatch : int or str, default="2*n_jobs"
        As in GridSearchCV.
    error_score : "raise" or float, default=nan
        As in GridSearchCV.
    return_train_score : bool, default=False
        As in GridSearchCV.
    memory_budget : int, str or None, default="1 GB"
        Bytes (``"500 MB"``) that step outputs waiting for their next use may take, over
        all workers. What does not fit is computed again when needed: no score changes.
        None is no limit.

    Attributes
    ----------
    cv_results_ : dict of numpy (masked) ndarrays
        As in GridSearchCV. ``mean_fit_time`` and ``mean_score_time`` are what a
        candidate would have taken alone.
    refit_time_ : float
        Seconds that fitting the best candidate on all rows took.
    best_estimator_, best_score_, best_params_, best_index_, scorer_, n_splits_, \
multimetric_, classes_, n_features_in_, feature_names_in_
        As in GridSearchCV.

    See Also
    --------
    ScenarioSearchCV : Named choices for the steps, a store, and a report.

    Notes
    -----
    A step with ``random_state=None`` is fitted once where it is shared, so its
    candidates see the same random numbers. A scorer of one's own, a function of
    ``(estimator, X, y)``, is given the whole fitted pipeline and the raw rows; there
    the steps are applied to the test rows for every candidate. Callbacks of
    scikit-learn are told of every candidate, but are not handed on to the steps.

    Examples
    --------
    >>> from sklearn.feature_extraction.text import TfidfVectorizer
    >>> from sklearn.pipeline import Pipeline
    >>> from sklearn.svm import LinearSVC
    >>> from sklearn_nn.model_selection import PrefixGridSearchCV
    >>> X = ["hot tea", "green tea", "red car", "fast car"] * 5
    >>> y = ["drink", "drink", "drive", "drive"] * 5
    >>> pipeline = Pipeline([("tfidf", TfidfVectorizer()), ("svm", LinearSVC())])
    >>> search = PrefixGridSearchCV(pipeline, {"svm__C": [0.1, 1, 10]}).fit(X, y)
    >>> search.best_params_
    {'svm__C': 0.1}
    """

    _parameter_constraints: dict = {
        **GridSearchCV._parameter_constraints,
        "memory_budget": [Real, str, None],
    }

    def __init__(
        self,
        estimator: Any,
        param_grid: Any,
        *,
        scoring: Any = None,
        n_jobs: int | None = None,
        refit: Any = True,
        cv: Any = None,
        verbose: int = 0,
        pre_dispatch: int | str = "2*n_jobs",
        error_score: Any = float("nan"),
        return_train_score: bool = False,
        memory_budget: int | str | None = "1 GB",
    ):
        super().__init__(
            estimator,
            param_grid,
            scoring=scoring,
            n_jobs=n_jobs,
            refit=refit,
            cv=cv,
            verbose=verbose,
            pre_dispatch=pre_dispatch,
            error_score=error_score,
            return_train_score=return_train_score,
        )
        self.memory_budget = memory_budget
