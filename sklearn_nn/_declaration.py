"""Estimators declared once: a field is a parameter, its annotation its constraint."""

import dataclasses
import inspect
import re
from collections.abc import Callable
from numbers import Integral, Real
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    TypeVar,
    Union,
    dataclass_transform,
    get_args,
    get_origin,
    get_type_hints,
)

import numpy as np
from sklearn.utils._param_validation import Interval, Options

PositiveInt = Annotated[int, Interval(Integral, 1, None, closed="left")]
NonNegativeInt = Annotated[int, Interval(Integral, 0, None, closed="left")]
PositiveFloat = Annotated[float, Interval(Real, 0, None, closed="neither")]
NonNegativeFloat = Annotated[float, Interval(Real, 0, None, closed="left")]
OpenFraction = Annotated[float, Interval(Real, 0, 1, closed="neither")]
Probability = Annotated[float, Interval(Real, 0, 1, closed="left")]
Verbosity = Annotated[int, "verbose"]
Activation = Literal["relu", "tanh", "logistic", "gelu", "silu", "identity"]
RandomState = Annotated[int | np.random.RandomState | None, "random_state"]

Estimator = TypeVar("Estimator", bound=type[Any])


@dataclass_transform(kw_only_default=True, eq_default=False)
def estimator(cls: Estimator) -> Estimator:
    """Turn a class with annotated fields into a scikit-learn estimator.

    The fields become keyword-only ``__init__`` parameters (stored as given, as
    scikit-learn asks), their annotations become ``_parameter_constraints``, and the
    numpydoc sections "Parameters" and "Attributes" are completed with what the base
    classes document, so that shared parameters are written once.

    Parameters
    ----------
    cls : type
        A :class:`sklearn.base.BaseEstimator` whose own parameters are class
        annotations with defaults.

    Returns
    -------
    cls : type
        The same class.
    """
    dataclasses.dataclass(kw_only=True, eq=False, repr=False)(cls)
    hints = get_type_hints(cls, include_extras=True)
    names = [field.name for field in dataclasses.fields(cls)]
    cls._parameter_constraints = {
        name: _constraints(hints[name]) for name in names if hints[name] is not Any
    }
    # An estimator's own parameters come first, then those of its bases.
    order = [name for base in cls.__mro__ for name in inspect.get_annotations(base)]
    own_first = [name for name in dict.fromkeys(order) if name in names]
    parameters = inspect.signature(cls.__init__).parameters
    plain_hints = get_type_hints(cls)
    cls.__signature__ = inspect.Signature(
        [parameters[name].replace(annotation=plain_hints[name]) for name in own_first]
    )
    cls.__doc__ = _complete_docstring(cls, own_first)
    return cls


def _constraints(hint: Any) -> list[Any]:
    """Translate a type annotation into scikit-learn's parameter constraints."""
    origin = get_origin(hint)
    if origin is Annotated:
        return list(hint.__metadata__)
    if origin in (Union, UnionType):
        return [c for choice in get_args(hint) for c in _constraints(choice)]
    if origin is Literal:
        choices = get_args(hint)
        return [Options(type(choices[0]), set(choices))]
    if hint in (None, NoneType):
        return [None]
    if hint is bool:
        return ["boolean"]
    if hint is int:
        return [Integral]
    if hint is float:
        return [Real]
    if hint is Callable or origin is Callable:
        return [callable]
    return [origin or hint]


def _complete_docstring(cls: type, parameters: list[str]) -> str:
    """Add the parameters and attributes that only the base classes document."""
    document = inspect.cleandoc(cls.__doc__ or "")
    bases = [inspect.cleandoc(base.__doc__ or "") for base in cls.__mro__[1:]]
    for section in ("Parameters", "Attributes"):
        known = _entries(document, section)
        inherited: dict[str, str] = {}
        for base in bases:
            inherited = _entries(base, section) | inherited
        order = parameters if section == "Parameters" else [*known, *inherited]
        entries = inherited | known
        for name in getattr(cls, "_not_set", ()):
            entries.pop(name, None)
        blocks = [entries[name] for name in dict.fromkeys(order) if name in entries]
        document = _replace_section(document, section, "\n".join(blocks))
    return document + "\n"


def _section(document: str, section: str) -> re.Match | None:
    body = r"(?P<body>.*?)(?=\n\n[A-Z][\w ]+\n-{3,}\n|\Z)"
    head = rf"(?:^|\n){section}\n-{{3,}}\n"
    return re.search(head + body, document, flags=re.DOTALL)


def _entries(document: str, section: str) -> dict[str, str]:
    """Split a numpydoc section into ``{name: entry}``."""
    match = _section(document, section)
    if match is None:
        return {}
    entries = re.split(r"\n+(?=\S)", match["body"].strip("\n"))
    return {entry.split(" :")[0].strip(): entry.rstrip() for entry in entries if entry}


def _replace_section(document: str, section: str, body: str) -> str:
    match = _section(document, section)
    if match is not None:
        return document[: match.start("body")] + body + document[match.end("body") :]
    if not body:
        return document
    parameters = _section(document, "Parameters")
    following = re.search(r"\n\n[A-Z][\w ]+\n-{3,}\n", document)
    place = following.start() if following else len(document)
    if parameters is not None:
        place = parameters.end()
    heading = f"\n\n{section}\n{'-' * len(section)}\n"
    return document[:place] + heading + body + document[place:]
