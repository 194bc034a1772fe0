"""A scenario matrix as a search: which choices between raw text and score pay."""

import warnings
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from numbers import Real
from os import PathLike
from typing import Any

import numpy as np
from sklearn.utils._metadata_requests import _routing_enabled
from sklearn.utils.multiclass import type_of_target

from .._checks import stack_level
from .._texts import check_texts
from ._answers import Answers
from ._evaluation import Evaluation, Outcome, in_order, run_all
from ._levers import (
    Exclude,
    choose_scenarios,
    decode_scenario,
    lever_codes,
    scenario_code,
)
from ._matrix import columns, describe_matrix, outcome_of, run_of
from ._progress import progress_bar
from ._results import ScenarioResults
from ._search import PrefixSearch
from ._store import ScenarioStore, Writer


@dataclass
class Plan:
    """What one fit is to run, on the way from ``fit`` to the engine."""

    codes: list[str]
    excluded: dict[str, str]
    languages: Any
    fit_params: dict[str, Any]


class ScenarioSearchCV(PrefixSearch):
    """Try named choices for the steps of a pipeline, all on the same rows.

    A *lever* is a step of the pipeline, or one of its parameters; its *outcomes* are
    the values it may take, each with a name; a *scenario* is one outcome for every
    lever, and its *code* is one character a lever. All scenarios are cross-validated on
    the same splits, as one tree: what two scenarios do alike is done once. What a run
    finds is committed to a store at once, so that a killed search is gone on with by
    fitting it again. Scenarios that fail are recorded, and the others go on.

    Parameters
    ----------
    estimator : Pipeline
        Of scikit-learn or, for samplers, imbalanced-learn, ending in a classifier.
    levers : dict of str -> dict of str -> object
        Name of a step or ``step__parameter`` -> {name of an outcome -> value}. A whole
        step may be ``"passthrough"``. The first outcome of each lever is the baseline.
    scenarios : {"product", "one-at-a-time"} or list, default="product"
        All combinations of outcomes; or the baseline and every departure from it by one
        lever; or a list of codes or of dicts of lever -> outcome.
    exclude : callable, list of dict, or None, default=None
        Combinations to leave out and to report in ``excluded_``: a function of a dict
        of lever -> outcome that returns True or the reason, or a list of such dicts (a
        list of outcomes means any of them, the key ``"reason"`` holds the reason).
    scoring, n_jobs, refit, cv : various
        As in :class:`PrefixGridSearchCV`.
    store : str, path-like, ScenarioStore or None, default=None
        SQLite file that keeps the runs. None keeps them in memory. It notices edited
        lambdas, local and notebook code; code that is imported is known by name only.
    retry_failed : bool, default=False
        Whether to run scenarios again that the store holds as failed.
    patience : float, default=20.0
        With several workers, seconds after which each reports what it has done.
    memory_budget : int, str or None, default="1 GB"
        Bytes for step outputs that wait, as in :class:`PrefixGridSearchCV`.
    verbose : int, default=0
        1 shows a progress bar with the best score so far and the time left.
    pre_dispatch, error_score, return_train_score : various
        As in :class:`PrefixGridSearchCV`.

    Attributes
    ----------
    cv_results_ : dict of numpy (masked) ndarrays
        As in GridSearchCV, and for every scenario: ``scenario`` (its code),
        ``lever_<lever>`` (name of the outcome), ``confusion_matrix`` (an ndarray of
        shape (n_classes, n_classes), summed over the splits), ``f1_<class>``,
        ``mean_time_<step>`` in seconds, ``error`` (the last line, or None), and
        ``score_<language>`` where languages were given to ``fit``.
    best_scenario_ : str
        Code of the best scenario.
    excluded_ : dict of str -> str
        Codes left out -> reason.
    results_ : ScenarioResults
        Every run with its predictions, for paired comparisons and the report.
    sharing_ : dict of str -> float
        What sharing did in this fit: ``n_fits`` and ``seconds`` spent, ``n_fits_alone``
        and ``seconds_alone`` had every scenario started from the raw rows.
    best_estimator_, best_score_, best_params_, best_index_, scorer_, n_splits_, \
refit_time_, multimetric_, classes_, n_features_in_, feature_names_in_
        As in :class:`PrefixGridSearchCV` (`refit_time_` in seconds).

    See Also
    --------
    PrefixGridSearchCV : The same engine behind GridSearchCV's interface.
    compare_scenarios : Which differences are larger than chance.

    Examples
    --------
    >>> from sklearn.feature_extraction.text import TfidfVectorizer
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.naive_bayes import MultinomialNB
    >>> from sklearn.pipeline import Pipeline
    >>> from sklearn_nn.model_selection import ScenarioSearchCV
    >>> from sklearn_nn.preprocessing import TextCleaner
    >>> X = ["hot tea", "green tea<br>", "red car", "fast car"] * 5
    >>> y = ["drink", "drink", "drive", "drive"] * 5
    >>> steps = [("clean", "passthrough"), ("tfidf", TfidfVectorizer())]
    >>> pipeline = Pipeline([*steps, ("model", LogisticRegression())])
    >>> levers = {
    ...     "clean": {"off": "passthrough", "on": TextCleaner()},
    ...     "model": {"logreg": LogisticRegression(), "bayes": MultinomialNB()},
    ... }
    >>> search = ScenarioSearchCV(pipeline, levers, cv=2).fit(X, y)
    >>> search.cv_results_["scenario"].tolist()
    ['0l', '0b', 'ol', 'ob']
    >>> search.decode_scenario("ob")
    {'clean': 'on', 'model': 'bayes'}
    """

    _parameter_constraints: dict = {
        **PrefixSearch._parameter_constraints,
        "levers": [dict],
        "scenarios": [str, list, tuple],
        "exclude": [callable, list, tuple, None],
        "store": [str, PathLike, ScenarioStore, None],
        "retry_failed": ["boolean"],
        "patience": [Real],
        "memory_budget": [Real, str, None],
    }

    def __init__(
        self,
        estimator: Any,
        levers: Mapping[str, Mapping[str, Any]],
        *,
        scenarios: str | Sequence[Any] = "product",
        exclude: Exclude = None,
        scoring: Any = None,
        n_jobs: int | None = None,
        refit: Any = True,
        cv: Any = None,
        store: Any = None,
        retry_failed: bool = False,
        patience: float = 20.0,
        memory_budget: int | str | None = "1 GB",
        verbose: int = 0,
        pre_dispatch: int | str = "2*n_jobs",
        error_score: Any = float("nan"),
        return_train_score: bool = False,
    ):
        super().__init__(
            estimator,
            scoring=scoring,
            n_jobs=n_jobs,
            refit=refit,
            cv=cv,
            verbose=verbose,
            pre_dispatch=pre_dispatch,
            error_score=error_score,
            return_train_score=return_train_score,
        )
        self.levers = levers
        self.scenarios = scenarios
        self.exclude = exclude
        self.store = store
        self.retry_failed = retry_failed
        self.patience = patience
        self.memory_budget = memory_budget

    def scenario_code(self, outcomes: Mapping[str, str]) -> str:
        """Return the code of a scenario, as :func:`scenario_code` does."""
        return scenario_code(self.levers, outcomes)

    def decode_scenario(self, code: str) -> dict[str, str]:
        """Return the scenario of a code, as :func:`decode_scenario` does."""
        return decode_scenario(self.levers, code)

    def fit(
        self, X: Any, y: Any, *, languages: Any = None, **params: Any
    ) -> "ScenarioSearchCV":
        """Run all scenarios that the store does not hold yet, then refit the best.

        Parameters
        ----------
        X : array-like of shape (n_samples, ...)
            What the first step takes: texts, a frame, an array.
        y : array-like of shape (n_samples,)
            Labels.
        languages : array-like of str of shape (n_samples,), default=None
            Language of every row, for scores by language (or any other grouping of
            the rows that scores are wanted for).
        **params : dict of str -> object
            For ``fit`` of the pipeline (``step__parameter``), and ``groups`` for the
            splitter.

        Returns
        -------
        self : object
            Instance of fitted estimator.

        Raises
        ------
        ValueError
            If a lever matches no step, a code or an outcome is unknown, no scenario is
            left, `y` holds no labels, or all runs failed.
        StoreError
            If the store belongs to other data or another matrix, is locked, full or
            damaged.
        """
        self._check_levers()
        codes, excluded = choose_scenarios(self.levers, self.scenarios, self.exclude)
        if type_of_target(y) not in ("binary", "multiclass"):
            raise ValueError(
                f"y holds {type_of_target(y)} targets; a scenario matrix compares "
                "classifiers: give one label for each row."
            )
        if languages is not None and len(languages) != len(y):
            raise ValueError(
                f"languages has {len(languages)} entries, but there are {len(y)} rows."
            )
        _check_rows(X)
        if params and _routing_enabled():
            raise ValueError(
                f"fit was given {sorted(params)} while metadata routing is enabled, "
                "which a scenario matrix does not offer. Call "
                "sklearn.set_config(enable_metadata_routing=False) before."
            )
        self._plan = Plan(codes, excluded, languages, params)
        try:
            super().fit(X, y, **params)
        finally:
            del self._plan
        self.excluded_ = excluded
        if hasattr(self, "best_index_"):
            self.best_scenario_ = codes[self.best_index_]
        return self

    def _check_levers(self) -> None:
        lever_codes(self.levers)
        known = self.estimator.get_params()
        for lever in self.levers:
            step, _, parameter = lever.rpartition("__")
            outcomes = self.levers.get(step, {}).values()
            if lever not in known and not any(
                parameter in value.get_params()
                for value in outcomes
                if hasattr(value, "get_params")
            ):
                steps = [name for name, _ in getattr(self.estimator, "steps", [])]
                raise ValueError(
                    f"The lever {lever!r} matches no step of the pipeline and no "
                    f"parameter of one; the steps are {steps}."
                )

    def _configured(self, base: Any, params: dict) -> Any:
        try:
            return super()._configured(base, params)
        except ValueError as error:
            chosen = {
                lever: name
                for lever, value in params.items()
                for name, outcome in self.levers[lever].items()
                if outcome is value
            }
            raise ValueError(
                f"{error}\nThe scenario at fault is {chosen}. Leave it out, for "
                f"instance by exclude=[{chosen}]."
            ) from error

    def _run_search(
        self, evaluate_candidates: Any, *, callback_ctx: Any = None
    ) -> None:
        codes = self._plan.codes
        candidates = []
        for code in codes:
            chosen = self.decode_scenario(code)
            candidates.append({k: self.levers[k][name] for k, name in chosen.items()})
        context = callback_ctx.subcontext(
            task_name="search",
            max_subtasks=len(codes) * self.n_splits_,
            sequential_subtasks=False,
        ).call_on_fit_task_begin(estimator=self)
        evaluate_candidates(candidates, callback_ctx=context)
        context.call_on_fit_task_end(estimator=self)

    def _outcomes(
        self, evaluation: Evaluation, X: Any, y: Any, pairs: Sequence[tuple[int, int]]
    ) -> Generator[Outcome]:
        """Take what the store holds, run the rest, and store it run by run."""
        matrix = describe_matrix(
            self.levers,
            self._plan.codes,
            self._plan.excluded,
            evaluation=evaluation,
            X=X,
            y=y,
            languages=self._plan.languages,
            fit_params=self._plan.fit_params,
            scoring=self.scoring,
            refit=self.refit,
        )
        number_of = {code: number for number, code in enumerate(matrix.codes)}
        evaluation = replace(evaluation, answer=Answers(np.array(matrix.classes)))
        self.sharing_ = dict.fromkeys(
            ("n_fits", "seconds", "n_fits_alone", "seconds_alone"), 0.0
        )
        # What a callable returns is known by its scores only, or by what ranks them.
        named = evaluation.is_multimetric or (
            callable(self.scoring) and isinstance(self.refit, str)
        )
        with ExitStack() as stack:
            writer = self._writer(stack, matrix)
            stored = writer.finished() if writer else []
            wanted = set(pairs)
            for run in stored:
                pair = (number_of.get(run.code, -1), run.split)
                lacks = evaluation.with_train and not run.error and not run.train_scores
                if pair in wanted and not lacks:
                    wanted.discard(pair)
                    matrix.runs.append(run)
                    yield outcome_of(
                        run, pair[0], matrix, evaluation, scores_are_named=named
                    )
            rest = in_order(evaluation, [pair for pair in pairs if pair in wanted])
            bar = progress_bar(matrix, len(pairs), len(matrix.runs), self.verbose)
            progress = stack.enter_context(bar)
            in_hand = iter(rest)
            progress.begin(matrix.codes[next(in_hand)[0]] if rest else "")
            outcomes = run_all(
                evaluation,
                X,
                y,
                rest,
                n_jobs=self.n_jobs,
                patience=self.patience,
                pre_dispatch=self.pre_dispatch,
            )
            for outcome in stack.enter_context(closing(outcomes)):
                run = run_of(outcome, matrix)
                if writer:
                    writer.add(run)
                matrix.runs.append(run)
                self.sharing_["n_fits"] += outcome.n_fits
                self.sharing_["seconds"] += outcome.spent
                self.sharing_["n_fits_alone"] += len(outcome.step_times)
                self.sharing_["seconds_alone"] += outcome.fit_time + outcome.score_time
                progress.end(run)
                following = next(in_hand, None)
                progress.begin(matrix.codes[following[0]] if following else run.code)
                yield outcome
        self.results_ = matrix

    def _gather(
        self, candidate_params: list[dict], outcomes: list[Outcome], more_results: Any
    ) -> dict[str, Any]:
        results = super()._gather(candidate_params, outcomes, more_results)
        return {**results, **columns(self.results_)}

    def _say(self, text: str) -> None:
        """Say nothing: the bar does."""

    def _writer(self, stack: ExitStack, matrix: ScenarioResults) -> Writer | None:
        if self.store is None:
            return None
        is_store = isinstance(self.store, ScenarioStore)
        store = self.store if is_store else ScenarioStore(self.store)
        writer = stack.enter_context(store.writing(matrix))
        if self.retry_failed or self.error_score == "raise":
            writer.forget_failures()
        return writer


def _check_rows(X: Any) -> None:
    """Tell of rows that are no texts among texts, counting in the rows of X.

    A step may turn them into texts. One that refuses them counts in the split's rows.
    """
    is_flat = isinstance(X, list | tuple) or len(getattr(X, "shape", ())) == 1
    if is_flat and any(isinstance(row, str) for row in X):
        try:
            check_texts(X, caller="ScenarioSearchCV")
        except (TypeError, ValueError) as error:
            warnings.warn(str(error), stacklevel=stack_level())
