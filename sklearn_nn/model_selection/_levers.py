"""Levers, their named outcomes, and the code of a scenario: one character a lever."""

import string
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any, Literal

from ._steps import is_left_out

SPARE = string.digits + string.ascii_lowercase + string.ascii_uppercase

Outcomes = dict[str, str]
Exclude = Callable[[Outcomes], bool | str | None] | Sequence[Mapping[str, Any]] | None


def scenario_code(levers: Mapping[str, Mapping], outcomes: Mapping[str, str]) -> str:
    """Return the code of a scenario.

    Parameters
    ----------
    levers : dict of str -> dict of str -> object
        Lever -> {name of an outcome -> its value}.
    outcomes : dict of str -> str
        Lever -> name of the chosen outcome. A lever left out is at its first outcome.

    Returns
    -------
    code : str
        One character a lever, in the order of `levers`: the outcome's name where that
        is a single character, else "0" for a step that is left out, else the first
        letter of the name; the next one that is free where an outcome before it has it.

    Raises
    ------
    ValueError
        If a lever or an outcome is unknown.

    See Also
    --------
    decode_scenario : The way back.

    Examples
    --------
    >>> from sklearn_nn.model_selection import scenario_code
    >>> levers = {
    ...     "clean": {"off": "passthrough", "html": 1},
    ...     "C": {"low": 1, "high": 9},
    ... }
    >>> scenario_code(levers, {"clean": "html"})
    'hl'
    """
    codes = lever_codes(levers)
    for lever in outcomes:
        if lever not in codes:
            raise ValueError(f"Unknown lever {lever!r}; there are {list(codes)}.")
    code = ""
    for lever, names in codes.items():
        character_of = {name: character for character, name in names.items()}
        name = outcomes.get(lever, next(iter(character_of)))
        if name not in character_of:
            raise ValueError(
                f"Lever {lever!r} has no outcome {name!r}; there are "
                f"{list(character_of)}."
            )
        code += character_of[name]
    return code


def decode_scenario(levers: Mapping[str, Mapping], code: str) -> dict[str, str]:
    """Return what a code stands for.

    Parameters
    ----------
    levers : dict of str -> dict of str -> object
        Lever -> {name of an outcome -> its value}.
    code : str
        The code of a scenario.

    Returns
    -------
    outcomes : dict of str -> str
        Lever -> name of the outcome.

    Raises
    ------
    ValueError
        If the code has another length, or a character means nothing at its place.

    See Also
    --------
    scenario_code : The way back.

    Examples
    --------
    >>> from sklearn_nn.model_selection import decode_scenario
    >>> levers = {
    ...     "clean": {"off": "passthrough", "html": 1},
    ...     "C": {"low": 1, "high": 9},
    ... }
    >>> decode_scenario(levers, "0h")
    {'clean': 'off', 'C': 'high'}
    """
    codes = lever_codes(levers)
    if not isinstance(code, str) or len(code) != len(codes):
        raise ValueError(
            f"{code!r} is no scenario: a code has one character for each of the "
            f"{len(codes)} levers {list(codes)}."
        )
    outcomes = {}
    for place, (character, (lever, names)) in enumerate(
        zip(code, codes.items(), strict=True)
    ):
        if character not in names:
            known = ", ".join(f"{c} ({name})" for c, name in names.items())
            raise ValueError(
                f"{character!r} at place {place} of the code {code!r} is no outcome of "
                f"lever {lever!r}; there are {known}."
            )
        outcomes[lever] = names[character]
    return outcomes


def lever_codes(levers: Mapping[str, Mapping]) -> dict[str, dict[str, str]]:
    """Return lever -> {character -> name of the outcome}, the baseline first."""
    if not isinstance(levers, Mapping) or not levers:
        raise ValueError(
            f"levers={levers!r}: give a dict of lever -> {{outcome -> value}}, such as "
            "{'clean': {'off': 'passthrough', 'on': TextCleaner()}}."
        )
    return {lever: _characters(lever, outcomes) for lever, outcomes in levers.items()}


