"""Objects described in TOML: an import path and parameters, and nothing that runs code.

``{ class = "sklearn_nn.preprocessing.TextCleaner", lowercase = false }`` is that
estimator. Tables and lists may be nested; ``{ none = true }`` is None.
"""

import difflib
import importlib
import inspect
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sklearn.base import BaseEstimator
from sklearn.model_selection import BaseCrossValidator, BaseShuffleSplit

from sklearn_nn._config_denied import refusal
from sklearn_nn._config_layers import public_layers

ALLOWED_PACKAGES = ("sklearn_nn", "sklearn", "imblearn", "xgboost", "lightgbm")
_PUBLIC_PATH = re.compile(r"[A-Za-z]\w*(\.[A-Za-z]\w*)+")


class ConfigError(ValueError):
    """A configuration file is wrong; says where, and what to write instead."""


@dataclass(frozen=True)
class Place:
    """Where in which file something was written.

    Attributes
    ----------
    file : str
        Name of the file.
    path : tuple of str
        The tables down to it, and the key.
    allowed : tuple of str
        Packages whose classes the file may name.
    """

    file: str
    path: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ALLOWED_PACKAGES

    def __truediv__(self, key: Any) -> "Place":
        return replace(self, path=(*self.path, str(key)))

    def __str__(self) -> str:
        if not self.path:
            return self.file
        *tables, key = self.path
        within = f"[{'.'.join(tables)}], " if tables else ""
        return f"{self.file}: {within}{key!r}"

    def error(self, said: str) -> ConfigError:
        """Return the error to raise, with the place before what is said."""
        return ConfigError(f"{self}: {said}")


def nearest(name: str, known: Iterable[str]) -> str:
    """Say which known name was meant, and which there are.

    Examples
    --------
    >>> from sklearn_nn._config import nearest
    >>> nearest("modle", ["model", "search"])
    "Did you mean 'model'? There are: model, search."
    """
    known = list(map(str, known))
    close = _closest(str(name), known)
    meant = f"Did you mean {close!r}? " if close else ""
    return f"{meant}There are: {', '.join(known) or 'none'}."


def _closest(name: str, known: list[str]) -> str | None:
    lower = {one.lower(): one for one in known}
    found = difflib.get_close_matches(name.lower(), lower, n=1)
    return lower[found[0]] if found else None


def check_keys(table: Any, known: Collection[str], place: Place) -> dict[str, Any]:
    """Return a table that has known keys only.

    Parameters
    ----------
    table : object
        What was written.
    known : collection of str
        The keys there are.
    place : Place
        Where.

    Returns
    -------
    table : dict
        The same.

    Raises
    ------
    ConfigError
        If it is no table, or has another key.
    """
    if not isinstance(table, dict):
        raise place.error(f"expected a table, found {table!r}.")
    for key in table:
        if key not in known:
            raise (place / key).error(f"unknown key. {nearest(key, known)}")
    return table


def take(
    table: Mapping[str, Any], key: str, kind: Any, place: Place, default: Any = None
) -> Any:
    """Return the value of a key, checked.

    Parameters
    ----------
    table : dict
        The table.
    key : str
        The key.
    kind : type or union of types
        What the value may be; a whole number passes as a float, a bool as nothing
        else.
    place : Place
        Where the table is.
    default : object, default=None
        What is returned where the key is not given.

    Returns
    -------
    value : object
        The value.

    Raises
    ------
    ConfigError
        If it is of another type.
    """
    if key not in table:
        return default
    value = table[key]
    kinds = getattr(kind, "__args__", (kind,))
    fits = any(
        isinstance(value, int | float if k is float else k)
        and (k is bool or not isinstance(value, bool))
        for k in kinds
    )
    if not fits:
        names = " or ".join(_NAMES.get(k, k.__name__) for k in kinds)
        raise (place / key).error(f"expected {names}, found {value!r}.")
    return value


def check_seed(table: Mapping[str, Any], place: Place) -> None:
    """Check the key ``seed``: what NumPy takes as one."""
    seed = take(table, "seed", int, place, 0)
    if not 0 <= seed < 2**32:
        raise (place / "seed").error(f"{seed} is no seed; give 0 up to 4294967295.")


_NAMES = {str: "a text", int: "a whole number", float: "a number", list: "a list"}
_NAMES |= {bool: "true or false", dict: "a table"}


def build(spec: Any, place: Place) -> Any:
    """Make what is described.

    Parameters
    ----------
    spec : object
        What was read from TOML: a table with ``class`` becomes an estimator, a
        splitter or a layer; other tables, lists and values stay what they are.
    place : Place
        Where it was written, and which packages are allowed.

    Returns
    -------
    value : object
        Estimators in it are not fitted, their parameters are checked.

    Raises
    ------
    ConfigError
        If a class is not allowed, not found, neither estimator, splitter nor layer, or
        a parameter is unknown or out of range.

    Examples
    --------
    >>> from sklearn_nn._config import Place, build
    >>> spec = {
    ...     "class": "sklearn.feature_extraction.text.CountVectorizer",
    ...     "ngram_range": [1, 2],
    ... }
    >>> build(spec, Place("matrix.toml"))
    CountVectorizer(ngram_range=(1, 2))
    """
    if isinstance(spec, list):
        return [build(part, place / number) for number, part in enumerate(spec)]
    if not isinstance(spec, dict):
        return spec
    if spec == {"none": True}:
        return None
    if "class" not in spec:
        return {key: build(value, place / key) for key, value in spec.items()}
    cls = find_class(spec["class"], place / "class")
    return _instance(cls, {k: v for k, v in spec.items() if k != "class"}, place)


