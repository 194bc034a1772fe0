"""Parts that are fitted in folds, on all rows, or were fitted before."""

import inspect
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils import _safe_indexing
from sklearn.utils._metadata_requests import _routing_enabled
from sklearn.utils.metadata_routing import get_routing_for_object
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import check_is_fitted, has_fit_parameter

from sklearn_nn.ensemble._folds import Folds
from sklearn_nn.ensemble._harmony import Reader
from sklearn_nn.ensemble._sharing import first_step, fit_alike
from sklearn_nn.ensemble._targets import Target


@dataclass
class Part:
    """A classifier and the rows that it sees.

    Parameters
    ----------
    name : str
        What it is called in messages.
    template : classifier
        What is cloned and fitted.
    X : rows
        All rows, as it takes them.
    there : ndarray of bool of shape (n_samples,)
        Which of them it can be asked for.
    knows_all : bool, default=False
        Whether it takes the codes of all classes as they are. The classes of a fold
        are counted anew for others: some know only 0, 1, 2, ...
    """

    name: str
    template: Any
    X: Any
    there: np.ndarray
    knows_all: bool = False

    def at(self, rows: np.ndarray) -> Self:
        """Return the same for some of the rows."""
        return replace(self, X=_safe_indexing(self.X, rows), there=self.there[rows])


def seeded(estimator: Any, seed: int) -> Any:
    """Clone an estimator, and seed what in it has no seed yet.

    Parameters
    ----------
    estimator : estimator
        What to clone.
    seed : int
        The seed.

    Returns
    -------
    estimator
        The clone.
    """
    fresh = clone(estimator)
    if not hasattr(fresh, "get_params"):
        return fresh
    unseeded = [
        name
        for name, value in fresh.get_params().items()
        if value is None and name.rpartition("__")[2] == "random_state"
    ]
    return fresh.set_params(**dict.fromkeys(unseeded, seed)) if unseeded else fresh


def weight_parameters(estimator: Any, weight: np.ndarray | None) -> dict[str, Any]:
    """Return the fit parameters by which an estimator gets row weights.

    Parameters
    ----------
    estimator : estimator
        Who is to get them; of a pipeline, its last step.
    weight : ndarray of shape (n_samples,) or None
        The weights.

    Returns
    -------
    dict
        Empty if there are no weights, or it takes none.
    """
    if weight is None:
        return {}
    if has_fit_parameter(estimator, "sample_weight"):
        return {"sample_weight": weight}
    if _routing_enabled():
        routing = get_routing_for_object(estimator)
        consumed = routing.consumes("fit", ["sample_weight"])
        return dict.fromkeys(consumed, weight)
    if hasattr(estimator, "steps"):
        step, last = estimator.steps[-1]
        inside = weight_parameters(last, weight)
        return {f"{step}__{name}": value for name, value in inside.items()}
    inner = getattr(estimator, "estimator", None)
    kinds = {p.kind for p in inspect.signature(estimator.fit).parameters.values()}
    if inner is not None and inspect.Parameter.VAR_KEYWORD in kinds:
        return weight_parameters(inner, weight)
    return {}


def cross_fit(
    parts: list[Part],
    target: Target,
    folds: Folds,
    *,
    n_jobs: int | None = None,
    verbose: int = 0,
) -> tuple[np.ndarray, list[Reader]]:
    """Fit every part in every fold, and once on all its rows that have any weight.

    Parameters
    ----------
    parts : list of Part
        What to fit.
    target : Target
        The classes of the rows.
    folds : list of tuple (train, test)
        Row numbers. Without any, there are no out-of-fold answers.
    n_jobs, verbose
        For joblib.

    Returns
    -------
    answers : ndarray of shape (n_samples, n_parts, n_classes)
        Out of fold; zero for rows that a part cannot be asked for. Rows of no fold,
        which have no weight, are answered by the parts that were fitted on the others.
    readers : list of Reader
        The parts, fitted on all rows.
    """
    counted = target.counted()
    teams = _alike(parts, target.weight)
    tasks = [
        (team, train, test)
        for train, test in [*folds, (counted, None)]
        for team in teams
    ]
    done = Parallel(n_jobs=n_jobs, verbose=verbose)(
        delayed(_fit_team)([parts[place] for place in team], target, train, test)
        for team, train, test in tasks
    )
    answers = np.zeros((len(target), len(parts), target.n_classes))
    readers: dict[int, Reader] = {}
    for (team, _, test), results in zip(tasks, done, strict=True):
        for place, result in zip(team, results, strict=True):
            if test is None:
                readers[place] = result
            else:
                answers[test[parts[place].there[test]], place] = result
    ordered = [readers[place] for place in range(len(parts))]
    if folds:
        # Rows without weight: nobody was fitted on them.
        asked = np.concatenate([test for _, test in folds])
        left = np.setdiff1d(np.arange(len(target)), asked)
        rest = [part.at(left) for part in parts]
        answers[left] = ask(ordered, rest, len(left), target.n_classes)
    return answers, ordered