def _characters(lever: str, outcomes: Mapping[str, Any]) -> dict[str, str]:
    if not isinstance(outcomes, Mapping) or not outcomes:
        raise ValueError(
            f"The outcomes of lever {lever!r} are {outcomes!r}: give a dict of name -> "
            "value, such as {'off': 'passthrough', 'on': TextCleaner()}."
        )
    for name in outcomes:
        if not isinstance(name, str) or not name.strip():
            raise ValueError(
                f"Lever {lever!r}: the outcome name {name!r} is no text, or empty."
            )
    codes: dict[str, str] = {}
    for name, value in outcomes.items():
        first = name if len(name) == 1 else "0" if is_left_out(value) else ""
        letters = "".join(c for c in name if c.isascii() and c.isalnum())
        wanted = first + letters + letters.upper() + SPARE
        free = next((c for c in wanted if c not in codes), None)
        if free is None:
            raise ValueError(
                f"Lever {lever!r} has {len(outcomes)} outcomes; a code has room for "
                f"{len(SPARE)}."
            )
        codes[free] = name
    return codes


def choose_scenarios(
    levers: Mapping[str, Mapping],
    scenarios: Literal["product", "one-at-a-time"] | Sequence[str | Mapping[str, str]],
    exclude: Exclude,
) -> tuple[list[str], dict[str, str]]:
    """Return the codes to run and the codes left out, with the reason.

    Parameters
    ----------
    levers : dict of str -> dict of str -> object
        Lever -> {name of an outcome -> its value}.
    scenarios : {"product", "one-at-a-time"} or list of (str or dict)
        All combinations; the baseline and every single departure from it; or the codes
        or outcomes of some.
    exclude : callable, list of dict, or None
        See :class:`ScenarioSearchCV`.

    Returns
    -------
    codes : list of str
        At least one.
    excluded : dict of str -> str
        Code -> reason.
    """
    codes = lever_codes(levers)
    if isinstance(scenarios, str) and scenarios == "product":
        wanted = ["".join(characters) for characters in product(*codes.values())]
    elif isinstance(scenarios, str) and scenarios == "one-at-a-time":
        wanted = list(_one_at_a_time([list(names) for names in codes.values()]))
    elif isinstance(scenarios, str) or not isinstance(scenarios, Sequence):
        raise ValueError(
            f"scenarios={scenarios!r}: give 'product', 'one-at-a-time', or a list of "
            "codes (or of dicts of lever -> outcome)."
        )
    else:
        wanted = [
            scenario_code(levers, given) if isinstance(given, Mapping) else given
            for given in scenarios
        ]
        twice = [code for code, n in Counter(wanted).items() if n > 1]
        if twice:
            raise ValueError(f"scenarios names {twice} more than once.")
    if not wanted:
        raise ValueError("scenarios is an empty list: name at least one scenario.")
    rule = _rule(exclude, codes)
    excluded = {}
    for code in wanted:
        reason = rule(decode_scenario(levers, code))
        if reason:
            excluded[code] = reason if isinstance(reason, str) else "excluded"
    kept = [code for code in wanted if code not in excluded]
    if not kept:
        raise ValueError(
            f"No scenario is left to run: all {len(wanted)} wanted ones are excluded."
        )
    return kept, excluded


def _one_at_a_time(characters: list[list[str]]) -> Iterator[str]:
    baseline = [names[0] for names in characters]
    yield "".join(baseline)
    for place, names in enumerate(characters):
        for character in names[1:]:
            yield "".join([*baseline[:place], character, *baseline[place + 1 :]])


def _rule(
    exclude: Exclude, codes: dict[str, dict[str, str]]
) -> Callable[[Outcomes], bool | str | None]:
    """Turn a list of forbidden combinations into a predicate."""
    if exclude is None:
        return lambda outcomes: None
    if callable(exclude):
        return exclude
    forbidden: list[tuple[dict[str, list[str]], str]] = []
    for entry in exclude:
        combination = {
            lever: [names] if isinstance(names, str) else list(names)
            for lever, names in entry.items()
            if lever != "reason"
        }
        if not combination:
            raise ValueError(f"exclude: {dict(entry)} names no lever.")
        for lever, names in combination.items():
            if lever not in codes:
                raise ValueError(f"exclude: unknown lever {lever!r}: {list(codes)}.")
            if unknown := set(names) - set(codes[lever].values()):
                raise ValueError(
                    f"exclude: lever {lever!r} has no outcome {sorted(unknown)}; there "
                    f"are {list(codes[lever].values())}."
                )
        said = " with ".join(f"{k} {'/'.join(v)}" for k, v in combination.items())
        forbidden.append((combination, str(entry.get("reason") or said)))

    def rule(outcomes: Outcomes) -> str | None:
        for combination, reason in forbidden:
            if all(outcomes[lever] in names for lever, names in combination.items()):
                return reason
        return None

    return rule
