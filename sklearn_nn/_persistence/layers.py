"""Layers as JSON, and back: names of public classes, and arguments."""

from typing import Any

import numpy as np

from sklearn_nn._config_layers import public_layers
from sklearn_nn._persistence.errors import PersistenceError
from sklearn_nn.scratch import Module

_PLAIN = (str, int, float, bool, type(None))


def describe(layer: Module) -> dict[str, Any]:
    """Describe a layer, and those in it, by what JSON holds.

    Parameters
    ----------
    layer : Module
        Its arguments are kept, not what it has learned.

    Returns
    -------
    description : dict
        ``class``, a name, and ``arguments``.

    Raises
    ------
    PersistenceError
        If the layer is none of :mod:`sklearn_nn.scratch`, or an argument is more than
        numbers, texts and layers.

    Examples
    --------
    >>> from sklearn_nn._persistence.layers import describe
    >>> from sklearn_nn.scratch import Reshape
    >>> describe(Reshape((1, 8, 8)))
    {'class': 'Reshape', 'arguments': {'shape': {'tuple': [1, 8, 8]}}}
    """
    cls, known = type(layer), public_layers()
    if known.get(cls.__name__) is not cls:
        raise PersistenceError(
            f"the layer {cls.__module__}.{cls.__qualname__} is code of yours, and only "
            f"data are saved. Layers that are: {', '.join(known)}"
        )
    arguments = layer.get_params(deep=False)
    return {
        "class": cls.__name__,
        "arguments": {
            name: _described(value, f"{cls.__name__}.{name}")
            for name, value in arguments.items()
        },
    }


def _described(value: Any, name: str) -> Any:
    value = value.item() if isinstance(value, np.generic) else value
    if type(value) in _PLAIN:
        return value
    if isinstance(value, Module):
        return describe(value)
    if not isinstance(value, list | tuple):
        raise PersistenceError(
            f"{name} is {value!r}, and only numbers, texts and layers are saved"
        )
    inner = [_described(one, name) for one in value]
    return {"tuple": inner} if isinstance(value, tuple) else inner


def restore(description: Any) -> Any:
    """Make what :func:`describe` described.

    Parameters
    ----------
    description : object
        What was read from JSON.

    Returns
    -------
    layer : Module
        Fresh, not initialised.

    Raises
    ------
    PersistenceError
        If it names a class that is no public layer.
    """
    if isinstance(description, list):
        return [restore(one) for one in description]
    if not isinstance(description, dict):
        return description
    if "tuple" in description:
        return tuple(restore(description["tuple"]))
    cls = public_layers().get(description["class"])
    if cls is None:
        raise PersistenceError(
            f"it holds a layer {description['class']!r}, which is none of "
            "sklearn_nn.scratch"
        )
    arguments = description["arguments"].items()
    return cls(**{name: restore(value) for name, value in arguments})
