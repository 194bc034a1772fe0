"""What a file of a model may hold, and what it may not."""

import importlib
import inspect
import re
from collections.abc import Collection
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator
from sklearn.model_selection import BaseCrossValidator, BaseShuffleSplit
from sklearn.tree._tree import Tree
from sklearn.utils import Bunch

from sklearn_nn._config import ALLOWED_PACKAGES
from sklearn_nn._config_denied import refusal
from sklearn_nn._persistence.errors import PersistenceError
from sklearn_nn._persistence.parts import Part

_BASES = (BaseEstimator, BaseCrossValidator, BaseShuffleSplit)
_DATA = {f"{cls.__module__}.{cls.__name__}" for cls in (Part, Bunch, Tree)}
# Sparse matrices, and distances, which hold at most a few numbers.
_ALSO_DATA = re.compile(
    r"scipy\.sparse\._\w+\.(csr|csc|coo|dia)_(matrix|array)"
    r"|sklearn\.metrics\._dist_metrics\.\w+Distance(32|64)?"
)


def check_types(names: Collection[str], allow: Collection[str] | None) -> None:
    """Refuse all but estimators, splitters and plain data.

    Parameters
    ----------
    names : collection of str
        What skops does not trust by itself.
    allow : collection of str or None
        Further packages whose estimators may be loaded; None is all, for a model that
        is about to be saved.

    Raises
    ------
    PersistenceError
        If there is anything else: nothing of it has been made yet.
    """
    for name in names:
        if name in _DATA or _ALSO_DATA.fullmatch(name):
            continue
        packages = (*ALLOWED_PACKAGES, *(allow or ()))
        if allow is not None and not any(name.startswith(f"{p}.") for p in packages):
            package = name.partition(".")[0]
            raise PersistenceError(
                f"it holds {name}, which is outside of {', '.join(packages)}. Nothing "
                f"of it was made or run. If it is a class of yours: allow=[{package!r}]"
            )
        if not _is_estimator(name):
            raise PersistenceError(
                f"it holds {name}, which is neither an estimator nor plain data"
            )


def _is_estimator(name: str) -> bool:
    module, _, cls = name.rpartition(".")
    try:
        found = getattr(importlib.import_module(module), cls, None)
    except ImportError:
        return False
    return inspect.isclass(found) and issubclass(found, _BASES)


def check_loaded(value: Any, allow: Collection[str]) -> None:
    """Check what was made of a file: compiled code trusts numbers that a file made up.

    Parameters
    ----------
    value : object
        An estimator, whose parameters are checked too, or what lies in one.
    allow : collection of str
        Names and addresses that the caller allows in parameters.

    Raises
    ------
    PersistenceError
        If a parameter names what is read, sent or imported, a sparse matrix has columns
        that it has not, or a tree leads nowhere.
    """
    if isinstance(value, BaseEstimator):
        check_parameters(value, allow)
    elif isinstance(value, Tree):
        _check_tree(value)
    elif sp.issparse(value) and hasattr(value, "check_format"):
        value.check_format(full_check=True)


def check_parameters(estimator: BaseEstimator, allow: Collection[str] | None) -> None:
    """Refuse parameters that read, write, send or import what a file names.

    Parameters
    ----------
    estimator : estimator
        Its own parameters are checked, not those of estimators in it.
    allow : collection of str or None
        Names and addresses that the caller allows; None is all that can be allowed,
        for a model that is about to be saved.

    Raises
    ------
    PersistenceError
        If there is one.
    """
    for name in sorted(set(estimator._get_param_names()) & set(vars(estimator))):
        value = getattr(estimator, name)
        texts = [value] if isinstance(value, str) else value
        if not isinstance(texts, list | tuple | dict):
            continue
        if isinstance(texts, dict):
            texts = {str(key): inner for key, inner in texts.items()}
        else:
            texts = list(texts)
        reason = refusal(name, texts, texts if allow is None else allow)
        if reason is not None:
            raise PersistenceError(f"{type(estimator).__name__}.{name}: {reason[:-1]}")


def _check_tree(tree: Tree) -> None:
    """Refuse a tree whose nodes lead anywhere but down; scikit-learn does not look."""
    here = np.arange(tree.node_count)
    left, right = tree.children_left, tree.children_right
    inner = left != -1
    for children in (left, right):
        down = (children > here) & (children < tree.node_count)
        if not np.where(inner, down, children == -1).all():
            raise PersistenceError("it holds a tree whose nodes lead nowhere")
    if not ((tree.feature >= 0) & (tree.feature < tree.n_features))[inner].all():
        raise PersistenceError("it holds a tree of features that there are not")
