"""Pipelines that begin alike, evaluated as one tree: every shared step is fitted once.

The candidates of a search, with their steps one after the other, form a tree. On one
split of the data it is walked depth first: a step is fitted on the output of the step
before it, and what it makes of the training and test rows is handed to all pipelines
that go on from there. Outputs that wait for their next use are the only ones kept, and
a memory budget decides how many; what was let go is made again when its turn comes.
"""

import math
import time
import traceback
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any

from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags

from ._description import key
from ._memory import size_of
from ._steps import is_left_out, writes_into_input

OWN_PIPELINES = {"sklearn.pipeline", "imblearn.pipeline"}


@dataclass
class Node:
    """One step of one or more candidates, after one certain sequence of steps."""

    name: str = ""
    step: Any = None
    children: dict[str, "Node"] = field(default_factory=dict)
    candidates: list[int] = field(default_factory=list)


@dataclass
class Candidate:
    """A pipeline, configured and not fitted, cut into its steps.

    ``refusal`` is what the pipeline has against its steps: no transformer, ...
    """

    number: int
    estimator: Any
    steps: list[tuple[str, Any]]
    keys: list[str]
    is_pipeline: bool
    refusal: Exception | None = None

    @classmethod
    def of(cls, number: int, estimator: Any) -> "Candidate":
        # A subclass may do something else with its steps: it is fitted as it is.
        is_pipeline = (
            isinstance(estimator, Pipeline)
            and type(estimator).__module__ in OWN_PIPELINES
        )
        steps = estimator.steps if is_pipeline else [("estimator", estimator)]
        keys = [key(list(step)) for step in steps]
        candidate = cls(number, estimator, list(steps), keys, is_pipeline)
        try:
            if is_pipeline:
                estimator._validate_params()
                estimator._validate_steps()
        except Exception as error:
            candidate.refusal = error
        return candidate

    @property
    def is_pairwise(self) -> bool:
        """Whether the rows are compared with each other: columns are split, too."""
        return get_tags(self.estimator).input_tags.pairwise


@dataclass
class Data:
    """Training and test rows after some steps, and what it took to get there.

    ``X_train`` are the training rows as ``predict`` would see them, where they are
    wanted: samplers left out, and ``transform`` instead of ``fit_transform``. Where
    a step could be fitted but not applied, ``not_applied``, there are no such rows.
    """

    X: Any
    y: Any
    X_test: Any
    X_train: Any = None
    steps: tuple[tuple[str, Any], ...] = ()
    fit_times: dict[str, float] = field(default_factory=dict)
    apply_times: dict[str, float] = field(default_factory=dict)
    not_applied: str | None = None

    @property
    def size(self) -> int:
        """Bytes that are let go together with it."""
        return size_of(self.X) + size_of(self.X_test) + size_of(self.X_train)

    def to_write_into(self) -> "Data":
        """Copy the rows for a step that changes its input, which others share."""
        rows = [deepcopy(part) for part in (self.X, self.X_test, self.X_train)]
        X, X_test, X_train = rows
        return replace(self, X=X, X_test=X_test, X_train=X_train)


@dataclass
class Fitted:
    """A candidate whose last step has been fitted, or that failed on the way.

    ``data`` holds the rows as the steps before made them; ``spent`` and ``n_fits`` are
    the seconds and fits since the candidate before this one.
    """

    candidate: int
    data: Data
    model: Any = None
    fit_time: float = 0.0
    spent: float = 0.0
    n_fits: int = 0
    error: str | None = None
    failed_step: str | None = None


def grow(candidates: Sequence[Candidate]) -> Node:
    """Merge the candidates into one tree; a step that is left out is no node."""
    root = Node()
    for candidate in candidates:
        if candidate.refusal is not None:
            root.candidates.append(candidate.number)
            continue
        node = root
        last = len(candidate.steps) - 1
        pairs = zip(candidate.steps, candidate.keys, strict=True)
        for place, ((name, step), step_key) in enumerate(pairs):
            if place < last and is_left_out(step):
                continue
            node = node.children.setdefault(step_key, Node(name, step))
        node.candidates.append(candidate.number)
    return root


