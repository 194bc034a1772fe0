"""Scores candidates on their folds, in this process or shared out to workers."""

import time
import traceback
from collections.abc import Callable, Generator, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any

from joblib import effective_n_jobs
from joblib.parallel import get_active_backend
from sklearn.metrics._scorer import _BaseScorer, _MultimetricScorer, _PassthroughScorer
from sklearn.model_selection._validation import _score
from sklearn.utils.metaestimators import _safe_split
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import _check_method_params, _num_samples

from ._prefix import Candidate, Data, Fitted, depth_first, fit_all, grow
from ._steps import with_steps, writes_into_input

Pair = tuple[int, int]


@dataclass
class Outcome:
    """What came out for one candidate on one split."""

    candidate: int
    split: int
    test_scores: Any
    train_scores: Any
    n_test_samples: int
    fit_time: float
    score_time: float
    step_times: dict[str, float]
    error: str | None = None
    failed_step: str | None = None
    answers: Any = None
    spent: float = 0.0
    n_fits: int = 0

    def as_result(self) -> dict[str, Any]:
        """Return what scikit-learn's searches gather into ``cv_results_``."""
        result = {
            "fit_error": self.error,
            "test_scores": self.test_scores,
            "n_test_samples": self.n_test_samples,
            "fit_time": self.fit_time,
            "score_time": self.score_time,
        }
        if self.train_scores is not None:
            result["train_scores"] = self.train_scores
        return result