def _alike(parts: list[Part], weight: np.ndarray | None) -> list[list[int]]:
    """Put those parts together that begin alike on the same rows."""
    teams: dict[Any, list[int]] = {}
    for place, part in enumerate(parts):
        first = first_step(part.template)
        names = tuple(weight_parameters(part.template, weight))
        team = place if first is None else (id(part.X), first, names)
        teams.setdefault(team, []).append(place)
    return list(teams.values())


def _fit_team(
    parts: list[Part], target: Target, train: np.ndarray, test: np.ndarray | None
) -> list[Any]:
    """Return the answers for the test rows, or without any the fitted parts."""
    part = parts[0]
    train = train[part.there[train]]
    codes = target.codes[train]
    present, local = np.unique(codes, return_inverse=True)
    names = " and ".join(repr(part.name) for part in parts)
    if len(present) < 2:
        where = "all rows" if test is None else "a fold"
        raise ValueError(
            f"{names} is to be fitted on {len(train)} rows of {len(present)} "
            f"class(es), which are those of {where} where its columns are not missing. "
            "Lower cv, or drop it."
        )
    if part.knows_all:
        present, local = np.arange(target.n_classes), codes
    weight = None if target.weight is None else target.weight[train]
    options = weight_parameters(part.template, weight)
    X = _safe_indexing(part.X, train)
    asked = train[:0] if test is None else test[part.there[test]]
    # Steps do not like to be applied to no rows.
    X_asked = _safe_indexing(part.X, asked if len(asked) else train[:1])
    try:
        fits = fit_alike([part.template for part in parts], X, local, X_asked, options)
    except Exception as error:
        error.add_note(f"This happened while {names} was fitted.")
        raise
    results: list[Any] = []
    for part, fit in zip(parts, fits, strict=True):
        model = fit.whole if test is None else fit.last
        reader = Reader(part.name, model, np.arange(len(present)), present)
        if test is None:
            results.append(reader)
        elif len(asked):
            results.append(reader(fit.X_asked, target.n_classes))
        else:
            results.append(np.zeros((0, target.n_classes)))
    return results


def ask(
    readers: list[Reader], parts: list[Part], n_rows: int, n_classes: int
) -> np.ndarray:
    """Return the answers of fitted parts.

    Parameters
    ----------
    readers : list of Reader
        The parts, fitted.
    parts : list of Part
        The rows that they see.
    n_rows : int
        Number of rows.
    n_classes : int
        Number of classes.

    Returns
    -------
    ndarray of shape (n_rows, n_parts, n_classes)
        Zero for rows that a part cannot be asked for.
    """
    answers = np.zeros((n_rows, len(parts), n_classes))
    for place, (reader, part) in enumerate(zip(readers, parts, strict=True)):
        rows = np.flatnonzero(part.there)
        if len(rows):
            answers[rows, place] = reader(_safe_indexing(part.X, rows), n_classes)
    return answers


def read_prefit(part: Part, classes: np.ndarray) -> Reader:
    """Return a base that was fitted before, once it is known to be so.

    Parameters
    ----------
    part : Part
        The base.
    classes : ndarray
        The labels of y, sorted.

    Returns
    -------
    Reader
        Its answers.
    """
    try:
        check_is_fitted(part.template)
    except NotFittedError as error:
        raise NotFittedError(
            f"cv='prefit', but {part.name!r} is not fitted. Fit it on other rows, or "
            "set cv to a number of folds."
        ) from error
    labels = np.asarray(getattr(part.template, "classes_", ()))
    if sorted(map(str, labels.tolist())) != sorted(map(str, classes.tolist())):
        raise ValueError(
            f"{part.name!r} was fitted on the classes {labels.tolist()}, but y has "
            f"{classes.tolist()}. Both must be the same."
        )
    place = {label: code for code, label in enumerate(classes.tolist())}
    try:
        codes = np.array([place[label] for label in labels.tolist()])
    except KeyError as error:
        raise ValueError(
            f"{part.name!r} was fitted on labels of another type than those of y: "
            f"{error.args[0]!r} is not among {classes.tolist()}."
        ) from None
    return Reader(part.name, part.template, labels, codes)