def depth_first(node: Node) -> list[int]:
    """Return the candidates in the order in which the tree is walked."""
    below = [depth_first(child) for child in node.children.values()]
    return [*node.candidates, *(number for part in below for number in part)]


def fit_all(
    candidates: Sequence[Candidate],
    start: Data,
    *,
    fit_params: dict[str, Any],
    budget: float = math.inf,
    raises: bool = False,
) -> Iterator[Fitted]:
    """Fit all candidates on one fold, sharing the steps that they have in common.

    Parameters
    ----------
    candidates : sequence of Candidate
        The pipelines.
    start : Data
        The rows of the fold.
    fit_params : dict of str -> object
        What ``fit`` of the pipeline is given, for the training rows.
    budget : float, default=inf
        Bytes of outputs that may wait for their next use.
    raises : bool, default=False
        Let errors of the steps through instead of reporting them.

    Yields
    ------
    fitted : Fitted
        One for each candidate, as soon as it is fitted, in the order of
        :func:`depth_first`.
    """
    by_step = parameters_by_step(candidates[0], fit_params)
    walk = Walk(by_step, Kept(budget), raises, candidates[0].is_pipeline)
    for candidate in candidates:
        if candidate.refusal is not None:
            yield walk.refused(candidate, start)
    yield from walk.below(grow(candidates), Output(None, None, start), start)


def parameters_by_step(candidate: Candidate, fit_params: dict) -> dict[str, dict]:
    """Give every step the fit parameters that carry its name."""
    if not candidate.is_pipeline:
        return {candidate.steps[0][0]: fit_params}
    names = [name for name, _ in candidate.steps]
    by_step: dict[str, dict] = {}
    for parameter, value in fit_params.items():
        name, separator, rest = parameter.partition("__")
        if not separator or name not in names:
            raise ValueError(
                f"Pipeline.fit does not accept the {parameter} parameter. Say which "
                f"step it is for, such as {names[-1]}__{rest or parameter}; the steps "
                f"are {names}."
            )
        by_step.setdefault(name, {})[rest] = value
    return by_step


class Output:
    """What a prefix makes of the rows: at hand, or let go and to be made again."""

    def __init__(self, node: Node | None, before: "Output | None", data: Data | None):
        self.node = node
        self.before = before
        self.data = data
        self.waiting = 0


class Kept:
    """The outputs that wait for their next use, within a budget of bytes."""

    def __init__(self, budget: float):
        self.budget = budget
        self.outputs: dict[Output, tuple[int, float]] = {}

    def add(self, output: Output) -> None:
        assert output.data is not None and output.node is not None
        name = output.node.name
        seconds = output.data.fit_times[name] + output.data.apply_times[name]
        self.outputs[output] = (output.data.size, seconds)
        while sum(size for size, _ in self.outputs.values()) > self.budget:
            self.release(min(self.outputs, key=self._worth))

    def release(self, output: Output) -> None:
        if self.outputs.pop(output, None) or output.before is not None:
            output.data = None

    def _worth(self, output: Output) -> float:
        """Seconds saved for every byte that the output takes."""
        size, seconds = self.outputs[output]
        return seconds * output.waiting / max(size, 1)


def nearest(output: Output) -> Data:
    """Return the last output on the way that is at hand; the raw rows always are."""
    while output.data is None:
        assert output.before is not None
        output = output.before
    return output.data


class StepFailed(Exception):
    """A step raised an error, which is the ``__cause__``."""

    def __init__(self, step: str):
        super().__init__(step)
        self.step = step


