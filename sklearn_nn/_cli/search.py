"""The search that a file describes, and its table of results."""

import csv
import inspect
import io
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.base import is_regressor
from sklearn.model_selection import GroupKFold, StratifiedGroupKFold
from sklearn.model_selection._search import BaseSearchCV
from sklearn.pipeline import Pipeline

from sklearn_nn._config import Place, build, check_safe, find_class, nearest, set_seed
from sklearn_nn.model_selection._spaces import Dimension

_SPACES = ("param_grid", "param_distributions", "search_spaces", "levers")


def make_search(table: Any, place: Place, pipeline: Pipeline, seed: int) -> Any:
    """Make a search around a pipeline.

    Parameters
    ----------
    table : dict
        The table [search]: ``class`` and its parameters without `estimator`.
    place : Place
        Where it was written.
    pipeline : Pipeline
        What is searched over.
    seed : int
        For random states that are not given.

    Returns
    -------
    search : BaseSearchCV
        Not fitted.

    Raises
    ------
    ConfigError
        If the class is no search, or a parameter is not one of the pipeline.
    """
    place = replace(place, allowed=(*place.allowed, "skopt"))
    if not isinstance(table, dict) or "class" not in table:
        raise place.error(
            "name a search: class = 'sklearn.model_selection.GridSearchCV'."
        )
    found = find_class(table["class"], place / "class")
    if not issubclass(found, BaseSearchCV):
        raise (place / "class").error(f"{table['class']} is no search.")
    if "estimator" in table:
        raise (place / "estimator").error("leave it out: [model] is what is tuned.")
    if table.get("refit") is False:
        raise (place / "refit").error("the best pipeline is saved; leave refit out.")
    given = {key: value for key, value in table.items() if key not in _SPACES}
    spaces = {
        key: _space(table[key], place / key, pipeline, found, seed)
        for key in _SPACES
        if key in table
    }
    if not spaces:
        raise place.error("there is nothing to try. Give param_grid or the like.")
    # Objects that are made already pass through.
    return set_seed(build({**given, "estimator": pipeline, **spaces}, place), seed)


def _space(
    given: Any, place: Place, pipeline: Pipeline, search: type, seed: int
) -> Any:
    if isinstance(given, list):
        return [
            _space(one, place / number, pipeline, search, seed)
            for number, one in enumerate(given)
        ]
    if not isinstance(given, dict) or not given:
        raise place.error("expected a table of step__parameter = [values].")
    known = pipeline.get_params()
    steps_and_below = [name for name in known if "__" in name] + [*pipeline.named_steps]
    space = {}
    for name, spec in given.items():
        here = place / name
        if name not in steps_and_below:
            raise here.error(
                f"the pipeline has no such parameter. {nearest(name, steps_and_below)}"
            )
        check_safe(name, spec, here)
        values = build(spec, here)
        if isinstance(values, Dimension):
            values = _range(values, here, search)
        elif isinstance(values, list | dict) and values:
            values = _as_default(values, known[name], seed)
        else:
            raise here.error(
                "expected a list of values, or a range such as { class = "
                "'sklearn_nn.model_selection.LogRange', low = 1e-4, high = 1e-2 }."
            )
        space[name] = values
    return space


def _range(values: Dimension, place: Place, search: type) -> Any:
    if search.__module__.startswith("skopt."):
        return values.skopt()
    if "param_distributions" in inspect.signature(search).parameters:
        return values.distribution()
    raise place.error(f"{search.__name__} tries lists of values, not ranges.")


def _as_default(values: Any, default: Any, seed: int) -> Any:
    """Seed estimators, and make tuples where the pipeline has one: TOML has none."""
    if isinstance(values, dict):
        return {name: _as_default([v], default, seed)[0] for name, v in values.items()}
    return [
        tuple(value)
        if isinstance(value, list) and isinstance(default, tuple)
        else set_seed(value, seed)
        for value in values
    ]


def keep_groups_together(search: Any, seed: int) -> None:
    """Have a search that was given a number of folds split by groups."""
    if search.cv is None or isinstance(search.cv, int):
        kind = GroupKFold if is_regressor(search.estimator) else StratifiedGroupKFold
        search.set_params(cv=kind(search.cv or 5, shuffle=True, random_state=seed))


def candidates(search: Any) -> list[dict[str, Any]]:
    """Return one row for each candidate of a fitted search.

    Parameters
    ----------
    search : BaseSearchCV
        Fitted.

    Returns
    -------
    rows : list of dict
        ``params``, then ranks, scores and seconds; the best first.
    """
    results = {k: v for k, v in search.cv_results_.items() if not k.startswith("param")}
    rank = next(k for k in results if k.startswith("rank_test_"))
    if isinstance(search.refit, str):
        rank = f"rank_test_{search.refit}"
    columns = {key: np.asarray(values).tolist() for key, values in results.items()}
    order = np.argsort(columns[rank], kind="stable")
    params = [as_text(params) for params in search.cv_results_["params"]]
    return [
        {"params": params[i], **{key: values[i] for key, values in columns.items()}}
        for i in order.tolist()
    ]


def as_text(params: dict[str, Any]) -> dict[str, Any]:
    """Return parameters as JSON has them; objects become their text."""

    def plain(value: Any) -> Any:
        if isinstance(value, np.generic):
            return value.item()
        if isinstance(value, list | tuple):
            return [plain(inner) for inner in value]
        return value if isinstance(value, _JSON) else " ".join(str(value).split())

    return {name: plain(value) for name, value in params.items()}


_JSON = (str, int, float, bool, type(None))


def as_csv(rows: list[dict[str, Any]]) -> str:
    """Return the table of candidates, with a column for each parameter."""
    flat = [{**row.pop("params"), **row} for row in map(dict, rows)]
    names = list(dict.fromkeys(name for row in flat for name in row))
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(flat)
    return buffer.getvalue()