def find_class(path: Any, place: Place) -> type:
    """Import the class of an estimator, a splitter or the like.

    Parameters
    ----------
    path : str
        Such as "sklearn.svm.LinearSVC".
    place : Place
        Where it was written, and which packages are allowed.

    Returns
    -------
    cls : type
        A subclass of :class:`sklearn.base.BaseEstimator`, a splitter, a range of
        values such as :class:`sklearn_nn.model_selection.LogRange`, or a public layer
        of :mod:`sklearn_nn.scratch`.

    Raises
    ------
    ConfigError
        If it is anything else.
    """
    from sklearn_nn.model_selection._spaces import Dimension

    found = find_public(path, place, place.allowed)
    known = BaseEstimator | BaseCrossValidator | BaseShuffleSplit | Dimension
    is_layer = path.startswith("sklearn_nn.scratch.") and found in (
        public_layers().values()
    )
    if not (is_layer or (inspect.isclass(found) and issubclass(found, known))):
        raise place.error(
            f"{path} is neither an estimator nor a splitter, nor a layer of "
            "sklearn_nn.scratch; only these are made."
        )
    if inspect.isabstract(found):
        raise place.error(f"{path} is an abstract class; name one that is complete.")
    return found


def find_public(path: Any, place: Place, allowed: Collection[str]) -> Any:
    """Import what a dotted path names, from the packages allowed.

    Parameters
    ----------
    path : str
        Modules, then a name in the last of them, none with a leading underscore.
    place : Place
        Where it was written.
    allowed : collection of str
        Packages or modules; nothing else is imported.

    Returns
    -------
    found : object
        What has the name.

    Raises
    ------
    ConfigError
        If the path is not public, not allowed, or leads nowhere.
    """
    if not isinstance(path, str) or not _PUBLIC_PATH.fullmatch(path):
        raise place.error(
            f"{path!r} is no public import path, such as 'sklearn.svm.LinearSVC'."
        )
    module_name, _, name = path.rpartition(".")
    if not any(f"{module_name}.".startswith(f"{package}.") for package in allowed):
        raise place.error(
            f"{path} is outside of what may be named here: {', '.join(allowed)}. "
            "Code of your own is allowed by the caller, not by the file: "
            f"--allow {path.split('.')[0]} on the command line."
        )
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        missing = str(error.name)
        if not f"{module_name}.".startswith(f"{missing}."):
            raise place.error(f"{path} needs the package {missing}: {error}.") from None
        package = missing.partition(".")[0]
        cure = "install the package" if missing == package else "check the path"
        raise place.error(f"there is no module {missing!r}; {cure}.") from None
    except ImportError as error:
        raise place.error(f"{module_name} cannot be imported: {error}.") from None
    if not hasattr(module, name):
        names = [n for n in dir(module) if not n.startswith("_")]
        close = _closest(name, names)
        cure = f"Did you mean '{module_name}.{close}'?" if close else "Check it."
        raise place.error(f"{module_name} has no {name!r}. {cure}")
    return getattr(module, name)


def _instance(cls: type, given: dict[str, Any], place: Place) -> Any:
    signature = inspect.signature(cls).parameters
    takes_any = any(p.kind is p.VAR_KEYWORD for p in signature.values())
    named = {n: p for n, p in signature.items() if p.kind is not p.VAR_KEYWORD}
    params = {}
    for key, spec in given.items():
        if key not in named and not takes_any:
            raise (place / key).error(
                f"{cls.__name__} has no such parameter. {nearest(key, named)}"
            )
        check_safe(key, spec, place / key)
        value = build(spec, place / key)
        # TOML has no tuples: where one is the default, one is meant.
        if isinstance(value, list) and key in named:
            value = tuple(value) if isinstance(named[key].default, tuple) else value
        params[key] = value
    try:
        made = cls(**params)
        if hasattr(made, "_parameter_constraints"):
            made._validate_params()
    except Exception as error:
        # The message of scikit-learn names the parameter, and what it may be.
        raise place.error(f"{cls.__name__}: {error}") from None
    return made


def check_safe(parameter: str, spec: Any, place: Place) -> None:
    """Refuse what would read, write, send or import something named by the file."""
    reason = refusal(parameter, spec, place.allowed)
    if reason is not None:
        raise place.error(reason)


def set_seed(estimator: Any, seed: int) -> Any:
    """Set every random state that is None, those of nested estimators too.

    Parameters
    ----------
    estimator : object
        An estimator, changed in place; anything else is left alone.
    seed : int
        The seed.

    Returns
    -------
    estimator : object
        The same.

    Examples
    --------
    >>> from sklearn.svm import LinearSVC
    >>> from sklearn_nn._config import set_seed
    >>> set_seed(LinearSVC(), 3)
    LinearSVC(random_state=3)
    """
    if hasattr(estimator, "get_params"):
        unset = [
            name
            for name, value in estimator.get_params().items()
            if name.rpartition("__")[2] == "random_state" and value is None
        ]
        estimator.set_params(**dict.fromkeys(unset, seed))
    return estimator
