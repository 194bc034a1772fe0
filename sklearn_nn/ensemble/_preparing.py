"""What a classifier is given before it is fitted: seed, row weights, class weights."""

import inspect
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.utils import check_random_state
from sklearn.utils._metadata_requests import _routing_enabled
from sklearn.utils.metadata_routing import get_routing_for_object
from sklearn.utils.validation import has_fit_parameter

# Their `fit` takes any parameter, and refuses all without metadata routing.
TAKE_NONE = ("sklearn.multiclass", "sklearn.multioutput")


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


def draw_seeds(random_state: Any, **sizes: int) -> dict[str, np.ndarray]:
    """Draw seeds, also for what is dropped: the others keep theirs.

    Parameters
    ----------
    random_state : int, RandomState instance or None
        Where they come from.
    **sizes : int
        How many are for what.

    Returns
    -------
    dict of str to ndarray of int
        By name, drawn in that order.
    """
    rng = check_random_state(random_state)
    largest = np.iinfo(np.int32).max
    return {name: rng.randint(largest, size=size) for name, size in sizes.items()}


def seeded_bases(estimators: Any, seeds: np.ndarray | None) -> list[tuple]:
    """Return the bases as they are to be fitted.

    Parameters
    ----------
    estimators : list of tuple (name, classifier, columns)
        The bases, and words in the place of those that are dropped.
    seeds : ndarray of int of shape (n_estimators,) or None
        None leaves them as they are: they are fitted already.

    Returns
    -------
    list of tuple (name, classifier, columns)
        Without those that are dropped.
    """
    return [
        (name, base if seeds is None else seeded(base, int(seeds[place])), columns)
        for place, (name, base, columns) in enumerate(estimators)
        if not isinstance(base, str)
    ]


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
    if _routing_enabled():
        return _routed(estimator, weight)
    if has_fit_parameter(estimator, "sample_weight"):
        return {"sample_weight": weight}
    if hasattr(estimator, "steps"):
        step, last = estimator.steps[-1]
        inside = weight_parameters(last, weight)
        return {f"{step}__{name}": value for name, value in inside.items()}
    if type(estimator).__module__ in TAKE_NONE:
        return {}
    inner = getattr(estimator, "estimator", None)
    kinds = {p.kind for p in inspect.signature(estimator.fit).parameters.values()}
    if inner is not None and inspect.Parameter.VAR_KEYWORD in kinds:
        return weight_parameters(inner, weight)
    return {}


def _routed(estimator: Any, weight: np.ndarray) -> dict[str, Any]:
    routing = get_routing_for_object(estimator)
    consumed = routing.consumes("fit", ["sample_weight"])
    requests = getattr(getattr(routing, "fit", None), "requests", {})
    # Who has not been asked gets them, as without routing.
    if requests.get("sample_weight", False) is None:
        consumed = {"sample_weight"}
    return dict.fromkeys(consumed, weight)


def with_codes(estimator: Any, name: str, classes: Any, present: np.ndarray) -> Any:
    """Name the classes in dicts of class weights as the classifier will see them.

    Parameters
    ----------
    estimator : estimator
        What is to be fitted.
    name : str
        What it is called in messages.
    classes : ndarray or None
        All labels, as the user knows them.
    present : ndarray of int
        The places, among all, of the classes 0, 1, 2, ... that it will see.

    Returns
    -------
    estimator
        A clone, if anything was to be changed.
    """
    if classes is None or not hasattr(estimator, "get_params"):
        return estimator
    labels = classes.tolist()
    changed = {}
    for key, value in estimator.get_params().items():
        if key.rpartition("__")[2] == "class_weight" and isinstance(value, dict):
            unknown = [label for label in value if label not in labels]
            if unknown:
                raise ValueError(
                    f"{key} of {name!r} weighs {unknown}, which are no classes of y: "
                    f"{labels}."
                )
            changed[key] = {
                place: value[labels[code]]
                for place, code in enumerate(present.tolist())
                if labels[code] in value
            }
    return clone(estimator).set_params(**changed) if changed else estimator
