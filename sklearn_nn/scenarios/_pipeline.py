"""The levers and the pipeline of a matrix, from its tables [levers] and [pipeline]."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from imblearn.pipeline import Pipeline
from sklearn.base import BaseEstimator, clone, is_classifier

from sklearn_nn._config import Place, build, check_safe, nearest, set_seed, take
from sklearn_nn.model_selection._prefix import is_left_out
from sklearn_nn.model_selection._tuned import TunedClassifier
from sklearn_nn.scenarios._catalogue import LEVERS, STEPS, make_default, make_outcome
from sklearn_nn.scenarios._compatibility import Kind, find_conflict


@dataclass
class Levers:
    """What may be chosen.

    Attributes
    ----------
    outcomes : dict of str -> dict of str -> object
        Lever -> {name -> value}.
    parameters : dict of str -> str
        Lever -> the parameter of the pipeline that it sets.
    """

    outcomes: dict[str, dict[str, Any]]
    parameters: dict[str, str]

    @property
    def by_parameter(self) -> dict[str, dict[str, Any]]:
        """What :class:`ScenarioSearchCV` takes."""
        return {self.parameters[name]: o for name, o in self.outcomes.items()}


def read_levers(
    table: Mapping[str, Any], steps: Mapping[str, Any], place: Place, seed: int
) -> Levers:
    """Read [levers].

    Parameters
    ----------
    table : dict
        Lever -> list of names of the catalogue, or table of name -> description.
    steps : dict of str -> object
        The table [pipeline], empty for the standard pipeline.
    place : Place
        Where [levers] was written.
    seed : int
        For every random state that is not given.

    Returns
    -------
    levers : Levers
        Estimators in it are not fitted.
    """
    if not table:
        raise place.error("there are no levers. Give one, such as cleaning = ['on'].")
    outcomes: dict[str, dict[str, Any]] = {}
    parameters: dict[str, str] = {}
    for name, given in table.items():
        here = place / name
        options, parameter = _options(given, here)
        if parameter is None:
            parameter = _parameter_of(name, table, steps, here)
        if parameter in parameters.values():
            raise here.error(f"another lever sets {parameter!r} already.")
        parameters[name] = parameter
        outcomes[name] = {
            outcome: set_seed(_value(name, parameter, spec, here / outcome), seed)
            for outcome, spec in options.items()
        }
    return Levers(outcomes, parameters)


def _options(given: Any, place: Place) -> tuple[dict[str, Any], str | None]:
    if isinstance(given, list):
        for name in given:
            if not isinstance(name, str):
                raise place.error(
                    f"a list holds names of outcomes, not {name!r}. Write a table: "
                    "name = value."
                )
            if given.count(name) > 1:
                raise place.error(f"{name!r} is there twice.")
        options, parameter = dict(zip(given, given, strict=True)), None
    elif isinstance(given, dict):
        parameter = take(given, "parameter", str, place)
        options = {key: value for key, value in given.items() if key != "parameter"}
    else:
        raise place.error(f"expected a list of names or a table, found {given!r}.")
    if not options:
        raise place.error("there are no outcomes.")
    return options, parameter


def _parameter_of(
    name: str, levers: Mapping[str, Any], steps: Mapping[str, Any], place: Place
) -> str:
    if name == "model" and ("search" in levers or _is_tuned(steps.get("model"))):
        return "model__estimator"
    if name in LEVERS:
        parameter = LEVERS[name].parameter or name
        step = parameter.partition("__")[0]
        if not steps or step in steps:
            return parameter
        raise place.error(f"[pipeline] has no step {step!r}. Add it there.")
    if name in steps:
        return name
    if steps:
        raise place.error(
            "is no step of [pipeline]. For a parameter of a step, add parameter = "
            f"'step__name' to the table. {nearest(name, [*steps, *LEVERS])}"
        )
    raise place.error(
        f"unknown lever. {nearest(name, LEVERS)} Steps of your own need a table "
        "[pipeline] with all steps in order."
    )


def _is_tuned(spec: Any) -> bool:
    return isinstance(spec, dict) and str(spec.get("class")).endswith("TunedClassifier")


def _value(lever: str, parameter: str, spec: Any, place: Place) -> Any:
    is_step = "__" not in parameter or parameter == "model__estimator"
    if not is_step:
        check_safe(parameter, spec, place)
    if isinstance(spec, str):
        if spec == "passthrough" and is_step and lever != "model":
            return spec
        catalogued = lever if lever in LEVERS else parameter
        own_parameter = lever in LEVERS and LEVERS[lever].parameter is not None
        if catalogued in LEVERS and (is_step or own_parameter):
            return make_outcome(catalogued, spec, place)
        if not is_step:
            return spec
        raise place.error(
            f"{spec!r} is no outcome: write 'passthrough' or a table with class = "
            "'package.Class'."
        )
    value = build(spec, place)
    if is_step and not isinstance(value, BaseEstimator):
        raise place.error(f"expected a table with class = '...', found {spec!r}.")
    return value


def make_pipeline(
    levers: Levers, steps: Mapping[str, Any], place: Place, seed: int, kind: Kind
) -> Pipeline:
    """Make the pipeline that the levers are set on.

    Parameters
    ----------
    levers : Levers
        The levers.
    steps : dict of str -> object
        The table [pipeline]; empty for the standard pipeline.
    place : Place
        Where [pipeline] was written.
    seed : int
        For every random state that is not given.
    kind : {"columns", "texts", "vectors", "token ids"}
        What the rows are.

    Returns
    -------
    pipeline : imblearn.pipeline.Pipeline
        Not fitted.
    """
    named = {parameter.partition("__")[0] for parameter in levers.parameters.values()}
    made = []
    if steps:
        for name, spec in steps.items():
            if "__" in name:
                raise (place / name).error("a name of a step has no '__' in it.")
            made.append((name, _step(name, spec, place / name)))
    else:
        needed = {"columns": {"merge", "vectorizer"}, "texts": {"vectorizer"}}
        wanted = named | needed.get(kind, set()) | {"model"}
        names = [name for name in STEPS if name in wanted]
        made = [(name, _base(name, levers, place / name)) for name in names]
    name, last = made[-1]
    if "model__search" in levers.parameters.values() and name == "model":
        if not isinstance(last, TunedClassifier):
            made[-1] = (name, TunedClassifier(estimator=last))
    if not is_classifier(made[-1][1]):
        raise (place / name).error("the last step has to be a classifier.")
    pipeline = set_seed(Pipeline(made), seed)
    # Parameters of the steps: memory and the like of the pipeline itself are not set.
    known = [name for name in pipeline.get_params() if "__" in name]
    known += pipeline.named_steps
    for lever, parameter in levers.parameters.items():
        if parameter not in known:
            raise place.error(
                f"the lever {lever!r} sets {parameter!r}, which the pipeline has not. "
                f"{nearest(parameter, known)}"
            )
    return pipeline


def _step(name: str, spec: Any, place: Place) -> Any:
    if isinstance(spec, str) and name in STEPS and spec != "passthrough":
        return make_outcome(name, spec, place)
    if spec == "passthrough":
        return spec
    value = build(spec, place)
    if not isinstance(value, BaseEstimator):
        raise place.error(
            f"expected a table with class = '...', 'passthrough' or a name of the "
            f"catalogue, found {spec!r}."
        )
    return value


def _base(name: str, levers: Levers, place: Place) -> Any:
    """Return a step of the standard pipeline, one that has parameters to be set."""
    step = make_default(name, place)
    if is_left_out(step) and any(
        parameter.startswith(f"{name}__") for parameter in levers.parameters.values()
    ):
        given = levers.outcomes.get(name, {}).values()
        step = next((value for value in given if not is_left_out(value)), step)
    return step


def make_rule(
    levers: Levers,
    pipeline: Pipeline,
    kind: Kind,
    forbidden: list[tuple[dict[str, list[str]], str]],
) -> Callable[[Mapping[str, str]], str | None]:
    """Return what says why a scenario makes no sense, or None.

    Parameters
    ----------
    levers : Levers
        The levers.
    pipeline : Pipeline
        The pipeline.
    kind : {"columns", "texts", "vectors", "token ids"}
        What the rows are.
    forbidden : list of (dict of str -> list of str, str)
        Combinations that the file excludes (parameter -> names), with the reasons.

    Returns
    -------
    rule : callable
        From parameter -> name of the outcome.
    """
    lever_of = {parameter: name for name, parameter in levers.parameters.items()}
    outcomes = levers.by_parameter

    def rule(chosen: Mapping[str, str]) -> str | None:
        for combination, reason in forbidden:
            if all(chosen[p] in wanted for p, wanted in combination.items()):
                return reason
        values = {p: outcomes[p][name] for p, name in chosen.items()}
        steps = dict(pipeline.steps)
        steps |= {p: value for p, value in values.items() if p in steps}
        for parameter, value in values.items():
            name, _, inner = parameter.partition("__")
            if not inner:
                continue
            if is_left_out(steps[name]):
                return f"nothing to set {lever_of[parameter]} on: {name} is left out"
            if inner not in steps[name].get_params():
                kind_of_step = type(steps[name]).__name__
                return f"{kind_of_step} has no {inner} for {lever_of[parameter]}"
            steps[name] = clone(steps[name]).set_params(**{inner: value})
        return find_conflict(list(steps.items()), kind)

    return rule
