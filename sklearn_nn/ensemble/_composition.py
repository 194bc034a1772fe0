"""Parameters of an estimator whose parts have names, in more than one list."""

from collections.abc import Iterator
from typing import Any, ClassVar, Self

from sklearn.base import (
    BaseEstimator,
    is_classifier,
    is_clusterer,
    is_outlier_detector,
    is_regressor,
)
from sklearn.frozen import FrozenEstimator

from sklearn_nn.ensemble._columns import as_list
from sklearn_nn.ensemble._harmony import METHODS, method_of

DROP = "drop"
POOL = "pool"


class Composition(BaseEstimator):
    """An estimator with lists of parts: tuples of a name, an estimator, and more.

    The parts, and their parameters, are parameters by their names.
    """

    # The lists, and what their parts look like.
    _lists: ClassVar[dict[str, str]] = {}

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters.

        Parameters
        ----------
        deep : bool, default=True
            Whether to add the named estimators, and their parameters.

        Returns
        -------
        params : dict
            Values by name; of named estimators, as ``name`` and ``name__parameter``.
        """
        params = super().get_params(deep=deep)
        if not deep:
            return params
        for name, part in self._named():
            params.setdefault(name, part)
            if hasattr(part, "get_params") and not isinstance(part, type):
                for key, value in part.get_params(deep=True).items():
                    params.setdefault(f"{name}__{key}", value)
        return params

    def set_params(self, **params: Any) -> Self:
        """Set parameters.

        Parameters
        ----------
        **params : dict
            Values by name. ``name=estimator`` replaces a named estimator,
            ``name="drop"`` leaves it out, ``name__parameter=value`` sets a parameter
            of it.

        Returns
        -------
        self : object
            The estimator.

        Raises
        ------
        ValueError
            If there is no such parameter or name, or if a parameter is set of a named
            estimator that is "drop".
        """
        for attribute in self._lists:
            if attribute in params:
                setattr(self, attribute, params.pop(attribute))
        own = super().get_params(deep=False)
        for name, _ in list(self._named()):
            if name in params and name not in own:
                self._replace(name, params.pop(name))
        dropped = [name for name, part in self._named() if isinstance(part, str)]
        for key in params:
            if key.partition("__")[0] in dropped and "__" in key:
                raise ValueError(
                    f"{key!r} cannot be set: {key.partition('__')[0]!r} is a word, "
                    "such as 'drop'. Put an estimator in its place first."
                )
        super().set_params(**params)
        return self

    def _named(self) -> Iterator[tuple[str, Any]]:
        """Yield the names and the parts; what is malformed is left for `fit`."""
        for attribute in self._lists:
            parts = getattr(self, attribute)
            for part in parts if isinstance(parts, list | tuple) else ():
                match part:
                    case (str(name), estimator, *_):
                        yield name, estimator

    def _replace(self, name: str, new: Any) -> None:
        for attribute in self._lists:
            parts = getattr(self, attribute)
            if not isinstance(parts, list | tuple):
                continue
            # A new list: the old one may be shared with a clone's source.
            changed = [
                type(part)([name, new, *part[2:]]) if _is_named(part, name) else part
                for part in parts
            ]
            setattr(self, attribute, type(parts)(changed))

    def _check_names(self) -> None:
        """Refuse lists without parts, and names that are missing, doubled or taken."""
        caller = type(self).__name__
        for attribute, form in self._lists.items():
            if (parts := getattr(self, attribute)) is not None:
                _check_form(parts, attribute, form, caller)
        taken = super().get_params(deep=False)
        seen: set[str] = set()
        for attribute in self._lists:
            for place, part in enumerate(getattr(self, attribute) or ()):
                name = part[0]
                where = f"of {attribute}[{place}] of {caller}"
                if not isinstance(name, str) or not name:
                    raise ValueError(
                        f"The name {where} must be a string that is not empty; got "
                        f"{name!r}."
                    )
                if "__" in name or name in taken:
                    why = (
                        "it is a parameter" if name in taken else "it must not hold __"
                    )
                    raise ValueError(f"The name {where} cannot be {name!r}: {why}.")
                if name in seen:
                    raise ValueError(
                        f"The name {where}, {name!r}, is that of another: names are "
                        "unique over all lists."
                    )
                seen.add(name)


def _is_named(part: Any, name: str) -> bool:
    return isinstance(part, list | tuple) and part[:1] in ([name], (name,))


def _check_form(parts: Any, attribute: str, form: str, caller: str) -> None:
    length = form.count(",") + 1
    if not len(parts):
        raise ValueError(f"{attribute} of {caller} is empty: give tuples {form}.")
    for place, part in enumerate(parts):
        if not isinstance(part, list | tuple) or len(part) != length:
            raise ValueError(f"{attribute}[{place}] of {caller} is no tuple {form}.")
    if all(_is_dropped(part[1]) for part in parts):
        raise ValueError(f"All of {attribute} of {caller} are dropped. Keep one.")


def kept(parts: Any) -> list[tuple]:
    """Return the parts that are not dropped.

    Parameters
    ----------
    parts : list of tuple
        The parts.

    Returns
    -------
    list of tuple
        In the same order.
    """
    return [tuple(part) for part in parts if not _is_dropped(part[1])]


def _is_dropped(part: Any) -> bool:
    return isinstance(part, str) and part == DROP


def is_pool(part: Any) -> bool:
    """Say whether a final classifier is the logarithmic pool."""
    return isinstance(part, str) and part == POOL


def check_columns(name: str, columns: Any) -> None:
    """Refuse what are no columns for a base.

    Parameters
    ----------
    name : str
        Name of the base.
    columns : str or list of str
        What it is to see.
    """
    is_known = isinstance(columns, str | list | tuple)
    names = as_list(columns) if is_known else []
    if not names or not all(isinstance(column, str) and column for column in names):
        raise ValueError(
            f"The columns of {name!r} must be a name or a list of names, none of them "
            f"empty; got {columns!r}."
        )
    doubled = sorted({column for column in names if names.count(column) > 1})
    if doubled:
        raise ValueError(f"The columns of {name!r} name {doubled} more than once.")


def check_classifier(name: str, part: Any, *, hard: bool = True) -> None:
    """Refuse what cannot be combined.

    Parameters
    ----------
    name : str
        Name of the part.
    part : object
        The part.
    hard : bool, default=True
        Whether labels alone are enough.
    """
    if isinstance(part, type):
        raise TypeError(
            f"{name!r} is a class; give an estimator, {part.__name__}(), instead."
        )
    method = method_of(part)
    if (
        method is None
        or (method == "predict" and not hard)
        or (hasattr(part, "__sklearn_tags__") and _is_other(part))
    ):
        raise ValueError(
            f"{name!r}, of type {type(part).__name__}, is no classifier with one of "
            f"the methods {', '.join(METHODS if hard else METHODS[:-1])}."
        )
    if method == "decision_function" and any(
        key.rpartition("__")[2] == "decision_function_shape" and value == "ovo"
        for key, value in _parameters(part).items()
    ):
        raise ValueError(
            f"{name!r} scores pairs of classes. Set decision_function_shape='ovr'."
        )


def _parameters(part: Any) -> dict[str, Any]:
    return part.get_params() if hasattr(part, "get_params") else {}


def _is_other(part: Any) -> bool:
    return is_regressor(part) or is_clusterer(part) or is_outlier_detector(part)


def _is_taught(frozen: Any) -> bool:
    return is_classifier(frozen) or is_regressor(frozen)


def check_can_be_fitted(name: str, part: Any) -> None:
    """Refuse a part that no fold can fit.

    Parameters
    ----------
    name : str
        Name of the part.
    part : object
        The part.
    """
    inside = [part, *_parameters(part).values()]
    if any(isinstance(p, FrozenEstimator) and _is_taught(p) for p in inside):
        raise ValueError(
            f"{name!r} is frozen, or holds a frozen classifier: no fold would fit it, "
            "and it would answer for rows that it was fitted on. Give it unfrozen; or, "
            "if all bases are fitted, set cv='prefit' and fit with other rows."
        )
    if any(
        key.rpartition("__")[2] == "cv" and isinstance(value, str) and value == "prefit"
        for key, value in _parameters(part).items()
    ):
        raise ValueError(
            f"{name!r} holds models that are fitted already (cv='prefit'): they would "
            "answer for rows that they were fitted on. Give them as bases of their own."
        )
    if not hasattr(part, "fit"):
        raise ValueError(f"{name!r}, of type {type(part).__name__}, has no fit.")


def check_parts(
    estimators: Any, booster: Any, finals: Any, is_prefit: bool, caller: str
) -> None:
    """Refuse, before anything is fitted, what cannot be combined.

    Parameters
    ----------
    estimators : list of tuple (name, classifier, columns)
        The bases.
    booster : classifier or None
        What learns from their logits, first.
    finals : list of tuple (name, classifier) or None
        What learns from their logits, last.
    is_prefit : bool
        Whether the bases are fitted already.
    caller : str
        The estimator, for messages.
    """
    for name, base, columns in kept(estimators):
        check_columns(name, columns)
        check_classifier(name, base)
        if not is_prefit:
            check_can_be_fitted(name, base)
    decide = kept(finals or ())
    if booster is not None and decide and all(is_pool(final) for _, final in decide):
        raise ValueError(
            f"booster of {caller} would go unread: the pool sees the bases only. Name "
            "a final classifier besides, or leave the booster out."
        )
    combiners = [] if booster is None else [("booster", booster)]
    combiners += [part for part in kept(finals or ()) if not is_pool(part[1])]
    for name, combiner in combiners:
        check_classifier(name, combiner, hard=False)
        check_can_be_fitted(name, combiner)