class Walk:
    """A depth-first walk over the tree on one fold."""

    def __init__(
        self, fit_params: dict[str, dict], kept: Kept, raises: bool, is_pipeline: bool
    ):
        self.fit_params = fit_params
        self.is_pipeline = is_pipeline
        self.kept = kept
        self.raises = raises
        self.spent = 0.0
        self.n_fits = 0

    def refused(self, candidate: Candidate, data: Data) -> Fitted:
        """Report a pipeline that cannot be fitted, whatever the rows."""
        assert candidate.refusal is not None
        if self.raises:
            raise candidate.refusal
        return self._failed(candidate.number, data, "pipeline", candidate.refusal)

    def below(self, node: Node, output: Output, data: Data | None) -> Iterator[Fitted]:
        """Fit everything that follows after a node, whose output is given."""
        for left, child in zip(
            reversed(range(len(node.children))), node.children.values(), strict=True
        ):
            output.waiting = left
            if data is not None and left and output.before is not None:
                output.data = data
                self.kept.add(output)
            try:
                data = data or self._at_hand(output)
                if not left:
                    self.kept.release(output)
                if not child.children:
                    yield from self._last(child, data)
                    data = None
                    continue
                made = self._apply(child, data)
            except StepFailed as failure:
                for number in depth_first(child):
                    yield self._failed(
                        number, data or nearest(output), failure.step, failure
                    )
                data = None
                continue
            # What is not waited for any more is freed before the walk goes deeper.
            deeper = self.below(child, Output(child, output, None), made)
            data = None
            del made
            yield from deeper

    def _at_hand(self, output: Output) -> Data:
        """Return the output, made again from the nearest one that is still there."""
        if output.data is not None:
            return output.data
        assert output.node is not None and output.before is not None
        data = output.data = self._apply(output.node, self._at_hand(output.before))
        if output.waiting:
            self.kept.add(output)
        return data

    def _apply(self, node: Node, data: Data) -> Data:
        """Fit a step on the training rows and apply it to all rows."""
        step = clone(node.step)
        params = self.fit_params.get(node.name, {})
        data = data.to_write_into() if writes_into_input(step) else data
        X, y, X_test, X_train = data.X, data.y, data.X_test, data.X_train
        not_applied = data.not_applied
        started = time.perf_counter()
        fitted = started
        try:
            if hasattr(step, "transform") or hasattr(step, "fit_transform"):
                if hasattr(step, "fit_transform"):
                    X = step.fit_transform(X, y, **params)
                else:
                    X = step.fit(X, y, **params).transform(X)
                applied = fitted = time.perf_counter()
                if not_applied is None:
                    try:
                        X_test = step.transform(X_test)
                        applied = time.perf_counter()
                        X_train = None if X_train is None else step.transform(X_train)
                    except Exception:
                        if self.raises:
                            raise
                        X_test, X_train, not_applied = None, None, node.name
            else:
                X, y = step.fit_resample(X, y, **params)
                fitted = applied = time.perf_counter()
        except Exception as error:
            if self.raises:
                raise
            raise StepFailed(node.name) from error
        finally:
            self.spent += time.perf_counter() - started
            self.n_fits += 1
        return Data(
            X,
            y,
            X_test,
            X_train,
            (*data.steps, (node.name, step)),
            {**data.fit_times, node.name: fitted - started},
            {**data.apply_times, node.name: applied - fitted},
            not_applied,
        )

    def _last(self, node: Node, data: Data) -> Iterator[Fitted]:
        """Fit the last step, for all candidates that are equal down to it."""
        model = None if is_left_out(node.step) else clone(node.step)
        params = self.fit_params.get(node.name, {})
        data = data.to_write_into() if writes_into_input(model) else data
        started = time.perf_counter()
        failure = None
        try:
            if model is not None:
                # As in scikit-learn: a pipeline hands on that there is no y.
                y = () if data.y is None and not self.is_pipeline else (data.y,)
                model.fit(data.X, *y, **params)
        except Exception as error:
            if self.raises:
                raise
            failure = error
        seconds = time.perf_counter() - started
        self.spent += seconds
        self.n_fits += 1
        for number in node.candidates:
            if failure is not None:
                yield self._failed(number, data, node.name, failure)
            else:
                yield self._done(number, data, model=model, fit_time=seconds)

    def _failed(
        self, number: int, data: Data, step: str, failure: BaseException
    ) -> Fitted:
        error = failure.__cause__ if isinstance(failure, StepFailed) else failure
        text = "".join(traceback.format_exception(error))
        return self._done(number, data, error=text, failed_step=step)

    def _done(self, number: int, data: Data, **what: Any) -> Fitted:
        fitted = Fitted(number, data, spent=self.spent, n_fits=self.n_fits, **what)
        self.spent, self.n_fits = 0.0, 0
        return fitted
