"""Classifiers that begin alike are fitted as one tree."""

from dataclasses import dataclass
from typing import Any

from sklearn.base import clone
from sklearn.utils._metadata_requests import _routing_enabled

from sklearn_nn.model_selection._prefix import Candidate, Data, fit_all
from sklearn_nn.model_selection._steps import with_steps


@dataclass
class Fit:
    """A fitted classifier.

    Parameters
    ----------
    whole : classifier
        All of it.
    last : classifier
        What answers: of a pipeline, its last step.
    X_asked : rows
        Rows to answer for, as `last` takes them.
    """

    whole: Any
    last: Any
    X_asked: Any


def first_step(template: Any) -> str | None:
    """Return what tells whether another pipeline begins alike.

    Parameters
    ----------
    template : classifier
        What is to be fitted.

    Returns
    -------
    str or None
        None for what is no pipeline, or one that does more than hand on its rows.
    """
    candidate = Candidate.of(0, template)
    if (
        not candidate.is_pipeline
        or len(candidate.steps) < 2
        or template.memory is not None
        or getattr(template, "transform_input", None) is not None
        or _routing_enabled()
    ):
        return None
    return candidate.keys[0]


def fit_alike(
    templates: list[Any], X: Any, y: Any, X_asked: Any, options: dict[str, Any]
) -> list[Fit]:
    """Fit classifiers, every step that they share only once.

    Parameters
    ----------
    templates : list of classifier
        One classifier, or pipelines with the same first step.
    X, y : rows
        What to fit on.
    X_asked : rows
        Rows to answer for.
    options : dict
        Parameters of `fit`.

    Returns
    -------
    list of Fit
        In the order of `templates`. What is shared is one object.
    """
    if len(templates) == 1:
        model = clone(templates[0]).fit(X, y, **options)
        return [Fit(model, model, X_asked)]
    candidates = [
        Candidate.of(number, clone(template))
        for number, template in enumerate(templates)
    ]
    found: dict[int, Fit] = {}
    start = Data(X, y, X_asked)
    for fitted in fit_all(candidates, start, fit_params=options, raises=True):
        pipeline = candidates[fitted.candidate].estimator
        name, _ = pipeline.steps[-1]
        steps = {**dict(fitted.data.steps), name: fitted.model}
        whole = with_steps(pipeline, steps)
        found[fitted.candidate] = Fit(whole, fitted.model, fitted.data.X_test)
    return [found[number] for number in range(len(templates))]
