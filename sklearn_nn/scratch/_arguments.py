"""Arguments of layers: checked, and reached by the place of the layer."""

from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np

from sklearn_nn.scratch._module import Module


def nested_params(name: str, modules: Sequence[Module]) -> dict[str, Any]:
    """Return the modules of a list and their arguments, by names with their place.

    Parameters
    ----------
    name : str
        What the list is called.
    modules : sequence of Module
        The list.

    Returns
    -------
    dict of str to any
        ``NAME__0`` is the first module, ``NAME__0__ARGUMENT`` an argument of it.
    """
    found: dict[str, Any] = {}
    for i, module in enumerate(modules):
        found[f"{name}__{i}"] = module
        if not isinstance(module, Module):
            continue
        for key, value in module.get_params().items():
            found[f"{name}__{i}__{key}"] = value
    return found


def take_nested(
    params: dict[str, Any], names: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """Take what goes to places of lists out of parameters to set.

    Parameters
    ----------
    params : dict of str to any
        New values by name; those like ``NAME__0`` are removed.
    names : sequence of str
        What the lists are called.

    Returns
    -------
    dict of str to dict
        By name of the list, what `with_params` takes.
    """
    nested: dict[str, dict[str, Any]] = {}
    for key in list(params):
        name, found, place = key.partition("__")
        if found and name in names:
            nested.setdefault(name, {})[place] = params.pop(key)
    return nested


def with_params(
    owner: str, name: str, modules: Sequence[Module], changes: Mapping[str, Any]
) -> list[Module]:
    """Return a list of modules with some of them, or of their arguments, changed.

    Parameters
    ----------
    owner, name : str
        Whose list it is and what it is called, for errors.
    modules : sequence of Module
        The list.
    changes : mapping of str to any
        ``PLACE`` names a module to replace, ``PLACE__ARGUMENT`` an argument to set
        in it.

    Returns
    -------
    list of Module
    """
    changed = list(modules)
    # Whole modules first, so that arguments go to those that stay.
    for key, value in sorted(changes.items(), key=lambda item: "__" in item[0]):
        place, _, argument = key.partition("__")
        if not place.isdecimal() or int(place) >= len(changed):
            raise ValueError(
                f"{owner} has no parameter '{name}__{key}': {name!r} is a list of "
                f"{len(changed)}, whose places are counted from 0."
            )
        if argument:
            check_modules(owner, name, changed)
            changed[int(place)].set_params(**{argument: value})
        else:
            changed[int(place)] = value
    return changed


def check_modules(owner: str, name: str, modules: Any) -> None:
    """Refuse what is no list of layers.

    Parameters
    ----------
    owner, name : str
        Whose parameter it is and what it is called.
    modules : any
        What should be a list of modules.

    Raises
    ------
    TypeError
        If it is no list, or a place of it holds something else.
    """
    if not isinstance(modules, list | tuple):
        raise TypeError(
            f"The {name!r} parameter of {owner} must be a list of layers, such as "
            f"[Linear(out_features=10)]. Got {modules!r} instead."
        )
    for i, module in enumerate(modules):
        if not isinstance(module, Module):
            raise TypeError(
                f"The {name!r} parameter of {owner} must be a list of layers, such as "
                f"Linear(out_features=10). Place {i} holds {module!r} instead."
            )
        if hasattr(module, "modules"):
            check_modules(type(module).__name__, "modules", module.modules)


def check_number(
    module: Module,
    name: str,
    low: float = -np.inf,
    high: float = np.inf,
    *,
    open_low: bool = False,
    open_high: bool = False,
) -> None:
    """Refuse an argument of a layer that is no number of an interval.

    Parameters
    ----------
    module : Module
        The layer.
    name : str
        The argument.
    low, high : float
        The ends of the interval.
    open_low, open_high : bool, default=False
        Whether they do not belong to it.

    Raises
    ------
    ValueError
        If it is none.
    """
    value = getattr(module, name)
    number = float(value) if isinstance(value, Real) else np.nan
    inside = (low < number if open_low else low <= number) and (
        number < high if open_high else number <= high
    )
    if not inside or np.isinf(number):
        ends = f"{'(' if open_low else '['}{low:g}, {high:g}{')' if open_high else ']'}"
        wanted = "finite" if low == -np.inf else f"in {ends}"
        raise ValueError(
            f"The {name!r} parameter of {type(module).__name__} must be a number "
            f"{wanted}. Got {value!r} instead."
        )