@dataclass
class Evaluation:
    """How every candidate is fitted and scored; all but the data.

    ``answer`` maps a fitted model and the test rows before it to ``(model, answers)``:
    the model to score, and whatever is to be kept of its answers.
    """

    estimator: Any
    candidates: list[Candidate]
    folds: list[tuple[Any, Any]]
    scorer: Any
    fit_params: dict[str, Any] = field(default_factory=dict)
    score_params: dict[str, Any] = field(default_factory=dict)
    error_score: float | str = float("nan")
    with_train: bool = False
    budget: float = float("inf")
    answer: Callable[[Any, Any], tuple[Any, Any]] | None = None

    def restricted_to(self, numbers: Sequence[int]) -> "Evaluation":
        """Leave out the other candidates, so that less travels to a worker."""
        by_number = {candidate.number: candidate for candidate in self.candidates}
        return replace(self, candidates=[by_number[number] for number in numbers])

    def run(self, X: Any, y: Any, split: int) -> Iterator[Outcome]:
        """Fit and score all candidates on one split."""
        for is_pairwise in sorted({c.is_pairwise for c in self.candidates}):
            alike = [c for c in self.candidates if c.is_pairwise == is_pairwise]
            yield from replace(self, candidates=alike)._run_alike(X, y, split)

    def _run_alike(self, X: Any, y: Any, split: int) -> Iterator[Outcome]:
        """Run candidates that all split X alike."""
        train, test = self.folds[split]
        estimator = self.candidates[0].estimator
        X_train, y_train = _safe_split(estimator, X, y, train)
        X_test, y_test = _safe_split(estimator, X, y, test, train)
        start = Data(X_train, y_train, X_test, X_train if self.with_train else None)
        parts: dict[str, tuple[Any, Any, dict]] = {
            "test": (X_test, y_test, self._score_params(X, test))
        }
        if self.with_train:
            parts["train"] = (X_train, y_train, self._score_params(X, train))
        fits = fit_all(
            self.candidates,
            start,
            fit_params=_check_method_params(X, params=self.fit_params, indices=train),
            budget=self.budget,
            raises=self.error_score == "raise",
        )
        for fitted in fits:
            outcome = self._outcome(fitted, split, parts)
            # Its rows and its model are not to wait until the next one is fitted.
            del fitted
            yield outcome

    def _score_params(self, X: Any, rows: Any) -> dict[str, Any]:
        return _check_method_params(X, params=self.score_params, indices=rows)

    def _outcome(self, fitted: Fitted, split: int, parts: dict) -> Outcome:
        data = fitted.data
        last = self._last_step
        started = time.perf_counter()
        scores: dict[str, Any] = {"train": None}
        answers = None
        score_time = 0.0
        for part, (X, y, params) in parts.items():
            if fitted.error is None:
                model, rows = self._to_score(fitted, X, part)
                if self.answer is not None and part == "test":
                    model, answers = self._answered(fitted, model, rows)
            if fitted.error is None:
                scores[part] = self._scores(fitted, model, rows, y, params)
            if fitted.error is not None:
                scores[part], answers = self.error_scores(), None
            elif part == "test":
                score_time = time.perf_counter() - started
        fit_times = {**data.fit_times, last: fitted.fit_time}
        apply_times = {**data.apply_times, last: score_time}
        return Outcome(
            candidate=fitted.candidate,
            split=split,
            test_scores=scores["test"],
            train_scores=scores["train"],
            n_test_samples=_num_samples(parts["test"][0]),
            fit_time=sum(fit_times.values()),
            score_time=0.0 if fitted.error else sum(apply_times.values()),
            step_times={n: fit_times[n] + apply_times[n] for n in fit_times},
            error=fitted.error,
            failed_step=fitted.failed_step,
            answers=answers,
            spent=fitted.spent + score_time,
            n_fits=fitted.n_fits,
        )

    def _answered(self, fitted: Fitted, model: Any, rows: Any) -> tuple[Any, Any]:
        """Return the model to score, and its answers; a failure is the candidate's."""
        assert self.answer is not None
        try:
            remembering, answers = self.answer(model, rows)
        except Exception:
            if self.error_score == "raise":
                raise
            fitted.error = traceback.format_exc()
            fitted.failed_step = fitted.data.not_applied or self._last_step
            return model, None
        # A scorer of one's own may do with the pipeline whatever it likes.
        asks_only = _asks_only_for_answers(self.scorer)
        return remembering if asks_only else model, answers

    def _scores(
        self, fitted: Fitted, model: Any, rows: Any, y: Any, params: dict
    ) -> Any:
        """Score; where answers are kept, a scorer that fails is the candidate's."""
        if self.answer is None or self.error_score == "raise":
            return _score(model, rows, y, self.scorer, params, self.error_score)
        scorer = self.scorer
        if self.is_multimetric:
            scorer = _MultimetricScorer(scorers=scorer._scorers, raise_exc=True)
        try:
            scores = _score(model, rows, y, scorer, params, "raise")
            values = scores.values() if isinstance(scores, dict) else [scores]
            if any(value != value for value in values):
                raise ValueError(f"the score is not a number: {scores}")
            return scores
        except Exception:
            fitted.error = traceback.format_exc()
            fitted.failed_step = "scoring"
            return None

    def _to_score(self, fitted: Fitted, X: Any, part: str) -> tuple[Any, Any]:
        """Return the last step and its input, or, for a scorer of one's own, all."""
        data = fitted.data
        is_applied = fitted.model is not None and data.not_applied is None
        if is_applied and _asks_only_for_answers(self.scorer):
            return fitted.model, data.X_test if part == "test" else data.X_train
        candidate = next(c for c in self.candidates if c.number == fitted.candidate)
        if any(writes_into_input(step) for _, step in candidate.steps):
            X = deepcopy(X)
        if not candidate.is_pipeline:
            return fitted.model, X
        steps = dict(data.steps)
        name, last = candidate.steps[-1]
        steps[name] = last if fitted.model is None else fitted.model
        return with_steps(candidate.estimator, steps), X

    @property
    def _last_step(self) -> str:
        return self.candidates[0].steps[-1][0]

    @property
    def is_multimetric(self) -> bool:
        """Whether the scores are a dict of several."""
        return isinstance(self.scorer, _MultimetricScorer)

    def error_scores(self) -> Any:
        """Return the scores of a candidate that failed."""
        if self.is_multimetric:
            return dict.fromkeys(self.scorer._scorers, self.error_score)
        return self.error_score


def _asks_only_for_answers(scorer: Any) -> bool:
    """Whether a scorer needs the model's answers only, not its steps nor the raw X."""
    if isinstance(scorer, _MultimetricScorer):
        return all(map(_asks_only_for_answers, scorer._scorers.values()))
    return isinstance(scorer, _BaseScorer | _PassthroughScorer)


