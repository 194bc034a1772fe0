"""Parts that are fitted in folds, on all rows, or were fitted before."""

import inspect
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import StratifiedKFold, check_cv
from sklearn.utils import _safe_indexing
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import check_is_fitted, has_fit_parameter

from sklearn_nn.ensemble._harmony import Reader

Folds = list[tuple[np.ndarray, np.ndarray]]


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
    """

    name: str
    template: Any
    X: Any
    there: np.ndarray


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
    if hasattr(estimator, "steps"):
        step, last = estimator.steps[-1]
        inside = weight_parameters(last, weight)
        return {f"{step}__{name}": value for name, value in inside.items()}
    inner = getattr(estimator, "estimator", None)
    kinds = {p.kind for p in inspect.signature(estimator.fit).parameters.values()}
    if inner is not None and inspect.Parameter.VAR_KEYWORD in kinds:
        return weight_parameters(inner, weight)
    return {}


def stratified(codes: np.ndarray, n_splits: int, seed: int) -> Folds:
    """Split rows into shuffled folds, as many as the largest class has rows for.

    Parameters
    ----------
    codes : ndarray of int of shape (n_samples,)
        The classes.
    n_splits : int
        Folds that are asked for.
    seed : int
        Seed of the shuffle.

    Returns
    -------
    list of tuple (train, test)
        Row numbers.
    """
    n_splits = max(2, min(n_splits, int(np.bincount(codes).max())))
    splitter = StratifiedKFold(n_splits, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        # A class with fewer rows than folds: a base that misses it gives the floor.
        warnings.filterwarnings("ignore", "The least populated class")
        return list(splitter.split(codes, codes))


def make_folds(cv: Any, codes: np.ndarray, seed: int, caller: str) -> Folds:
    """Return the folds that `cv` means.

    Parameters
    ----------
    cv : int, splitter, iterable or None
        As in scikit-learn, but that an int shuffles.
    codes : ndarray of int of shape (n_samples,)
        The classes.
    seed : int
        Seed of the shuffle.
    caller : str
        The estimator, for messages.

    Returns
    -------
    list of tuple (train, test)
        Row numbers; each row is in one test part.
    """
    if isinstance(cv, int | np.integer):
        largest = int(np.bincount(codes).max())
        if not 2 <= cv <= largest:
            raise ValueError(
                f"cv={cv} of {caller} must be at least 2, and no more than the "
                f"{largest} rows of the most frequent class."
            )
        return stratified(codes, int(cv), seed)
    rows = np.arange(len(codes))
    folds = [
        (rows[train], rows[test])
        for train, test in check_cv(cv, codes, classifier=True).split(codes, codes)
    ]
    tested = np.sort(np.concatenate([test for _, test in folds]))
    if not np.array_equal(tested, rows):
        raise ValueError(
            f"cv of {caller} must put every row into exactly one test part: what "
            "combines the bases learns from one answer a row. Use a KFold of some kind."
        )
    for number, (train, test) in enumerate(folds):
        if np.intersect1d(train, test).size:
            raise ValueError(
                f"Fold {number} of cv of {caller} has rows on both sides. What "
                "combines the bases may only see rows that they were not fitted on."
            )
    return folds


def cross_fit(
    parts: list[Part],
    codes: np.ndarray,
    weight: np.ndarray | None,
    folds: Folds,
    n_classes: int,
    *,
    n_jobs: int | None = None,
    verbose: int = 0,
) -> tuple[np.ndarray, list[Reader]]:
    """Fit every part in every fold, and once on all its rows.

    Parameters
    ----------
    parts : list of Part
        What to fit.
    codes : ndarray of int of shape (n_samples,)
        The classes.
    weight : ndarray of shape (n_samples,) or None
        Weights of the rows.
    folds : list of tuple (train, test)
        Row numbers. Without any, there are no out-of-fold answers.
    n_classes : int
        Number of classes.
    n_jobs, verbose
        For joblib.

    Returns
    -------
    answers : ndarray of shape (n_samples, n_parts, n_classes)
        Out of fold; zero for rows that a part cannot be asked for.
    readers : list of Reader
        The parts, fitted on all rows.
    """
    everything = np.arange(len(codes))
    tasks = [
        (place, train, test)
        for train, test in [*folds, (everything, None)]
        for place in range(len(parts))
    ]
    done = Parallel(n_jobs=n_jobs, verbose=verbose)(
        delayed(_fit_and_answer)(parts[place], codes, weight, train, test, n_classes)
        for place, train, test in tasks
    )
    answers = np.zeros((len(codes), len(parts), n_classes))
    readers = []
    for (place, _, test), result in zip(tasks, done, strict=True):
        if test is None:
            readers.append(result)
        else:
            answers[test[parts[place].there[test]], place] = result
    return answers, readers


def _fit_and_answer(
    part: Part,
    codes: np.ndarray,
    weight: np.ndarray | None,
    train: np.ndarray,
    test: np.ndarray | None,
    n_classes: int,
) -> Any:
    """Return the answers for the test rows, or without any the fitted part."""
    train = train[part.there[train]]
    present, local = np.unique(codes[train], return_inverse=True)
    if len(present) < 2:
        where = "all rows" if test is None else "a fold"
        raise ValueError(
            f"{part.name!r} is to be fitted on {len(train)} rows of {len(present)} "
            f"class(es), which are those of {where} where its columns are not missing. "
            "Lower cv, or drop it."
        )
    model = clone(part.template)
    options = weight_parameters(model, None if weight is None else weight[train])
    try:
        model.fit(_safe_indexing(part.X, train), local, **options)
    except Exception as error:
        error.add_note(f"This happened while {part.name!r} was fitted.")
        raise
    # The classes are counted anew in each fold: some classifiers know only 0, 1, ...
    reader = Reader(part.name, model, np.arange(len(present)), present)
    return reader if test is None else _ask(reader, part, test, n_classes)


def _ask(reader: Reader, part: Part, rows: np.ndarray, n_classes: int) -> np.ndarray:
    rows = rows[part.there[rows]]
    if not len(rows):
        return np.zeros((0, n_classes))
    return reader(_safe_indexing(part.X, rows), n_classes)


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
    rows = np.arange(n_rows)
    for place, (reader, part) in enumerate(zip(readers, parts, strict=True)):
        answers[part.there, place] = _ask(reader, part, rows, n_classes)
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
