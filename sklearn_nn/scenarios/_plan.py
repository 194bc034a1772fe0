"""Which scenarios a matrix runs: [run] scenarios and [[exclude]]."""

from collections.abc import Mapping
from itertools import product
from typing import Any

from sklearn_nn._config import Place, check_keys, nearest
from sklearn_nn.model_selection._levers import choose_scenarios, scenario_code
from sklearn_nn.scenarios._pipeline import Levers

KEYWORDS = ("product", "one-at-a-time")


def read_scenarios(given: Any, levers: Levers, place: Place) -> list[str]:
    """Return the codes asked for, each once, in their order.

    Parameters
    ----------
    given : object
        "product", "one-at-a-time", a code, a table of lever -> outcome (or list of
        outcomes: all combinations; levers left out are at their first), or a list of
        these.
    levers : Levers
        The levers.
    place : Place
        Where it was written.

    Returns
    -------
    codes : list of str
        Codes.
    """
    by_parameter = levers.by_parameter
    if not isinstance(given, list):
        return _codes_of(given, levers, by_parameter, place)
    if not given:
        raise place.error("the list is empty.")
    codes = [
        code
        for number, part in enumerate(given)
        for code in _codes_of(part, levers, by_parameter, place / number)
    ]
    return list(dict.fromkeys(codes))


def _codes_of(
    given: Any, levers: Levers, by_parameter: dict[str, dict], place: Place
) -> list[str]:
    if isinstance(given, dict):
        options = _outcomes(given, levers, place)
        return [
            scenario_code(by_parameter, dict(zip(options, names, strict=True)))
            for names in product(*options.values())
        ]
    if not isinstance(given, str):
        raise place.error(
            f"expected 'product', 'one-at-a-time', a code or a table, found {given!r}."
        )
    wanted: Any = given if given in KEYWORDS else [given]
    try:
        return choose_scenarios(by_parameter, wanted, None)[0]
    except ValueError as error:
        raise place.error(f"{error} {nearest(given, KEYWORDS)}") from None


def read_forbidden(
    tables: Any, levers: Levers, place: Place
) -> list[tuple[dict[str, list[str]], str]]:
    """Read [[exclude]]: combinations, and why.

    Parameters
    ----------
    tables : list of dict
        Each of lever -> outcome or list of outcomes, and perhaps ``reason``.
    levers : Levers
        The levers.
    place : Place
        Where they were written.

    Returns
    -------
    forbidden : list of (dict of str -> list of str, str)
        Parameter of the lever -> outcomes, and the reason.
    """
    if not isinstance(tables, list):
        raise place.error("expected tables [[exclude]].")
    forbidden = []
    for number, table in enumerate(tables):
        here = place / number
        check_keys(table, [*levers.outcomes, "reason"], here)
        combination = {k: v for k, v in table.items() if k != "reason"}
        if not combination:
            raise here.error("names no lever.")
        checked = _outcomes(combination, levers, here)
        lever_names = zip(combination, checked.values(), strict=True)
        said = " with ".join(f"{k} {'/'.join(v)}" for k, v in lever_names)
        forbidden.append((checked, str(table.get("reason", f"excluded: {said}"))))
    return forbidden


def _outcomes(
    given: Mapping[str, Any], levers: Levers, place: Place
) -> dict[str, list[str]]:
    """Check lever -> outcome(s); return parameter -> list of outcomes."""
    check_keys(dict(given), levers.outcomes, place)
    found = {}
    for lever, names in given.items():
        names = [names] if isinstance(names, str) else names
        known = levers.outcomes[lever]
        if not isinstance(names, list) or not names:
            raise (place / lever).error(f"expected names of outcomes, found {names!r}.")
        for name in names:
            if name not in known:
                raise (place / lever).error(
                    f"no outcome {name!r}. {nearest(name, known)}"
                )
        found[levers.parameters[lever]] = names
    return found