def in_order(evaluation: Evaluation, pairs: Sequence[Pair]) -> list[Pair]:
    """Return the pairs of candidate and split in the order in which they are run."""
    walk = depth_first(grow(evaluation.candidates))
    place = {number: place for place, number in enumerate(walk)}
    return sorted(pairs, key=lambda pair: (pair[1], place[pair[0]]))


def run_all(
    evaluation: Evaluation,
    X: Any,
    y: Any,
    pairs: Sequence[Pair],
    *,
    n_jobs: int | None,
    patience: float = float("inf"),
    **parallel_options: Any,
) -> Generator[Outcome]:
    """Run the wanted pairs of candidate and split.

    Parameters
    ----------
    evaluation : Evaluation
        The candidates and how they are scored.
    X, y : array-like
        All rows.
    pairs : sequence of (candidate, split)
        What is to be run.
    n_jobs : int or None
        Number of joblib workers.
    patience : float, default=inf
        Seconds after which a worker reports what it has, and the rest is shared out
        anew. Only then is anything known of the work of a worker.
    **parallel_options : dict
        For :class:`joblib.Parallel`.

    Yields
    ------
    outcome : Outcome
        In no certain order.
    """
    work: dict[int, list[int]] = {}
    for candidate, split in in_order(evaluation, pairs):
        work.setdefault(split, []).append(candidate)
    n_workers = effective_n_jobs(n_jobs)
    if n_workers == 1:
        for split, numbers in work.items():
            yield from evaluation.restricted_to(numbers).run(X, y, split)
        return
    evaluation = replace(evaluation, budget=evaluation.budget / n_workers)
    backend, _ = get_active_backend()
    kind = "generator_unordered" if backend.supports_return_generator else "list"
    with Parallel(n_jobs=n_jobs, return_as=kind, **parallel_options) as parallel:
        while work:
            tasks = share_out(work, n_workers)
            parts = parallel(
                delayed(_run_a_while)(
                    evaluation.restricted_to(numbers), X, y, split, patience
                )
                for split, numbers in tasks
            )
            for outcomes in parts:
                for outcome in outcomes:
                    work[outcome.split].remove(outcome.candidate)
                    yield outcome
            work = {split: numbers for split, numbers in work.items() if numbers}


def share_out(
    work: dict[int, list[int]], n_workers: int
) -> list[tuple[int, list[int]]]:
    """Cut the work into tasks that keep all workers busy, and as few as will do.

    A split is one task, since every cut makes a prefix be computed twice. Only the
    splits of the last round, too few for all workers, are cut into neighbouring parts.

    Examples
    --------
    >>> from sklearn_nn.model_selection._evaluation import share_out
    >>> share_out({0: [0, 1, 2], 1: [0, 1, 2], 2: [0, 1, 2]}, 2)
    [(0, [0, 1, 2]), (1, [0, 1, 2]), (2, [0, 1]), (2, [2])]
    """
    by_size = sorted(work.items(), key=lambda item: -len(item[1]))
    n_left = len(work) % n_workers
    whole, left = by_size[: len(work) - n_left], by_size[len(work) - n_left :]
    tasks = list(whole)
    for place, (split, numbers) in enumerate(left):
        n_parts = n_workers // n_left + (place < n_workers % n_left)
        size = -(-len(numbers) // n_parts)
        starts = range(0, len(numbers), size)
        tasks += [(split, numbers[start : start + size]) for start in starts]
    return tasks


def _run_a_while(
    evaluation: Evaluation, X: Any, y: Any, split: int, patience: float
) -> list[Outcome]:
    """Run in a worker, and come back in time.

    Whoever goes on has to make the present prefix again: ten times that is a time
    after which it no longer matters.
    """
    started = time.perf_counter()
    outcomes = []
    for outcome in evaluation.run(X, y, split):
        outcomes.append(outcome)
        prefix = sum(list(outcome.step_times.values())[:-1])
        if time.perf_counter() - started > max(patience, 10 * prefix):
            break
    return outcomes
