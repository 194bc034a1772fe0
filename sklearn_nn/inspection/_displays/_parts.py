"""The part of an estimator that has something to show."""

from collections.abc import Callable
from functools import partial
from typing import Any

from sklearn.utils.validation import check_is_fitted

# Where meta-estimators keep what they fitted.
INSIDE = ("best_estimator_", "estimator_", "regressor_")


def part_with(
    estimator: Any, attribute: str, caller: str, what: str, cure: str
) -> tuple[Any, Callable[[Any], Any]]:
    """Return the part of a fitted estimator that has an attribute.

    Parameters
    ----------
    estimator : estimator
        It, a pipeline whose last such step counts, or a search.
    attribute : str
        What the part must have.
    caller : str
        Who asks.
    what : str
        What the attribute stands for.
    cure : str
        What to give instead, if no part has it.

    Returns
    -------
    part : estimator
        The part.
    prepare : callable
        What the steps before make of X.

    Raises
    ------
    TypeError
        If `estimator` is none.
    ValueError
        If no part has the attribute.
    sklearn.exceptions.NotFittedError
        If it is not fitted.
    """
    if isinstance(estimator, type) or not hasattr(estimator, "fit"):
        raise TypeError(
            f"{caller} takes a fitted estimator. Got {estimator!r} instead."
        )
    check_refitted(estimator)
    found = _find(estimator, attribute)
    if found is None:
        check_is_fitted(estimator)
        raise ValueError(f"{type(estimator).__name__} has no {what}. {cure}")
    check_is_fitted(estimator)
    return found


def check_refitted(estimator: Any) -> None:
    """Refuse a search that holds no fitted estimator.

    Parameters
    ----------
    estimator : any
        Whatever it is.

    Raises
    ------
    ValueError
        If it is a search with ``refit=False``.
    """
    if getattr(estimator, "refit", True) is False:
        raise ValueError(
            f"This {type(estimator).__name__} has refit=False and so holds no fitted "
            "estimator. Fit it with refit=True, or give an estimator fitted with its "
            "best_params_."
        )


def _find(estimator: Any, attribute: str) -> tuple[Any, Callable] | None:
    for name in INSIDE:
        if hasattr(estimator, name):
            return _find(getattr(estimator, name), attribute)
    steps = getattr(estimator, "steps", None)
    if steps is None:
        return (estimator, _as_it_is) if hasattr(estimator, attribute) else None
    for place in reversed(range(len(steps))):
        found = _find(steps[place][1], attribute)
        if found is not None:
            part, prepare = found
            before = [step for _, step in steps[:place]]
            return part, partial(_one_by_one, before, prepare)
    return None


def _as_it_is(X: Any) -> Any:
    return X


def _one_by_one(steps: list, prepare: Callable, X: Any) -> Any:
    """Transform X by all steps; one left out, and a sampler, leave rows as they are."""
    for step in steps:
        if hasattr(step, "transform"):
            X = step.transform(X)
    return prepare(X)
