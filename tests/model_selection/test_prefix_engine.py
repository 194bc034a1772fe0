import gc
import weakref

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, KFold, ParameterGrid
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sklearn_nn.model_selection import PrefixGridSearchCV, ScenarioSearchCV, _prefix
from sklearn_nn.model_selection._evaluation import share_out
from sklearn_nn.model_selection._memory import size_of
from sklearn_nn.model_selection._prefix import Candidate, depth_first, grow
from sklearn_nn.model_selection._steps import writes_into_input
from tests.model_selection.small import Counting, X, same_results

PIPELINE = Pipeline(
    [
        ("a", Counting(name="a")),
        ("b", Counting(name="b")),
        ("c", Counting(name="c")),
        ("model", Ridge()),
    ]
)
STEP = st.lists(
    st.sampled_from(["passthrough", Counting(1.0, "x"), Counting(2.5, "y")]),
    min_size=1,
    max_size=3,
    unique_by=id,
)
GRIDS = st.fixed_dictionaries(
    {},
    optional={
        "a": STEP,
        "b": STEP,
        "c__add": st.lists(
            st.sampled_from([0.0, 0.5, 1.0]), min_size=1, max_size=3, unique=True
        ),
        "model__alpha": st.lists(
            st.sampled_from([0.1, 1.0]), min_size=1, max_size=2, unique=True
        ),
    },
)
TARGET = X[:, 0] + X[:, 1] ** 2


def fitted(grid, budget=None, n_splits=2):
    """Search, and return it with the fits of all steps but the last."""
    Counting.fits = []
    cv = KFold(n_splits)
    search = PrefixGridSearchCV(
        PIPELINE, grid, cv=cv, refit=False, memory_budget=budget, error_score="raise"
    ).fit(X, TARGET)
    return search, list(Counting.fits)


def n_prefixes(grid):
    """Count the distinct beginnings of the pipelines, the last step left out."""
    found = set()
    for params in ParameterGrid(grid):
        pipeline = PIPELINE.set_params().__sklearn_clone__().set_params(**params)
        steps = [repr(step) for step in pipeline.steps[:-1] if step[1] != "passthrough"]
        found |= {tuple(steps[: i + 1]) for i in range(len(steps))}
    return len(found)


@given(grid=st.one_of(GRIDS, st.lists(GRIDS, min_size=1, max_size=2)))
@settings(max_examples=15)
def test_every_prefix_is_fitted_once_and_scores_are_the_same(grid):
    search, fits = fitted(grid)
    plain = GridSearchCV(PIPELINE, grid, cv=KFold(2), refit=False).fit(X, TARGET)
    same_results(search.cv_results_, plain.cv_results_)
    assert len(fits) == 2 * n_prefixes(grid)


GRID = {
    "a__add": [0.0, 1.0],
    "b__add": [0.0, 1.0],
    "c__add": [0.0, 1.0, 2.0],
    "model__alpha": [1.0, 2.0],
}


@pytest.fixture
def sizes(monkeypatch):
    """Sum of the sizes of all outputs that wait, after every change."""
    seen = []

    class Watched(_prefix.Kept):
        def add(self, output):
            super().add(output)
            waiting = [o for o in self.outputs if o.data is not None]
            assert waiting == list(self.outputs)
            seen.append(sum(o.data.size for o in waiting))

    monkeypatch.setattr(_prefix, "Kept", Watched)
    return seen


ONE = X.nbytes // 2 * 2  # training and test rows of one step


@pytest.mark.parametrize("budget", [None, 3 * ONE, 2 * ONE, ONE, ONE - 1, 1, 0])
def test_the_budget_is_kept_and_changes_no_score(sizes, budget):
    search, fits = fitted(GRID, budget)
    assert max(sizes) <= (np.inf if budget is None else budget)
    assert len(fits) >= 2 * n_prefixes(GRID)
    if budget is None or budget >= 3 * ONE:
        # Three outputs wait at a time: those of all steps but the last.
        assert len(fits) == 2 * n_prefixes(GRID)
    if budget == 0:
        assert max(sizes) == 0 and len(fits) > 2 * n_prefixes(GRID)
    unlimited, _ = fitted(GRID)
    same_results(search.cv_results_, unlimited.cv_results_)


def test_a_budget_is_spent_on_what_is_dear():
    class Slow(Counting):
        def transform(self, X):
            total = sum(i * i for i in range(100_000))
            return super().transform(X) + 0 * total

    Counting.fits = []
    steps = [("slow", Slow(name="slow")), ("quick", Counting(name="quick"))]
    pipeline = Pipeline([*steps, ("model", Ridge())])
    grid = {"slow__add": [0.0], "quick__add": [0.0, 1.0], "model__alpha": [1.0, 2.0]}
    PrefixGridSearchCV(pipeline, grid, cv=2, refit=False, memory_budget=ONE).fit(
        X, TARGET
    )
    assert [name for name, _, _ in Counting.fits].count("slow") == 2


def test_times_are_those_of_a_candidate_alone():
    def slow(X):
        return X + 0 * sum(i * i for i in range(200_000))

    pipeline = Pipeline([("slow", FunctionTransformer(slow)), ("model", Ridge())])
    search = PrefixGridSearchCV(pipeline, {"model__alpha": [1.0, 2.0, 3.0]}, cv=2)
    results = search.fit(X, TARGET).cv_results_
    fit_times, score_times = results["mean_fit_time"], results["mean_score_time"]
    assert fit_times.min() > 0.8 * fit_times.max() and fit_times.min() > 0.002
    assert score_times.min() > 0.8 * score_times.max() and score_times.min() > 0.002


