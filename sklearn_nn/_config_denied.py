"""Parameters that no file may set freely: they read, write, send or import by name."""

import re
from collections.abc import Callable, Collection, Iterator
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any


def _is_outside(path: str) -> bool:
    kinds = PurePosixPath(path), PureWindowsPath(path)
    return any(kind.anchor or ".." in kind.parts for kind in kinds)


# Parameter -> which texts are refused, and why. They hold for every class: a name that
# is harmless in one class of today may not be so in another.
_DENIED: dict[str, tuple[Callable[[str], bool], str]] = {
    "memory": (
        lambda text: True,
        "what lies in that folder is unpickled, which runs code; leave it out, shared "
        "steps are kept anyway",
    ),
    "store": (lambda text: True, "only [run] store names the file of the runs"),
    "input": (
        lambda text: text != "content",
        "files that the rows name would be read; rows hold the texts themselves",
    ),
    "cache": (_is_outside, "give a path without '..' that is not absolute"),
}
# What the caller may allow by value, and why it is not for the file to choose.
_ASK = {
    "model": "loading a package or folder runs its code",
    "base_url": "the texts are sent there",
    "api_key_env": "this variable of your environment is sent to the service",
}
# LightGBM takes any keyword, these among them.
_FILES_AND_HOSTS = re.compile(
    r"\w*file(name)?s?|fs|forced_\w+|config|input_model|model_in(put)?|output_model"
    r"|model_out(put)?|machines|machine_list|mlist|workers|nodes"
)


def refusal(name: str, value: Any, allowed: Collection[str]) -> str | None:
    """Say why a file may not set a parameter so.

    Parameters
    ----------
    name : str
        The parameter, perhaps of a nested estimator: "estimator__memory".
    value : object
        What was read from TOML. Tables without ``class`` in it, such as a grid, are
        gone through by their keys, too; those with one are checked when they are made.
    allowed : collection of str
        Names that the caller allows.

    Returns
    -------
    reason : str or None
        None if nothing is wrong with it.

    Examples
    --------
    >>> from sklearn_nn._config_denied import refusal
    >>> refusal("input", "filename", ())
    "'filename' is refused: files that the rows name would be read; rows hold the \
texts themselves."
    >>> refusal("input", "content", ())
    """
    for key, text in _texts(name, value):
        leaf = key.rpartition("__")[2]
        is_refused, why = _DENIED.get(leaf, (lambda text: False, ""))
        if is_refused(text):
            return f"{text!r} is refused: {why}."
        if leaf in _ASK and text not in ("passthrough", *allowed):
            return (
                f"{text!r} is refused: {_ASK[leaf]}. The caller allows it, not the "
                f"file: --allow {text} on the command line, allow= in Python."
            )
        if _FILES_AND_HOSTS.fullmatch(leaf):
            return f"{text!r} is refused: {leaf} names files or hosts."
    return None


def _texts(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """Give every text with the nearest key above it."""
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, list):
        for part in value:
            yield from _texts(name, part)
    elif isinstance(value, dict) and "class" not in value:
        for key, part in value.items():
            yield from _texts(key, part)
            # A table under a refused name, such as { path = "..." }, is no better.
            if name != key:
                yield from _texts(name, part)
