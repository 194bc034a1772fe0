"""Classifiers that are fitted in folds and on all rows, and what they answer."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from sklearn.utils import _safe_indexing
from sklearn.utils.parallel import Parallel, delayed

from sklearn_nn.ensemble._folds import Folds
from sklearn_nn.ensemble._harmony import Reader
from sklearn_nn.ensemble._preparing import weight_parameters, with_codes
from sklearn_nn.ensemble._sharing import first_step, fit_alike
from sklearn_nn.ensemble._targets import Target
from sklearn_nn.model_selection._steps import writes_into_input


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


@dataclass
class CrossFit:
    """Classifiers that were fitted in folds and on all rows.

    Parameters
    ----------
    answers : ndarray of shape (n_samples, n_parts, n_classes)
        What they say out of fold; zero for rows that a part cannot be asked for. Rows
        of no fold, which have no weight, are answered by the parts that were fitted on
        the others.
    knew : ndarray of bool of shape (n_samples, n_parts)
        Whether the part that answered had met the true class of the row.
    readers : list of Reader
        The parts, fitted on all rows.
    """

    answers: np.ndarray
    knew: np.ndarray
    readers: list[Reader]


def cross_fit(
    parts: list[Part],
    target: Target,
    folds: Folds,
    *,
    n_jobs: int | None = None,
    verbose: int = 0,
) -> CrossFit:
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
    CrossFit
        Answers and fitted parts.
    """
    counted = target.counted()
    teams = _alike(parts, target.weight)
    tasks = [
        (team, train, test)
        for train, test in [*folds, (counted, None)]
        for team in teams
    ]
    done = Parallel(n_jobs=n_jobs, verbose=verbose)(_calls(parts, target, tasks))
    answers = np.zeros((len(target), len(parts), target.n_classes))
    knew = np.ones((len(target), len(parts)), dtype=bool)
    readers: dict[int, Reader] = {}
    for (team, _, test), results in zip(tasks, done, strict=True):
        for place, (reader, said) in zip(team, results, strict=True):
            if test is None:
                readers[place] = reader
            else:
                rows = test[parts[place].there[test]]
                answers[rows, place] = said
                knew[rows, place] = np.isin(target.codes[rows], reader.codes)
    ordered = [readers[place] for place in range(len(parts))]
    if folds:
        # Rows without weight: nobody was fitted on them.
        asked = np.concatenate([test for _, test in folds])
        left = np.setdiff1d(np.arange(len(target)), asked)
        rest = [part.at(left) for part in parts]
        answers[left] = ask(ordered, rest, len(left), target.n_classes)
    return CrossFit(answers, knew, ordered)


def _alike(parts: list[Part], weight: np.ndarray | None) -> list[list[int]]:
    """Put those parts together that begin alike on the same rows."""
    teams: dict[Any, list[int]] = {}
    for place, part in enumerate(parts):
        first = first_step(part.template)
        names = tuple(weight_parameters(part.template, weight))
        team = place if first is None else (id(part.X), first, names)
        teams.setdefault(team, []).append(place)
    return list(teams.values())


def _calls(parts: list[Part], target: Target, tasks: list[tuple]) -> Iterator[Any]:
    """Yield what workers are to do, each with its own rows only."""
    for team, train, test in tasks:
        members = [parts[place] for place in team]
        X, there = members[0].X, members[0].there
        train = train[there[train]]
        known = target.at(train)
        names = " and ".join(repr(part.name) for part in members)
        n_classes = len(np.unique(known.codes))
        if n_classes < 2:
            where = "all rows" if test is None else "a fold"
            raise ValueError(
                f"{names} is to be fitted on {len(train)} rows of {n_classes} "
                f"class(es), which are those of {where} where its columns are not "
                "missing. Lower cv, or drop it."
            )
        asked = train[:0] if test is None else test[there[test]]
        # Steps do not like to be applied to no rows.
        X_asked = _safe_indexing(X, asked if len(asked) else train[:1])
        # What stands beside the rows is small.
        bare = [replace(part, X=None, there=there[:0]) for part in members]
        yield delayed(_fit_team)(
            bare, _safe_indexing(X, train), known, X_asked, asked, test is None
        )


def _fit_team(
    parts: list[Part],
    X: Any,
    target: Target,
    X_asked: Any,
    asked: np.ndarray,
    is_last: bool,
) -> list[tuple[Reader, np.ndarray | None]]:
    """Fit parts on rows; return them, and their answers for others unless the last."""
    present, local = np.unique(target.codes, return_inverse=True)
    if parts[0].knows_all:
        present, local = np.arange(target.n_classes), target.codes
    templates = [
        with_codes(part.template, part.name, target.classes, present) for part in parts
    ]
    options = weight_parameters(templates[0], target.weight)
    # Rows of a frame may be a view of those that others see.
    if any(writes_into_input(template) for template in templates):
        X, X_asked = deepcopy(X), deepcopy(X_asked)
    try:
        fits = fit_alike(templates, X, local, X_asked, options)
    except Exception as error:
        names = " or ".join(repr(part.name) for part in parts)
        shared = ", which begin alike" if len(parts) > 1 else ""
        error.add_note(f"This happened while {names}{shared} was fitted.")
        raise
    results: list[tuple[Reader, np.ndarray | None]] = []
    for part, fit in zip(parts, fits, strict=True):
        labels = known_labels(part.name, fit.last, len(present))
        codes = present[labels]
        if is_last:
            results.append((Reader(part.name, fit.whole, labels, codes), None))
            continue
        reader = Reader(part.name, fit.last, labels, codes)
        said = np.zeros((0, target.n_classes))
        if len(asked):
            said = reader(fit.X_asked, target.n_classes, asked)
        # The classifier itself is not needed any more.
        results.append((replace(reader, estimator=None), said))
    return results


def known_labels(name: str, model: Any, n_classes: int) -> np.ndarray:
    """Return the classes that a model knows, in the order of its columns.

    Parameters
    ----------
    name : str
        What it is called in messages.
    model : classifier
        Fitted on the classes 0, 1, 2, ...
    n_classes : int
        How many.

    Returns
    -------
    ndarray of int
        Without `classes_`, all of them.
    """
    labels = np.asarray(getattr(model, "classes_", np.arange(n_classes)))
    if labels.ndim != 1 or not np.isin(labels, np.arange(n_classes)).all():
        raise ValueError(
            f"{name!r} was fitted on the classes 0 to {n_classes - 1} and has "
            f"classes_={labels.tolist()}."
        )
    return labels.astype(np.intp)


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
            X = _safe_indexing(part.X, rows)
            if writes_into_input(reader.estimator):
                X = deepcopy(X)
            answers[rows, place] = reader(X, n_classes, rows)
    return answers