def test_what_is_equal_is_shared_and_nothing_else():
    def steps_of(*models):
        candidates = [
            Candidate.of(n, Pipeline([("s", step), ("m", Ridge())]))
            for n, step in enumerate(models)
        ]
        return len(grow(candidates).children)

    def double(X):
        return 2 * X

    assert steps_of(StandardScaler(), StandardScaler()) == 1
    assert steps_of(StandardScaler(), StandardScaler(with_mean=False)) == 2
    assert steps_of(FunctionTransformer(double), FunctionTransformer(double)) == 1
    lambdas = [FunctionTransformer(f) for f in (lambda X: X, lambda X: X + 1)]
    assert steps_of(*lambdas) == 2
    assert steps_of("passthrough", None) == 1
    arrays = [FunctionTransformer(double, kw_args={"a": np.arange(n)}) for n in (3, 4)]
    assert steps_of(*arrays) == 2


def test_steps_that_are_given_a_copy():
    class Own(Counting):
        pass

    assert not writes_into_input(StandardScaler())
    assert writes_into_input(StandardScaler(copy=False))
    assert writes_into_input(Own())
    assert writes_into_input(FunctionTransformer())
    assert writes_into_input(Pipeline([("scale", StandardScaler()), ("own", Own())]))
    assert not writes_into_input(None)


WORK = st.dictionaries(
    st.integers(0, 9),
    st.integers(1, 20).map(lambda n: list(range(n))),
    min_size=1,
    max_size=8,
)


@given(work=WORK, n_workers=st.integers(2, 20))
@settings(max_examples=100)
def test_work_is_shared_out_whole(work, n_workers):
    tasks = share_out(work, n_workers)
    assert all(numbers for _, numbers in tasks)
    done = {split: [] for split in work}
    for split, numbers in tasks:
        done[split] += numbers
    assert done == work
    n_pairs = sum(map(len, work.values()))
    # Only a part of the last round may go without.
    assert len(tasks) >= min(n_workers // 2, n_pairs, len(work))
    assert len(tasks) <= len(work) + n_workers


def test_order_of_the_walk():
    candidates = [
        Candidate.of(n, PIPELINE.__sklearn_clone__().set_params(**params))
        for n, params in enumerate(ParameterGrid(GRID))
    ]
    walk = depth_first(grow(candidates))
    assert sorted(walk) == list(range(24))
    grid = list(ParameterGrid(GRID))
    firsts = [grid[n]["a__add"] for n in walk]
    assert firsts == sorted(firsts)


def test_size_of_what_waits():
    data = _prefix.Data(X, TARGET, X[:5], None)
    assert data.size == X.nbytes + size_of(X[:5])


@pytest.mark.parametrize("budget", [0, "100 B", None])
def test_no_budget_fits_more_often_than_without_sharing(budget):
    step = Counted()
    pipeline = Pipeline([("step", step), ("model", MultinomialNB())])
    grid = {"step__tag": ["a", "b"], "model__alpha": [0.5, 1.0, 2.0]}
    Counted.fits = 0
    PrefixGridSearchCV(pipeline, grid, cv=2, memory_budget=budget, refit=False).fit(
        np.eye(12), [0, 1] * 6
    )
    assert Counted.fits == (4 if budget is None else 12)


class Counted(TransformerMixin, BaseEstimator):
    fits = 0
    fails_at: int | None = None

    def __init__(self, tag="a"):
        self.tag = tag

    def fit(self, X, y=None):
        Counted.fits += 1
        if Counted.fits == Counted.fails_at:
            raise ValueError("told to fail when made again")
        return self

    def transform(self, X):
        return X


def test_a_step_that_fails_when_made_again_is_one_failure(monkeypatch):
    pipeline = Pipeline([("step", Counted()), ("model", MultinomialNB())])
    levers = {
        "step": {"on": Counted()},
        "model": {"a": MultinomialNB(), "b": MultinomialNB(alpha=2.0)},
    }
    Counted.fits = 0
    monkeypatch.setattr(Counted, "fails_at", 2)
    search = ScenarioSearchCV(
        pipeline, levers, memory_budget=0, refit=False, cv=[(range(8), range(8, 12))]
    )
    with pytest.warns(FitFailedWarning):
        search.fit(np.eye(12), [0, 1] * 6)
    assert search.cv_results_["error"].tolist() == [
        None,
        "step: ValueError: told to fail when made again",
    ]


def test_outputs_of_one_prefix_are_gone_before_the_next():
    alive = []

    class Large(TransformerMixin, BaseEstimator):
        def __init__(self, tag=0):
            self.tag = tag

        def fit(self, X, y=None):
            gc.collect()
            alive.append(sum(reference() is not None for reference in made))
            return self

        def transform(self, X):
            output = X.copy()
            made.append(weakref.ref(output))
            return output

    made: list = []
    pipeline = Pipeline([("large", Large()), ("model", MultinomialNB())])
    PrefixGridSearchCV(pipeline, {"large__tag": [0, 1, 2]}, cv=2, refit=False).fit(
        np.eye(12), [0, 1] * 6
    )
    assert alive == [0] * 6
